// SPDX-License-Identifier: Apache-2.0
// implements: LLR-733
// Typed system registers. A register is a value class named after the manual's register; its encoding stands in the
// type, its fields are types too. `Cpu::read<R>()` and `Cpu::write(R)` (cpu.hpp) are the only way to the hardware.
#ifndef BULKHEAD_KERNEL_ARCH_AARCH64_SYSTEM_REGISTER_HPP_
#define BULKHEAD_KERNEL_ARCH_AARCH64_SYSTEM_REGISTER_HPP_

#include "base/types.hpp"

namespace bulkhead {

namespace detail {
template <class A, class B>
inline constexpr bool kSame = false;
template <class A>
inline constexpr bool kSame<A, A> = true;
}  // namespace detail

enum class Access : u32 { kReadWrite, kReadOnly, kWriteOnly };

/// Base of all: `Self` is the register's own type, the numbers are its MRS/MSR encoding (Arm ARM C5.3).
template <class Self, u32 Op0, u32 Op1, u32 CRn, u32 CRm, u32 Op2, Access Mode = Access::kReadWrite>
struct SystemRegister {
  static constexpr Access kAccess = Mode;
  static constexpr u32 kOp0 = Op0;
  static constexpr u32 kOp1 = Op1;
  static constexpr u32 kCRn = CRn;
  static constexpr u32 kCRm = CRm;
  static constexpr u32 kOp2 = Op2;

  u64 value{0};

  constexpr SystemRegister() = default;
  constexpr explicit SystemRegister(u64 raw_value) : value{raw_value} {}

  template <class F>
  constexpr u64 get() const {
    static_assert(detail::kSame<typename F::Register, Self>, "a field of another register");
    return (value >> F::kLsb) & F::kMask;
  }
  template <class F>
  constexpr Self with(u64 field_value) const {
    static_assert(detail::kSame<typename F::Register, Self>, "a field of another register");
    return Self{(value & ~(F::kMask << F::kLsb)) | ((field_value & F::kMask) << F::kLsb)};
  }
};

/// A field of register `Self`; only that register takes it.
template <class Self, u32 Lsb, u32 Width>
struct Field {
  using Register = Self;
  static constexpr u32 kLsb = Lsb;
  static constexpr u64 kMask = (u64{1} << Width) - 1;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_ARCH_AARCH64_SYSTEM_REGISTER_HPP_
