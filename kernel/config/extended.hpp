// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1182
// What the header has besides in a system with a feature that few have; all others have the plain one, and not a byte of it.
#ifndef BULKHEAD_KERNEL_CONFIG_EXTENDED_HPP_
#define BULKHEAD_KERNEL_CONFIG_EXTENDED_HPP_

#include "config/schema.hpp"

namespace bulkhead {

struct BudgetState;
struct BoardWatchdogState;

/// A bandwidth budget; one a vCPU, in the order of ConfigHeader::vcpus.
struct BudgetConfig {
  BudgetState* state;
  u64 period_ns;
  u32 budget;    ///< events a period; 0: no limit
  u32 event;     ///< of the architecture's common events
};

/// Reset lines of a partition in one register.
struct ResetConfig {
  u64 address;   ///< kernel VA of the register
  u32 mask;      ///< set: in reset
  u32 partition; ///< index
};

/// Lines of several partitions share a register: one core at a time changes it, others try again later.
struct ResetClaim {
  u32 taken;
};

struct ExtendedHeader : ConfigHeader {
  const BudgetConfig* budgets;
  const u32* counter_irqs;     ///< by core: INTID of its performance monitors
  u32 counters_required;       ///< 1: a core that does not count what a budget needs is not the board that was built for
  u32 watchdog_control;        ///< as the driver's `start` takes it
  BoardWatchdogState* watchdog;
  u64 watchdog_ns;             ///< time after which the board is reset
  u32 watchdog_required;       ///< 1: one that does not run is not the board that was built for
  u32 reset_count;
  const ResetConfig* resets;
  ResetClaim* reset_claim;
};

/// Supervisor core only, once the boot core has started it.
struct BoardWatchdogState {
  u64 due;                     ///< counter value at which it is restarted next
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_CONFIG_EXTENDED_HPP_
