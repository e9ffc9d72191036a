// SPDX-License-Identifier: Apache-2.0
// implements: LLR-404
//
// How a native run calls firmware by SMC. There is no hypervisor, and HVC is undefined.
#include "bulkhead.h"

struct bulkhead_result bulkhead_hvc(uint64_t, uint64_t x1, uint64_t x2, uint64_t x3)
{
    return {bulkhead_not_supported, x1, x2, x3};
}

// asm: the language has no call of the firmware. By SMCCC 1.2, x4 and above are preserved; the memory
// clobber makes what was written before visible to whom the call wakes.
struct bulkhead_result bulkhead_smc(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3)
{
    register uint64_t r0 asm("x0") = function;
    register uint64_t r1 asm("x1") = x1;
    register uint64_t r2 asm("x2") = x2;
    register uint64_t r3 asm("x3") = x3;
    asm volatile("smc #0" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3) : : "memory");
    return {static_cast<int64_t>(r0), r1, r2, r3};
}

struct bulkhead_result bulkhead_psci(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3)
{
    return bulkhead_smc(function, x1, x2, x3);
}
