// SPDX-License-Identifier: Apache-2.0
// implements: LLR-182
// A guest's registers to and from its Vcpu record, by who may change them; for assembly only. `base` holds the record.
// Preserved: the C++ ABI's callee-saved ones and x18. Untouched: those that no kernel code may use.
#ifndef BULKHEAD_KERNEL_ARCH_AARCH64_FRAME_MOVES_HPP_
#define BULKHEAD_KERNEL_ARCH_AARCH64_FRAME_MOVES_HPP_

#include "arch/aarch64/frame.hpp"

        .macro  save_untouched base
        stp     x10, x11, [\base, #BULKHEAD_FRAME_X(10)]
        stp     x12, x13, [\base, #BULKHEAD_FRAME_X(12)]
        stp     x14, x15, [\base, #BULKHEAD_FRAME_X(14)]
        .endm

        .macro  load_untouched base
        ldp     x10, x11, [\base, #BULKHEAD_FRAME_X(10)]
        ldp     x12, x13, [\base, #BULKHEAD_FRAME_X(12)]
        ldp     x14, x15, [\base, #BULKHEAD_FRAME_X(14)]
        .endm

        .macro  save_preserved base
        stp     x18, x19, [\base, #BULKHEAD_FRAME_X(18)]
        stp     x20, x21, [\base, #BULKHEAD_FRAME_X(20)]
        stp     x22, x23, [\base, #BULKHEAD_FRAME_X(22)]
        stp     x24, x25, [\base, #BULKHEAD_FRAME_X(24)]
        stp     x26, x27, [\base, #BULKHEAD_FRAME_X(26)]
        stp     x28, x29, [\base, #BULKHEAD_FRAME_X(28)]
        .endm

        .macro  load_preserved base
        ldp     x18, x19, [\base, #BULKHEAD_FRAME_X(18)]
        ldp     x20, x21, [\base, #BULKHEAD_FRAME_X(20)]
        ldp     x22, x23, [\base, #BULKHEAD_FRAME_X(22)]
        ldp     x24, x25, [\base, #BULKHEAD_FRAME_X(24)]
        ldp     x26, x27, [\base, #BULKHEAD_FRAME_X(26)]
        ldp     x28, x29, [\base, #BULKHEAD_FRAME_X(28)]
        .endm

        // x0 = the record; the rest of its registers, and into the guest. No load waits for SP to be written.
        .macro  enter_guest
        ldp     x2, x3, [x0, #BULKHEAD_FRAME_X(2)]
        mov     sp, x0
        ldp     x4, x5, [x0, #BULKHEAD_FRAME_X(4)]
        ldp     x6, x7, [x0, #BULKHEAD_FRAME_X(6)]
        ldp     x8, x9, [x0, #BULKHEAD_FRAME_X(8)]
        ldp     x16, x17, [x0, #BULKHEAD_FRAME_X(16)]
        ldr     x30, [x0, #BULKHEAD_FRAME_X(30)]
        ldp     x0, x1, [x0, #BULKHEAD_FRAME_X(0)]
        eret
        .endm

#endif  // BULKHEAD_KERNEL_ARCH_AARCH64_FRAME_MOVES_HPP_
