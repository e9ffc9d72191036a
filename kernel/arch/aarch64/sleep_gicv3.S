// SPDX-License-Identifier: Apache-2.0
// implements: LLR-364
// WFI of a direct guest on a GICv3: the kernel sleeps in its place, so that its SGI reaches the core. Here as long as nothing
// is in the way of an interrupt of the highest priority; everything else is Kernel::on_wait, which does the same thoroughly.
// Entered with the guest's x0-x3 in its record, w2 = exception class, SP = the record; touches x0 and x3 besides.

#include "arch/aarch64/frame.hpp"

        .section .text.sleep, "ax"
        .global bulkhead_below_hypercall
bulkhead_below_hypercall:
        cmp     w2, #0x01               // WFI
        b.ne    bulkhead_wait_or_rare
        mrs     x0, icc_rpr_el1
        cmp     x0, #0xFF               // no active priority
        b.ne    bulkhead_wait_or_rare
        mrs     x0, icc_pmr_el1
        cmp     x0, #0x10               // lets the kernel's priority through
        b.lo    bulkhead_wait_or_rare
        mrs     x0, icc_igrpen1_el1
        tbz     w0, #0, bulkhead_wait_or_rare
        ldr     x3, [sp, #BULKHEAD_VCPU_ORDER]
        cbz     x3, bulkhead_wait_or_rare       // not of a direct guest
        ldr     w0, [x3]
        cmp     w0, #BULKHEAD_COMMAND_HALT
        b.hs    bulkhead_wait_or_rare   // ordered before it fell asleep: the interrupt may have come and gone
        wfi
        ldr     w0, [x3]
        cmp     w0, #BULKHEAD_COMMAND_HALT
        b.hs    bulkhead_wait_or_rare   // ordered while it slept
        mrs     x0, elr_el2
        add     x0, x0, #4
        msr     elr_el2, x0
        ldp     x2, x3, [sp, #BULKHEAD_FRAME_X(2)]
        ldp     x0, x1, [sp, #BULKHEAD_FRAME_X(0)]
        eret
