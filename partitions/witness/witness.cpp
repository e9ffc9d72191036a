// SPDX-License-Identifier: Apache-2.0
//
// Sees to it that nobody else touches this partition: a pattern over most of its memory, the SIMD
// registers and the periods of its timer, looked at all the time and reported each second, or when asked.
#include "bulkhead.hpp"
#include "bulkhead_partition.h"

extern "C" void witness_registers(const uint64_t* pattern, uint64_t* seen);

namespace {

constexpr uint64_t kPeriodsPerSecond{100};
constexpr uint64_t kPeriodsToAnswer{20};
constexpr uint32_t kWords{32768};  // 256 KiB
constexpr uint32_t kWordsPerPeriod{kWords / 64};
constexpr uint32_t kRegisterWords{64};  // q0..q31

uint64_t memory[kWords];
alignas(16) uint64_t pattern[kRegisterWords];
alignas(16) uint64_t seen[kRegisterWords];
uint64_t errors{0};

constexpr uint64_t expected(uint32_t index) { return 0x9E3779B97F4A7C15U * (index + 1U); }

void look_at_memory(uint64_t period)
{
    const uint32_t first{static_cast<uint32_t>(period % (kWords / kWordsPerPeriod)) * kWordsPerPeriod};
    for (uint32_t i{first}; i < (first + kWordsPerPeriod); ++i) {
        if (memory[i] != expected(i)) {
            ++errors;
            bulkhead::print("witness: word %u is 0x%x, not 0x%x\n", i, memory[i], expected(i));
            memory[i] = expected(i);
        }
    }
}

void look_at_registers()
{
    witness_registers(pattern, seen);
    for (uint32_t i{0}; i < kRegisterWords; ++i) {
        if (seen[i] != pattern[i]) {
            ++errors;
            bulkhead::print("witness: half %u of the SIMD registers is 0x%x, not 0x%x\n", i, seen[i], pattern[i]);
        }
    }
}

// Asked by a line on its console, the witness answers some periods later, so that the answer shows it still counts.
void answer(uint64_t period)
{
    static uint64_t answer_at{0};
    char typed[16];
    const size_t count{bulkhead_console_read(typed, sizeof(typed))};
    for (size_t i{0}; i < count; ++i) {
        if ((typed[i] == '\n') || (typed[i] == '\r')) {
            answer_at = period + kPeriodsToAnswer;
        }
    }
    if (period == answer_at) {
        bulkhead::print("witness: asked, %u periods ago, errors %u\n", kPeriodsToAnswer, errors);
    }
}

}  // namespace

void bulkhead_main(uint64_t)
{
    bulkhead_mmu_enable();
    for (uint32_t i{0}; i < kWords; ++i) {
        memory[i] = expected(i);
    }
    for (uint32_t i{0}; i < kRegisterWords; ++i) {
        pattern[i] = ~expected(i);
    }
    bulkhead_irq_init();
    bulkhead_period_start(bulkhead_ticks_per_second() / kPeriodsPerSecond);
    static_cast<void>(bulkhead_ready());
    bulkhead::print("witness: watching\n");
    for (;;) {
        const uint64_t period{bulkhead_period_wait()};
        look_at_memory(period);
        look_at_registers();
        answer(period);
        if ((period % kPeriodsPerSecond) == 0U) {
            bulkhead::print("witness: second %u periods %u errors %u late %u\n", period / kPeriodsPerSecond, period, errors,
                            bulkhead_periods_late());
        }
    }
}
