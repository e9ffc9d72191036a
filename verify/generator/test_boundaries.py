# SPDX-License-Identifier: Apache-2.0
"""What is just right is accepted: the neighbours of the mistakes in `invalid/`."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from generator.diagnostics import Severity
from verify.generator.systems import check_text, partition, system

ARINC = "cpus: {1: {scheduler: arinc653}}\nschedules: {flight: {initial: true, major_frame: 20 ms, windows: ["
RTDS = "cpus: {1: {scheduler: rtds}}"
QUEUE = "{kind: queuing, from: a, to: b, message: 64 B, depth: 4"

ACCEPTED = {
    "pinned memory that touches": system(
        partition("a", memory="{size: 8 MiB, physical: 0x10000000}"),
        partition("b", cpus="1", memory="{size: 8 MiB, physical: 0x10800000}"),
    ),
    "pinned memory behind the hypervisor's": system(
        partition(memory="{size: 8 MiB, physical: 0x00400000}")
    ),
    "pinned memory at the end of a bank": system(
        partition(memory="{size: 8 MiB, physical: 0x87F800000}")
    ),
    "guest memory that ends with the address space": system(
        partition(memory="{size: 8 MiB, ipa: 0xFFF800000}")
    ),
    "a region that touches RAM": system(
        partition(regions="{log: {size: 64 KiB, ipa: 0x40800000}}")
    ),
    "a binary in a region": system(
        partition(
            image="{binary: a.bin, load: 0x0}", regions="{flash: {size: 2 MiB, ipa: 0x0, rights: rwx}}"
        )
    ),
    "all cores for one": system(partition(cpus="0-3")),
    "windows that touch and fill the frame": system(
        partition("a", cpus="1"),
        partition("b", cpus="1"),
        top=ARINC
        + "{partition: a, cpu: 1, start: 0 ms, length: 8 ms},"
        + "{partition: b, cpu: 1, start: 8 ms, length: 12 ms}]}}",
    ),
    "windows of two cores at one time": system(
        partition("a", cpus="0-1"),
        top=ARINC.replace("1:", "0-1:")
        + "{partition: a, cpu: 0, start: 0 ms, length: 8 ms},"
        + "{partition: a, cpu: 1, start: 0 ms, length: 8 ms}]}}",
    ),
    "the shortest window in the shortest frame": system(
        partition("a", cpus="1"),
        top=ARINC.replace("20 ms", "100 us") + "{partition: a, cpu: 1, start: 0 ms, length: 10 us}]}}",
    ),
    "a budget of the whole period": system(
        partition(cpus="1", rtds="{period: 10 us, budget: 10 us}"), top=RTDS
    ),
    "64 partitions": system(
        *(
            partition(f"p{n}", cpus=str(n % 4), memory="64 KiB", rtds="{period: 100 ms, budget: 1 ms}")
            for n in range(64)
        ),
        top=RTDS.replace("1:", "0-3:"),
    ),
    "an rtds core filled to the last third": system(
        partition("a", cpus="1", rtds="{period: 9 ms, budget: 3 ms}"),
        partition("b", cpus="1", rtds="{period: 3 ms, budget: 2 ms}"),
        top=RTDS,
    ),
    "the first shared interrupt by its GIC id": system(
        partition(devices="[io]"),
        top="hardware: {io: {registers: [{at: 0xA0000000, size: 4 KiB}], interrupts: [{id: 32}]}}",
    ),
    "as many doorbells as spare interrupts": system(
        partition("a", interrupts="direct"),
        partition("b", cpus="1"),
        top="channels:\n"
        + "\n".join(f"  c{n}: {{kind: queuing, from: b, to: a, message: 8 B, depth: 2}}" for n in range(16)),
    ),
    "the last SPI": system(
        partition(devices="[io]"),
        top="hardware: {io: {registers: [{at: 0xA0000000, size: 4 KiB}], interrupts: [{spi: 159}]}}",
    ),
    "the same line by its GIC id": system(
        partition(devices="[io]"),
        top="hardware: {io: {registers: [{at: 0xA0000000, size: 4 KiB}], interrupts: [{id: 121}]}}",
    ),
    "hardware windows that touch": system(
        partition("a", devices="[io]"),
        partition("b", cpus="1", devices="[oi]"),
        top="hardware: {io: {registers: [{at: 0xA0000000, size: 4 KiB}]},"
        " oi: {registers: [{at: 0xA0001000, size: 4 KiB}]}}",
    ),
    "two devices of one page for one partition": system(
        partition(
            memory="{size: 8 MiB, map: identity}",
            devices="[{virtio0: {dma: trusted, reason: r}}, {virtio1: {dma: trusted, reason: r}}]",
        ),
        board="virt-gicv2",
    ),
    "devices of neighbouring pages": system(
        partition(
            "a", memory="{size: 8 MiB, map: identity}", devices="[{virtio0: {dma: trusted, reason: r}}]"
        ),
        partition(
            "b",
            cpus="1",
            memory="{size: 8 MiB, map: identity}",
            devices="[{virtio8: {dma: trusted, reason: r}}]",
        ),
        board="virt-gicv2",
    ),
    "the console's UART among the devices": system(partition(devices="[uart1]", console="uart1")),
    "a device by its alias": system(partition(devices="[serial1]")),
    "gem3 with what it refers to": system(
        partition(
            memory="{size: 8 MiB, map: identity}",
            devices="[i2c0, {gem3: {dma: trusted, reason: r}}]",
        )
    ),
    "a less critical writer who is checked": system(
        partition("a"),
        partition("b", cpus="1", criticality="{level: B}"),
        top=f"channels: {{x: {QUEUE}, validity: {{checked_by: b, requirement: R-1}}}}}}",
    ),
    "a more critical writer": system(
        partition("a", criticality="{level: A}"),
        partition("b", cpus="1", criticality="{level: B}"),
        top=f"channels: {{x: {QUEUE}}}}}",
    ),
    "a counter within the tolerance": system(board="{use: zcu102, counter: 99990 kHz}"),
    "a counter of counted runs": system(board="{use: virt-gicv3, counter: 1000 MHz}"),
    "requirements in a list": system(top='requires: ">=0.1, <2"'),
    "a watchdog that is none": system(top="hypervisor: {watchdog: none}"),
    "a tree of a word to come": system(top="virtio: {disk0: {type: block, backend: a, anything: [1, {b: c}]}}"),
    "ASIL levels": system(
        partition("a", criticality="{level: ASIL D}"),
        partition("b", cpus="1", criticality="{level: QM, scheme: ISO 26262}"),
    ),
    "an identity map that lies above 4 GiB": system(partition(memory="{size: 2 GiB, map: identity}")),
    "direct beside a virtual one": system(
        partition("a", interrupts="direct", health="{watchdog: 10 ms}"),
        partition("b", cpus="1"),
        top="hypervisor: {console: {uart: uart0}, supervisor: 1}",
    ),
    "direct on all cores but the supervisor": system(
        partition(cpus="0-2", interrupts="direct", health="{actions: {memory: halt}, watchdog: 10 ms}")
    ),
    "a device of gem3's kind without a tree": system(
        partition(
            image="{binary: a.bin, dtb: none}",
            memory="{size: 8 MiB, map: identity}",
            devices="[{gem3: {dma: trusted, reason: r}}]",
        )
    ),
    "many channels without a doorbell into a direct partition": system(
        partition("a", interrupts="direct"),
        partition("b", cpus="1"),
        top="channels:\n"
        + "\n".join(
            f"  c{n}: {{kind: shared-memory, size: 4 KiB, writer: b, readers: [a]}}" for n in range(33)
        ),
    ),
    "a console at an address": system(
        partition(console="{virtual: pl011, at: 0x9000000}"),
        top="hypervisor: {console: {uart: uart0}}",
    ),
    "a name of 31 characters": system(partition("a" * 31)),
    "shared memory that two write, its readers not listed": system(
        partition("a"),
        partition("b", cpus="1"),
        top="channels: {x: {kind: shared-memory, size: 4 KiB, writers: [a, b]}}",
    ),
    "64 channels, one slot pinned at the end": system(
        partition("a"),
        partition("b", cpus="1"),
        top="channels: {" + ", ".join(
            f"c{n}: {{kind: shared-memory, size: 4 KiB, writer: a, readers: [b]{', id: 63' if n == 0 else ''}}}" for n in range(64)) + "}",
    ),
    "shared memory that two write": system(
        partition("a"),
        partition("b", cpus="1"),
        top="channels: {x: {kind: shared-memory, size: 4 KiB, writers: [a, b], readers: []}}",
    ),
    "a console on the last page": system(
        partition(console="{virtual: pl011, at: 0xFFFFFF000}"),
        top="hypervisor: {console: {uart: uart0}}",
    ),
    "a command line with a UART of the partition beside its console": system(
        partition(
            image='{linux: Image, cmdline: "console=ttyPS1 console=ttyAMA0"}',
            memory="128 MiB",
            devices="[uart1]",
        ),
        top="hypervisor: {console: {uart: uart0}}",
    ),
    "a console of the user's own logic": system(
        partition(
            image='{linux: Image, cmdline: "console=ttyUL0"}', memory="128 MiB", console="pl_uart"
        ),
        top="hardware: {pl_uart: {registers: [{at: 0xA0000000, size: 4 KiB}]}}",
    ),
    "eight cores": system(partition(cpus="0-7"), board="{use: zcu102, overlays: [eight_cores.dtsi]}"),
    "a device at the end of the address space": system(
        partition(devices="[last]"), board="{use: zcu102, overlays: [last.dtsi]}"
    ),
    "the shortest bandwidth period": system(partition(bandwidth="{budget: 1, period: 2 us}")),
    "the shortest watchdog": system(partition(health="{watchdog: 100 us}")),
    "the shortest pass over the tables": system(top="hypervisor: {integrity: {tables: 1 ms}}"),
    "a binary that fills RAM": system(partition(image="{binary: page.bin}", memory="4 KiB")),
    "Linux that just fits": system(partition(image="{linux: Image}", memory="66 MiB")),
    "the longest command line": system(
        partition(image=f'{{linux: Image, cmdline: "{"x" * 2047}"}}', memory="128 MiB")
    ),
}


@pytest.mark.verifies("HLR-002")
@pytest.mark.parametrize("what", sorted(ACCEPTED))
def test_accepted(what: str, tmp_path: Path) -> None:
    (tmp_path / "page.bin").write_bytes(bytes(4096))
    header = struct.pack("<QQQ", 0, 64 << 20, 0)
    (tmp_path / "Image").write_bytes(bytes(8) + header + bytes(24) + b"ARM\x64" + bytes(4))
    cores = "".join(
        f'\t\tcpu{n}: cpu@{n} {{\n\t\t\tdevice_type = "cpu";\n\t\t\treg = <{n}>;\n'
        '\t\t\tcompatible = "arm,cortex-a53";\n\t\t};\n'
        for n in range(4, 8)
    )
    (tmp_path / "eight_cores.dtsi").write_text(f"/ {{\n\tcpus {{\n{cores}\t}};\n}};\n")
    (tmp_path / "last.dtsi").write_text(
        "&axi {\n\tlast: io@fffff0000 {\n\t\treg = <0xf 0xffff0000 0x0 0x10000>;\n\t};\n};\n"
    )
    checked = check_text(tmp_path, ACCEPTED[what])
    wrong = [
        item.as_text()
        for item in checked.diagnostics.sorted()
        if item.severity is not Severity.NOTE and not item.rule.startswith("BH-NYI")
    ]
    assert wrong == []
