// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1011, LLR-1041, LLR-1076
//
// How ports touch shared memory: aligned 32- and 64-bit loads and stores, which also hold on Non-cacheable and Device
// memory, and barriers between them. Relaxed atomics, so that the compiler neither splits, repeats nor joins accesses:
// what a hostile peer may change at any time is read once, into a register, and judged there.
#ifndef BULKHEAD_PORT_WORDS_HPP
#define BULKHEAD_PORT_WORDS_HPP

#include "bulkhead_channel.h"

namespace bulkhead::port {

constexpr uint64_t kWordBytes{sizeof(uint64_t)};
constexpr uint64_t kLineBytes{64};
constexpr uint64_t kQueueGrain{16};
constexpr uint64_t kPageBytes{4096};
constexpr uint64_t kLargestMessage{1U << 20U};
constexpr uint64_t kDeepestQueue{1U << 16U};
constexpr uint64_t kUnrolled{4};

template <typename Word>
inline Word load(const Word& word)
{
    return __atomic_load_n(&word, __ATOMIC_RELAXED);
}

template <typename Word>
inline void store(Word& word, Word value)
{
    __atomic_store_n(&word, value, __ATOMIC_RELAXED);
}

// DMB ISHLD: loads before it are done before any load or store behind it. All cores are in one inner shareable domain,
// whatever the memory's own shareability is.
inline void after_loads() { __atomic_thread_fence(__ATOMIC_ACQUIRE); }

// DMB ISH: loads and stores before it are seen before any store behind it.
inline void before_stores() { __atomic_thread_fence(__ATOMIC_RELEASE); }

constexpr uint64_t round_up(uint64_t value, uint64_t step) { return ((value + step - 1U) / step) * step; }

constexpr uint64_t sampling_stride(uint64_t message) { return round_up(sizeof(bulkhead_sampling_slot) + message, kLineBytes); }

constexpr uint64_t sampling_bytes(uint64_t message)
{
    return sizeof(bulkhead_sampling_header) + (static_cast<uint64_t>(bulkhead_sampling_slots) * sampling_stride(message));
}

constexpr uint64_t queue_stride(uint64_t message) { return round_up(sizeof(bulkhead_queue_slot) + message, kQueueGrain); }

constexpr uint64_t queue_bytes(uint64_t message, uint64_t depth) { return sizeof(bulkhead_queue_header) + (depth * queue_stride(message)); }

// The message behind a slot's head.
template <typename Slot>
inline uint64_t* words_of(Slot& slot)
{
    return reinterpret_cast<uint64_t*>(&slot + 1);
}

template <typename Slot>
inline const uint64_t* words_of(const Slot& slot)
{
    return reinterpret_cast<const uint64_t*>(&slot + 1);
}

// A word of the caller's buffer, which is aligned but of any type: one load or store.
inline uint64_t aligned_word(const unsigned char* bytes)
{
    uint64_t word{0};
    __builtin_memcpy(&word, __builtin_assume_aligned(bytes, kWordBytes), kWordBytes);
    return word;
}

inline void set_aligned_word(unsigned char* bytes, uint64_t word)
{
    __builtin_memcpy(__builtin_assume_aligned(bytes, kWordBytes), &word, kWordBytes);
}

// The same of a buffer that is not aligned, or of its last bytes, one by one: where the compiler has to keep to alignment, a
// memcpy of a word would be a call each time.
inline uint64_t word_of_bytes(const unsigned char* bytes, uint64_t count)
{
    uint64_t word{0};
    for (uint64_t byte{0}; byte < count; ++byte) {
        word |= static_cast<uint64_t>(bytes[byte]) << (8U * byte);
    }
    return word;
}

inline void set_bytes(unsigned char* bytes, uint64_t word, uint64_t count)
{
    for (uint64_t byte{0}; byte < count; ++byte) {
        bytes[byte] = static_cast<unsigned char>(word >> (8U * byte));
    }
}

// Message words to shared memory. The last word may hold bytes of nobody's: zeros.
inline void copy_in(uint64_t* to, const void* from, uint64_t length)
{
    const unsigned char* bytes{static_cast<const unsigned char*>(from)};
    uint64_t left{length / kWordBytes};
    if ((reinterpret_cast<uintptr_t>(from) % kWordBytes) == 0U) {
        for (; left >= kUnrolled; left -= kUnrolled) {
            store(to[0], aligned_word(&bytes[0]));
            store(to[1], aligned_word(&bytes[kWordBytes]));
            store(to[2], aligned_word(&bytes[2U * kWordBytes]));
            store(to[3], aligned_word(&bytes[3U * kWordBytes]));
            to += kUnrolled;
            bytes += kUnrolled * kWordBytes;
        }
        for (; left != 0U; --left) {
            store(*to, aligned_word(bytes));
            ++to;
            bytes += kWordBytes;
        }
    }
    for (; left != 0U; --left) {
        store(*to, word_of_bytes(bytes, kWordBytes));
        ++to;
        bytes += kWordBytes;
    }
    const uint64_t rest{length % kWordBytes};
    if (rest != 0U) {
        store(*to, word_of_bytes(bytes, rest));
    }
}

// Message words from shared memory, each read once.
inline void copy_out(void* to, const uint64_t* from, uint64_t length)
{
    unsigned char* bytes{static_cast<unsigned char*>(to)};
    uint64_t left{length / kWordBytes};
    if ((reinterpret_cast<uintptr_t>(to) % kWordBytes) == 0U) {
        for (; left >= kUnrolled; left -= kUnrolled) {
            set_aligned_word(&bytes[0], load(from[0]));
            set_aligned_word(&bytes[kWordBytes], load(from[1]));
            set_aligned_word(&bytes[2U * kWordBytes], load(from[2]));
            set_aligned_word(&bytes[3U * kWordBytes], load(from[3]));
            from += kUnrolled;
            bytes += kUnrolled * kWordBytes;
        }
        for (; left != 0U; --left) {
            set_aligned_word(bytes, load(*from));
            ++from;
            bytes += kWordBytes;
        }
    }
    for (; left != 0U; --left) {
        set_bytes(bytes, load(*from), kWordBytes);
        ++from;
        bytes += kWordBytes;
    }
    const uint64_t rest{length % kWordBytes};
    if (rest != 0U) {
        set_bytes(bytes, load(*from), rest);
    }
}

// Whether the description of an end can be worked with; the areas themselves are not looked at.
inline bool is_usable(const bulkhead_channel& channel, bulkhead_channel_kind kind)
{
    const uint64_t message{channel.message_bytes};
    if ((channel.kind != static_cast<uint32_t>(kind)) || (message == 0U) || (message > kLargestMessage) || (channel.base == 0U) ||
        ((channel.base % kPageBytes) != 0U)) {
        return false;
    }
    if (kind == bulkhead_kind_sampling) {
        return channel.size >= sampling_bytes(message);
    }
    return (channel.depth != 0U) && (channel.depth <= kDeepestQueue) && (channel.size >= queue_bytes(message, channel.depth)) &&
           (channel.back_base != 0U) && ((channel.back_base % kPageBytes) == 0U) && (channel.back_size >= sizeof(bulkhead_queue_back));
}

// A generation that differs from what the end's own page holds from before.
inline uint64_t next_generation(uint64_t wanted, uint64_t former)
{
    constexpr uint64_t kTwin{1ULL << 63U};
    const uint64_t next{(wanted == 0U) ? 1U : wanted};
    return (next == former) ? (next ^ kTwin) : next;
}

}  // namespace bulkhead::port

#endif
