// SPDX-License-Identifier: Apache-2.0
//
// void NAME(uint64_t rounds): `rounds` of two instructions, then the shortest of all calls, at which the emulator sees that the budget is
// spent. The same three times, so that a trap's place says what it was for.

.macro spend name
    .section .text.\name, "ax"
    .global \name
    .type \name, %function
    \name:
1:  subs    x0, x0, #1
    b.ne    1b
    movz    w0, #0xC600, lsl #16    // features
    hvc     #0
    ret
    .size \name, . - \name
.endm

    spend budget_left
    spend budget_filled
    spend budget_stops
