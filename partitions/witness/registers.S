// SPDX-License-Identifier: Apache-2.0
//
// void witness_registers(const uint64_t* pattern, uint64_t* seen): loads q0..q31, stays there long enough for
// interrupts of the board to come by, and stores them. q8..q15 belong to the caller.

.section .text.witness_registers, "ax"
.global witness_registers
.type witness_registers, %function
witness_registers:
    stp     d8, d9, [sp, #-64]!
    stp     d10, d11, [sp, #16]
    stp     d12, d13, [sp, #32]
    stp     d14, d15, [sp, #48]
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ldr     q\n, [x0, #(16 * \n)]
    .endr
    mov     x2, #20000
1:  subs    x2, x2, #1
    yield
    b.ne    1b
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    str     q\n, [x1, #(16 * \n)]
    .endr
    ldp     d14, d15, [sp, #48]
    ldp     d12, d13, [sp, #32]
    ldp     d10, d11, [sp, #16]
    ldp     d8, d9, [sp], #64
    ret
.size witness_registers, . - witness_registers
