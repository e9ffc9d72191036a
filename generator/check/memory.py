# SPDX-License-Identifier: Apache-2.0
# implements: LLR-527
"""Rules on RAM and regions: alignment, pinned places, what is free, the guest's address space."""

from __future__ import annotations

from typing import Iterator

from generator import defaults
from generator.check.context import Context
from generator.diagnostics import Finding, Severity
from generator.hardware import PAGE, Window
from generator.keys import Number, Text
from generator.memory_map import (
    BLOCK,
    held,
    human,
    largest_bank,
    largest_piece,
    free_memory,
    may_split,
    try_fit,
)
from generator.model import Partition
from generator.rules import rule


def _sizes(partition: Partition, name: Text) -> Iterator[tuple[str, Number]]:
    yield f"memory of `{name}`", partition.memory.size
    for region, entry in (partition.regions or {}).items():
        yield f"region `{region}` of `{name}`", entry.size


@rule(
    "BH-MEM-001",
    sentence="Sizes of RAM and regions are whole 4 KiB pages, at least one.",
    wrong="memory: 1000 B",
    right="memory: 4 KiB",
    keys=("partitions.*.memory.size", "partitions.*.regions.*.size"),
)
def whole_pages(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        for what, size in _sizes(partition, name):
            if size == 0 or size % PAGE:
                better = max(PAGE, (size + PAGE - 1) // PAGE * PAGE)
                yield Finding(
                    size.place,
                    f"the {what} has {size:,} B, which is not a number of 4 KiB pages",
                    f"write `{human(better)}`",
                )


def _bases(partition: Partition) -> Iterator[tuple[str, Number]]:
    if partition.memory.ipa is not None:
        yield "memory.ipa", partition.memory.ipa
    if partition.memory.physical is not None:
        yield "memory.physical", partition.memory.physical
    for region, entry in (partition.regions or {}).items():
        if entry.ipa is not None:
            yield f"regions.{region}.ipa", entry.ipa


@rule(
    "BH-MEM-002",
    sentence="Addresses of RAM and regions are multiples of 4 KiB.",
    wrong="memory: {size: 8 MiB, ipa: 0x40000100}",
    right="memory: {size: 8 MiB, ipa: 0x40000000}",
    keys=("partitions.*.memory", "partitions.*.regions.*.ipa"),
)
def page_aligned(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        for what, base in _bases(partition):
            if base % PAGE:
                yield Finding(
                    base.place,
                    f"`{what}` of `{name}`, {base:#x}, is not a multiple of 4 KiB",
                    f"write `{base & ~(PAGE - 1):#x}`",
                )


@rule(
    "BH-MEM-003",
    sentence="Linux stands at a multiple of 2 MiB.",
    wrong="memory: {size: 256 MiB, ipa: 0x40100000}",
    right="memory: {size: 256 MiB, ipa: 0x40000000}",
    keys=("partitions.*.memory",),
)
def linux_aligned(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        memory = partition.memory
        base = memory.physical if memory.map == "identity" else memory.ipa
        if defaults.is_linux(partition) and base is not None and base % BLOCK:
            yield Finding(
                base.place,
                f"Linux in `{name}` would stand at {base:#x}, which is not a multiple of 2 MiB",
                f"write `{base & ~(BLOCK - 1):#x}`",
            )


def _pinned(context: Context) -> Iterator[tuple[Text, Partition, Number, Window]]:
    for name, partition in context.partitions.items():
        memory = partition.memory
        if memory.physical is not None:
            yield name, partition, memory.physical, Window(int(memory.physical), int(memory.size))


@rule(
    "BH-MEM-004",
    sentence="Pinned memory lies in the board's RAM.",
    wrong="memory: {size: 8 MiB, physical: 0xC0000000}     # zcu102 has no RAM there",
    right="memory: {size: 8 MiB, physical: 0x10000000}",
    keys=("partitions.*.memory.physical",),
    isolation=True,
    board=True,
)
def pinned_in_ram(context: Context) -> Iterator[Finding]:
    for name, _, place, window in _pinned(context):
        if not any(bank.contains(window) for bank in context.board.dram):
            banks = ", ".join(str(bank) for bank in context.board.dram)
            yield Finding(
                place.place,
                f"`{name}` pins {window}, which does not lie in one bank of RAM",
                f"RAM of `{context.board.name}`: {banks}",
            )


@rule(
    "BH-MEM-005",
    sentence="Pinned memory of two partitions does not overlap.",
    wrong="a: {memory: {size: 8 MiB, physical: 0x10000000}, ...}\nb: {memory: {size: 8 MiB, physical: 0x10400000}, ...}",
    right="a: {memory: {size: 8 MiB, physical: 0x10000000}, ...}\nb: {memory: {size: 8 MiB, physical: 0x10800000}, ...}",
    keys=("partitions.*.memory.physical",),
    isolation=True,
)
def pinned_apart(context: Context) -> Iterator[Finding]:
    windows = {str(name): (place, window) for name, _, place, window in _pinned(context)}
    ranges = [(window.base, window.end, name) for name, (_, window) in windows.items()]
    for first, second in defaults.overlaps(ranges):
        place, window = windows[second]
        other = windows[first][1]
        yield Finding(
            place.place,
            f"`{second}` pins {window}, which overlaps `{first}` at {other}",
            f"the first free address behind `{first}` is {other.end:#x}",
        )


@rule(
    "BH-MEM-006",
    sentence="Pinned memory stays clear of the hypervisor, firmware and `reserved` areas.",
    wrong="memory: {size: 8 MiB, physical: 0x0}     # zcu102's hypervisor stands at 0x200000",
    right="memory: {size: 8 MiB, physical: 0x10000000}",
    keys=("partitions.*.memory.physical", "reserved"),
    isolation=True,
    board=True,
)
def pinned_free(context: Context) -> Iterator[Finding]:
    taken = held(context.system, context.board)
    for name, _, place, window in _pinned(context):
        for who, area in taken:
            if window.overlaps(area):
                yield Finding(
                    place.place,
                    f"`{name}` pins {window}, which overlaps {who} at {area}",
                    "pin another address, or leave `physical` out",
                )


@rule(
    "BH-MEM-007",
    sentence="All partitions fit into the board's free RAM.",
    wrong="memory: 3 GiB          # on zcu102, for a native partition",
    right="memory: 1 GiB",
    keys=("partitions.*.memory", "reserved"),
    board=True,
)
def fits(context: Context) -> Iterator[Finding]:
    if any(True for _ in bank_whole(context)) or any(True for _ in identity_fits(context)):
        return  # those say it better
    room = try_fit(context.system, context.board)
    if room is not None:
        size = context.partitions[room.partition].memory.size
        yield Finding(
            size.place,
            f"no room for {human(room.wanted)} of `{room.partition}`: the largest free piece is"
            f" {human(room.largest)}, {human(room.total)} are free in all",
            f"at most {human(room.largest)} would fit here; `bulkhead plan` shows the memory map",
        )


@rule(
    "BH-MEM-008",
    sentence="Memory larger than one bank is for Linux only, which takes several banks.",
    wrong="memory: 3 GiB          # on zcu102, for a native partition",
    right="memory: 1 GiB",
    keys=("partitions.*.memory.size",),
    board=True,
)
def bank_whole(context: Context) -> Iterator[Finding]:
    bank = largest_bank(context.board)
    for name, partition in context.partitions.items():
        size = partition.memory.size
        if size > bank and not may_split(partition) and partition.memory.physical is None:
            yield Finding(
                size.place,
                f"{human(size)} of `{name}` are more than one bank of RAM ({human(bank)}), and only"
                " Linux without `map` can be split",
                f"at most {human(largest_piece(free_memory(context.system, context.board)))} are"
                " free in one piece",
            )


@rule(
    "BH-MEM-009",
    sentence="Under `map: identity` there is one piece of free RAM that holds the whole.",
    wrong="memory: {size: 2 GiB, map: identity}",
    right="memory: {size: 1 GiB, map: identity}",
    keys=("partitions.*.memory.map", "reserved"),
    board=True,
)
def identity_fits(context: Context) -> Iterator[Finding]:
    largest = largest_piece(free_memory(context.system, context.board))
    for name, partition in context.partitions.items():
        memory = partition.memory
        if memory.map != "identity" or memory.physical is not None:
            continue
        if largest < memory.size <= largest_bank(context.board):
            yield Finding(
                memory.size.place,
                f"no free piece of RAM holds {human(memory.size)} of `{name}` whole",
                f"the largest free piece is {human(largest)}",
            )


@rule(
    "BH-MEM-010",
    sentence="Under `map: identity` the guest's address is the physical one.",
    wrong="memory: {size: 8 MiB, map: identity, ipa: 0x40000000}",
    right="memory: {size: 8 MiB, map: identity, physical: 0x40000000}",
    keys=("partitions.*.memory",),
)
def identity_means_equal(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        memory = partition.memory
        if memory.map == "identity" and memory.ipa is not None and memory.ipa != memory.physical:
            yield Finding(
                memory.ipa.place,
                f"`{name}` has `map: identity` and `ipa: {memory.ipa:#x}`",
                f"pin the place by `physical: {memory.ipa:#x}`, or leave `ipa` out",
            )


@rule(
    "BH-MEM-011",
    sentence="The guest's addresses fit into the board's IPA size.",
    wrong="memory: {size: 8 MiB, ipa: 0x1000000000}     # 36 bits end there",
    right="memory: {size: 8 MiB, ipa: 0x40000000}",
    keys=("partitions.*.memory.ipa", "partitions.*.regions.*.ipa"),
    board=True,
)
def ipa_in_range(context: Context) -> Iterator[Finding]:
    limit = 1 << context.board.ipa_bits
    for name, partition in context.partitions.items():
        pieces = [("memory", partition.memory.ipa, partition.memory.size)]
        for region, entry in (partition.regions or {}).items():
            pieces.append((f"regions.{region}", entry.ipa, entry.size))
        for what, ipa, size in pieces:
            if ipa is not None and ipa + size > limit:
                yield Finding(
                    ipa.place,
                    f"`{what}` of `{name}` ends at {ipa + size:#x}, beyond the"
                    f" {context.board.ipa_bits} bits of guest addresses",
                    f"stay below {limit:#x}",
                )


def _guest_windows(context: Context, partition: Partition) -> Iterator[tuple[str, Number, Window]]:
    """What the file itself places in the guest's address space."""
    memory = partition.memory
    place = memory.ipa if memory.ipa is not None else memory.size
    if memory.size <= largest_bank(context.board) or may_split(partition):  # else BH-MEM-008
        for base, size in defaults.guest_ram(partition, context.board):
            yield "RAM", place, Window(base, size)
    for region, entry in (partition.regions or {}).items():
        if entry.ipa is not None:
            yield f"region `{region}`", entry.ipa, Window(int(entry.ipa), int(entry.size))


@rule(
    "BH-MEM-012",
    sentence="RAM and regions of a partition do not overlap in its address space.",
    wrong="memory: {size: 8 MiB, ipa: 0x40000000}\nregions: {log: {size: 64 KiB, ipa: 0x40010000}}",
    right="memory: {size: 8 MiB, ipa: 0x40000000}\nregions: {log: {size: 64 KiB, ipa: 0x50000000}}",
    keys=("partitions.*.memory", "partitions.*.regions"),
    board=True,
)
def guest_memory_apart(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        pieces = list(_guest_windows(context, partition))
        for n, (what, place, window) in enumerate(pieces):
            for other, _, taken in pieces[:n]:
                if window.overlaps(taken):
                    yield Finding(
                        place.place,
                        f"{what} of `{name}` at {window} overlaps {other} at {taken}",
                        f"the first address behind it is {taken.end:#x}",
                    )


@rule(
    "BH-MEM-013",
    sentence="RAM and regions stay clear of the partition's devices and the interrupt controller.",
    wrong="memory: {size: 8 MiB, ipa: 0x8000000}     # virt's GIC stands there",
    right="memory: {size: 8 MiB, ipa: 0x40000000}",
    keys=("partitions.*.memory", "partitions.*.regions", "partitions.*.devices"),
    board=True,
)
def guest_memory_clear_of_devices(context: Context) -> Iterator[Finding]:
    devices: dict[str, list[tuple[str, Window]]] = {}
    for name, _, _, device in context.uses:
        for window in device.windows:
            devices.setdefault(name, []).append((f"device `{device.name}`", window.pages()))
    gic = context.board.gic
    frames = [gic.distributor, gic.cpu_interface, gic.redistributors]
    own = [("the interrupt controller", frame) for frame in frames if frame is not None]
    for name, partition in context.partitions.items():
        for what, place, window in _guest_windows(context, partition):
            for other, taken in own + devices.get(str(name), []):
                if window.overlaps(taken):
                    yield Finding(
                        place.place,
                        f"{what} of `{name}` at {window} overlaps {other} at {taken}",
                        "move it with `ipa`; device addresses are the board's",
                    )
                    break


@rule(
    "BH-MEM-014",
    severity=Severity.WARNING,
    sentence="Linux has 64 MiB or more.",
    wrong="memory: 16 MiB         # for a Linux image",
    right="memory: 256 MiB",
    keys=("partitions.*.memory.size",),
)
def linux_has_room(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        size = partition.memory.size
        if defaults.is_linux(partition) and size < 64 << 20:
            yield Finding(
                size.place,
                f"{human(size)} are little for Linux in `{name}`",
                "distribution kernels want 128 MiB or more",
            )


@rule(
    "BH-MEM-015",
    sentence="A `reserved` area is whole pages, at least one.",
    wrong="reserved: {r5: {at: 0x3ED00100, size: 256 KiB}}",
    right="reserved: {r5: {at: 0x3ED00000, size: 256 KiB}}",
    keys=("reserved",),
)
def reserved_pages(context: Context) -> Iterator[Finding]:
    for name, area in (context.system.reserved or {}).items():
        if area.at % PAGE or area.size % PAGE or area.size == 0:
            yield Finding(
                area.at.place,
                f"`reserved.{name}` at {area.at:#x} of {area.size:,} B is not whole 4 KiB pages",
                "widen it to whole pages: stage 2 maps nothing smaller",
            )


@rule(
    "BH-MEM-016",
    severity=Severity.WARNING,
    sentence="A `reserved` area lies in RAM.",
    wrong="reserved: {r5: {at: 0xC0000000, size: 256 KiB}}     # zcu102 has no RAM there",
    right="reserved: {r5: {at: 0x3ED00000, size: 256 KiB}}",
    keys=("reserved",),
    board=True,
)
def reserved_in_ram(context: Context) -> Iterator[Finding]:
    for name, area in (context.system.reserved or {}).items():
        window = Window(int(area.at), int(area.size))
        if not any(bank.overlaps(window) for bank in context.board.dram):
            yield Finding(
                area.at.place,
                f"`reserved.{name}` at {window} is no RAM of the board",
                "nothing is allocated there anyway; check the address, or remove it",
            )


@rule(
    "BH-MEM-017",
    sentence="A `reserved` area stays clear of the hypervisor.",
    wrong="reserved: {r5: {at: 0x200000, size: 256 KiB}}     # zcu102's kernel address",
    right="reserved: {r5: {at: 0x3ED00000, size: 256 KiB}}",
    keys=("reserved",),
    isolation=True,
    board=True,
)
def reserved_clear_of_kernel(context: Context) -> Iterator[Finding]:
    who, kernel = held(context.system, context.board)[0]
    for name, area in (context.system.reserved or {}).items():
        window = Window(int(area.at), int(area.size))
        if window.overlaps(kernel):
            yield Finding(
                area.at.place,
                f"`reserved.{name}` at {window} overlaps {who} at {kernel}",
                f"the kernel's address is the board's ({context.board.kernel_load:#x}); move the area",
            )
