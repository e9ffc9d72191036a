// SPDX-License-Identifier: Apache-2.0
//
// Sends the same numbered message into the queue and as a sample, for ever.
#include "bulkhead_partition.h"
#include "port_stress.hpp"

namespace stress {

namespace {

constexpr uint64_t kLookForKeys{4096};
constexpr uint64_t kPausesPerSecond{1000};
constexpr size_t kTypedAtOnce{16};

bool attacks{false};
char first_of_line{'\0'};

Both& memory() { return *reinterpret_cast<Both*>(static_cast<uintptr_t>(bulkhead_channel_memory_base)); }

void look_at_receiver(port::QueueSender& queue)
{
    memory().sender.receiver_restarts = memory().sender.receiver_restarts + (queue.receiver_restarted() ? 1U : 0U);
    memory().sender.receiver = memory().receiver.incarnation;
}

void take_line()
{
    char typed[kTypedAtOnce];
    const size_t count{bulkhead_console_read(typed, sizeof(typed))};
    for (size_t i{0U}; i < count; ++i) {  // a line may come in pieces
        if (typed[i] == '\n') {
            attacks = first_of_line == 'a';
            first_of_line = '\0';
            bulkhead::print("sender: %s\n", attacks ? "attacks" : "behaves");
        } else if (first_of_line == '\0') {
            first_of_line = typed[i];
        }
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
    if (incarnation == kFirst) {
        memory().sender = {};  // nobody clears what several write
    }
    bulkhead::print("sender: incarnation %u\n", incarnation);
    for (uint64_t turn{1};; ++turn) {
        if ((turn % kLookForKeys) == 0U) {
            take_line();
            look_at_receiver(queue);
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
            // Ready once what a former incarnation left is old.
            memory().sender.incarnation = incarnation;
            static_cast<void>(bulkhead_notify(bulkhead_channel_memory_slot));
            static_cast<void>(bulkhead_ready());
            // Time for the receiver to see that what is there is of a former incarnation.
            const uint64_t until{bulkhead_time() + (bulkhead_ticks_per_second() / kPausesPerSecond)};
            while (bulkhead_time() < until) {
                bulkhead_pause();
            }
        }
        const bulkhead_port_status status{queue.send(&message, kBytes, bulkhead_time())};
        if (status == bulkhead_port_ok) {
            static_cast<void>(samples.write(&message, kBytes, bulkhead_time()));
            memory().sender.sent = number;
            fill(message, ++number);
        } else if (status == bulkhead_port_corrupt) {
            opened = false;  // the receiver's position is impossible: start anew
        } else {
            asm volatile("yield");  // full: the receiver's turn (an emulator with one thread needs the hint)
        }
    }
}

}  // namespace stress
