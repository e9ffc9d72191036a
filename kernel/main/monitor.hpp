// SPDX-License-Identifier: Apache-2.0
// Health events carried out: what the partition's table names for an event is done to that partition, from whichever core
// saw the event: the partition's own, or the supervisor's. Actions that no table of the feature set holds are not linked.
#ifndef BULKHEAD_KERNEL_MAIN_MONITOR_HPP_
#define BULKHEAD_KERNEL_MAIN_MONITOR_HPP_

#include "health/health.hpp"
#include "partition/event_log.hpp"
#include "partition/lifecycle.hpp"
#include "trace/event.hpp"

namespace bulkhead {

template <class F>
class Monitor {
  using Io = typename F::Io;

 public:
  // implements: LLR-241, LLR-243, LLR-244, LLR-246, LLR-1102, LLR-1103, LLR-1104, LLR-1107, LLR-1115
  /// False when the partition's vCPUs do not go on.
  [[gnu::cold, gnu::noinline]] static bool event(Core& here, const PartitionConfig& partition, HealthEvent what, const CauseRecord& cause) {
    PartitionState& state = *partition.state;
    const PartitionMode mode = load_relaxed(&state.mode);
    const Reaction reaction = health_reaction(partition, mode, what);
    if (reaction.action == HealthAction::kIgnore) {
      return true;
    }
    F::template trace<TraceEvent::kHealth>(here, raw(partition.id), static_cast<u64>(what), static_cast<u64>(reaction.action));
    EventLog::add(state, what, mode, reaction.action, cause, Io::template read<CntpctEl0>().value);
    switch (reaction.action) {
      case HealthAction::kLog:
        say(here, partition, cause);
        return true;
      case HealthAction::kNotify:
        if constexpr (has(HealthAction::kNotify)) {
          F::Bells::ring(*partition.monitor);
          return true;
        }
        break;
      case HealthAction::kSwitchSchedule:
        if constexpr (has(HealthAction::kSwitchSchedule)) {
          say(here, partition, cause);
          if constexpr (F::Scheduler::kFrames) {
            (void)F::Scheduler::Frames::request(reaction.schedule);  // as the call, without a caller's right to ask for
          }
          return true;
        }
        break;
      case HealthAction::kWarmRestart:
        if constexpr (has(HealthAction::kWarmRestart)) {
          return stop(partition, Command::kWarmRestart, StartReason::kWarmByHealth, cause);
        }
        break;
      case HealthAction::kColdRestart:
        if constexpr (has(HealthAction::kColdRestart)) {
          return stop(partition, Command::kColdRestart, StartReason::kColdByHealth, cause);
        }
        break;
      case HealthAction::kResetBoard:
        if constexpr (has(HealthAction::kResetBoard)) {
          (void)stop(partition, Command::kHalt, StartReason::kPowerOn, cause);
          F::want_board_reset();  // after the order, whose notice the supervisor core then waits for
          return false;
        }
        break;
      default:
        break;
    }
    // kHalt, and whatever a table holds that this kernel cannot do: the partition must not run on after a fault.
    return stop(partition, Command::kHalt, StartReason::kPowerOn, cause);
  }

 private:
  static constexpr bool has(HealthAction action) { return (F::kActions & action_bit(action)) != 0; }

  static bool stop(const PartitionConfig& partition, Command command, StartReason reason, const CauseRecord& cause) {
    (void)Lifecycle<F>::order(partition, Lifecycle<F>::possible(partition, command), reason, cause);
    return false;
  }

  /// A guest must not fill the console with its own mistakes: the first few of an incarnation are printed.
  static void say(Core& here, const PartitionConfig& partition, const CauseRecord& cause) {
    if (load_relaxed(&partition.state->logged) < kSaidEvents) {
      (void)__atomic_fetch_add(&partition.state->logged, 1, __ATOMIC_RELAXED);
      NoticeRing::post(here, NoticeKind::kLogged, partition.row, &cause, 0, 0);
      F::call_supervisor();
    }
  }

  static constexpr u32 kSaidEvents = 16;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_MONITOR_HPP_
