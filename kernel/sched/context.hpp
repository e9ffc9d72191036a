// SPDX-License-Identifier: Apache-2.0
// Takes a vCPU off a shared core and puts another on it: EL1 registers, virtual timer, virtual CPU interface, list
// registers, its private and shared interrupts. SIMD registers stay until another vCPU touches its own.
#ifndef BULKHEAD_KERNEL_SCHED_CONTEXT_HPP_
#define BULKHEAD_KERNEL_SCHED_CONTEXT_HPP_

#include "arch/aarch64/cpu.hpp"
#include "sched/state.hpp"

namespace bulkhead {

template <class F>
class Context {
  using Io = typename F::Io;
  using Gic = typename F::Gic;

 public:
  // implements: LLR-1201, LLR-1202, LLR-1203
  /// Off the core. `keep_awake`: its SPIs stay enabled, so that one can end its wait; it is taken in by `stray`.
  static void save(Vcpu& vcpu, bool keep_awake) {
    VcpuContext& to = *vcpu.config->context;
    store_relaxed(&vcpu.resident, u32{0});
    mask_interrupts(vcpu, to, keep_awake);
    to.elr_el2 = Io::template read<ElrEl2>().value;
    to.spsr_el2 = Io::template read<SpsrEl2>().value;
    to.sctlr_el1 = Io::template read<SctlrEl1>().value;
    to.cpacr_el1 = Io::template read<CpacrEl1>().value;
    to.tcr_el1 = Io::template read<TcrEl1>().value;
    to.ttbr0_el1 = Io::template read<Ttbr0El1>().value;
    to.ttbr1_el1 = Io::template read<Ttbr1El1>().value;
    to.mair_el1 = Io::template read<MairEl1>().value;
    to.amair_el1 = Io::template read<AmairEl1>().value;
    to.vbar_el1 = Io::template read<VbarEl1>().value;
    to.esr_el1 = Io::template read<EsrEl1>().value;
    to.far_el1 = Io::template read<FarEl1>().value;
    to.elr_el1 = Io::template read<ElrEl1>().value;
    to.spsr_el1 = Io::template read<SpsrEl1>().value;
    to.sp_el1 = Io::template read<SpEl1>().value;
    to.sp_el0 = Io::template read<SpEl0>().value;
    to.afsr0_el1 = Io::template read<Afsr0El1>().value;
    to.afsr1_el1 = Io::template read<Afsr1El1>().value;
    to.contextidr_el1 = Io::template read<ContextidrEl1>().value;
    to.tpidr_el1 = Io::template read<TpidrEl1>().value;
    to.tpidr_el0 = Io::template read<TpidrEl0>().value;
    to.tpidrro_el0 = Io::template read<TpidrroEl0>().value;
    to.par_el1 = Io::template read<ParEl1>().value;
    to.csselr_el1 = Io::template read<CsselrEl1>().value;
    to.cntkctl_el1 = Io::template read<CntkctlEl1>().value;
    to.cntv_cval_el0 = Io::template read<CntvCvalEl0>().value;
    const auto interface = Gic::save_virtual();
    to.vmcr = interface.vmcr;
    to.apr = interface.apr;
    to.interface_control = interface.control;
    for (u32 used = vcpu.lr_used; used != 0; used &= used - 1) {  // at most the list registers there are
      const u32 n = lowest_bit(used);
      to.lr[n] = Gic::read_lr(n);
      Gic::write_lr(n, 0);
    }
  }

  // implements: LLR-1201, LLR-1202, LLR-1203, LLR-1204
  static void load(Vcpu& vcpu, bool owns_simd) {
    VcpuContext& from = *vcpu.config->context;
    Io::write(VttbrEl2{vcpu.partition->vttbr});
    Io::write(VmpidrEl2{(u64{1} << 31) | vcpu.config->index});
    Io::write(CptrEl2{CptrEl2::kNothingTrapped}.with<CptrEl2::Tfp>(owns_simd ? 0 : 1));
    Io::write(ElrEl2{from.elr_el2});
    Io::write(SpsrEl2{from.spsr_el2});
    Io::write(SctlrEl1{from.sctlr_el1});
    Io::write(CpacrEl1{from.cpacr_el1});
    Io::write(TcrEl1{from.tcr_el1});
    Io::write(Ttbr0El1{from.ttbr0_el1});
    Io::write(Ttbr1El1{from.ttbr1_el1});
    Io::write(MairEl1{from.mair_el1});
    Io::write(AmairEl1{from.amair_el1});
    Io::write(VbarEl1{from.vbar_el1});
    Io::write(EsrEl1{from.esr_el1});
    Io::write(FarEl1{from.far_el1});
    Io::write(ElrEl1{from.elr_el1});
    Io::write(SpsrEl1{from.spsr_el1});
    Io::write(SpEl1{from.sp_el1});
    Io::write(SpEl0{from.sp_el0});
    Io::write(Afsr0El1{from.afsr0_el1});
    Io::write(Afsr1El1{from.afsr1_el1});
    Io::write(ContextidrEl1{from.contextidr_el1});
    Io::write(TpidrEl1{from.tpidr_el1});
    Io::write(TpidrEl0{from.tpidr_el0});
    Io::write(TpidrroEl0{from.tpidrro_el0});
    Io::write(ParEl1{from.par_el1});
    Io::write(CsselrEl1{from.csselr_el1});
    Io::write(CntkctlEl1{from.cntkctl_el1});
    for (u32 used = vcpu.lr_used; used != 0; used &= used - 1) {
      const u32 n = lowest_bit(used);
      Gic::write_lr(n, static_cast<typename Gic::ListRegister>(from.lr[n]));
    }
    Gic::load_virtual({from.vmcr, from.apr, from.interface_control});
    unmask_interrupts(vcpu, from);
  }

 private:
  /// Private interrupts are banked by core, so their enable and active bits belong to whoever is resident. An SPI may stay
  /// active meanwhile: that holds up nobody else.
  static void mask_interrupts(const Vcpu& vcpu, VcpuContext& to, bool keep_awake) {
    const u32 core = vcpu.config->core;
    const u32 owned = vcpu.partition->owned_ppis;
    to.cntv_ctl_el0 = Io::template read<CntvCtlEl0>().value;
    Io::write(CntvCtlEl0{0});
    to.ppi_enabled = Gic::read_enabled(core, 0) & owned;
    to.ppi_active = Gic::read_active(core, 0) & owned;
    if (to.ppi_enabled != 0) {
      Gic::disable(core, 0, to.ppi_enabled);
    }
    if (to.ppi_active != 0) {
      Gic::clear_active(core, 0, to.ppi_active);
    }
    if (vcpu.config->index == 0 && !keep_awake) {
      for (u32 word = 1; word < Gic::kIrqWords; ++word) {
        if (vcpu.partition->irq_owned[word] != 0) {
          Gic::disable(core, word, vcpu.partition->irq_owned[word]);
        }
      }
    }
  }

  static void unmask_interrupts(Vcpu& vcpu, VcpuContext& from) {
    const u32 core = vcpu.config->core;
    store_relaxed(&vcpu.resident, u32{1});
    if (vcpu.config->index == 0) {
      Io::dmb_ish();  // resident before the enables are read: the distributor writes them the other way round
      for (u32 word = 1; word < Gic::kIrqWords; ++word) {
        const u32 owned = vcpu.partition->irq_owned[word];
        if (owned != 0) {
          Gic::enable(core, word, owned & load_relaxed(&vcpu.partition->irq_enabled[word]));
        }
      }
      from.spi_held = 0;
    }
    if (from.ppi_active != 0) {
      Gic::set_active(core, 0, from.ppi_active);
    }
    Io::write(CntvCvalEl0{from.cntv_cval_el0});
    Io::write(CntvCtlEl0{from.cntv_ctl_el0});
    if (from.ppi_enabled != 0) {
      Gic::enable(core, 0, from.ppi_enabled);
    }
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_SCHED_CONTEXT_HPP_
