// SPDX-License-Identifier: Apache-2.0
//
// Sleeps from one alarm of a PL031 (Arm DDI 0224 3.3) to the next.
#include "bulkhead.hpp"
#include "bulkhead_partition.h"
#include "mmio.hpp"

namespace {

constexpr uint64_t kData{bulkhead_device_rtc_base + 0x00U};   // seconds
constexpr uint64_t kMatch{bulkhead_device_rtc_base + 0x04U};
constexpr uint64_t kMask{bulkhead_device_rtc_base + 0x10U};   // 1: the interrupt is let through
constexpr uint64_t kClear{bulkhead_device_rtc_base + 0x1CU};
constexpr uint32_t kReport{5};  // alarms to the line that a test waits for

uint32_t alarms{0};

void set() { runtime::write32(kMatch, runtime::read32(kData) + 1U); }

}  // namespace

void bulkhead_on_interrupt(uint32_t)
{
    runtime::write32(kClear, 1);
    ++alarms;
    if (alarms == kReport) {
        bulkhead::print("alarm: %u\n", alarms);
    }
    set();
}

void bulkhead_main(uint64_t)
{
    bulkhead_irq_init();
    bulkhead_irq_enable(bulkhead_device_rtc_irq);
    static_cast<void>(bulkhead_ready());
    set();
    runtime::write32(kMask, 1);
    bulkhead_irq_unmask();
    for (;;) {
        bulkhead_wait_for_interrupt();
    }
}
