// SPDX-License-Identifier: Apache-2.0
//
// uint64_t measure_call(uint64_t function, uint64_t x1): one call, less the 1 of two readings next to each other.

.section .text.measure_call, "ax"
.global measure_call
.type measure_call, %function
measure_call:
    mrs     x9, cntvct_el0
    hvc     #0
    mrs     x10, cntvct_el0
    sub     x0, x10, x9
    sub     x0, x0, #1
    ret
.size measure_call, . - measure_call
