// SPDX-License-Identifier: Apache-2.0
// Cadence system watchdog (SWDT) of ZynqMP (UG1085 chapter 14; UG1087, module SWDT). Its two control registers take a write
// only with their key in it.
#ifndef BULKHEAD_KERNEL_DRIVER_WATCHDOG_CADENCE_HPP_
#define BULKHEAD_KERNEL_DRIVER_WATCHDOG_CADENCE_HPP_

#include "base/types.hpp"

namespace bulkhead {

template <class Io, u64 Base>
class CadenceWatchdog {
 public:
  // implements: LLR-1190
  /// Runs from its full time on and resets the board at zero. `control`: prescaler and restart value, as CONTROL takes them.
  /// False: the device does not say that it runs.
  [[gnu::cold]] static bool start(u32 control) {
    Io::mmio_write32(Base, kMode, kModeKey);  // CONTROL is changed only while it stands still
    Io::mmio_write32(Base, kControl, kControlKey | control);
    Io::mmio_write32(Base, kMode, kModeKey | kModeLongPulse | kModeReset | kModeEnable);
    restart();
    return (Io::mmio_read32(Base, kMode) & kModeEnable) != 0;
  }
  static void restart() { Io::mmio_write32(Base, kRestart, kRestartKey); }
  [[gnu::cold]] static void stop() { Io::mmio_write32(Base, kMode, kModeKey); }

 private:
  static constexpr u64 kMode = 0x0;
  static constexpr u64 kControl = 0x4;
  static constexpr u64 kRestart = 0x8;
  static constexpr u32 kModeEnable = u32{1} << 0;
  static constexpr u32 kModeReset = u32{1} << 1;      ///< reset output on, interrupt output off
  static constexpr u32 kModeLongPulse = u32{3} << 4;  ///< of the reset output: 16 cycles of the bus clock
  static constexpr u32 kModeKey = u32{0xABC} << 12;
  static constexpr u32 kControlKey = u32{0x248} << 14;
  static constexpr u32 kRestartKey = 0x1999;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_DRIVER_WATCHDOG_CADENCE_HPP_
