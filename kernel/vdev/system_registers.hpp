// SPDX-License-Identifier: Apache-2.0
// Trapped system registers (ESR_EL2.EC 0x18): what guests may touch without harm reads a fixed truth and ignores writes,
// identification hides what the kernel keeps, all else is undefined for the guest.
#ifndef BULKHEAD_KERNEL_VDEV_SYSTEM_REGISTERS_HPP_
#define BULKHEAD_KERNEL_VDEV_SYSTEM_REGISTERS_HPP_

#include "arch/aarch64/registers.hpp"

namespace bulkhead {

/// op0..op2 packed as the health record shows them: op0[15:14] op1[13:11] CRn[10:7] CRm[6:3] op2[2:0].
constexpr u32 pack_encoding(u32 op0, u32 op1, u32 crn, u32 crm, u32 op2) {
  return (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;
}
template <class R>
constexpr u32 encoding_of() {
  return pack_encoding(R::kOp0, R::kOp1, R::kCRn, R::kCRm, R::kOp2);
}
constexpr u32 encoding_of(EsrEl2 esr) {
  return pack_encoding(static_cast<u32>(esr.get<EsrEl2::SysOp0>()), static_cast<u32>(esr.get<EsrEl2::SysOp1>()),
                       static_cast<u32>(esr.get<EsrEl2::SysCRn>()), static_cast<u32>(esr.get<EsrEl2::SysCRm>()),
                       static_cast<u32>(esr.get<EsrEl2::SysOp2>()));
}

inline constexpr u32 kEcSystemRegister = 0x18;  ///< ESR_EL2.EC of what this file is about
/// ESR_EL2 of a trapped write of a register by x0 (Arm ARM D17.2.37: IL is 1); of a read, plus 1.
template <class R>
constexpr u32 syndrome_of() {
  return (kEcSystemRegister << 26) | (u32{1} << 25) | (R::kOp0 << 20) | (R::kOp2 << 17) | (R::kOp1 << 14) |
         (R::kCRn << 10) | (R::kCRm << 1);
}

/// What to do with a trapped access.
enum class SysregVerdict : u32 {
  kReadValue,      ///< a read: give the value
  kIgnore,         ///< a write without effect
  kSetWay,         ///< set/way cache operation: skipped and counted
  kSgi,            ///< ICC_SGI1R_EL1 write
  kInterface,      ///< GICv3 CPU interface registers that trap for direct guests only
  kUndefined       ///< inject an undefined instruction exception
};
struct SysregAnswer {
  SysregVerdict verdict;
  u64 value;
};

template <class Io>
class SystemRegisters {
 public:
  // implements: LLR-281, LLR-282, LLR-283
  [[gnu::cold]] static SysregAnswer decide(u32 encoding, bool read) {
    const u32 op0 = encoding >> 14;
    const u32 op1 = (encoding >> 11) & 7;
    const u32 crn = (encoding >> 7) & 15;
    const u32 crm = (encoding >> 3) & 15;
    if (op0 == 3 && op1 == 0 && crn == 0 && crm >= 1 && crm <= 7) {
      return read ? SysregAnswer{SysregVerdict::kReadValue, identification(encoding)}
                  : SysregAnswer{SysregVerdict::kUndefined, 0};
    }
    if (encoding == encoding_of<IccSgi1rEl1>() && !read) {
      return SysregAnswer{SysregVerdict::kSgi, 0};
    }
    if (encoding == encoding_of<IccPmrEl1>() || encoding == encoding_of<IccCtlrEl1>() ||
        (encoding == encoding_of<IccRprEl1>() && read) || (encoding == encoding_of<IccDirEl1>() && !read)) {
      return SysregAnswer{SysregVerdict::kInterface, 0};
    }
    // Set/way: DC ISW, CSW, CISW.
    if (encoding == pack_encoding(1, 0, 7, 6, 2) || encoding == pack_encoding(1, 0, 7, 10, 2) ||
        encoding == pack_encoding(1, 0, 7, 14, 2)) {
      return SysregAnswer{SysregVerdict::kSetWay, 0};
    }
    // op0 2: debug and OS lock. ACTLR_EL1, PMCR_EL0, PMUSERENR_EL0; SGIs of groups the guest does not have.
    const bool harmless = op0 == 2 || encoding == pack_encoding(3, 0, 1, 0, 1) || encoding == encoding_of<PmcrEl0>() ||
                          encoding == pack_encoding(3, 3, 9, 14, 0) || encoding == encoding_of<IccAsgi1rEl1>() ||
                          encoding == encoding_of<IccSgi0rEl1>();
    if (harmless) {
      return read ? SysregAnswer{SysregVerdict::kReadValue, 0} : SysregAnswer{SysregVerdict::kIgnore, 0};
    }
    return SysregAnswer{SysregVerdict::kUndefined, 0};
  }

 private:
  // implements: LLR-281
  /// Id group 3: the core's own values, without EL2, EL3 and the PMU; registers it does not know read zero, as reserved
  /// ones do.
  [[gnu::cold]] static u64 identification(u32 encoding) {
    switch (encoding) {
      case encoding_of<IdAa64pfr0El1>():
        return Io::template read<IdAa64pfr0El1>()
            .template with<IdAa64pfr0El1::El2>(0)
            .template with<IdAa64pfr0El1::El3>(0)
            .value;
      case encoding_of<IdAa64dfr0El1>():
        return Io::template read<IdAa64dfr0El1>().template with<IdAa64dfr0El1::PmuVer>(0).value;
      case encoding_of<IdAa64isar0El1>():
        return Io::template read<IdAa64isar0El1>().value;
      case encoding_of<IdAa64isar1El1>():
        return Io::template read<IdAa64isar1El1>().value;
      case encoding_of<IdAa64mmfr0El1>():
        return Io::template read<IdAa64mmfr0El1>().value;
      case encoding_of<IdAa64mmfr1El1>():
        return Io::template read<IdAa64mmfr1El1>().value;
      case encoding_of<IdPfr0El1>():
        return Io::template read<IdPfr0El1>().value;
      case encoding_of<IdPfr1El1>():
        return Io::template read<IdPfr1El1>().value;
      case encoding_of<IdDfr0El1>():
        return Io::template read<IdDfr0El1>().template with<IdDfr0El1::PerfMon>(0).value;
      case encoding_of<IdMmfr0El1>():
        return Io::template read<IdMmfr0El1>().value;
      case encoding_of<IdMmfr1El1>():
        return Io::template read<IdMmfr1El1>().value;
      case encoding_of<IdMmfr2El1>():
        return Io::template read<IdMmfr2El1>().value;
      case encoding_of<IdMmfr3El1>():
        return Io::template read<IdMmfr3El1>().value;
      case encoding_of<IdIsar0El1>():
        return Io::template read<IdIsar0El1>().value;
      case encoding_of<IdIsar1El1>():
        return Io::template read<IdIsar1El1>().value;
      case encoding_of<IdIsar2El1>():
        return Io::template read<IdIsar2El1>().value;
      case encoding_of<IdIsar3El1>():
        return Io::template read<IdIsar3El1>().value;
      case encoding_of<IdIsar4El1>():
        return Io::template read<IdIsar4El1>().value;
      case encoding_of<IdIsar5El1>():
        return Io::template read<IdIsar5El1>().value;
      case encoding_of<Mvfr0El1>():
        return Io::template read<Mvfr0El1>().value;
      case encoding_of<Mvfr1El1>():
        return Io::template read<Mvfr1El1>().value;
      case encoding_of<Mvfr2El1>():
        return Io::template read<Mvfr2El1>().value;
      default:
        return 0;
    }
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_VDEV_SYSTEM_REGISTERS_HPP_
