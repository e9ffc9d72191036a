// SPDX-License-Identifier: Apache-2.0
// implements: LLR-302, LLR-342
// The feature set of config.hpp joined with the kernel's own state: what the templates take as `F`.
#ifndef BULKHEAD_KERNEL_MAIN_SYSTEM_HPP_
#define BULKHEAD_KERNEL_MAIN_SYSTEM_HPP_

#include "config/config.hpp"
#include "main/kernel.hpp"

extern "C" {
extern bulkhead::Epitaph bulkhead_epitaph;          ///< first bytes of .bss
extern bulkhead::KernelState bulkhead_kernel_state;
void bulkhead_secondary_entry();                    ///< boot.S
[[noreturn]] void bulkhead_enter_guest(bulkhead::Vcpu* vcpu);   ///< vectors.S
[[noreturn]] void bulkhead_resume_whole(bulkhead::Vcpu* vcpu);  ///< resume.S or resume_shared.S
}

namespace bulkhead {

struct System : FeatureSet {
  using Lists = Vgic<FeatureSet::Gic>;
  using Scheduler = FeatureSet::SchedulerOf<System>;
  using Board = Kernel<System>;
  using Distributor = VgicDistributor<System>;
  using Bells = FeatureSet::BellsOf<System>;
  using Bandwidth = FeatureSet::BandwidthOf<System>;
  using Resets = FeatureSet::ResetsOf<System>;
  using BoardWatchdog = FeatureSet::BoardWatchdogOf<System>;

  static const FeatureSet::Header& config() { return bulkhead_config; }
  static KernelState& kernel() { return bulkhead_kernel_state; }
  static u64 counter_hz() { return bulkhead_kernel_state.counter_hz; }
  static u64 secondary_entry() { return reinterpret_cast<u64>(&bulkhead_secondary_entry); }  // DEV-0001: PSCI takes a PA

  static Vcpu* idle(Core& core) { return Board::idle(core); }
  static void prepare(Core& core, const VcpuConfig& config) { Cores<System>::prepare(core, config); }
  static void start_vcpu(Vcpu& vcpu) { Cores<System>::start_vcpu(vcpu); }
  /// Into a vCPU whose record holds all its registers. On a shared core SIMD waits for the first touch.
  [[noreturn]] static void enter(Vcpu& vcpu) {
    if constexpr (Scheduler::kShared) {
      if (vcpu.core->config->shared != nullptr) {
        bulkhead_resume_whole(&vcpu);
      }
    }
    bulkhead_enter_guest(&vcpu);
  }

  /// Something for the supervisor core to say or do.
  static void wake_supervisor(Core& core) {
    if (core.index == config().supervisor) {
      Board::supervise(core);
    } else {
      call_supervisor();
    }
  }

  /// The same from code that the supervisor core's own work may have called: that goes on first, there as elsewhere.
  static void call_supervisor() {
    Io::dsb_ishst();
    Gic::send_kernel_sgi(config().supervisor);
  }

  /// A partition's ring got bytes: the supervisor is told only if it had nothing to send.
  static void console_written(Core& core) {
    Io::dmb_ish();  // the bytes are seen before `idle` is read: see ConsoleMux::pump
    if (load_relaxed(&kernel().mux.idle) != 0) {
      wake_supervisor(core);
    }
  }

  // implements: LLR-1120
  /// Compiled to nothing unless the feature set records `kEvent`.
  template <TraceEvent kEvent>
  [[gnu::always_inline]] static void trace(const Core& core, u32 subject, u64 a, u64 b) {
    if constexpr (((kTraceEvents >> static_cast<u32>(kEvent)) & 1) != 0) {
      FeatureSet::Tracer::record(*core.config->trace, Io::read<CntpctEl0>().value, kEvent, subject, a, b);
    }
  }
  [[gnu::always_inline]] static void trace_choice(const Core& core, u64 now, u32 subject, u64 schedule, u64 due) {
    if constexpr (((kTraceEvents >> static_cast<u32>(TraceEvent::kSchedule)) & 1) != 0) {
      FeatureSet::Tracer::choice(*core.config->trace, now, subject, schedule, due);
    }
  }

  /// A health event of the partition of `vcpu`; false when the vCPU does not go on.
  [[gnu::cold, gnu::noinline]] static bool event(Vcpu& vcpu, HealthEvent what, const CauseRecord& cause) {
    return Monitor<System>::event(*vcpu.core, *vcpu.partition, what, cause);
  }

  /// Start action of a schedule. False: the partition cannot be started anew, or an order is under way.
  [[gnu::cold, gnu::noinline]] static bool start_again(const PartitionConfig& partition, bool warm, const CauseRecord& cause) {
    const Command command = Lifecycle<System>::possible(partition, warm ? Command::kWarmRestart : Command::kColdRestart);
    return command != Command::kHalt && Lifecycle<System>::order(partition, command, StartReason::kControl, cause);
  }

  // implements: LLR-1103
  /// The board is reset by the supervisor core as soon as it has said all that there is to say.
  [[gnu::cold]] static void want_board_reset() { store_release(&kernel().reset_wanted, u32{1}); }

  /// `notify` on a channel of which the caller has no end.
  [[gnu::cold, gnu::noinline]] static bool refuse_channel(Vcpu& vcpu, u64 slot) {
    if (slot >= config().channel_count) {
      vcpu.x[0] = kInvalid;
      return true;
    }
    const CauseRecord cause{Cause::kDenied, 0, vcpu.x[0] & 0xFFFF'FFFF, Io::read<ElrEl2>().value};
    vcpu.x[0] = kDenied;
    return event(vcpu, HealthEvent::kIllegalRequest, cause);
  }

  [[noreturn, gnu::cold, gnu::noinline]] static void epitaph(EpitaphId id, u64 syndrome, u64 address) {
    write_epitaph(id, syndrome, address);
    say_epitaph<FeatureSet::Uart>(id);
    store_release(&kernel().panic, u32{1});
    // The board's cores: what the configuration says may be what is wrong.
    for (u32 core = 0; core < kCoreCount; ++core) {
      if (config().cores[core].used != 0) {
        Gic::send_kernel_sgi(core);
      }
    }
    if constexpr (kBoardReset) {
      const ModuleAction action = id == EpitaphId::kSystemError ? config().serror : config().panic;
      // A board that fails the checks of its start would fail them again for ever.
      if (load_relaxed(&kernel().booted) != 0 && action == ModuleAction::kResetBoard) {
        Supervision<System>::finish(kPsciSystemReset);
      }
    }
    Board::stop();
  }

  // implements: LLR-321, LLR-1103
  /// An exception from the kernel itself. While a partition is loaded, an external abort on its memory is a hole.
  [[noreturn, gnu::cold]] static void kernel_fault() {
    const EsrEl2 esr = Io::read<EsrEl2>();
    const bool external = (esr.get<EsrEl2::Fsc>() & 0x3F) == 0x10;
    if (esr.get<EsrEl2::Ec>() == kEcSystemError) {
      epitaph(EpitaphId::kSystemError, esr.value, 0);
    }
    epitaph(external ? EpitaphId::kMemoryHole : EpitaphId::kKernelFault, esr.value, Io::read<FarEl2>().value);
  }

  /// Before the MMU is on: physical addresses, nothing but the epitaph is touched.
  [[noreturn, gnu::cold]] static void early_epitaph(EpitaphId id) {
    FeatureSet::EarlyUart::initialise(0, 0);
    write_epitaph(id, 0, 0);
    say_epitaph<FeatureSet::EarlyUart>(id);
    Board::stop();
  }

 private:
  [[gnu::cold, gnu::noinline]] static void write_epitaph(EpitaphId id, u64 syndrome, u64 address) {
    if (bulkhead_epitaph.magic == kEpitaphMagic) {
      return;  // the first cause is the one worth keeping
    }
    bulkhead_epitaph.id = id;
    bulkhead_epitaph.core = Io::read<MpidrEl1>().value;
    bulkhead_epitaph.counter = Io::read<CntpctEl0>().value;
    bulkhead_epitaph.syndrome = syndrome;
    bulkhead_epitaph.address = address;
    bulkhead_epitaph.magic = kEpitaphMagic;
  }

  /// Polled: the one time that the kernel waits for a UART.
  template <class Uart>
  static void say_epitaph(EpitaphId id) {
    constexpr bool kFurther = Bandwidth::kPresent || BoardWatchdog::kPresent;
    const u32 number = static_cast<u32>(id);
    say<Uart>("\r\n[bulkhead] epitaph ");
    say<Uart>(kFurther && number >= kFirstFurtherEpitaph ? kFurtherEpitaphTexts[number - kFirstFurtherEpitaph] : kEpitaphTexts[number]);
    say<Uart>("\r\n");
  }
  template <class Uart>
  [[gnu::cold, gnu::noinline]] static void say(const char* text) {
    for (const char* c = text; *c != '\0'; ++c) {
      while (!Uart::can_send()) {
        Io::yield();
      }
      Uart::send(static_cast<u8>(*c));
    }
  }

  static constexpr u64 kEcSystemError = 0x2F;
  static constexpr u64 kPsciSystemReset = 0x8400'0009;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_SYSTEM_HPP_
