// SPDX-License-Identifier: Apache-2.0
// implements: HLR-036
// A feature set of zcu102 with every choice on, for the checks that look at the kernel's source without an image.
#ifndef BULKHEAD_FEATURES_HPP_
#define BULKHEAD_FEATURES_HPP_

#include "arch/aarch64/cpu.hpp"
#include "channel/doorbell.hpp"
#include "driver/irq/gicv2_handed.hpp"
#include "driver/serial/cadence.hpp"
#include "sched/arinc653.hpp"
#include "sched/rtds.hpp"
#include "sched/shared.hpp"
#include "sched/bandwidth.hpp"
#include "driver/watchdog/cadence.hpp"
#include "partition/board_watchdog.hpp"
#include "partition/device_resets.hpp"
#include "trace/ring.hpp"

namespace bulkhead {

struct FeatureSet {
  static constexpr u64 kKernelBase = 0x0020'0000;
  static constexpr u32 kIpaBits = 36;
  static constexpr u32 kCoreCount = 4;
  static constexpr u32 kUartIrq = 53;
  static constexpr bool kConsole = true;     // a partition has a virtual console
  static constexpr bool kChannels = true;
  static constexpr bool kDoorbells = true;  // a channel has a doorbell
  static constexpr bool kDirect = true;     // a partition has interrupts: direct
  static constexpr bool kRestart = true;     // something can restart a partition
  static constexpr bool kStartOrder = true;  // a partition waits for others
  static constexpr bool kWatchdogs = true;   // a partition has a watchdog
  static constexpr bool kIntegrity = true;   // the tables are checked while the system runs
  static constexpr bool kFaultsGoOn = true;  // a memory fault need not stop the partition
  static constexpr bool kBoardReset = true;  // an action, a limit or a panic resets the board
  using Tracer = TraceRing;
  static constexpr u32 kTraceEvents = 0x1F;  // TraceEvent values that the event rings record
  static constexpr u32 kActions = 0xFF;      // HealthAction values that tables hold
  struct GicMap {
    // Fixed map: the last 128 KiB of the kernel's 2 MiB; one page a slot.
    static constexpr u64 kDistributor = 0x003E'0000;
    static constexpr u64 kCpuInterface = 0x003E'1000;
    static constexpr u64 kCpuInterfaceDir = 0x003E'2000;
    static constexpr u64 kVirtualControl = 0x003E'3000;
    static constexpr u32 kIrqWords = 6;
    static constexpr u32 kListRegisters = 4;
  };
  template <class F>
  using BandwidthOf = Bandwidth<F>;
  using Header = ExtendedHeader;
  using Io = Cpu;
  template <class F>
  using SchedulerOf = SharedScheduler<F, Arinc653, Rtds>;
  using Gic = Gicv2<Io, GicMap>;
  using Handed = Gicv2Handed<Io, GicMap>;
  template <class F>
  using BellsOf = Doorbells<F>;
  template <class F>
  using ResetsOf = DeviceResets<F>;
  template <class F>
  using BoardWatchdogOf = BoardWatchdog<F, CadenceWatchdog<Io, 0x003E'4000 + 0x1000>>;
  using Uart = CadenceUart<Io, 0x003E'4000>;       // through the fixed map
  using EarlyUart = CadenceUart<Io, 0xFF00'0000>;  // MMU off
};

}  // namespace bulkhead

#endif  // BULKHEAD_FEATURES_HPP_
