// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1193
#ifndef BULKHEAD_KERNEL_PARTITION_NO_DEVICE_RESETS_HPP_
#define BULKHEAD_KERNEL_PARTITION_NO_DEVICE_RESETS_HPP_

namespace bulkhead {

struct NoDeviceResets {
  static constexpr bool kPresent = false;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_PARTITION_NO_DEVICE_RESETS_HPP_
