// SPDX-License-Identifier: Apache-2.0
//
// uint64_t measure_switch(volatile uint64_t* mine, const volatile uint64_t* other, uint64_t threshold)
// Writes the counter to *mine until a gap wider than `threshold` shows that the core was away; the time from the other's
// last reading to the first of ours.
//
// uint64_t measure_touch(void): the first SIMD instruction after a switch, less the pair of readings itself.

.section .text.measure_switch, "ax"
.global measure_switch
.type measure_switch, %function
measure_switch:
    mrs     x3, cntvct_el0
1:  mrs     x4, cntvct_el0
    sub     x5, x4, x3
    cmp     x5, x2
    b.hi    2f
    str     x4, [x0]
    mov     x3, x4
    b       1b
2:  ldr     x6, [x1]
    sub     x0, x4, x6
    ret
.size measure_switch, . - measure_switch

.section .text.measure_touch, "ax"
.global measure_touch
.type measure_touch, %function
measure_touch:
    mrs     x0, cntvct_el0
    fmov    x2, d31
    mrs     x1, cntvct_el0
    sub     x0, x1, x0
    sub     x0, x0, #2
    ret
.size measure_touch, . - measure_touch
