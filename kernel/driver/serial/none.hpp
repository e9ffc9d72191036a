// SPDX-License-Identifier: Apache-2.0
// implements: LLR-208
// No console: what a system without `hypervisor.console` links instead of a UART driver.
#ifndef BULKHEAD_KERNEL_DRIVER_SERIAL_NONE_HPP_
#define BULKHEAD_KERNEL_DRIVER_SERIAL_NONE_HPP_

#include "base/types.hpp"

namespace bulkhead {

class NoUart {
 public:
  static constexpr bool kPresent = false;

  static void initialise(u32 /*baud*/, u64 /*clock_hz*/) {}
  static bool can_send() { return true; }
  static void send(u8 /*byte*/) {}
  static bool can_receive() { return false; }
  static u8 receive() { return 0; }
  static void set_transmit_interrupt(bool /*on*/) {}
  static void clear_interrupts() {}
  static bool drained() { return true; }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_DRIVER_SERIAL_NONE_HPP_
