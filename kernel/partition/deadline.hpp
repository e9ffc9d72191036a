// SPDX-License-Identifier: Apache-2.0
// The next moment at which a core's kernel has something to do: one deadline a user, the core's timer at the earliest.
// Everything here runs on the core that it concerns.
#ifndef BULKHEAD_KERNEL_PARTITION_DEADLINE_HPP_
#define BULKHEAD_KERNEL_PARTITION_DEADLINE_HPP_

#include "driver/timer/core_timer.hpp"
#include "partition/state.hpp"

namespace bulkhead {

template <class Io, class Gic>
class Deadlines {
  using Timer = CoreTimer<Io, Gic>;

 public:
  static constexpr u32 kIrq = Timer::kIrq;
  static constexpr u64 kNever = Timer::kNever;

  [[gnu::cold]] static void initialise(Core& core) {
    for (u64& deadline : core.deadlines) {
      deadline = kNever;
    }
    Timer::initialise(core.index);
  }

  // implements: LLR-1101
  /// Replaces the deadline of `user`. One that has passed interrupts at once.
  static void set(Core& core, DeadlineUser user, u64 when) {
    core.deadlines[static_cast<u32>(user)] = when;
    u64 earliest = kNever;
    for (const u64 deadline : core.deadlines) {
      earliest = deadline < earliest ? deadline : earliest;
    }
    Timer::arm(earliest);
  }

  /// Whether the deadline of `user` has come. It interrupts until `set` replaces it.
  static bool due(const Core& core, DeadlineUser user, u64 now) { return core.deadlines[static_cast<u32>(user)] <= now; }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_PARTITION_DEADLINE_HPP_
