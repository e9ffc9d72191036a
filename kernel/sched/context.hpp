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
  // implements: LLR-907, LLR-1201, LLR-1202, LLR-1203
  /// Off the core. `keep_awake`: its SPIs stay enabled, so that one can end its wait; it is taken in by `stray`.
  static void save(Vcpu& vcpu, bool keep_awake) {
    VcpuContext& to = *vcpu.config->context;
    if (!keep_awake) {
      store_relaxed(&vcpu.reach.wake, u64{0});  // who leaves something for it interrupts nobody
    }
    mask_interrupts(vcpu, to, keep_awake);
    save_pair<ElrEl2, SpsrEl2>(to.elr_el2, to.spsr_el2);
    save_pair<SctlrEl1, CpacrEl1>(to.sctlr_el1, to.cpacr_el1);
    save_pair<TcrEl1, MairEl1>(to.tcr_el1, to.mair_el1);
    save_pair<Ttbr0El1, Ttbr1El1>(to.ttbr0_el1, to.ttbr1_el1);
    save_pair<VbarEl1, EsrEl1>(to.vbar_el1, to.esr_el1);
    save_pair<FarEl1, ElrEl1>(to.far_el1, to.elr_el1);
    save_pair<SpsrEl1, SpEl1>(to.spsr_el1, to.sp_el1);
    save_pair<SpEl0, ContextidrEl1>(to.sp_el0, to.contextidr_el1);
    save_pair<TpidrEl1, TpidrEl0>(to.tpidr_el1, to.tpidr_el0);
    save_pair<TpidrroEl0, ParEl1>(to.tpidrro_el0, to.par_el1);
    save_pair<CsselrEl1, CntkctlEl1>(to.csselr_el1, to.cntkctl_el1);
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

  // implements: LLR-907, LLR-1201, LLR-1202, LLR-1203, LLR-1204
  static void load(Vcpu& vcpu, bool owns_simd) {
    VcpuContext& from = *vcpu.config->context;
    Io::write(VttbrEl2{vcpu.partition->vttbr});
    Io::write(VmpidrEl2{(u64{1} << 31) | vcpu.config->index});
    Io::write(CptrEl2{CptrEl2::kNothingTrapped}.with<CptrEl2::Tfp>(owns_simd ? 0 : 1));
    load_pair<ElrEl2, SpsrEl2>(from.elr_el2, from.spsr_el2);
    load_pair<SctlrEl1, CpacrEl1>(from.sctlr_el1, from.cpacr_el1);
    load_pair<TcrEl1, MairEl1>(from.tcr_el1, from.mair_el1);
    load_pair<Ttbr0El1, Ttbr1El1>(from.ttbr0_el1, from.ttbr1_el1);
    load_pair<VbarEl1, EsrEl1>(from.vbar_el1, from.esr_el1);
    load_pair<FarEl1, ElrEl1>(from.far_el1, from.elr_el1);
    load_pair<SpsrEl1, SpEl1>(from.spsr_el1, from.sp_el1);
    load_pair<SpEl0, ContextidrEl1>(from.sp_el0, from.contextidr_el1);
    load_pair<TpidrEl1, TpidrEl0>(from.tpidr_el1, from.tpidr_el0);
    load_pair<TpidrroEl0, ParEl1>(from.tpidrro_el0, from.par_el1);
    load_pair<CsselrEl1, CntkctlEl1>(from.csselr_el1, from.cntkctl_el1);
    for (u32 used = vcpu.lr_used; used != 0; used &= used - 1) {
      const u32 n = lowest_bit(used);
      Gic::write_lr(n, static_cast<typename Gic::ListRegister>(from.lr[n]));
    }
    Gic::load_virtual({from.vmcr, from.apr, from.interface_control});
    unmask_interrupts(vcpu, from);
  }

 private:
  // In pairs, so that each takes one store or load. AFSR0_EL1, AFSR1_EL1 and AMAIR_EL1 hold nothing on the cores of the
  // boards (Cortex-A53 and A72 TRMs: reserved, zero).
  template <class A, class B>
  static void save_pair(u64& a, u64& b) {
    const u64 first = Io::template read<A>().value;
    const u64 second = Io::template read<B>().value;
    a = first;
    b = second;
  }
  template <class A, class B>
  static void load_pair(u64 a, u64 b) {
    Io::write(A{a});
    Io::write(B{b});
  }

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
      for (u32 words = vcpu.partition->owned_words; words != 0; words &= words - 1) {  // at most kMaxIrqWords
        const u32 word = lowest_bit(words);
        Gic::disable(core, word, vcpu.irq_owned[word]);
      }
    }
  }

  static void unmask_interrupts(Vcpu& vcpu, VcpuContext& from) {
    const u32 core = vcpu.config->core;
    store_relaxed(&vcpu.reach.wake, from.wake);
    // There before the enables are read: the distributor writes them the other way round. The same against the barrier of who
    // leaves something: it sees whom to tell, or `left` is seen from here on.
    Io::dmb_ish();
    if (vcpu.config->index == 0) {
      for (u32 words = vcpu.partition->owned_words; words != 0; words &= words - 1) {
        const u32 word = lowest_bit(words);
        Gic::enable(core, word, vcpu.irq_owned[word] & load_relaxed(&vcpu.partition->irq_enabled[word]));
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
