/* SPDX-License-Identifier: Apache-2.0
 * implements: LLR-1010
 *
 * A channel's end as its partition sees it, and the layout of what both ends share; C99 and C++17.
 *
 * Layout 1. All words are little-endian, naturally aligned, and written by one partition only: what a writer writes
 * and what a receiver writes lie in areas (whole pages) of their own, which stage 2 lets the other end read only.
 * Sizes are worked out at build time by generator/allocate/ports.py; a test compares both.
 */
#ifndef BULKHEAD_CHANNEL_H
#define BULKHEAD_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum bulkhead_channel_kind {
    bulkhead_kind_sampling = 0,
    bulkhead_kind_queuing = 1,
    bulkhead_kind_shared_memory = 2
};

/* One end, from the generated bulkhead_partition.h or from the node `bulkhead,channel` of the device tree. */
struct bulkhead_channel {
    const char *name;       /* bulkhead,name */
    uint32_t slot;          /* bulkhead,slot: the argument of the hypercall notify */
    uint32_t kind;          /* bulkhead,kind: enum bulkhead_channel_kind */
    uint32_t sends;         /* bulkhead,direction: 1 "send" (or "both"), 0 "receive" */
    uint32_t uncached;      /* 1: Normal Non-cacheable at every end, since one end is Linux */
    uint32_t irq;           /* interrupts: the doorbell's INTID, 0 without */
    uint32_t depth;         /* bulkhead,depth: of a queuing channel */
    uint64_t message_bytes; /* bulkhead,message-size: the largest message */
    uint64_t refresh_ns;    /* bulkhead,refresh: age up to which a sample is valid, 0: any */
    uint64_t base;          /* memory-region, first: written by the sender (or all of a shared memory) */
    uint64_t size;
    uint64_t back_base;     /* memory-region, second: written by the receiver of a queuing channel, else 0 */
    uint64_t back_size;
};

enum {
    bulkhead_port_layout_version = 1,
    bulkhead_sampling_magic = 0x31504D53, /* "SMP1" */
    bulkhead_queue_magic = 0x31455551,    /* "QUE1" */
    bulkhead_queue_back_magic = 0x31424B51, /* "QKB1" */
    bulkhead_sampling_slots = 4
};

/* Sampling: the one area, written by the sender. A message is in slot `number % 4`; slots follow the header. */
struct bulkhead_sampling_header {
    uint32_t magic;
    uint32_t version;
    uint64_t generation; /* of the sender: another value after each of its starts, never 0 once open */
    uint64_t latest;     /* number of the newest whole message, 0: none yet */
    uint64_t unused[5];
};

/* The message's words stand behind it, as they do behind bulkhead_queue_slot. */
struct bulkhead_sampling_slot {
    uint64_t sequence; /* number of the message in it, 0 while it is being written */
    uint64_t generation;
    uint64_t stamp; /* counter value at the time of writing */
    uint32_t length;
    uint32_t unused;
};

/* Queuing, forward area, written by the sender. Positions count up for ever; message n is in slot n % depth. */
struct bulkhead_queue_header {
    uint32_t magic;
    uint32_t version;
    uint64_t generation; /* 0 while the sender opens */
    uint64_t first;      /* position at which this generation begins: what is older is not to be delivered */
    uint64_t tail;       /* position after the newest whole message */
    uint64_t overflows;  /* messages refused because the queue was full, since the sender's start */
    uint64_t unused[3];
};

struct bulkhead_queue_slot {
    uint32_t length;
    uint32_t unused;
    uint64_t stamp;
};

/* Queuing, backward area, written by the receiver. */
struct bulkhead_queue_back {
    uint32_t magic;
    uint32_t version;
    uint64_t generation; /* 0 until the receiver opens */
    uint64_t head;       /* position of the next message to be received */
    uint64_t unused[5];
};

#ifdef __cplusplus
}

static_assert(sizeof(bulkhead_sampling_header) == 64 && offsetof(bulkhead_sampling_header, latest) == 16, "layout 1");
static_assert(sizeof(bulkhead_sampling_slot) == 32 && offsetof(bulkhead_sampling_slot, length) == 24, "layout 1");
static_assert(sizeof(bulkhead_queue_header) == 64 && offsetof(bulkhead_queue_header, tail) == 24, "layout 1");
static_assert(sizeof(bulkhead_queue_slot) == 16 && offsetof(bulkhead_queue_slot, stamp) == 8, "layout 1");
static_assert(sizeof(bulkhead_queue_back) == 64 && offsetof(bulkhead_queue_back, head) == 16, "layout 1");
#endif

#endif
