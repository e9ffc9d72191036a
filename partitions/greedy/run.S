// SPDX-License-Identifier: Apache-2.0
//
// uint64_t greedy_run(uint64_t* gap, uint64_t threshold)
// Rounds of 32 instructions until two looks at the counter lie more than `threshold` apart: gap[0] is the one before, gap[1] the one
// after. Returns the rounds.

.section .text.greedy_run, "ax"
.global greedy_run
.type greedy_run, %function
greedy_run:
    stp     x19, x20, [sp, #-48]!
    stp     x21, x22, [sp, #16]
    str     x23, [sp, #32]
    mov     x19, x0
    mov     x20, x1
    ldr     x21, [x0, #8]
    mov     x22, #0
1:  movz    w0, #0xC600, lsl #16    // features: the shortest of all calls
    hvc     #0
    mrs     x23, cntvct_el0
    sub     x0, x23, x21
    cmp     x0, x20
    b.hi    2f
    mov     x21, x23
    add     x22, x22, #1
    .rept   23
    nop
    .endr
    b       1b
2:  stp     x21, x23, [x19]
    mov     x0, x22
    ldr     x23, [sp, #32]
    ldp     x21, x22, [sp, #16]
    ldp     x19, x20, [sp], #48
    ret
.size greedy_run, . - greedy_run
