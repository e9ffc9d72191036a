// SPDX-License-Identifier: Apache-2.0
// The rings between a partition's cores and the supervisor core. Producers of one partition reserve slots with an
// exclusive; nobody waits for anybody: a full ring loses the byte and counts it.
#ifndef BULKHEAD_KERNEL_PARTITION_CONSOLE_RING_HPP_
#define BULKHEAD_KERNEL_PARTITION_CONSOLE_RING_HPP_

#include "arch/aarch64/cpu.hpp"
#include "partition/state.hpp"

namespace bulkhead {

class ConsoleRing {
 public:
  static constexpr u32 kSlotFilled = 0x100;

  // implements: LLR-201
  /// Puts up to `count` bytes; returns how many were taken. What does not fit is counted as lost by the caller's choice.
  [[gnu::cold, gnu::noinline]] static u32 put(ConsoleRings& rings, const u8* bytes, u32 count) {
    u32 head = load_relaxed(&rings.transmit_head);
    u32 taken = 0;
    // Retried only while another vCPU of the same partition reserves at the same moment.
    for (;;) {
      const u32 room = kConsoleTransmitSlots - (head - load_acquire(&rings.transmit_tail));
      taken = count < room ? count : room;
      if (taken == 0 || compare_exchange(&rings.transmit_head, head, head + taken)) {
        break;
      }
      head = load_relaxed(&rings.transmit_head);
    }
    for (u32 i = 0; i < taken; ++i) {
      store_release(&rings.transmit[(head + i) % kConsoleTransmitSlots], static_cast<u16>(kSlotFilled | bytes[i]));
    }
    return taken;
  }
  /// A UART has no way to say "full" after the fact: bytes that do not fit are lost and counted.
  static void send(ConsoleRings& rings, u8 byte) {
    if (put(rings, &byte, 1) == 0) {
      (void)__atomic_fetch_add(&rings.lost, 1, __ATOMIC_RELAXED);
    }
  }
  static u32 room(const ConsoleRings& rings) {
    return kConsoleTransmitSlots - (load_relaxed(&rings.transmit_head) - load_relaxed(&rings.transmit_tail));
  }

  // implements: LLR-201
  /// Supervisor core: next byte in order, or -1.
  static int next(const ConsoleRings& rings) {
    const u16 slot = load_acquire(&rings.transmit[rings.transmit_tail % kConsoleTransmitSlots]);
    return slot == 0 ? -1 : (slot & 0xFF);
  }
  static void pop(ConsoleRings& rings) {
    store_relaxed(&rings.transmit[rings.transmit_tail % kConsoleTransmitSlots], u16{0});
    store_release(&rings.transmit_tail, rings.transmit_tail + 1);
  }

  // implements: LLR-201, LLR-207
  /// Supervisor core: a byte from the keyboard; false when the partition does not read.
  static bool offer(ConsoleRings& rings, u8 byte) {
    const u32 head = rings.receive_head;
    if (head - load_acquire(&rings.receive_tail) >= kConsoleReceiveBytes) {
      return false;
    }
    store_relaxed(&rings.receive[head % kConsoleReceiveBytes], byte);
    store_release(&rings.receive_head, head + 1);
    return true;
  }
  static bool receive_empty(const ConsoleRings& rings) {
    return load_relaxed(&rings.receive_tail) == load_acquire(&rings.receive_head);
  }
  /// Takes a byte, or -1.
  static int receive(ConsoleRings& rings) {
    for (;;) {
      const u32 tail = load_relaxed(&rings.receive_tail);
      if (tail == load_acquire(&rings.receive_head)) {
        return -1;
      }
      const u8 byte = load_relaxed(&rings.receive[tail % kConsoleReceiveBytes]);
      if (compare_exchange(&rings.receive_tail, tail, tail + 1)) {
        return byte;
      }
    }
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_PARTITION_CONSOLE_RING_HPP_
