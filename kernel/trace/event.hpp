// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1120
// What the event rings can hold.
#ifndef BULKHEAD_KERNEL_TRACE_EVENT_HPP_
#define BULKHEAD_KERNEL_TRACE_EVENT_HPP_

#include "base/types.hpp"

namespace bulkhead {

/// Kinds of records; the first four can be chosen, the last comes with any of them.
enum class TraceEvent : u32 {
  kSchedule,   ///< the core chose: subject partition or kNoPartition, a schedule and window << 32, b when it was due
  kInterrupt,  ///< a physical interrupt at EL2: subject partition that runs, a INTID
  kHypercall,  ///< HVC or SMC: subject caller, a function id, b x1
  kHealth,     ///< health event: subject partition, a event, b action
  kUser        ///< the call `trace`: subject caller, a id, b value
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_TRACE_EVENT_HPP_
