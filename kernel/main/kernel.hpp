// SPDX-License-Identifier: Apache-2.0
// implements: LLR-142, LLR-143, LLR-304
// The kernel of a feature set put together: what each trap does, what a core does when its vCPU does not run, and what
// the supervisor core does besides. `F` is the feature set of config.hpp.
#ifndef BULKHEAD_KERNEL_MAIN_KERNEL_HPP_
#define BULKHEAD_KERNEL_MAIN_KERNEL_HPP_

#include "arch/aarch64/guest_exception.hpp"
#include "base/epitaph.hpp"
#include "health/health.hpp"
#include "main/cores.hpp"
#include "main/left_over.hpp"
#include "main/supervision.hpp"
#include "main/trapped_registers.hpp"
#include "vdev/calls.hpp"
#include "vdev/vgic_distributor.hpp"
#include "vdev/vpl011.hpp"

namespace bulkhead {

template <class F>
class Kernel {
  using Io = typename F::Io;
  using Gic = typename F::Gic;
  using Lists = typename F::Lists;
  using Scheduler = typename F::Scheduler;
  using Distributor = VgicDistributor<F>;
  using Mux = ConsoleMux<F>;
  using Trapped = TrappedRegisters<F, Distributor>;

 public:
  // ---- traps ------------------------------------------------------------------------------------------------------
  /// Leaves all the way for the calls that guests make most: no frame, no callee-saved register.
  [[gnu::always_inline]] static Vcpu* on_hvc(Vcpu& vcpu, EsrEl2 esr) {
    if (__builtin_expect(esr.get<EsrEl2::Imm16>() != 0, 0)) {
      vcpu.x[0] = kNotSupported;
      return &vcpu;
    }
    F::template trace<TraceEvent::kHypercall>(*vcpu.core, raw(vcpu.partition->id), vcpu.x[0] & 0xFFFF'FFFF, vcpu.x[1]);
    return Calls<F>::fast(vcpu) ? &vcpu : Calls<F>::dispatch(vcpu);
  }

  // implements: LLR-186, LLR-245
  [[gnu::cold, gnu::noinline]] static Vcpu* on_synchronous(Vcpu& vcpu, EsrEl2 esr) {
    switch (esr.get<EsrEl2::Ec>()) {
      case kEcDataAbortLower:
        return on_data_abort(vcpu, esr);
      case kEcSystemRegister:
        return Trapped::access(vcpu, esr);
      case kEcInstructionAbortLower: {
        if (Lifecycle<F>::ordered(vcpu)) {
          return idle(*vcpu.core);  // the gate is closed
        }
        CauseRecord cause{Cause::kStage2Fetch, 0, fault_ipa().value, Io::template read<ElrEl2>().value};
        if (esr.get<EsrEl2::S1ptw>() != 0) {
          cause.cause = Cause::kStage2Walk;
        }
        return memory_event(vcpu, cause, true);
      }
      case kEcSimd:
        if constexpr (Scheduler::kShared) {
          if (vcpu.core->config->shared != nullptr) {
            Scheduler::give_simd(vcpu);
            return &vcpu;
          }
        }
        return undecodable(vcpu, esr);
      default:
        return undecodable(vcpu, esr);
    }
  }

  // implements: LLR-088
  /// Trapped MRS and MSR with one of x0-x17, `rt`. On a GICv3 guests make SGIs this way: looked at first.
  [[gnu::always_inline]] static Vcpu* on_system_register(Vcpu& vcpu, EsrEl2 esr, u64 rt) {
    if constexpr (Gic::kVersion == 3) {
      const u32 access = static_cast<u32>(esr.with<EsrEl2::SysRt>(0).value);
      if (__builtin_expect(access == syndrome_of<IccSgi1rEl1>(), 1)) {
        const IccSgi1rEl1 request{vcpu.x[rt]};
        skip_instruction();
        return Trapped::software_interrupt(vcpu, request);
      }
      if constexpr (F::kDirect) {
        if (DirectInterface<F>::pass(vcpu, access, vcpu.x[rt])) {
          skip_instruction();
          return &vcpu;
        }
      }
    }
    return Trapped::access(vcpu, esr);
  }

  // implements: LLR-261, LLR-262
  /// Data aborts with a syndrome whose register is one of x0-x17; the others come through on_synchronous. What guests do
  /// most is done here, aligned words of the distributor; everything else in `emulate`.
  [[gnu::noinline]] static Vcpu* on_data_abort(Vcpu& vcpu, EsrEl2 esr) {
    const Ipa ipa = fault_ipa();
    if (__builtin_expect(!is_word(esr), 0)) {
      return emulate(vcpu, esr, ipa);
    }
    const PartitionConfig& partition = *vcpu.partition;
    const u64 offset = ipa - partition.gicd_base;
    Vcpu* owner = &vcpu;
    const u64 word = Distributor::enable_word(partition, ipa, owner);
    const u32 rt = static_cast<u32>(esr.get<EsrEl2::Srt>());
    if (esr.get<EsrEl2::Wnr>() == 0) {
      u32 value = 0;
      if (__builtin_expect(word != Distributor::kNoWord, 1)) {
        value = Distributor::read_enables(partition, *owner, word);
      } else if (__builtin_expect(Distributor::is_type(offset), 1)) {
        value = Distributor::type(partition);
      } else {
        return emulate(vcpu, esr, ipa);
      }
      if (rt != 31) {
        vcpu.x[rt] = value;
      }
      skip_instruction();
      return &vcpu;
    }
    const u32 value = rt == 31 ? 0 : static_cast<u32>(vcpu.x[rt]);
    if (Distributor::is_software_interrupt(offset)) {
      skip_instruction();
      return Distributor::software_interrupt(vcpu, value);
    }
    if (__builtin_expect(word == Distributor::kNoWord || !Distributor::set_enables(partition, *owner, word, value), 0)) {
      return emulate(vcpu, esr, ipa);
    }
    skip_instruction();
    return &vcpu;
  }

  // implements: LLR-364
  /// WFI of a direct guest that closed its interface, or was ordered to stop: sleep_gicv2.S and sleep_gicv3.S have the rest.
  [[gnu::always_inline]] static Vcpu* on_wait(Vcpu& vcpu, EsrEl2 esr) {
    if constexpr (Scheduler::kServers) {
      if (vcpu.core->config->shared != nullptr) {
        return yield_core(vcpu);
      }
    }
    if constexpr (F::kDirect) {
      skip_instruction();
      DirectInterface<F>::sleep(vcpu);
      return Lifecycle<F>::ordered(vcpu) ? idle(*vcpu.core) : &vcpu;
    } else {
      return on_synchronous(vcpu, esr);  // not trapped: nothing that the kernel knows
    }
  }

  [[gnu::cold]] static Vcpu* on_serror(Vcpu& vcpu, EsrEl2 esr) {
    const CauseRecord cause{Cause::kSerror, static_cast<u32>(esr.value), 0, Io::template read<ElrEl2>().value};
    return go_on(vcpu, F::event(vcpu, HealthEvent::kSerror, cause));
  }

  // implements: LLR-122, LLR-123, LLR-124
  [[gnu::always_inline]] static Vcpu* on_irq(Vcpu& vcpu) {
    const u32 acknowledged = Gic::acknowledge();
    const u32 id = Gic::id_of(acknowledged);
    F::template trace<TraceEvent::kInterrupt>(*vcpu.core, raw(vcpu.partition->id), id, 0);
    if (__builtin_expect(id < kSpecialIds && (vcpu.irq_owned[id / 32] & (u32{1} << (id % 32))) != 0, 1)) {
      Gic::priority_drop(acknowledged);
      Lists::inject_hardware(vcpu, id);
      return &vcpu;
    }
    if constexpr (Scheduler::kShared) {
      if (id == Scheduler::kTimerIrq && vcpu.core->config->shared != nullptr) {
        Gic::priority_drop(acknowledged);
        Gic::deactivate(acknowledged);
        return Scheduler::run(*vcpu.core);
      }
    }
    if constexpr (F::kDoorbells) {
      if (id == Gic::kDoorbellSgi) {
        Gic::priority_drop(acknowledged);
        Gic::deactivate(acknowledged);
        F::Bells::collect(vcpu);
        if constexpr (Scheduler::kShared) {
          Scheduler::poke(*vcpu.core);  // or it is for one that is not resident
          if (Scheduler::due(*vcpu.core)) {
            return idle(*vcpu.core);
          }
        }
        return &vcpu;
      }
    }
    kernel_interrupt(*vcpu.core, acknowledged, id);
    if (__builtin_expect(Scheduler::due(*vcpu.core) || Lifecycle<F>::ordered(vcpu) || F::Bandwidth::stopped(vcpu) ||
                             load_relaxed(&F::kernel().panic) != 0, 0)) {
      return idle(*vcpu.core);
    }
    return &vcpu;
  }

  // ---- a core without a running vCPU --------------------------------------------------------------------------------
  // implements: LLR-304
  /// Follows orders, loads, sleeps; returns when a vCPU of this core has something to run.
  [[gnu::cold, gnu::noinline]] static Vcpu* idle(Core& core) {
    if constexpr (Scheduler::kShared) {
      if (core.config->shared != nullptr) {
        return Scheduler::run(core);
      }
    }
    Vcpu* const vcpu = core.config->vcpu;
    for (;;) {
      if (load_relaxed(&F::kernel().panic) != 0) {
        stop();
      }
      bool busy = false;
      if (vcpu != nullptr) {
        if (Lifecycle<F>::ordered(*vcpu)) {
          Lifecycle<F>::follow(*vcpu);
        }
        if constexpr (F::kStartOrder) {
          Lifecycle<F>::begin_if_due(*vcpu);
        }
        // The power is read once: CPU_ON may move it on between two looks, and its interrupt may have been taken already.
        if (vcpu->loading != 0) {
          busy = true;
          load_chunks(*vcpu);
        } else if (F::Bandwidth::held(*vcpu)) {
          busy = false;  // sleeps until its budget is filled
        } else if (const Power power = load_acquire(&vcpu->power); power == Power::kOnPending) {
          Cores<F>::start_vcpu(*vcpu);
          F::enter(*vcpu);  // with all registers; the kernel stack starts anew at the next trap
        } else if (power == Power::kOn && !Lifecycle<F>::ordered(*vcpu)) {
          return vcpu;
        } else if (F::kDirect && power == Power::kClaimed) {
          busy = true;  // CPU_ON sends its interrupt before it lets go
          Io::yield();
        }
      }
      const u32 acknowledged = Gic::acknowledge();
      const u32 id = Gic::id_of(acknowledged);
      if (id < kSpecialIds) {
        if (vcpu != nullptr && (vcpu->irq_owned[id / 32] & (u32{1} << (id % 32))) != 0) {
          // Nobody is there to take it: it stays active, and pending for the vCPU, until that starts or is reset.
          Gic::priority_drop(acknowledged);
          F::Bandwidth::keep(*vcpu, id);
        } else {
          kernel_interrupt(core, acknowledged, id);
        }
      } else if (vcpu == nullptr) {
        Io::wfi_with_system_errors();  // nobody's accesses but the kernel's own: an error ends in its epitaph
      } else if (!busy) {
        Io::wfi();
      }
    }
  }

  // ---- boot -------------------------------------------------------------------------------------------------------
  // implements: LLR-010, LLR-006, LLR-007, LLR-301
  [[gnu::cold]] static Vcpu* boot_core(u32 index, u64 entered) {
    const ConfigHeader& config = F::config();
    F::kernel().boot_entered = entered;
    if (config.format != kConfigFormat || config.kernel_base != F::kKernelBase || config.core_count > kMaxCores ||
        config.partition_count > kMaxPartitions || config.irq_words > Gic::kIrqWords) {
      F::epitaph(EpitaphId::kConfiguration, config.format, kConfigFormat);
    }
    Mux::initialise(F::kernel().mux, config);  // first: from here on an epitaph is heard
    Cores<F>::check_counter(config);
    if (!Gic::identify()) {
      F::epitaph(EpitaphId::kInterruptController, Gic::typer(), Gic::kVersion);
    }
    Gic::distributor_reset();
    for (u32 i = 0; i < config.irq_route_count; ++i) {
      Gic::route(config.irq_routes[i].id, config.irq_routes[i].core, config.irq_routes[i].edge != 0);
    }
    Gic::distributor_enable();
    Core& core = Cores<F>::reset(index);
    NoticeRing::post(core, NoticeKind::kBanner, 0, nullptr, 0, 0);
    for (u32 other = 0; other < config.core_count; ++other) {
      if (other != index && config.cores[other].used != 0) {
        Cores<F>::start_core(config, other);
      }
    }
    if constexpr (F::BoardWatchdog::kPresent) {
      F::BoardWatchdog::start();
    }
    store_release(&F::kernel().booted, u32{1});
    if constexpr (Scheduler::kShared) {
      Scheduler::begin();
    }
    F::wake_supervisor(core);
    return idle(core);
  }

  static Vcpu* secondary_core(u32 index) { return idle(Cores<F>::reset(index)); }

  /// Stops this core for good; the epitaph has been written.
  [[noreturn]] static void stop() {
    for (;;) {
      Io::wfi();
    }
  }

  // ---- the supervisor core's own work -------------------------------------------------------------------------------
  [[gnu::cold, gnu::noinline]] static void supervise(Core& core) {
    Supervision<F>::attend(core, [](const PartitionConfig& partition) { wake_console(partition); });
  }

  /// The level of the partition's virtual PL011 may have changed: its target vCPU's core looks.
  static void wake_console(const PartitionConfig& partition) {
    if constexpr (F::kConsole) {
      if (partition.pl011_base == Ipa{}) {
        return;
      }
      if (is_direct(partition)) {
        drive_spi(partition);
      } else {
        Distributor::tell(partition.vcpus[Distributor::target_of(partition, partition.pl011_irq)]);
      }
    }
  }

 private:
  static Vcpu* go_on(Vcpu& vcpu, bool runs) { return runs ? &vcpu : idle(*vcpu.core); }

  [[gnu::cold, gnu::noinline]] static Vcpu* undecodable(Vcpu& vcpu, EsrEl2 esr) {
    const CauseRecord cause{Cause::kUndecodable, static_cast<u32>(esr.value), 0, Io::template read<ElrEl2>().value};
    GuestException<Io>::undefined();
    return go_on(vcpu, F::event(vcpu, HealthEvent::kUndefined, cause));
  }

  /// WFI on an rtds core: others may have it meanwhile.
  [[gnu::noinline]] static Vcpu* yield_core(Vcpu& vcpu) {
    skip_instruction();
    if (Lists::anything_pending(vcpu)) {
      return &vcpu;
    }
    (void)Scheduler::wait(vcpu);
    return idle(*vcpu.core);
  }

  static void skip_instruction() { Io::write(ElrEl2{Io::template read<ElrEl2>().value + 4}); }

  /// A translation fault with a syndrome: HPFAR_EL2 and the register are known (Arm ARM D17.2.63: not so for permission
  /// faults).
  static bool emulatable(EsrEl2 esr) { return esr.get<EsrEl2::Isv>() != 0 && (esr.get<EsrEl2::Fsc>() >> 2) == 1; }
  /// emulatable, 32 bits wide, and no sign to extend.
  static bool is_word(EsrEl2 esr) {
    constexpr u64 kWordForm = EsrEl2{0}.with<EsrEl2::Isv>(1).template with<EsrEl2::Sas>(2).template get<EsrEl2::Form>();
    return esr.get<EsrEl2::Form>() == kWordForm && (esr.get<EsrEl2::Fsc>() >> 2) == 1;
  }

  static Ipa fault_ipa() {
    // FIPA holds bits 12 and up from bit 4 on; the bits below it read zero.
    return Ipa{(Io::template read<HpfarEl2>().value << 8) | (Io::template read<FarEl2>().value & (kPageSize - 1))};
  }

  // implements: LLR-261, LLR-262, LLR-263, LLR-264, LLR-242
  /// Aborts that name no register, or one that the fast path of vectors.S does not save; guest's mistakes.
  [[gnu::cold, gnu::noinline]] static Vcpu* slow_data_abort(Vcpu& vcpu, EsrEl2 esr, Ipa ipa, bool emulated) {
    if (Lifecycle<F>::ordered(vcpu)) {
      return idle(*vcpu.core);  // the gate is closed: this is how a direct partition's core comes back
    }
    if (emulated) {
      GuestException<Io>::external_abort(false);  // pair, write-back and SIMD forms carry no syndrome; registers have no unaligned parts
      return &vcpu;
    }
    const bool write = esr.get<EsrEl2::Wnr>() != 0;
    CauseRecord cause{write ? Cause::kStage2Write : Cause::kStage2Read,
                      esr.get<EsrEl2::Isv>() != 0 ? u32{1} << esr.get<EsrEl2::Sas>() : 0, ipa.value,
                      Io::template read<ElrEl2>().value};
    if (esr.get<EsrEl2::S1ptw>() != 0) {
      cause.cause = Cause::kStage2Walk;
    }
    return memory_event(vcpu, cause, false);
  }

  // implements: LLR-242, LLR-1102
  /// Where the table lets the partition go on, it gets the abort that a machine without this memory would raise.
  static Vcpu* memory_event(Vcpu& vcpu, const CauseRecord& cause, bool fetch) {
    if (!F::event(vcpu, HealthEvent::kMemory, cause)) {
      return idle(*vcpu.core);
    }
    if constexpr (F::kFaultsGoOn) {
      GuestException<Io>::external_abort(fetch);
    }
    return &vcpu;
  }

  static u64 mask_of(u32 size) { return size == 8 ? ~u64{0} : (u64{1} << (size * 8)) - 1; }
  static u64 extend(u64 value, u32 size, EsrEl2 esr) {
    if (__builtin_expect(esr.get<EsrEl2::Sse>() != 0, 0) && size < 8 && ((value >> (size * 8 - 1)) & 1) != 0) {
      value |= ~mask_of(size);
      if (esr.get<EsrEl2::Sf>() == 0) {
        value &= 0xFFFF'FFFF;
      }
    }
    return value;
  }

  // implements: LLR-261
  /// Any access to an emulated device.
  [[gnu::cold, gnu::noinline]] static Vcpu* emulate(Vcpu& vcpu, EsrEl2 esr, Ipa ipa) {
    const PartitionConfig& partition = *vcpu.partition;
    const u32 size = u32{1} << esr.get<EsrEl2::Sas>();
    const bool of_interrupts = Distributor::holds(partition, ipa);
    const bool emulated = of_interrupts || (F::kConsole && partition.pl011_base != Ipa{} && ipa - partition.pl011_base < kPl011Size);
    if (!emulated || !emulatable(esr) || !ipa.is_aligned(size)) {
      return slow_data_abort(vcpu, esr, ipa, emulated);
    }
    const bool write = esr.get<EsrEl2::Wnr>() != 0;
    const u32 rt = static_cast<u32>(esr.get<EsrEl2::Srt>());
    const u64 value = rt == 31 ? 0 : vcpu.x[rt];  // bytes above `size` are the register's business to ignore
    u64 loaded = 0;
    if (of_interrupts) {
      loaded = Distributor::access(vcpu, ipa, size, write, value);
    } else {
      loaded = console(vcpu, static_cast<u32>(ipa - partition.pl011_base), write, value & mask_of(size));
    }
    if (!write && rt != 31) {
      vcpu.x[rt] = extend(loaded & mask_of(size), size, esr);
    }
    skip_instruction();
    return &vcpu;
  }

  // implements: LLR-204
  /// An access to the virtual PL011; what was read.
  [[gnu::cold]] static u64 console(Vcpu& vcpu, u32 offset, bool write, u64 value) {
    u64 loaded = 0;
    if constexpr (F::kConsole) {
      const PartitionConfig& partition = *vcpu.partition;
      if (!write) {
        loaded = Vpl011::load(partition, offset);
      } else if (Vpl011::store(partition, offset, value)) {
        F::console_written(*vcpu.core);
      }
      console_level(vcpu);
    }
    return loaded;
  }

  /// The output level of the virtual PL011 may have changed after a register access.
  static void console_level(Vcpu& vcpu) {
    if (!is_direct(*vcpu.partition) && takes_console(vcpu)) {
      follow_console(vcpu);
    } else {
      wake_console(*vcpu.partition);
    }
  }
  static bool takes_console(const Vcpu& vcpu) {
    return Distributor::target_of(*vcpu.partition, vcpu.partition->pl011_irq) == vcpu.config->index;
  }
  [[gnu::cold, gnu::noinline]] static void follow_console(Vcpu& vcpu) {
    const u32 level = Vpl011::level(*vcpu.partition) ? 1 : 0;
    if ((level | vcpu.console_level) != 0) {
      vcpu.console_level = level;
      Lists::set_level(vcpu, vcpu.partition->pl011_irq, level != 0);
    }
  }
  /// The PL011 of a direct partition drives a spare SPI, edge-triggered: pending while the level is up.
  static void drive_spi(const PartitionConfig& partition) {
    const u32 word = partition.pl011_irq / 32;
    const u32 bit = u32{1} << (partition.pl011_irq % 32);
    if (Vpl011::level(partition)) {
      Gic::set_spi_pending(word, bit);
    } else {
      Gic::clear_pending(F::config().supervisor, word, bit);
    }
  }

  static constexpr u64 kPl011Size = 0x1000;

  static bool is_direct(const PartitionConfig& partition) {
    if constexpr (F::kDirect) {
      return partition.direct != 0;
    } else {
      return false;
    }
  }

 public:
  // ---- interrupts of the kernel's own -------------------------------------------------------------------------------
  // implements: LLR-124, LLR-125, LLR-1102
  [[gnu::cold, gnu::noinline]] static void kernel_interrupt(Core& core, u32 acknowledged, u32 id) {
    if (id >= kSpecialIds) {
      return;  // spurious
    }
    if constexpr (Scheduler::kShared) {
      if (id == Scheduler::kTimerIrq && core.config->shared != nullptr) {
        Gic::priority_drop(acknowledged);
        Gic::deactivate(acknowledged);
        Scheduler::expired(core);
        return;
      }
    }
    Gic::priority_drop(acknowledged);
    Gic::deactivate(acknowledged);
    Vcpu* const vcpu = Scheduler::resident(core);
    if (id == Gic::kKernelSgi) {
      attend(core, vcpu);
    } else if (id == Gic::kDoorbellSgi) {
      // Rung for a vCPU that does not run: a halted receiver loses it, one that waits will look.
      if constexpr (Scheduler::kShared) {
        Scheduler::poke(core);
      }
    } else if (id == Gic::kMaintenanceIrq && vcpu != nullptr) {
      Lists::refill(*vcpu);
    } else if (id == F::kUartIrq && core.index == F::config().supervisor) {
      F::Uart::clear_interrupts();
      if (Mux::take_input(F::kernel().mux, F::config(), [](const PartitionConfig& partition) { wake_console(partition); })) {
        Gic::set_spi_pending(id / 32, u32{1} << (id % 32));
      }
      supervise(core);
    } else if (F::Bandwidth::takes(core, id)) {
      return;
    } else if (Supervision<F>::kTimed && id == Deadlines<Io, Gic>::kIrq) {
      Supervision<F>::look(core);
    } else {
      if constexpr (Scheduler::kShared) {
        if (Scheduler::stray(core, id)) {
          return;
        }
      }
      // Enabled by nobody: switch it off, so that it cannot come for ever.
      Gic::disable(core.index, id / 32, u32{1} << (id % 32));
      if (vcpu != nullptr) {
        const CauseRecord cause{Cause::kInterrupt, id, 0, 0};
        (void)F::event(*vcpu, HealthEvent::kInterrupt, cause);
      }
    }
  }

  // implements: LLR-125, LLR-303
  /// Kernel SGI: somebody left something for this core. What it is stands in memory, each in a word of its own.
  [[gnu::cold]] static void attend(Core& core, Vcpu* vcpu) {
    if (vcpu != nullptr) {
      attend_vcpu(*vcpu);
    }
    if constexpr (Scheduler::kShared) {
      Scheduler::poke(core);  // or for one that is not resident
    }
    if (core.index == F::config().supervisor) {
      supervise(core);
    }
  }

  // implements: LLR-1070
  static void attend_vcpu(Vcpu& vcpu) {
    if (load_relaxed(&vcpu.power) != Power::kOn || is_direct(*vcpu.partition)) {
      return;
    }
    Lists::collect_mail(vcpu);
    if constexpr (F::kDoorbells) {
      F::Bells::collect(vcpu);
    }
    if constexpr (F::kConsole) {
      if (vcpu.partition->pl011_base != Ipa{} && takes_console(vcpu)) {
        follow_console(vcpu);
      }
    }
    if (vcpu.control_seen != load_relaxed(&vcpu.partition->state->gicd_enabled)) {
      Lists::update_control(vcpu);
    }
  }

  /// On a shared core the timer is looked at by its scheduler, which asks this for the supervisor's deadline.
  static void supervise_if_due(Core& core, u64 now) {
    if constexpr (Supervision<F>::kTimed) {
      if (core.index == F::config().supervisor && Deadlines<Io, Gic>::due(core, DeadlineUser::kSupervisor, now)) {
        Supervision<F>::look(core);
      }
    }
  }

  static bool left_for(const Vcpu& vcpu) { return LeftOver<F>::any_for(vcpu); }
  static void load_chunks(Vcpu& vcpu) { Cores<F>::load_chunks(vcpu); }

 private:
  static constexpr u32 kSpecialIds = 1020;  // INTIDs from here on are not interrupts
  static constexpr u64 kEcSimd = 0x07;
  static constexpr u64 kEcInstructionAbortLower = 0x20;
  static constexpr u64 kEcDataAbortLower = 0x24;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_KERNEL_HPP_
