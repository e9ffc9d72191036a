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
      for (u32 i = 0; i < partition.doorbell_source_count; ++i) {
        const DoorbellState& state = *partition.doorbell_sources[i].state;
        if (load_relaxed(&state.rung) != state.seen) {
          return true;
        }
      }
    }
    if constexpr (F::kConsole) {
      if (partition.pl011_base != 0 && (Vpl011::level(partition) ? u32{1} : u32{0}) != vcpu.console_level) {
        return true;
      }
    }
    return false;
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_LEFT_OVER_HPP_
