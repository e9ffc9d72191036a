// SPDX-License-Identifier: Apache-2.0
// The drivers of the board's UARTs against models of the two devices: what they do with their registers.
#include <catch2/catch.hpp>

#include <deque>
#include <map>

#include "driver/serial/cadence.hpp"
#include "driver/serial/pl011.hpp"

namespace {

using bulkhead::u32;
using bulkhead::u64;
using bulkhead::u8;

constexpr u64 kBase = 0x0900'0000;

/// What both devices have: a receive FIFO, and an interrupt that arriving bytes raise and reading does not.
struct Device {
  std::map<u64, u32> registers;
  std::deque<u8> received;
  u32 told = 0;     ///< raw interrupt status
  u32 enabled = 0;

  /// A byte comes in; only one that finds the FIFO empty crosses the trigger level.
  void arrives(u8 byte, u32 interrupt) {
    if (received.empty()) {
      told |= interrupt;
    }
    received.push_back(byte);
  }
  u32 take() {
    if (received.empty()) {
      return 0;
    }
    const u8 byte = received.front();
    received.pop_front();
    return byte;
  }
  [[nodiscard]] bool interrupts() const { return (told & enabled) != 0; }
};

Device device;

/// PL011 (DDI 0183 3.3): UARTLCR_H.FEN cleared empties the FIFOs.
struct Pl011Io {
  static u32 mmio_read32(u64 /*base*/, u64 offset) {
    switch (offset) {
      case 0x00:
        return device.take();
      case 0x18:
        return device.received.empty() ? 0x10 : 0;
      default:
        return device.registers[offset];
    }
  }
  static void mmio_write32(u64 /*base*/, u64 offset, u32 value) {
    device.registers[offset] = value;
    switch (offset) {
      case 0x2C:
        if ((value & 0x10) == 0) {
          device.received.clear();
        }
        break;
      case 0x38:
        device.enabled = value;
        break;
      case 0x44:
        device.told &= ~value;
        break;
      default:
        break;
    }
  }
};

/// Cadence UART (UG1087, UART): Control.RXRES empties the receive FIFO.
struct CadenceIo {
  static u32 mmio_read32(u64 /*base*/, u64 offset) {
    switch (offset) {
      case 0x2C:
        return device.received.empty() ? 0x2 : 0;
      case 0x30:
        return device.take();
      default:
        return device.registers[offset];
    }
  }
  static void mmio_write32(u64 /*base*/, u64 offset, u32 value) {
    device.registers[offset] = value;
    switch (offset) {
      case 0x00:
        if ((value & 1) != 0) {
          device.received.clear();
        }
        break;
      case 0x08:
        device.enabled |= value;
        break;
      case 0x0C:
        device.enabled &= ~value;
        break;
      case 0x14:
        device.told &= ~value;
        break;
      default:
        break;
    }
  }
};

/// A life of the board begins on a UART that the former one left with bytes in it and their interrupt cleared.
template <class Uart>
void finds_old_bytes(u32 interrupt) {
  device = Device{};
  Uart::initialise(115'200, 100'000'000);
  device.arrives('o', interrupt);
  device.arrives('l', interrupt);
  device.told = 0;
  Uart::initialise(115'200, 100'000'000);
  CHECK_FALSE(Uart::can_receive());
  CHECK_FALSE(device.interrupts());
  device.arrives('n', interrupt);
  CHECK(device.interrupts());
  REQUIRE(Uart::can_receive());
  CHECK(Uart::receive() == 'n');
  Uart::clear_interrupts();
  CHECK_FALSE(device.interrupts());
}

}  // namespace

TEST_CASE("the PL011 begins empty, so that the first key of a life is told", "[LLR-222]") {
  finds_old_bytes<bulkhead::Pl011Uart<Pl011Io, kBase>>(0x10);
  CHECK(device.registers[0x2C] == 0x70);  // eight bits, FIFOs on
  CHECK(device.registers[0x30] == 0x301);
}

TEST_CASE("the Cadence UART begins empty, so that the first key of a life is told", "[LLR-221]") {
  finds_old_bytes<bulkhead::CadenceUart<CadenceIo, kBase>>(0x1);
  CHECK(device.registers[0x00] == 0x14);  // both ways on
}

TEST_CASE("both transmit interrupts follow their switch", "[LLR-223]") {
  device = Device{};
  using Pl011 = bulkhead::Pl011Uart<Pl011Io, kBase>;
  Pl011::initialise(0, 0);
  Pl011::set_transmit_interrupt(true);
  CHECK(device.enabled == 0x70);
  Pl011::set_transmit_interrupt(false);
  CHECK(device.enabled == 0x50);
  device = Device{};
  using Cadence = bulkhead::CadenceUart<CadenceIo, kBase>;
  Cadence::initialise(0, 0);
  Cadence::set_transmit_interrupt(true);
  CHECK(device.enabled == 0x9);
  Cadence::set_transmit_interrupt(false);
  CHECK(device.enabled == 0x1);
}
