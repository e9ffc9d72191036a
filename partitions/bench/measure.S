// SPDX-License-Identifier: Apache-2.0
//
// The measured sequences: each reads the counter, does one thing, reads it again, and returns the
// difference less the 1 of two reads next to each other. Registers: x9 before, x10 after.

.macro function name
    .section .text.\name, "ax"
    .global \name
    .type \name, %function
    \name:
.endm

.macro before
    mrs     x9, cntvct_el0
.endm

.macro after
    mrs     x10, cntvct_el0
    sub     x0, x10, x9
    sub     x0, x0, #1
    ret
.endm

// The empty row gives the plain difference, which has to be 1.
function measure_nothing
    before
    mrs     x10, cntvct_el0
    sub     x0, x10, x9
    ret

function measure_ten_nops
    before
    .rept 10
    nop
    .endr
    after

// uint64_t measure_hvc(function, x1, x2, x3), the same by SMC
function measure_hvc
    before
    hvc     #0
    after

function measure_smc
    before
    smc     #0
    after

// uint64_t measure_load(address), measure_store(address, value)
function measure_load
    before
    ldr     w1, [x0]
    after

function measure_store
    before
    str     w1, [x0]
    after

function measure_set_way
    mov     x1, #0
    before
    dc      cisw, x1
    after

// ICC_EOIR1_EL1 = S3_0_C12_C12_1: the end of an interrupt on a GICv3; on a GICv2 measure_store() does it.
function measure_end_gicv3
    before
    msr     S3_0_C12_C12_1, x0
    after

// CPU interface of a GICv3: ICC_PMR_EL1, ICC_CTLR_EL1, ICC_RPR_EL1, ICC_DIR_EL1
function measure_pmr_write
    before
    msr     S3_0_C4_C6_0, x0
    after

function measure_pmr_read
    before
    mrs     x0, S3_0_C4_C6_0
    after

function measure_ctlr_read
    before
    mrs     x0, S3_0_C12_C12_4
    after

function measure_ctlr_write
    mrs     x1, S3_0_C12_C12_4
    before
    msr     S3_0_C12_C12_4, x1
    after

function measure_rpr_read
    before
    mrs     x0, S3_0_C12_C11_3
    after

function measure_dir_write
    before
    msr     S3_0_C12_C11_1, x0
    after

// The waiting half of a latency: the interrupt enters at vector 0x280 of measure_vectors, which reads the
// counter first, and goes on at `taken` with interrupts masked, as if `wait` had returned.
.macro prepare_wait
    adr     x11, measure_vectors
    mrs     x12, vbar_el1
    msr     vbar_el1, x11
    isb
.endm

// uint64_t measure_timer_busy(ticks), measure_timer_asleep(ticks): expiry in `ticks` -> first instruction
function measure_timer_busy
    prepare_wait
    mrs     x9, cntvct_el0
    add     x9, x9, x0
    msr     cntv_cval_el0, x9
    mov     x10, #1
    msr     cntv_ctl_el0, x10
    msr     daifclr, #2
1:  b       1b

function measure_timer_asleep
    prepare_wait
    mrs     x9, cntvct_el0
    add     x9, x9, x0
    msr     cntv_cval_el0, x9
    mov     x10, #1
    msr     cntv_ctl_el0, x10
    msr     daifclr, #2
1:  wfi
    b       1b

// uint64_t measure_sgi_gicv2(address of GICD_SGIR, value), measure_sgi_gicv3(value of ICC_SGI1R_EL1)
function measure_sgi_gicv2
    prepare_wait
    msr     daifclr, #2
    before
    str     w1, [x0]
2:  b       2b

function measure_sgi_gicv3
    prepare_wait
    msr     daifclr, #2
    before
    msr     S3_0_C12_C11_5, x0
2:  b       2b

.section .text.measure_vectors, "ax"
.balign 0x800
measure_vectors:
    .space 0x280
    mrs     x10, cntvct_el0
    msr     vbar_el1, x12
    isb
    sub     x0, x10, x9
    ret
    // Padding to the size of a vector table: anything else that comes is a defect of the bench.
    .balign 0x800
