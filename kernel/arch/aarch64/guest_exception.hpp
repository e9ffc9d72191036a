// SPDX-License-Identifier: Apache-2.0
// Exceptions that the kernel gives to a guest: what the hardware would do on an exception entry to EL1.
#ifndef BULKHEAD_KERNEL_ARCH_AARCH64_GUEST_EXCEPTION_HPP_
#define BULKHEAD_KERNEL_ARCH_AARCH64_GUEST_EXCEPTION_HPP_

#include "arch/aarch64/registers.hpp"

namespace bulkhead {

template <class Io>
class GuestException {
 public:
  [[gnu::cold]] static void undefined() { inject(u64{1} << 25); }  // EC 0, IL
  // implements: LLR-1102
  /// Of a data access, or of an instruction fetch; the lowest bit of the class tells EL1 from EL0.
  [[gnu::cold]] static void external_abort(bool fetch) {
    const u64 mode = Io::template read<SpsrEl2>().template get<SpsrEl2::Mode>();
    const bool from_el0 = mode == 0 || (mode & kModeAarch32) != 0;
    Io::write(FarEl1{Io::template read<FarEl2>().value});
    inject((u64{fetch ? 0x20U : 0x24U} << 26) | (u64{from_el0 ? 0U : 1U} << 26) | (u64{1} << 25) | 0x10);
  }

 private:
  // implements: LLR-283, LLR-262
  /// Exception entry to EL1 (Arm ARM D1.3.1), as the hardware would do it.
  [[gnu::cold, gnu::noinline]] static void inject(u64 syndrome) {
    const SpsrEl2 spsr = Io::template read<SpsrEl2>();
    const u64 mode = spsr.get<SpsrEl2::Mode>();
    u64 offset = 0x000;         // EL1t
    if (mode == kModeEl1h) {
      offset = 0x200;
    } else if ((mode & kModeAarch32) != 0) {
      offset = 0x600;
    } else if (mode == 0) {
      offset = 0x400;
    }
    Io::write(ElrEl1{Io::template read<ElrEl2>().value});
    Io::write(SpsrEl1{spsr.value});
    Io::write(EsrEl1{syndrome});
    Io::write(ElrEl2{Io::template read<VbarEl1>().value + offset});
    Io::write(SpsrEl2{kSpsrEl1hMasked});
  }

  static constexpr u64 kModeEl1h = 5;
  static constexpr u64 kModeAarch32 = 0x10;
  static constexpr u64 kSpsrEl1hMasked = 0x3C5;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_ARCH_AARCH64_GUEST_EXCEPTION_HPP_
