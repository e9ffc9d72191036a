// SPDX-License-Identifier: Apache-2.0
// Halt and restart of partitions.
#include <catch2/catch.hpp>

#include <algorithm>

#include "system.hpp"

using namespace fake;
using bulkhead::PartitionMode;
using bulkhead::Power;
using bulkhead::StartReason;
using bulkhead::Vcpu;

namespace {

constexpr u64 kReset = 0x8400'0009;
constexpr u64 kControl = 0xC600'0006;

}  // namespace

TEST_CASE("a halt stops every vCPU and silences every interrupt of the partition", "[LLR-381]") {
  boot();
  Vcpu& first = vcpu(kAlpha, 0);
  (void)call(first, 0xC400'0003, 1, kRam, 0);
  deliver_sgis();
  (void)store(first, kGicd + 0x104, 0xFFFF'FFFF);
  machine.enabled[1] |= u32{1} << 9;  // beta's
  (void)call(vcpu(kGamma), kControl, id_of(kAlpha), 0);
  deliver_sgis();
  deliver_sgis();
  CHECK(vcpu(kAlpha, 0).power == Power::kOff);
  CHECK(vcpu(kAlpha, 1).power == Power::kOff);
  CHECK(partition(kAlpha).state->mode == PartitionMode::kHalted);
  CHECK((machine.enabled[1] & (u32{1} << 8)) == 0);
  CHECK((machine.enabled[1] & (u32{1} << 9)) != 0);
  CHECK(vcpu(kBeta).power == Power::kOn);
  CHECK(vcpu(kGamma).power == Power::kOn);
}

TEST_CASE("a cold restart loads the pristine payload and clears the rest", "[LLR-382][LLR-061]") {
  boot();
  memory(kBeta)[10] = 0x55;
  memory(kBeta)[kRamSize - 1] = 0x55;
  machine.typed = {'\x1D', '1', 'a'};
  (void)call(vcpu(kBeta), kReset);
  deliver_sgis();
  CHECK(memory(kBeta)[10] == 0xA1);
  CHECK(memory(kBeta)[kRamSize - 1] == 0);
  CHECK(partition(kBeta).state->restarts == 1);
  CHECK(partition(kBeta).state->start_reason == StartReason::kResetCall);
  CHECK(vcpu(kBeta).power == Power::kOn);
  CHECK(memory(kAlpha)[10] == 0xA0);
}

TEST_CASE("restarts end at their limit", "[LLR-382][LLR-383]") {
  boot();
  for (u32 i = 0; i < 2; ++i) {
    (void)call(vcpu(kBeta), kReset);
    deliver_sgis();
    REQUIRE(vcpu(kBeta).power == Power::kOn);
  }
  (void)call(vcpu(kBeta), kReset);
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kHalted);
  CHECK(machine.transmitted.find("[bulkhead] beta halted: ") != std::string::npos);
}

TEST_CASE("restarts far apart do not add up", "[LLR-382]") {
  boot();
  for (u32 i = 0; i < 6; ++i) {
    register_of<bulkhead::CntpctEl0>() += 62'500'000 * 2;  // two seconds; the limit is 2 within 1 s
    (void)call(vcpu(kBeta), kReset);
    deliver_sgis();
    REQUIRE(vcpu(kBeta).power == Power::kOn);
  }
  CHECK(partition(kBeta).state->restarts == 6);
}

TEST_CASE("states follow the ABI", "[LLR-383]") {
  boot();
  CHECK(partition(kBeta).state->mode == PartitionMode::kColdStart);
  (void)call(vcpu(kBeta), 0xC600'000C);
  CHECK(partition(kBeta).state->mode == PartitionMode::kNormal);
  (void)call(vcpu(kBeta), kReset);
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kColdStart);
}

TEST_CASE("when all have halted the kernel says so and powers off", "[LLR-169]") {
  boot();
  for (const u32 index : {kAlpha, kBeta, kGamma}) {
    (void)call(vcpu(index), 0x8400'0008);
    deliver_sgis();
  }
  CHECK(machine.transmitted.find("[bulkhead] all partitions halted\r\n") != std::string::npos);
  REQUIRE_FALSE(machine.firmware.empty());
  CHECK(machine.firmware.back().function == 0x8400'0008);
}

TEST_CASE("a halted receiver loses the doorbell, the sender gets 0", "[LLR-188]") {
  boot();
  (void)call(vcpu(kGamma), kControl, id_of(kAlpha), 0);
  deliver_sgis();
  (void)call(vcpu(kBeta), 0xC600'0001, 0);
  CHECK(vcpu(kBeta).x[0] == 0);
  deliver_sgis();
  CHECK(partition(kAlpha).state->mode == PartitionMode::kHalted);
}
