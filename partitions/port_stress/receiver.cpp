// SPDX-License-Identifier: Apache-2.0
//
// Checks each message and each sample, and plays tricks on the sender when it is told to.
#include "bulkhead_partition.h"
#include "port_stress.hpp"

namespace stress {

namespace {

constexpr uint64_t kSender{0};
constexpr uint64_t kMessagesBetweenRestarts{20};
constexpr size_t kTypedAtOnce{16};
constexpr size_t kLineCapacity{64};

struct Guarded {
    Message message;
    uint64_t guard;
};

struct Tally {
    uint64_t messages{0};
    uint64_t samples{0};
    uint64_t torn{0};        // a word that is not of its message
    uint64_t out_of_order{0};  // lost, doubled or exchanged within an incarnation
    uint64_t older{0};       // a sample older than the last one, or an earlier incarnation's as current
    uint64_t corrupt{0};
    uint64_t restarts{0};
    uint64_t outside{0};
};

port::QueueReceiver queue{};
port::SamplingReceiver samples{};
Tally tally{};
uint64_t last_message{0};
uint64_t last_sample{0};
alignas(8) Guarded buffer{{}, kMix};

void take_message(bool trusted)
{
    bulkhead_message about{};
    const bulkhead_port_status status{queue.receive(&buffer.message, kBytes, about)};
    tally.restarts += about.restarted ? 1U : 0U;
    tally.corrupt += (status == bulkhead_port_corrupt) ? 1U : 0U;
    tally.outside += (buffer.guard == kMix) ? 0U : 1U;
    if (status == bulkhead_port_ok) {
        const uint64_t number{buffer.message.words[0]};
        const bool same{(number >> kIncarnationShift) == (last_message >> kIncarnationShift)};
        ++tally.messages;
        if (trusted) {
            tally.torn += ((about.length == kBytes) && is_whole(buffer.message)) ? 0U : 1U;
            tally.out_of_order += (same ? (number == (last_message + 1U)) : (number > last_message)) ? 0U : 1U;
        }
        last_message = number;
    } else {
        asm volatile("yield");  // empty: the sender's turn (an emulator with one thread needs the hint)
    }
}

void take_sample(bool trusted)
{
    bulkhead_message about{};
    const bulkhead_port_status status{samples.read(&buffer.message, kBytes, about)};
    tally.outside += (buffer.guard == kMix) ? 0U : 1U;
    tally.corrupt += (status == bulkhead_port_corrupt) ? 1U : 0U;
    if ((status == bulkhead_port_ok) && trusted) {
        const uint64_t number{buffer.message.words[0]};
        ++tally.samples;
        tally.torn += ((about.length == kBytes) && is_whole(buffer.message)) ? 0U : 1U;
        tally.older += (number < last_sample) ? 1U : 0U;
        last_sample = number;
    }
}

void report(const char* what, uint64_t count)
{
    bulkhead::print("%s %u done: messages %u samples %u torn %u disorder %u older %u outside %u corrupt %u restarts %u\n", what, count,
                    tally.messages, tally.samples, tally.torn, tally.out_of_order, tally.older, tally.outside, tally.corrupt,
                    tally.restarts);
}

void open_again()
{
    static uint64_t generation{bulkhead_incarnation()};
    ++generation;
    static_cast<void>(queue.open(*bulkhead_channel_queue_end, generation));
    last_message = 0;
    last_sample = 0;
    tally = {};
}

// `count` messages, each in its place.
void expect(uint64_t count)
{
    open_again();
    bulkhead_message about{};
    while (queue.receive(&buffer.message, kBytes, about) != bulkhead_port_ok) {
        asm volatile("yield");  // the first one sets the count
    }
    last_message = buffer.message.words[0];
    while (tally.messages < count) {
        take_message(true);
        take_sample(true);
    }
}

void restart(uint64_t count)
{
    open_again();
    last_message = 0;
    for (uint64_t n{0}; n < count; ++n) {
        const uint64_t until{tally.messages + kMessagesBetweenRestarts + (n % kMessagesBetweenRestarts)};
        while (tally.messages < until) {
            take_message(n != 0U);
            take_sample(true);
        }
        static_cast<void>(bulkhead_control(kSender, bulkhead_control_cold_restart));
        while (tally.restarts == n) {
            take_message(true);  // of the old incarnation until it stops, wherever that is
            take_sample(true);
        }
    }
}

void attack(uint64_t count)
{
    open_again();
    uint64_t random{kMix};
    for (uint64_t n{0}; n < count; ++n) {
        scribble(bulkhead_channels[bulkhead_channel_queue_end - bulkhead_channels].back_base, random);
        take_message(false);
    }
}

void listen(uint64_t count)
{
    open_again();
    for (uint64_t n{0}; n < count; ++n) {
        take_message(false);
        take_sample(false);
    }
}

void obey(const char* line)
{
    uint64_t count{0};
    size_t at{0};
    while ((line[at] != '\0') && (line[at] != ' ')) {
        ++at;
    }
    for (at += (line[at] == ' ') ? 1U : 0U; (line[at] >= '0') && (line[at] <= '9'); ++at) {
        count = (count * 10U) + static_cast<uint64_t>(line[at] - '0');
    }
    switch (line[0]) {
    case 's': expect(count); report("stress", count); break;
    case 'r': restart(count); report("restart", count); break;
    case 'a': attack(count); report("attack", count); break;
    case 'l': listen(count); report("listen", count); break;
    default: bulkhead::print("receiver: stress, restart, attack or listen, and a number\n"); break;
    }
}

}  // namespace

void receive()
{
    static char line[kLineCapacity];
    size_t length{0};
    static_cast<void>(queue.open(*bulkhead_channel_queue_end, bulkhead_incarnation()));
    static_cast<void>(samples.open(*bulkhead_channel_samples_end));
    bulkhead::print("receiver: ready\n");
    for (;;) {
        char typed[kTypedAtOnce];
        const size_t count{bulkhead_console_read(typed, sizeof(typed))};
        for (size_t i{0}; i < count; ++i) {
            const bool is_end{(typed[i] == '\n') || (typed[i] == '\r')};
            if (is_end && (length != 0U)) {
                line[length] = '\0';
                obey(line);
                length = 0;
            } else if (!is_end && (length < (kLineCapacity - 1U))) {
                line[length] = typed[i];
                ++length;
            } else {
                // An empty line, or one that is too long.
            }
        }
        asm volatile("yield");
    }
}

}  // namespace stress
