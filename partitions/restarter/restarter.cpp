// SPDX-License-Identifier: Apache-2.0
//
// Raises an application event until it has been restarted as often as it was told, and says whether every restart kept the
// one region and nothing else.
#include "bulkhead.hpp"
#include "bulkhead_partition.h"

namespace {

struct Kept {
    uint64_t wanted; // restarts still to come, and the one that is going on
    uint64_t done;
    uint64_t lost;   // restarts that left RAM of the time before
};

// volatile: the next incarnation reads what this one wrote.
volatile Kept& kept() { return *reinterpret_cast<volatile Kept*>(bulkhead_region_kept_base); }

volatile uint64_t in_ram{0};

uint64_t number_from_console()
{
    uint64_t value{0};
    for (;;) {
        char typed[16];
        const size_t count{bulkhead_console_read(typed, sizeof(typed))};
        for (size_t i{0}; i < count; ++i) {
            if ((typed[i] < '0') || (typed[i] > '9')) {
                return value;
            }
            value = (value * 10U) + static_cast<uint64_t>(typed[i] - '0');
        }
        static_cast<void>(bulkhead_period_wait());
    }
}

void go_on()
{
    in_ram = 1;
    static_cast<void>(bulkhead_raise(kept().done));
}

}  // namespace

void bulkhead_main(uint64_t)
{
    static_cast<void>(bulkhead_ready());
    if (kept().wanted != 0U) {
        kept().done = kept().done + 1U;
        kept().lost = kept().lost + in_ram;
        if (kept().done < kept().wanted) {
            go_on();
        }
        bulkhead::print("restarter: %u restarts, %u with old memory, status says %u\n", kept().done, kept().lost,
                        bulkhead_partition_status(BULKHEAD_SELF).x3);
        kept().wanted = 0;
    }
    bulkhead_irq_init();
    bulkhead_period_start(bulkhead_ticks_per_second() / 100U);
    bulkhead::print("restarter: how often?\n");
    kept().wanted = number_from_console();
    kept().done = 0;
    kept().lost = 0;
    go_on();
}
