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
[[noreturn]] void bulkhead_enter_guest(bulkhead::Vcpu* vcpu);  ///< vectors.S
}

namespace bulkhead {

struct System : FeatureSet {
  using Lists = Vgic<FeatureSet::Gic>;
  using Board = Kernel<System>;
  using Distributor = VgicDistributor<System>;
  using Bells = Doorbells<System>;

  static const ConfigHeader& config() { return bulkhead_config; }
  static KernelState& kernel() { return bulkhead_kernel_state; }
  static u64 counter_hz() { return bulkhead_kernel_state.counter_hz; }
  static u64 secondary_entry() { return reinterpret_cast<u64>(&bulkhead_secondary_entry); }  // DEV-0001: PSCI takes a PA

  static Vcpu* idle(Core& core) { return Board::idle(core); }
  [[noreturn]] static void enter(Vcpu& vcpu) { bulkhead_enter_guest(&vcpu); }

  /// Something for the supervisor core to say or do.
  static void wake_supervisor(Core& core) {
    if (core.index == config().supervisor) {
      Board::supervise(core);
    } else {
      Io::dsb_ishst();
      Gic::send_kernel_sgi(config().supervisor);
    }
  }

  /// A partition's ring got bytes: the supervisor is told only if it had nothing to send.
  static void console_written(Core& core) {
    Io::dmb_ish();  // the bytes are seen before `idle` is read: see ConsoleMux::pump
    if (load_relaxed(&kernel().mux.idle) != 0) {
      wake_supervisor(core);
    }
  }

  // implements: LLR-241, LLR-243, LLR-244, LLR-246
  /// A health event of the partition of `vcpu`; false when the vCPU does not go on.
  [[gnu::cold, gnu::noinline]] static bool event(Vcpu& vcpu, HealthEvent what, const CauseRecord& cause) {
    const PartitionConfig& partition = *vcpu.partition;
    switch (health_action(partition, partition.state->mode, what)) {
      case HealthAction::kIgnore:
        return true;
      case HealthAction::kColdRestart:
        (void)Lifecycle<System>::order(partition, partition.restartable != 0 ? Command::kColdRestart : Command::kHalt,
                                       StartReason::kColdByHealth, cause);
        return false;
      default:
        // kHalt, and whatever a table holds that this kernel cannot do: the partition must not run on after a fault.
        (void)Lifecycle<System>::order(partition, Command::kHalt, StartReason::kPowerOn, cause);
        return false;
      case HealthAction::kResetBoard:
        (void)Io::firmware_call(kPsciSystemReset, 0, 0, 0);
        return false;
      case HealthAction::kLog:
        // A guest must not fill the console with its own mistakes: the first few of an incarnation are printed.
        if (partition.state->logged < kLoggedEvents) {
          ++partition.state->logged;
          NoticeRing::post(*vcpu.core, Notice{NoticeKind::kLogged, partition.id, 0, 0, cause});
          wake_supervisor(*vcpu.core);
        }
        return true;
    }
  }

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
    for (u32 core = 0; core < config().core_count; ++core) {
      if (config().cores[core].used != 0) {
        Gic::send_kernel_sgi(core);
      }
    }
    Board::stop();
  }

  /// An exception from the kernel itself. While a partition is loaded, an external abort on its memory is a hole.
  [[noreturn, gnu::cold]] static void kernel_fault() {
    const EsrEl2 esr = Io::read<EsrEl2>();
    const bool external = (esr.get<EsrEl2::Fsc>() & 0x3F) == 0x10;
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
    const EpitaphText& words = kEpitaphTexts[static_cast<u32>(id)];
    say<Uart>("\r\n[bulkhead] epitaph ");
    say<Uart>(words.id);
    say<Uart>(": ");
    say<Uart>(words.text);
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

  static constexpr u64 kPsciSystemReset = 0x8400'0009;
  static constexpr u32 kLoggedEvents = 16;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_SYSTEM_HPP_
