// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-043
// expect-gcc: static assertion failed
// expect-clang: static assertion failed
#include "arch/aarch64/translation_table.hpp"

using namespace bulkhead;
constexpr Mapping kMap[] = {{0, 0, 0x1000, stage2::kRam}, {0x4000'0000, 0, 0x1000, stage2::kRam}};
#ifdef CONTROL
constexpr auto kTables = build_tables<64, 4>(0x8000'0000, kMap);
#else
constexpr auto kTables = build_tables<64, 3>(0x8000'0000, kMap);
#endif
static_assert(kTables.ok, "tables ran out");
