// SPDX-License-Identifier: Apache-2.0
// implements: LLR-711
// System registers the kernel uses; fields as in the Arm ARM (DDI 0487), chapter D19, and the GIC manual (IHI 0069), 12.
#ifndef BULKHEAD_KERNEL_ARCH_AARCH64_REGISTERS_HPP_
#define BULKHEAD_KERNEL_ARCH_AARCH64_REGISTERS_HPP_

#include "arch/aarch64/system_register.hpp"

namespace bulkhead {

// A register whose fields the kernel does not name takes one line; each takes over the constructors of the base.
struct MpidrEl1 : SystemRegister<MpidrEl1, 3, 0, 0, 0, 5, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct MidrEl1 : SystemRegister<MidrEl1, 3, 0, 0, 0, 0, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct VpidrEl2 : SystemRegister<VpidrEl2, 3, 4, 0, 0, 0> { using SystemRegister::SystemRegister; };
struct VmpidrEl2 : SystemRegister<VmpidrEl2, 3, 4, 0, 0, 5> { using SystemRegister::SystemRegister; };
struct HcrEl2 : SystemRegister<HcrEl2, 3, 4, 1, 1, 0> {
  using SystemRegister::SystemRegister;
  using Vm = Field<HcrEl2, 0, 1>;      ///< stage 2 on
  using Fmo = Field<HcrEl2, 3, 1>;     ///< FIQ to EL2
  using Imo = Field<HcrEl2, 4, 1>;     ///< IRQ to EL2
  using Amo = Field<HcrEl2, 5, 1>;     ///< SError to EL2
  using Twi = Field<HcrEl2, 13, 1>;    ///< trap WFI
  using Tid3 = Field<HcrEl2, 18, 1>;   ///< trap the id group 3
  using Tsc = Field<HcrEl2, 19, 1>;    ///< trap SMC
  using Tidcp = Field<HcrEl2, 20, 1>;  ///< trap implementation defined registers
  using Tacr = Field<HcrEl2, 21, 1>;   ///< trap ACTLR
  using Tsw = Field<HcrEl2, 22, 1>;    ///< trap set/way
  using Hcd = Field<HcrEl2, 29, 1>;    ///< HVC disabled
  using Rw = Field<HcrEl2, 31, 1>;     ///< EL1 is AArch64
};
struct EsrEl2 : SystemRegister<EsrEl2, 3, 4, 5, 2, 0> {
  using SystemRegister::SystemRegister;
  using Ec = Field<EsrEl2, 26, 6>;
  using Iss = Field<EsrEl2, 0, 25>;
  using Imm16 = Field<EsrEl2, 0, 16>;   ///< HVC, SMC
  using Isv = Field<EsrEl2, 24, 1>;     ///< data abort: syndrome valid
  using Sas = Field<EsrEl2, 22, 2>;     ///< data abort: size, log2 bytes
  using Sse = Field<EsrEl2, 21, 1>;     ///< data abort: sign-extend
  using Form = Field<EsrEl2, 21, 4>;    ///< data abort: Isv, Sas, Sse together
  using Srt = Field<EsrEl2, 16, 5>;     ///< data abort: register
  using Sf = Field<EsrEl2, 15, 1>;      ///< data abort: 64-bit register
  using S1ptw = Field<EsrEl2, 7, 1>;    ///< abort: on a stage-1 table walk
  using Wnr = Field<EsrEl2, 6, 1>;      ///< data abort: write
  using Fsc = Field<EsrEl2, 0, 6>;      ///< abort: fault status code
  using SysDirection = Field<EsrEl2, 0, 1>;  ///< trapped MSR/MRS: 1 read
  using SysCRm = Field<EsrEl2, 1, 4>;
  using SysRt = Field<EsrEl2, 5, 5>;
  using SysCRn = Field<EsrEl2, 10, 4>;
  using SysOp1 = Field<EsrEl2, 14, 3>;
  using SysOp2 = Field<EsrEl2, 17, 3>;
  using SysOp0 = Field<EsrEl2, 20, 2>;
};
struct ElrEl2 : SystemRegister<ElrEl2, 3, 4, 4, 0, 1> { using SystemRegister::SystemRegister; };
struct SpsrEl2 : SystemRegister<SpsrEl2, 3, 4, 4, 0, 0> {
  using SystemRegister::SystemRegister;
  using Mode = Field<SpsrEl2, 0, 5>;
};
struct FarEl2 : SystemRegister<FarEl2, 3, 4, 6, 0, 0> { using SystemRegister::SystemRegister; };
struct HpfarEl2 : SystemRegister<HpfarEl2, 3, 4, 6, 0, 4> { using SystemRegister::SystemRegister; };
struct ActlrEl2 : SystemRegister<ActlrEl2, 3, 4, 1, 0, 1> { using SystemRegister::SystemRegister; };
struct CptrEl2 : SystemRegister<CptrEl2, 3, 4, 1, 1, 2> {
  using SystemRegister::SystemRegister;
  using Res1 = Field<CptrEl2, 0, 10>;
  static constexpr u64 kNothingTrapped = 0x33FF;   ///< RES1 bits alone
  using Tfp = Field<CptrEl2, 10, 1>;
};
struct HstrEl2 : SystemRegister<HstrEl2, 3, 4, 1, 1, 3> { using SystemRegister::SystemRegister; };
struct MdcrEl2 : SystemRegister<MdcrEl2, 3, 4, 1, 1, 1> {
  using SystemRegister::SystemRegister;
  using Hpmn = Field<MdcrEl2, 0, 5>;
  using Tpmcr = Field<MdcrEl2, 5, 1>;
  using Tpm = Field<MdcrEl2, 6, 1>;
  using Tda = Field<MdcrEl2, 9, 1>;
  using Tdosa = Field<MdcrEl2, 10, 1>;
  using Tdra = Field<MdcrEl2, 11, 1>;
};
struct PmcrEl0 : SystemRegister<PmcrEl0, 3, 3, 9, 12, 0> {
  using SystemRegister::SystemRegister;
  using N = Field<PmcrEl0, 11, 5>;
};
struct VtcrEl2 : SystemRegister<VtcrEl2, 3, 4, 2, 1, 2> {
  using SystemRegister::SystemRegister;
  using T0sz = Field<VtcrEl2, 0, 6>;
  using Sl0 = Field<VtcrEl2, 6, 2>;
  using Irgn0 = Field<VtcrEl2, 8, 2>;
  using Orgn0 = Field<VtcrEl2, 10, 2>;
  using Sh0 = Field<VtcrEl2, 12, 2>;
  using Ps = Field<VtcrEl2, 16, 3>;
  using Res1 = Field<VtcrEl2, 31, 1>;
};
struct VttbrEl2 : SystemRegister<VttbrEl2, 3, 4, 2, 1, 0> { using SystemRegister::SystemRegister; };
struct Ttbr0El2 : SystemRegister<Ttbr0El2, 3, 4, 2, 0, 0> { using SystemRegister::SystemRegister; };
struct CntfrqEl0 : SystemRegister<CntfrqEl0, 3, 3, 14, 0, 0> { using SystemRegister::SystemRegister; };
struct CntpctEl0 : SystemRegister<CntpctEl0, 3, 3, 14, 0, 1, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct CntvoffEl2 : SystemRegister<CntvoffEl2, 3, 4, 14, 0, 3> { using SystemRegister::SystemRegister; };
struct CnthctlEl2 : SystemRegister<CnthctlEl2, 3, 4, 14, 1, 0> {
  using SystemRegister::SystemRegister;
  using El1pcten = Field<CnthctlEl2, 0, 1>;   ///< EL1 reads CNTPCT without a trap
  using El1pcen = Field<CnthctlEl2, 1, 1>;    ///< EL1 owns the physical timer
};
struct CntvCtlEl0 : SystemRegister<CntvCtlEl0, 3, 3, 14, 3, 1> { using SystemRegister::SystemRegister; };
struct CntvCvalEl0 : SystemRegister<CntvCvalEl0, 3, 3, 14, 3, 2> { using SystemRegister::SystemRegister; };
struct CntpCvalEl0 : SystemRegister<CntpCvalEl0, 3, 3, 14, 2, 2> { using SystemRegister::SystemRegister; };
struct CntpCtlEl0 : SystemRegister<CntpCtlEl0, 3, 3, 14, 2, 1> { using SystemRegister::SystemRegister; };
struct CnthpCvalEl2 : SystemRegister<CnthpCvalEl2, 3, 4, 14, 2, 2> { using SystemRegister::SystemRegister; };
struct CnthpCtlEl2 : SystemRegister<CnthpCtlEl2, 3, 4, 14, 2, 1> {
  using SystemRegister::SystemRegister;
  using Enable = Field<CnthpCtlEl2, 0, 1>;
};
struct CntkctlEl1 : SystemRegister<CntkctlEl1, 3, 0, 14, 1, 0> { using SystemRegister::SystemRegister; };
struct SctlrEl1 : SystemRegister<SctlrEl1, 3, 0, 1, 0, 0> { using SystemRegister::SystemRegister; };
struct CpacrEl1 : SystemRegister<CpacrEl1, 3, 0, 1, 0, 2> { using SystemRegister::SystemRegister; };
struct VbarEl1 : SystemRegister<VbarEl1, 3, 0, 12, 0, 0> { using SystemRegister::SystemRegister; };
struct EsrEl1 : SystemRegister<EsrEl1, 3, 0, 5, 2, 0> { using SystemRegister::SystemRegister; };
struct FarEl1 : SystemRegister<FarEl1, 3, 0, 6, 0, 0> { using SystemRegister::SystemRegister; };
struct ElrEl1 : SystemRegister<ElrEl1, 3, 0, 4, 0, 1> { using SystemRegister::SystemRegister; };
struct SpsrEl1 : SystemRegister<SpsrEl1, 3, 0, 4, 0, 0> { using SystemRegister::SystemRegister; };
struct IsrEl1 : SystemRegister<IsrEl1, 3, 0, 12, 1, 0, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct TcrEl1 : SystemRegister<TcrEl1, 3, 0, 2, 0, 2> { using SystemRegister::SystemRegister; };
struct Ttbr0El1 : SystemRegister<Ttbr0El1, 3, 0, 2, 0, 0> { using SystemRegister::SystemRegister; };
struct Ttbr1El1 : SystemRegister<Ttbr1El1, 3, 0, 2, 0, 1> { using SystemRegister::SystemRegister; };
struct MairEl1 : SystemRegister<MairEl1, 3, 0, 10, 2, 0> { using SystemRegister::SystemRegister; };
struct AmairEl1 : SystemRegister<AmairEl1, 3, 0, 10, 3, 0> { using SystemRegister::SystemRegister; };
struct ContextidrEl1 : SystemRegister<ContextidrEl1, 3, 0, 13, 0, 1> { using SystemRegister::SystemRegister; };
struct TpidrEl1 : SystemRegister<TpidrEl1, 3, 0, 13, 0, 4> { using SystemRegister::SystemRegister; };
struct TpidrEl0 : SystemRegister<TpidrEl0, 3, 3, 13, 0, 2> { using SystemRegister::SystemRegister; };
struct TpidrroEl0 : SystemRegister<TpidrroEl0, 3, 3, 13, 0, 3> { using SystemRegister::SystemRegister; };
struct TpidrEl2 : SystemRegister<TpidrEl2, 3, 4, 13, 0, 2> { using SystemRegister::SystemRegister; };
struct SpEl1 : SystemRegister<SpEl1, 3, 4, 4, 1, 0> { using SystemRegister::SystemRegister; };
struct SpEl0 : SystemRegister<SpEl0, 3, 0, 4, 1, 0> { using SystemRegister::SystemRegister; };
struct ParEl1 : SystemRegister<ParEl1, 3, 0, 7, 4, 0> { using SystemRegister::SystemRegister; };
struct Afsr0El1 : SystemRegister<Afsr0El1, 3, 0, 5, 1, 0> { using SystemRegister::SystemRegister; };
struct Afsr1El1 : SystemRegister<Afsr1El1, 3, 0, 5, 1, 1> { using SystemRegister::SystemRegister; };
struct CsselrEl1 : SystemRegister<CsselrEl1, 3, 2, 0, 0, 0> { using SystemRegister::SystemRegister; };

// Identification registers of group 3 that guests may read (HCR_EL2.TID3 traps them).
struct IdAa64pfr0El1 : SystemRegister<IdAa64pfr0El1, 3, 0, 0, 4, 0, Access::kReadOnly> {
  using SystemRegister::SystemRegister;
  using Gic = Field<IdAa64pfr0El1, 24, 4>;    ///< GICv3 system registers
  using El2 = Field<IdAa64pfr0El1, 8, 4>;
  using El3 = Field<IdAa64pfr0El1, 12, 4>;
};
struct IdAa64dfr0El1 : SystemRegister<IdAa64dfr0El1, 3, 0, 0, 5, 0, Access::kReadOnly> {
  using SystemRegister::SystemRegister;
  using PmuVer = Field<IdAa64dfr0El1, 8, 4>;
};
struct IdAa64isar0El1 : SystemRegister<IdAa64isar0El1, 3, 0, 0, 6, 0, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdAa64isar1El1 : SystemRegister<IdAa64isar1El1, 3, 0, 0, 6, 1, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdAa64mmfr0El1 : SystemRegister<IdAa64mmfr0El1, 3, 0, 0, 7, 0, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdAa64mmfr1El1 : SystemRegister<IdAa64mmfr1El1, 3, 0, 0, 7, 1, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdPfr0El1 : SystemRegister<IdPfr0El1, 3, 0, 0, 1, 0, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdPfr1El1 : SystemRegister<IdPfr1El1, 3, 0, 0, 1, 1, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdDfr0El1 : SystemRegister<IdDfr0El1, 3, 0, 0, 1, 2, Access::kReadOnly> {
  using SystemRegister::SystemRegister;
  using PerfMon = Field<IdDfr0El1, 24, 4>;
};
struct IdMmfr0El1 : SystemRegister<IdMmfr0El1, 3, 0, 0, 1, 4, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdMmfr1El1 : SystemRegister<IdMmfr1El1, 3, 0, 0, 1, 5, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdMmfr2El1 : SystemRegister<IdMmfr2El1, 3, 0, 0, 1, 6, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdMmfr3El1 : SystemRegister<IdMmfr3El1, 3, 0, 0, 1, 7, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdIsar0El1 : SystemRegister<IdIsar0El1, 3, 0, 0, 2, 0, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdIsar1El1 : SystemRegister<IdIsar1El1, 3, 0, 0, 2, 1, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdIsar2El1 : SystemRegister<IdIsar2El1, 3, 0, 0, 2, 2, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdIsar3El1 : SystemRegister<IdIsar3El1, 3, 0, 0, 2, 3, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdIsar4El1 : SystemRegister<IdIsar4El1, 3, 0, 0, 2, 4, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IdIsar5El1 : SystemRegister<IdIsar5El1, 3, 0, 0, 2, 5, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct Mvfr0El1 : SystemRegister<Mvfr0El1, 3, 0, 0, 3, 0, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct Mvfr1El1 : SystemRegister<Mvfr1El1, 3, 0, 0, 3, 1, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct Mvfr2El1 : SystemRegister<Mvfr2El1, 3, 0, 0, 3, 2, Access::kReadOnly> { using SystemRegister::SystemRegister; };

// GICv3 CPU interface (IHI 0069, 12.2): what traps may name on every board; the rest is in registers_gicv3.hpp.
struct IccCtlrEl1 : SystemRegister<IccCtlrEl1, 3, 0, 12, 12, 4> {
  using SystemRegister::SystemRegister;
  using EoiMode = Field<IccCtlrEl1, 1, 1>;
};
struct IccDirEl1 : SystemRegister<IccDirEl1, 3, 0, 12, 11, 1, Access::kWriteOnly> { using SystemRegister::SystemRegister; };
struct IccRprEl1 : SystemRegister<IccRprEl1, 3, 0, 12, 11, 3, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IccSgi1rEl1 : SystemRegister<IccSgi1rEl1, 3, 0, 12, 11, 5, Access::kWriteOnly> {
  using SystemRegister::SystemRegister;
  using TargetList = Field<IccSgi1rEl1, 0, 16>;
  using Aff1 = Field<IccSgi1rEl1, 16, 8>;
  using Id = Field<IccSgi1rEl1, 24, 4>;
  using Aff2 = Field<IccSgi1rEl1, 32, 8>;
  using Irm = Field<IccSgi1rEl1, 40, 1>;
  using Aff3 = Field<IccSgi1rEl1, 48, 8>;
};
struct IccAsgi1rEl1 : SystemRegister<IccAsgi1rEl1, 3, 0, 12, 11, 6, Access::kWriteOnly> { using SystemRegister::SystemRegister; };
struct IccSgi0rEl1 : SystemRegister<IccSgi0rEl1, 3, 0, 12, 11, 7, Access::kWriteOnly> { using SystemRegister::SystemRegister; };
struct IccPmrEl1 : SystemRegister<IccPmrEl1, 3, 0, 4, 6, 0> { using SystemRegister::SystemRegister; };

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_ARCH_AARCH64_REGISTERS_HPP_
