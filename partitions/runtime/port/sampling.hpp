// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1013, LLR-1014, LLR-1015
//
// Sampling ports: one sender, any number of receivers that can only read. The sender goes round four slots; a reader
// copies the newest one and looks afterwards whether it was overwritten meanwhile, for which the sender has to
// write three more messages. verify/model/sampling.pml is the model of these lines.
#ifndef BULKHEAD_PORT_SAMPLING_HPP
#define BULKHEAD_PORT_SAMPLING_HPP

#include "bulkhead_port.h"
#include "port/words.hpp"

namespace bulkhead::port {

inline bulkhead_sampling_slot& sampling_slot(bulkhead_sampling_header* header, uint64_t message, uint64_t number)
{
    const uint64_t offset{sizeof(bulkhead_sampling_header) +
                          ((number % static_cast<uint64_t>(bulkhead_sampling_slots)) * sampling_stride(message))};
    return *reinterpret_cast<bulkhead_sampling_slot*>(reinterpret_cast<uintptr_t>(header) + offset);
}

inline const bulkhead_sampling_slot& sampling_slot(const bulkhead_sampling_header* header, uint64_t message, uint64_t number)
{
    const uint64_t offset{sizeof(bulkhead_sampling_header) +
                          ((number % static_cast<uint64_t>(bulkhead_sampling_slots)) * sampling_stride(message))};
    return *reinterpret_cast<const bulkhead_sampling_slot*>(reinterpret_cast<uintptr_t>(header) + offset);
}

inline bulkhead_port_status sampling_open_sender(bulkhead_sampling_sender& state, const bulkhead_channel& channel, uint64_t generation, bool keep)
{
    state = {};
    if (!is_usable(channel, bulkhead_kind_sampling) || (channel.sends == 0U)) {
        return bulkhead_port_unusable;
    }
    bulkhead_sampling_header* const header{reinterpret_cast<bulkhead_sampling_header*>(static_cast<uintptr_t>(channel.base))};
    const uint64_t former{load(header->generation)};
    state.header = header;
    state.message_bytes = channel.message_bytes;
    // The number goes on, so that no reader takes a slot of this incarnation for one of the last.
    state.number = load(header->latest);
    state.generation = (keep && (former == generation)) ? former : next_generation(generation, former);
    store(header->magic, static_cast<uint32_t>(bulkhead_sampling_magic));
    store(header->version, static_cast<uint32_t>(bulkhead_port_layout_version));
    store(header->generation, state.generation);
    // From here on all messages in the slots are of another generation: old, whatever their age.
    before_stores();
    return bulkhead_port_ok;
}

inline bulkhead_port_status sampling_write(bulkhead_sampling_sender& state, const void* message, uint64_t length, uint64_t now)
{
    if (state.header == nullptr) {
        return bulkhead_port_unusable;
    }
    if ((length == 0U) || (length > state.message_bytes)) {
        return bulkhead_port_size;
    }
    // 0 is no number: a former incarnation may have left any.
    const uint64_t number{(state.number == UINT64_MAX) ? static_cast<uint64_t>(bulkhead_sampling_slots) : (state.number + 1U)};
    bulkhead_sampling_slot& slot{sampling_slot(state.header, state.message_bytes, number)};
    store(slot.sequence, uint64_t{0});
    // Whoever reads a word of the new message must see that the slot's old number is gone.
    before_stores();
    store(slot.generation, state.generation);
    store(slot.stamp, now);
    store(slot.length, static_cast<uint32_t>(length));
    copy_in(words_of(slot), message, length);
    store(slot.sequence, number);
    // Whoever is told of the message must see all of it, and its number, or he would think it overwritten. The slot's
    // number needs no barrier of its own: nobody looks at it before he is told.
    before_stores();
    store(state.header->latest, number);
    state.number = number;
    return bulkhead_port_ok;
}

constexpr uint32_t kReadAttempts{3};

inline bulkhead_port_status sampling_open_receiver(bulkhead_sampling_receiver& state, const bulkhead_channel& channel)
{
    state = {};
    if (!is_usable(channel, bulkhead_kind_sampling)) {
        return bulkhead_port_unusable;
    }
    state.header = reinterpret_cast<const bulkhead_sampling_header*>(static_cast<uintptr_t>(channel.base));
    state.message_bytes = channel.message_bytes;
    return bulkhead_port_ok;
}

inline bulkhead_port_status sampling_read(bulkhead_sampling_receiver& state, void* buffer, uint64_t capacity, bulkhead_message& message)
{
    message = {};
    if (state.header == nullptr) {
        return bulkhead_port_unusable;
    }
    if (capacity < state.message_bytes) {
        return bulkhead_port_size;
    }
    for (uint32_t attempt{0}; attempt < kReadAttempts; ++attempt) {
        const uint64_t number{load(state.header->latest)};
        if (number == 0U) {
            return bulkhead_port_empty;
        }
        // The slot is read after its number: at least that message is in it.
        after_loads();
        const bulkhead_sampling_slot& slot{sampling_slot(state.header, state.message_bytes, number)};
        const uint32_t length{load(slot.length)};
        const uint64_t generation{load(slot.generation)};
        message.stamp = load(slot.stamp);
        const bool fits{(length != 0U) && (length <= state.message_bytes)};
        copy_out(buffer, words_of(slot), fits ? length : 0U);
        // The number is read after the message: had any word been of a later one, the number would be gone.
        after_loads();
        if (load(slot.sequence) == number) {
            const uint64_t present{load(state.header->generation)};
            message.current = present == generation;
            message.restarted = (state.generation != 0U) && (state.generation != present);
            message.length = fits ? length : 0U;
            state.generation = present;
            return fits ? bulkhead_port_ok : bulkhead_port_corrupt;
        }
    }
    return bulkhead_port_busy;
}

inline bool is_valid(const bulkhead_message& message, uint64_t now, uint64_t refresh_ticks)
{
    return message.current && (message.stamp <= now) && ((refresh_ticks == 0U) || ((now - message.stamp) <= refresh_ticks));
}

class SamplingSender {
public:
    bulkhead_port_status open(const bulkhead_channel& channel, uint64_t generation, bool keep = false)
    {
        return sampling_open_sender(state_, channel, generation, keep);
    }
    bulkhead_port_status write(const void* message, uint64_t length, uint64_t now) { return sampling_write(state_, message, length, now); }

private:
    bulkhead_sampling_sender state_{};
};

class SamplingReceiver {
public:
    bulkhead_port_status open(const bulkhead_channel& channel) { return sampling_open_receiver(state_, channel); }
    bulkhead_port_status read(void* buffer, uint64_t capacity, bulkhead_message& message)
    {
        return sampling_read(state_, buffer, capacity, message);
    }

private:
    bulkhead_sampling_receiver state_{};
};

}  // namespace bulkhead::port

#endif
