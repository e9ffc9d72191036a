// SPDX-License-Identifier: Apache-2.0
// implements: LLR-001
// The arm64 Image header (Linux, Documentation/arm64/booting): what U-Boot's booti and QEMU's raw loader read. It has a
// section of its own, since image_size depends on the configuration; the kernel's hash leaves it out.
        .section .head, "ax"
        .global bulkhead_head
bulkhead_head:
        b       bulkhead_entry
        .word   0
        .quad   bulkhead_text_offset    // link address - DRAM base
        .quad   bulkhead_image_size     // with the state segment
        .quad   0x0A                    // little-endian, 4 KiB pages, anywhere is not allowed: text_offset counts
        .quad   0
        .quad   0
        .quad   0
        .ascii  "ARM\x64"
        .word   0
