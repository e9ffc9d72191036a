// SPDX-License-Identifier: Apache-2.0
// implements: LLR-182, LLR-1201
// Back into a guest of a core that may have several. TPIDR_EL2: whose x10-x15 and x18-x29 the core holds; 0: nobody's.
// x0 = the Vcpu to go on with. `bulkhead_resume_guest`: x10-x15 and x18-x29 were not touched. `.._with_untouched`: x10-x15
// are in the record and may have changed there. `.._whole`: x18-x29 too.

#include "arch/aarch64/frame.hpp"

        .section .text.resume, "ax"
        .global bulkhead_resume_guest
        .global bulkhead_resume_with_untouched
        .global bulkhead_resume_whole

bulkhead_resume_whole:
        msr     tpidr_el2, x0
        ldp     x18, x19, [x0, #BULKHEAD_FRAME_X(18)]
        ldp     x20, x21, [x0, #BULKHEAD_FRAME_X(20)]
        ldp     x22, x23, [x0, #BULKHEAD_FRAME_X(22)]
        ldp     x24, x25, [x0, #BULKHEAD_FRAME_X(24)]
        ldp     x26, x27, [x0, #BULKHEAD_FRAME_X(26)]
        ldp     x28, x29, [x0, #BULKHEAD_FRAME_X(28)]
reload_untouched:
        ldp     x10, x11, [x0, #BULKHEAD_FRAME_X(10)]
        ldp     x12, x13, [x0, #BULKHEAD_FRAME_X(12)]
        ldp     x14, x15, [x0, #BULKHEAD_FRAME_X(14)]
        b       go_on

bulkhead_resume_guest:
        mrs     x1, tpidr_el2
        cmp     x1, x0
        b.ne    leave
go_on:
        mov     sp, x0
        ldp     x2, x3, [sp, #BULKHEAD_FRAME_X(2)]
        ldp     x4, x5, [sp, #BULKHEAD_FRAME_X(4)]
        ldp     x6, x7, [sp, #BULKHEAD_FRAME_X(6)]
        ldp     x8, x9, [sp, #BULKHEAD_FRAME_X(8)]
        ldp     x16, x17, [sp, #BULKHEAD_FRAME_X(16)]
        ldr     x30, [sp, #BULKHEAD_FRAME_X(30)]
        ldp     x0, x1, [sp, #BULKHEAD_FRAME_X(0)]
        eret

bulkhead_resume_with_untouched:
        mrs     x1, tpidr_el2
        cmp     x1, x0
        b.eq    reload_untouched
        cbnz    x1, leave_preserved
        b       bulkhead_resume_whole

leave:
        cbz     x1, bulkhead_resume_whole
        stp     x10, x11, [x1, #BULKHEAD_FRAME_X(10)]
        stp     x12, x13, [x1, #BULKHEAD_FRAME_X(12)]
        stp     x14, x15, [x1, #BULKHEAD_FRAME_X(14)]
leave_preserved:
        stp     x18, x19, [x1, #BULKHEAD_FRAME_X(18)]
        stp     x20, x21, [x1, #BULKHEAD_FRAME_X(20)]
        stp     x22, x23, [x1, #BULKHEAD_FRAME_X(22)]
        stp     x24, x25, [x1, #BULKHEAD_FRAME_X(24)]
        stp     x26, x27, [x1, #BULKHEAD_FRAME_X(26)]
        stp     x28, x29, [x1, #BULKHEAD_FRAME_X(28)]
        b       bulkhead_resume_whole
