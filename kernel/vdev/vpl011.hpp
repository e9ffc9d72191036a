// SPDX-License-Identifier: Apache-2.0
// Virtual PL011 (Arm DDI 0183) over the partition's console rings, for guests that bring their own driver.
#ifndef BULKHEAD_KERNEL_VDEV_VPL011_HPP_
#define BULKHEAD_KERNEL_VDEV_VPL011_HPP_

#include "partition/console_ring.hpp"

namespace bulkhead {

class Vpl011 {
 public:
  // implements: LLR-204
  static u64 load(const PartitionConfig& partition, u32 offset) {
    return read(partition.state->pl011, *partition.console, offset);
  }
  /// Returns true when a sent byte needs the supervisor core's attention.
  static bool store(const PartitionConfig& partition, u32 offset, u64 value) {
    return write(partition.state->pl011, *partition.console, offset, static_cast<u32>(value));
  }

  // implements: LLR-204, LLR-209
  /// Level of the interrupt output: masked raw status.
  static bool level(const PartitionConfig& partition) {
    const VirtualPl011& uart = partition.state->pl011;
    return (raw_status(uart, *partition.console) & load_relaxed(&uart.plain[kMask])) != 0;
  }
  /// Room in the ring that lets the transmit interrupt through: drivers then write half a FIFO without looking.
  static constexpr u32 kRoom = 32;

 private:
  static u32 raw_status(const VirtualPl011& uart, const ConsoleRings& rings) {
    return (load_relaxed(&uart.ris) & (ConsoleRing::room(rings) >= kRoom ? ~u32{0} : ~kTransmit)) |
           (ConsoleRing::receive_empty(rings) ? 0 : kReceive | kReceiveTimeout);
  }

  [[gnu::cold, gnu::noinline]] static bool write(VirtualPl011& uart, ConsoleRings& rings, u32 offset, u32 value) {
    if (offset == kData) {
      ConsoleRing::send(rings, static_cast<u8>(value));
      fetch_or(&uart.ris, kTransmit);  // transmission looks instant to the driver while the ring has room
      return true;
    }
    if (offset == kClear) {
      fetch_and(&uart.ris, ~value);
    } else if (is_plain(offset)) {
      constexpr u16 kWritable[] = {0xFFFF, 0x3F, 0xFF, 0xFFFF, 0x3F, 0x7FF};
      const u32 n = (offset - kFirstPlain) / 4;
      store_relaxed(&uart.plain[n], value & kWritable[n]);
    }
    return false;
  }

  [[gnu::cold, gnu::noinline]] static u32 read(VirtualPl011& uart, ConsoleRings& rings, u32 offset) {
    switch (offset) {
      case kData:
        return receive_data(rings);
      case kFlags:
        return (ConsoleRing::receive_empty(rings) ? kFlagReceiveEmpty : 0) |
               (ConsoleRing::room(rings) == 0 ? kFlagTransmitFull : kFlagTransmitEmpty);
      case kRawStatus:
        return raw_status(uart, rings);
      case kMaskedStatus:
        return raw_status(uart, rings) & load_relaxed(&uart.plain[kMask]);
      default:
        return is_plain(offset) ? load_relaxed(&uart.plain[(offset - kFirstPlain) / 4]) : identification(offset);
    }
  }

  static u32 receive_data(ConsoleRings& rings) {
    const int byte = ConsoleRing::receive(rings);
    return byte < 0 ? 0 : static_cast<u32>(byte);
  }

  /// UARTPeriphID and UARTPCellID: part 011, Arm, revision r1p5.
  static u32 identification(u32 offset) {
    constexpr u8 kIds[] = {0x11, 0x10, 0x34, 0x00, 0x0D, 0xF0, 0x05, 0xB1};
    return offset >= 0xFE0 && offset < 0x1000 ? kIds[(offset - 0xFE0) / 4] : 0;
  }

  static bool is_plain(u32 offset) { return offset - kFirstPlain < 6 * 4 && offset % 4 == 0; }

  // Registers, DDI 0183 3.2.
  static constexpr u32 kData = 0x000;
  static constexpr u32 kFlags = 0x018;
  static constexpr u32 kFirstPlain = 0x024;
  static constexpr u32 kMask = 5;        // of `plain`: IMSC
  static constexpr u32 kRawStatus = 0x03C;
  static constexpr u32 kMaskedStatus = 0x040;
  static constexpr u32 kClear = 0x044;
  static constexpr u32 kReceive = u32{1} << 4;
  static constexpr u32 kTransmit = u32{1} << 5;
  static constexpr u32 kReceiveTimeout = u32{1} << 6;
  static constexpr u32 kFlagReceiveEmpty = u32{1} << 4;
  static constexpr u32 kFlagTransmitFull = u32{1} << 5;
  static constexpr u32 kFlagTransmitEmpty = u32{1} << 7;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_VDEV_VPL011_HPP_
