// SPDX-License-Identifier: Apache-2.0
// The check of the constant tables, slice by slice.
#include <catch2/catch.hpp>

#include <cstring>
#include <new>

#include "features.hpp"
#include "health/integrity.hpp"
#include "system.hpp"

using namespace fake;
using bulkhead::ConfigHeader;
using bulkhead::IntegrityState;
using Check = bulkhead::Integrity<bulkhead::FeatureSet::Io>;

namespace {

constexpr u32 kBytes = 3 * 4096;
alignas(4096) u8 segment[kBytes];

ConfigHeader& filled() {
  for (u32 i = 0; i < kBytes; ++i) {
    segment[i] = static_cast<u8>(i * 7 + i / 256);
  }
  ConfigHeader& header = *new (segment) ConfigHeader;
  header.length = kBytes;
  u32 sum = ~u32{0};
  for (u32 at = 48; at < kBytes; at += 8) {
    u64 word;
    std::memcpy(&word, &segment[at], sizeof(word));
    sum = Io::crc32(sum, word);
  }
  header.checksum = ~sum;
  return header;
}

/// Slices until the pass is over; false when it found a change.
bool pass(IntegrityState& state, const ConfigHeader& header) {
  for (u64 i = 0; i + 1 < Check::slices(header); ++i) {
    CHECK(Check::slice(state, header));
    CHECK(state.offset != 0);
  }
  const bool sound = Check::slice(state, header);
  CHECK(state.offset == 0);
  return sound;
}

}  // namespace

TEST_CASE("the checksum is CRC-32", "[LLR-1112]") {
  u64 digits;
  std::memcpy(&digits, "12345678", sizeof(digits));
  CHECK(~Io::crc32(~u32{0}, digits) == 0x9AE0'DAAF);
}

TEST_CASE("a pass over unchanged tables finds nothing, a changed bit anywhere is found", "[LLR-1112]") {
  ConfigHeader& header = filled();
  IntegrityState state{};
  CHECK(pass(state, header));
  CHECK(pass(state, header));
  CHECK(state.passes == 2);
  for (const u32 at : {48U, 400U, 4095U, 4096U, 8000U, kBytes - 1}) {
    segment[at] ^= 0x10;
    CHECK_FALSE(pass(state, header));
    segment[at] ^= 0x10;
  }
  CHECK(pass(state, header));
}

TEST_CASE("changed tables end in their epitaph, within one pass", "[LLR-1112]") {
  ConfigHeader& table = filled();
  power_on_state();
  header().integrity_ns = 100'000'000;
  header().length = sizeof(ConfigHeader) / 8 * 8;
  u32 sum = ~u32{0};
  // The tables of this test are the header alone.
  for (u64 at = 48; at < header().length; at += 8) {
    sum = Io::crc32(sum, Io::load64(reinterpret_cast<u64>(&header()) + at));
  }
  header().checksum = ~sum;
  run_boot_core();
  deliver_sgis();
  for (u64 i = 1; i < 5; ++i) {
    time_passes(i * 62'500'000);
  }
  CHECK(machine.transmitted.find("epitaph") == std::string::npos);
  CHECK(table.length == kBytes);
  header().uart_baud ^= 4;
  time_passes(10 * u64{62'500'000});
  CHECK(machine.transmitted.find("epitaph tables: ") != std::string::npos);
}
