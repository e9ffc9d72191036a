// SPDX-License-Identifier: Apache-2.0
// Boots of the host tests' system with beta and gamma on one core. Times are ticks of 62.5 MHz.
#ifndef BULKHEAD_VERIFY_UNIT_SHARED_CORE_HPP_
#define BULKHEAD_VERIFY_UNIT_SHARED_CORE_HPP_

#include <catch2/catch.hpp>

#include "arch/aarch64/registers.hpp"
#include "main/system.hpp"
#include "system.hpp"

namespace fake {

using bulkhead::Power;
using bulkhead::Vcpu;

inline constexpr u64 kMs = 62'500;
inline constexpr u64 kFrame = 20 * kMs;

inline Vcpu* beta() { return &vcpu(kBeta); }
inline Vcpu* gamma() { return &vcpu(kGamma); }
inline u64 epoch() { return schedule_log().epoch; }

/// Boots with beta and gamma on core 2 and lets both start; counter value of the start of a frame in which both run.
inline u64 boot_windows() {
  power_on_state();
  share_core(true);
  run_boot_core();
  deliver_sgis();
  REQUIRE(epoch() != 0);
  u64 frame = epoch();
  // Loading takes place in a partition's own windows; the model's clock moves as it is read.
  for (u32 i = 0; i < 4; ++i, frame += kFrame) {
    (void)tick(frame + kMs);
    (void)tick(frame + 9 * kMs);
  }
  REQUIRE(beta()->power == Power::kOn);
  REQUIRE(gamma()->power == Power::kOn);
  return frame;
}
inline u64 boot_budgets() {
  power_on_state();
  share_core(false);
  run_boot_core();
  deliver_sgis();
  u64 now = register_of<bulkhead::CntpctEl0>() + kMs;
  for (u32 i = 0; i < 8; ++i, now += 10 * kMs) {
    (void)tick(now);
    (void)tick(now + 4 * kMs);
    (void)tick(now + 8 * kMs);
  }
  REQUIRE(beta()->power == Power::kOn);
  REQUIRE(gamma()->power == Power::kOn);
  // A period that both begin together.
  shared_core().servers[0] = {now, 0, 0};
  shared_core().servers[1] = {now, 0, 0};
  shared_core().running = bulkhead::kNoServer;
  return now;
}
/// The scheduler's deadline, as its core's timer has it.
inline u64 armed() { return register_of<bulkhead::CnthpCvalEl2>(); }

}  // namespace fake

#endif  // BULKHEAD_VERIFY_UNIT_SHARED_CORE_HPP_
