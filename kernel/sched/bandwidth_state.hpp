// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1182
// Where a bandwidth budget stands.
#ifndef BULKHEAD_KERNEL_SCHED_BANDWIDTH_STATE_HPP_
#define BULKHEAD_KERNEL_SCHED_BANDWIDTH_STATE_HPP_

#include "config/extended.hpp"

namespace bulkhead {

/// Where the budget of a vCPU stands; written by its core, the account is read by the supervisor core.
struct BudgetState {
  u64 begun;     ///< counter value at which the budget was last filled
  u64 period;    ///< in ticks
  u64 since;     ///< counter value at which it was stopped
  u32 armed;     ///< events left when the counter was last set
  u32 owed;      ///< events that came after the budget was spent, before the core stopped
  u32 stopped;   ///< 1: the budget is spent, its period not over
  u32 stops;     ///< periods in which that happened
  u64 events;    ///< counted up to the last fill, stop or switch
  u64 stalled;   ///< ticks between stop and next fill
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_SCHED_BANDWIDTH_STATE_HPP_
