// SPDX-License-Identifier: Apache-2.0
// Partitions that hold the physical CPU interface: what stays filtered, how they sleep, how they are taken back.
#include <catch2/catch.hpp>

#include <algorithm>

#include "main/system.hpp"
#include "system.hpp"

using namespace fake;
using bulkhead::FeatureSet;
using bulkhead::PartitionMode;
using bulkhead::Power;
using bulkhead::Vcpu;

namespace {

constexpr u64 kControl = 0xC600'0006;
constexpr bool kV3 = FeatureSet::Gic::kVersion == 3;
u64 gate[64];
const u64 root[64] = {0x1003, 0x2003};

/// Tables in which beta is a direct partition.
void power_on_direct() {
  power_on_state();
  std::fill(std::begin(gate), std::end(gate), u64{0});
  partition(kBeta).direct = 1;
  partition(kBeta).stage2_root = root;
  partition(kBeta).gate = gate;
  partition(kBeta).gate_entries = 64;
}

void boot_direct() {
  power_on_direct();
  run_boot_core();
  deliver_sgis();
  machine.sgis.clear();
}

/// The CPU interface as a guest leaves it. No active priority: RPR is idle.
void leave_interface(bool enabled, u64 mask, u64 active) {
  if (kV3) {
    register_of<bulkhead::IccIgrpen1El1>() = enabled ? 1 : 0;
    register_of<bulkhead::IccPmrEl1>() = mask;
    register_of<bulkhead::IccAp1r0El1>() = active;
    register_of<bulkhead::IccRprEl1>() = active == 0 ? 0xFF : 0xA0;
  } else {
    machine.registers["GICC0"] = enabled ? 1 : 0;
    machine.registers["GICC4"] = mask;
    machine.registers["GICC208"] = active;
    machine.registers["GICC20"] = active == 0 ? 0xFF : 0xA0;
  }
}
u64 mask_now() { return kV3 ? register_of<bulkhead::IccPmrEl1>() : machine.registers["GICC4"]; }
u64 active_now() { return kV3 ? register_of<bulkhead::IccAp1r0El1>() : machine.registers["GICC208"]; }
bool enabled_now() { return ((kV3 ? register_of<bulkhead::IccIgrpen1El1>() : machine.registers["GICC0"]) & 1) != 0; }

}  // namespace

TEST_CASE("a direct partition is taken back through its gate, in the architecture's order", "[LLR-363]") {
  power_on_direct();
  run_boot_core();
  deliver_sgis();
  REQUIRE(gate[0] == 0x1003);
  REQUIRE(gate[1] == 0x2003);
  machine.core = 3;
  register_of<bulkhead::VttbrEl2>() = partition(kGamma).vttbr;
  machine.order.clear();
  (void)call(vcpu(kGamma), kControl, kBeta, 0);
  CHECK(std::all_of(gate, gate + 64, [](u64 entry) { return entry == 0; }));
  const std::vector<std::string> wanted = {"dsb ishst", "vttbr_el2=257", "isb", "tlbi vmalls12e1is",
                                           "dsb ish",   "vttbr_el2=258", "isb", "sev"};
  CHECK(std::search(machine.order.begin(), machine.order.end(), wanted.begin(), wanted.end()) != machine.order.end());
  CHECK(std::any_of(machine.sgis.begin(), machine.sgis.end(), [](const auto& sgi) { return sgi.first == 4 && sgi.second == 7; }));
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kHalted);
  CHECK(vcpu(kGamma).power == Power::kOn);
}

TEST_CASE("WFI with the interface open is the kernel's own, and steps over the instruction", "[LLR-364]") {
  boot_direct();
  leave_interface(true, 0xF8, 0);
  register_of<bulkhead::ElrEl2>() = 0x4000'0100;
  CHECK(trap(vcpu(kBeta), 1) == Outcome::kSlept);
  CHECK(register_of<bulkhead::ElrEl2>() == 0x4000'0104);
  CHECK(mask_now() == 0xF8);  // untouched
}

TEST_CASE("a guest that closed its interface sleeps with it open for the kernel alone, and finds it as it was", "[LLR-364]") {
  boot_direct();
  bool enabled = true;
  u64 mask = 0xF8;
  u64 active = 0;
  SECTION("group disabled") { enabled = false; }
  SECTION("everything masked") { mask = 0; }
  SECTION("masked down to the guest's own priority") { mask = 0x80; }
  SECTION("a priority is active") { active = 0x10; }
  leave_interface(enabled, mask, active);
  // Nothing to wake it: how it sleeps.
  CHECK(trap(vcpu(kBeta), 1) == Outcome::kSlept);
  CHECK(enabled_now());
  CHECK(mask_now() == 0x10);
  CHECK(active_now() == 0);
  // The same with something that wakes it: what the guest finds.
  leave_interface(enabled, mask, active);
  machine.acknowledge.push_back(7);
  CHECK(trap(vcpu(kBeta), 1) == Outcome::kGoesOn);
  machine.acknowledge.clear();
  CHECK(enabled_now() == enabled);
  CHECK(mask_now() == mask);
  CHECK(active_now() == active);
}

TEST_CASE("a sleeper that is ordered to stop does not go on", "[LLR-363][LLR-364]") {
  boot_direct();
  leave_interface(false, 0, 0x10);
  (void)call(vcpu(kGamma), kControl, kBeta, 0);
  machine.sgis.clear();
  machine.acknowledge.push_back(7);
  CHECK(trap(vcpu(kBeta), 1) == Outcome::kSlept);  // in the idle loop: nothing left to run
  CHECK(partition(kBeta).state->mode == PartitionMode::kHalted);
  CHECK(vcpu(kBeta).power == Power::kOff);
  CHECK(enabled_now());           // the kernel's own again
  CHECK(mask_now() == 0xFF);
  CHECK(active_now() == 0);
}

TEST_CASE("a direct guest reaches its own interrupts alone in the distributor", "[LLR-362]") {
  boot_direct();
  Vcpu& beta = vcpu(kBeta);
  const u32 before = machine.enabled[1];
  (void)store(beta, kGicd + 0x104, 0xFFFF'FFFF);  // enable
  CHECK((machine.enabled[1] & ~before) == u32{1} << 9);
  (void)store(beta, kGicd + 0x204, 0xFFFF'FFFF);  // set pending
  CHECK((machine.pending[1] & ~(u32{1} << 9)) == 0);
  machine.active[1] = 0xFFFF'FFFF;
  (void)store(beta, kGicd + 0x384, 0xFFFF'FFFF);  // clear active
  CHECK(machine.active[1] == ~(u32{1} << 9));
  const u64 target = machine.target[40];
  (void)store(beta, kGicd + (kV3 ? 0x6000 + 8 * 40 : 0x828), 0xFF);  // retarget alpha's
  CHECK(machine.target[40] == target);
}

TEST_CASE("no priority of a direct guest is the kernel's", "[LLR-365]") {
  boot_direct();
  Vcpu& beta = vcpu(kBeta);
  (void)store(beta, kGicd + 0x428, 0);  // SPIs 40 to 43: 41 is its own
  CHECK(machine.priority[41] == 0x20);
  CHECK(machine.priority[40] != 0x20);
  (void)store(beta, kGicd + 0x428, 0xF8F8'F8F8);
  CHECK(machine.priority[41] == 0xF8);
}

TEST_CASE("the SGIs of a direct guest go to its own cores, the kernel's number to none", "[LLR-088][LLR-362]") {
  boot_direct();
  Vcpu& beta = vcpu(kBeta);
  for (u32 id = 0; id < 16; ++id) {
    machine.sgis.clear();
    if (kV3) {
      (void)system_register(beta, 3, 0, 12, 11, 5, false, (u64{id} << 24) | 0xFFFF);
    } else {
      (void)store(beta, kGicd + 0xF00, (u64{0xFF} << 16) | id);
    }
    if (id < 7) {
      REQUIRE(machine.sgis.size() == 1);
      CHECK(machine.sgis[0] == std::pair<u32, u32>{4, id});
    } else {
      CHECK(machine.sgis.empty());
    }
  }
}
