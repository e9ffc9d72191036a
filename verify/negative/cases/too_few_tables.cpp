// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-043
// expect-gcc: static assertion failed
// expect-clang: static assertion failed
#include "arch/aarch64/translation_table.hpp"

using namespace bulkhead;
constexpr Mapping<Ipa> kMap[] = {{Ipa{0}, Pa{0}, 0x1000, stage2::kRam}, {Ipa{0x4000'0000}, Pa{0}, 0x1000, stage2::kRam}};
#ifdef CONTROL
constexpr auto kTables = build_tables<64, 4>(Pa{0x8000'0000}, kMap);
#else
constexpr auto kTables = build_tables<64, 3>(Pa{0x8000'0000}, kMap);
#endif
static_assert(kTables.ok, "tables ran out");
