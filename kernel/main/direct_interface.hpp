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
  // implements: LLR-362, LLR-365
  /// ICH_HCR_EL2.TC traps PMR, CTLR, RPR and DIR together with the SGI registers: passed through; DIR only for own ids.
  static void pass(Vcpu& vcpu, u32 encoding, bool read, u32 rt, u64 value) {
    if constexpr (Gic::kVersion == 3) {
      u64 result = 0;
      if (encoding == encoding_of<IccPmrEl1>()) {
        if (read) {
          result = Io::template read<IccPmrEl1>().value;
        } else {
          Io::write(IccPmrEl1{value});
        }
      } else if (encoding == encoding_of<IccCtlrEl1>()) {
        if (read) {
          result = Io::template read<IccCtlrEl1>().value;
        } else {
          Io::write(IccCtlrEl1{value});
        }
      } else if (encoding == encoding_of<IccRprEl1>()) {
        result = Io::template read<IccRprEl1>().value;
      } else {
        const u32 id = static_cast<u32>(value) & 0x3FF;
        const u32 own = vcpu.partition->irq_owned[id / 32] | (id < Gic::kKernelSgi ? ~u32{0} : 0);
        if ((own & (u32{1} << (id % 32))) != 0) {
          Io::write(IccDirEl1{value});
        }
      }
      if (read && rt != 31) {
        vcpu.x[rt] = result;
      }
    }
  }

  // implements: LLR-364
  /// WFI of a guest that closed the interface: it opens for the kernel's SGI alone, and is put back unless an order came.
  [[gnu::cold, gnu::noinline]] static void sleep_closed(Vcpu& vcpu) {
    const auto saved = Gic::open_for_kernel();
    if (!Lifecycle<F>::ordered(vcpu)) {
      Io::wfi();
    }
    if (!Lifecycle<F>::ordered(vcpu)) {
      Gic::restore_interface(saved);
    }
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_DIRECT_INTERFACE_HPP_
