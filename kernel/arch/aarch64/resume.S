// SPDX-License-Identifier: Apache-2.0
// implements: LLR-182
// Back into the guest of a core that has one vCPU only.
// x0 = the Vcpu to go on with. `bulkhead_resume_guest`: x10-x15 and x18-x29 were not touched. `.._with_untouched`: x10-x15
// are in the record and may have changed there. `.._whole`: x18-x29 too.

#include "arch/aarch64/frame.hpp"

        .section .text.gap.1, "ax"    // sections.ld: between two vectors
        .global bulkhead_resume_guest
        .global bulkhead_resume_with_untouched
        .global bulkhead_resume_whole

bulkhead_resume_whole:
        ldp     x18, x19, [x0, #BULKHEAD_FRAME_X(18)]
        ldp     x20, x21, [x0, #BULKHEAD_FRAME_X(20)]
        ldp     x22, x23, [x0, #BULKHEAD_FRAME_X(22)]
        ldp     x24, x25, [x0, #BULKHEAD_FRAME_X(24)]
        ldp     x26, x27, [x0, #BULKHEAD_FRAME_X(26)]
        ldp     x28, x29, [x0, #BULKHEAD_FRAME_X(28)]
bulkhead_resume_with_untouched:
        ldp     x10, x11, [x0, #BULKHEAD_FRAME_X(10)]
        ldp     x12, x13, [x0, #BULKHEAD_FRAME_X(12)]
        ldp     x14, x15, [x0, #BULKHEAD_FRAME_X(14)]
bulkhead_resume_guest:
        mov     sp, x0
        ldp     x2, x3, [sp, #BULKHEAD_FRAME_X(2)]
        ldp     x4, x5, [sp, #BULKHEAD_FRAME_X(4)]
        ldp     x6, x7, [sp, #BULKHEAD_FRAME_X(6)]
        ldp     x8, x9, [sp, #BULKHEAD_FRAME_X(8)]
        ldp     x16, x17, [sp, #BULKHEAD_FRAME_X(16)]
        ldr     x30, [sp, #BULKHEAD_FRAME_X(30)]
        ldp     x0, x1, [sp, #BULKHEAD_FRAME_X(0)]
        eret
