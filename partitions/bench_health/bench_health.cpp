// SPDX-License-Identifier: Apache-2.0
//
// The table of partition 0 has `log` for `application` in cold start and `notify` in normal: `ready` leads from one to the other. The
// others sleep, its monitor among them.
#include "bulkhead_figure.hpp"
#include "bulkhead_partition.h"

extern "C" uint64_t measure_call(uint64_t function, uint64_t x1);

namespace {

using bulkhead::Figure;

constexpr uint64_t kRaise{0xC6000004};
constexpr uint64_t kKick{0xC6000005};
constexpr uint32_t kRepeats{8};
constexpr uint32_t kSaid{16};              // events of an incarnation that the console says
constexpr uint64_t kPeriodsPerSecond{200};  // one is enough for the console to drain what stands in it

Figure row(uint64_t function, uint64_t x1)
{
    Figure figure;
    static_cast<void>(bulkhead_period_wait());
    static_cast<void>(measure_call(function, x1));  // fills what is filled once, such as an emulator's translations
    for (uint32_t i{0}; i < kRepeats; ++i) {
        static_cast<void>(bulkhead_period_wait());
        figure.take(measure_call(function, x1));
    }
    return figure;
}

}  // namespace

void bulkhead_main(uint64_t)
{
    if (bulkhead_partition_id == 0U) {
        bulkhead_irq_init();
        bulkhead_period_start(bulkhead_ticks_per_second() / kPeriodsPerSecond);
        const Figure said{row(kRaise, 1)};
        for (uint32_t i{0}; i < kSaid; ++i) {
            static_cast<void>(bulkhead_raise(1));
        }
        const Figure recorded{row(kRaise, 1)};
        static_cast<void>(bulkhead_ready());
        const Figure notified{row(kRaise, 1)};
        const Figure kicked{row(kKick, 0)};
        said.print("raise_log_said");
        recorded.print("raise_log");
        notified.print("raise_notify");
        kicked.print("watchdog_kick");
        bulkhead::print("bench done\n");
    }
    for (;;) {
        asm volatile("wfi" ::: "memory");
    }
}
