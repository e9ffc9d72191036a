// SPDX-License-Identifier: Apache-2.0
// implements: LLR-182, LLR-324, LLR-903
// Exception vectors of EL2 (Arm ARM D1.3.1). The way back into a guest is resume.S, or resume_shared.S where cores have
// several vCPUs.
//
// While a guest runs, SP_EL2 holds its Vcpu record. A trap stores what a handler may clobber (x0-x9, x16, x17, x30; x0-x3
// first, which suffice to see a WFI), takes the core's kernel stack from the record and calls the handler with x0 = Vcpu*,
// x1 = ESR_EL2. Traps that may name any register of the guest (aborts, system registers) also store those they may name
// and load them again. Every handler returns the Vcpu to go on with. The kernel is compiled with -ffixed-x10 to -x15,
// -ffixed-x18 and without SIMD: these registers stay the guest's without being touched.

#include "arch/aarch64/frame_moves.hpp"
#include "base/epitaph_numbers.hpp"

        .macro  save_first
        stp     x0, x1, [sp, #BULKHEAD_FRAME_X(0)]
        stp     x2, x3, [sp, #BULKHEAD_FRAME_X(2)]
        .endm

        // x3 = top of the kernel stack, asked for ahead of the stores: a load that is used at once stops the A53's both pipes.
        .macro  save_rest
        ldr     x3, [sp, #BULKHEAD_VCPU_STACK_TOP]
        stp     x4, x5, [sp, #BULKHEAD_FRAME_X(4)]
        stp     x6, x7, [sp, #BULKHEAD_FRAME_X(6)]
        stp     x8, x9, [sp, #BULKHEAD_FRAME_X(8)]
        stp     x16, x17, [sp, #BULKHEAD_FRAME_X(16)]
        str     x30, [sp, #BULKHEAD_FRAME_X(30)]
        .endm

        // Behind save_rest. Leaves the flags and x2.
        .macro  to_kernel_stack
        mov     x0, sp
        mov     sp, x3
        .endm

        // w2 = exception class, where it is not a hypercall.
        .macro  sync_entry
        save_first
        mrs     x1, esr_el2
        lsr     w2, w1, #26
        cmp     w2, #0x16               // HVC from AArch64
        b.ne    no_hypercall
        save_rest
        to_kernel_stack
        adr     x30, bulkhead_resume_guest
        b       bulkhead_on_hvc
        .endm

        .macro  irq_entry
        save_first
        save_rest
        to_kernel_stack
        adr     x30, bulkhead_resume_guest
        b       bulkhead_on_irq
        .endm

        .macro  serror_entry
        save_first
        save_rest
        mrs     x1, esr_el2
        to_kernel_stack
        b       serror_other
        .endm

        // A vector's 128 bytes hold 32 instructions; what it does not need holds other code (sections.ld: gap N lies behind
        // vector N).
        .macro  vector number
        .section .text.vector.\number, "ax"
        .endm
        .macro  gap number
        .section .text.gap.\number, "ax"
        .endm

        // The kernel itself faulted: nothing of the guest's state matters any more.
        vector  0                       // EL2t: synchronous, IRQ, FIQ, SError; never used
        .global bulkhead_vectors
bulkhead_vectors:
        b       kernel_fault
        vector  1
        b       kernel_fault
        vector  2
        b       kernel_fault
        vector  3
        b       kernel_fault
        vector  4                       // EL2h: the same four
        b       kernel_fault
        vector  5
        b       kernel_fault
        vector  6
        b       kernel_fault
        vector  7
        b       kernel_fault
        vector  8                       // lower EL, AArch64
synchronous:
        sync_entry
        vector  9
interrupt:
        irq_entry
        vector  10                      // FIQ: GICv2 group 0 on boards without EL3 signals IRQ; kept equal
        b       interrupt
        vector  11
serror:
        serror_entry
        vector  12                      // lower EL, AArch32: a 32-bit EL0 under a 64-bit EL1
        b       synchronous
        vector  13
        b       interrupt
        vector  14
        b       interrupt
        vector  15
        b       serror

        gap     0
kernel_fault:
        mov     x0, #BULKHEAD_EPITAPH_KERNEL_FAULT
        b       bulkhead_kernel_fault

no_abort:                               // above HVC
        cmp     w2, #0x18               // MRS, MSR
        b.lo    secure_call             // 0x17: SMC from AArch64
        b.eq    system_register_trap
synchronous_other:
        save_untouched x0
        save_preserved x0
        bl      bulkhead_on_synchronous
        b       bulkhead_resume_whole

        // Beside the way back (resume.S): what traps for its data touches two lines of code here, not three.
        gap     1
no_hypercall:
        b.lo    bulkhead_below_hypercall
        cmp     w2, #0x24               // data abort
        save_rest
        to_kernel_stack
        b.ne    no_abort
        tbz     w1, #24, synchronous_other      // no syndrome
        ubfx    w2, w1, #16, #5
        cmp     w2, #9                  // of x0-x9 only
        b.hi    data_abort_of_others
        adr     x30, bulkhead_resume_guest
        b       bulkhead_on_data_abort

        gap     2
        // A trapped SMC returns to itself: step over it, then as HVC.
secure_call:
        mrs     x2, elr_el2
        add     x2, x2, #4
        msr     elr_el2, x2
        adr     x30, bulkhead_resume_guest
        b       bulkhead_on_hvc

        // WFI that sleep_gicv2.S and sleep_gicv3.S leave to C++, and what is rare.
        .global bulkhead_wait_or_rare
bulkhead_wait_or_rare:
        save_rest
        to_kernel_stack
        cmp     w2, #0x01               // WFI
        b.ne    synchronous_other
        adr     x30, bulkhead_resume_guest
        b       bulkhead_on_wait

data_abort_of_others:
        cmp     w2, #17                 // of x0-x17 only
        b.hi    synchronous_other
        save_untouched x0
        adr     x30, bulkhead_resume_with_untouched
        b       bulkhead_on_data_abort

        gap     3
system_register_trap:                   // x2, the register, is an argument
        ubfx    w2, w1, #5, #5
        cmp     w2, #9                  // of x0-x9 only
        b.hi    1f
        adr     x30, bulkhead_resume_guest
        b       bulkhead_on_system_register
1:      cmp     w2, #17
        b.hi    synchronous_other
        save_untouched x0
        adr     x30, bulkhead_resume_with_untouched
        b       bulkhead_on_system_register

serror_other:
        save_untouched x0
        save_preserved x0
        bl      bulkhead_on_serror
        b       bulkhead_resume_whole

        // A vCPU that starts: every general register from the record, SIMD registers zero.
        gap     12
        .global bulkhead_enter_guest
bulkhead_enter_guest:
        .arch_extension fp              // the one place that touches SIMD registers
        .arch_extension simd
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27
        movi    v\n\().2d, #0
        .endr
        b       1f
        gap     13
1:      .irp    n, 28,29,30,31
        movi    v\n\().2d, #0
        .endr
        msr     fpsr, xzr
        msr     fpcr, xzr
        b       bulkhead_resume_whole
