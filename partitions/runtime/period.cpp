// SPDX-License-Identifier: Apache-2.0
// implements: LLR-403
//
// Periods counted by the timer interrupt.
#include "bulkhead.h"
#include "bulkhead_partition.h"

namespace {

uint64_t period_ticks{0};
uint64_t deadline{0};
uint64_t waited_for{0};
uint64_t late{0};
volatile uint64_t begun{0};  // written by the interrupt, read by the program

}  // namespace

void bulkhead_period_start(uint64_t ticks)
{
    period_ticks = ticks;
    deadline = bulkhead_time() + ticks;
    bulkhead_irq_enable(bulkhead_timer_irq);
    bulkhead_timer_start(deadline);
    bulkhead_irq_unmask();
}

bool bulkhead_period_interrupt(uint32_t intid)
{
    const bool is_mine{(intid == bulkhead_timer_irq) && (period_ticks != 0U)};
    if (is_mine) {
        // From deadline to deadline, not from now: the periods do not drift. A late one takes the periods that have
        // passed meanwhile with it: the timer's level is low when this interrupt ends, as QEMU's GICv2 wants it, which
        // forgets a level that is high at the end of a hardware-linked interrupt.
        uint64_t passed{1};
        deadline += period_ticks;
        while (bulkhead_time() >= deadline) {
            ++late;
            ++passed;
            deadline += period_ticks;
        }
        bulkhead_timer_start(deadline);
        begun = begun + passed;
    }
    return is_mine;
}

uint64_t bulkhead_period_wait(void)
{
    bulkhead_irq_mask();
    while (begun == waited_for) {
        // Asked and slept with interrupts masked, or one between the two would leave this asleep a period long.
        bulkhead_wait_for_interrupt();
        bulkhead_irq_unmask();
        bulkhead_irq_mask();
    }
    bulkhead_irq_unmask();
    ++waited_for;
    return waited_for;
}

bool bulkhead_period_is_running(void) { return period_ticks != 0U; }

uint64_t bulkhead_periods_late(void) { return late; }
