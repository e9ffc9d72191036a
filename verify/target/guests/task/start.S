/* SPDX-License-Identifier: Apache-2.0
 *
 * Entered at EL1 with MMU and caches off: a stack, zeroed variables, and the program.
 */
    .section .text.start, "ax"
    .global start
start:
    ldr x1, =link_stack_end
    mov sp, x1
    ldr x1, =link_bss_begin
    ldr x2, =link_bss_end
1:  cmp x1, x2
    b.hs 2f
    str xzr, [x1], #8
    b 1b
2:  bl task_main
3:  wfi
    b 3b
