// SPDX-License-Identifier: Apache-2.0
//
// Rings a receiver that has not got its core, and the receiver that says what came of it.
#include "bulkhead.hpp"
#include "bulkhead_partition.h"

namespace {

constexpr uint64_t kQuietTurns{10};  // without a ring: when the receiver's turns begin
constexpr uint64_t kRungTurns{10};
constexpr uint64_t kRings{10};
constexpr uint64_t kTurnsPerSecond{50};
constexpr uint64_t kLooksPerSecond{1000};
constexpr uint64_t kNsPerSecond{1'000'000'000};

// A channel's memory: each word has one writer.
struct Shared {
    volatile uint64_t turns;  // how often the receiver has given up its core
    uint64_t unused[7];
    volatile uint64_t rings;
    volatile uint64_t is_watched;  // the ringer's attention is with this channel
};

Shared& shared(const bulkhead_channel& channel) { return *reinterpret_cast<Shared*>(static_cast<uintptr_t>(channel.base)); }

volatile uint64_t interrupts{0};
volatile uint64_t arrival{0};
volatile uint64_t rings_at_arrival{0};

[[noreturn]] void sleep()
{
    for (;;) {
        bulkhead_wait_for_interrupt();
    }
}

void ring(const bulkhead_channel& channel)
{
    Shared& memory{shared(channel)};
    memory.is_watched = 1;
    for (uint64_t turn{1}; turn <= (kQuietTurns + kRungTurns); ++turn) {
        while (memory.turns < turn) {
            static_cast<void>(bulkhead_period_wait());
        }
        for (uint64_t n{0}; (turn > kQuietTurns) && (n < kRings); ++n) {
            memory.rings = memory.rings + 1U;
            static_cast<void>(bulkhead_notify(channel.slot));
        }
    }
}

// Ticks from the beginning of a turn, as the quiet ones tell it, to `time`; a turn begins every 20 ms.
uint64_t since_turn(uint64_t time, uint64_t quiet) { return (time - quiet) % (bulkhead_ticks_per_second() / kTurnsPerSecond); }

void listen(const bulkhead_channel& channel)
{
    Shared& memory{shared(channel)};
    uint64_t quiet{0};
    uint64_t latest{0};
    uint64_t missed{0};
    while (memory.is_watched == 0U) {
        static_cast<void>(bulkhead_window_wait());
    }
    for (uint64_t turn{1}; turn <= (kQuietTurns + kRungTurns); ++turn) {
        const uint64_t before{interrupts};
        memory.turns = turn;
        static_cast<void>(bulkhead_window_wait());
        if (turn <= kQuietTurns) {
            quiet = bulkhead_time();
            missed += interrupts;  // nobody has rung
            continue;
        }
        const uint64_t late{since_turn(arrival, quiet)};
        latest = (late > latest) ? late : latest;
        missed += ((interrupts == (before + 1U)) && (rings_at_arrival == memory.rings)) ? 0U : 1U;
    }
    bulkhead::print("%s: %u rings, %u interrupts, at most %u ns into a turn, %u turns otherwise\n", bulkhead_partition_name, memory.rings,
                    interrupts, (latest * kNsPerSecond) / bulkhead_ticks_per_second(), missed);
}

}  // namespace

void bulkhead_on_interrupt(uint32_t intid)
{
    if (!bulkhead_period_interrupt(intid)) {
        arrival = bulkhead_time();
        rings_at_arrival = shared(bulkhead_channels[0]).rings;
        interrupts = interrupts + 1U;
    }
}

void bulkhead_main(uint64_t)
{
    bulkhead_irq_init();
    static_cast<void>(bulkhead_ready());
    if (bulkhead_partition_name[0] == 'r') {
        bulkhead_period_start(bulkhead_ticks_per_second() / kLooksPerSecond);
        for (uint32_t i{0}; i < bulkhead_channels_count; ++i) {
            ring(bulkhead_channels[i]);
        }
    } else if (bulkhead_channels_count != 0U) {
        bulkhead_irq_enable(bulkhead_channels[0].irq);
        bulkhead_irq_unmask();
        listen(bulkhead_channels[0]);
    } else {
        // A filler.
    }
    sleep();
}
