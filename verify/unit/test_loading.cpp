// SPDX-License-Identifier: Apache-2.0
// Loading a partition: what is written, in which order the maintenance comes, and the state the guest starts in.
#include <catch2/catch.hpp>

#include <algorithm>

#include "system.hpp"

using namespace fake;

namespace {

bool subsequence(const std::vector<std::string>& wanted) {
  return std::search(machine.order.begin(), machine.order.end(), wanted.begin(), wanted.end()) != machine.order.end();
}

}  // namespace

TEST_CASE("payload copied, rest cleared, neighbours untouched", "[LLR-061]") {
  power_on_state();
  run_boot_core();
  for (u32 i = 0; i < 3; ++i) {
    CHECK(std::all_of(memory(i), memory(i) + kRamSize / 2, [i](u8 byte) { return byte == 0xA0 + i; }));
    CHECK(std::all_of(memory(i) + kRamSize / 2, memory(i) + kRamSize, [](u8 byte) { return byte == 0; }));
  }
}

TEST_CASE("a payload in place is cleaned from the caches and not copied", "[LLR-063]") {
  power_on_state();
  static bulkhead::LoadSpan in_place{};
  in_place = {reinterpret_cast<u64>(memory(kGamma)), reinterpret_cast<u64>(memory(kGamma)), kRamSize, 0, 0};
  partition(kGamma).first_load = &in_place;
  partition(kGamma).first_load_count = 1;
  run_boot_core();
  CHECK(std::all_of(memory(kGamma), memory(kGamma) + kRamSize, [](u8 byte) { return byte == 0xEE; }));
}

TEST_CASE("tables are switched and caches cleaned in the architecture's order", "[LLR-024][LLR-062][LLR-023]") {
  power_on_state();
  run_boot_core();
  CHECK(subsequence({"ttbr0_el2=4097", "isb", "tlbi alle2", "dsb nsh", "isb", "dc civac"}));  // beta's load table
  CHECK(subsequence({"dsb sy", "ttbr0_el2=36864", "isb", "tlbi alle2", "dsb nsh", "isb"}));   // and the kernel's own
  CHECK(subsequence({"dsb sy", "ic ialluis", "dsb ish", "isb"}));
  CHECK(register_of<bulkhead::Ttbr0El2>() == 0x9000);
}

TEST_CASE("lines are cleaned one by one", "[LLR-062]") {
  power_on_state();
  run_boot_core();
  const auto lines = std::count(machine.order.begin(), machine.order.end(), "dc civac");
  CHECK(lines == static_cast<long>(3 * kRamSize / 64));
}

TEST_CASE("a load goes on after each chunk of at most 4 KiB", "[LLR-064]") {
  power_on_state();
  run_boot_core();
  const auto switches = std::count(machine.order.begin(), machine.order.end(), "ttbr0_el2=4097");
  CHECK(switches == static_cast<long>(kRamSize / 4096));
}

TEST_CASE("memory that does not hold what is written ends in an epitaph", "[LLR-008]") {
  power_on_state();
  SECTION("where the payload is copied") { machine.hole = reinterpret_cast<u64>(memory(kAlpha)); }
  SECTION("where memory is cleared") { machine.hole = reinterpret_cast<u64>(memory(kAlpha)) + kRamSize - 64; }
  // Other partitions' memory may lie above the hole; alpha's core is the one that boots.
  header().partition_count = 1;
  header().core_count = 1;
  run_boot_core();
  CHECK(machine.transmitted.find("[bulkhead] epitaph memory-hole: ") != std::string::npos);
  CHECK(vcpu(kAlpha).power != bulkhead::Power::kOn);
}

TEST_CASE("a guest starts in the state of the ABI", "[LLR-065][LLR-142]") {
  power_on_state();
  for (u64& x : vcpu(kBeta).x) {
    x = 0x5555;
  }
  run_boot_core();
  const bulkhead::Vcpu& beta = vcpu(kBeta);
  CHECK(beta.x[0] == partition(kBeta).device_tree.value);
  for (u32 n = 1; n < 31; ++n) {
    CHECK(beta.x[n] == 0);
  }
  CHECK(register_of<bulkhead::ElrEl2>() == partition(kBeta).entry.value);
  CHECK(register_of<bulkhead::SpsrEl2>() == 0x3C5);            // EL1h, DAIF masked
  CHECK((register_of<bulkhead::SctlrEl1>() & 0x1005) == 0);    // M, C, I off
  CHECK(register_of<bulkhead::CntvoffEl2>() == 0);
  CHECK(register_of<bulkhead::CntvCtlEl0>() == 0);
}
