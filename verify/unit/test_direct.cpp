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
constexpr u64 kColdRestart = 3;
constexpr u64 kCpuOn = 0xC400'0003;
constexpr bool kV3 = FeatureSet::Gic::kVersion == 3;
u64 gate[64];
const u64 root[64] = {0x1003, 0x2003};

/// Tables in which beta, or another, is a direct partition.
void power_on_direct(u32 row = kBeta) {
  power_on_state();
  std::fill(std::begin(gate), std::end(gate), u64{0});
  partition(row).direct = 1;
  partition(row).stage2_root = root;
  partition(row).gate = gate;
  partition(row).gate_entries = 64;
}

void boot_direct(u32 row = kBeta) {
  power_on_direct(row);
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
  (void)call(vcpu(kGamma), kControl, id_of(kBeta), 0);
  CHECK(std::all_of(gate, gate + 64, [](u64 entry) { return entry == 0; }));
  const std::vector<std::string> wanted = {"dsb ishst", "vttbr_el2=257", "isb", "tlbi vmalls12e1is",
                                           "dsb ish",   "vttbr_el2=258", "isb", "sev"};
  CHECK(std::search(machine.order.begin(), machine.order.end(), wanted.begin(), wanted.end()) != machine.order.end());
  CHECK(std::any_of(machine.sgis.begin(), machine.sgis.end(), [](const auto& sgi) { return sgi.first == 4 && sgi.second == 7; }));
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kHalted);
  CHECK(vcpu(kGamma).power == Power::kOn);
}

TEST_CASE("a guest that has its interface open sleeps with what it lets through, and steps over the instruction", "[LLR-364]") {
  boot_direct();
  leave_interface(true, 0xF8, 0);
  register_of<bulkhead::ElrEl2>() = 0x4000'0100;
  CHECK(trap(vcpu(kBeta), 1) == Outcome::kSlept);
  CHECK(register_of<bulkhead::ElrEl2>() == 0x4000'0104);
  CHECK(mask_now() == 0xF8);
}

TEST_CASE("a guest that closed its interface sleeps with it open for the kernel too, and finds it as it was", "[LLR-364]") {
  boot_direct();
  bool enabled = true;
  u64 mask = 0xF8;
  u64 active = 0;
  u64 asleep = 0x10;  // the kernel's priority alone
  SECTION("group disabled") { enabled = false; }
  SECTION("everything masked") { mask = 0; }
  SECTION("masked down to what it still wants to wake it") { asleep = mask = 0x80; }
  SECTION("a priority is active: the more urgent ones still wake it") {
    active = 0x10;
    asleep = 0xA0;
  }
  SECTION("a priority is active and the mask below it") {
    active = 0x10;
    asleep = mask = 0x60;
  }
  leave_interface(enabled, mask, active);
  // Nothing to wake it: how it sleeps.
  CHECK(trap(vcpu(kBeta), 1) == Outcome::kSlept);
  CHECK(enabled_now());
  CHECK(mask_now() == asleep);
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
  (void)call(vcpu(kGamma), kControl, id_of(kBeta), 0);
  machine.sgis.clear();
  machine.acknowledge.push_back(7);
  CHECK(trap(vcpu(kBeta), 1) == Outcome::kSlept);  // in the idle loop: nothing left to run
  CHECK(partition(kBeta).state->mode == PartitionMode::kHalted);
  CHECK(vcpu(kBeta).power == Power::kOff);
  CHECK(enabled_now());           // the kernel's own again
  CHECK(mask_now() == 0xFF);
  CHECK(active_now() == 0);
}

TEST_CASE("no interrupt of an order or of a core that parked reaches the next life", "[LLR-381][LLR-961]") {
  boot_direct(kAlpha);
  (void)call(vcpu(kAlpha), kCpuOn, 1, kRam, 0);
  deliver_sgis();
  REQUIRE(vcpu(kAlpha, 1).power == Power::kOn);
  (void)call(vcpu(kGamma), kControl, id_of(kAlpha), kColdRestart);
  machine.sgis.clear();
  // The second core has parked and is about to tell the first, which the closed gate has brought here by itself.
  bool waited = false;
  machine.on_yield = [&] { waited = true; throw Slept{}; };
  machine.on_sgi = [&] {
    machine.on_sgi = nullptr;
    CHECK(partition(kAlpha).state->parked == 2);
    CHECK(trap(vcpu(kAlpha), 0x20) == Outcome::kSlept);
    CHECK(waited);
    CHECK(vcpu(kAlpha).power == Power::kOff);
    CHECK(partition(kAlpha).state->restarts == 0);
    machine.core = 1;
  };
  CHECK(trap(vcpu(kAlpha, 1), 0x20) == Outcome::kSlept);
  machine.on_yield = nullptr;
  REQUIRE(waited);
  const std::pair<u32, u32> told{1, 7};
  CHECK(std::count(machine.sgis.begin(), machine.sgis.end(), told) == 1);
  deliver_sgis();
  CHECK(partition(kAlpha).state->restarts == 1);
  CHECK(vcpu(kAlpha).power == Power::kOn);
}

TEST_CASE("the interrupt of CPU_ON comes before a direct vCPU can start", "[LLR-162][LLR-961]") {
  boot_direct(kAlpha);
  Vcpu& second = vcpu(kAlpha, 1);
  bool looked = false;
  machine.on_yield = [] { throw Slept{}; };
  machine.on_sgi = [&] {
    // Its core is awake just now: it must neither start the vCPU nor fall asleep.
    looked = true;
    machine.on_sgi = nullptr;
    CHECK(second.power == Power::kClaimed);
    machine.core = 1;
    machine.acknowledge.push_back(7);
    CHECK_THROWS_AS(bulkhead::System::idle(*second.core), Slept);
    CHECK(machine.acknowledge.size() == 1);
    machine.acknowledge.clear();
    CHECK(second.power == Power::kClaimed);
    machine.core = 0;
  };
  (void)call(vcpu(kAlpha), kCpuOn, 1, kRam, 0);
  machine.on_yield = nullptr;
  CHECK(looked);
  CHECK(second.power == Power::kOnPending);
  deliver_sgis();
  CHECK(second.power == Power::kOn);
}

TEST_CASE("CPU_ON that an order overtakes starts nobody in the next life", "[LLR-162][LLR-962]") {
  boot_direct(kAlpha);
  (void)call(vcpu(kGamma), kControl, id_of(kAlpha), kColdRestart);
  machine.sgis.clear();
  CHECK(trap(vcpu(kAlpha, 1), 0x20) == Outcome::kSlept);  // parked
  (void)call(vcpu(kAlpha), kCpuOn, 1, kRam, 0);              // the first vCPU has not seen the order yet
  CHECK(vcpu(kAlpha, 1).power == Power::kOff);
  deliver_sgis();
  CHECK(partition(kAlpha).state->restarts == 1);
  CHECK(vcpu(kAlpha).power == Power::kOn);
  CHECK(vcpu(kAlpha, 1).power == Power::kOff);
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

TEST_CASE("a new life of a direct partition finds the priorities of the first", "[LLR-365][LLR-366]") {
  boot_direct();
  Vcpu& beta = vcpu(kBeta);
  const u64 banked = kV3 ? kGicr + 0x1'0400 : kGicd + 0x400;
  const u8 usual = machine.priority[41];
  (void)store(beta, kGicd + 0x428, 0xF8F8'F8F8);
  (void)store(beta, banked + 24, 0xF8F8'F8F8);  // 24 to 27: the virtual timer
  (void)store(beta, banked + 4, 0xF8F8'F8F8);   // 4 to 7, of which 7 is the kernel's
  REQUIRE(machine.priority[41] == 0xF8);
  const u8* const own = machine.banked_priority[beta.config->core];
  REQUIRE(own[27] == 0xF8);
  (void)call(beta, kControl, id_of(kBeta), 3);  // cold restart of itself
  deliver_sgis();
  REQUIRE(partition(kBeta).state->restarts == 1);
  CHECK(machine.priority[41] == usual);
  CHECK(own[27] == usual);
  CHECK(own[5] == usual);
  CHECK(own[7] == 0);
  CHECK(value_at(beta, kGicd + 0x428) == u64{usual} << 8);
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

TEST_CASE("what traps beside the SGI registers is passed through, DIR for own interrupts alone", "[LLR-365][LLR-963]") {
  if (!kV3) {
    return;
  }
  boot_direct();
  Vcpu& beta = vcpu(kBeta);
  (void)system_register(beta, 3, 0, 4, 6, 0, false, 0x80);
  CHECK(register_of<bulkhead::IccPmrEl1>() == 0x80);
  (void)system_register(beta, 3, 0, 12, 12, 4, false, 2);
  CHECK(register_of<bulkhead::IccCtlrEl1>() == 2);
  register_of<bulkhead::IccRprEl1>() = 0xA0;
  beta.x[5] = 0;
  (void)system_register(beta, 3, 0, 12, 11, 3, true, 0);
  CHECK(beta.x[5] == 0xA0);
  (void)system_register(beta, 3, 0, 4, 6, 0, true, 0);
  CHECK(beta.x[5] == 0x80);
  (void)system_register(beta, 3, 0, 12, 12, 4, true, 0);
  CHECK(beta.x[5] == 2);
  machine.deactivated.clear();
  for (const u32 id : {41U, 40U, 3U, 7U, 27U, 1019U}) {  // its SPI, another's, what its core has alone, nobody's
    (void)system_register(beta, 3, 0, 12, 11, 1, false, id);
  }
  CHECK(machine.deactivated == std::vector<u32>{41, 3, 7, 27});
  // Neither the other direction of RPR and DIR nor a neighbour of any is.
  const auto undefined = [&](u32 crn, u32 crm, u32 op2, bool read) {
    register_of<bulkhead::ElrEl2>() = 0x4000'0100;
    register_of<bulkhead::EsrEl1>() = 0;
    (void)system_register(beta, 3, 0, crn, crm, op2, read, 0);
    return register_of<bulkhead::EsrEl1>() == (u64{1} << 25) && register_of<bulkhead::ElrEl2>() != 0x4000'0104;
  };
  CHECK(undefined(12, 11, 3, false));
  CHECK(undefined(12, 11, 1, true));
  CHECK(undefined(12, 11, 5, true));
  CHECK(undefined(12, 11, 2, true));
  CHECK(undefined(12, 12, 2, true));
  CHECK(undefined(4, 6, 1, true));
  CHECK(undefined(0, 11, 1, false));
}
