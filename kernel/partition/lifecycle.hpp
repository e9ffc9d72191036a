// SPDX-License-Identifier: Apache-2.0
// Start, halt and restart of partitions. An order is one word; every vCPU's core stops its own vCPU when it sees the
// order, the boot vCPU's core carries it out when all have stopped. Nobody waits with a guest's time.
#ifndef BULKHEAD_KERNEL_PARTITION_LIFECYCLE_HPP_
#define BULKHEAD_KERNEL_PARTITION_LIFECYCLE_HPP_

#include "base/time.hpp"
#include "partition/loader.hpp"
#include "partition/gate.hpp"
#include "partition/notice.hpp"

namespace bulkhead {

/// `F` is the feature set (config.hpp): F::Io, F::Gic, F::Lists, F::Bells.
template <class F>
class Lifecycle {
  using Io = typename F::Io;
  using Gic = typename F::Gic;
  using Lists = typename F::Lists;
  using Load = Loader<Io, F::kRestart>;

 public:
  // implements: LLR-381, LLR-382
  /// Orders `command` for a partition; false when another order is under way. Callable on any core.
  [[gnu::cold, gnu::noinline]] static bool order(const PartitionConfig& partition, Command command, StartReason reason, const CauseRecord& cause) {
    PartitionState& state = *partition.state;
    if (!compare_exchange(&state.command, Command::kNone, Command::kClaimed)) {
      return false;
    }
    state.cause.copy(cause);
    state.next_reason = reason;
    store_relaxed(&state.sent, u32{0});
    store_release(&state.command, command);
    if constexpr (F::kDirect) {
      if (partition.direct != 0) {
        Gate<Io>::close(partition);
      }
    }
    Io::dsb_ishst();  // the order is visible before the interrupts are
    for (u32 i = 0; i < partition.vcpu_count; ++i) {
      Gic::send_kernel_sgi(partition.vcpus[i].config->core);
    }
    announce(partition, kByOrderer);
    return true;
  }

  // implements: LLR-382, LLR-1106
  /// What becomes of an order that the partition's payload or devices do not allow: a halt. A device that cannot be
  /// stopped is still as it was after power-on as long as no order came (`cause`).
  [[gnu::cold]] static Command possible(const PartitionConfig& partition, Command command) {
    if constexpr (F::kRestart) {
      const bool untouched = partition.state->cause.cause == Cause::kNone && partition.state->mode == PartitionMode::kHalted;
      if (partition.restartable != 0 && (command != Command::kColdRestart || partition.cold_refused == 0 || untouched)) {
        return command;
      }
    }
    return Command::kHalt;
  }

  static bool ordered(const Vcpu& vcpu) { return load_relaxed(&vcpu.state->command) >= Command::kHalt; }

  // implements: LLR-381
  /// This core's part of an order: stops the vCPU, and on the boot vCPU's core carries the order out once all stopped.
  [[gnu::cold, gnu::noinline]] static void follow(Vcpu& vcpu) {
    PartitionState& state = *vcpu.partition->state;
    const u32 bit = u32{1} << vcpu.config->index;
    const Command command = load_acquire(&state.command);
    if (command < Command::kHalt) {
      return;
    }
    const u32 all = (u32{1} << vcpu.partition->vcpu_count) - 1;
    if ((load_relaxed(&state.parked) & bit) == 0) {
      silence(vcpu);
      while (load_acquire(&vcpu.power) == Power::kClaimed) {
        Io::yield();  // a caller of CPU_ON is a few instructions from letting go
      }
      store_release(&vcpu.power, Power::kOff);
      vcpu.loading = 0;
      (void)fetch_or(&state.parked, bit);
      if (vcpu.config->index != 0) {
        Io::dsb_ishst();
        Gic::send_kernel_sgi(vcpu.partition->vcpus[0].config->core);
        announce(*vcpu.partition, bit);
      }
    }
    if (vcpu.config->index == 0 && load_acquire(&state.parked) == all) {
      if constexpr (F::kDirect) {
        // The closed gate may bring a core here before the interrupts of the order, or of cores that parked, were sent. They
        // must not reach the next life: a direct guest could take one and leave it active. Each is a few instructions away.
        while (vcpu.partition->direct != 0 && load_acquire(&state.sent) != ((all & ~u32{1}) | kByOrderer)) {
          Io::yield();
        }
      }
      carry_out(vcpu, command);
    }
  }

  // implements: LLR-064, LLR-1106, LLR-1113
  /// A chunk of the load job; starts the boot vCPU when the job is done. False: memory does not answer.
  [[gnu::cold]] static bool load(Vcpu& vcpu, u64 kernel_ttbr) {
    if constexpr (F::Resets::kPresent) {
      if (!F::Resets::done(vcpu)) {
        return true;
      }
    }
    const PartitionConfig& partition = *vcpu.partition;
    const LoadSpan* spans = partition.first_load;
    u32 count = partition.first_load_count;
    if constexpr (F::kRestart) {
      if (partition.state->mode == PartitionMode::kWarmStart) {
        spans = partition.warm_load;
        count = partition.warm_load_count;
      } else if (partition.state->restarts != 0 || partition.state->start_reason != StartReason::kPowerOn) {
        spans = partition.reload;
        count = partition.reload_count;
      }
    }
    const auto step = Load::step(vcpu, spans, count, kernel_ttbr);
    if (step == Load::Step::kDone) {
      vcpu.boot_entry = partition.entry;
      vcpu.boot_context = partition.device_tree.value;
      if constexpr (F::kDoorbells) {
        F::Bells::listen(partition);
      }
      store_release(&vcpu.power, Power::kOnPending);
    }
    if constexpr (F::kRestart) {
      if (step == Load::Step::kSpoiled) {
        const CauseRecord cause{Cause::kPayload, 0, spans[vcpu.load_span - 1].source, 0};
        (void)F::event(vcpu, HealthEvent::kStart, cause);  // an order that it leads to is followed before the next chunk
      }
    }
    return step != Load::Step::kHole;
  }

  // implements: LLR-383, LLR-1108
  /// Power-on of a partition, on its boot vCPU's core. One that has to wait for others begins in `begin_if_due`.
  [[gnu::cold]] static void power_on(Vcpu& vcpu) {
    open_gate(*vcpu.partition);
    reset_devices(*vcpu.partition);
    vcpu.partition->state->mode = PartitionMode::kColdStart;
    if constexpr (F::kStartOrder) {
      if (vcpu.partition->start_after != 0) {
        vcpu.partition->state->waiting = 1;
        return;
      }
    }
    Load::begin(vcpu);
  }

  // implements: LLR-1108
  /// On the boot vCPU's core, whenever it was woken: begins to load once all that have to be ready first have been.
  [[gnu::cold]] static void begin_if_due(Vcpu& vcpu) {
    if (may_begin(vcpu)) {
      store_relaxed(&vcpu.partition->state->waiting, u32{0});
      Load::begin(vcpu);
    }
  }
  /// It has waited for others, and all of them are ready.
  [[gnu::cold]] static bool may_begin(const Vcpu& vcpu) {
    if (load_relaxed(&vcpu.partition->state->waiting) == 0 || vcpu.config->index != 0) {
      return false;
    }
    for (u64 left = vcpu.partition->start_after; left != 0; left &= left - 1) {
      if (load_acquire(&F::config().partitions[lowest_bit64(left)].state->was_ready) == 0) {
        return false;
      }
    }
    return true;
  }

  // implements: LLR-363
  /// Takes the CPU interface of this core back from a direct guest.
  static void regain(const Vcpu& vcpu) {
    if constexpr (F::kDirect) {
      if (vcpu.partition->direct != 0) {
        F::Handed::trap_interface(false);
        Gic::take_interface();
        F::Handed::clear_banked(vcpu.config->core);
        Io::isb();
      }
    }
  }

 private:
  static constexpr u32 kByOrderer = u32{1} << 31;

  // implements: LLR-961
  /// The interrupts of an order that this core had to send are at their cores.
  static void announce(const PartitionConfig& partition, u32 who) {
    if constexpr (F::kDirect) {
      if (partition.direct != 0) {
        Gic::complete_sgis();
        (void)fetch_or(&partition.state->sent, who);
      }
    }
  }

  static void open_gate(const PartitionConfig& partition) {
    if constexpr (F::kDirect) {
      if (partition.direct != 0) {
        Gate<Io>::open(partition);
      }
    }
  }

  /// No interrupt of this vCPU is left active or armed on this core.
  [[gnu::cold]] static void silence(Vcpu& vcpu) {
    Gic::disable(vcpu.config->core, 0, vcpu.partition->owned_ppis);
    Io::write(CntvCtlEl0{0});
    Io::write(CntpCtlEl0{0});
    regain(vcpu);
    Lists::reset(vcpu);
    Gic::clear_active(vcpu.config->core, 0, vcpu.partition->owned_ppis);
  }

  [[gnu::cold]] static void carry_out(Vcpu& vcpu, Command command) {
    const PartitionConfig& partition = *vcpu.partition;
    PartitionState& state = *partition.state;
    reset_devices(partition);
    NoticeKind said = NoticeKind::kHalted;
    if constexpr (F::kStartOrder) {
      store_relaxed(&state.waiting, u32{0});  // whoever restarts it does not wait again
    }
    bool restarts = false;
    if constexpr (F::kRestart) {
      restarts = command >= Command::kColdRestart;
      if (restarts && !may_restart(partition)) {
        restarts = false;
        state.cause.cause = Cause::kRestartLimit;
        if constexpr (F::kBoardReset) {
          if (partition.restart_then_reset != 0) {
            F::want_board_reset();
          }
        }
      }
      if (restarts) {
        said = NoticeKind::kRestarted;
        state.start_reason = state.next_reason;
        store_release(&state.mode, command == Command::kWarmRestart ? PartitionMode::kWarmStart : PartitionMode::kColdStart);
        // Counted last: who reads the count first (`status`) reads no state from before it.
        store_release(&state.restarts, state.restarts + 1);
        open_gate(partition);
        Load::begin(vcpu);
        if constexpr (F::Resets::kPresent) {
          if (command == Command::kColdRestart) {
            F::Resets::order(vcpu);
          }
        }
      }
    }
    if (!restarts) {
      store_release(&state.mode, PartitionMode::kHalted);
    }
    NoticeRing::post(*vcpu.core, said, partition.row, &state.cause, state.restarts, command == Command::kWarmRestart ? 1 : 0);
    store_relaxed(&state.parked, u32{0});
    store_release(&state.command, Command::kNone);
    F::wake_supervisor(*vcpu.core);
  }

  // implements: LLR-1114
  /// health.restarts: at most `max` restarts of the partition's own making within the window, its `control` of itself among them. What another
  /// partition's `control` or a schedule commands is no failure of it.
  [[gnu::cold]] static bool may_restart(const PartitionConfig& partition) {
    PartitionState& state = *partition.state;
    if (partition.restartable == 0) {
      return false;
    }
    const bool itself = state.cause.cause == Cause::kControl && state.cause.detail == raw(partition.id);
    if (partition.restart_max == 0 || (state.next_reason == StartReason::kControl && !itself)) {
      return true;
    }
    const u64 now = Io::template read<CntpctEl0>().value;
    if (now - state.window_start > ticks_from_ns(partition.restart_within_ns, F::counter_hz())) {
      state.window_start = now;
      state.window_restarts = 0;
    }
    ++state.window_restarts;
    return state.window_restarts <= partition.restart_max;
  }

  /// Distributor and virtual devices of the partition as after power-on.
  [[gnu::cold, gnu::noinline]] static void reset_devices(const PartitionConfig& partition) {
    const u32 boot_core = partition.vcpus[0].config->core;
    for (u32 word = 1; word < Gic::kIrqWords; ++word) {
      const u32 owned = partition.irq_owned[word];
      if (owned != 0) {
        Gic::disable(boot_core, word, owned);
        Gic::clear_pending(boot_core, word, owned);
        Gic::clear_active(boot_core, word, owned);
      }
      u32 all = owned | partition.irq_virtual[word];
      while (all != 0) {
        const u32 id = word * 32 + lowest_bit(all);
        all &= all - 1;
        partition.irq_priority[id - 32] = Gic::kGuestPriority;
        partition.irq_target[id - 32] = Gic::kVersion == 2 ? 1 : 0;
      }
      u32 routed = owned;
      while (routed != 0) {
        Gic::retarget(word * 32 + lowest_bit(routed), boot_core);
        if constexpr (F::kDirect) {
          Gic::set_priority(word * 32 + lowest_bit(routed), Gic::kGuestPriority);  // a direct guest's goes to the hardware
        }
        routed &= routed - 1;
      }
      partition.irq_enabled[word] = 0;
    }
    partition.irq_enabled[0] = 0xFFFF;  // SGIs
    PartitionState& state = *partition.state;
    state.gicd_enabled = 0;
    state.logged = 0;
    state.pl011 = VirtualPl011{};
    state.pl011.plain[3] = 0x300;  // CR: both directions on
    state.pl011.plain[4] = 0x12;   // IFLS
    if constexpr (F::kDoorbells) {
      F::Bells::forget(partition);
    }
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_PARTITION_LIFECYCLE_HPP_
