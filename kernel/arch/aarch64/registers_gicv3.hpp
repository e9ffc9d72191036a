// SPDX-License-Identifier: Apache-2.0
// implements: LLR-711
// GICv3 CPU interface and its virtual side (IHI 0069, 12.2 and 12.4), beside what registers.hpp has for every board.
#ifndef BULKHEAD_KERNEL_ARCH_AARCH64_REGISTERS_GICV3_HPP_
#define BULKHEAD_KERNEL_ARCH_AARCH64_REGISTERS_GICV3_HPP_

#include "arch/aarch64/system_register.hpp"

namespace bulkhead {

struct IccIar1El1 : SystemRegister<IccIar1El1, 3, 0, 12, 12, 0, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IccEoir1El1 : SystemRegister<IccEoir1El1, 3, 0, 12, 12, 1, Access::kWriteOnly> { using SystemRegister::SystemRegister; };
struct IccBpr1El1 : SystemRegister<IccBpr1El1, 3, 0, 12, 12, 3> { using SystemRegister::SystemRegister; };
struct IccIgrpen1El1 : SystemRegister<IccIgrpen1El1, 3, 0, 12, 12, 7> { using SystemRegister::SystemRegister; };
struct IccAp1r0El1 : SystemRegister<IccAp1r0El1, 3, 0, 12, 9, 0> { using SystemRegister::SystemRegister; };
struct IccSreEl1 : SystemRegister<IccSreEl1, 3, 0, 12, 12, 5> { using SystemRegister::SystemRegister; };
struct IccSreEl2 : SystemRegister<IccSreEl2, 3, 4, 12, 9, 5> {
  using SystemRegister::SystemRegister;
  using Sre = Field<IccSreEl2, 0, 1>;
  using Enable = Field<IccSreEl2, 3, 1>;
};
struct IchHcrEl2 : SystemRegister<IchHcrEl2, 3, 4, 12, 11, 0> {
  using SystemRegister::SystemRegister;
  using En = Field<IchHcrEl2, 0, 1>;
  using Uie = Field<IchHcrEl2, 1, 1>;
  using Npie = Field<IchHcrEl2, 3, 1>;
  using Tc = Field<IchHcrEl2, 10, 1>;
};
struct IchElrsrEl2 : SystemRegister<IchElrsrEl2, 3, 4, 12, 11, 5, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct IchVmcrEl2 : SystemRegister<IchVmcrEl2, 3, 4, 12, 11, 7> { using SystemRegister::SystemRegister; };
struct IchAp0r0El2 : SystemRegister<IchAp0r0El2, 3, 4, 12, 8, 0> { using SystemRegister::SystemRegister; };
struct IchAp1r0El2 : SystemRegister<IchAp1r0El2, 3, 4, 12, 9, 0> { using SystemRegister::SystemRegister; };
/// ICH_LR<n>_EL2, n = 0..15: CRm is 12 or 13, op2 is n modulo 8.
template <u32 N>
struct IchLrEl2 : SystemRegister<IchLrEl2<N>, 3, 4, 12, 12 + N / 8, N % 8> {
  using SystemRegister<IchLrEl2<N>, 3, 4, 12, 12 + N / 8, N % 8>::SystemRegister;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_ARCH_AARCH64_REGISTERS_GICV3_HPP_
