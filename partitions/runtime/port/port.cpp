// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1012
//
// The C interface of bulkhead_port.h.
#include "port/queuing.hpp"
#include "port/sampling.hpp"

enum bulkhead_port_status bulkhead_sampling_open_sender(struct bulkhead_sampling_sender* port,
                                                        const struct bulkhead_channel* channel, uint64_t generation, bool keep)
{
    return bulkhead::port::sampling_open_sender(*port, *channel, generation, keep);
}

enum bulkhead_port_status bulkhead_sampling_open_receiver(struct bulkhead_sampling_receiver* port,
                                                          const struct bulkhead_channel* channel)
{
    return bulkhead::port::sampling_open_receiver(*port, *channel);
}

enum bulkhead_port_status bulkhead_queue_open_sender(struct bulkhead_queue_sender* port, const struct bulkhead_channel* channel,
                                                     uint64_t generation, bool keep)
{
    return bulkhead::port::queue_open_sender(*port, *channel, generation, keep);
}

enum bulkhead_port_status bulkhead_queue_open_receiver(struct bulkhead_queue_receiver* port, const struct bulkhead_channel* channel,
                                                       uint64_t generation, bool keep)
{
    return bulkhead::port::queue_open_receiver(*port, *channel, generation, keep);
}

enum bulkhead_port_status bulkhead_sampling_write(struct bulkhead_sampling_sender* port, const void* message, uint64_t length,
                                                  uint64_t now)
{
    return bulkhead::port::sampling_write(*port, message, length, now);
}

enum bulkhead_port_status bulkhead_sampling_read(struct bulkhead_sampling_receiver* port, void* buffer, uint64_t capacity,
                                                 struct bulkhead_message* message)
{
    return bulkhead::port::sampling_read(*port, buffer, capacity, *message);
}

bool bulkhead_message_is_valid(const struct bulkhead_message* message, uint64_t now, uint64_t refresh_ticks)
{
    return bulkhead::port::is_valid(*message, now, refresh_ticks);
}

enum bulkhead_port_status bulkhead_queue_send(struct bulkhead_queue_sender* port, const void* message, uint64_t length,
                                              uint64_t now)
{
    return bulkhead::port::queue_send(*port, message, length, now);
}

enum bulkhead_port_status bulkhead_queue_receive(struct bulkhead_queue_receiver* port, void* buffer, uint64_t capacity,
                                                 struct bulkhead_message* message)
{
    return bulkhead::port::queue_receive(*port, buffer, capacity, *message);
}

void bulkhead_queue_clear(struct bulkhead_queue_receiver* port)
{
    bulkhead::port::queue_clear(*port);
}

uint64_t bulkhead_queue_waiting(const struct bulkhead_queue_receiver* port)
{
    return bulkhead::port::queue_waiting(*port);
}

uint64_t bulkhead_queue_in_use(const struct bulkhead_queue_sender* port)
{
    return bulkhead::port::queue_in_use(*port);
}

bool bulkhead_queue_receiver_restarted(struct bulkhead_queue_sender* port)
{
    return bulkhead::port::queue_receiver_restarted(*port);
}
