// SPDX-License-Identifier: Apache-2.0
// implements: LLR-261
// A guest's load or store to an emulated page, decoded from the data abort's syndrome.
#ifndef BULKHEAD_KERNEL_VDEV_MMIO_HPP_
#define BULKHEAD_KERNEL_VDEV_MMIO_HPP_

#include "base/types.hpp"

namespace bulkhead {

struct MmioAccess {
  u64 offset;   ///< from the start of the device's window, naturally aligned to `size`
  u32 size;     ///< bytes: 1, 2, 4, 8
  bool write;
  u64 value;    ///< stored value; for a load the device fills it in
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_VDEV_MMIO_HPP_
