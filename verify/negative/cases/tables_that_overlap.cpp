// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-047
// expect-gcc: static assertion failed
// expect-clang: static assertion failed
#include "arch/aarch64/translation_table.hpp"

using namespace bulkhead;
#ifdef CONTROL
constexpr Mapping<Ipa> kMap[] = {{Ipa{0}, Pa{0}, 0x2000, stage2::kRam}, {Ipa{0x2000}, Pa{0x5000}, 0x1000, stage2::kRam}};
#else
constexpr Mapping<Ipa> kMap[] = {{Ipa{0}, Pa{0}, 0x2000, stage2::kRam}, {Ipa{0x1000}, Pa{0x5000}, 0x1000, stage2::kRam}};
#endif
constexpr auto kTables = build_tables<64, 4>(Pa{0x8000'0000}, kMap);
static_assert(kTables.ok, "overlap");
