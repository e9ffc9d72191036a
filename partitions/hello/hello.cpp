// SPDX-License-Identifier: Apache-2.0
//
// The smallest useful partition: says who it is, then counts seconds by the timer interrupt.
#include "bulkhead.hpp"
#include "bulkhead_partition.h"

void bulkhead_main(uint64_t)
{
    bulkhead_mmu_enable();
    bulkhead::print("hello from %s, %u ticks a second\n", bulkhead_partition_name, bulkhead_ticks_per_second());
    bulkhead_irq_init();
    bulkhead_period_start(bulkhead_ticks_per_second());
    static_cast<void>(bulkhead_ready());
    for (;;) {
        bulkhead::print("period %u\n", bulkhead_period_wait());
    }
}
