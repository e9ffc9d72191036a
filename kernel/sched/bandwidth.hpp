// SPDX-License-Identifier: Apache-2.0
// Budgets of memory accesses: a vCPU whose budget is spent stands still until a period after the budget was filled. A
// period begins when the budget is filled, and it is filled when somebody asks: at the overflow of one that was filled a
// period ago or longer, and at the end of a stop. So a core whose vCPU stays below its rate has no tick.
#ifndef BULKHEAD_KERNEL_SCHED_BANDWIDTH_HPP_
#define BULKHEAD_KERNEL_SCHED_BANDWIDTH_HPP_

#include "base/epitaph.hpp"
#include "base/time.hpp"
#include "driver/counter/pmu.hpp"
#include "partition/deadline.hpp"
#include "sched/bandwidth_state.hpp"
#include "sched/state.hpp"

namespace bulkhead {

template <class F>
class Bandwidth {
  using Io = typename F::Io;
  using Gic = typename F::Gic;
  using Counter = EventCounter<Io>;
  using Timer = Deadlines<Io, Gic>;

 public:
  static constexpr bool kPresent = true;

  // implements: LLR-1180
  /// A core's set-up, when its vCPUs are prepared: nothing if none of them has a budget.
  [[gnu::cold]] static void boot(Core& core) {
    const SharedCoreConfig* const shared = core.config->shared;
    const u32 count = shared != nullptr ? shared->vcpu_count : core.config->vcpu != nullptr ? 1 : 0;
    const u64 now = Io::template read<CntpctEl0>().value;
    bool any = false;
    for (u32 i = 0; i < count; ++i) {  // at most kMaxCoreVcpus
      const BudgetConfig& own = F::config().budgets[shared != nullptr ? shared->vcpus[i] : core.config->vcpu_index];
      if (own.budget == 0) {
        continue;
      }
      any = true;
      if (!Counter::spare() || (F::config().counters_required != 0 && !Counter::counts(own.event))) {
        F::epitaph(EpitaphId::kEventCounter, Io::template read<PmcrEl0>().value, own.event);
      }
      own.state->period = ticks_from_ns(own.period_ns, F::counter_hz());
      own.state->begun = now;
      own.state->armed = own.budget;
    }
    if (!any) {
      return;
    }
    Counter::initialise();
    const u32 irq = F::config().counter_irqs[core.index];
    if (irq < kFirstSpi) {
      Gic::set_banked_priority(core.index, irq, 0);
    } else {
      Gic::set_priority(irq, 0);
    }
    Gic::enable(core.index, irq / 32, u32{1} << (irq % 32));
    if (shared == nullptr) {
      Timer::initialise(core);
      watch(*core.config->vcpu);
    }
  }

  /// An interrupt of the kernel's own. True: it was for a budget, and for nothing else.
  [[gnu::cold, gnu::noinline]] static bool takes(Core& core, u32 irq) {
    if (irq == F::config().counter_irqs[core.index]) {
      spent(core);
      return true;
    }
    if (irq != Timer::kIrq) {
      return false;
    }
    // Of a null core: a vCPU that stands still goes on once `idle` has looked; or it is the supervisor's.
    const u64 now = Io::template read<CntpctEl0>().value;
    if (Timer::due(core, DeadlineUser::kScheduler, now)) {
      Timer::set(core, DeadlineUser::kScheduler, Timer::kNever);
    }
    return !Timer::due(core, DeadlineUser::kSupervisor, now);
  }

  // implements: LLR-1183, LLR-1189
  /// The counter's interrupt, on the core that it is about.
  [[gnu::cold, gnu::noinline]] static void spent(Core& core) {
    Vcpu* const vcpu = F::Scheduler::resident(core);
    if (vcpu == nullptr || config_of(*vcpu).budget == 0 || stopped(*vcpu)) {
      Counter::stop();  // of one that left meanwhile
      return;
    }
    settle(*vcpu);
    watch(*vcpu);
    if (stopped(*vcpu) && core.config->shared == nullptr) {  // a scheduler looks by itself before one that is stopped would go on
      const BudgetState& state = *config_of(*vcpu).state;
      Timer::set(core, DeadlineUser::kScheduler, state.begun + state.period);
    }
  }

  /// An interrupt of a vCPU that does not run: one that only stands still has it at once when it goes on.
  static void keep(Vcpu& vcpu, u32 irq) {
    if (load_relaxed(&vcpu.power) == Power::kOn) {
      F::Lists::inject_hardware(vcpu, irq);
    } else {
      F::Lists::mark_pending(vcpu, irq);
    }
  }

  /// The budget is spent and was not yet filled again.
  static bool stopped(const Vcpu& vcpu) {
    const BudgetConfig& own = config_of(vcpu);
    return own.budget != 0 && own.state->stopped != 0;
  }

  // implements: LLR-1184
  /// Whether the budget keeps the resident vCPU from running, and then `until` when at the latest; at the end of its period it is
  /// filled.
  [[gnu::noinline]] static bool held(Vcpu& vcpu, u64& until) {
    if (!stopped(vcpu)) {
      return false;
    }
    BudgetState& state = *config_of(vcpu).state;
    const u64 now = Io::template read<CntpctEl0>().value;
    const u64 due = state.begun + state.period;
    if (now < due) {
      until = due < until ? due : until;
      return true;
    }
    state.stopped = 0;
    store_relaxed(&state.stalled, state.stalled + (now - state.since));
    fill(config_of(vcpu), now);
    watch(vcpu);
    return false;
  }
  /// The same on a null core: its timer interrupts at the end of the period, and what came for the vCPU meanwhile is looked after.
  [[gnu::cold, gnu::noinline]] static bool held(Vcpu& vcpu) {
    if (!stopped(vcpu)) {
      return false;
    }
    u64 until = Timer::kNever;
    if (held(vcpu, until)) {
      return true;
    }
    Timer::set(*vcpu.core, DeadlineUser::kScheduler, Timer::kNever);
    F::Board::attend_vcpu(vcpu);
    return false;
  }

  // implements: LLR-1186
  /// On an rtds core, of any of its vCPUs: no use for the core before `wake`.
  static bool waits(const Vcpu& vcpu, u64 now, u64& wake) {
    if (!stopped(vcpu)) {
      return false;
    }
    const BudgetState& state = *config_of(vcpu).state;
    wake = state.begun + state.period;
    return now < wake;
  }

  // implements: LLR-1185
  /// The vCPU leaves a shared core: what it has left goes with it.
  static void leave(Vcpu& vcpu) {
    if (config_of(vcpu).budget != 0 && !stopped(vcpu)) {
      settle(vcpu);
    }
  }
  /// It has the core again. What is left of a period that is over is lost, so that no window begins with more than a budget.
  static void come(Vcpu& vcpu) {
    const BudgetConfig& own = config_of(vcpu);
    if (own.budget != 0 && own.state->stopped == 0) {
      const u64 now = Io::template read<CntpctEl0>().value;
      if (now - own.state->begun >= own.state->period) {
        fill(own, now);
      }
    }
    watch(vcpu);
  }

  // implements: LLR-1187
  /// For the status on the console, over all vCPUs of the partition.
  template <class Out>
  [[gnu::cold, gnu::noinline]] static void account(Out& out, const PartitionConfig& partition) {
    u64 events = 0;
    u64 stalled = 0;
    u32 stops = 0;
    bool any = false;
    for (u32 i = 0; i < partition.vcpu_count; ++i) {  // at most kMaxVcpusPerPartition
      const BudgetConfig& own = config_of(partition.vcpus[i]);
      if (own.budget != 0) {
        any = true;
        events += load_relaxed(&own.state->events);
        stalled += load_relaxed(&own.state->stalled);
        stops += load_relaxed(&own.state->stops);
      }
    }
    if (!any) {
      return;
    }
    const u64 hz = F::counter_hz();
    out.put(", bandwidth events ");
    put(out, events);
    out.put(", periods throttled ");
    out.put_decimal(stops);
    out.put(", stalled us ");
    put(out, (stalled / hz) * kUsPerSecond + (stalled % hz) * kUsPerSecond / hz);
  }

 private:
  static constexpr u32 kFirstSpi = 32;
  static constexpr u64 kUsPerSecond = 1'000'000;

  static const BudgetConfig& config_of(const Vcpu& vcpu) { return F::config().budgets[vcpu.config - F::config().vcpus]; }

  /// The events of the vCPU are counted, or none.
  static void watch(const Vcpu& vcpu) {
    const BudgetConfig& own = config_of(vcpu);
    Counter::stop();
    if (own.budget != 0 && own.state->stopped == 0) {
      Counter::arm(own.event, own.state->armed);
    }
  }

  static void fill(const BudgetConfig& own, u64 now) {
    BudgetState& state = *own.state;
    // What was had too much is taken off, but never all: the core has to get on.
    const u32 paid = state.owed < own.budget ? state.owed : own.budget - 1;
    state.owed -= paid;
    state.armed = own.budget - paid;
    state.begun = now;
  }

  // implements: LLR-1183
  /// Accounts for what was counted. A budget that is spent is filled if its period is over, else the vCPU is stopped.
  static void settle(Vcpu& vcpu) {
    const BudgetConfig& own = config_of(vcpu);
    BudgetState& state = *own.state;
    const u32 used = Counter::value() + state.armed;  // it was set to -armed: wraps once the budget is spent
    store_relaxed(&state.events, state.events + used);
    if (used < state.armed) {
      state.armed -= used;
      return;
    }
    state.owed += used - state.armed;
    const u64 now = Io::template read<CntpctEl0>().value;
    if (now - state.begun >= state.period) {
      fill(own, now);
      return;
    }
    state.since = now;
    state.stopped = 1;
    store_relaxed(&state.stops, state.stops + 1);
  }

  /// A TextBuffer's own decimals have 32 bits.
  template <class Out>
  static void put(Out& out, u64 value) {
    constexpr u32 kLow = 1'000'000'000;
    if (value < kLow) {
      out.put_decimal(static_cast<u32>(value));
      return;
    }
    put_high(out, value / kLow);
    for (u32 divisor = kLow / 10; divisor != 0; divisor /= 10) {
      out.put_decimal(static_cast<u32>((value % kLow) / divisor % 10));
    }
  }
  template <class Out>
  static void put_high(Out& out, u64 value) {
    out.put_decimal(static_cast<u32>(value < 0xFFFF'FFFF ? value : 0xFFFF'FFFF));  // enough for 136 years of stalls
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_SCHED_BANDWIDTH_HPP_
