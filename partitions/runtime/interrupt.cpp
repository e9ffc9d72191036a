// SPDX-License-Identifier: Apache-2.0
// implements: LLR-403
//
// What does not depend on the interrupt controller's version.
#include "bulkhead.h"

extern "C" void runtime_interrupt(void);

namespace {

// Ids from here on mean that nothing was pending any more (IHI 0048, 4.4.4; IHI 0069, 2.2.1).
constexpr uint32_t kFirstSpecialId{1020};
constexpr uint32_t kLastSpecialId{1023};

}  // namespace

void runtime_interrupt(void)
{
    const uint32_t acknowledged{bulkhead_irq_acknowledge()};
    const uint32_t intid{bulkhead_irq_id(acknowledged)};
    if ((intid < kFirstSpecialId) || (intid > kLastSpecialId)) {
        bulkhead_on_interrupt(intid);
        bulkhead_irq_end(acknowledged);
    }
}

[[gnu::weak]] void bulkhead_on_interrupt(uint32_t intid)
{
    if (!bulkhead_period_interrupt(intid)) {
        bulkhead_irq_disable(intid);
    }
}

void bulkhead_irq_unmask(void) { asm volatile("msr daifclr, #3" ::: "memory"); }

void bulkhead_irq_mask(void) { asm volatile("msr daifset, #3" ::: "memory"); }

void bulkhead_wait_for_interrupt(void)
{
    // Stores are complete before the sleep: another vCPU or a device may be waiting for them.
    asm volatile("dsb sy\n\twfi" ::: "memory");
}
