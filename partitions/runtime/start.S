// SPDX-License-Identifier: Apache-2.0
// implements: LLR-401
//
// First instructions of every vCPU. Entry state by the guest ABI: EL1h, MMU and caches off, DAIF masked,
// x0 = device tree (boot vCPU) or context (secondary). Nothing else is taken for granted, since a
// restarted partition finds what its former life left in the system registers of native runs.

.macro prepare_vcpu
    // SCTLR_EL1: its RES1 bits and stack alignment checks; MMU, caches, alignment checks off (DDI 0487, D19.2.118).
    ldr     x1, =0x30D00818
    msr     sctlr_el1, x1
    adr     x1, runtime_vectors
    msr     vbar_el1, x1
    // CPACR_EL1.FPEN = 3: compilers use SIMD registers for copies.
    mov     x1, #(3 << 20)
    msr     cpacr_el1, x1
    isb
    // Stacks lie in order of the vCPU index, MPIDR_EL1.Aff0; the last one ends at link_stacks_end.
    mrs     x1, mpidr_el1
    and     x1, x1, #0xFF
    add     x1, x1, #1
    ldr     x2, =link_stack_size
    ldr     x3, =link_stacks
    madd    x3, x1, x2, x3
    mov     sp, x3
    mov     x29, xzr
    mov     x30, xzr
.endm

.section .text.start, "ax"
.global _start
.type _start, %function
_start:
    prepare_vcpu
    // .bss is no part of the payload; its bounds are multiples of 16.
    ldr     x1, =link_bss
    ldr     x2, =link_bss_end
1:  cmp     x1, x2
    b.hs    2f
    stp     xzr, xzr, [x1], #16
    b       1b
2:  bl      bulkhead_main
    bl      bulkhead_system_off
3:  wfi
    b       3b
.size _start, . - _start

.global runtime_secondary_start
.type runtime_secondary_start, %function
runtime_secondary_start:
    prepare_vcpu
    bl      runtime_secondary_main
    bl      bulkhead_cpu_off
4:  wfi
    b       4b
.size runtime_secondary_start, . - runtime_secondary_start
