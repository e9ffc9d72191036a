// SPDX-License-Identifier: Apache-2.0
#include "bulkhead_figure.hpp"
#include "bulkhead_partition.h"
#include "bulkhead_port.h"

namespace {

constexpr uint32_t kRepeats{8};
constexpr uint64_t kSmall{64};
constexpr uint64_t kLarge{1024};
constexpr uint64_t kQuietTicks{20'000'000};  // for the console to drain what stands in it

alignas(8) unsigned char bytes[kLarge];

using bulkhead::Figure;

void pass(uint64_t ticks)
{
    const uint64_t until{bulkhead_time() + ticks};
    while (bulkhead_time() < until) {
        asm volatile("yield");
    }
}

// What stands between two readings of the time, less the readings themselves.
template <typename Work>
void measure(const char* name, Work work)
{
    Figure figure{};
    pass(kQuietTicks);
    const uint64_t first{bulkhead_time()};
    const uint64_t nothing{bulkhead_time() - first};
    bool ok{true};
    for (uint32_t i{0}; i < kRepeats; ++i) {
        const uint64_t begun{bulkhead_time()};
        const bulkhead_port_status status{work()};
        figure.take(bulkhead_time() - begun - nothing);
        ok = ok && (status == bulkhead_port_ok);
    }
    if (ok) {
        figure.print(name);
    } else {
        bulkhead::print("bench %s failed\n", name);
    }
}

void send()
{
    static bulkhead_sampling_sender samples[2];
    static bulkhead_queue_sender queues[2];
    const uint64_t incarnation{bulkhead_incarnation()};
    static_cast<void>(bulkhead_sampling_open_sender(&samples[0], bulkhead_channel_s64_end, incarnation, false));
    static_cast<void>(bulkhead_sampling_open_sender(&samples[1], bulkhead_channel_s1024_end, incarnation, false));
    static_cast<void>(bulkhead_queue_open_sender(&queues[0], bulkhead_channel_q64_end, incarnation, false));
    static_cast<void>(bulkhead_queue_open_sender(&queues[1], bulkhead_channel_q1024_end, incarnation, false));
    // One each that is not measured, by either end.
    static_cast<void>(bulkhead_queue_send(&queues[0], bytes, kSmall, 1));
    static_cast<void>(bulkhead_queue_send(&queues[1], bytes, kLarge, 1));
    measure("port_write_64", [] { return bulkhead_sampling_write(&samples[0], bytes, kSmall, 1); });
    measure("port_send_64", [] { return bulkhead_queue_send(&queues[0], bytes, kSmall, 1); });
    measure("port_send_1024", [] { return bulkhead_queue_send(&queues[1], bytes, kLarge, 1); });
    measure("port_write_1024", [] { return bulkhead_sampling_write(&samples[1], bytes, kLarge, 1); });
    for (;;) {
        bulkhead_wait_for_interrupt();
    }
}

void receive()
{
    static bulkhead_sampling_receiver samples[2];
    static bulkhead_queue_receiver queues[2];
    static bulkhead_message message;
    static_cast<void>(bulkhead_sampling_open_receiver(&samples[0], bulkhead_channel_s64_end));
    static_cast<void>(bulkhead_sampling_open_receiver(&samples[1], bulkhead_channel_s1024_end));
    static_cast<void>(bulkhead_queue_open_receiver(&queues[0], bulkhead_channel_q64_end, 1, false));
    static_cast<void>(bulkhead_queue_open_receiver(&queues[1], bulkhead_channel_q1024_end, 1, false));
    while (bulkhead_sampling_read(&samples[1], bytes, kLarge, &message) != bulkhead_port_ok) {
        asm volatile("yield");
    }
    pass(kQuietTicks);
    measure("port_read_64", [] { return bulkhead_sampling_read(&samples[0], bytes, kSmall, &message); });
    measure("port_read_1024", [] { return bulkhead_sampling_read(&samples[1], bytes, kLarge, &message); });
    // The first call meets a sender that has started since.
    static_cast<void>(bulkhead_queue_receive(&queues[0], bytes, kSmall, &message));
    static_cast<void>(bulkhead_queue_receive(&queues[1], bytes, kLarge, &message));
    measure("port_receive_64", [] { return bulkhead_queue_receive(&queues[0], bytes, kSmall, &message); });
    measure("port_receive_1024", [] { return bulkhead_queue_receive(&queues[1], bytes, kLarge, &message); });
    bulkhead::print("bench done\n");
}

}  // namespace

void bulkhead_main(uint64_t)
{
    for (uint32_t i{0}; i < bulkhead_channels_count; ++i) {
        static_cast<void>(bulkhead_channel_map(&bulkhead_channels[i]));
    }
    bulkhead_mmu_enable();
    if (bulkhead_partition_name[0] == 's') {
        send();
    }
    receive();
}
