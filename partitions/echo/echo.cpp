// SPDX-License-Identifier: Apache-2.0
//
// Gives back every line typed on its console, and counts them.
#include "bulkhead.hpp"
#include "bulkhead_partition.h"

namespace {

constexpr uint64_t kLooksPerSecond{100};
constexpr size_t kLineCapacity{120};

char line[kLineCapacity + 1U];
size_t used{0};
uint64_t lines{0};

void take(char character)
{
    if ((character == '\r') || (character == '\n')) {
        line[used] = '\0';
        used = 0;
        ++lines;
        bulkhead::print("\necho %u: %s\n> ", lines, static_cast<const char*>(line));
    } else if (used < kLineCapacity) {
        line[used] = character;
        ++used;
        static_cast<void>(bulkhead_console_write(&character, 1));
    } else {
        // A line that is too long is cut, as the answer shows.
    }
}

}  // namespace

void bulkhead_main(uint64_t)
{
    bulkhead_mmu_enable();
    bulkhead_irq_init();
    bulkhead_period_start(bulkhead_ticks_per_second() / kLooksPerSecond);
    static_cast<void>(bulkhead_ready());
    bulkhead::print("echo: type a line\n> ");
    for (;;) {
        char typed[16];
        size_t count{bulkhead_console_read(typed, sizeof(typed))};
        for (size_t i{0}; i < count; ++i) {
            take(typed[i]);
        }
        if (count == 0U) {
            static_cast<void>(bulkhead_period_wait());
        }
    }
}
