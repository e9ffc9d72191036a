// SPDX-License-Identifier: Apache-2.0
// Windows of a major frame (ARINC 653 part 1, 2.3.1; several module schedules: part 2, 3.2). Every arinc653 core counts
// the same frames by itself from one start value, so cores are in step without talking; a change of schedule carries the
// number of the frame at which all of them adopt it.
#ifndef BULKHEAD_KERNEL_SCHED_ARINC653_HPP_
#define BULKHEAD_KERNEL_SCHED_ARINC653_HPP_

#include "base/time.hpp"
#include "partition/lifecycle.hpp"
#include "sched/state.hpp"
#include "base/status.hpp"  // after the types whose enumerators have the same names

namespace bulkhead {

template <class F>
class Arinc653 {
  using Io = typename F::Io;

 public:
  static constexpr bool kPresent = true;

  // implements: LLR-1210, LLR-1211, LLR-1215
  /// Whose window it is at `now`, or null; `until`: the counter value at which that changes.
  static Vcpu* select(Core& core, SharedCore& state, u64 now, u64& until) {
    const u64 epoch = load_acquire(&changes().epoch);
    if (epoch == 0) {
      return nullptr;
    }
    if (state.position.frame_start == 0) {
      publish(state, FramePosition{epoch, 0, 0, F::config().initial_schedule, 0});
    }
    if (now < state.position.frame_start) {
      until = state.position.frame_start;
      return nullptr;
    }
    const u64 frame = frame_ticks(state.position.schedule);
    if (now - state.position.frame_start >= frame) {
      leave_window(state);
      state.window = 0;
      FramePosition position = state.position;
      advance(position, now);
      const bool switched = position.schedule != state.position.schedule;
      publish(state, position);
      if (switched) {
        start_partitions(core);
      }
    }
    return find_window(core, state, now, until);
  }

  // implements: LLR-1121
  /// For the trace: the counter value at which the present window of the core was to begin, 0 between windows.
  static u64 due_at(const Core& core, const SharedCore& state) {
    return state.in_window == nullptr || !core.config->shared->windows ? 0 : state.position.frame_start +
        F::config().schedules[state.position.schedule].cores[core.index].windows[state.window].ticks->start;
  }

  // implements: LLR-1211
  /// On the boot core, when all others are up: frame 0 begins a little later, on all arinc653 cores at one counter value.
  [[gnu::cold]] static void begin() {
    const ConfigHeader& config = F::config();
    for (u32 i = 0; i < config.schedule_count; ++i) {
      const Schedule& schedule = config.schedules[i];
      schedule.ticks->frame = ticks(schedule.major_frame_ns);
      for (u32 core = 0; core < config.core_count; ++core) {
        const CoreWindows& own = schedule.cores[core];
        for (u32 n = 0; n < own.count; ++n) {
          own.windows[n].ticks->start = ticks(own.windows[n].start_ns);
          own.windows[n].ticks->end = ticks(own.windows[n].start_ns + own.windows[n].length_ns);
        }
      }
    }
    store_release(&changes().epoch, Io::template read<CntpctEl0>().value + ticks(kLeadNs));
  }

  // implements: LLR-1212, LLR-1213, LLR-1214
  /// Schedule `index` from the next major frame on. False: another core is just asking, or eight changes are on their way.
  [[gnu::cold, gnu::noinline]] static bool request(u32 index) {
    ScheduleChanges& log = changes();
    if (exchange(&log.claim, u32{1}) != 0) {
      return false;
    }
    const bool done = append(log, index);
    store_release(&log.claim, u32{0});
    return done;
  }

  // implements: LLR-1216
  struct Status {
    u32 current;
    u32 next;
    u64 last_switch;
  };
  /// Where the module stands now. False: the first core was just writing its position.
  [[gnu::cold, gnu::noinline]] static bool status_now(Status& out) {
    FramePosition position{};
    if (!read_position(position)) {
      return false;
    }
    advance(position, Io::template read<CntpctEl0>().value);
    const ScheduleChanges& log = changes();
    const u32 count = load_acquire(&log.count);
    out.current = position.schedule;
    out.next = position.adopted == count ? position.schedule : static_cast<u32>(log.changes[(count - 1) % kChangeSlots] & 0xFF);
    out.last_switch = position.last_switch;
    return true;
  }

  // implements: LLR-1214
  /// x1: id of a schedule.
  [[gnu::cold, gnu::noinline]] static bool on_set_schedule(Vcpu& vcpu) {
    for (u32 i = 0; i < F::config().schedule_count; ++i) {  // at most kMaxSchedules
      if (F::config().schedules[i].id != vcpu.x[1]) {
        continue;
      }
      if (((vcpu.partition->may_schedule >> i) & 1) == 0) {
        const CauseRecord cause{Cause::kScheduleDenied, i, 0, Io::template read<ElrEl2>().value};
        vcpu.x[0] = kDenied;
        return F::event(vcpu, HealthEvent::kSchedule, cause);
      }
      vcpu.x[0] = request(i) ? kOk : kBusy;
      return true;
    }
    vcpu.x[0] = kInvalid;
    return true;
  }

  // implements: LLR-1216
  [[gnu::cold, gnu::noinline]] static void on_get_schedule(Vcpu& vcpu) {
    Status status{};
    if (!status_now(status)) {
      vcpu.x[0] = kBusy;
      return;
    }
    vcpu.x[0] = kOk;
    vcpu.x[1] = F::config().schedules[status.current].id;
    vcpu.x[2] = F::config().schedules[status.next].id;
    vcpu.x[3] = status.last_switch;
  }

 private:
  /// A request that comes closer than this to the next frame takes effect one frame later, so that no core can be at the
  /// boundary while the request is being written (10 us: far more than the path through `append` takes).
  static constexpr u64 kGuardNs = 10'000;
  static constexpr u64 kLeadNs = 100'000;  ///< from the end of boot to frame 0

  static ScheduleChanges& changes() { return *F::config().schedule_changes; }
  static u64 ticks(u64 ns) { return ticks_from_ns(ns, F::counter_hz()); }
  static u64 frame_ticks(u32 schedule) { return F::config().schedules[schedule].ticks->frame; }

  /// Steps over whole frames up to `now`, which is not before the present one; adopts the changes on the way.
  static void advance(FramePosition& position, u64 now) {
    const ScheduleChanges& log = changes();
    for (u32 step = 0; step <= kChangeSlots && now >= position.frame_start; ++step) {  // every round but the last adopts one
      const u64 frame = frame_ticks(position.schedule);
      const u64 passed = (now - position.frame_start) / frame;
      if (passed == 0) {
        return;
      }
      if (position.adopted != load_acquire(&log.count)) {
        const u64 change = load_relaxed(&log.changes[position.adopted % kChangeSlots]);
        const u64 effective = change >> 8;
        const u64 ahead = effective > position.ordinal ? effective - position.ordinal : 1;
        if (ahead <= passed) {
          const u32 schedule = static_cast<u32>(change & 0xFF);
          position.frame_start += ahead * frame;
          position.ordinal += ahead;
          ++position.adopted;
          if (schedule != position.schedule) {
            position.schedule = schedule;
            position.last_switch = position.frame_start;
          }
          continue;
        }
      }
      position.frame_start += passed * frame;
      position.ordinal += passed;
      return;
    }
  }

  /// `position` is read by other cores: they see the old one or the new one.
  static void publish(SharedCore& state, const FramePosition& position) {
    store_relaxed(&state.sequence, state.sequence + 1);
    Io::dmb_ish();  // odd before the first change
    state.position = position;
    store_release(&state.sequence, state.sequence + 1);
  }
  /// Of the lowest arinc653 core, by which all requests are timed.
  static bool read_position(FramePosition& position) {
    const SharedCore& state = *F::config().cores[F::config().schedule_core].shared->state;
    if (load_acquire(&changes().epoch) == 0) {
      return false;
    }
    const u32 before = load_acquire(&state.sequence);
    position = state.position;
    Io::dmb_ish();  // the copy before the second look
    return before != 0 && before % 2 == 0 && load_relaxed(&state.sequence) == before;
  }

  static bool append(ScheduleChanges& log, u32 index) {
    FramePosition position{};
    if (!read_position(position)) {
      return false;
    }
    const u64 now = Io::template read<CntpctEl0>().value;
    advance(position, now);
    const u64 next = position.frame_start + frame_ticks(position.schedule);
    const u64 effective = position.ordinal + (next - now < ticks(kGuardNs) ? 2 : 1);
    const u64 change = (effective << 8) | index;
    const u32 count = log.count;
    if (count != 0 && (log.changes[(count - 1) % kChangeSlots] >> 8) == effective) {
      store_relaxed(&log.changes[(count - 1) % kChangeSlots], change);  // the last request before a frame counts
      return true;
    }
    for (u32 core = 0; core < F::config().core_count; ++core) {
      const SharedCoreConfig* const shared = F::config().cores[core].shared;
      if (shared != nullptr && shared->windows && count - load_relaxed(&shared->state->position.adopted) >= kChangeSlots) {
        return false;
      }
    }
    store_relaxed(&log.changes[count % kChangeSlots], change);
    store_release(&log.count, count + 1);
    return true;
  }

  /// The window at `now` within the present frame.
  static Vcpu* find_window(const Core& core, SharedCore& state, u64 now, u64& until) {
    const FramePosition& position = state.position;
    const Schedule& schedule = F::config().schedules[position.schedule];
    const CoreWindows& own = schedule.cores[core.index];
    const u64 offset = now - position.frame_start;
    while (state.window < own.count) {  // at most kMaxWindows
      const Window& window = own.windows[state.window];
      const u64 end = window.ticks->end;
      if (offset < end) {
        const u64 start = window.ticks->start;
        if (offset < start) {
          until = position.frame_start + start;
          return nullptr;
        }
        until = position.frame_start + end;
        VcpuContext& context = *window.vcpu->config->context;
        if (state.in_window == nullptr) {
          state.in_window = window.vcpu;
          if (context.waiting == Waiting::kForWindow) {
            context.waiting = Waiting::kNo;
          }
        }
        return context.waiting == Waiting::kForWindow ? nullptr : window.vcpu;
      }
      leave_window(state);
      ++state.window;
    }
    until = position.frame_start + schedule.ticks->frame;
    return nullptr;
  }

  // implements: LLR-1218
  /// The end of a window: a partition that was to be done by then says so with `window_wait`.
  static void leave_window(SharedCore& state) {
    Vcpu* const vcpu = state.in_window;
    state.in_window = nullptr;
    if (vcpu != nullptr && vcpu->partition->overrun_event != 0 && load_relaxed(&vcpu->power) == Power::kOn &&
        vcpu->config->context->waiting == Waiting::kNo) {
      const CauseRecord cause{Cause::kDeadline, 0, 0, Io::template read<ElrEl2>().value};
      (void)F::event(*vcpu, HealthEvent::kDeadline, cause);
    }
  }

  // implements: LLR-1217
  /// The start actions of the schedule that has begun, of partitions whose first vCPU is on this core; those of partitions
  /// on cores without windows fall to the lowest arinc653 core.
  [[gnu::cold, gnu::noinline]] static void start_partitions(const Core& core) {
    const ConfigHeader& config = F::config();
    const Schedule& schedule = config.schedules[core.config->shared->state->position.schedule];
    for (u32 i = 0; i < schedule.start_count; ++i) {
      const PartitionConfig& partition = config.partitions[schedule.starts[i].partition];
      const u32 boot_core = partition.vcpus[0].config->core;
      const SharedCoreConfig* const shared = config.cores[boot_core].shared;
      const u32 responsible = shared != nullptr && shared->windows ? boot_core : config.schedule_core;
      if (responsible == core.index) {
        (void)F::start_again(partition, schedule.starts[i].warm != 0, CauseRecord{Cause::kSchedule, 0, 0, 0});
      }
    }
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_SCHED_ARINC653_HPP_
