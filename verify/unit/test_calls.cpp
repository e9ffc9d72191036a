// SPDX-License-Identifier: Apache-2.0
// HVC and SMC of guests.
#include <catch2/catch.hpp>

#include "system.hpp"

using namespace fake;
using bulkhead::PartitionMode;
using bulkhead::Power;
using bulkhead::Vcpu;

namespace {

constexpr u64 kVendor = 0xC600'0000;
constexpr u64 kCpuOn = 0xC400'0003;
constexpr u64 kCpuOff = 0x8400'0002;
constexpr u64 kAffinityInfo = 0xC400'0004;
constexpr u64 kSelf = ~u64{0};

}  // namespace

TEST_CASE("features gives ABI, id, configuration and functions", "[LLR-184]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  REQUIRE(call(beta, kVendor) == Outcome::kGoesOn);
  CHECK(beta.x[0] == 0);
  CHECK(beta.x[1] == (u64{id_of(kBeta)} << 32 | 1));
  CHECK(beta.x[2] == 0x0102'0304'0506'0708);
  CHECK(beta.x[3] == partition(kBeta).functions);
}

TEST_CASE("unknown functions return -1 and nothing else happens", "[LLR-181]") {
  boot();
  Vcpu& who = vcpu(kBeta);
  const u64 function = GENERATE(u64{0xC600'0002}, u64{0xC600'003F}, u64{0xC600'0040}, u64{0x8400'0063}, u64{0xC200'0001},
                                u64{0xB200'0001}, u64{0xFFFF'FFFF}, u64{0x7FFF'FFFF});
  machine.transmitted.clear();
  REQUIRE(call(who, function, 11, 22, 33) == Outcome::kGoesOn);
  CHECK(who.x[0] == kNotSupported);
  CHECK(who.x[1] == 11);
  CHECK(who.x[2] == 22);
  CHECK(who.x[3] == 33);
  deliver_sgis();
  CHECK(machine.transmitted.empty());
  CHECK(partition(kBeta).state->logged == 0);
}

TEST_CASE("an immediate other than zero is refused", "[LLR-181]") {
  boot();
  const bool smc = GENERATE(false, true);
  Vcpu& who = vcpu(kBeta);
  REQUIRE(call(who, 0x8400'0000, 1, 2, 3, smc, 1) == Outcome::kGoesOn);
  CHECK(who.x[0] == kNotSupported);
  CHECK(who.x[1] == 1);
}

TEST_CASE("both conduits give the same answers, and the handler leaves the return address alone", "[LLR-186]") {
  boot();
  Vcpu& who = vcpu(kBeta);
  const bool smc = GENERATE(false, true);
  register_of<bulkhead::ElrEl2>() = 0x4000'0100;
  REQUIRE(call(who, 0x8400'0000, 0, 0, 0, smc) == Outcome::kGoesOn);
  CHECK(who.x[0] == 0x0001'0001);
  CHECK(register_of<bulkhead::ElrEl2>() == (smc ? 0x4000'0104 : 0x4000'0100));
}

TEST_CASE("versions and standard features", "[LLR-161][LLR-168][LLR-183][LLR-185]") {
  boot();
  Vcpu& who = vcpu(kBeta);
  (void)call(who, 0x8400'0000);
  CHECK(who.x[0] == 0x0001'0001);
  (void)call(who, 0x8000'0000);
  CHECK(who.x[0] == 0x0001'0002);
  (void)call(who, 0x8000'0001, 0x8000'0000);
  CHECK(who.x[0] == 0);
  (void)call(who, 0x8000'0001, 0x8000'8000);
  CHECK(who.x[0] == kNotSupported);
  (void)call(who, 0x8400'0006);
  CHECK(who.x[0] == 2);
  for (const u64 function : {0x8400'0000ULL, 0xC400'0001ULL, 0x8400'0002ULL, 0xC400'0003ULL, 0xC400'0004ULL, 0x8400'0008ULL, 0x8400'0009ULL}) {
    (void)call(who, 0x8400'000A, function);
    CHECK(who.x[0] == 0);
  }
  (void)call(who, 0x8400'000A, 0x8400'0012);
  CHECK(who.x[0] == kNotSupported);
  (void)call(who, 0x8600'FF03);
  CHECK(who.x[0] == 1);
  (void)call(who, 0x8600'FF01);
  CHECK(who.x[0] != kNotSupported);
}

TEST_CASE("CPU_ON starts the second vCPU on its own core", "[LLR-162][LLR-165]") {
  boot();
  Vcpu& first = vcpu(kAlpha, 0);
  Vcpu& second = vcpu(kAlpha, 1);
  (void)call(first, kAffinityInfo, 1, 0);
  CHECK(first.x[0] == 1);
  REQUIRE(call(first, kCpuOn, 1, kRam + 0x400, 0x1234) == Outcome::kGoesOn);
  CHECK(first.x[0] == 0);
  REQUIRE(machine.sgis.size() == 1);
  CHECK(machine.sgis[0].first == 2);
  (void)call(first, kAffinityInfo, 1, 0);
  CHECK(first.x[0] == 2);
  deliver_sgis();
  CHECK(second.power == Power::kOn);
  CHECK(second.x[0] == 0x1234);
  CHECK(register_of<bulkhead::ElrEl2>() == kRam + 0x400);
  CHECK(register_of<bulkhead::VmpidrEl2>() == 0x8000'0001);
  (void)call(first, kAffinityInfo, 1, 0);
  CHECK(first.x[0] == 0);
}

TEST_CASE("CPU_ON refuses what the ABI says", "[LLR-163]") {
  boot();
  Vcpu& who = vcpu(kAlpha);
  (void)call(who, kCpuOn, 0, kRam, 0);
  CHECK(who.x[0] == kBusy);  // PSCI's ALREADY_ON has the same value
  (void)call(who, kCpuOn, 2, kRam, 0);
  CHECK(who.x[0] == kInvalid);
  (void)call(who, kCpuOn, 0x8000'0000'0000'0001, kRam, 0);
  CHECK(who.x[0] == kInvalid);
  for (const u64 entry : {kRam - 4, kRam + kRamSize, kRam + 2, u64{0}, ~u64{3}}) {
    (void)call(who, kCpuOn, 1, entry, 0);
    CHECK(who.x[0] == kInvalidAddress);
  }
  (void)call(who, kCpuOn, 1, kRam, 0);
  CHECK(who.x[0] == 0);
  (void)call(who, kCpuOn, 1, kRam, 0);
  CHECK(who.x[0] == kOnPending);
}

TEST_CASE("the 32-bit forms take the lower halves of their arguments", "[LLR-162][LLR-165]") {
  boot();
  Vcpu& who = vcpu(kAlpha);
  (void)call(who, 0x8400'0004, 0xFFFF'FFFF'0000'0001, 0);
  CHECK(who.x[0] == 1);
  (void)call(who, 0x8400'0003, 0xFFFF'FFFF'0000'0001, 0xFFFF'FFFF'0000'0000 | kRam, 7);
  CHECK(who.x[0] == 0);
}

TEST_CASE("CPU_OFF of one vCPU leaves the partition, of the last one halts it", "[LLR-164][LLR-304]") {
  boot();
  Vcpu& first = vcpu(kAlpha, 0);
  Vcpu& second = vcpu(kAlpha, 1);
  (void)call(first, kCpuOn, 1, kRam, 0);
  deliver_sgis();
  CHECK(call(second, kCpuOff) == Outcome::kSlept);
  deliver_sgis();
  CHECK(second.power == Power::kOff);
  CHECK(partition(kAlpha).state->mode != PartitionMode::kHalted);
  CHECK(call(first, kCpuOff) == Outcome::kSlept);
  deliver_sgis();
  CHECK(partition(kAlpha).state->mode == PartitionMode::kHalted);
  CHECK(machine.transmitted.find("[bulkhead] alpha halted: ") != std::string::npos);
}

TEST_CASE("standby returns at once when something is pending, and sleeps otherwise", "[LLR-167]") {
  boot();
  Vcpu& who = vcpu(kBeta);
  CHECK(call(who, 0xC400'0001, 0) == Outcome::kSlept);
  CHECK(who.x[0] == 0);
  (void)interrupt(who, 41);
  CHECK(call(who, 0xC400'0001, 0) == Outcome::kGoesOn);
  CHECK(who.x[0] == 0);
  CHECK(call(who, 0xC400'0001, 1 << 16) == Outcome::kGoesOn);
  CHECK(who.x[0] == kInvalid);
}

TEST_CASE("SYSTEM_OFF halts the caller's partition only", "[LLR-166][LLR-381]") {
  boot();
  CHECK(call(vcpu(kBeta), 0x8400'0008) == Outcome::kSlept);
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kHalted);
  CHECK(partition(kAlpha).state->mode != PartitionMode::kHalted);
  CHECK(partition(kGamma).state->mode != PartitionMode::kHalted);
  CHECK(machine.transmitted.find("[bulkhead] beta halted: ") != std::string::npos);
  CHECK(machine.transmitted.find("alpha halted") == std::string::npos);
}

TEST_CASE("SYSTEM_RESET restarts what can be restarted and halts what cannot", "[LLR-166][LLR-382]") {
  boot();
  (void)call(vcpu(kBeta), 0x8400'0009);
  deliver_sgis();
  CHECK(partition(kBeta).state->restarts == 1);
  CHECK(vcpu(kBeta).power == Power::kOn);
  CHECK(machine.transmitted.find("[bulkhead] beta restarted cold 1: ") != std::string::npos);
  (void)call(vcpu(kGamma), 0x8400'0009);
  deliver_sgis();
  CHECK(partition(kGamma).state->mode == PartitionMode::kHalted);
}

TEST_CASE("status tells about oneself, about others by privilege only", "[LLR-187][LLR-188]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  Vcpu& gamma = vcpu(kGamma);
  (void)call(beta, kVendor + 12);
  CHECK(beta.x[0] == 0);
  (void)call(beta, kVendor + 3, kSelf);
  CHECK(beta.x[0] == 0);
  CHECK(beta.x[1] == 3);
  CHECK(beta.x[2] == 0);
  CHECK(beta.x[3] == 0);
  (void)call(gamma, kVendor + 3, id_of(kBeta));
  CHECK(gamma.x[0] == 0);
  CHECK(gamma.x[1] == 3);
  (void)call(gamma, kVendor + 3, id_of(kBeta) - 1);  // between two ids
  CHECK(gamma.x[0] == kInvalid);
  (void)call(gamma, kVendor + 3, 64);
  CHECK(gamma.x[0] == kInvalid);
  (void)call(beta, kVendor + 3, id_of(kAlpha));
  CHECK(beta.x[0] == kDenied);
  CHECK(partition(kBeta).state->logged == 1);
}

TEST_CASE("control halts and starts others by privilege", "[LLR-188][LLR-383]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  Vcpu& gamma = vcpu(kGamma);
  (void)call(beta, kVendor + 6, id_of(kAlpha), 0);
  CHECK(beta.x[0] == kDenied);
  CHECK(partition(kAlpha).state->mode != PartitionMode::kHalted);
  CHECK(call(gamma, kVendor + 6, id_of(kBeta), 0) == Outcome::kGoesOn);
  CHECK(gamma.x[0] == 0);
  (void)call(gamma, kVendor + 6, id_of(kBeta), 3);
  CHECK(gamma.x[0] == kBusy);
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kHalted);
  (void)call(gamma, kVendor + 6, id_of(kBeta), 1);
  CHECK(gamma.x[0] == 0);
  deliver_sgis();
  CHECK(vcpu(kBeta).power == Power::kOn);
  (void)call(gamma, kVendor + 3, id_of(kBeta));
  CHECK(gamma.x[2] == 4);  // started by control
  (void)call(gamma, kVendor + 6, id_of(kBeta), 1);
  CHECK(gamma.x[0] == 0);
  deliver_sgis();
  CHECK(partition(kBeta).state->restarts == 1);  // a start of a running one has no effect
  (void)call(gamma, kVendor + 6, id_of(kBeta), 4);
  CHECK(gamma.x[0] == kInvalid);
}

TEST_CASE("a facility that the partition has not got is not supported, without an event", "[LLR-188]") {
  boot();
  Vcpu& gamma = vcpu(kGamma);
  for (const u64 number : {2U, 5U, 9U, 11U, 14U}) {
    (void)call(gamma, kVendor + number, 1, 2, 3);
    CHECK(gamma.x[0] == kNotSupported);
  }
  CHECK(partition(kGamma).state->logged == 0);
}

TEST_CASE("notify rings the other end, a foreign channel is denied", "[LLR-188]") {
  boot();
  Vcpu& alpha = vcpu(kAlpha);
  Vcpu& beta = vcpu(kBeta);
  (void)store(alpha, kGicd, 0x2 | 0x1);
  (void)store(alpha, kGicd + 0x104, u32{1} << (kDoorbellIrq - 32));
  machine.sgis.clear();
  (void)call(beta, kVendor + 1, 0);
  CHECK(beta.x[0] == 0);
  deliver_sgis();
  machine.core = 0;
  CHECK(list_of(kDoorbellIrq) >= 0);
  machine.sgis.clear();
  (void)call(alpha, kVendor + 1, 0);  // an own end, and nobody to ring
  CHECK(alpha.x[0] == 0);
  CHECK(machine.sgis.empty());
  (void)call(beta, kVendor + 1, 1);
  CHECK(beta.x[0] == kDenied);
  (void)call(beta, kVendor + 1, 2);
  CHECK(beta.x[0] == kInvalid);
}
