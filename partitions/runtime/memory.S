// SPDX-License-Identifier: Apache-2.0
// implements: LLR-401
//
// The functions that compilers call on their own, also in freestanding code. Assembly, because a compiler
// may turn a loop in memset() into a call of memset(). Aligned accesses only: with the MMU off all memory
// is Device memory, which refuses others.

.section .text.memset, "ax"
.global memset
.type memset, %function
memset:                             // x0 destination, w1 byte, x2 size -> x0
    mov     x3, x0
1:  cbz     x2, 2f
    strb    w1, [x3], #1
    sub     x2, x2, #1
    b       1b
2:  ret
.size memset, . - memset

.section .text.memcpy, "ax"
.global memcpy
.type memcpy, %function
memcpy:                             // x0 destination, x1 source, x2 size -> x0; no overlap
    mov     x3, x0
    orr     x4, x0, x1
    tst     x4, #7
    b.ne    2f
1:  cmp     x2, #8
    b.lo    2f
    ldr     x4, [x1], #8
    str     x4, [x3], #8
    sub     x2, x2, #8
    b       1b
2:  cbz     x2, 3f
    ldrb    w4, [x1], #1
    strb    w4, [x3], #1
    sub     x2, x2, #1
    b       2b
3:  ret
.size memcpy, . - memcpy

.section .text.memmove, "ax"
.global memmove
.type memmove, %function
memmove:                            // as memcpy, overlapping allowed
    cmp     x0, x1
    b.ls    memcpy                  // downwards: copying in order of addresses is right
1:  cbz     x2, 2f
    sub     x2, x2, #1
    ldrb    w4, [x1, x2]
    strb    w4, [x0, x2]
    b       1b
2:  ret
.size memmove, . - memmove

.section .text.memcmp, "ax"
.global memcmp
.type memcmp, %function
memcmp:                             // x0, x1 areas, x2 size -> w0 <, =, > 0
1:  cbz     x2, 2f
    ldrb    w3, [x0], #1
    ldrb    w4, [x1], #1
    sub     x2, x2, #1
    subs    w5, w3, w4
    b.eq    1b
    mov     w0, w5
    ret
2:  mov     w0, #0
    ret
.size memcmp, . - memcmp
