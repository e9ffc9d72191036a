// SPDX-License-Identifier: Apache-2.0
// implements: LLR-222, LLR-223
// PL011 UART (Arm DDI 0183) as the hypervisor's console. Contract of a serial driver: initialise(), can_send(), send(),
// can_receive(), receive(), set_transmit_interrupt(), clear_interrupts(), drained(). `kBase` is a kernel VA.
#ifndef BULKHEAD_KERNEL_DRIVER_SERIAL_PL011_HPP_
#define BULKHEAD_KERNEL_DRIVER_SERIAL_PL011_HPP_

#include "base/types.hpp"

namespace bulkhead {

template <class Io, u64 kBase>
class Pl011Uart {
 public:
  static constexpr bool kPresent = true;

  static void initialise(u32 baud, u64 clock_hz) {
    Io::mmio_write32(kBase, kCr, 0);
    Io::mmio_write32(kBase, kImsc, 0);
    Io::mmio_write32(kBase, kIcr, 0x7FF);
    if (clock_hz != 0 && baud != 0) {
      // Divisor in 1/64 steps: clock / (16 * baud), rounded (3.3.6).
      const u64 divisor64 = (clock_hz * 4 + baud / 2) / baud;
      Io::mmio_write32(kBase, kIbrd, static_cast<u32>(divisor64 >> 6));
      Io::mmio_write32(kBase, kFbrd, static_cast<u32>(divisor64 & 0x3F));
    }
    Io::mmio_write32(kBase, kLcrH, 0);  // empties the FIFOs: old bytes would raise no interrupt, and nor would those behind them
    Io::mmio_write32(kBase, kLcrH, kLcrH8BitFifo);
    Io::mmio_write32(kBase, kCr, kCrEnable);
    Io::mmio_write32(kBase, kImsc, kInterruptReceive);
  }
  static bool can_send() { return (Io::mmio_read32(kBase, kFr) & kFrTransmitFull) == 0; }
  static void send(u8 byte) { Io::mmio_write32(kBase, kDr, byte); }
  static bool can_receive() { return (Io::mmio_read32(kBase, kFr) & kFrReceiveEmpty) == 0; }
  static u8 receive() { return static_cast<u8>(Io::mmio_read32(kBase, kDr)); }
  static void set_transmit_interrupt(bool on) {
    Io::mmio_write32(kBase, kImsc, kInterruptReceive | (on ? kInterruptTransmit : 0));
  }
  static void clear_interrupts() { Io::mmio_write32(kBase, kIcr, kInterruptReceive | kInterruptTransmit); }
  /// All sent bytes have left the shift register.
  static bool drained() { return (Io::mmio_read32(kBase, kFr) & kFrBusy) == 0; }

 private:
  static constexpr u64 kDr = 0x00;
  static constexpr u64 kFr = 0x18;
  static constexpr u64 kIbrd = 0x24;
  static constexpr u64 kFbrd = 0x28;
  static constexpr u64 kLcrH = 0x2C;
  static constexpr u64 kCr = 0x30;
  static constexpr u64 kImsc = 0x38;
  static constexpr u64 kIcr = 0x44;
  static constexpr u32 kFrBusy = u32{1} << 3;
  static constexpr u32 kFrReceiveEmpty = u32{1} << 4;
  static constexpr u32 kFrTransmitFull = u32{1} << 5;
  static constexpr u32 kLcrH8BitFifo = 0x70;
  static constexpr u32 kCrEnable = 0x301;             // UARTEN, TXE, RXE
  static constexpr u32 kInterruptReceive = 0x50;      // RX level, RX timeout
  static constexpr u32 kInterruptTransmit = 0x20;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_DRIVER_SERIAL_PL011_HPP_
