// SPDX-License-Identifier: Apache-2.0
//
// uint64_t preserve(function, by_smc): makes the call with a known value in every register that SMCCC 1.2 has
// preserved (x4..x29, SP, NZCV, q0..q31) and returns a mask of those that came back changed: bit n for xn,
// bit 32 for SP, 33 for NZCV, 34 for any of the SIMD registers. x30 is covered by the return itself.

.section .text.preserve, "ax"
.global preserve
.type preserve, %function
preserve:
    stp     x29, x30, [sp, #-176]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    stp     d8, d9, [sp, #96]
    stp     d10, d11, [sp, #112]
    stp     d12, d13, [sp, #128]
    stp     d14, d15, [sp, #144]
    mov     x4, sp
    str     x4, [sp, #160]
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    movi    v\n\().16b, #(0x40 + \n)
    .endr
    mov     x5, x1
    .irp n, 4,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
    mov     x\n, #(0x5A00 + \n)
    .endr
    mov     x1, #0
    mov     x2, #0
    mov     x3, #0
    // NZCV = 1010, a pattern that no comparison of a handler would leave by chance.
    mov     x4, #0xA0000000
    msr     nzcv, x4
    mov     x4, #(0x5A00 + 4)
    cbnz    x5, 1f
    mov     x5, #(0x5A00 + 5)
    hvc     #0
    b       2f
1:  mov     x5, #(0x5A00 + 5)
    smc     #0
2:  mrs     x1, nzcv
    mov     x0, #0
    .irp n, 4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
    mov     x2, #(0x5A00 + \n)
    cmp     x\n, x2
    cset    x2, ne
    orr     x0, x0, x2, lsl #\n
    .endr
    ldr     x2, [sp, #160]
    mov     x3, sp
    cmp     x2, x3
    cset    x2, ne
    orr     x0, x0, x2, lsl #32
    mov     x2, #0xA0000000
    cmp     x1, x2
    cset    x2, ne
    orr     x0, x0, x2, lsl #33
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    mov     x2, v\n\().d[0]
    mov     x3, v\n\().d[1]
    eor     x3, x3, x2
    mov     x4, #(0x40 + \n)
    mov     x5, #0x0101010101010101
    mul     x4, x4, x5
    eor     x2, x2, x4
    orr     x2, x2, x3
    cmp     x2, #0
    cset    x2, ne
    orr     x0, x0, x2, lsl #34
    .endr
    ldp     d14, d15, [sp, #144]
    ldp     d12, d13, [sp, #128]
    ldp     d10, d11, [sp, #112]
    ldp     d8, d9, [sp, #96]
    ldp     x27, x28, [sp, #80]
    ldp     x25, x26, [sp, #64]
    ldp     x23, x24, [sp, #48]
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    ldp     x29, x30, [sp], #176
    ret
.size preserve, . - preserve
