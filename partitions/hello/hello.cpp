// SPDX-License-Identifier: Apache-2.0
//
// The smallest useful partition: says who it is, then counts seconds by the timer interrupt.
#include "bulkhead.hpp"
#include "bulkhead_partition.h"

namespace {

uint64_t period;
uint64_t deadline;
volatile uint64_t periods;  // written by the interrupt, read by the loop

}  // namespace

void bulkhead_on_interrupt(uint32_t intid)
{
    if (intid == bulkhead_timer_irq) {
        deadline += period;
        bulkhead_timer_start(deadline);
        periods = periods + 1U;
    }
}

void bulkhead_main(uint64_t)
{
    bulkhead_mmu_enable();
    bulkhead::print("hello from %s, vCPU %u, %u ticks a second\n", bulkhead_partition_name, bulkhead_vcpu(),
                    bulkhead_ticks_per_second());
    period = bulkhead_ticks_per_second();
    deadline = bulkhead_time() + period;
    bulkhead_irq_init();
    bulkhead_irq_enable(bulkhead_timer_irq);
    bulkhead_timer_start(deadline);
    bulkhead_irq_unmask();
    static_cast<void>(bulkhead_ready());
    for (uint64_t printed{0};;) {
        bulkhead_wait_for_interrupt();
        if (printed != periods) {
            printed = periods;
            bulkhead::print("period %u\n", printed);
        }
    }
}
