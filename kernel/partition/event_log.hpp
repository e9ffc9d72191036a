// SPDX-License-Identifier: Apache-2.0
// The health events of a partition, kept over its restarts: the newest kLogRecords of them.
#ifndef BULKHEAD_KERNEL_PARTITION_EVENT_LOG_HPP_
#define BULKHEAD_KERNEL_PARTITION_EVENT_LOG_HPP_

#include "arch/aarch64/cpu.hpp"
#include "partition/state.hpp"

namespace bulkhead {

class EventLog {
 public:
  // implements: LLR-1104
  /// On any core: the partition's own, or the supervisor's. The slot is reserved first, so that two do not share one.
  [[gnu::cold, gnu::noinline]] static void add(PartitionState& state, HealthEvent event, PartitionMode mode,
                                                   HealthAction action, const CauseRecord& cause, u64 counter) {
    const u32 number = __atomic_fetch_add(&state.log_head, u32{1}, __ATOMIC_ACQ_REL);
    LogRecord& slot = state.log[number % kLogRecords];
    slot.counter = counter;
    slot.event = event;
    slot.action = action;
    slot.mode = static_cast<u8>(mode);
    slot.cause.copy(cause);
  }

  // implements: LLR-1104
  /// Record `back` before the newest (0: the newest), or null.
  static const LogRecord* newest(const PartitionState& state, u64 back) {
    const u32 written = load_acquire(&state.log_head);
    return back < kLogRecords && back < written ? &state.log[(written - 1 - static_cast<u32>(back)) % kLogRecords] : nullptr;
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_PARTITION_EVENT_LOG_HPP_
