// SPDX-License-Identifier: Apache-2.0
//
// implements: LLR-1022
//
// Nanoseconds of APEX and ticks of the counter, without a product that 64 bits do not hold.
#ifndef BULKHEAD_APEX_TIME_HPP
#define BULKHEAD_APEX_TIME_HPP

#include "apex.h"
#include "bulkhead.h"

namespace bulkhead::apex {

constexpr uint64_t kNanosecondsPerSecond{1'000'000'000};

inline SYSTEM_TIME_TYPE nanoseconds(uint64_t ticks)
{
    const uint64_t hertz{bulkhead_ticks_per_second()};
    return static_cast<SYSTEM_TIME_TYPE>(((ticks / hertz) * kNanosecondsPerSecond) + (((ticks % hertz) * kNanosecondsPerSecond) / hertz));
}

inline uint64_t ticks(SYSTEM_TIME_TYPE duration_ns)
{
    const uint64_t hertz{bulkhead_ticks_per_second()};
    const uint64_t nanosecond{static_cast<uint64_t>(duration_ns)};
    return ((nanosecond / kNanosecondsPerSecond) * hertz) + (((nanosecond % kNanosecondsPerSecond) * hertz) / kNanosecondsPerSecond);
}

// Lets others have the core where it is shared; elsewhere a hint to the emulator's or core's other threads.
inline void give_way()
{
    if (bulkhead_window_wait() != bulkhead_ok) {
        bulkhead_pause();
    }
}

}  // namespace bulkhead::apex

#endif
