// SPDX-License-Identifier: Apache-2.0
//
// A budget of 20,000 instructions in 100 us: spent within its period, and after it.
#include "bulkhead.hpp"
#include "bulkhead_partition.h"

extern "C" {
void budget_left(uint64_t rounds);
void budget_filled(uint64_t rounds);
void budget_stops(uint64_t rounds);
}

namespace {

constexpr uint32_t kRepeats{9};
constexpr uint64_t kRounds{500};    // of two instructions: a twentieth of the budget
constexpr uint64_t kPortion{1'100};  // ticks that one takes at most if nothing comes between
constexpr uint64_t kNsPerSecond{1'000'000'000};
constexpr uint64_t kPeriodNs{100'000};

// Time passes, and no instruction.
void sleep_for(uint64_t ns)
{
    const uint64_t until{bulkhead_time() + ((bulkhead_ticks_per_second() / 1000U) * ns) / (kNsPerSecond / 1000U)};
    bulkhead_timer_start(until);
    while (bulkhead_time() < until) {
        asm volatile("wfi" ::: "memory");  // its interrupt is masked, and wakes all the same
    }
    bulkhead_timer_stop();
    bulkhead_irq_end(bulkhead_irq_acknowledge());
}

// Until the budget is spent, little by little: what is had too much is taken off the next.
void spend(void (*portion)(uint64_t rounds))
{
    uint64_t before;
    uint64_t after{bulkhead_time()};
    do {
        before = after;
        portion(kRounds);
        after = bulkhead_time();
    } while ((after - before) < kPortion);
}

}  // namespace

void bulkhead_main(uint64_t)
{
    bulkhead_irq_init();
    bulkhead_irq_enable(bulkhead_timer_irq);
    static_cast<void>(bulkhead_ready());
    for (uint32_t i{0}; i < kRepeats; ++i) {
        sleep_for(2 * kPeriodNs);
        spend(budget_filled);
        budget_left(kRounds);
        spend(budget_stops);
    }
    bulkhead::print("bench done\n");
    for (;;) {
        sleep_for(kNsPerSecond);
    }
}
