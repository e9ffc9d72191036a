// SPDX-License-Identifier: Apache-2.0
// No event rings.
// implements: LLR-1120
#ifndef BULKHEAD_KERNEL_TRACE_NONE_HPP_
#define BULKHEAD_KERNEL_TRACE_NONE_HPP_

#include "config/schema.hpp"
#include "trace/event.hpp"

namespace bulkhead {

struct NoTrace {
  static void record(const TraceConfig& /*ring*/, u64 /*counter*/, TraceEvent /*event*/, u32 /*subject*/, u64 /*a*/, u64 /*b*/) {}
  static void choice(const TraceConfig& /*ring*/, u64 /*counter*/, u32 /*subject*/, u64 /*schedule*/, u64 /*due*/) {}
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_TRACE_NONE_HPP_
