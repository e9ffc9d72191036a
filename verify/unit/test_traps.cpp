// SPDX-License-Identifier: Apache-2.0
// Emulated accesses, trapped registers, faults, and what the health tables make of them.
#include <catch2/catch.hpp>

#include "system.hpp"

using namespace fake;
using bulkhead::ElrEl1;
using bulkhead::ElrEl2;
using bulkhead::EsrEl1;
using bulkhead::FarEl1;
using bulkhead::HealthAction;
using bulkhead::HealthEvent;
using bulkhead::PartitionMode;
using bulkhead::SpsrEl1;
using bulkhead::SpsrEl2;
using bulkhead::VbarEl1;
using bulkhead::Vcpu;

namespace {

constexpr u64 kPc = 0x4000'0200;

void at(u64 mode) {
  register_of<ElrEl2>() = kPc;
  register_of<SpsrEl2>() = mode;
  register_of<VbarEl1>() = 0x4000'8000;
}
bool halted(u32 index) { return partition(index).state->mode == PartitionMode::kHalted; }

}  // namespace

TEST_CASE("an emulated access moves on by one instruction", "[LLR-261][LLR-264]") {
  boot();
  at(5);
  const u32 reg = GENERATE(0U, 5U, 17U, 18U, 29U, 30U);
  Access access;
  access.reg = reg;
  CHECK(load(vcpu(kBeta), kGicd + 8, access) == Outcome::kGoesOn);
  CHECK((vcpu(kBeta).x[reg] & 0xFFF) == 0x43B);
  CHECK(register_of<ElrEl2>() == kPc + 4);
}

TEST_CASE("register 31 is zero for a store and nowhere for a load", "[LLR-263]") {
  boot();
  Access access;
  access.reg = 31;
  CHECK(load(vcpu(kBeta), kGicd + 8, access) == Outcome::kGoesOn);
  (void)store(vcpu(kBeta), kPl011 + 0x24, 0x77);
  CHECK(store(vcpu(kBeta), kPl011 + 0x24, 0, access) == Outcome::kGoesOn);
  CHECK(value_at(vcpu(kBeta), kPl011 + 0x24) == 0);
}

TEST_CASE("loads extend as the instruction says", "[LLR-263]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  Access access;
  access.size = 1;
  (void)store(beta, kGicd + 0x400 + 41, 0xF8, access);
  access.sign_extend = true;
  (void)load(beta, kGicd + 0x400 + 41, access);
  CHECK(beta.x[5] == 0xFFFF'FFFF'FFFF'FFF8);
  access.wide = false;
  (void)load(beta, kGicd + 0x400 + 41, access);
  CHECK(beta.x[5] == 0xFFFF'FFF8);
  access.sign_extend = false;
  (void)load(beta, kGicd + 0x400 + 41, access);
  CHECK(beta.x[5] == 0xF8);
}

TEST_CASE("an access without syndrome to an emulated page gets an external abort", "[LLR-262]") {
  boot();
  const u64 mode = GENERATE(u64{5}, u64{0});
  at(mode);
  Access access;
  access.syndrome = false;
  CHECK(store(vcpu(kBeta), kGicd + 0x104, 0, access) == Outcome::kGoesOn);
  CHECK(register_of<EsrEl1>() == ((mode == 0 ? u64{0x24} : u64{0x25}) << 26 | u64{1} << 25 | 0x10));
  CHECK(register_of<FarEl1>() == kGicd + 0x104);
  CHECK(register_of<ElrEl1>() == kPc);
  CHECK(register_of<SpsrEl1>() == mode);
  CHECK(register_of<ElrEl2>() == 0x4000'8000 + (mode == 0 ? 0x400 : 0x200));
  CHECK(register_of<SpsrEl2>() == 0x3C5);
  CHECK_FALSE(halted(kBeta));
}

TEST_CASE("a fault outside all windows halts that partition with the decoded cause", "[LLR-242][LLR-244]") {
  boot();
  at(5);
  const bool write = GENERATE(false, true);
  CHECK((write ? store(vcpu(kBeta), 0xDEAD'0000, 1) : load(vcpu(kBeta), 0xDEAD'0000)) == Outcome::kSlept);
  deliver_sgis();
  CHECK(halted(kBeta));
  CHECK_FALSE(halted(kAlpha));
  CHECK_FALSE(halted(kGamma));
  const auto line = machine.transmitted.find("[bulkhead] beta halted: ");
  REQUIRE(line != std::string::npos);
  CHECK(machine.transmitted.find("dead0000", line) != std::string::npos);
  CHECK(machine.transmitted.find(write ? "write" : "read", line) != std::string::npos);
}

TEST_CASE("the ends of a window belong to it, what follows does not", "[LLR-261]") {
  boot();
  CHECK(load(vcpu(kBeta), kPl011 + 0xFFC) == Outcome::kGoesOn);
  CHECK(load(vcpu(kBeta), kPl011 + 0x1000) == Outcome::kSlept);
  deliver_sgis();
  CHECK(halted(kBeta));
  CHECK(load(vcpu(kGamma), kPl011) == Outcome::kSlept);  // gamma has no console
}

TEST_CASE("an instruction fetch outside memory is the memory event", "[LLR-242]") {
  boot();
  register_of<bulkhead::HpfarEl2>() = (u64{0x9999'0000} >> 12) << 4;
  CHECK(trap(vcpu(kBeta), 0x20, 0x07) == Outcome::kSlept);
  deliver_sgis();
  CHECK(halted(kBeta));
}

TEST_CASE("the health table decides", "[LLR-241]") {
  boot();
  for (u8& action : partition(kBeta).actions[static_cast<u32>(HealthEvent::kMemory)]) {
    action = static_cast<u8>(HealthAction::kColdRestart);
  }
  (void)load(vcpu(kBeta), 0xDEAD'0000);
  deliver_sgis();
  CHECK(partition(kBeta).state->restarts == 1);
  CHECK_FALSE(halted(kBeta));
  for (u8& action : partition(kAlpha).actions[static_cast<u32>(HealthEvent::kUndefined)]) {
    action = static_cast<u8>(HealthAction::kIgnore);
  }
  machine.transmitted.clear();
  CHECK(trap(vcpu(kAlpha), 0x3F) == Outcome::kGoesOn);
  deliver_sgis();
  CHECK(machine.transmitted.empty());
}

TEST_CASE("a trap that cannot be decoded is the guest's event, never an epitaph", "[LLR-245]") {
  const u32 ec = GENERATE(range(0U, 64U));
  if (ec == 0x16 || ec == 0x17 || ec == 0x18 || ec == 0x24) {
    return;
  }
  boot();
  at(5);
  (void)trap(vcpu(kBeta), ec);
  deliver_sgis();
  CHECK(machine.transmitted.find("epitaph") == std::string::npos);
  CHECK_FALSE(halted(kAlpha));
}

TEST_CASE("an SError of a guest is its own event", "[LLR-246]") {
  boot();
  for (u8& action : partition(kBeta).actions[static_cast<u32>(HealthEvent::kSerror)]) {
    action = static_cast<u8>(HealthAction::kHalt);
  }
  machine.core = 2;
  CHECK(outcome_of([] { bulkhead_on_serror(&vcpu(kBeta), u64{0x2F} << 26); }) == Outcome::kSlept);
  deliver_sgis();
  CHECK(halted(kBeta));
  CHECK_FALSE(halted(kAlpha));
}

TEST_CASE("registers of the table read a fixed value and ignore writes", "[LLR-281]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  struct Reg {
    u32 op0, op1, crn, crm, op2;
  };
  // MDSCR_EL1, OSLAR_EL1, OSDLR_EL1, DBGBVR0_EL1, PMCR_EL0, PMUSERENR_EL0, ACTLR_EL1
  for (const Reg r : {Reg{2, 0, 0, 2, 2}, Reg{2, 0, 1, 0, 4}, Reg{2, 0, 1, 3, 4}, Reg{2, 0, 0, 0, 4}, Reg{3, 3, 9, 12, 0},
                      Reg{3, 3, 9, 14, 0}, Reg{3, 0, 1, 0, 1}}) {
    at(5);
    CHECK(system_register(beta, r.op0, r.op1, r.crn, r.crm, r.op2, false, ~u64{0}) == Outcome::kGoesOn);
    CHECK(register_of<ElrEl2>() == kPc + 4);
    CHECK(system_register(beta, r.op0, r.op1, r.crn, r.crm, r.op2, true, 7) == Outcome::kGoesOn);
    CHECK(beta.x[5] == 0);
  }
  CHECK(partition(kBeta).state->logged == 0);
}

TEST_CASE("identification hides EL2, EL3 and the PMU", "[LLR-281]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  register_of<bulkhead::IdAa64pfr0El1>() = 0x1'0100'2222;
  register_of<bulkhead::IdAa64dfr0El1>() = 0x1030'5106;
  (void)system_register(beta, 3, 0, 0, 4, 0, true);
  CHECK((beta.x[5] & 0xFFFF) == 0x0022);
  (void)system_register(beta, 3, 0, 0, 5, 0, true);
  CHECK((beta.x[5] & 0xF00) == 0);
  (void)system_register(beta, 3, 0, 0, 7, 7, true, 9);
  CHECK(beta.x[5] == 0);  // reserved: zero
}

TEST_CASE("set/way operations are skipped and counted", "[LLR-282]") {
  boot();
  at(5);
  const u32 crm = GENERATE(6U, 10U, 14U);
  CHECK(system_register(vcpu(kBeta), 1, 0, 7, crm, 2, false) == Outcome::kGoesOn);
  CHECK(vcpu(kBeta).set_way_skipped == 1);
  CHECK(register_of<ElrEl2>() == kPc + 4);
}

TEST_CASE("a register outside the tables is undefined for the guest and logged", "[LLR-283][LLR-243]") {
  boot();
  const u64 mode = GENERATE(u64{4}, u64{5}, u64{0}, u64{0x10});
  at(mode);
  CHECK(system_register(vcpu(kBeta), 3, 3, 15, 2, 1, GENERATE(false, true)) == Outcome::kGoesOn);
  const u64 offset = mode == 5 ? 0x200 : mode == 4 ? 0 : mode == 0 ? 0x400 : 0x600;
  CHECK(register_of<ElrEl2>() == 0x4000'8000 + offset);
  CHECK(register_of<ElrEl1>() == kPc);
  CHECK(register_of<SpsrEl1>() == mode);
  CHECK(register_of<EsrEl1>() == u64{1} << 25);
  CHECK(partition(kBeta).state->logged == 1);
  CHECK_FALSE(halted(kBeta));
  deliver_sgis();
  CHECK(machine.transmitted.find("beta") != std::string::npos);
}

TEST_CASE("a guest cannot fill the console with its own mistakes", "[LLR-243]") {
  boot();
  for (u32 i = 0; i < 200; ++i) {
    (void)system_register(vcpu(kBeta), 3, 3, 15, 2, 1, true);
    deliver_sgis();
  }
  u32 lines = 0;
  for (const char c : machine.transmitted) {
    lines += c == '\n' ? 1 : 0;
  }
  CHECK(lines <= 20);
}
