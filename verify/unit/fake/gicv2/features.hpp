// SPDX-License-Identifier: Apache-2.0
// The feature set of the host tests: everything on, GICv2, hardware by fake::Io.
#ifndef BULKHEAD_VERIFY_UNIT_FAKE_GICV2_FEATURES_HPP_
#define BULKHEAD_VERIFY_UNIT_FAKE_GICV2_FEATURES_HPP_

#include "channel/doorbell.hpp"
#include "driver/irq/gicv2_handed.hpp"
#include "trace/ring.hpp"
#include "machine.hpp"
#include "sched/arinc653.hpp"
#include "sched/rtds.hpp"
#include "sched/shared.hpp"
#include "sched/bandwidth.hpp"
#include "driver/watchdog/cadence.hpp"
#include "partition/board_watchdog.hpp"
#include "partition/device_resets.hpp"

namespace bulkhead {

struct FeatureSet {
  static constexpr u64 kKernelBase = 0x4020'0000;
  static constexpr u32 kIpaBits = 36;
  static constexpr u32 kCoreCount = fake::kCores;
  static constexpr u32 kUartIrq = 33;
  static constexpr bool kConsole = true;
  static constexpr bool kChannels = true;
  static constexpr bool kDoorbells = true;
  static constexpr bool kDirect = true;
  static constexpr bool kRestart = true;
  static constexpr bool kStartOrder = true;
  static constexpr bool kWatchdogs = true;
  static constexpr bool kIntegrity = true;
  static constexpr bool kFaultsGoOn = true;
  static constexpr bool kBoardReset = true;
  using Tracer = TraceRing;
  static constexpr u32 kTraceEvents = 0x1D;  // interrupts are not recorded
  static constexpr u32 kActions = 0xFF;
  struct GicMap {
    static constexpr u64 kDistributor = fake::kDistributor;
    static constexpr u64 kCpuInterface = fake::kCpuInterface;
    static constexpr u64 kCpuInterfaceDir = fake::kCpuInterfaceDir;
    static constexpr u64 kVirtualControl = fake::kVirtualControl;
    static constexpr u64 kRedistributor = fake::kRedistributor;
    static constexpr u64 kAffinity[fake::kCores] = {0, 1, 2, 3};
    static constexpr u32 kIrqWords = fake::kIrqWords;
    static constexpr u32 kListRegisters = fake::kListRegisters;
  };
  template <class F>
  using SchedulerOf = SharedScheduler<F, Arinc653, Rtds>;
  template <class F>
  using BandwidthOf = Bandwidth<F>;
  using Header = ExtendedHeader;
  using Io = fake::Io;
  using Gic = Gicv2<Io, GicMap>;
  using Handed = Gicv2Handed<Io, GicMap>;
  template <class F>
  using BellsOf = Doorbells<F>;
  template <class F>
  using ResetsOf = DeviceResets<F>;
  template <class F>
  using BoardWatchdogOf = BoardWatchdog<F, CadenceWatchdog<Io, fake::kBoardWatchdog>>;
  using Uart = fake::Uart;
  using EarlyUart = fake::Uart;
};

}  // namespace bulkhead

#endif  // BULKHEAD_VERIFY_UNIT_FAKE_GICV2_FEATURES_HPP_
