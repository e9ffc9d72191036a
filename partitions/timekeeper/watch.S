// SPDX-License-Identifier: Apache-2.0
//
// void timekeeper_watch(uint64_t* gap, uint64_t threshold, const uint64_t* pattern, uint64_t* seen)
// Reads the counter until two readings lie more than `threshold` apart: gap[0] is the one before, gap[1] the one after.
// Meanwhile q0-q31 and x19-x28 hold pattern[0..63] and [64..73]; what they hold afterwards goes to seen.

.section .text.timekeeper_watch, "ax"
.global timekeeper_watch
.type timekeeper_watch, %function
timekeeper_watch:
    stp     d8, d9, [sp, #-144]!
    stp     d10, d11, [sp, #16]
    stp     d12, d13, [sp, #32]
    stp     d14, d15, [sp, #48]
    stp     x19, x20, [sp, #64]
    stp     x21, x22, [sp, #80]
    stp     x23, x24, [sp, #96]
    stp     x25, x26, [sp, #112]
    stp     x27, x28, [sp, #128]
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ldr     q\n, [x2, #(16 * \n)]
    .endr
    add     x2, x2, #512
    ldp     x19, x20, [x2]
    ldp     x21, x22, [x2, #16]
    ldp     x23, x24, [x2, #32]
    ldp     x25, x26, [x2, #48]
    ldp     x27, x28, [x2, #64]
    ldr     x5, [x0, #8]            // goes on where it stopped: time between two calls is watched too
1:  mrs     x4, cntvct_el0
    sub     x6, x4, x5
    cmp     x6, x1
    b.hi    2f
    mov     x5, x4
    b       1b
2:  stp     x5, x4, [x0]
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    str     q\n, [x3, #(16 * \n)]
    .endr
    add     x3, x3, #512
    stp     x19, x20, [x3]
    stp     x21, x22, [x3, #16]
    stp     x23, x24, [x3, #32]
    stp     x25, x26, [x3, #48]
    stp     x27, x28, [x3, #64]
    ldp     x27, x28, [sp, #128]
    ldp     x25, x26, [sp, #112]
    ldp     x23, x24, [sp, #96]
    ldp     x21, x22, [sp, #80]
    ldp     x19, x20, [sp, #64]
    ldp     d14, d15, [sp, #48]
    ldp     d12, d13, [sp, #32]
    ldp     d10, d11, [sp, #16]
    ldp     d8, d9, [sp], #144
    ret
.size timekeeper_watch, . - timekeeper_watch
