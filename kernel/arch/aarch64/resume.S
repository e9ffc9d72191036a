// SPDX-License-Identifier: Apache-2.0
// implements: LLR-182
// Back into the guest of a core that has one vCPU only.
// x0 = the Vcpu to go on with. `bulkhead_resume_guest`: x10-x15 and x18-x29 were not touched. `.._with_untouched`: x10-x15
// are in the record and may have changed there. `.._whole`: x18-x29 too.

#include "arch/aarch64/frame_moves.hpp"

        .global bulkhead_resume_guest
        .global bulkhead_resume_with_untouched
        .global bulkhead_resume_whole

        .section .text.gap.1, "ax"    // sections.ld: between two vectors
bulkhead_resume_guest:
        enter_guest

        .section .text.gap.8, "ax"
bulkhead_resume_whole:
        load_preserved x0
bulkhead_resume_with_untouched:
        load_untouched x0
        b       bulkhead_resume_guest
