// SPDX-License-Identifier: Apache-2.0
// The physical CPU interface in the hands of a `direct` guest, where the kernel has to step in.
#ifndef BULKHEAD_KERNEL_MAIN_DIRECT_INTERFACE_HPP_
#define BULKHEAD_KERNEL_MAIN_DIRECT_INTERFACE_HPP_

#include "partition/lifecycle.hpp"
#include "vdev/system_registers.hpp"

namespace bulkhead {

template <class F>
class DirectInterface {
  using Io = typename F::Io;
  using Gic = typename F::Gic;

 public:
  // implements: LLR-362, LLR-365, LLR-963
  /// ICH_HCR_EL2.TC traps PMR, CTLR, RPR and DIR together with the SGI registers, of direct guests alone: passed through, DIR
  /// only for own ids. `access`: the syndrome, its register left out; `value`: to write, or what was read; false: another
  /// register. What takes longest is looked for first, next to an SGI's register, which the caller looked for.
  [[gnu::always_inline]] static bool pass(const Vcpu& vcpu, u32 access, u64& value) {
    if constexpr (Gic::kVersion == 3) {
      if (__builtin_expect((access & kNotOfPmr) == 0, 0)) {
        return pass_register<IccPmrEl1>(access, value);
      }
      if (__builtin_expect((access & kOfCtlr) != 0, 0)) {
        return pass_register<IccCtlrEl1>(access, value);
      }
      if (__builtin_expect((access | kOfSgi) == syndrome_of<IccSgi1rEl1>(), 1)) {
        // A core's private ones are nobody else's.
        const u64 word = (value / 32) % 32;
        if (word == 0 || ((vcpu.irq_owned[word] >> (value % 32)) & 1) != 0) {
          Io::write(IccDirEl1{value});
        }
        return true;
      }
      if (access == (syndrome_of<IccRprEl1>() | 1)) {
        value = Io::template read<IccRprEl1>().value;
        return true;
      }
    }
    return false;
  }

  // implements: LLR-364
  /// WFI of a guest, whatever it did to its interface: that opens for the kernel's SGI besides what the guest lets through,
  /// and is put back unless an order came.
  [[gnu::cold, gnu::noinline]] static void sleep(Vcpu& vcpu) {
    const auto saved = F::Handed::open_for_kernel();
    if (!Lifecycle<F>::ordered(vcpu)) {
      Io::wfi();
    }
    if (!Lifecycle<F>::ordered(vcpu)) {
      F::Handed::restore_interface(saved);
    }
  }

 private:
  /// Reads or writes R, if it is R.
  template <class R>
  [[gnu::always_inline]] static bool pass_register(u32 access, u64& value) {
    if ((access & ~u32{1}) != syndrome_of<R>()) {
      return false;
    }
    if ((access & 1) != 0) {
      value = Io::template read<R>().value;
    } else {
      Io::write(R{value});
    }
    return true;
  }

  // Bits of CRn and CRm that tell PMR and CTLR from the others, and the one of op2 in which DIR is not an SGI's register.
  static constexpr u32 kNotOfPmr = 1U << 13;
  static constexpr u32 kOfCtlr = 1U << 3;
  static constexpr u32 kOfSgi = syndrome_of<IccDirEl1>() ^ syndrome_of<IccSgi1rEl1>();
  static_assert((kOfSgi & (kOfSgi - 1)) == 0 && (syndrome_of<IccDirEl1>() & kOfSgi) == 0);
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_DIRECT_INTERFACE_HPP_
