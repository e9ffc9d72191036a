// SPDX-License-Identifier: Apache-2.0
//
// The figures of a partition switch. Window ends are found by their gaps; the first rounds, in which partitions still load
// and print, do not count.
#include "bulkhead_figure.hpp"
#include "bulkhead_partition.h"

extern "C" {
uint64_t measure_switch(volatile uint64_t* mine, const volatile uint64_t* other, uint64_t threshold);
uint64_t measure_touch(void);
}

namespace {

constexpr uint32_t kWarmUp{8};
constexpr uint32_t kRepeats{16};
constexpr uint64_t kThresholdTicks{20'000};

using bulkhead::Figure;

}  // namespace

void bulkhead_main(uint64_t)
{
    auto* const words = reinterpret_cast<volatile uint64_t*>(static_cast<uintptr_t>(bulkhead_channel_baton_base));
    volatile uint64_t& mine{words[bulkhead_partition_id * 8U]};
    const volatile uint64_t& other{words[(1U - bulkhead_partition_id) * 8U]};
    Figure integer;
    Figure simd;
    static_cast<void>(bulkhead_ready());
    for (uint32_t i{0}; i < (kWarmUp + kRepeats); ++i) {
        const uint64_t took{measure_switch(&mine, &other, kThresholdTicks)};
        const uint64_t touch{measure_touch()};
        if (i >= kWarmUp) {
            integer.take(took);
            simd.take(touch);
        }
    }
    for (uint32_t i{0}; i < kWarmUp; ++i) {
        static_cast<void>(measure_switch(&mine, &other, kThresholdTicks));  // the other may still measure
    }
    integer.print("switch");
    simd.print("switch_simd");
    bulkhead::print("bench done\n");
    for (;;) {
        mine = bulkhead_time();
    }
}
