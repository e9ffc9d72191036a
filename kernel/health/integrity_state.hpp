// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1112
// How far the check of the constant tables has come.
#ifndef BULKHEAD_KERNEL_HEALTH_INTEGRITY_STATE_HPP_
#define BULKHEAD_KERNEL_HEALTH_INTEGRITY_STATE_HPP_

#include "base/types.hpp"

namespace bulkhead {

struct IntegrityState {
  u64 due;       ///< counter value at which the next slice is due
  u64 offset;    ///< bytes of the segment that this pass has seen, or 0: a pass begins
  u32 sum;       ///< CRC so far
  u32 passes;    ///< passes that found nothing
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_HEALTH_INTEGRITY_STATE_HPP_
