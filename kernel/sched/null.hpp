// SPDX-License-Identifier: Apache-2.0
// implements: LLR-141
// No core is shared: every question of the kernel to a scheduler has a constant answer, and no code.
#ifndef BULKHEAD_KERNEL_SCHED_NULL_HPP_
#define BULKHEAD_KERNEL_SCHED_NULL_HPP_

#include "partition/state.hpp"

namespace bulkhead {

template <class F>
struct NullScheduler {
  static constexpr bool kShared = false;   ///< some core has several vCPUs
  static constexpr bool kFrames = false;   ///< some core has the scheduler arinc653
  static constexpr bool kServers = false;  ///< some core has the scheduler rtds

  /// The vCPU whose state the core holds.
  static Vcpu* resident(const Core& core) { return core.config->vcpu; }
  /// Whom to interrupt for what was left for a vCPU: always its core.
  static u64 whom(const Reach& reach) { return load_relaxed(&reach.wake); }
  /// The vCPU that runs must be chosen anew before a guest goes on.
  static constexpr bool due(const Core& /*core*/) { return false; }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_SCHED_NULL_HPP_
