// SPDX-License-Identifier: Apache-2.0
// Earliest deadline first over deferrable servers: each vCPU of the core has a budget a period, kept while it is idle and
// thrown away at the period's end. With `extratime` a vCPU whose budget is spent gets another at a lower level, behind
// everybody who still has one of this period.
#ifndef BULKHEAD_KERNEL_SCHED_RTDS_HPP_
#define BULKHEAD_KERNEL_SCHED_RTDS_HPP_

#include "base/time.hpp"
#include "partition/lifecycle.hpp"
#include "sched/state.hpp"

namespace bulkhead {

template <class F>
class Rtds {
  using Io = typename F::Io;

 public:
  static constexpr bool kPresent = true;

  // implements: LLR-1230, LLR-1231, LLR-1232, LLR-1233, LLR-1234
  /// The vCPU to run at `now`, or null; `until`: when to look again, if its budget lasts that long.
  static Vcpu* select(Core& core, SharedCore& state, u64 now, u64& until) {
    const SharedCoreConfig& config = *core.config->shared;
    charge(state, config, now);
    u32 best = kNoServer;
    for (u32 i = 0; i < config.vcpu_count; ++i) {  // at most kMaxCoreVcpus
      const Server& server = config.servers[i];
      ServerState& own = state.servers[i];
      if (now >= own.deadline) {
        refill(own, server, now);
      }
      // One that gave up its budget comes back with the next.
      u64 wake = server.vcpu->config->context->waiting == Waiting::kForWindow ? own.deadline : ~u64{0};
      const bool ready = has_work(*server.vcpu, now, wake);
      if (ready && server.vcpu != state.resident) {
        store_relaxed(&server.vcpu->reach.wake, u64{0});  // it is in the choice: a further message changes nothing
      }
      if (ready && own.left != 0) {
        if (best == kNoServer || before(own, state.servers[best])) {
          best = i;
        }
      } else if (!ready) {
        until = wake < until ? wake : until;
        continue;
      }
      if (own.left == 0 || own.level != 0) {
        until = own.deadline < until ? own.deadline : until;  // its next budget may come before the running one's end
      }
    }
    state.running = best;
    if (best == kNoServer) {
      return nullptr;
    }
    const ServerState& chosen = state.servers[best];
    until = chosen.deadline < until ? chosen.deadline : until;
    return config.servers[best].vcpu;
  }

  // implements: LLR-1231
  /// The chosen vCPU has the core: it pays from now on, the switch is nobody's. When its budget is spent, at the latest
  /// at `until`.
  static u64 begin(SharedCore& state, u64 until) {
    if (state.running == kNoServer) {
      return until;
    }
    state.charged = Io::template read<CntpctEl0>().value;
    const u64 spent = state.charged + state.servers[state.running].left;
    return spent < until ? spent : until;
  }

  // implements: LLR-1235
  /// `window_wait`: the rest of this period's budget is given up.
  static void give_up(const Core& core, SharedCore& state) {
    if (state.running != kNoServer) {
      charge(state, *core.config->shared, Io::template read<CntpctEl0>().value);
      state.servers[state.running].left = 0;
      state.running = kNoServer;
    }
  }

 private:
  static bool before(const ServerState& a, const ServerState& b) {
    return a.level != b.level ? a.level < b.level : a.deadline < b.deadline;  // equal ones in the order of declaration
  }

  /// The server that ran pays for the time up to `now`.
  static void charge(SharedCore& state, const SharedCoreConfig& config, u64 now) {
    const u64 used = now - state.charged;
    state.charged = now;
    if (state.running == kNoServer) {
      return;
    }
    const Server& server = config.servers[state.running];
    ServerState& own = state.servers[state.running];
    if (used < own.left) {
      own.left -= used;
      return;
    }
    own.left = 0;
    if (server.extratime != 0) {
      ++own.level;
      own.left = ticks_from_ns(server.budget_ns, F::counter_hz());
    }
    if (server.vcpu->partition->overrun_event != 0 && now < own.deadline) {
      const CauseRecord cause{Cause::kDeadline, 0, 0, Io::template read<ElrEl2>().value};
      (void)F::event(*server.vcpu, HealthEvent::kDeadline, cause);
    }
  }

  /// A new period: the rest of the old budget is lost.
  static void refill(ServerState& own, const Server& server, u64 now) {
    const u64 period = ticks_from_ns(server.period_ns, F::counter_hz());
    own.deadline = own.deadline == 0 ? now + period : own.deadline + ((now - own.deadline) / period + 1) * period;
    own.left = ticks_from_ns(server.budget_ns, F::counter_hz());
    own.level = 0;
    VcpuContext& context = *server.vcpu->config->context;
    if (context.waiting == Waiting::kForWindow) {
      context.waiting = Waiting::kNo;
    }
  }

  // implements: LLR-1236
  /// Whether the vCPU has a use for the core; `wake`: when its timer will give it one.
  static bool has_work(const Vcpu& vcpu, u64 now, u64& wake) {
    if (Lifecycle<F>::ordered(vcpu) || vcpu.loading != 0) {
      return true;
    }
    if constexpr (F::kStartOrder) {
      if (Lifecycle<F>::may_begin(vcpu)) {
        return true;
      }
    }
    if constexpr (F::Bandwidth::kPresent) {
      if (F::Bandwidth::waits(vcpu, now, wake)) {
        return false;
      }
    }
    const Power power = load_acquire(&vcpu.power);
    if (power != Power::kOn) {
      return power == Power::kOnPending;
    }
    const VcpuContext& context = *vcpu.config->context;
    if (context.waiting != Waiting::kForInterrupt) {
      return context.waiting == Waiting::kNo;
    }
    if (context.spi_held != 0 || (load_relaxed(&vcpu.sgi_mail[0]) | load_relaxed(&vcpu.sgi_mail[1])) != 0) {
      return true;
    }
    if (F::Board::left_for(vcpu)) {
      return true;
    }
    constexpr u64 kEnabledUnmasked = 1;  // CNTV_CTL_EL0: ENABLE without IMASK
    const bool resident = F::Scheduler::resident(*vcpu.core) == &vcpu;
    const u64 control = resident ? Io::template read<CntvCtlEl0>().value : context.cntv_ctl_el0;
    if ((control & 3) == kEnabledUnmasked) {
      wake = resident ? Io::template read<CntvCvalEl0>().value : context.cntv_cval_el0;
    }
    return wake <= now;
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_SCHED_RTDS_HPP_
