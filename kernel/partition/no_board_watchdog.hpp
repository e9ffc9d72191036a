// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1190
#ifndef BULKHEAD_KERNEL_PARTITION_NO_BOARD_WATCHDOG_HPP_
#define BULKHEAD_KERNEL_PARTITION_NO_BOARD_WATCHDOG_HPP_

namespace bulkhead {

struct NoBoardWatchdog {
  static constexpr bool kPresent = false;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_PARTITION_NO_BOARD_WATCHDOG_HPP_
