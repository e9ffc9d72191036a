// SPDX-License-Identifier: Apache-2.0
//
// Sends the same numbered message into the queue and as a sample, for ever.
#include "bulkhead_partition.h"
#include "port_stress.hpp"

namespace stress {

namespace {

constexpr uint64_t kLookForKeys{4096};
constexpr size_t kTypedAtOnce{16};

bool attacks{false};

void take_line()
{
    char typed[kTypedAtOnce];
    if (bulkhead_console_read(typed, sizeof(typed)) != 0U) {
        attacks = typed[0] == 'a';
        bulkhead::print("sender: %s\n", attacks ? "attacks" : "behaves");
    }
}

}  // namespace

void send()
{
    port::QueueSender queue{};
    port::SamplingSender samples{};
    const uint64_t incarnation{bulkhead_incarnation()};
    uint64_t number{incarnation << kIncarnationShift};
    uint64_t random{kMix + incarnation};
    alignas(8) static Message message{};
    bool opened{false};
    bulkhead::print("sender: incarnation %u\n", incarnation);
    for (uint64_t turn{1};; ++turn) {
        if ((turn % kLookForKeys) == 0U) {
            take_line();
        }
        if (attacks) {
            scribble(bulkhead_channel_queue_base, random);
            scribble(bulkhead_channel_samples_base, random);
            opened = false;
            continue;
        }
        if (!opened) {
            opened = (queue.open(*bulkhead_channel_queue_end, incarnation) == bulkhead_port_ok) &&
                     (samples.open(*bulkhead_channel_samples_end, incarnation) == bulkhead_port_ok);
            fill(message, ++number);
        }
        const bulkhead_port_status status{queue.send(&message, kBytes, bulkhead_time())};
        if (status == bulkhead_port_ok) {
            static_cast<void>(samples.write(&message, kBytes, bulkhead_time()));
            fill(message, ++number);
        } else if (status == bulkhead_port_corrupt) {
            opened = false;  // the receiver's position is impossible: start anew
        } else {
            asm volatile("yield");  // full: the receiver's turn (an emulator with one thread needs the hint)
        }
    }
}

}  // namespace stress
