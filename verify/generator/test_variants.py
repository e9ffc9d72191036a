# SPDX-License-Identifier: Apache-2.0
"""Other ways to break a rule than its fixture's."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from generator.check.system import satisfies
from generator.image_file import kind_of_kernel, read_elf
from verify.generator.systems import check_text, partition, system

ARINC = "cpus: {1: {scheduler: arinc653}}\nschedules:\n"
WINDOW = "windows: [{partition: a, cpu: 1, start: 0 ms, length: 8 ms}]"
CONSOLE = "hypervisor: {console: {uart: uart0}}"


def virtio(n: int) -> str:
    return f"[{{virtio{n}: {{dma: trusted, reason: r}}}}]"


IDENTITY = "{size: 8 MiB, map: identity}"

BROKEN = {
    "neighbour with the lower address comes later": (
        system(
            partition("a", memory=IDENTITY, devices=virtio(1)),
            partition("b", cpus="1", memory=IDENTITY, devices=virtio(0)),
            board="virt-gicv2",
        ),
        "BH-DEV-006",
        "`virtio0` of `b` at 0xa000000-0xa0001ff shares a 4 KiB page with `virtio1` of `a` at"
        " 0xa000200-0xa0003ff",
    ),
    "two initial schedules": (
        system(
            partition("a", cpus="1"),
            top=ARINC
            + f"  x: {{initial: true, major_frame: 20 ms, {WINDOW}}}\n"
            + f"  y: {{initial: true, major_frame: 20 ms, {WINDOW}}}",
        ),
        "BH-SCH-001",
        "`y` is initial, and `x` too",
    ),
    "on_switch of nobody": (
        system(
            partition("a", cpus="1"),
            top=ARINC + f"  x: {{initial: true, major_frame: 20 ms, on_switch: {{b: cold}}, {WINDOW}}}",
        ),
        "BH-SCH-012",
        "there is no partition `b`",
    ),
    "monitor of itself": (
        system(partition(health="{monitor: a}")),
        "BH-HLT-001",
        "`a` would be told of its own failures",
    ),
    "address in capitals": (
        system(partition(memory="{size: 8 MiB, ipa: 0X4000_0000}")),
        "BH-KEY-011",
        "`partitions.a.memory.ipa: 0X4000_0000` is not an address",
    ),
    "address in words": (
        system(partition(memory="{size: 8 MiB, ipa: low}")),
        "BH-KEY-011",
        "`partitions.a.memory.ipa: low` is not an address",
    ),
    "hexadecimal count": (
        system(partition(id="0x10")),
        "BH-KEY-012",
        "`partitions.a.id: 0x10` is not a whole number",
    ),
    "negative count": (system(partition(id="-1")), "BH-KEY-012", "`partitions.a.id: -1` is not a whole number"),
    "name of 32 characters": (
        system(partition("a" * 32)),
        "BH-NAM-001",
        f"`{'a' * 32}` in `partitions` has 32 characters, 31 are the most",
    ),
    "backward range of cores": (
        system(partition(cpus="3-2")),
        "BH-CPU-001",
        "`partitions.a.cpus: 3-2` is not a set of cores",
    ),
    "octal core": (system(partition(cpus="01")), "BH-CPU-001", "`partitions.a.cpus: 01` is not a set of cores"),
    "cores twice under cpus": (
        system(top="cpus: {1-2: {scheduler: null}, 2: {scheduler: null}}"),
        "BH-CPU-002",
        "`cpus` names core 2 twice",
    ),
    "a folder for a file": (
        system(partition(image="{elf: .}")),
        "BH-IMG-003",
        "`.` (image.elf of `a`) is not a file",
    ),
    "a tree at an odd address": (
        system(partition(image="{binary: a.bin, dtb: 0x40000004}")),
        "BH-IMG-019",
        "`dtb: 0x40000004` is not a multiple of 8",
    ),
    "no image at all": (system(partition(image="{}")), "BH-IMG-001", "the image of `a` has no kind"),
    "the runtime as a partition": (
        system(partition(image="{native: runtime}")),
        "BH-IMG-004",
        "there is no native folder `runtime` beside the YAML or in partitions/",
    ),
    "a recipe as a native folder": (
        system(partition(image="{native: linux}")),
        "BH-IMG-006",
        "the folder of `native: linux` has no *.c, *.cpp or *.S",
    ),
    "a waiver of an error": (
        system(top="accept: [{rule: BH-KEY-001, reason: r, by: b}]"),
        "BH-SYS-008",
        "BH-KEY-001 cannot be waived: it is no warning but of severity error",
    ),
    "a waiver of a note": (
        system(top="accept: [{rule: BH-DEV-007, reason: r, by: b}]"),
        "BH-SYS-008",
        "BH-DEV-007 cannot be waived: it is no warning but of severity note",
    ),
    "data that nobody reads": (
        system(top="data: {maps: {file: a.bin, readers: []}}"),
        "BH-DAT-001",
        "nobody reads `data.maps`",
    ),
    "data that one reads twice": (
        system(top="data: {maps: {file: a.bin, readers: [a, a]}}"),
        "BH-DAT-001",
        "`a` stands twice in `data.maps`",
    ),
    "colours that are none": (
        system(partition(memory="{size: 8 MiB, colors: red}")),
        "BH-COL-001",
        "`colors: red` of `a` is not a set of colours 0 to 15",
    ),
    "the first colour that is none": (
        system(partition(memory="{size: 8 MiB, colors: 15-16}")),
        "BH-COL-001",
        "`colors: 15-16` of `a` is not a set of colours 0 to 15",
    ),
    "a whole bank of RAM over the interrupt controller": (
        system(partition(memory="{size: 2 GiB, ipa: 0x80000000}")),
        "BH-MEM-013",
        "RAM of `a` at 0x80000000-0xffffffff overlaps the interrupt controller at"
        " 0xf9010000-0xf901ffff",
    ),
    "a window of part of a page": (
        system(
            partition(devices="[io]"), top="hardware: {io: {registers: [{at: 0xA0000000, size: 16 B}]}}"
        ),
        "BH-HWD-002",
        "the window of `hardware.io` at 0xa0000000 of 16 B is not whole 4 KiB pages",
    ),
    "a bus master of the user's own": (
        system(
            partition(devices="[io]"),
            top="hardware: {io: {registers: [{at: 0xA0000000, size: 4 KiB}], dma: master}}",
        ),
        "BH-DMA-001",
        "`io` of `a` masters the bus, and no IOMMU stands before it",
    ),
    "bandwidth without a period": (
        system(partition(bandwidth="{budget: 1, period: 0 us}")),
        "BH-BWD-001",
        "a bandwidth period of 0 ns is too short",
    ),
    "an event twice": (
        system(top="hypervisor: {trace: {events: [health, health]}}"),
        "BH-HYP-006",
        "`health` stands twice",
    ),
    "a console on a device": (
        system(
            partition(devices="[ttc0]", console="{virtual: pl011, at: 0xFF110000}"), top=CONSOLE
        ),
        "BH-CON-007",
        "the console of `a` at 0xff110000 overlaps device `ttc0` at 0xff110000-0xff110fff",
    ),
    "a console beyond the address space": (
        system(partition(console="{virtual: pl011, at: 0x1000000000}"), top=CONSOLE),
        "BH-CON-007",
        "the console of `a` at 0x1000000000 is beyond the 36 bits of guest addresses",
    ),
    "no console for console=": (
        system(partition(image='{recipe: linux, cmdline: "console=ttyAMA0"}', memory="256 MiB")),
        "BH-CON-009",
        "the command line of `a` says console=ttyAMA0, but its console is none",
    ),
    "the UART of another partition on a command line": (
        system(
            partition("a", devices="[uart1]"),
            partition(
                "b",
                cpus="1",
                image='{recipe: linux, cmdline: "console=ttyPS1"}',
                memory="256 MiB",
                console="uart0",
            ),
        ),
        "BH-CON-009",
        "the command line of `b` says console=ttyPS1, but its console is ttyPS0",
    ),
    "PL011 for a Cadence UART": (
        system(partition(image='{recipe: linux, cmdline: "console=ttyAMA0"}', memory="256 MiB", console="uart0")),
        "BH-CON-009",
        "the command line of `a` says console=ttyAMA0, but its console is ttyPS0",
    ),
    "a file name that cannot be": (
        system(top='include: ["\\0"]'),
        "BH-YML-012",
        "the included file `\\0` cannot be read: no file has such a name",
    ),
    "an overlay that takes the cores away": (
        system(board="{use: zcu102, overlays: [no_cores.dtsi]}"),
        "BH-BRD-003",
        None,
    ),
    "a damaged overlay": (
        system(board="{use: zcu102, overlays: [damaged.dtbo]}"),
        "BH-BRD-003",
        None,
    ),
}


@pytest.mark.verifies("HLR-002")
@pytest.mark.parametrize("what", sorted(BROKEN))
def test_broken(what: str, tmp_path: Path) -> None:
    (tmp_path / "no_cores.dtsi").write_text("/ {\n\t/delete-node/ cpus;\n\t/delete-node/ pmu;\n};\n")
    (tmp_path / "damaged.dtbo").write_bytes(b"\xd0\x0d\xfe\xed" + bytes(60))
    text, rule, message = BROKEN[what]
    found = check_text(tmp_path, text).diagnostics.sorted()
    own = [item.message for item in found if item.rule == rule]
    assert len(own) == 1, [item.as_text() for item in found]
    assert message is None or own == [message]


@pytest.mark.parametrize(
    "limits, met",
    [
        (">=1.2.0", True),
        ("<=1.2", True),
        (">1.2", False),
        ("<1.2", False),
        ("==1.2", True),
        ("1.2", True),
        ("!=1.2", False),
        ("~=1.0", True),
        ("~=1.3", False),
        ("~=0.9", False),
        (">=1, <1.3", True),
        (">=1, <1.2", False),
    ],
)
def test_limits_of_versions(limits: str, met: bool) -> None:
    assert satisfies("1.2.0", limits) is met


def test_window_that_starts_with_the_next_frame(tmp_path: Path) -> None:
    windows = "windows: [{partition: a, cpu: 1, start: 20 ms, length: 1 ms}]"
    text = system(
        partition(cpus="1"), top=ARINC + f"  x: {{initial: true, major_frame: 20 ms, {windows}}}"
    )
    found = [item for item in check_text(tmp_path, text).diagnostics.sorted() if item.rule == "BH-SCH-005"]
    assert [item.hint for item in found] == ["start it earlier"]


@pytest.mark.parametrize(
    "head, kind",
    [
        (b"", "empty"),
        (b"MZ\0\0zimg", "zboot"),
        (b"\x7fELF", "elf"),
        (bytes(56) + b"ARM\x64" + bytes(8), "arm64"),
        (bytes(24) + b"\1" + bytes(31) + b"ARM\x64" + bytes(8), "big-endian"),
        (b"text", "other"),
    ],
)
def test_kinds_of_kernels(tmp_path: Path, head: bytes, kind: str) -> None:
    file = tmp_path / "kernel"
    file.write_bytes(head)
    assert kind_of_kernel(str(file)) == kind


def elf(kind: int = 2, width: int = 2, count: int = 1, loads: int = 1) -> bytes:
    header = b"\x7fELF" + bytes([width, 1, 1]) + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", kind, 183, 1, 0x4000_0000, 64, 0, 0, 64, 56, count, 64, 0, 0)
    return header + struct.pack("<IIQQQQQQ", loads, 5, 0, 0x4000_0000, 0x4000_0000, 0, 64, 4096)


@pytest.mark.parametrize(
    "content, problem",
    [
        (b"text", "is not an ELF file"),
        (elf(width=1), "is not a 64-bit little-endian ELF"),
        (elf(kind=1), "is not linked: it is no executable"),
        (elf(count=9), "has a broken program header table"),
        (elf(loads=2), "has nothing to load"),
        (elf(), ""),
    ],
)
def test_problems_of_elf_files(tmp_path: Path, content: bytes, problem: str) -> None:
    file = tmp_path / "image.elf"
    file.write_bytes(content)
    assert read_elf(str(file)).problem == problem


@pytest.mark.parametrize("digits", ["18446744073709551616", "9" * 21, "9" * 5000])
@pytest.mark.parametrize("key", ["id: {}", "health: {{watchdog: {} ns}}"])
def test_numbers_that_no_machine_holds(tmp_path: Path, digits: str, key: str) -> None:
    name, value = key.format(digits).split(": ", 1)
    found = check_text(tmp_path, system(partition(**{name: value}))).diagnostics.sorted()
    assert [item.rule for item in found] == ["BH-KEY-017"]
