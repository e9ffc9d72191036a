// SPDX-License-Identifier: Apache-2.0
// implements: LLR-403
//
// The virtual timer (DDI 0487, D12.2). Bulkhead keeps its offset at 0: time runs on while a partition is halted.
#include "bulkhead.h"
#include "bulkhead_partition.h"
#include "system_register.hpp"

uint64_t bulkhead_time(void)
{
    // Without it the counter may be read before the instructions that precede it.
    runtime::isb();
    return runtime::CNTVCT_EL0::read();
}

uint64_t bulkhead_ticks_per_second(void)
{
    const uint64_t frequency{runtime::CNTFRQ_EL0::read()};
    // Firmware that did not set the register leaves 0; then the system's nominal figure is all there is.
    return (frequency != 0U) ? frequency : bulkhead_counter_hz;
}

void bulkhead_pause(void)
{
    // asm: there is no other word for it.
    asm volatile("yield");
}

void bulkhead_timer_start(uint64_t deadline)
{
    runtime::CNTV_CVAL_EL0::write(deadline);
    runtime::CNTV_CTL_EL0::write(runtime::CNTV_CTL_EL0::kEnable);
    runtime::isb();
}

void bulkhead_timer_stop(void)
{
    runtime::CNTV_CTL_EL0::write(0);
    // The level of the interrupt has to be low before its end, or it comes again.
    runtime::isb();
}
