// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1016, LLR-1017, LLR-1018
//
// Queuing ports: one sender, one receiver. Each end keeps its own position in its own memory and writes a copy for the
// other; a position of the other end is only ever compared with the own one, so that it never becomes an address.
// verify/model/queuing.pml is the model of these lines.
#ifndef BULKHEAD_PORT_QUEUING_HPP
#define BULKHEAD_PORT_QUEUING_HPP

#include "bulkhead_port.h"
#include "port/words.hpp"

namespace bulkhead::port {

inline uint64_t queue_offset(uint64_t message, uint64_t depth, uint64_t position)
{
    return sizeof(bulkhead_queue_header) + ((position % depth) * queue_stride(message));
}

inline uint64_t queue_in_use(const bulkhead_queue_sender& state)
{
    return (state.header == nullptr) ? 0U : (state.tail - load(state.back->head));
}

inline bulkhead_port_status queue_open_sender(bulkhead_queue_sender& state, const bulkhead_channel& channel, uint64_t generation, bool keep)
{
    state = {};
    if (!is_usable(channel, bulkhead_kind_queuing) || (channel.sends == 0U)) {
        return bulkhead_port_unusable;
    }
    bulkhead_queue_header* const header{reinterpret_cast<bulkhead_queue_header*>(static_cast<uintptr_t>(channel.base))};
    const bulkhead_queue_back* const back{reinterpret_cast<const bulkhead_queue_back*>(static_cast<uintptr_t>(channel.back_base))};
    const uint64_t former{load(header->generation)};
    state.header = header;
    state.back = back;
    state.message_bytes = channel.message_bytes;
    state.depth = channel.depth;
    state.tail = load(header->tail);
    state.overflows = load(header->overflows);
    state.peer_generation = load(back->generation);
    const uint64_t head{load(back->head)};
    // At the first start both positions are 0, even where the receiver's page still holds what was there at power-on.
    if ((former != 0U) && ((state.tail - head) > state.depth)) {
        state.tail = head;  // a former incarnation left nonsense: both positions agree again
    }
    state.generation = (keep && (former == generation)) ? former : next_generation(generation, former);
    if (state.generation != former) {
        state.overflows = 0;
        // Seen no later than the new generation's positions: from then on nothing of the former one is delivered. Beside
        // the former generation the new positions only drop what is old by now, so they need not wait for it.
        store(header->generation, uint64_t{0});
        store(header->magic, static_cast<uint32_t>(bulkhead_queue_magic));
        store(header->version, static_cast<uint32_t>(bulkhead_port_layout_version));
        store(header->first, state.tail);
        store(header->tail, state.tail);
        store(header->overflows, uint64_t{0});
        // Whoever sees the generation must see the positions to which it belongs.
        before_stores();
        store(header->generation, state.generation);
    }
    return bulkhead_port_ok;
}

inline bulkhead_port_status queue_send(bulkhead_queue_sender& state, const void* message, uint64_t length, uint64_t now)
{
    if (state.header == nullptr) {
        return bulkhead_port_unusable;
    }
    if ((length == 0U) || (length > state.message_bytes)) {
        return bulkhead_port_size;
    }
    const uint64_t used{queue_in_use(state)};
    if (used >= state.depth) {
        if (used > state.depth) {
            return bulkhead_port_corrupt;
        }
        ++state.overflows;
        store(state.header->overflows, state.overflows);
        return bulkhead_port_full;
    }
    // The receiver has read the slot's former message before it gave the slot back: no store may come before that.
    after_loads();
    const uintptr_t base{reinterpret_cast<uintptr_t>(state.header)};
    bulkhead_queue_slot& slot{
        *reinterpret_cast<bulkhead_queue_slot*>(base + queue_offset(state.message_bytes, state.depth, state.tail))};
    store(slot.length, static_cast<uint32_t>(length));
    store(slot.stamp, now);
    copy_in(words_of(slot), message, length);
    // Whoever sees the position must see the whole message.
    before_stores();
    ++state.tail;
    store(state.header->tail, state.tail);
    return bulkhead_port_ok;
}

inline bool queue_receiver_restarted(bulkhead_queue_sender& state)
{
    if (state.header == nullptr) {
        return false;
    }
    const uint64_t present{load(state.back->generation)};
    const bool changed{present != state.peer_generation};
    state.peer_generation = present;
    // Whoever asks next how much is in use is told of the new incarnation's position.
    after_loads();
    return changed;
}

inline void queue_give_back(bulkhead_queue_receiver& state, uint64_t position)
{
    // The sender may overwrite what lies before the position: all of it has been read.
    before_stores();
    state.head = position;
    store(state.back->head, position);
}

inline void queue_report_losses(bulkhead_queue_receiver& state, bulkhead_message& message)
{
    const uint64_t overflows{load(state.header->overflows)};
    // Less than before: the sender is starting anew, which the next look at the generation tells.
    if (overflows >= state.overflows) {
        message.lost = overflows - state.overflows;
        state.overflows = overflows;
    }
}

inline bulkhead_port_status queue_open_receiver(bulkhead_queue_receiver& state, const bulkhead_channel& channel, uint64_t generation, bool keep)
{
    state = {};
    if (!is_usable(channel, bulkhead_kind_queuing)) {
        return bulkhead_port_unusable;
    }
    const bulkhead_queue_header* const header{
        reinterpret_cast<const bulkhead_queue_header*>(static_cast<uintptr_t>(channel.base))};
    bulkhead_queue_back* const back{reinterpret_cast<bulkhead_queue_back*>(static_cast<uintptr_t>(channel.back_base))};
    const uint64_t former{load(back->generation)};
    state.header = header;
    state.back = back;
    state.message_bytes = channel.message_bytes;
    state.depth = channel.depth;
    state.head = load(back->head);
    state.overflows = load(header->overflows);
    state.peer_generation = load(header->generation);
    // Positions are read after the generation to which they belong.
    after_loads();
    // Messages sent before this end's first start wait for it; those for a former incarnation do not.
    const bool goes_on{(former == 0U) || (keep && (former == generation))};
    // A sender that has started since this end last looked: what it wrote before that is old.
    const uint64_t first{load(header->first)};
    state.head = goes_on ? state.head : load(header->tail);
    if (goes_on && ((first - state.head) <= state.depth)) {
        state.head = first;
    }
    store(back->magic, static_cast<uint32_t>(bulkhead_queue_back_magic));
    store(back->version, static_cast<uint32_t>(bulkhead_port_layout_version));
    store(back->head, state.head);
    // Whoever sees the generation must see the position to which it belongs.
    before_stores();
    store(back->generation, (keep && (former == generation)) ? former : next_generation(generation, former));
    return bulkhead_port_ok;
}

inline bulkhead_port_status queue_receive(bulkhead_queue_receiver& state, void* buffer, uint64_t capacity, bulkhead_message& message)
{
    message = {};
    if (state.header == nullptr) {
        return bulkhead_port_unusable;
    }
    if (capacity < state.message_bytes) {
        return bulkhead_port_size;
    }
    const uint64_t generation{load(state.header->generation)};
    if (generation == 0U) {
        return bulkhead_port_empty;
    }
    // Positions are read after the generation to which they belong.
    after_loads();
    if (generation != state.peer_generation) {
        // Of this generation or of a later one, which the last look below would tell.
        const uint64_t first{load(state.header->first)};
        message.restarted = state.peer_generation != 0U;
        state.peer_generation = generation;
        state.overflows = 0;
        // Forward only: a slot that was given back is the sender's.
        if ((first - state.head) <= state.depth) {
            queue_give_back(state, first);
        }
    }
    const uint64_t tail{load(state.header->tail)};
    const uint64_t waiting{tail - state.head};
    if (waiting == 0U) {
        queue_report_losses(state, message);
        return bulkhead_port_empty;
    }
    if (waiting > state.depth) {
        queue_give_back(state, tail);
        return bulkhead_port_corrupt;
    }
    // The message is read after the position that announces it.
    after_loads();
    const uintptr_t base{reinterpret_cast<uintptr_t>(state.header)};
    const bulkhead_queue_slot& slot{
        *reinterpret_cast<const bulkhead_queue_slot*>(base + queue_offset(state.message_bytes, state.depth, state.head))};
    const uint32_t length{load(slot.length)};
    message.stamp = load(slot.stamp);
    const bool fits{(length != 0U) && (length <= state.message_bytes)};
    copy_out(buffer, words_of(slot), fits ? length : 0U);
    // Had the sender started anew meanwhile and come to this slot, its generation would be another.
    after_loads();
    if (load(state.header->generation) != generation) {
        return bulkhead_port_busy;
    }
    queue_report_losses(state, message);
    message.current = true;
    message.length = fits ? length : 0U;
    queue_give_back(state, state.head + 1U);
    return fits ? bulkhead_port_ok : bulkhead_port_corrupt;
}

inline void queue_clear(bulkhead_queue_receiver& state)
{
    if (state.header != nullptr) {
        queue_give_back(state, load(state.header->tail));
    }
}

inline uint64_t queue_waiting(const bulkhead_queue_receiver& state)
{
    const uint64_t count{(state.header == nullptr) ? 0U : (load(state.header->tail) - state.head)};
    return (count > state.depth) ? state.depth : count;
}

class QueueSender {
public:
    bulkhead_port_status open(const bulkhead_channel& channel, uint64_t generation, bool keep = false)
    {
        return queue_open_sender(state_, channel, generation, keep);
    }
    bulkhead_port_status send(const void* message, uint64_t length, uint64_t now) { return queue_send(state_, message, length, now); }
    uint64_t in_use() const { return queue_in_use(state_); }
    bool receiver_restarted() { return queue_receiver_restarted(state_); }

private:
    bulkhead_queue_sender state_{};
};

class QueueReceiver {
public:
    bulkhead_port_status open(const bulkhead_channel& channel, uint64_t generation, bool keep = false)
    {
        return queue_open_receiver(state_, channel, generation, keep);
    }
    bulkhead_port_status receive(void* buffer, uint64_t capacity, bulkhead_message& message)
    {
        return queue_receive(state_, buffer, capacity, message);
    }
    void clear() { queue_clear(state_); }
    uint64_t waiting() const { return queue_waiting(state_); }

private:
    bulkhead_queue_receiver state_{};
};

}  // namespace bulkhead::port

#endif
