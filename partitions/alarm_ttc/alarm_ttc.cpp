// SPDX-License-Identifier: Apache-2.0
//
// Sleeps from one alarm of a Cadence TTC's first counter (UG1087, module TTC) to the next.
#include "bulkhead.hpp"
#include "bulkhead_partition.h"
#include "mmio.hpp"

namespace {

constexpr uint64_t kClockControl{bulkhead_device_ttc0_base + 0x00U};
constexpr uint64_t kCounterControl{bulkhead_device_ttc0_base + 0x0CU};
constexpr uint64_t kInterval{bulkhead_device_ttc0_base + 0x24U};
constexpr uint64_t kInterrupt{bulkhead_device_ttc0_base + 0x54U};  // reading clears it
constexpr uint64_t kInterruptEnable{bulkhead_device_ttc0_base + 0x60U};
constexpr uint32_t kPrescale{(15U << 1U) | 1U};  // by 65,536: 1,526 a second at the board's 100 MHz, 2,029 in the emulator
constexpr uint32_t kCounts{20};
constexpr uint32_t kOff{0x21};                   // disabled, no waveform
constexpr uint32_t kFromNull{0x32};              // reset, interval mode, no waveform
constexpr uint32_t kIntervalOver{1};
constexpr uint32_t kReport{20};                  // alarms to the line that a test waits for

uint32_t alarms{0};

}  // namespace

void bulkhead_on_interrupt(uint32_t)
{
    runtime::write32(kCounterControl, kOff);
    static_cast<void>(runtime::read32(kInterrupt));
    ++alarms;
    if (alarms == kReport) {
        bulkhead::print("alarm: %u\n", alarms);
    }
    runtime::write32(kCounterControl, kFromNull);
}

void bulkhead_main(uint64_t)
{
    bulkhead_irq_init();
    bulkhead_irq_enable(bulkhead_device_ttc0_irq);
    static_cast<void>(bulkhead_ready());
    runtime::write32(kCounterControl, kOff);
    runtime::write32(kClockControl, kPrescale);
    runtime::write32(kInterval, kCounts);
    runtime::write32(kInterruptEnable, kIntervalOver);
    runtime::write32(kCounterControl, kFromNull);
    bulkhead_irq_unmask();
    for (;;) {
        bulkhead_wait_for_interrupt();
    }
}
