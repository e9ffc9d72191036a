// SPDX-License-Identifier: Apache-2.0
// What the supervisor core does by its timer: watchdogs of partitions, time limits of starts, checks of the tables. Partitions pay nothing for
// it: a kick is one word that its writer alone writes, and the supervisor sleeps until the earliest moment at which a
// time can have run out.
#ifndef BULKHEAD_KERNEL_MAIN_WATCH_HPP_
#define BULKHEAD_KERNEL_MAIN_WATCH_HPP_

#include "base/time.hpp"
#include "base/epitaph.hpp"
#include "health/integrity.hpp"
#include "main/kernel_state.hpp"
#include "main/monitor.hpp"
#include "partition/deadline.hpp"

namespace bulkhead {

template <class F>
class Watch {
  using Io = typename F::Io;
  using Gic = typename F::Gic;

 public:
  // implements: LLR-1109, LLR-1111
  /// On the supervisor core: acts on what is due, and sets the deadline for what comes next.
  [[gnu::cold, gnu::noinline]] static void look(Core& core) {
    const u64 now = Io::template read<CntpctEl0>().value;
    u64 next = Deadlines<Io, Gic>::kNever;
    for (u32 i = 0; i < F::config().partition_count; ++i) {
      const PartitionConfig& partition = F::config().partitions[i];
      if constexpr (F::kStartOrder) {
        next = earlier(next, look_at_start(core, partition, now));
      }
      if constexpr (F::kWatchdogs) {
        next = earlier(next, look_at_watchdog(core, partition, now));
      }
    }
    if constexpr (F::kIntegrity) {
      next = earlier(next, look_at_tables(now));
    }
    if constexpr (F::BoardWatchdog::kPresent) {
      next = earlier(next, F::BoardWatchdog::look(core, now));
    }
    Deadlines<Io, Gic>::set(core, DeadlineUser::kSupervisor, next);
  }

 private:
  static u64 earlier(u64 a, u64 b) { return a < b ? a : b; }

  // implements: LLR-1109
  static u64 look_at_start(Core& core, const PartitionConfig& partition, u64 now) {
    PartitionState& state = *partition.state;
    if (partition.start_timeout_ns == 0 || load_acquire(&state.waiting) == 0 || state.start_timed_out != 0) {
      return Deadlines<Io, Gic>::kNever;
    }
    const u64 due = F::kernel().boot_entered + ticks_from_ns(partition.start_timeout_ns, F::counter_hz());
    if (now < due) {
      return due;
    }
    state.start_timed_out = 1;
    (void)Monitor<F>::event(core, partition, HealthEvent::kStart, CauseRecord{Cause::kStartTimeout, 0, 0, 0});
    return Deadlines<Io, Gic>::kNever;
  }

  // implements: LLR-1111
  /// One that does not run now cannot be late before a whole time from now: it starts with a kick.
  static u64 look_at_watchdog(Core& core, const PartitionConfig& partition, u64 now) {
    if (partition.watchdog_ns == 0) {
      return Deadlines<Io, Gic>::kNever;
    }
    PartitionState& state = *partition.state;
    const u64 time = ticks_from_ns(partition.watchdog_ns, F::counter_hz());
    if (!any_on(partition) || load_relaxed(&state.command) != Command::kNone) {
      return now + time;
    }
    const u64 kicked = load_relaxed(&state.watchdog_kicked);
    const u64 from = kicked > state.watchdog_seen ? kicked : state.watchdog_seen;
    if (now < from + time) {
      return from + time;
    }
    state.watchdog_seen = now;
    (void)Monitor<F>::event(core, partition, HealthEvent::kWatchdog, CauseRecord{Cause::kWatchdog, 0, 0, 0});
    return now + time;
  }

  // implements: LLR-1112
  /// A slice when it is due. One that comes late does not make the next one come sooner.
  static u64 look_at_tables(u64 now) {
    if (F::config().integrity_ns == 0) {
      return Deadlines<Io, Gic>::kNever;
    }
    IntegrityState& state = F::kernel().integrity;
    if (now >= state.due) {
      if (!Integrity<Io>::slice(state, F::config())) {
        F::epitaph(EpitaphId::kTables, ~state.sum, F::config().checksum);
      }
      state.due = now + ticks_from_ns(F::config().integrity_ns / Integrity<Io>::slices(F::config()), F::counter_hz());
    }
    return state.due;
  }

  static bool any_on(const PartitionConfig& partition) {
    for (u32 i = 0; i < partition.vcpu_count; ++i) {
      if (load_relaxed(&partition.vcpus[i].power) == Power::kOn) {
        return true;
      }
    }
    return false;
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_WATCH_HPP_
