# SPDX-License-Identifier: Apache-2.0
# implements: LLR-526
"""Rules on devices that the user describes under `hardware:`, and on interrupts."""

from __future__ import annotations

from typing import Iterator

from generator import defaults
from generator.check.context import Context
from generator.diagnostics import Finding, Place, Severity
from generator.hardware import PAGE, SPI_BASE, Window
from generator.keys import Number, Text
from generator.model import HardwareDevice, HardwareInterrupt, Streams
from generator.rules import rule


def _hardware(context: Context) -> Iterator[tuple[Text, HardwareDevice]]:
    yield from (context.system.hardware or {}).items()


@rule(
    "BH-HWD-001",
    sentence="A device of `hardware:` has a register window.",
    wrong="hardware: {io: {registers: []}}",
    right="hardware: {io: {registers: [{at: 0xA0000000, size: 64 KiB}]}}",
    keys=("hardware.*.registers",),
)
def has_window(context: Context) -> Iterator[Finding]:
    for name, entry in _hardware(context):
        if not entry.registers:
            yield Finding(
                entry.registers.place,
                f"`hardware.{name}` has no register window",
                "write `registers: [{at: 0xA0000000, size: 64 KiB}]`",
            )


@rule(
    "BH-HWD-002",
    sentence="A register window is whole 4 KiB pages, at least one.",
    wrong="registers: [{at: 0xA0000010, size: 16 B}]",
    right="registers: [{at: 0xA0000000, size: 4 KiB}]",
    keys=("hardware.*.registers",),
    isolation=True,
)
def whole_pages(context: Context) -> Iterator[Finding]:
    for name, entry in _hardware(context):
        for window in entry.registers:
            if window.at % PAGE or window.size % PAGE or window.size == 0:
                whole = Window(int(window.at), max(1, int(window.size))).pages()
                yield Finding(
                    window.at.place,
                    f"the window of `hardware.{name}` at {window.at:#x} of {window.size:,} B is not"
                    " whole 4 KiB pages",
                    f"stage 2 maps whole pages: `at: {whole.base:#x}, size: {whole.size // 1024} KiB`"
                    " if nothing else is in them",
                )


@rule(
    "BH-HWD-003",
    sentence="A register window is not RAM.",
    wrong="registers: [{at: 0x10000000, size: 64 KiB}]",
    right="registers: [{at: 0xA0000000, size: 64 KiB}]",
    keys=("hardware.*.registers",),
    isolation=True,
    board=True,
)
def not_ram(context: Context) -> Iterator[Finding]:
    for name, entry in _hardware(context):
        for item in entry.registers:
            window = Window(int(item.at), int(item.size))
            bank = next((bank for bank in context.board.dram if bank.overlaps(window)), None)
            if bank is not None:
                yield Finding(
                    item.at.place,
                    f"the window {window} of `hardware.{name}` lies in RAM ({bank})",
                    "check the address; memory of others goes under `reserved:`",
                )


@rule(
    "BH-HWD-004",
    sentence="A register window does not overlap another device.",
    wrong="hardware: {io: {registers: [{at: 0xFF000000, size: 4 KiB}]}}     # zcu102's uart0",
    right="hardware: {io: {registers: [{at: 0xA0000000, size: 64 KiB}]}}",
    keys=("hardware.*.registers",),
    isolation=True,
    board=True,
)
def windows_apart(context: Context) -> Iterator[Finding]:
    # By page: a `hardware:` window may not even touch a page of the board's own devices.
    places = {}
    ranges = []
    for device in context.board.devices.values():
        for n, window in enumerate(device.windows):
            key = f"{device.name}#{n}"
            ranges.append((window.base, window.end, key))
            if not device.from_tree:
                places[key] = context.system.hardware[device.name].registers[n].at.place
    for first, second in defaults.overlaps(ranges):
        late = second if second in places else first
        if late not in places:
            continue
        other = first if late is second else second
        names = [key.rsplit("#", 1)[0] for key in (late, other)]
        if names[0] != names[1]:
            yield Finding(
                places[late],
                f"a window of `hardware.{names[0]}` overlaps `{names[1]}`",
                f"`bulkhead devices {context.board.name} {names[1]}` shows its windows",
            )


@rule(
    "BH-HWD-005",
    sentence="A name under `hardware:` is not a label or alias of the board.",
    wrong="hardware: {uart0: {...}}",
    right="hardware: {pl_uart: {...}}",
    keys=("hardware",),
    board=True,
)
def name_is_new(context: Context) -> Iterator[Finding]:
    board = context.board
    for name, _ in _hardware(context):
        if name in board.labels or name in board.aliases:
            yield Finding(
                name.place,
                f"`{board.name}` has a `{name}` of its own",
                "choose another name; a device of the board is changed by an overlay",
            )


@rule(
    "BH-HWD-006",
    severity=Severity.WARNING,
    sentence="A device of `hardware:` is somebody's.",
    wrong="hardware: {io: {...}}          # no partition lists it",
    right="partitions: {a: {devices: [io], ...}}",
    keys=("hardware", "partitions.*.devices"),
    board=True,
)
def is_used(context: Context) -> Iterator[Finding]:
    if context.partitions.broken:
        return
    for name, _ in _hardware(context):
        if not context.owners.get(str(name)):
            yield Finding(
                name.place,
                f"no partition has `hardware.{name}`",
                f"list it under a partition's `devices: [{name}]`, or remove it",
            )


def _lines(context: Context) -> Iterator[tuple[Text, HardwareInterrupt, int | None, Place]]:
    """Each interrupt of `hardware:` with its SPI and where that stands."""
    for name, entry in _hardware(context):
        for line in entry.interrupts or ():
            if line.spi is not None and line.id is None:
                yield name, line, int(line.spi), line.spi.place
            elif line.id is not None and line.spi is None:
                yield name, line, int(line.id) - SPI_BASE, line.id.place
            else:
                yield name, line, None, line.place


@rule(
    "BH-IRQ-001",
    sentence="An interrupt is given by exactly one of `spi` and `id`.",
    wrong="interrupts: [{spi: 89, id: 121}]",
    right="interrupts: [{spi: 89}]",
    keys=("hardware.*.interrupts",),
)
def one_number(context: Context) -> Iterator[Finding]:
    for name, line, spi, place in _lines(context):
        if spi is None:
            what = "neither `spi` nor `id`" if line.spi is None else "both `spi` and `id`"
            yield Finding(
                place,
                f"an interrupt of `hardware.{name}` has {what}",
                "`spi` counts shared interrupts from 0; `id` is the GIC's, SPI + 32",
            )


@rule(
    "BH-IRQ-002",
    sentence="A device's interrupt is a shared one: GIC id 32 or more.",
    wrong="interrupts: [{id: 27}]",
    right="interrupts: [{id: 121}]",
    keys=("hardware.*.interrupts",),
)
def shared_line(context: Context) -> Iterator[Finding]:
    for name, line, spi, place in _lines(context):
        if spi is not None and spi < 0:
            yield Finding(
                place,
                f"GIC id {line.id} of `hardware.{name}` is private to each core",
                f"if {line.id} counts shared interrupts from 0, write `spi: {line.id}`"
                f" (GIC id {int(line.id) + SPI_BASE})",
            )


@rule(
    "BH-IRQ-003",
    sentence="The interrupt exists in the board's GIC.",
    wrong="interrupts: [{spi: 200}]      # zcu102 has SPI 0 to 159",
    right="interrupts: [{spi: 89}]",
    keys=("hardware.*.interrupts",),
    board=True,
)
def line_exists(context: Context) -> Iterator[Finding]:
    count = context.board.spi_count
    for name, _, spi, place in _lines(context):
        if spi is not None and spi >= count:
            yield Finding(
                place,
                f"SPI {spi} (GIC id {spi + SPI_BASE}) of `hardware.{name}` does not exist",
                f"`{context.board.name}` has SPI 0 to {count - 1} (GIC id 32 to {count + SPI_BASE - 1})",
            )


@rule(
    "BH-IRQ-004",
    severity=Severity.WARNING,
    sentence="A GIC id is not written where the SPI number is due.",
    wrong="interrupts: [{spi: 121}]      # GIC id 121 is SPI 89",
    right="interrupts: [{spi: 89}]       # or {id: 121}",
    keys=("hardware.*.interrupts",),
    board=True,
)
def spi_or_id(context: Context) -> Iterator[Finding]:
    spares = {int(spi) for spi in context.board.file.spare_spis}
    for name, line, spi, place in _lines(context):
        if spi is None or line.spi is None or spi in spares:
            continue
        if spi - SPI_BASE in spares:
            yield Finding(
                place,
                f"SPI {spi} (GIC id {spi + SPI_BASE}) of `hardware.{name}` is no line for devices"
                f" of the user, SPI {spi - SPI_BASE} (GIC id {spi}) is",
                f"did you mean `id: {spi}`, which is `spi: {spi - SPI_BASE}`?",
            )


def _owned_lines(context: Context) -> Iterator[tuple[int, str, str, Place]]:
    """(SPI, device, owner, place) of each assigned device."""
    for name, owners in context.owners.items():
        for line in context.board.devices[name].interrupts:
            yield line.spi, name, owners[0].who, owners[0].place


@rule(
    "BH-IRQ-005",
    sentence="An interrupt belongs to one owner.",
    wrong="hardware: {a: {..., interrupts: [{spi: 89}]}, b: {..., interrupts: [{spi: 89}]}}     # in two partitions",
    right="hardware: {a: {..., interrupts: [{spi: 89}]}, b: {..., interrupts: [{spi: 90}]}}",
    keys=("partitions.*.devices", "hardware.*.interrupts"),
    isolation=True,
    board=True,
)
def one_owner(context: Context) -> Iterator[Finding]:
    first: dict[int, tuple[str, str]] = {}
    for spi, device, owner, place in _owned_lines(context):
        other = first.setdefault(spi, (device, owner))
        if other[1] != owner:
            yield Finding(
                place,
                f"SPI {spi} (GIC id {spi + SPI_BASE}) of `{device}` (`{owner}`) is also that of"
                f" `{other[0]}` (`{other[1]}`)",
                "an interrupt goes to one partition: give both devices to it",
            )


@rule(
    "BH-IRQ-006",
    sentence="An interrupt stands once under `hardware:`, and is not one of the board's devices.",
    wrong="hardware: {io: {..., interrupts: [{spi: 21}]}}     # zcu102's uart0",
    right="hardware: {io: {..., interrupts: [{spi: 89}]}}",
    keys=("hardware.*.interrupts",),
    board=True,
)
def line_twice(context: Context) -> Iterator[Finding]:
    holder = {
        line.spi: device.name
        for device in context.board.devices.values()
        if device.from_tree and device.wired
        for line in device.interrupts
    }
    for name, _, spi, place in _lines(context):
        if spi is None:
            continue
        other = holder.setdefault(spi, f"hardware.{name}")
        if spi in holder and other != f"hardware.{name}":
            yield Finding(
                place,
                f"SPI {spi} (GIC id {spi + SPI_BASE}) of `hardware.{name}` is already that of `{other}`",
                "`bulkhead devices BOARD` lists the interrupts in use",
            )


def _direct(context: Context) -> Iterator[tuple[Text, Text]]:
    for name, partition in context.partitions.items():
        if partition.interrupts == "direct":
            yield name, partition.interrupts


@rule(
    "BH-IRQ-007",
    sentence="`interrupts: direct` needs cores that the partition has alone.",
    wrong="cpus: {1: {scheduler: arinc653}}\n# and a partition on core 1 with `interrupts: direct`",
    right="cpus: 0\ninterrupts: direct",
    keys=("partitions.*.interrupts", "partitions.*.cpus", "cpus"),
    isolation=True,
)
def direct_alone(context: Context) -> Iterator[Finding]:
    for name, word in _direct(context):
        for core in context.partitions[name].cpus:
            kind = defaults.scheduler_of(context.system, core)
            others = [other for other in defaults.partitions_on(context.system, core) if other != name]
            if kind != "null" or others:
                why = f"has the scheduler `{kind}`" if kind != "null" else f"is shared with `{others[0]}`"
                yield Finding(
                    word.place,
                    f"`{name}` has `interrupts: direct`, but its core {core} {why}",
                    "take `virtual`, or a core that no other partition runs on",
                )


@rule(
    "BH-IRQ-008",
    sentence="The board has a spare SPI for each doorbell and virtual console of direct partitions.",
    wrong="20 doorbells into a direct partition of zcu102, which has 16 spare SPIs",
    right="interrupts: virtual            # for the partition with the doorbells",
    keys=("partitions.*.interrupts", "channels", "partitions.*.console", "hypervisor"),
    board=True,
)
def spare_left(context: Context) -> Iterator[Finding]:
    needed = 0
    last: Text | None = None
    for name, word in _direct(context):
        rings = sum(
            1
            for channel in (context.system.channels or {}).values()
            if defaults.has_doorbell(channel) and str(name) in defaults.ends(channel)
        )
        virtual = defaults.console_of(context.system, context.partitions[name]).kind == "virtual"
        needed += rings + (1 if virtual else 0)
        last = word
    spare = len(context.board.spare_spis)
    if last is not None and needed > spare:
        yield Finding(
            last.place,
            f"direct partitions need {needed} spare SPIs for doorbells and virtual consoles, and"
            f" `{context.board.name}` has {spare} left",
            "let one of them take `interrupts: virtual`, or drop doorbells",
        )


def _masters(context: Context) -> Iterator[tuple[Text, Streams]]:
    for name, entry in _hardware(context):
        if isinstance(entry.dma, Streams):
            yield name, entry.dma


@rule(
    "BH-DMA-006",
    sentence="Stream ids need an IOMMU on the board.",
    wrong="board: virt-gicv2\nhardware: {io: {..., dma: {streams: [0x200]}}}",
    right="hardware: {io: {..., dma: master}}",
    keys=("hardware.*.dma",),
    board=True,
)
def streams_need_iommu(context: Context) -> Iterator[Finding]:
    has = any("arm,mmu-500" in d.compatible or "arm,smmu-v3" in d.compatible for d in context.board.devices.values())
    for name, dma in _masters(context):
        if not has:
            yield Finding(
                dma.place,
                f"`hardware.{name}` has stream ids, but `{context.board.name}` has no IOMMU",
                "write `dma: master`, and `dma: trusted` where a partition uses it",
            )


@rule(
    "BH-DMA-007",
    sentence="A stream id belongs to one device.",
    wrong="hardware: {io: {..., dma: {streams: [0x877]}}}     # zcu102's gem3",
    right="hardware: {io: {..., dma: {streams: [0x200]}}}",
    keys=("hardware.*.dma",),
    isolation=True,
    board=True,
)
def stream_once(context: Context) -> Iterator[Finding]:
    holder = {
        stream: device.name
        for device in context.board.devices.values()
        if device.from_tree
        for stream in device.streams
    }
    for name, dma in _masters(context):
        for stream in dma.streams:
            other = _claim(holder, stream, str(name))
            if other is not None:
                yield Finding(
                    stream.place,
                    f"stream id {stream:#x} of `hardware.{name}` is already that of `{other}`",
                    f"`bulkhead devices {context.board.name} {other}` shows its stream ids",
                )


def _claim(holder: dict[int, str], stream: Number, name: str) -> str | None:
    other = holder.setdefault(int(stream), name)
    return None if other == name else other
