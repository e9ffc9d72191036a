// SPDX-License-Identifier: Apache-2.0
// implements: LLR-401, LLR-403
//
// Exception vectors (DDI 0487, D1.3.1.2). Every entry stores all registers, SIMD included, because the
// partition's handlers are ordinary compiled code, and hands over struct bulkhead_exception of bulkhead.h.

.equ frame_size, 304            // struct bulkhead_exception
.equ simd_size, 544             // q0..q31, FPSR, FPCR, padding

.macro store_registers vector
    sub     sp, sp, #frame_size
    stp     x0, x1, [sp, #0]
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    mov     x0, #\vector
.endm

.macro entry vector, handler
    .balign 0x80
    store_registers \vector
    b       \handler
.endm

.section .text.vectors, "ax"
.balign 0x800
.global runtime_vectors
runtime_vectors:
    entry   0x000, exception
    entry   0x080, exception
    entry   0x100, exception
    entry   0x180, exception
    entry   0x200, exception
    entry   0x280, interrupt
    entry   0x300, interrupt    // FIQ: group 0 interrupts of a native run
    entry   0x380, exception
    entry   0x400, exception
    entry   0x480, exception
    entry   0x500, exception
    entry   0x580, exception
    entry   0x600, exception
    entry   0x680, exception
    entry   0x700, exception
    entry   0x780, exception

.macro store_rest
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    add     x1, sp, #frame_size
    stp     x30, x1, [sp, #240]
    mrs     x1, elr_el1
    mrs     x2, spsr_el1
    stp     x1, x2, [sp, #256]
    mrs     x1, esr_el1
    mrs     x2, far_el1
    stp     x1, x2, [sp, #272]
    stp     x0, xzr, [sp, #288]
    mov     x0, sp
    sub     sp, sp, #simd_size
    stp     q0, q1, [sp, #0]
    stp     q2, q3, [sp, #32]
    stp     q4, q5, [sp, #64]
    stp     q6, q7, [sp, #96]
    stp     q8, q9, [sp, #128]
    stp     q10, q11, [sp, #160]
    stp     q12, q13, [sp, #192]
    stp     q14, q15, [sp, #224]
    stp     q16, q17, [sp, #256]
    stp     q18, q19, [sp, #288]
    stp     q20, q21, [sp, #320]
    stp     q22, q23, [sp, #352]
    stp     q24, q25, [sp, #384]
    stp     q26, q27, [sp, #416]
    stp     q28, q29, [sp, #448]
    stp     q30, q31, [sp, #480]
    mrs     x1, fpsr
    mrs     x2, fpcr
    str     x1, [sp, #512]
    str     x2, [sp, #520]
.endm

exception:
    store_rest
    bl      bulkhead_on_exception
    b       restore

interrupt:
    store_rest
    bl      runtime_interrupt

restore:
    ldr     x1, [sp, #512]
    ldr     x2, [sp, #520]
    msr     fpsr, x1
    msr     fpcr, x2
    ldp     q0, q1, [sp, #0]
    ldp     q2, q3, [sp, #32]
    ldp     q4, q5, [sp, #64]
    ldp     q6, q7, [sp, #96]
    ldp     q8, q9, [sp, #128]
    ldp     q10, q11, [sp, #160]
    ldp     q12, q13, [sp, #192]
    ldp     q14, q15, [sp, #224]
    ldp     q16, q17, [sp, #256]
    ldp     q18, q19, [sp, #288]
    ldp     q20, q21, [sp, #320]
    ldp     q22, q23, [sp, #352]
    ldp     q24, q25, [sp, #384]
    ldp     q26, q27, [sp, #416]
    ldp     q28, q29, [sp, #448]
    ldp     q30, q31, [sp, #480]
    add     sp, sp, #simd_size
    ldp     x1, x2, [sp, #256]
    msr     elr_el1, x1
    msr     spsr_el1, x2
    ldp     x0, x1, [sp, #0]
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    ldr     x30, [sp, #240]
    add     sp, sp, #frame_size
    eret
