// SPDX-License-Identifier: Apache-2.0
// implements: LLR-182, LLR-1201
// Back into a guest of a core that may have several. TPIDR_EL2: whose x10-x15 and x18-x29 the core holds; 0: nobody's.
// x0 = the Vcpu to go on with. `bulkhead_resume_guest`: x10-x15 and x18-x29 were not touched. `.._with_untouched`: x10-x15
// are in the record and may have changed there. `.._whole`: x18-x29 too.

#include "arch/aarch64/frame_moves.hpp"

        .section .text.resume, "ax"
        .global bulkhead_resume_guest
        .global bulkhead_resume_with_untouched
        .global bulkhead_resume_whole

bulkhead_resume_whole:
        msr     tpidr_el2, x0
        load_preserved x0
reload_untouched:
        load_untouched x0
        b       go_on

bulkhead_resume_guest:
        mrs     x1, tpidr_el2
        cmp     x1, x0
        b.ne    leave
go_on:
        enter_guest

bulkhead_resume_with_untouched:
        mrs     x1, tpidr_el2
        cmp     x1, x0
        b.eq    reload_untouched
        cbnz    x1, leave_preserved
        b       bulkhead_resume_whole

leave:
        cbz     x1, bulkhead_resume_whole
        save_untouched x1
leave_preserved:
        save_preserved x1
        b       bulkhead_resume_whole
