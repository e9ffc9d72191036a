// SPDX-License-Identifier: Apache-2.0
// A core with several vCPUs: chooses, exchanges, starts and sleeps. `Frames` is Arinc653 or NoFrames, `Servers` is Rtds or
// NoServers, as the cores of the board need; a core without SharedCoreConfig is a null core and never comes here.
#ifndef BULKHEAD_KERNEL_SCHED_SHARED_HPP_
#define BULKHEAD_KERNEL_SCHED_SHARED_HPP_

#include "partition/deadline.hpp"
#include "partition/lifecycle.hpp"
#include "sched/context.hpp"
#include "base/status.hpp"  // after the types whose enumerators have the same names

namespace bulkhead {

template <class F>
struct NoFrames {
  static constexpr bool kPresent = false;
};
template <class F>
struct NoServers {
  static constexpr bool kPresent = false;
};

template <class F, template <class> class FramesOf, template <class> class ServersOf>
class SharedScheduler {
  using Io = typename F::Io;
  using Gic = typename F::Gic;
  using Lists = typename F::Lists;
  using Timer = Deadlines<Io, Gic>;

 public:
  using Frames = FramesOf<F>;
  using Servers = ServersOf<F>;
  static constexpr bool kShared = true;
  static constexpr bool kFrames = Frames::kPresent;
  static constexpr bool kServers = Servers::kPresent;
  static constexpr u32 kTimerIrq = Timer::kIrq;

  static Vcpu* resident(const Core& core) {
    return core.config->shared != nullptr ? core.config->shared->state->resident : core.config->vcpu;
  }
  static bool due(const Core& core) { return core.config->shared != nullptr && core.config->shared->state->due != 0; }

  // ---- boot ---------------------------------------------------------------------------------------------------------
  /// A shared core's set-up.
  [[gnu::cold]] static void boot(Core& core) {
    const SharedCoreConfig& config = *core.config->shared;
    for (u32 i = 0; i < config.vcpu_count; ++i) {
      const VcpuConfig& vcpu = F::config().vcpus[config.vcpus[i]];
      F::prepare(core, vcpu);
      Vcpu& record = vcpu.partition->vcpus[vcpu.index];
      vcpu.context->wake = record.reach.wake;
      record.reach.wake = 0;  // away until it comes for the first time
    }
    SharedCore& state = *config.state;
    state.running = kNoServer;
    Io::write(TpidrEl2{0});  // nobody's registers are on the core
    // The guests' physical timer has one set of registers a core and no place in a context: here it traps.
    Io::write(CnthctlEl2{0}.with<CnthctlEl2::El1pcten>(1));
    Io::write(CptrEl2{CptrEl2::kNothingTrapped}.with<CptrEl2::Tfp>(1));
    if (!config.windows) {
      Io::write(HcrEl2{Io::template read<HcrEl2>()}.with<HcrEl2::Twi>(1));  // a waiting vCPU leaves the core to others
    }
    Timer::initialise(core);
  }

  /// All cores are up.
  [[gnu::cold]] static void begin() {
    if constexpr (kFrames) {
      const ConfigHeader& config = F::config();
      Frames::begin();
      Io::dsb_ishst();  // the start is visible before the interrupts are
      for (u32 core = 0; core < config.core_count; ++core) {
        if (config.cores[core].shared != nullptr) {
          Gic::send_kernel_sgi(core);
        }
      }
    }
  }

  // ---- what the traps ask for ---------------------------------------------------------------------------------------
  /// The core's timer: `run` sets it anew, which takes its line down.
  static void expired(const Core& core) { core.config->shared->state->due = 1; }
  // implements: LLR-907
  /// Whom to interrupt for what was left for a vCPU, as Gic::sgi_to: its core, or nobody (0). A barrier came before.
  [[gnu::always_inline]] static u64 whom(Reach& reach) {
    const u64 wake = load_relaxed(&reach.wake);
    if (__builtin_expect(wake != 0, 1)) {
      return wake;
    }
    store_relaxed(&reach.left, u32{1});
    Io::dsb_ish();
    return load_relaxed(&reach.wake);  // it came meanwhile, or sees `left` after it said that it is there: Context orders the two
  }
  /// Somebody's message for a vCPU that may not be resident.
  static void poke(const Core& core) {
    if (core.config->shared != nullptr) {
      SharedCore& state = *core.config->shared->state;
      ++state.messages;
      state.due |= core.config->shared->windows ^ 1;  // rtds: it may be a reason to run
    }
  }

  // implements: LLR-1204
  /// First touch of SIMD since the vCPU came: its registers for those of the last one that used them.
  [[gnu::cold, gnu::noinline]] static void give_simd(Vcpu& vcpu) {
    SharedCore& state = *vcpu.core->config->shared->state;
    Io::write(CptrEl2{CptrEl2::kNothingTrapped});
    Io::isb();  // EL2 itself may touch them from here on
    if (state.simd_owner != nullptr) {
      VcpuContext& last = *state.simd_owner->config->context;
      Io::save_simd(last.simd, &last.fpsr);
    }
    VcpuContext& own = *vcpu.config->context;
    Io::load_simd(own.simd, &own.fpsr);
    state.simd_owner = &vcpu;
  }

  // implements: LLR-1203
  /// An acknowledged and deactivated interrupt that nobody resident owns. True: it is one of a vCPU of this core that is
  /// away; it stays pending and disabled until that comes.
  [[gnu::cold, gnu::noinline]] static bool stray(const Core& core, u32 id) {
    const SharedCoreConfig* const shared = core.config->shared;
    if (shared == nullptr) {
      return false;
    }
    const u32 bit = u32{1} << (id % 32);
    for (u32 i = 0; i < shared->vcpu_count; ++i) {  // at most kMaxCoreVcpus
      const VcpuConfig& vcpu = F::config().vcpus[shared->vcpus[i]];
      if ((vcpu.partition->irq_owned[id / 32] & bit) != 0) {
        Gic::disable(core.index, id / 32, bit);
        if (Gic::is_edge(id)) {
          Gic::set_pending(core.index, id / 32, bit);  // an edge comes only once
        }
        vcpu.context->spi_held = 1;
        shared->state->due = 1;
        return true;
      }
    }
    return false;
  }

  // implements: LLR-1236
  /// WFI or standby of a vCPU. False: its core is free for others.
  static bool wait(const Vcpu& vcpu) {
    if (vcpu.core->config->shared == nullptr || vcpu.core->config->shared->windows) {
      Io::wfi();  // its window is its own, awake or asleep
      return true;
    }
    vcpu.config->context->waiting = Waiting::kForInterrupt;
    return false;
  }

  // implements: LLR-1219, LLR-1235
  /// `window_wait`. False: the vCPU does not go on now.
  [[gnu::cold, gnu::noinline]] static bool window_wait(Vcpu& vcpu) {
    const SharedCoreConfig* const shared = vcpu.core->config->shared;
    if (shared == nullptr) {
      vcpu.x[0] = kNotSupported;  // this core is the partition's alone
      return true;
    }
    vcpu.x[0] = kOk;
    vcpu.config->context->waiting = Waiting::kForWindow;
    if constexpr (kServers) {
      if (!shared->windows) {
        Servers::give_up(*vcpu.core, *shared->state);
      }
    }
    return false;
  }

  /// A vCPU is about to start anew: nothing of its last life in SIMD or callee-saved registers.
  [[gnu::cold, gnu::noinline]] static void forget(const Vcpu& vcpu) {
    const SharedCoreConfig* const shared = vcpu.core->config->shared;
    if (shared == nullptr) {
      return;
    }
    VcpuContext& context = *vcpu.config->context;
    for (u64& word : context.simd) {
      word = 0;
    }
    context.fpsr = 0;
    context.fpcr = 0;
    context.waiting = Waiting::kNo;
    if (shared->state->simd_owner == &vcpu) {
      shared->state->simd_owner = nullptr;
      Io::write(CptrEl2{CptrEl2::kNothingTrapped}.with<CptrEl2::Tfp>(1));
    }
    if (Io::template read<TpidrEl2>().value == reinterpret_cast<u64>(&vcpu)) {  // DEV-0001: compared, never followed
      Io::write(TpidrEl2{0});  // x18-x29 of the record are loaded, those of the core forgotten
    }
  }

  // ---- the core itself ------------------------------------------------------------------------------------------------
  // implements: LLR-1205, LLR-1237
  /// Returns when a vCPU is resident, loaded and allowed to run.
  [[gnu::noinline]] static Vcpu* run(Core& core) {
    SharedCore& state = *core.config->shared->state;
    for (;;) {
      if (load_relaxed(&F::kernel().panic) != 0) {
        F::Board::stop();
      }
      u64 until = Timer::kNever;
      Vcpu* const next = choose(core, state, until);
      if (next != nullptr && next != state.resident) {
        exchange_for(state, *next);
      }
      bool held = false;
      if constexpr (F::Bandwidth::kPresent) {
        held = next != nullptr && F::Bandwidth::held(*next, until);
      }
      if constexpr (kServers) {
        if (!core.config->shared->windows) {
          until = Servers::begin(state, until);
        }
      }
      Timer::set(core, DeadlineUser::kScheduler, until);
      bool busy = false;
      if (next != nullptr) {
        if (Lifecycle<F>::ordered(*next)) {
          Lifecycle<F>::follow(*next);
        }
        if constexpr (F::kStartOrder) {
          Lifecycle<F>::begin_if_due(*next);
        }
        if (next->loading != 0) {
          busy = true;
          F::Board::load_chunks(*next);
        } else if (held) {
          busy = false;  // sleeps in its own time until its budget is filled
        } else if (load_acquire(&next->power) == Power::kOnPending) {
          store_relaxed(&next->reach.left, u32{1});  // what came while it was loaded it finds at its next turn
          F::start_vcpu(*next);
          return next;
        } else if (load_relaxed(&next->power) == Power::kOn && !Lifecycle<F>::ordered(*next)) {
          VcpuContext& context = *next->config->context;
          context.waiting = Waiting::kNo;
          if (context.messages_seen != state.messages || load_acquire(&next->reach.left) != 0) {
            context.messages_seen = state.messages;
            store_relaxed(&next->reach.left, u32{0});
            F::Board::attend_vcpu(*next);  // what others left for it while it was away
          }
          return next;
        }
      }
      take_interrupt(core, state, busy);
    }
  }

 private:
  static constexpr u32 kSpecialIds = 1020;  // INTIDs from here on are not interrupts

  // implements: LLR-1205
  /// The policy's choice; `until`: the moment at which it has to be made anew.
  static Vcpu* choose(Core& core, SharedCore& state, u64& until) {
    state.due = 0;
    const u64 now = Io::template read<CntpctEl0>().value;
    F::Board::supervise_if_due(core, now);
    Vcpu* next = nullptr;
    if constexpr (kFrames && kServers) {
      next = core.config->shared->windows ? Frames::select(core, state, now, until) : Servers::select(core, state, now, until);
    } else if constexpr (kFrames) {
      next = Frames::select(core, state, now, until);
    } else {
      next = Servers::select(core, state, now, until);
    }
    if constexpr (kFrames) {
      F::trace_choice(core, now, next != nullptr ? raw(next->partition->id) : kNoPartition, state.position.schedule | (u64{state.window} << 32),
                      Frames::due_at(core, state));
    } else {
      F::trace_choice(core, now, next != nullptr ? raw(next->partition->id) : kNoPartition, 0, 0);
    }
    return next;
  }

  static void exchange_for(SharedCore& state, Vcpu& next) {
    if (state.resident != nullptr) {
      Vcpu& last = *state.resident;
      if constexpr (F::Bandwidth::kPresent) {
        F::Bandwidth::leave(last);
      }
      Context<F>::save(last, kServers && last.config->context->waiting == Waiting::kForInterrupt);
    }
    state.resident = &next;
    Context<F>::load(next, state.simd_owner == &next);
    if constexpr (F::Bandwidth::kPresent) {
      F::Bandwidth::come(next);
    }
  }

  static void take_interrupt(Core& core, SharedCore& state, bool busy) {
    const u32 acknowledged = Gic::acknowledge();
    const u32 id = Gic::id_of(acknowledged);
    if (id >= kSpecialIds) {
      if (!busy) {
        Io::wfi();
      }
      return;
    }
    Vcpu* const vcpu = state.resident;
    if (vcpu == nullptr || (vcpu->irq_owned[id / 32] & (u32{1} << (id % 32))) == 0) {
      F::Board::kernel_interrupt(core, acknowledged, id);
      return;
    }
    Gic::priority_drop(acknowledged);
    if (load_relaxed(&vcpu->power) != Power::kOn) {
      Lists::mark_pending(*vcpu, id);  // active, and pending for the vCPU, until that starts or is reset
      return;
    }
    Lists::inject_hardware(*vcpu, id);
    if (vcpu->config->context->waiting == Waiting::kForInterrupt) {
      vcpu->config->context->waiting = Waiting::kNo;
    }
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_SCHED_SHARED_HPP_
