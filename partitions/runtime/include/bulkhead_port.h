/* SPDX-License-Identifier: Apache-2.0
 * implements: LLR-1012
 *
 * Sampling and queuing ports over a channel's shared memory; C99 and C++17. No function makes a hypercall, waits, or
 * allocates. C++ may use the classes of port/sampling.hpp and port/queuing.hpp, which this wraps.
 *
 * Whatever the other end does - stops at any point, starts anew, writes anything - a call returns after a bounded
 * number of steps, touches nothing but the channel's own areas and the caller's buffer, and says what it saw.
 * A port belongs to one thread of control: two threads of a partition need a lock of their own around it.
 *
 * Guests without Bulkhead's runtime (Zephyr, FreeRTOS, Linux): compile port/port.cpp, and fill in bulkhead_channel from
 * the device tree. The areas are mapped as Normal Write-Back, or Normal Non-cacheable (Device will do) if an end is Linux.
 */
#ifndef BULKHEAD_PORT_H
#define BULKHEAD_PORT_H

#include <stdbool.h>

#include "bulkhead_channel.h"

#ifdef __cplusplus
extern "C" {
#endif

enum bulkhead_port_status {
    bulkhead_port_ok = 0,
    bulkhead_port_empty = 1,   /* nothing has been written, or nothing waits */
    bulkhead_port_busy = 2,    /* the sender was faster than the reading each time, or is just starting: try again */
    bulkhead_port_full = 3,    /* the queue holds `depth` messages; this one was not sent */
    bulkhead_port_size = 4,    /* the message is larger than the channel's, or empty; or the buffer is smaller */
    bulkhead_port_corrupt = 5, /* the other end wrote what a correct end never writes; the port has recovered */
    bulkhead_port_unusable = 6 /* the description does not fit the call, or the port is not open */
};

/* What is known of a message. Times are ticks of the counter CNTVCT_EL0, which all partitions share. */
struct bulkhead_message {
    uint64_t length;
    uint64_t stamp;  /* when it was written, as the sender says */
    uint64_t lost;   /* queuing: messages that the sender could not send since the last call */
    bool current;    /* written by the present incarnation of the sender */
    bool restarted;  /* the sender has started anew since the last call */
};

struct bulkhead_sampling_sender {
    struct bulkhead_sampling_header *header;
    uint64_t message_bytes;
    uint64_t number;
    uint64_t generation;
};

struct bulkhead_sampling_receiver {
    const struct bulkhead_sampling_header *header;
    uint64_t message_bytes;
    uint64_t generation;
};

struct bulkhead_queue_sender {
    struct bulkhead_queue_header *header;
    const struct bulkhead_queue_back *back;
    uint64_t message_bytes;
    uint64_t depth;
    uint64_t tail;
    uint64_t overflows;
    uint64_t generation;
    uint64_t peer_generation;
};

struct bulkhead_queue_receiver {
    const struct bulkhead_queue_header *header;
    struct bulkhead_queue_back *back;
    uint64_t message_bytes;
    uint64_t depth;
    uint64_t head;
    uint64_t overflows;
    uint64_t peer_generation;
};

/* Opening. `generation` tells one incarnation of the caller from the next: a native partition gives its number of
 * restarts + 1 (hypercall status, x3), Linux a number made of its boot_id. `keep`: an end that opens again within the
 * same incarnation goes on where it was (several processes after each other); without it, every opening counts as a
 * start. A sender's start makes what it wrote before old; a receiver's start drops what waits. */
enum bulkhead_port_status bulkhead_sampling_open_sender(struct bulkhead_sampling_sender *port, const struct bulkhead_channel *channel,
                                                        uint64_t generation, bool keep);
enum bulkhead_port_status bulkhead_sampling_open_receiver(struct bulkhead_sampling_receiver *port,
                                                          const struct bulkhead_channel *channel);
enum bulkhead_port_status bulkhead_queue_open_sender(struct bulkhead_queue_sender *port, const struct bulkhead_channel *channel,
                                                     uint64_t generation, bool keep);
enum bulkhead_port_status bulkhead_queue_open_receiver(struct bulkhead_queue_receiver *port, const struct bulkhead_channel *channel,
                                                       uint64_t generation, bool keep);

/* Writes a message stamped `now`. Wait-free: the readers cannot delay it. Results: ok, size. */
enum bulkhead_port_status bulkhead_sampling_write(struct bulkhead_sampling_sender *port, const void *message, uint64_t length,
                                                  uint64_t now);
/* Copies the newest whole message, in at most three attempts. `buffer` holds `capacity` >= message_bytes.
 * Results: ok, empty, busy, corrupt, size. */
enum bulkhead_port_status bulkhead_sampling_read(struct bulkhead_sampling_receiver *port, void *buffer, uint64_t capacity,
                                                 struct bulkhead_message *message);
/* Whether a message is valid at `now`, taken after it was read: of the present incarnation, not stamped in the
 * future, and not older than `refresh_ticks` (0: any age). */
bool bulkhead_message_is_valid(const struct bulkhead_message *message, uint64_t now, uint64_t refresh_ticks);

/* Results: ok, full, size, corrupt (the receiver's position is impossible; nothing was sent). */
enum bulkhead_port_status bulkhead_queue_send(struct bulkhead_queue_sender *port, const void *message, uint64_t length, uint64_t now);
/* The oldest message. Results: ok, empty, busy, corrupt, size. */
enum bulkhead_port_status bulkhead_queue_receive(struct bulkhead_queue_receiver *port, void *buffer, uint64_t capacity,
                                                 struct bulkhead_message *message);
/* Drops what waits. */
void bulkhead_queue_clear(struct bulkhead_queue_receiver *port);
/* How many messages wait, at most `depth`, as far as the other end can be believed. */
uint64_t bulkhead_queue_waiting(const struct bulkhead_queue_receiver *port);
/* How many the receiver has not taken yet; above `depth` if its position is impossible. */
uint64_t bulkhead_queue_in_use(const struct bulkhead_queue_sender *port);
/* Whether the receiver has started (anew) since the last call of this function. */
bool bulkhead_queue_receiver_restarted(struct bulkhead_queue_sender *port);

#ifdef __cplusplus
}
#endif

#endif
