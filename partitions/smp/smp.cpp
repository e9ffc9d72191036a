// SPDX-License-Identifier: Apache-2.0
//
// Two vCPUs: the first starts the second by PSCI, they throw a software interrupt to and fro, the second
// switches itself off and is started again.
#include "bulkhead.hpp"
#include "bulkhead_partition.h"

namespace {

constexpr uint32_t kPing{1};
constexpr uint32_t kPong{2};
constexpr uint64_t kRounds{1000};
constexpr int64_t kOff{1};

// One writer each: the vCPU that the interrupt came to.
volatile uint64_t pings{0};
volatile uint64_t pongs{0};
volatile uint64_t ready_in_life{0};  // an interrupt sent before its receiver has a group for it may be lost on a GICv3

void second(uint64_t life)
{
    bulkhead_mmu_enable();
    bulkhead_irq_init();
    bulkhead_irq_enable(kPing);
    bulkhead::print("smp: vCPU %u is up, life %u\n", bulkhead_vcpu(), life);
    ready_in_life = life;
    bulkhead_irq_unmask();
    while (pings < (life * kRounds)) {
        bulkhead_irq_mask();
        if (pings < (life * kRounds)) {
            bulkhead_wait_for_interrupt();
        }
        bulkhead_irq_unmask();
    }
    bulkhead_cpu_off();
}

void play(uint64_t life)
{
    while (ready_in_life != life) {
        asm volatile("yield");
    }
    for (uint64_t round{0}; round < kRounds; ++round) {
        const uint64_t before{pongs};
        bulkhead_sgi_send(kPing, 1U << 1U);
        bulkhead_irq_mask();
        while (pongs == before) {
            bulkhead_wait_for_interrupt();
            bulkhead_irq_unmask();
            bulkhead_irq_mask();
        }
        bulkhead_irq_unmask();
    }
    bulkhead::print("smp: life %u, %u pings, %u pongs\n", life, pings, pongs);
}

}  // namespace

void bulkhead_on_interrupt(uint32_t intid)
{
    if (intid == kPing) {
        pings = pings + 1U;
        bulkhead_sgi_send(kPong, 1U << 0U);
    } else if (intid == kPong) {
        pongs = pongs + 1U;
    } else {
        static_cast<void>(bulkhead_period_interrupt(intid));
    }
}

void bulkhead_main(uint64_t)
{
    bulkhead_mmu_enable();
    bulkhead_irq_init();
    bulkhead_irq_enable(kPong);
    bulkhead_irq_unmask();
    static_cast<void>(bulkhead_ready());
    for (uint64_t life{1}; life <= 2U; ++life) {
        bulkhead::print("smp: CPU_ON %d\n", bulkhead_vcpu_start(1, second, life));
        play(life);
        while (bulkhead_psci_affinity_info(1, 0) != kOff) {
            asm volatile("yield");
        }
        bulkhead::print("smp: vCPU 1 is off\n");
    }
    bulkhead_period_start(bulkhead_ticks_per_second());
    for (;;) {
        bulkhead::print("smp: second %u\n", bulkhead_period_wait());
    }
}
