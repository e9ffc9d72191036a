// SPDX-License-Identifier: Apache-2.0
//
// What is left of all the time that there is, under a bandwidth budget.
#include "bulkhead_figure.hpp"
#include "bulkhead_partition.h"

extern "C" uint64_t greedy_run(uint64_t* gap, uint64_t threshold);

namespace {

constexpr uint64_t kGapNs{50'000};  // shorter ones are the kernel's own work
constexpr uint64_t kNsPerSecond{1'000'000'000};
constexpr uint64_t kRunsToReport{100};
constexpr uint64_t kInstructions{32};  // of a round

using bulkhead::Figure;

uint64_t ns(uint64_t ticks)
{
    const uint64_t hz{bulkhead_ticks_per_second()};
    return ((ticks / hz) * kNsPerSecond) + (((ticks % hz) * kNsPerSecond) / hz);
}

}  // namespace

void bulkhead_main(uint64_t)
{
    bulkhead_mmu_enable();
    const uint64_t threshold{(bulkhead_ticks_per_second() * kGapNs) / kNsPerSecond};
    static_cast<void>(bulkhead_ready());
    bulkhead::print("greedy: ready\n");
    uint64_t gap[2]{0, bulkhead_time()};
    static_cast<void>(greedy_run(gap, threshold));  // the first run began somewhere
    for (uint64_t count{1};; ++count) {
        Figure work;
        Figure apart;
        uint64_t total{0};
        for (uint64_t run{0}; run < kRunsToReport; ++run) {
            const uint64_t start{gap[1]};
            const uint64_t instructions{greedy_run(gap, threshold) * kInstructions};
            work.take(instructions);
            apart.take(gap[1] - start);
            total += instructions;
        }
        bulkhead::print("greedy: runs %u instructions %u..%u apart %u..%u mean %u\n", count * kRunsToReport, work.least, work.most,
                        ns(apart.least), ns(apart.most), total / kRunsToReport);
        // What the line itself took is not a run's.
        gap[1] = bulkhead_time();
        static_cast<void>(greedy_run(gap, threshold));
    }
}
