// SPDX-License-Identifier: Apache-2.0
// The event ring of a core. Its core alone writes, in EL2, where interrupts are masked: no lock, no read-modify-write. The
// newest records replace the oldest; how many were written is counted, so that a reader knows how many it missed. The
// layout is part of the debug interface: `bulkhead trace` reads it from a stopped machine.
#ifndef BULKHEAD_KERNEL_TRACE_RING_HPP_
#define BULKHEAD_KERNEL_TRACE_RING_HPP_

#include "arch/aarch64/cpu.hpp"
#include "config/schema.hpp"
#include "trace/event.hpp"

namespace bulkhead {

struct TraceRecord {
  u64 counter;
  TraceEvent event;
  u32 subject;
  u64 a;
  u64 b;
};

struct alignas(kCacheLine) TraceHead {
  u64 written;        ///< records since power-on
  u64 last_due;       ///< of the last kSchedule record: what it said
  u32 last_subject;
  u32 begun;          ///< 1: there is a last kSchedule record
};

static_assert(sizeof(TraceRecord) == 32 && sizeof(TraceHead) == kCacheLine, "known to generator/run/trace_ring.py");

class TraceRing {
 public:
  // implements: LLR-1120
  static void record(const TraceConfig& ring, u64 counter, TraceEvent event, u32 subject, u64 a, u64 b) {
    const u64 number = ring.head->written;
    TraceRecord& slot = ring.records[number & ring.mask];
    slot.counter = counter;
    slot.event = event;
    slot.subject = subject;
    slot.a = a;
    slot.b = b;
    store_release(&ring.head->written, number + 1);
  }

  // implements: LLR-1121
  /// A choice of the scheduler at `counter`, if it is another than the last.
  [[gnu::noinline]] static void choice(const TraceConfig& ring, u64 counter, u32 subject, u64 schedule, u64 due) {
    TraceHead& head = *ring.head;
    if (head.begun != 0 && head.last_subject == subject && head.last_due == due) {
      return;
    }
    head.begun = 1;
    head.last_subject = subject;
    head.last_due = due;
    record(ring, counter, TraceEvent::kSchedule, subject, schedule, due);
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_TRACE_RING_HPP_
