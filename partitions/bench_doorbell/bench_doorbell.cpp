// SPDX-License-Identifier: Apache-2.0
//
// Sender and receiver of the doorbell figures.
#include "bulkhead_figure.hpp"
#include "bulkhead_partition.h"

extern "C" {
uint64_t measure_call(uint64_t function, uint64_t slot);
uint64_t measure_ring(uint64_t function, uint64_t slot);
uint64_t measure_ring_awake(uint64_t function, uint64_t slot);
uint64_t measure_arrival(void);
uint64_t measure_end_gicv2(uint64_t address, uint32_t acknowledged);
uint64_t measure_end_gicv3(uint64_t unused, uint32_t acknowledged);
}

namespace {

constexpr uint32_t kRepeats{8};
constexpr uint64_t kNotify{0xC6000001};
constexpr uint64_t kGiccEoir{0x010};
constexpr uint32_t kGicv3{3};
constexpr uint64_t kQuietTicks{20'000'000};

// The channel's memory: one writer a word.
struct Shared {
    volatile uint64_t receiver_is_ready;
    volatile uint64_t wants_answer;  // written by the sender
    volatile uint64_t arrival;
    volatile uint64_t end;
    volatile uint64_t answers;
};

Shared& shared() { return *reinterpret_cast<Shared*>(static_cast<uintptr_t>(bulkhead_channel_bell_base)); }

using bulkhead::Figure;

uint64_t measure_end(uint32_t acknowledged)
{
    return (bulkhead_gic_version == kGicv3) ? measure_end_gicv3(0, acknowledged)
                                            : measure_end_gicv2(bulkhead_gicc_base + kGiccEoir, acknowledged);
}

void receive()
{
    shared().receiver_is_ready = 1;
    for (;;) {
        const uint64_t arrival{measure_arrival()};
        const uint64_t end{measure_end(bulkhead_irq_acknowledge())};
        if (shared().wants_answer != 0U) {
            shared().arrival = arrival;
            shared().end = end;
            shared().answers = shared().answers + 1U;
            static_cast<void>(bulkhead_notify(bulkhead_channel_bell_slot));
        }
    }
}

void pass(uint64_t ticks)
{
    const uint64_t until{bulkhead_time() + ticks};
    while (bulkhead_time() < until) {
        asm volatile("yield");
    }
}

// Rings, waits for the answer, and lets the receiver fall asleep again. The first time fills what is filled once; it does
// not count.
void serialised(uint64_t (*ring)(uint64_t function, uint64_t slot), Figure& latency, Figure& end)
{
    for (uint32_t i{0}; i <= kRepeats; ++i) {
        const uint64_t answers{shared().answers};
        const uint64_t rung{ring(kNotify, bulkhead_channel_bell_slot)};
        while (shared().answers == answers) {
            asm volatile("yield");
        }
        uint32_t acknowledged{bulkhead_irq_acknowledge()};
        while (bulkhead_irq_id(acknowledged) == bulkhead_channel_bell_irq) {
            bulkhead_irq_end(acknowledged);
            acknowledged = bulkhead_irq_acknowledge();
        }
        if (i != 0U) {
            latency.take(shared().arrival - rung - 1U);
            end.take(shared().end);
        }
        pass(kQuietTicks / 100U);
    }
}

void send()
{
    Figure call;
    Figure asleep;
    Figure awake;
    Figure end;
    while (shared().receiver_is_ready == 0U) {
        asm volatile("yield");
    }
    pass(kQuietTicks);
    static_cast<void>(measure_call(kNotify, bulkhead_channel_bell_slot));
    for (uint32_t i{0}; i < kRepeats; ++i) {
        call.take(measure_call(kNotify, bulkhead_channel_bell_slot));
    }
    pass(kQuietTicks);
    shared().wants_answer = 1;
    serialised(measure_ring, asleep, end);
    serialised(measure_ring_awake, awake, end);
    call.print("doorbell_call");
    asleep.print("doorbell_serialised");
    awake.print("doorbell_serialised_awake");
    end.print("doorbell_end");
    bulkhead::print("bench done\n");
}

}  // namespace

void bulkhead_main(uint64_t)
{
    bulkhead_irq_init();
    bulkhead_irq_enable(bulkhead_channel_bell_irq);
    static_cast<void>(bulkhead_ready());
    if (bulkhead_partition_name[0] == 's') {
        send();
    } else {
        receive();
    }
}
