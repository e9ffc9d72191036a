// SPDX-License-Identifier: Apache-2.0
//
// What both ends agree on: every word of a message follows from its number.
#ifndef PORT_STRESS_HPP
#define PORT_STRESS_HPP

#include "bulkhead.hpp"
#include "port/queuing.hpp"
#include "port/sampling.hpp"

namespace stress {

namespace port = bulkhead::port;

constexpr uint64_t kWords{16};
constexpr uint64_t kBytes{kWords * sizeof(uint64_t)};
constexpr uint64_t kIncarnationShift{40};
constexpr uint64_t kFirst{1};  // an incarnation
constexpr uint64_t kMix{0x9E3779B97F4A7C15};

// The channel `memory`, which both ends write, a line of it each; it outlives every restart.
struct FromSender {
    volatile uint64_t incarnation;        // the sender's own, written before it is ready
    volatile uint64_t receiver;           // the receiver's incarnation, as last seen here
    volatile uint64_t receiver_restarts;  // how often the queue told of the receiver's start
    volatile uint64_t sent;               // the last message that went into the queue
    uint64_t unused[4];
};

struct Tally {
    uint64_t messages{0};
    uint64_t samples{0};
    uint64_t torn{0};        // a word that is not of its message
    uint64_t out_of_order{0};  // lost, doubled or exchanged within an incarnation
    uint64_t older{0};       // a sample older than the last one, or what an earlier incarnation left as fresh
    uint64_t corrupt{0};
    uint64_t restarts{0};
    uint64_t outside{0};
    uint64_t unseen{0};      // a restart that the other end was not told
};

struct FromReceiver {
    volatile uint64_t incarnation;
    uint64_t wanted;  // restarts of its own, and how many are done
    uint64_t done;
    uint64_t told;    // FromSender::receiver_restarts in the former life
    uint64_t unused[4];
    Tally tally{};    // of all lives
};

struct Both {
    FromSender sender;
    FromReceiver receiver;
};

struct Message {
    uint64_t words[kWords];
};

inline void fill(Message& message, uint64_t number)
{
    message.words[0] = number;
    for (uint64_t i{1}; i < kWords; ++i) {
        message.words[i] = (number * kMix) + i;
    }
}

inline bool is_whole(const Message& message)
{
    bool whole{true};
    for (uint64_t i{1}; i < kWords; ++i) {
        whole = whole && (message.words[i] == ((message.words[0] * kMix) + i));
    }
    return whole;
}

// xorshift64: nonsense that is the same in each run.
inline uint64_t nonsense(uint64_t& state)
{
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    return state;
}

// One word of an area, somewhere in its first KiB, set to nonsense or to one of the numbers that hurt most.
inline void scribble(uint64_t base, uint64_t& state)
{
    constexpr uint64_t kReach{128};
    const uint64_t random{nonsense(state)};
    volatile uint64_t* const word{reinterpret_cast<volatile uint64_t*>(static_cast<uintptr_t>(base + ((random % kReach) * sizeof(uint64_t))))};
    const uint64_t kind{(random >> 32U) % 4U};
    *word = (kind == 0U) ? 0U : ((kind == 1U) ? ~0ULL : ((kind == 2U) ? nonsense(state) : (*word ^ (1ULL << (random >> 58U)))));
}

[[noreturn]] void send();
[[noreturn]] void receive();
void note_bell();  // of the channel `memory`, at the receiver

}  // namespace stress

#endif
