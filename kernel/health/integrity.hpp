// SPDX-License-Identifier: Apache-2.0
// The constant tables, checked while the system runs: CRC-32C over the configuration segment from its digest's end on, a
// slice at a time, against the value that the build stored.
#ifndef BULKHEAD_KERNEL_HEALTH_INTEGRITY_HPP_
#define BULKHEAD_KERNEL_HEALTH_INTEGRITY_HPP_

#include "config/schema.hpp"
#include "health/integrity_state.hpp"

namespace bulkhead {

template <class Io>
class Integrity {
 public:
  static constexpr u64 kSlice = 4096;   ///< bytes: the bound of what one deadline costs
  static constexpr u64 kFrom = 48;      ///< what stands before is not covered: lengths, sum and digest themselves

  /// Slices of a pass: the time of a pass is shared out among them.
  static u64 slices(const ConfigHeader& config) { return (config.length - kFrom + kSlice - 1) / kSlice; }

  // implements: LLR-1112
  /// One slice. False: the pass is over and the tables are not what was built.
  [[gnu::cold, gnu::noinline]] static bool slice(IntegrityState& state, const ConfigHeader& config) {
    if (state.offset == 0) {
      state.offset = kFrom;
      state.sum = ~u32{0};
    }
    const u64 left = config.length - state.offset;
    const u64 base = reinterpret_cast<u64>(&config);  // DEV-0001: the segment begins with its header
    const u64 end = state.offset + (left < kSlice ? left : kSlice);
    u32 sum = state.sum;
    for (u64 at = state.offset; at < end; at += sizeof(u64)) {  // the segment is whole pages
      sum = Io::crc32c(sum, Io::load64(base + at));
    }
    state.sum = sum;
    state.offset = end;
    if (end < config.length) {
      return true;
    }
    state.offset = 0;
    ++state.passes;
    return ~sum == config.checksum;
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_HEALTH_INTEGRITY_HPP_
