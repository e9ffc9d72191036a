// SPDX-License-Identifier: Apache-2.0
// HVC and SMC of guests: SMCCC 1.2, PSCI 1.1 for the caller's own vCPUs, and Bulkhead's vendor range (docs: guest ABI 1).
#ifndef BULKHEAD_KERNEL_VDEV_CALLS_HPP_
#define BULKHEAD_KERNEL_VDEV_CALLS_HPP_

#include "base/status.hpp"
#include "base/version.hpp"
#include "partition/console_ring.hpp"
#include "partition/event_log.hpp"
#include "partition/lifecycle.hpp"
#include "trace/event.hpp"

namespace bulkhead {

/// `F`: the feature set; besides what Lifecycle needs, F::config(), F::console_written(core), F::event(vcpu, event, cause).
template <class F>
class Calls {
  using Io = typename F::Io;
  using Gic = typename F::Gic;
  using Scheduler = typename F::Scheduler;

 public:
  static constexpr u32 kVendorBase = 0xC600'0000;

  // implements: LLR-184, LLR-161, LLR-188
  /// The calls that guests make most, before anything else: features, notify.
  [[gnu::always_inline]] static bool fast(Vcpu& vcpu) {
    const u32 number = static_cast<u32>(vcpu.x[0]) - kVendorBase;
    if (number == 0) {
      vcpu.x[0] = kOk;
      vcpu.x[1] = kAbiVersion | (u64{raw(vcpu.partition->id)} << 32);
      vcpu.x[2] = configuration_id(F::config());
      vcpu.x[3] = vcpu.partition->functions;
      return true;
    }
    if constexpr (F::kDoorbells) {
      if (number == kNotify && F::Bells::ring(*vcpu.partition, vcpu.x[1])) {
        vcpu.x[0] = kOk;
        return true;
      }
    }
    return false;
  }

  // implements: LLR-181, LLR-183, LLR-185, LLR-161, LLR-168
  /// Carries out the call in x0..; results into x0..x3. Returns the vCPU to go on with: another one, or the same started
  /// anew, when the call stopped it.
  static Vcpu* dispatch(Vcpu& vcpu) {
    const u32 function = static_cast<u32>(vcpu.x[0]);
    const u32 number = function - kVendorBase;
    if (number < 64) {
      return vendor(vcpu, number);
    }
    return standard(vcpu, function);
  }

 private:
  // ---- vendor range -----------------------------------------------------------------------------------------------
  static constexpr u32 kNotify = 1;
  static constexpr u32 kSetSchedule = 7;
  static constexpr u64 kSelf = ~u64{0};

  static Vcpu* go_on(Vcpu& vcpu, bool runs) { return runs ? &vcpu : F::idle(*vcpu.core); }

  [[gnu::noinline]] static Vcpu* vendor(Vcpu& vcpu, u32 number) {
    const PartitionConfig& partition = *vcpu.partition;
    if constexpr (Scheduler::kFrames) {
      if (number == kSetSchedule) {  // for all: who has no privilege is denied, not unaware
        return go_on(vcpu, Scheduler::Frames::on_set_schedule(vcpu));
      }
    }
    if (((partition.functions >> number) & 1) == 0) {
      vcpu.x[0] = kNotSupported;
      return &vcpu;
    }
    switch (number) {
      case kNotify:
        if constexpr (F::kChannels) {
          return go_on(vcpu, notify_nobody(vcpu));
        }
        break;
      case 2:
        if constexpr (Scheduler::kShared) {
          return go_on(vcpu, Scheduler::window_wait(vcpu));
        }
        break;
      case 3:
        return go_on(vcpu, status(vcpu));
      case 4: {
        const CauseRecord cause{Cause::kApplication, static_cast<u32>(vcpu.x[1]), 0, 0};
        vcpu.x[0] = kOk;
        return go_on(vcpu, F::event(vcpu, HealthEvent::kApplication, cause));
      }
      case 5:  // implements: LLR-1110
        if constexpr (F::kWatchdogs) {
          store_relaxed(&partition.state->watchdog_kicked, Io::template read<CntpctEl0>().value);
          vcpu.x[0] = kOk;
          return &vcpu;
        }
        break;
      case 6:
        return go_on(vcpu, control(vcpu));
      case 8:
        if constexpr (Scheduler::kFrames) {
          Scheduler::Frames::on_get_schedule(vcpu);
          return &vcpu;
        }
        break;
      case 9:
        if constexpr (F::kConsole) {
          console_write(vcpu);
          return &vcpu;
        }
        break;
      case 11:
        if constexpr (F::kConsole) {
          console_read(vcpu);
          return &vcpu;
        }
        break;
      case 10:
        if constexpr (F::kTraceEvents != 0) {
          F::template trace<TraceEvent::kUser>(*vcpu.core, raw(partition.id), vcpu.x[1], vcpu.x[2]);
          vcpu.x[0] = kOk;
          return &vcpu;
        }
        break;
      case 12:
        ready(vcpu);
        return &vcpu;
      case 13:
        return go_on(vcpu, log_read(vcpu));
      default:
        break;
    }
    vcpu.x[0] = kNotSupported;
    return &vcpu;
  }

  // implements: LLR-188
  /// `notify` that Bells::ring did not take: of a kernel without doorbells, or on a channel of others.
  [[gnu::cold, gnu::noinline]] static bool notify_nobody(Vcpu& vcpu) {
    const u64 slot = vcpu.x[1];
    if (slot < 64 && ((vcpu.partition->channel_ends >> slot) & 1) != 0) {
      vcpu.x[0] = kOk;
      return true;
    }
    return F::refuse_channel(vcpu, slot);
  }

  // implements: LLR-187, LLR-1071
  [[gnu::noinline]] static bool status(Vcpu& vcpu) {
    const PartitionConfig* const target = vcpu.x[1] == kSelf ? vcpu.partition : addressed(vcpu, vcpu.x[1]);
    if (target == nullptr) {
      return refused(vcpu, vcpu.x[1]);
    }
    vcpu.x[0] = kOk;
    vcpu.x[3] = load_acquire(&target->state->restarts);  // first: state and reason are of that start or of a later one
    vcpu.x[1] = static_cast<u64>(load_relaxed(&target->state->mode));
    vcpu.x[2] = static_cast<u64>(target->state->start_reason);
    return true;
  }

  // implements: LLR-383, LLR-1108
  [[gnu::cold, gnu::noinline]] static void ready(Vcpu& vcpu) {
    PartitionState& state = *vcpu.partition->state;
    if (state.mode != PartitionMode::kHalted) {
      store_release(&state.mode, PartitionMode::kNormal);
    }
    vcpu.x[0] = kOk;
    if constexpr (F::kStartOrder) {
      if (load_relaxed(&state.was_ready) == 0) {
        store_release(&state.was_ready, u32{1});
        Io::dsb_ishst();  // the word is visible before the interrupts are
        for (u64 left = vcpu.partition->waited_for_by; left != 0; left &= left - 1) {
          Gic::send_kernel_sgi(F::config().partitions[lowest_bit64(left)].core_of_vcpu[0]);
        }
      }
    }
  }

  // implements: LLR-1105
  /// Record x2 of the log of partition x1, counted from the newest.
  [[gnu::cold, gnu::noinline]] static bool log_read(Vcpu& vcpu) {
    const PartitionConfig* const target = addressed(vcpu, vcpu.x[1]);
    if (target == nullptr) {
      return refused(vcpu, vcpu.x[1]);
    }
    const LogRecord* const record = EventLog::newest(*target->state, vcpu.x[2]);
    if (record == nullptr) {
      vcpu.x[0] = kInvalid;
      return true;
    }
    vcpu.x[0] = kOk;
    vcpu.x[1] = static_cast<u64>(record->event);
    vcpu.x[2] = record->counter;
    vcpu.x[3] = record->cause.address != 0 ? record->cause.address : record->cause.detail;
    return true;
  }

  // Actions of `control`, x2.
  static constexpr u64 kControlHalt = 0;
  static constexpr u64 kControlStart = 1;
  static constexpr u64 kControlWarm = 2;
  static constexpr u64 kControlCold = 3;

  // implements: LLR-188, LLR-383, LLR-1106, LLR-1116
  [[gnu::cold, gnu::noinline]] static bool control(Vcpu& vcpu) {
    const PartitionConfig* const target = addressed(vcpu, vcpu.x[1]);
    if (target == nullptr) {
      return refused(vcpu, vcpu.x[1]);
    }
    const u64 action = vcpu.x[2];
    const bool halted = load_relaxed(&target->state->mode) == PartitionMode::kHalted;
    vcpu.x[0] = kOk;
    if ((action == kControlHalt && halted) || (action == kControlStart && !halted)) {
      return true;
    }
    // To start anew takes a pristine payload: without one it was used up in place. A cold restart takes devices that stop.
    const bool restarts = action == kControlStart || action == kControlWarm || action == kControlCold;
    Command command = Command::kHalt;
    if (F::kRestart && restarts) {
      command = action == kControlWarm ? Command::kWarmRestart : Command::kColdRestart;
      if (Lifecycle<F>::possible(*target, command) != command) {
        vcpu.x[0] = kInvalid;
        return true;
      }
      if (load_relaxed(&target->vcpus[0].loading) != 0) {
        vcpu.x[0] = kBusy;  // a start is under way; a halt may end it
        return true;
      }
    } else if (action != kControlHalt) {
      vcpu.x[0] = kInvalid;
      return true;
    }
    const CauseRecord cause{Cause::kControl, raw(vcpu.partition->id), 0, 0};
    if (!Lifecycle<F>::order(*target, command, StartReason::kControl, cause)) {
      vcpu.x[0] = kBusy;
      return true;
    }
    return target != vcpu.partition;
  }

  /// The partition `id` names, if the caller may: itself, or one it holds `control` over.
  [[gnu::cold, gnu::noinline]] static const PartitionConfig* addressed(const Vcpu& vcpu, u64 id) {
    if (id == kSelf || id == raw(vcpu.partition->id)) {
      return vcpu.partition;
    }
    if (id < kMaxPartitions && ((vcpu.partition->may_control >> id) & 1) != 0) {
      return &F::config().partitions[F::config().row_of_id[id]];
    }
    return nullptr;
  }
  [[gnu::cold, gnu::noinline]] static bool refused(Vcpu& vcpu, u64 id) {
    if (id >= kMaxPartitions || F::config().row_of_id[id] == kNoRow) {
      vcpu.x[0] = kInvalid;
      return true;
    }
    return denied(vcpu);
  }
  [[gnu::cold, gnu::noinline]] static bool denied(Vcpu& vcpu) {
    const CauseRecord cause{Cause::kDenied, 0, vcpu.x[0] & 0xFFFF'FFFF, Io::template read<ElrEl2>().value};
    vcpu.x[0] = kDenied;
    return F::event(vcpu, HealthEvent::kIllegalRequest, cause);
  }

  // implements: LLR-202
  [[gnu::cold, gnu::noinline]] static void console_write(Vcpu& vcpu) {
    const u64 count = vcpu.x[1];
    if (count == 0 || count > 16) {
      vcpu.x[0] = kInvalid;
      return;
    }
    u8 bytes[16];
    __builtin_memcpy(bytes, &vcpu.x[2], sizeof(bytes));  // x2 and x3, little-endian; becomes one pair of registers
    const u32 taken = ConsoleRing::put(*vcpu.partition->console, bytes, static_cast<u32>(count));
    vcpu.x[0] = taken == 0 ? kBusy : kOk;
    vcpu.x[1] = taken;
    F::console_written(*vcpu.core);
  }
  // implements: LLR-203
  [[gnu::cold, gnu::noinline]] static void console_read(Vcpu& vcpu) {
    u64 words[2] = {0, 0};
    u32 count = 0;
    while (count < 16) {
      const int byte = ConsoleRing::receive(*vcpu.partition->console);
      if (byte < 0) {
        break;
      }
      words[count / 8] |= u64{static_cast<u8>(byte)} << ((count % 8) * 8);
      ++count;
    }
    vcpu.x[0] = kOk;
    vcpu.x[1] = count;
    vcpu.x[2] = words[0];
    vcpu.x[3] = words[1];
  }

  // ---- SMCCC and PSCI (Arm DEN 0028, DEN 0022) ----------------------------------------------------------------------
  static constexpr u32 kPsciBase = 0x8400'0000;
  static constexpr u32 kWide = 0x4000'0000;  // of the function id: arguments are 64-bit
  // Bit n: PSCI function n exists with 32-bit, with 64-bit arguments.
  static constexpr u32 kPsciNarrow = 0x75F;
  static constexpr u32 kPsciWide = 0x01A;

  static bool is_psci(u32 function) {
    const u32 number = function & ~kWide;
    return number - kPsciBase < 32 && (((function == number ? kPsciNarrow : kPsciWide) >> (number - kPsciBase)) & 1) != 0;
  }

  [[gnu::noinline]] static Vcpu* standard(Vcpu& vcpu, u32 function) {
    if (function == kPsciBase) {  // PSCI_VERSION
      vcpu.x[0] = 0x0001'0001;
      return &vcpu;
    }
    if (is_psci(function)) {
      return psci(vcpu, function);
    }
    if ((function & kWide) != 0) {
      vcpu.x[0] = kNotSupported;
    } else if (function == 0x8000'0000) {  // SMCCC_VERSION
      vcpu.x[0] = 0x0001'0002;
    } else if (function == 0x8000'0001) {  // SMCCC_ARCH_FEATURES: of itself and the version
      vcpu.x[0] = (static_cast<u32>(vcpu.x[1]) >> 1) == 0x4000'0000 ? kOk : kNotSupported;
    } else if (function == 0x8600'FF01) {  // vendor hypervisor UID, as four little-endian words
      vcpu.x[0] = 0x6C75'4221;
      vcpu.x[1] = 0x4C6B'6865;
      vcpu.x[2] = 0x9D3E'6461;
      vcpu.x[3] = 0x31A7'52F0;
    } else if (function == 0x8600'FF03) {  // revision: ABI major, minor
      vcpu.x[0] = kAbiVersion;
      vcpu.x[1] = 0;
    } else {
      vcpu.x[0] = kNotSupported;
    }
    return &vcpu;
  }

  [[gnu::cold, gnu::noinline]] static Vcpu* psci(Vcpu& vcpu, u32 function) {
    // Functions with 32-bit arguments see the lower halves.
    const u64 arguments = (function & kWide) != 0 ? ~u64{0} : 0xFFFF'FFFF;
    const u64 x1 = vcpu.x[1] & arguments;
    const u64 x2 = vcpu.x[2] & arguments;
    switch (function & 0x1F) {
      case 0x1:  // CPU_SUSPEND, standby only
        return go_on(vcpu, suspend(vcpu));
      case 0x2:  // CPU_OFF
        return go_on(vcpu, cpu_off(vcpu));
      case 0x3:  // CPU_ON
        cpu_on(vcpu, x1, Ipa{x2}, vcpu.x[3] & arguments);
        return &vcpu;
      case 0x4:  // AFFINITY_INFO
        affinity_info(vcpu, x1, x2);
        return &vcpu;
      case 0x6:  // MIGRATE_INFO_TYPE: no trusted OS to migrate
        vcpu.x[0] = 2;
        return &vcpu;
      case 0x8:  // SYSTEM_OFF
        return go_on(vcpu, system(vcpu, Command::kHalt, Cause::kSystemOff));
      case 0x9:  // SYSTEM_RESET
        return go_on(vcpu, system(vcpu, Lifecycle<F>::possible(*vcpu.partition, Command::kColdRestart), Cause::kSystemReset));
      default:  // PSCI_FEATURES; SMCCC_VERSION is the one other function it tells of
        vcpu.x[0] = is_psci(static_cast<u32>(x1)) || x1 == 0x8000'0000 ? kOk : kNotSupported;
        return &vcpu;
    }
  }

  // implements: LLR-167
  /// Standby is a WFI: back as soon as something is pending, which the guest sees as a wake-up at once.
  [[gnu::cold, gnu::noinline]] static bool suspend(Vcpu& vcpu) {
    if (((vcpu.x[1] >> 16) & 1) != 0) {
      vcpu.x[0] = kInvalid;  // a power-down state
      return true;
    }
    vcpu.x[0] = kOk;
    if (F::Lists::anything_pending(vcpu)) {
      return true;
    }
    if constexpr (Scheduler::kShared) {
      return Scheduler::wait(vcpu);
    }
    Io::wfi();
    return true;
  }

  // implements: LLR-164
  [[gnu::cold, gnu::noinline]] static bool cpu_off(Vcpu& vcpu) {
    Lifecycle<F>::regain(vcpu);
    store_release(&vcpu.power, Power::kOff);
    Io::dmb_ish();  // of two vCPUs that go off together, one at least sees both off
    const PartitionConfig& partition = *vcpu.partition;
    bool any_on = false;
    for (u32 i = 0; i < partition.vcpu_count; ++i) {
      any_on = any_on || load_relaxed(&partition.vcpus[i].power) != Power::kOff;
    }
    if (!any_on) {
      (void)Lifecycle<F>::order(partition, Command::kHalt, StartReason::kPowerOn, CauseRecord{Cause::kCpuOff, 0, 0, 0});
    }
    return false;
  }

  // implements: LLR-162, LLR-163, LLR-961, LLR-962
  [[gnu::cold, gnu::noinline]] static void cpu_on(Vcpu& vcpu, u64 target, Ipa entry, u64 context) {
    const PartitionConfig& partition = *vcpu.partition;
    if (target >= partition.vcpu_count) {
      vcpu.x[0] = kInvalid;
      return;
    }
    if (!entry.is_aligned(4) || entry - partition.ram_base >= partition.ram_size) {
      vcpu.x[0] = kInvalidAddress;
      return;
    }
    Vcpu& other = partition.vcpus[target];
    const Power power = load_relaxed(&other.power);
    if (power != Power::kOff || !compare_exchange(&other.power, Power::kOff, Power::kClaimed)) {
      vcpu.x[0] = load_relaxed(&other.power) == Power::kOn ? kBusy : kOnPending;
      return;
    }
    if (Lifecycle<F>::ordered(vcpu)) {
      store_release(&other.power, Power::kOff);  // its core may have stopped for the order already
      vcpu.x[0] = kOnPending;
      return;
    }
    other.boot_entry = entry;
    other.boot_context = context;
    vcpu.x[0] = kOk;
    if constexpr (F::kDirect) {
      if (partition.direct != 0) {
        // The interrupt first: one that comes after the start would be the guest's to take. The core stays awake meanwhile.
        Io::dsb_ishst();
        Gic::send_kernel_sgi(other.config->core);
        Gic::complete_sgis();
        store_release(&other.power, Power::kOnPending);
        return;
      }
    }
    store_release(&other.power, Power::kOnPending);
    Io::dsb_ishst();
    Gic::send_kernel_sgi(other.config->core);
  }

  // implements: LLR-165
  [[gnu::cold, gnu::noinline]] static void affinity_info(Vcpu& vcpu, u64 target, u64 level) {
    if (target >= vcpu.partition->vcpu_count || level > 3) {
      vcpu.x[0] = kInvalid;
      return;
    }
    const Power power = load_relaxed(&vcpu.partition->vcpus[target].power);
    vcpu.x[0] = power == Power::kOn ? 0 : (power == Power::kOff ? 1 : 2);
  }

  // implements: LLR-166
  [[gnu::cold, gnu::noinline]] static bool system(Vcpu& vcpu, Command command, Cause why) {
    const CauseRecord cause{why, 0, 0, Io::template read<ElrEl2>().value};
    (void)Lifecycle<F>::order(*vcpu.partition, command, StartReason::kResetCall, cause);
    return false;
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_VDEV_CALLS_HPP_
