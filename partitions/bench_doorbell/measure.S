// SPDX-License-Identifier: Apache-2.0
//
// The measured sequences of a doorbell; registers as in partitions/bench/measure.S.

.macro function name
    .section .text.\name, "ax"
    .global \name
    .type \name, %function
    \name:
.endm

// uint64_t measure_call(function, slot): round trip of the call, less the 1 of two reads of the counter
function measure_call
    mrs     x9, cntvct_el0
    hvc     #0
    mrs     x10, cntvct_el0
    sub     x0, x10, x9
    sub     x0, x0, #1
    ret

// uint64_t measure_ring(function, slot): rings and sleeps at once, until the answer is pending; counter at the call
function measure_ring
    mrs     x9, cntvct_el0
    hvc     #0
    wfi
    mov     x0, x9
    ret

// uint64_t measure_ring_awake(function, slot): the same, but the sender gives way with yield, which no hypervisor traps
function measure_ring_awake
    mrs     x9, cntvct_el0
    hvc     #0
    yield
    mov     x0, x9
    ret

// uint64_t measure_arrival(void): sleeps; counter at the first instruction of the handler, interrupts masked again
function measure_arrival
    adr     x11, measure_vectors
    mrs     x12, vbar_el1
    msr     vbar_el1, x11
    isb
    msr     daifclr, #2
1:  wfi
    b       1b

// uint64_t measure_end_gicv2(address of GICC_EOIR, acknowledged), measure_end_gicv3(0, acknowledged)
function measure_end_gicv2
    mrs     x9, cntvct_el0
    str     w1, [x0]
    mrs     x10, cntvct_el0
    sub     x0, x10, x9
    sub     x0, x0, #1
    ret

function measure_end_gicv3
    mrs     x9, cntvct_el0
    msr     S3_0_C12_C12_1, x1
    mrs     x10, cntvct_el0
    sub     x0, x10, x9
    sub     x0, x0, #1
    ret

.section .text.measure_vectors, "ax"
.balign 0x800
measure_vectors:
    .space 0x280
    mrs     x0, cntvct_el0
    msr     vbar_el1, x12
    isb
    ret
    .balign 0x800
