// SPDX-License-Identifier: Apache-2.0
// Bringing up: the board's checks, a core's EL2 registers, the reset state of a vCPU.
#ifndef BULKHEAD_KERNEL_MAIN_CORES_HPP_
#define BULKHEAD_KERNEL_MAIN_CORES_HPP_

#include "base/epitaph.hpp"
#include "main/kernel_state.hpp"
#include "main/supervision.hpp"
#include "vdev/calls.hpp"

namespace bulkhead {

template <class F>
class Cores {
  using Io = typename F::Io;
  using Gic = typename F::Gic;
  using Lists = typename F::Lists;
  using Scheduler = typename F::Scheduler;

 public:
  [[gnu::cold, gnu::noinline]] static Core& reset(u32 index) {
    const CoreConfig& config = F::config().cores[index];
    Core& core = *config.core;
    core.index = index;
    core.config = &config;
    Gic::core_reset(index);
    Gic::virtual_reset();
    Gic::enable(index, 0, u32{1} << Gic::kMaintenanceIrq);
    Io::write(ActlrEl2{0});
    Io::write(HstrEl2{0});
    Io::write(CptrEl2{CptrEl2::kNothingTrapped});
    const u64 counters = Io::template read<PmcrEl0>().template get<PmcrEl0::N>();
    Io::write(MdcrEl2{0}
                  .with<MdcrEl2::Hpmn>(counters)
                  .template with<MdcrEl2::Tpmcr>(1)
                  .template with<MdcrEl2::Tpm>(1)
                  .template with<MdcrEl2::Tda>(1)
                  .template with<MdcrEl2::Tdosa>(1)
                  .template with<MdcrEl2::Tdra>(1));
    Io::write(CnthctlEl2{0}.with<CnthctlEl2::El1pcten>(1).template with<CnthctlEl2::El1pcen>(1));
    Io::write(CntvoffEl2{0});
    Io::write(VtcrEl2{0}
                  .with<VtcrEl2::T0sz>(64 - F::kIpaBits)
                  .template with<VtcrEl2::Sl0>(1)
                  .template with<VtcrEl2::Irgn0>(1)
                  .template with<VtcrEl2::Orgn0>(1)
                  .template with<VtcrEl2::Sh0>(3)
                  .template with<VtcrEl2::Ps>(2)
                  .template with<VtcrEl2::Res1>(1));
    Io::write(VpidrEl2{Io::template read<MidrEl1>().value});
    Io::write(HcrEl2{kHcrVirtual});
    Io::isb();
    if constexpr (Supervision<F>::kTimed) {
      if (index == F::config().supervisor) {
        Deadlines<Io, Gic>::initialise(core);
      }
    }
    if constexpr (F::Uart::kPresent) {
      if (index == F::config().supervisor) {
        Gic::enable(index, F::kUartIrq / 32, u32{1} << (F::kUartIrq % 32));
      }
    }
    if (config.vcpu != nullptr) {
      prepare(core, F::config().vcpus[config.vcpu_index]);
    }
    if constexpr (Scheduler::kShared) {
      if (config.shared != nullptr) {
        Scheduler::boot(core);
      }
    }
    F::Bandwidth::boot(core);
    store_release(&core.online, u32{1});
    return core;
  }

  /// The record of a vCPU of this core, as it is before its first start.
  [[gnu::cold]] static void prepare(Core& core, const VcpuConfig& config) {
    Vcpu& vcpu = config.partition->vcpus[config.index];
    vcpu.stack_top = core.config->stack_top;
    vcpu.core = &core;
    vcpu.partition = config.partition;
    vcpu.config = &config;
    vcpu.state = config.partition->state;
    vcpu.irq_owned = config.partition->irq_owned;
    if constexpr (F::kDirect) {
      vcpu.order = config.partition->direct != 0 ? &config.partition->state->command : nullptr;
    }
    vcpu.reach.wake = Gic::sgi_to(core.index, Gic::kDoorbellSgi);
    Lists::reset(vcpu);
    if (config.index == 0 && config.partition->autostart != 0) {
      Lifecycle<F>::power_on(vcpu);
    }
  }

  [[gnu::cold]] static void start_core(const ConfigHeader& config, u32 index) {
    const CoreConfig& other = config.cores[index];
    const u64 answer = Io::firmware_call(kPsciCpuOn, other.mpidr, F::secondary_entry(), index);
    if (answer != kOk) {
      F::epitaph(EpitaphId::kMissingCore, other.mpidr, answer);
    }
    const u64 begun = Io::template read<CntpctEl0>().value;
    while (load_acquire(&other.core->online) == 0) {
      if ((Io::template read<CntpctEl0>().value - begun) / 4 > F::kernel().counter_hz) {
        F::epitaph(EpitaphId::kMissingCore, other.mpidr, 0);  // four seconds are long past, on a busy emulator's host too
      }
      Io::yield();
    }
  }

  // implements: LLR-009
  [[gnu::cold]] static void check_counter(const ConfigHeader& config) {
    const u64 hz = Io::template read<CntfrqEl0>().value & 0xFFFF'FFFF;
    F::kernel().counter_hz = config.counter_override_hz != 0 ? config.counter_override_hz : hz;
    if (config.counter_override_hz != 0) {
      return;
    }
    bool listed = false;
    for (u32 i = 0; i < config.counter_rate_count; ++i) {
      const CounterRate& rate = config.counter_rates[i];
      listed = listed || (hz >= rate.hz - rate.tolerance_hz && hz <= rate.hz + rate.tolerance_hz);
    }
    if (!listed) {
      F::epitaph(EpitaphId::kCounterFrequency, hz, config.counter_rates[0].hz);
    }
  }

  // implements: LLR-065, LLR-162
  /// Reset state of a vCPU (Arm ARM D1.9; entry state of the ABI), then it is on.
  [[gnu::cold, gnu::noinline]] static void start_vcpu(Vcpu& vcpu) {
    for (u64& x : vcpu.x) {
      x = 0;
    }
    vcpu.x[0] = vcpu.boot_context;
    if constexpr (Scheduler::kShared) {
      Scheduler::forget(vcpu);
    }
    Lists::reset(vcpu);
    Io::write(VttbrEl2{vcpu.partition->vttbr});
    Io::write(VmpidrEl2{(u64{1} << 31) | vcpu.config->index});
    Io::write(SctlrEl1{kSctlrEl1Reset});
    Io::write(CpacrEl1{0});
    Io::write(TcrEl1{0});
    Io::write(Ttbr0El1{0});
    Io::write(Ttbr1El1{0});
    Io::write(MairEl1{0});
    Io::write(AmairEl1{0});
    Io::write(VbarEl1{0});
    Io::write(EsrEl1{0});
    Io::write(FarEl1{0});
    Io::write(ElrEl1{0});
    Io::write(SpsrEl1{0});
    Io::write(SpEl1{0});
    Io::write(SpEl0{0});
    Io::write(Afsr0El1{0});
    Io::write(Afsr1El1{0});
    Io::write(ContextidrEl1{0});
    Io::write(TpidrEl1{0});
    Io::write(TpidrEl0{0});
    Io::write(TpidrroEl0{0});
    Io::write(ParEl1{0});
    Io::write(CntkctlEl1{0});
    Io::write(CntvCtlEl0{0});
    Io::write(CntpCtlEl0{0});
    Io::write(CntvCvalEl0{0});
    Io::write(CntpCvalEl0{0});
    Io::write(CsselrEl1{0});
    Io::write(ElrEl2{vcpu.boot_entry.value});
    Io::write(SpsrEl2{kSpsrEl1hMasked});
    if constexpr (F::kDirect) {
      if (vcpu.partition->direct != 0) {
        Io::write(HcrEl2{kHcrDirect});
        F::Handed::clear_banked(vcpu.config->core);
        F::Handed::trap_interface(true);
        F::Handed::give_interface();
      }
    }
    Io::isb();
    Io::invalidate_guest_tlb();  // nothing of an earlier incarnation on this core
    Io::dsb_nsh();
    Io::isb();
    if constexpr (F::kWatchdogs) {
      if (vcpu.config->index == 0) {
        store_relaxed(&vcpu.partition->state->watchdog_kicked, Io::template read<CntpctEl0>().value);
      }
    }
    store_release(&vcpu.power, Power::kOn);
    if (F::kernel().boot_first_guest == 0) {
      F::kernel().boot_first_guest = Io::template read<CntpctEl0>().value;
    }
  }

  [[gnu::cold]] static void load_chunks(Vcpu& vcpu) {
    const u64 begun = Io::template read<CntpctEl0>().value;
    do {
      if (!Lifecycle<F>::load(vcpu, F::config().stage1_ttbr)) {
        F::epitaph(EpitaphId::kMemoryHole, vcpu.load_span, vcpu.load_offset);
      }
      // After each chunk: whatever is pending for this core, an order among it, goes first.
    } while (vcpu.loading != 0 && Io::template read<IsrEl1>().value == 0);
    F::kernel().boot_memory_ticks += F::kernel().boot_first_guest == 0 ? Io::template read<CntpctEl0>().value - begun : 0;
  }

 private:
  // What every guest has in common, and the routing of `virtual` on top.
  static constexpr u64 kHcrCommon = HcrEl2{0}
                                        .with<HcrEl2::Vm>(1)
                                        .template with<HcrEl2::Amo>(1)
                                        .template with<HcrEl2::Tid3>(1)
                                        .template with<HcrEl2::Tsc>(1)
                                        .template with<HcrEl2::Tidcp>(1)
                                        .template with<HcrEl2::Tacr>(1)
                                        .template with<HcrEl2::Tsw>(1)
                                        .template with<HcrEl2::Rw>(1)
                                        .value;
  static constexpr u64 kHcrVirtual =
      HcrEl2{kHcrCommon}.with<HcrEl2::Fmo>(1).template with<HcrEl2::Imo>(1).value;
  // `direct`: physical interrupts go to EL1; WFI comes here, see wait_for_interrupt.
  static constexpr u64 kHcrDirect = HcrEl2{kHcrCommon}.with<HcrEl2::Twi>(1).value;

  static constexpr u64 kSctlrEl1Reset = 0x30D0'0800;  // RES1 bits, MMU and caches off
  static constexpr u64 kPsciCpuOn = 0xC400'0003;
  static constexpr u64 kSpsrEl1hMasked = 0x3C5;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_CORES_HPP_
