// SPDX-License-Identifier: Apache-2.0
// implements: LLR-009
// Nanoseconds of the configuration to ticks of the counter.
#ifndef BULKHEAD_KERNEL_BASE_TIME_HPP_
#define BULKHEAD_KERNEL_BASE_TIME_HPP_

#include "base/types.hpp"

namespace bulkhead {

/// Ticks at `hz` (at most 1 GHz) in `ns`, rounded down; whole seconds and the rest apart, so that nothing overflows.
constexpr u64 ticks_from_ns(u64 ns, u64 hz) {
  constexpr u64 kNsPerSecond = 1'000'000'000;
  return (ns / kNsPerSecond) * hz + (ns % kNsPerSecond) * hz / kNsPerSecond;
}

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_BASE_TIME_HPP_
