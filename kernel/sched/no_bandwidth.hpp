// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1182
// No partition has a bandwidth budget: every question of the kernel has a constant answer, and no code.
#ifndef BULKHEAD_KERNEL_SCHED_NO_BANDWIDTH_HPP_
#define BULKHEAD_KERNEL_SCHED_NO_BANDWIDTH_HPP_

#include "partition/state.hpp"

namespace bulkhead {

template <class F>
struct NoBandwidth {
  static constexpr bool kPresent = false;
  static void boot(Core& /*core*/) {}
  static constexpr bool takes(Core& /*core*/, u32 /*irq*/) { return false; }
  static constexpr bool stopped(const Vcpu& /*vcpu*/) { return false; }
  static constexpr bool held(Vcpu& /*vcpu*/) { return false; }
  static void keep(Vcpu& vcpu, u32 irq) { F::Lists::mark_pending(vcpu, irq); }
  template <class Out>
  static void account(Out& /*out*/, const PartitionConfig& /*partition*/) {}
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_SCHED_NO_BANDWIDTH_HPP_
