// SPDX-License-Identifier: Apache-2.0
// implements: LLR-401
//
// The last words of a partition whose program has no handler of its own.
#include "bulkhead.h"

static_assert(sizeof(bulkhead_exception) == 304, "vectors.S: frame_size");
static_assert(offsetof(bulkhead_exception, sp) == 248, "vectors.S: layout");
static_assert(offsetof(bulkhead_exception, vector) == 288, "vectors.S: layout");

[[gnu::weak]] void bulkhead_on_exception(struct bulkhead_exception* exception)
{
    const uint64_t values[]{exception->vector, exception->esr, exception->far, exception->elr, exception->x[30]};
    bulkhead_print_values("exception: vector 0x%x esr 0x%x far 0x%x elr 0x%x lr 0x%x\n", values, sizeof(values) / sizeof(values[0]));
    bulkhead_system_off();
}
