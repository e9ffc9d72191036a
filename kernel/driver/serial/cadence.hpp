// SPDX-License-Identifier: Apache-2.0
// implements: LLR-221, LLR-223
// Cadence UART of ZynqMP (UG1085 chapter 21, UG1087 module UART) as the hypervisor's console. Contract as in pl011.hpp.
#ifndef BULKHEAD_KERNEL_DRIVER_SERIAL_CADENCE_HPP_
#define BULKHEAD_KERNEL_DRIVER_SERIAL_CADENCE_HPP_

#include "base/types.hpp"

namespace bulkhead {

template <class Io, u64 kBase>
class CadenceUart {
 public:
  static constexpr bool kPresent = true;

  static void initialise(u32 baud, u64 clock_hz) {
    Io::mmio_write32(kBase, kIdr, ~u32{0});
    Io::mmio_write32(kBase, kCr, kCrTransmitDisable | kCrReceiveDisable);
    if (clock_hz != 0 && baud != 0) {
      // Baud = clock / (CD * (BDIV + 1)); BDIV 6 keeps the rounding error small at the usual clocks.
      const u64 divisor = (clock_hz + u64{baud} * 7 / 2) / (u64{baud} * 7);
      Io::mmio_write32(kBase, kBaudGenerator, static_cast<u32>(divisor));
      Io::mmio_write32(kBase, kBaudDivider, 6);
    }
    Io::mmio_write32(kBase, kCr, kCrTransmitDisable | kCrReceiveDisable | kCrResetBoth);
    Io::mmio_write32(kBase, kMr, kMr8NoParity);
    Io::mmio_write32(kBase, kReceiveTrigger, 1);
    Io::mmio_write32(kBase, kCr, kCrTransmitEnable | kCrReceiveEnable);
    Io::mmio_write32(kBase, kIer, kInterruptReceive);
  }
  static bool can_send() { return (Io::mmio_read32(kBase, kSr) & kSrTransmitFull) == 0; }
  static void send(u8 byte) { Io::mmio_write32(kBase, kFifo, byte); }
  static bool can_receive() { return (Io::mmio_read32(kBase, kSr) & kSrReceiveEmpty) == 0; }
  static u8 receive() { return static_cast<u8>(Io::mmio_read32(kBase, kFifo)); }
  static void set_transmit_interrupt(bool on) { Io::mmio_write32(kBase, (on ? kIer : kIdr), kInterruptTransmitEmpty); }
  static void clear_interrupts() { Io::mmio_write32(kBase, kIsr, kInterruptReceive | kInterruptTransmitEmpty); }
  static bool drained() {
    return (Io::mmio_read32(kBase, kSr) & (kSrTransmitEmpty | kSrTransmitActive)) == kSrTransmitEmpty;
  }

 private:
  static constexpr u64 kCr = 0x00;
  static constexpr u64 kMr = 0x04;
  static constexpr u64 kIer = 0x08;
  static constexpr u64 kIdr = 0x0C;
  static constexpr u64 kIsr = 0x14;
  static constexpr u64 kBaudGenerator = 0x18;
  static constexpr u64 kReceiveTrigger = 0x20;
  static constexpr u64 kSr = 0x2C;
  static constexpr u64 kFifo = 0x30;
  static constexpr u64 kBaudDivider = 0x34;
  static constexpr u32 kCrResetBoth = 0x03;
  static constexpr u32 kCrReceiveEnable = 0x04;
  static constexpr u32 kCrReceiveDisable = 0x08;
  static constexpr u32 kCrTransmitEnable = 0x10;
  static constexpr u32 kCrTransmitDisable = 0x20;
  static constexpr u32 kMr8NoParity = 0x20;
  static constexpr u32 kSrReceiveEmpty = u32{1} << 1;
  static constexpr u32 kSrTransmitEmpty = u32{1} << 3;
  static constexpr u32 kSrTransmitFull = u32{1} << 4;
  static constexpr u32 kSrTransmitActive = u32{1} << 11;
  static constexpr u32 kInterruptReceive = u32{1} << 0;        // receive FIFO trigger
  static constexpr u32 kInterruptTransmitEmpty = u32{1} << 3;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_DRIVER_SERIAL_CADENCE_HPP_
