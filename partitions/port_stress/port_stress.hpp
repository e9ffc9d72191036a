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
constexpr uint64_t kMix{0x9E3779B97F4A7C15};

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

}  // namespace stress

#endif
