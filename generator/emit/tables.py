# SPDX-License-Identifier: Apache-2.0
# implements: LLR-022, LLR-044, LLR-045, LLR-1240
"""What the template of tables.cpp prints: the resolved system in the terms of kernel/config/schema.hpp.

The layout of the configuration segment is worked out here, since translation tables hold physical addresses: header and
constants, then the translation tables, then the state that the kernel writes, then pristine payloads. The kernel's own
2 MiB (code to state) hold nobody else's memory, so that all load tables can share the tables that map them.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass, field, replace

from generator.allocate.memory import GIB, KIB, MIB, round_up
from generator.allocate.resolved import (
    DEVICE,
    RAM,
    RAM_NO_EXECUTE,
    RAM_READ_ONLY,
    SHARED,
    SHARED_READ_ONLY,
    Guest,
    Mapped,
    Resolved,
)
from generator.build.elf import Chunk
from generator.hardware import PAGE, SPI_BASE, Board

ROOT_ENTRIES = 64           # 36-bit spaces, a GiB each
ROOT_BYTES = ROOT_ENTRIES * 8
TRACE_RECORD = 32           # bytes of a record of an event ring, and of its head: kernel/trace/ring.hpp
TRACE_HEAD = 64
_LINE = 64
_CONSTANTS = 512            # ConfigHeader, strings
_CONSTANTS_PER_GUEST = 960  # PartitionConfig, spans, interrupt masks; the linker script checks the sum
_HEADER_EXTENSION = 96      # what a feature adds to the header at most
_VIRTUAL_TIMER = 27
_PHYSICAL_TIMER = 30

_STAGE2 = {RAM: "kRam", RAM_NO_EXECUTE: "kRamNoExecute", RAM_READ_ONLY: "kRamReadOnly", SHARED: "kShared",
           SHARED_READ_ONLY: "kSharedReadOnly", DEVICE: "kDevice"}
_ACTIONS = {"ignore": "kIgnore", "log": "kLog", "notify": "kNotify", "warm-restart": "kWarmRestart",
            "cold-restart": "kColdRestart", "halt": "kHalt", "reset-board": "kResetBoard"}


@dataclass(frozen=True)
class KernelImage:
    """What stage 1 of the link fixed: the kernel's own sections, page by page."""

    base: int
    rodata: int
    bss: int
    config: int             # first page behind the kernel
    hash: bytes             # SHA-256 of its bytes without .head


@dataclass(frozen=True)
class DevicePage:
    """A device of the kernel, mapped where its drivers look for it."""

    what: str
    va: int
    pa: int
    size: int


@dataclass(frozen=True)
class MappingLine:
    input: int
    output: int
    size: int
    attributes: str
    comment: str


@dataclass(frozen=True)
class TableLine:
    """One translation table: a root and its next-level tables at fixed addresses."""

    name: str
    root: int
    next: int
    tables: int
    mappings: tuple[MappingLine, ...]


@dataclass(frozen=True)
class SpanLine:
    destination: int
    source: int
    size: int
    comment: str
    checksum: int = 0   # of what is copied


@dataclass(frozen=True)
class PlacedChunk:
    """Bytes of a payload and where the image holds them."""

    symbol: str
    address: int
    data: bytes
    comment: str


@dataclass(frozen=True)
class DoorbellLine:
    """A `Doorbell` of schema.hpp."""

    kind: str
    comment: str
    record: int | None = None   # of the words that both sides share
    word: int = 0
    mask: int = 0
    next: int = 0


@dataclass
class GuestLines:
    """One partition's share of tables.cpp."""

    guest: Guest
    place: str
    first_vcpu: int
    stage2: TableLine
    load: TableLine
    first_load: list[SpanLine] = field(default_factory=list)
    reload: list[SpanLine] = field(default_factory=list)
    warm_load: list[SpanLine] = field(default_factory=list)
    irq_owned: list[int] = field(default_factory=list)
    irq_virtual: list[int] = field(default_factory=list)
    functions: int = 0
    channel_ends: int = 0
    may_control: int = 0
    monitor: DoorbellLine | None = None
    start_after: int = 0
    waited_for_by: int = 0
    actions: list[list[str]] = field(default_factory=list)
    entry: int = 0
    gate: int | None = None
    rings: dict[int, list[DoorbellLine]] = field(default_factory=dict)   # by slot
    doorbells: list[DoorbellLine] = field(default_factory=list)
    doorbell_sources: list[dict] = field(default_factory=list)
    shared: bool = False    # a vCPU of it lives on a shared core
    may_schedule: int = 0
    owned_words: int = 0


@dataclass
class Tables:
    """Everything that tables.cpp and the image's linker script print."""

    resolved: Resolved
    kernel: KernelImage
    config_size: int
    tables_base: int
    tables_size: int        # up to the state, or to the block before it
    state_base: int
    state_limit: int        # the state may reach up to here
    stage1: TableLine
    guests: list[GuestLines]
    chunks: list[PlacedChunk]
    routes: list[dict]
    doorbell_records: int
    gates: int
    trace_base: int         # of the event rings, in the order of the cores that are used; 0: none
    trace_records: int      # of each
    banner_tail: str
    used_cores: list[int]       # that are started; event rings lie in this order
    contexts: dict[int, int]    # vCPU -> place among the contexts of vCPUs on shared cores
    shared: list[dict]          # shared cores
    schedules: list[dict]
    window_count: int
    initial_schedule: int
    schedule_core: int
    header: str                 # C++ type of the header
    resets: list[dict]          # registers of reset lines, as the kernel sees them
    budgets: list[dict]         # bandwidth, one a vCPU; empty: no partition has a budget

    @property
    def rings(self) -> bool:
        """Whether a partition's tables hold doorbells."""
        return any(line.doorbells or line.doorbell_sources or line.monitor for line in self.guests)


def shown_place(place: str, top: str) -> str:
    """A YAML place with the file relative to the system's: the same text wherever the folder lies."""
    file, line, column = place.rsplit(":", 2)
    return f"{os.path.relpath(file, os.path.dirname(top) or '.')}:{line}:{column}"


# Translation tables: how many next-level tables a list of mappings takes, in the order kernel/…/translation_table.hpp
# takes them. The compiler checks the count.


def next_tables(mappings: list[MappingLine]) -> dict[tuple[int, int], int]:
    """(level, first address) of each next-level table -> its number."""
    found: dict[tuple[int, int], int] = {}

    def descend(level: int, base: int) -> None:
        found.setdefault((level, base), len(found))

    for line in mappings:
        address, output, left = line.input, line.output, line.size
        shared = line.attributes == "0"
        while left:
            if not shared and (address | output) % GIB == 0 and left >= GIB:
                step = GIB
            else:
                descend(2, address - address % GIB)
                if shared:
                    step = left
                elif (address | output) % (2 * MIB) == 0 and left >= 2 * MIB:
                    step = 2 * MIB
                else:
                    descend(3, address - address % (2 * MIB))
                    step = PAGE
            address, output, left = address + step, output + step, left - step
    return found


def header_type(resolved: Resolved) -> str:
    """The C++ type of the header: the plain one unless a feature needs more."""
    return "ExtendedHeader" if resolved.counter_irqs or resolved.watchdog or resolved.resets else "ConfigHeader"


class PristineOverflow(Exception):
    """The pristine payloads are larger than what was set aside for them, by so many bytes."""

    def __init__(self, excess: int):
        super().__init__(f"pristine payloads exceed their place by {excess} bytes")
        self.excess = excess


class _Builder:
    def __init__(self, resolved: Resolved, board: Board, kernel: KernelImage, devices: list[DevicePage],
                 chunks: dict[str, list[tuple[str, Chunk]]], entries: dict[str, int]):
        self.resolved, self.board, self.kernel, self.devices = resolved, board, kernel, devices
        self.payloads, self.entries = chunks, entries
        self.top = resolved.place.rsplit(":", 2)[0]

    def build(self) -> Tables:
        resolved = self.resolved
        constants = (_CONSTANTS + _CONSTANTS_PER_GUEST * len(resolved.guests) + 64 * len(resolved.cores)
                     + 24 * sum(len(guest.cores) for guest in resolved.guests)
                     + 8 * sum(len(guest.interrupts) + len(guest.virtual_irqs) for guest in resolved.guests)
                     + self._doorbell_bytes()
                     + sum(128 + 32 * len(schedule.windows) + 16 * len(resolved.cores) for schedule in resolved.schedules)
                     + sum(64 + 40 * len(core.shared) for core in resolved.cores)
                     + (_HEADER_EXTENSION if header_type(resolved) != "ConfigHeader" else 0)
                     + 24 * len(resolved.resets)
                     + (4 * len(resolved.cores) + 24 * sum(len(guest.cores) for guest in resolved.guests)
                        if resolved.counter_irqs else 0))
        roots = (1 + 2 * len(resolved.guests)) * ROOT_BYTES
        config_size = round_up(constants + roots, PAGE)
        roots_base = self.kernel.config + config_size - roots  # they share the last page of the constants
        tables_base = self.kernel.config + config_size
        stage2 = {guest.name: self._stage2_mappings(guest) for guest in resolved.guests}
        pristine = {guest.name: self._pristine_chunks(guest) for guest in resolved.guests}
        pristine_size = {name: sum(round_up(len(chunk.data), PAGE) for _, chunk in chunks)
                         for name, chunks in pristine.items()}
        # The kernel's own table first: the load tables point into it.
        cursor = tables_base
        stage1_next = cursor
        stage1_tables = len(next_tables(self._stage1_mappings(0, 0, counting=True)))
        cursor += stage1_tables * PAGE
        placed: dict[str, tuple[int, int, int]] = {}
        address = resolved.pristine.base
        for guest in resolved.guests:
            stage2_next = cursor
            cursor += len(next_tables(stage2[guest.name])) * PAGE
            placed[guest.name] = (stage2_next, cursor, address)
            cursor += len(next_tables(self._load_mappings(guest, address, pristine_size[guest.name], {}))) * PAGE
            address += pristine_size[guest.name]
        if address > resolved.pristine.end:
            raise PristineOverflow(address - resolved.pristine.end)
        state_base = cursor
        fixed_map = min((page.va for page in self.devices), default=resolved.pristine.base)
        state_limit = fixed_map
        if state_base + self._state_bound() > fixed_map:
            state_base, state_limit = round_up(fixed_map, 2 * MIB), resolved.pristine.base
        stage1 = TableLine("kernel_stage1", roots_base, stage1_next, stage1_tables,
                           tuple(self._stage1_mappings(cursor, state_base)))
        kernel_tables = {base: stage1_next + number * PAGE for (level, base), number in
                         next_tables(list(stage1.mappings)).items() if level == 3}
        guests, placed_chunks = [], []
        first_vcpu = 0
        gates = 0
        for number, guest in enumerate(resolved.guests):
            stage2_next, load_next, address = placed[guest.name]
            root = roots_base + (1 + 2 * number) * ROOT_BYTES
            load = tuple(self._load_mappings(guest, address, pristine_size[guest.name], kernel_tables))
            lines = GuestLines(
                guest, shown_place(guest.place, self.top), first_vcpu,
                TableLine(f"stage2_{number}", root, stage2_next, len(next_tables(stage2[guest.name])),
                          tuple(stage2[guest.name])),
                TableLine(f"load_{number}", root + ROOT_BYTES, load_next, len(next_tables(list(load))), load))
            if guest.direct:
                lines.gate = state_base + gates * ROOT_BYTES
                gates += 1
            lines.shared = any(core.shared and core.number in guest.cores for core in resolved.cores)
            self._spans(lines, number, address, placed_chunks)
            self._interrupts(lines)
            self._rights(lines)
            guests.append(lines)
            first_vcpu += len(guest.cores)
        doorbell_records = self._doorbells(guests)
        return Tables(
            resolved, self.kernel, config_size, tables_base, cursor - tables_base, state_base, state_limit,
            stage1, guests, placed_chunks, self._routes(), doorbell_records, gates,
            state_base + gates * ROOT_BYTES if resolved.trace is not None else 0,
            resolved.trace.buffer // TRACE_RECORD if resolved.trace is not None else 0, self._banner_tail(),
            [core.number for core in resolved.cores if core.used], *self._sharing(guests), header_type(resolved), self._resets(), self._budgets(guests))

    def _doorbell_bytes(self) -> int:
        """At least what the tables of `notify` and of its receivers will be."""
        guests = self.resolved.guests
        slots = max((channel.slot + 1 for channel in self.resolved.channels), default=0)
        ends = [sum(1 for guest in guests for end in guest.channels if end.channel == channel.name)
                for channel in self.resolved.channels]
        monitors = sum(len(guest.health.monitored) for guest in guests)
        return 16 * slots * len(guests) + 32 * sum(count * count for count in ends) + 48 * monitors

    # Mappings

    def _stage1_mappings(self, tables_end: int, state_base: int, counting: bool = False) -> list[MappingLine]:
        """The compiler knows the size of the state, and the line says so in C++; `counting`: all up to the limit."""
        kernel = self.kernel
        lines = [
            MappingLine(kernel.base, kernel.base, kernel.rodata - kernel.base, "stage1::kText", "text"),
            MappingLine(kernel.rodata, kernel.rodata, kernel.bss - kernel.rodata, "stage1::kReadOnly", "constants"),
            MappingLine(kernel.bss, kernel.bss, kernel.config - kernel.bss, "stage1::kReadWrite", "epitaph, boot words"),
        ]
        if counting:
            end = self.resolved.pristine.base
            lines.append(MappingLine(kernel.config, kernel.config, end - kernel.config, "stage1::kReadOnly", ""))
        else:
            lines.append(MappingLine(kernel.config, kernel.config, tables_end - kernel.config, "stage1::kReadOnly",
                                     "configuration, translation tables"))
            lines.append(MappingLine(state_base, state_base, PAGE, "stage1::kReadWrite", "state"))
        lines += [MappingLine(page.va, page.pa, page.size, "stage1::kDevice", page.what) for page in self.devices]
        return lines

    def _state_bound(self) -> int:
        """At least what sizeof(State) will be; the compiler checks it."""
        resolved = self.resolved
        vcpus = sum(len(guest.cores) for guest in resolved.guests)
        shared = sum(len(core.shared) for core in resolved.cores)
        trace = len(resolved.cores) * (resolved.trace.buffer + _LINE) if resolved.trace is not None else 0
        return round_up(trace + len(resolved.cores) * 5 * KIB + vcpus * 2 * KIB + shared * 2 * KIB + len(resolved.guests) * (4 * KIB + resolved.irq_words * 72)
                        + 128 * len(resolved.channels) * max(len(resolved.guests), 1), PAGE)

    def _stage2_mappings(self, guest: Guest) -> list[MappingLine]:
        return [MappingLine(mapped.ipa, mapped.pa, mapped.size, f"stage2::{_STAGE2[mapped.attributes]}", mapped.what)
                for mapped in guest.mappings]

    def _load_mappings(self, guest: Guest, pristine: int, pristine_size: int,
                       kernel_tables: dict[int, int]) -> list[MappingLine]:
        """`kernel_tables`: the kernel's level 3 tables by the 2 MiB that they map; empty while only counting."""
        own = range(self.kernel.base - self.kernel.base % (2 * MIB), self.resolved.pristine.base, 2 * MIB)
        lines = [MappingLine(region, kernel_tables[region] if kernel_tables else 0, 2 * MIB, "0", "the kernel's own pages")
                 for region in own if not kernel_tables or region in kernel_tables]
        lines += [MappingLine(mapped.pa, mapped.pa, mapped.size, "stage1::kReadWrite", mapped.what)
                  for mapped in self._loaded(guest)]
        lines += [MappingLine(window.base, window.base, window.size, "stage1::kReadWrite", "channels to clear")
                  for window in guest.cleared]
        if pristine_size:
            lines.append(MappingLine(pristine, pristine, pristine_size, "stage1::kReadOnly", "pristine payload"))
        return lines

    @staticmethod
    def _loaded(guest: Guest) -> list[Mapped]:
        """Memory that a start clears and fills: RAM, and regions that do not survive."""
        return [*guest.ram, *(mapped for _, mapped in guest.regions)]

    # Payloads

    def _pristine_chunks(self, guest: Guest) -> list[tuple[str, Chunk]]:
        in_place = {payload.what for payload in guest.payloads if payload.in_place}
        return [(what, chunk) for what, chunk in self.payloads[guest.name] if what not in in_place]

    def _spans(self, lines: GuestLines, number: int, address: int, placed: list[PlacedChunk]) -> None:
        """Load spans of a partition; its pristine bytes start at `address`."""
        guest = lines.guest
        pristine = [chunk for _, chunk in self._pristine_chunks(guest)]
        filled: list[tuple[int, int, int, str, int]] = []  # destination, source, size, what, checksum
        for position, (what, chunk) in enumerate(self.payloads[guest.name]):
            destination = _pa_of(guest, chunk.address)
            symbol = f"payload_{number}_{position}"
            if chunk in pristine:
                placed.append(PlacedChunk(symbol, address, chunk.data, f"{guest.name}: {what}, pristine"))
                filled.append((destination, address, len(chunk.data), what, zlib.crc32(chunk.data)))
                address += round_up(len(chunk.data), PAGE)
            else:
                placed.append(PlacedChunk(symbol, destination, chunk.data, f"{guest.name}: {what}, in place"))
                filled.append((destination, destination, len(chunk.data), f"{what}, in place", 0))
        for mapped in self._loaded(guest):
            position = mapped.pa
            for destination, source, size, what, checksum in sorted(filled):
                if mapped.pa <= destination < mapped.pa + mapped.size:
                    if destination > position:
                        lines.first_load.append(SpanLine(position, 0, destination - position, "clear"))
                    lines.first_load.append(SpanLine(destination, source, size, what, checksum))
                    position = destination + size
            if position < mapped.pa + mapped.size:
                lines.first_load.append(SpanLine(position, 0, mapped.pa + mapped.size - position, "clear"))
        if guest.restartable:
            lines.reload = list(lines.first_load)
            kept = [mapped for name, mapped in guest.regions if name in guest.preserved]
            lines.warm_load = [span for span in lines.first_load
                               if not any(mapped.pa <= span.destination < mapped.pa + mapped.size for mapped in kept)]
        # Before all else, and at power-on only: a restart of one end leaves the channel to the other.
        lines.first_load[:0] = [SpanLine(window.base, 0, window.size, "clear channels") for window in guest.cleared]
        lines.entry = guest.image.entry if guest.image.entry is not None else self.entries[guest.name]

    # Interrupts, rights, doorbells

    def _interrupts(self, lines: GuestLines) -> None:
        words = self.resolved.irq_words
        owned, virtual = [0] * words, [0] * words
        # A shared core has no place for a second timer in a vCPU's context.
        timers = (_VIRTUAL_TIMER,) if lines.shared else (_VIRTUAL_TIMER, _PHYSICAL_TIMER)
        for irq in (*timers, *(line.id for _, line in lines.guest.interrupts)):
            owned[irq // 32] |= 1 << irq % 32
        for irq in lines.guest.virtual_irqs:
            # A direct partition's are spare lines of the board: physical, like a device's.
            (owned if lines.guest.direct else virtual)[irq // 32] |= 1 << irq % 32
        lines.irq_owned, lines.irq_virtual = owned, virtual
        lines.owned_words = sum(1 << word for word, mask in enumerate(owned) if word and mask)

    def _routes(self) -> list[dict]:
        found = []
        for guest in self.resolved.guests:
            for device, line in guest.interrupts:
                found.append({"id": line.id, "core": guest.cores[0], "edge": int(line.trigger == "edge-rising"),
                              "partition": guest.index, "comment": f"{device} of {guest.name}"})
            if guest.direct:
                found += [{"id": irq, "core": guest.cores[0], "edge": 1, "partition": guest.index,
                           "comment": f"spare line of {guest.name}"} for irq in guest.virtual_irqs]
        console = self.resolved.console
        if console is not None:
            found.append({"id": console.irq, "core": self.resolved.supervisor, "edge": 0, "partition": None,
                          "comment": f"{console.uart}, the hypervisor's console"})
        counted = {core for guest in self.resolved.guests if guest.bandwidth is not None for core in guest.cores}
        found += [{"id": irq, "core": core, "edge": 0, "partition": None, "comment": f"performance monitors of core {core}"}
                  for core, irq in enumerate(self.resolved.counter_irqs) if irq >= SPI_BASE and core in counted]
        return sorted(found, key=lambda route: route["id"])

    def _rights(self, lines: GuestLines) -> None:
        guest, resolved = lines.guest, self.resolved
        available = {0, 3, 4, 6, 12, 13}
        if guest.channels:
            available.add(1)
        if lines.shared:
            available.add(2)
        if resolved.schedules:
            available.add(8)
            if guest.may_schedule:
                available.add(7)
        if guest.health.watchdog_ns:
            available.add(5)
        if guest.console.kind == "virtual":
            available |= {9, 11}
        if resolved.trace is not None:
            available.add(10)
        lines.functions = sum(1 << number for number in available)
        lines.channel_ends = sum(1 << end.slot for end in guest.channels)
        lines.may_control = sum(1 << resolved.guest(name).id for name in guest.may_control)
        by_name = {schedule.name: schedule.index for schedule in resolved.schedules}
        lines.may_schedule = sum(1 << by_name[name] for name in guest.may_schedule)
        lines.start_after = sum(1 << resolved.guest(name).index for name in guest.health.start_after)
        lines.waited_for_by = sum(1 << other.index for other in resolved.guests if guest.name in other.health.start_after)
        lines.actions = [[_action(action, by_name) for action in row] for row in guest.health.actions]

    def _doorbells(self, guests: list[GuestLines]) -> int:
        """A table by slot for every sender. Each pair of ends with a virtual receiver shares a record; returns how many."""
        records = 0
        for channel in self.resolved.channels:
            ends = [(lines, end) for lines in guests for end in lines.guest.channels if end.channel == channel.name]
            for lines, end in ends:
                rung = []
                for other, other_end in ends:
                    if other is lines or other_end.irq is None:
                        continue
                    comment = f"{channel.name}: {lines.guest.name} to {other.guest.name}"
                    if other.guest.direct:
                        rung.append(DoorbellLine("kDirect", comment, word=other_end.irq // 32, mask=1 << other_end.irq % 32))
                    else:
                        rung.append(DoorbellLine("kVirtual", comment, record=records))
                        other.doorbell_sources.append({"record": records, "irq": other_end.irq,
                                                       "comment": f"{channel.name}: from {lines.guest.name}"})
                        records += 1
                lines.rings[end.slot] = rung or [DoorbellLine("kSilent", f"{channel.name}: nobody to ring")]
        for lines in guests:
            lines.doorbells = _by_slot(lines.rings) if any(channel.doorbell for channel in self.resolved.channels) else []
        by_name = {lines.guest.name: lines for lines in guests}
        for lines in guests:
            for name in lines.guest.health.monitored:
                irq, comment = lines.guest.health.monitor_irq, f"health of {name}"
                if lines.guest.direct:
                    by_name[name].monitor = DoorbellLine("kDirect", comment, word=irq // 32, mask=1 << irq % 32)
                else:
                    by_name[name].monitor = DoorbellLine("kVirtual", comment, record=records)
                    lines.doorbell_sources.append({"record": records, "irq": irq, "comment": comment})
                    records += 1
        return records

    def _sharing(self, guests: list[GuestLines]) -> tuple[dict[int, int], list[dict], list[dict], int, int, int]:
        """Shared cores, schedules, the initial one, and the core by which requests for another are timed."""
        resolved = self.resolved
        lines_of = {lines.guest.name: lines for lines in guests}
        contexts: dict[int, int] = {}
        shared = []
        for core in resolved.cores:
            if not core.shared:
                continue
            vcpus = [lines_of[name].first_vcpu + vcpu for name, vcpu in core.shared]
            servers = []
            for (name, _), vcpu in zip(core.shared, vcpus):
                contexts[vcpu] = len(contexts)
                if core.scheduler == "rtds":
                    servers.append({"vcpu": vcpu, "plan": lines_of[name].guest.server, "comment": lines_of[name].place})
            shared.append({"core": core.number, "scheduler": core.scheduler, "vcpus": vcpus, "servers": servers})
        schedules = []
        count = 0
        for schedule in resolved.schedules:
            windows = [{"plan": window, "number": count + position, "vcpu": lines_of[window.partition].first_vcpu + window.vcpu,
                        "place": shown_place(window.place, self.top)} for position, window in enumerate(schedule.windows)]
            count += len(windows)
            schedules.append({
                "plan": schedule, "place": shown_place(schedule.place, self.top),
                "cores": [(core.number, [window for window in windows if window["plan"].core == core.number])
                          for core in resolved.cores],
                "starts": [{"partition": lines_of[name].guest.index, "warm": int(how == "warm"), "comment": f"{name}: {how}"}
                           for name, how in schedule.starts]})
        initial = next((schedule.index for schedule in resolved.schedules if schedule.initial), 0)
        first = next((core.number for core in resolved.cores if core.shared and core.scheduler == "arinc653"), 0)
        return contexts, shared, schedules, count, initial, first

    def _resets(self) -> list[dict]:
        pages = {page.pa: page.va for page in self.devices}
        return [{"partition": self.resolved.guest(line.partition).index, "mask": line.mask,
                 "register": pages[line.register & ~(PAGE - 1)] + line.register % PAGE,
                 "comment": f"{', '.join(line.devices)} of {line.partition}"} for line in self.resolved.resets]

    def _budgets(self, guests: list[GuestLines]) -> list[dict]:
        if not self.resolved.counter_irqs:
            return []
        return [{"plan": lines.guest.bandwidth, "comment": f"{lines.guest.name}, core {core}"}
                for lines in guests for core in lines.guest.cores]

    def _banner_tail(self) -> str:
        resolved = self.resolved
        words = [f"board {resolved.board}"]
        if resolved.waived:
            words.append("QEMU-ONLY")
        if resolved.identity:
            words.append(resolved.identity)
        return " ".join(words)


def _by_slot(rings: dict[int, list[DoorbellLine]]) -> list[DoorbellLine]:
    """Entry n is the first doorbell of slot n; its further ones follow after all slots, linked by `next`."""
    slots = max(rings, default=-1) + 1
    table = [DoorbellLine("kNoEnd", "of others")] * slots
    for slot, rung in sorted(rings.items()):
        place = slot
        for position, line in enumerate(rung):
            following = len(table) if position + 1 < len(rung) else 0
            table[place] = replace(line, next=following)
            if following:
                place = following
                table.append(line)
    return table


def _action(action: str, schedules: dict[str, int]) -> str:
    """An entry of the health table as C++ writes it; `schedule NAME` names the schedule by its index."""
    if action in _ACTIONS:
        return f"to(HealthAction::{_ACTIONS[action]})"
    return f"to_schedule({schedules[action.split()[1]]})"


def _pa_of(guest: Guest, ipa: int) -> int:
    for mapped in guest.mappings:
        if mapped.ipa <= ipa < mapped.ipa + mapped.size:
            return mapped.pa + ipa - mapped.ipa
    raise ValueError(f"{guest.name}: {ipa:#x} is in none of its memory")


def build_tables(resolved: Resolved, board: Board, kernel: KernelImage, devices: list[DevicePage],
                 chunks: dict[str, list[tuple[str, Chunk]]], entries: dict[str, int]) -> Tables:
    """`chunks`: by partition, the bytes of each of its payloads at their IPAs; `entries`: of ELF images."""
    return _Builder(resolved, board, kernel, devices, chunks, entries).build()
