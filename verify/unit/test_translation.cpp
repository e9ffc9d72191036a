// SPDX-License-Identifier: Apache-2.0
// The translation-table builder, run on the host with the same arguments as at compile time, and walked by a decoder of
// our own.
#include <catch2/catch.hpp>

#include <memory>

#include "arch/aarch64/translation_table.hpp"
#include "base/types.hpp"

using bulkhead::Ipa;
using bulkhead::Pa;
using bulkhead::u64;
using bulkhead::usize;

namespace {

using Mapping = bulkhead::Mapping<Ipa>;

constexpr u64 kNext = 0x8000'0000;
constexpr u64 k4K = 0x1000;
constexpr u64 k2M = 0x20'0000;
constexpr u64 k1G = 0x4000'0000;
constexpr u64 kAddress = 0x0000'FFFF'FFFF'F000;

struct Leaf {
  bool mapped{false};
  u64 output{0};
  u64 attributes{0};
  unsigned level{0};
};

/// A walk by the architecture's rules (Arm ARM D8.2, 4 KiB granule, start at level 1), without the builder's code.
template <usize Root, usize Tables>
Leaf walk(const bulkhead::TableSet<Root, Tables>& set, u64 input) {
  Leaf leaf;
  if ((input >> 30) >= Root) {
    return leaf;
  }
  u64 descriptor = set.root.entries[input >> 30];
  for (unsigned level = 1; level <= 3; ++level) {
    const u64 span = u64{1} << (39 - 9 * level);
    if ((descriptor & 1) == 0) {
      return leaf;
    }
    const bool table = (descriptor & 2) != 0;
    if (!table || level == 3) {
      leaf.mapped = table == (level == 3);
      leaf.level = level;
      leaf.output = (descriptor & kAddress & ~(span - 1)) + (input & (span - 1));
      leaf.attributes = descriptor & ~kAddress & ~u64{3};
      return leaf;
    }
    const u64 index = ((descriptor & kAddress) - kNext) / k4K;
    REQUIRE(index < Tables);
    descriptor = set.next.entries[index][(input >> (30 - 9 * level)) & 511];
  }
  return leaf;
}

template <usize Tables, usize Count>
auto build(const Mapping (&mappings)[Count]) {
  return std::make_unique<bulkhead::TableSet<64, Tables>>(bulkhead::build_tables<64, Tables>(Pa{kNext}, mappings));
}

}  // namespace

TEST_CASE("every byte of a window translates with its rights, the bytes around it do not", "[LLR-041][LLR-025]") {
  const Mapping mappings[] = {
      {Ipa{0x4000'0000}, Pa{0x7000'0000}, 5 * k4K, bulkhead::stage2::kRam},
      {Ipa{0x9000'0000}, Pa{0x0900'0000}, k4K, bulkhead::stage2::kDevice},
  };
  const auto set = build<8>(mappings);
  REQUIRE(set->ok);
  for (u64 offset = 0; offset < 5 * k4K; offset += 0x7F8) {
    const Leaf leaf = walk(*set, 0x4000'0000 + offset);
    REQUIRE(leaf.mapped);
    CHECK(leaf.output == 0x7000'0000 + offset);
    CHECK(leaf.attributes == bulkhead::stage2::kRam);
  }
  for (const u64 outside : {u64{0}, u64{0x3FFF'FFFF}, 0x4000'0000 + 5 * k4K, u64{0x8FFF'FFFF}, 0x9000'0000 + k4K}) {
    CHECK_FALSE(walk(*set, outside).mapped);
  }
  CHECK(walk(*set, 0x9000'0FFF).output == 0x0900'0FFF);
}

TEST_CASE("blocks are used wherever alignment and length allow", "[LLR-042]") {
  const Mapping mappings[] = {{Ipa{k1G - k2M - k4K}, Pa{2 * k1G - k2M - k4K}, k4K + k2M + 2 * k1G + 3 * k2M + 2 * k4K, bulkhead::stage2::kRam}};
  const auto set = build<8>(mappings);
  REQUIRE(set->ok);
  CHECK(walk(*set, k1G - k2M - k4K).level == 3);
  CHECK(walk(*set, k1G - k2M).level == 2);
  CHECK(walk(*set, k1G).level == 1);
  CHECK(walk(*set, 2 * k1G).level == 1);
  CHECK(walk(*set, 3 * k1G).level == 2);
  CHECK(walk(*set, 3 * k1G + 3 * k2M).level == 3);
  CHECK(set->used <= 4);
}

TEST_CASE("an offset between input and output that is no multiple of a block forbids the block", "[LLR-042]") {
  const Mapping mappings[] = {{Ipa{k2M}, Pa{k2M + k4K}, k2M, bulkhead::stage2::kRam}};
  const auto set = build<4>(mappings);
  REQUIRE(set->ok);
  CHECK(walk(*set, k2M).level == 3);
  CHECK(walk(*set, 2 * k2M - 1).output == 2 * k2M + k4K - 1);
}

TEST_CASE("overlaps, misalignment and what lies outside are refused", "[LLR-047][LLR-043]") {
  const u64 ram = bulkhead::stage2::kRam;
  SECTION("page on page") {
    const Mapping m[] = {{Ipa{0}, Pa{0}, 2 * k4K, ram}, {Ipa{k4K}, Pa{0x5000}, k4K, ram}};
    CHECK_FALSE(build<4>(m)->ok);
  }
  SECTION("page in block") {
    const Mapping m[] = {{Ipa{0}, Pa{0}, k2M, ram}, {Ipa{k4K}, Pa{0x5000}, k4K, ram}};
    CHECK_FALSE(build<4>(m)->ok);
  }
  SECTION("block over pages") {
    const Mapping m[] = {{Ipa{k4K}, Pa{0x5000}, k4K, ram}, {Ipa{0}, Pa{0}, k2M, ram}};
    CHECK_FALSE(build<4>(m)->ok);
  }
  SECTION("1 GiB over a table") {
    const Mapping m[] = {{Ipa{k4K}, Pa{0x5000}, k4K, ram}, {Ipa{0}, Pa{0}, k1G, ram}};
    CHECK_FALSE(build<4>(m)->ok);
  }
  SECTION("misaligned input") {
    const Mapping m[] = {{Ipa{0x800}, Pa{0}, k4K, ram}};
    CHECK_FALSE(build<4>(m)->ok);
  }
  SECTION("misaligned size") {
    const Mapping m[] = {{Ipa{0}, Pa{0}, k4K + 1, ram}};
    CHECK_FALSE(build<4>(m)->ok);
  }
  SECTION("beyond the input space") {
    const Mapping m[] = {{Ipa{63 * k1G}, Pa{0}, 2 * k1G, ram}};
    CHECK_FALSE(build<4>(m)->ok);
  }
  SECTION("more tables than were counted") {
    const Mapping m[] = {{Ipa{0}, Pa{0}, k4K, ram}, {Ipa{k1G}, Pa{0}, k4K, ram}};
    CHECK_FALSE(build<3>(m)->ok);
    CHECK(build<4>(m)->ok);
  }
}

TEST_CASE("stage 1: nothing is both writable and executable, devices are never executable", "[LLR-021][LLR-026]") {
  namespace s1 = bulkhead::stage1;
  for (const u64 attributes : {s1::kText, s1::kReadOnly, s1::kReadWrite, s1::kDevice}) {
    const bool writable = (attributes & (u64{1} << 7)) == 0;
    const bool executable = (attributes & (u64{1} << 54)) == 0;
    CHECK_FALSE((writable && executable));
  }
  CHECK((s1::kDevice & (u64{7} << 2)) == 0);   // MAIR index 0: Device-nGnRE
  CHECK((s1::kText & (u64{7} << 2)) == 1 << 2);
}

TEST_CASE("stage 2: devices are device memory and not executable", "[LLR-046]") {
  namespace s2 = bulkhead::stage2;
  CHECK(((s2::kDevice >> 2) & 15) == 1);       // Device-nGnRE
  CHECK(((s2::kDevice >> 53) & 3) == 2);       // XN
  CHECK(((s2::kRam >> 53) & 3) == 0);
  CHECK(((s2::kRamReadOnly >> 6) & 3) == 1);
  CHECK(((s2::kSharedReadOnly >> 6) & 3) == 1);
  CHECK(((s2::kShared >> 2) & 15) == 5);       // Normal, non-cacheable
}
