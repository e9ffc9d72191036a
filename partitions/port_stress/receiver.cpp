// SPDX-License-Identifier: Apache-2.0
//
// Checks each message and each sample, and plays tricks on the sender when it is told to.
#include "bulkhead_partition.h"
#include "port_stress.hpp"

namespace stress {

namespace {

constexpr uint64_t kSender{0};
constexpr uint64_t kMessagesBetweenRestarts{20};
constexpr uint64_t kMessagesALife{50};
constexpr size_t kTypedAtOnce{16};
constexpr size_t kLineCapacity{64};

struct Guarded {
    Message message;
    uint64_t guard;
};

volatile uint64_t bells{0};

Both& memory() { return *reinterpret_cast<Both*>(static_cast<uintptr_t>(bulkhead_channel_memory_base)); }

Tally& tally() { return memory().receiver.tally; }

port::QueueReceiver queue{};
port::SamplingReceiver samples{};
uint64_t last_message{0};
uint64_t last_sample{0};
alignas(8) Guarded buffer{{}, kMix};

// The sender's incarnation, as the kernel tells it of a sender that is ready; 0: not known.
uint64_t ready_incarnation()
{
    const bulkhead_result status{bulkhead_partition_status(kSender)};
    return (status.x1 == static_cast<uint64_t>(bulkhead_state_normal)) ? (status.x3 + 1U) : 0U;
}

void take_message(bool trusted, uint64_t ready = 0)
{
    bulkhead_message about{};
    const bulkhead_port_status status{queue.receive(&buffer.message, kBytes, about)};
    tally().restarts += about.restarted ? 1U : 0U;
    tally().corrupt += (status == bulkhead_port_corrupt) ? 1U : 0U;
    tally().outside += (buffer.guard == kMix) ? 0U : 1U;
    if (status == bulkhead_port_ok) {
        const uint64_t number{buffer.message.words[0]};
        const bool same{(number >> kIncarnationShift) == (last_message >> kIncarnationShift)};
        ++tally().messages;
        if (trusted) {
            tally().torn += ((about.length == kBytes) && is_whole(buffer.message)) ? 0U : 1U;
            tally().out_of_order += (same ? (number == (last_message + 1U)) : (number > last_message)) ? 0U : 1U;
            tally().older += ((number >> kIncarnationShift) < ready) ? 1U : 0U;
        }
        last_message = number;
    } else {
        asm volatile("yield");  // empty: the sender's turn (an emulator with one thread needs the hint)
    }
}

void take_sample(bool trusted, uint64_t ready = 0)
{
    bulkhead_message about{};
    const bulkhead_port_status status{samples.read(&buffer.message, kBytes, about)};
    tally().outside += (buffer.guard == kMix) ? 0U : 1U;
    tally().corrupt += (status == bulkhead_port_corrupt) ? 1U : 0U;
    if ((status == bulkhead_port_ok) && trusted) {
        const uint64_t number{buffer.message.words[0]};
        ++tally().samples;
        tally().torn += ((about.length == kBytes) && is_whole(buffer.message)) ? 0U : 1U;
        tally().older += ((number < last_sample) || (about.current && ((number >> kIncarnationShift) < ready))) ? 1U : 0U;
        last_sample = number;
    }
}

void report(const char* what, uint64_t count)
{
    bulkhead::print("%s %u done: messages %u samples %u torn %u disorder %u older %u outside %u corrupt %u restarts %u unseen %u\n", what,
                    count,
                    tally().messages, tally().samples, tally().torn, tally().out_of_order, tally().older, tally().outside, tally().corrupt,
                    tally().restarts, tally().unseen);
}

void open_again()
{
    static uint64_t generation{bulkhead_incarnation()};
    ++generation;
    static_cast<void>(queue.open(*bulkhead_channel_queue_end, generation));
    last_message = 0;
    last_sample = 0;
    tally() = {};
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
    while (tally().messages < count) {
        take_message(true);
        take_sample(true);
    }
}

// Cold and warm by turns, wherever the sender is.
void restart(uint64_t count)
{
    open_again();
    last_message = 0;
    for (uint64_t n{0}; n < count; ++n) {
        const uint64_t until{tally().messages + kMessagesBetweenRestarts + (n % kMessagesBetweenRestarts)};
        while (tally().messages < until) {
            take_message(n != 0U);
            take_sample(true);
        }
        const uint64_t rung{bells};
        const uint64_t incarnation{memory().sender.incarnation};
        static_cast<void>(bulkhead_control(kSender, ((n % 2U) == 0U) ? bulkhead_control_cold_restart : bulkhead_control_warm_restart));
        // Every other pair of restarts leaves in the queue what the former incarnation sent.
        const bool looks_away{((n / 2U) % 2U) == 1U};
        uint64_t ready{0};
        while (ready <= incarnation) {
            if (!looks_away) {
                take_message(true);  // of the old incarnation until it stops, wherever that is
                take_sample(true);
            }
            ready = ready_incarnation();
        }
        for (uint64_t i{0}; i < kMessagesBetweenRestarts; ++i) {
            take_message(true, ready);
            take_sample(true, ready);
        }
        tally().unseen += ((memory().sender.incarnation == ready) && (bells != rung) && (tally().restarts == (n + 1U))) ? 0U : 1U;
    }
}

// This end starts anew, cold and warm by turns; what is to be counted outlives it in its half of the memory.
void restart_oneself()
{
    FromReceiver& kept{memory().receiver};
    kept.told = memory().sender.receiver_restarts;
    const int64_t status{
        bulkhead_control(BULKHEAD_SELF, ((kept.done % 2U) == 0U) ? bulkhead_control_cold_restart : bulkhead_control_warm_restart)};
    bulkhead::print("receiver: its own restart gave %d\n", status);
}

// A life between two such restarts: nothing that was sent before it comes, and the sender is told of it.
void live(uint64_t sent_before)
{
    FromReceiver& kept{memory().receiver};
    const uint64_t patience{bulkhead_time() + (10U * bulkhead_ticks_per_second())};
    bulkhead_message about{};
    while (queue.receive(&buffer.message, kBytes, about) != bulkhead_port_ok) {
        bulkhead_pause();
    }
    last_message = buffer.message.words[0];
    tally().older += (last_message > sent_before) ? 0U : 1U;
    const uint64_t until{tally().messages + kMessagesALife};
    while (tally().messages < until) {
        take_message(true, ready_incarnation());
        take_sample(true, ready_incarnation());
    }
    while (((memory().sender.receiver != kept.incarnation) || (memory().sender.receiver_restarts == kept.told)) && (bulkhead_time() < patience)) {
        take_message(true);
    }
    tally().unseen += ((memory().sender.receiver == kept.incarnation) && (memory().sender.receiver_restarts != kept.told)) ? 0U : 1U;
    ++kept.done;
    if (kept.done < kept.wanted) {
        restart_oneself();
    }
    report("mine", kept.done);
    kept.wanted = 0;
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
    case 'm':
        open_again();
        memory().receiver.wanted = count;
        memory().receiver.done = 0;
        restart_oneself();
        break;
    case 'a': attack(count); report("attack", count); break;
    case 'l': listen(count); report("listen", count); break;
    default: bulkhead::print("receiver: stress, restart, mine, attack or listen, and a number\n"); break;
    }
}

}  // namespace

void note_bell() { bells = bells + 1U; }

void receive()
{
    static char line[kLineCapacity];
    size_t length{0};
    const uint64_t sent_before{memory().sender.sent};
    if (bulkhead_incarnation() == kFirst) {
        memory().receiver = {};  // nobody clears what several write
    }
    memory().receiver.incarnation = bulkhead_incarnation();
    static_cast<void>(queue.open(*bulkhead_channel_queue_end, bulkhead_incarnation()));
    static_cast<void>(samples.open(*bulkhead_channel_samples_end));
    bulkhead_irq_init();
    bulkhead_irq_enable(bulkhead_channel_memory_irq);
    bulkhead_irq_unmask();
    static_cast<void>(bulkhead_ready());
    if (memory().receiver.wanted != 0U) {
        live(sent_before);
    }
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
