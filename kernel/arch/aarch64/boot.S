// SPDX-License-Identifier: Apache-2.0
// implements: LLR-002, LLR-003, LLR-004, LLR-005, LLR-011, LLR-012, LLR-021
// Entry of the image on the boot core (from QEMU's loader, TF-A's BL33 slot, U-Boot) and of the others (from PSCI).
// Checks what can be checked without memory management, makes the state segment cold-cache safe, turns the MMU on.

#include "arch/aarch64/frame.hpp"
#include "base/epitaph_numbers.hpp"

// MAIR_EL2: attribute 0 Device-nGnRE, attribute 1 Normal write-back read/write-allocate.
#define BULKHEAD_MAIR 0xFF04
// TCR_EL2: T0SZ 28 (36-bit VA, walks start at level 1 with 64 entries), write-back inner-shareable walks, 4 KiB granule,
// 40-bit PA, RES1 bits 31 and 23.
#define BULKHEAD_TCR (28 | (1 << 8) | (1 << 10) | (3 << 12) | (2 << 16) | (1 << 23) | (1 << 31))
// SCTLR_EL2: RES1 bits, I, SA, C, M. WXN on: writable means never executable, whatever a descriptor says.
#define BULKHEAD_SCTLR_OFF 0x30C50830
#define BULKHEAD_SCTLR_ON (BULKHEAD_SCTLR_OFF | (1 << 0) | (1 << 2) | (1 << 3) | (1 << 12) | (1 << 19))
// MPIDR_EL1: affinity fields only.
#define BULKHEAD_MPIDR_MASK 0xFF00FFFFFF

        // All of it lies in the unused part of vectors (sections.ld): text that runs once takes no room of its own.
        .section .text.gap.14, "ax"
        .global bulkhead_entry
bulkhead_entry:
        msr     daifset, #0xF
        mrs     x27, cntpct_el0         // boot record: when the hypervisor was entered
        mrs     x1, CurrentEL
        cmp     x1, #(2 << 2)
        mov     x0, #BULKHEAD_EPITAPH_EXCEPTION_LEVEL
        b.ne    early
        adr     x1, bulkhead_entry
        ldr     x2, linked_entry
        cmp     x1, x2
        mov     x0, #BULKHEAD_EPITAPH_LOAD_ADDRESS
        b.ne    early

        ldr     x2, =BULKHEAD_SCTLR_OFF
        msr     sctlr_el2, x2
        isb

        adrp    x19, bulkhead_config
        ldr     w1, [x19]
        ldr     w2, =0x444B4842         // kConfigMagic
        cmp     w1, w2
        mov     x0, #BULKHEAD_EPITAPH_CONFIGURATION
        b.ne    early
        b       prepare_memory

        .balign 8
linked_entry:
        .quad   bulkhead_entry
        .ltorg

        .section .text.gap.15, "ax"
prepare_memory:
        // Lines of .bss and of the state segment that a boot stage left in the cache would be written back over us.
        adrp    x1, bulkhead_bss_start
        add     x1, x1, :lo12:bulkhead_bss_start
        adrp    x2, bulkhead_bss_end
        add     x2, x2, :lo12:bulkhead_bss_end
        bl      invalidate_range
        ldr     x1, [x19, #BULKHEAD_CONFIG_STATE_BASE]
        ldr     x2, [x19, #BULKHEAD_CONFIG_STATE_SIZE]
        add     x2, x1, x2
        bl      invalidate_range
        dsb     sy

        bl      find_core
        bl      enable_mmu

        // DC ZVA needs the MMU on; both ranges are multiples of the line.
        adrp    x1, bulkhead_bss_start
        add     x1, x1, :lo12:bulkhead_bss_start
        adrp    x2, bulkhead_bss_end
        add     x2, x2, :lo12:bulkhead_bss_end
        bl      clear_range
        ldr     x1, [x19, #BULKHEAD_CONFIG_STATE_BASE]
        ldr     x2, [x19, #BULKHEAD_CONFIG_STATE_SIZE]
        add     x2, x1, x2
        bl      clear_range

        mov     x0, x20
        mov     x1, x27
        b       bulkhead_boot_core

        .section .text.gap.7, "ax"
        .global bulkhead_secondary_entry
bulkhead_secondary_entry:
        msr     daifset, #0xF
        ldr     x2, =BULKHEAD_SCTLR_OFF
        msr     sctlr_el2, x2
        isb
        adrp    x19, bulkhead_config
        bl      find_core
        bl      enable_mmu
        mov     x0, x20
        b       bulkhead_secondary_core

// x0 = number. No stack is known to be good: the head of .bss serves for the few frames needed.
early:
        adrp    x1, bulkhead_bss_end
        add     x1, x1, :lo12:bulkhead_bss_end
        mov     sp, x1
        b       bulkhead_early_epitaph
        .ltorg

        .section .text.gap.4, "ax"
// x19 = ConfigHeader*. Out: x20 = index of this core, sp = its kernel stack. Clobbers x1-x5.
find_core:
        mrs     x1, mpidr_el1
        ldr     x2, =BULKHEAD_MPIDR_MASK
        and     x1, x1, x2
        ldr     x3, [x19, #BULKHEAD_CONFIG_CORES]
        ldr     w4, [x19, #BULKHEAD_CONFIG_CORE_COUNT]
        mov     x20, #0
1:      ldr     x5, [x3, #BULKHEAD_CORE_CONFIG_MPIDR]
        cmp     x5, x1
        b.eq    2f
        add     x3, x3, #BULKHEAD_CORE_CONFIG_SIZE
        add     x20, x20, #1
        cmp     x20, x4
        b.ne    1b
3:      mov     x0, #BULKHEAD_EPITAPH_UNKNOWN_CORE
        b       early
2:      ldr     x5, [x3, #BULKHEAD_CORE_CONFIG_STACK_TOP]
        cbz     x5, 3b                  // one that is left off
        mov     sp, x5
        ret

        .section .text.gap.5, "ax"
enable_mmu:
        ldr     x1, =BULKHEAD_MAIR
        msr     mair_el2, x1
        ldr     x1, =BULKHEAD_TCR
        msr     tcr_el2, x1
        ldr     x1, [x19, #BULKHEAD_CONFIG_STAGE1_TTBR]
        msr     ttbr0_el2, x1
        adrp    x1, bulkhead_vectors
        add     x1, x1, :lo12:bulkhead_vectors
        msr     vbar_el2, x1
        isb                             // the controls above are in force before any walk
        tlbi    alle2                   // whatever a boot stage left
        ic      iallu
        dsb     sy
        isb
        ldr     x1, =BULKHEAD_SCTLR_ON
        msr     sctlr_el2, x1
        isb                             // translation is on from the next instruction
        ret
        .ltorg

        .section .text.gap.6, "ax"
// x1 = first byte, x2 = end; both multiples of 64.
invalidate_range:
        cmp     x1, x2
        b.hs    2f
1:      dc      ivac, x1
        add     x1, x1, #64
        cmp     x1, x2
        b.lo    1b
2:      ret
clear_range:
        cmp     x1, x2
        b.hs    2f
1:      dc      zva, x1
        add     x1, x1, #64
        cmp     x1, x2
        b.lo    1b
2:      ret
