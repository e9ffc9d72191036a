// SPDX-License-Identifier: Apache-2.0
// The event rings.
#include <catch2/catch.hpp>

#include "system.hpp"

using namespace fake;
using bulkhead::TraceConfig;
using bulkhead::TraceEvent;
using bulkhead::TraceHead;
using bulkhead::TraceRecord;
using Ring = bulkhead::TraceRing;

namespace {

const TraceRecord& newest(u32 core) { return trace_record(core, trace_head(core).written - 1); }

}  // namespace

TEST_CASE("calls, health events and a partition's own records stand in the ring of their core", "[LLR-1120]") {
  boot();
  const u64 before = trace_head(2).written;
  (void)call(vcpu(kBeta), 0xC600'0000, 17);
  CHECK(trace_head(2).written == before + 1);
  CHECK(newest(2).event == TraceEvent::kHypercall);
  CHECK(newest(2).subject == id_of(kBeta));
  CHECK(newest(2).a == 0xC600'0000);
  CHECK(newest(2).b == 17);
  const u64 counter = newest(2).counter;
  (void)interrupt(vcpu(kBeta), 41);
  CHECK(trace_head(2).written == before + 1);  // not among the events of this feature set
  (void)call(vcpu(kBeta), 0xC600'0004, 5);
  CHECK(newest(2).event == TraceEvent::kHealth);
  CHECK(newest(2).a == static_cast<u64>(bulkhead::HealthEvent::kApplication));
  CHECK(newest(2).counter > counter);
  (void)call(vcpu(kBeta), 0xC600'000A, 8, 9);
  CHECK(vcpu(kBeta).x[0] == 0);
  CHECK(newest(2).event == TraceEvent::kUser);
  CHECK(newest(2).a == 8);
  CHECK(newest(2).b == 9);
  (void)call(vcpu(kGamma), 0xC600'000A, 8, 9);
  CHECK(vcpu(kGamma).x[0] == kNotSupported);  // the call is not among gamma's
}

TEST_CASE("the newest records replace the oldest, and all are counted", "[LLR-1120]") {
  boot();
  const u64 before = trace_head(2).written;
  for (u64 i = 0; i < kTraceRecords + 5; ++i) {
    (void)call(vcpu(kBeta), 0xC600'0000, i);
  }
  CHECK(trace_head(2).written == before + kTraceRecords + 5);
  CHECK(trace_record(2, trace_head(2).written).b == 5);
  CHECK(newest(2).b == kTraceRecords + 4);
}

TEST_CASE("a choice is recorded when it is another than the last", "[LLR-1121]") {
  TraceHead head{};
  TraceRecord records[4]{};
  const TraceConfig ring{&head, records, 3};
  Ring::choice(ring, 7, 0, 0, 0);
  Ring::choice(ring, 7, 0, 0, 0);
  CHECK(head.written == 1);
  Ring::choice(ring, 7, 0, 1, 100);
  Ring::choice(ring, 7, 1, 1, 100);
  Ring::choice(ring, 7, 1, 1, 100);
  CHECK(head.written == 3);
  CHECK(records[2].event == TraceEvent::kSchedule);
  CHECK(records[2].subject == 1);
  CHECK(records[2].b == 100);
  CHECK(records[2].counter == 7);
}
