// SPDX-License-Identifier: Apache-2.0
// What others left for a vCPU while it was not on its core: doorbells, a changed level of its console.
#ifndef BULKHEAD_KERNEL_MAIN_LEFT_OVER_HPP_
#define BULKHEAD_KERNEL_MAIN_LEFT_OVER_HPP_

#include "vdev/vpl011.hpp"

namespace bulkhead {

template <class F>
class LeftOver {
 public:
  // implements: LLR-1236
  /// Something waits for a vCPU that may not be resident.
  static bool any_for(const Vcpu& vcpu) {
    const PartitionConfig& partition = *vcpu.partition;
    if constexpr (F::kDoorbells) {
      if (F::Bells::any_rung(partition)) {
        return true;
      }
    }
    if constexpr (F::kConsole) {
      if (partition.pl011_base != Ipa{} && (Vpl011::level(partition) ? u32{1} : u32{0}) != vcpu.console_level) {
        return true;
      }
    }
    return false;
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_LEFT_OVER_HPP_
