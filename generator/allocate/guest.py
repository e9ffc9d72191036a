# SPDX-License-Identifier: Apache-2.0
"""What one partition gets: its address space, interrupts, console, image and tree."""

from __future__ import annotations

from dataclasses import dataclass, field

from generator import defaults
from generator.allocate import payloads as images
from generator.allocate.memory import GIB, KIB, MIB, OutOfMemory, Piece, alignment_of, round_up, size_text
from generator.allocate.resolved import (
    DEVICE,
    RAM,
    RAM_NO_EXECUTE,
    RAM_READ_ONLY,
    SHARED,
    SHARED_READ_ONLY,
    BudgetPlan,
    ChannelEnd,
    ConsoleGrant,
    DeviceGrant,
    HealthPlan,
    ImagePlan,
    Mapped,
    Payload,
    ResolvedChannel,
    ServerPlan,
)
from generator.check.context import Context
from generator.hardware import PAGE, SPI_BASE, Board, Window
from generator.model import BANDWIDTH_EVENTS, EVENTS, STATES, Partition, ScheduleAction, System

PL011_SIZE = PAGE
_PL011_FIRST = 0x0900_0000   # where QEMU's virt has its own: guests made for that find it
_PL011_STEP = 16 * MIB
_SHORT_RAM = 32 * MIB
_IN_PLACE_REACH = 512 * MIB  # further from the kernel, a payload in place would only make the raw image long


@dataclass
class Draft:
    """A partition while it is put together."""

    name: str
    partition: Partition
    board: Board
    context: Context
    pieces: tuple[Piece, ...]
    facts: images.Facts
    devices: tuple[DeviceGrant, ...] = ()
    mappings: list[Mapped] = field(default_factory=list)
    taken: list[Window] = field(default_factory=list)      # of its address space
    virtual_irqs: list[int] = field(default_factory=list)

    @property
    def direct(self) -> bool:
        return self.partition.interrupts == "direct"

    @property
    def linux(self) -> bool:
        return defaults.is_linux(self.partition)

    def map(self, what: str, ipa: int, pa: int, size: int, attributes: str) -> Mapped:
        mapped = Mapped(what, ipa, pa, size, attributes)
        self.mappings.append(mapped)
        self.taken.append(mapped.ipa_window)
        return mapped

    def free_ipa(self, size: int, first: int, align: int) -> int:
        """The lowest address from `first` on that nothing of the partition, and no device of the board, uses."""
        busy = sorted([*self.taken, *_board_windows(self.board)], key=lambda window: window.base)
        base = round_up(first, align)
        for window in busy:
            if Window(base, size).overlaps(window):
                base = round_up(window.end, align)
        if base + size > 1 << self.board.ipa_bits:
            raise OutOfMemory(self.partition.place, f"`{self.name}` has no {size_text(size)} of address space left",
                              "give its memory an `ipa` that leaves room behind it")
        return base


def _board_windows(board: Board) -> list[Window]:
    gic = board.gic
    frames = [gic.distributor, gic.cpu_interface, gic.redistributors]
    return [window.pages() for device in board.devices.values() for window in device.windows] + [
        window.pages() for window in frames if window is not None]


def grant_devices(context: Context, name: str, partition: Partition, board: Board) -> tuple[DeviceGrant, ...]:
    """The partition's devices, its console UART included, in the order of the file."""
    found = []
    for use in partition.devices or ():
        device = board.find(str(use.name))
        found.append(DeviceGrant(
            name=device.name, path=device.path, windows=device.windows, interrupts=device.interrupts,
            trusted_dma=use.dma == "trusted", reason=use.reason and str(use.reason), mac=use.mac and str(use.mac),
            drop=tuple(str(item) for item in use.drop or ()), place=str(use.name.place)))
    console = defaults.console_of(context.system, partition)
    if console.kind == "uart":
        device = board.find(console.uart)
        if all(grant.name != device.name for grant in found):
            found.append(DeviceGrant(device.name, device.path, device.windows, device.interrupts, False, None, None, (),
                                     str(partition.console.place)))
    return tuple(found)


def map_memory(draft: Draft) -> tuple[Mapped, ...]:
    ram = tuple(draft.map("RAM", piece.ipa, piece.pa, piece.size, RAM) for piece in draft.pieces)
    for device in draft.devices:
        for number, window in enumerate(device.windows):
            pages = window.pages()
            if any(taken.contains(pages) for taken in draft.taken):
                continue  # a second device of the partition on the same page
            suffix = f" ({number})" if len(device.windows) > 1 else ""
            draft.map(device.name + suffix, pages.base, pages.base, pages.size, DEVICE)
    gic = draft.board.gic
    draft.taken.append(gic.distributor)
    if gic.version == 2:
        if draft.direct:
            # The active page only, in all its aliases: GICC_DIR, on the page behind it, stays out of reach.
            size = gic.cpu_interface.size // 2 if gic.cpu_interface.size > 64 * KIB else PAGE
            draft.map("CPU interface", gic.cpu_interface.base, gic.cpu_interface.base, size, DEVICE)
        else:
            size = min(gic.cpu_interface.size, gic.virtual_interface.size)
            draft.map("CPU interface", gic.cpu_interface.base, gic.virtual_interface.base, size, DEVICE)
    else:
        draft.taken.append(gic.redistributors)
    return ram


def region_attributes(rights: str, cache: str) -> str:
    if cache == "device":
        return DEVICE
    if cache == "none":
        return SHARED if "w" in rights else SHARED_READ_ONLY
    if "x" in rights:
        return RAM
    return RAM_NO_EXECUTE if "w" in rights else RAM_READ_ONLY


def map_regions(draft: Draft, shared: dict[str, Window]) -> tuple[tuple[str, Mapped], ...]:
    found = []
    for region_name, region in (draft.partition.regions or {}).items():
        window = shared[f"{draft.name}.{region_name}"]
        if region.ipa is not None:
            ipa = int(region.ipa)
        else:
            ipa = draft.free_ipa(window.size, _behind_ram(draft), alignment_of(window.size))
        mapped = draft.map(f"region {region_name}", ipa, window.base, window.size,
                           region_attributes(str(region.rights), str(region.cache)))
        found.append((str(region_name), mapped))
    return tuple(found)


def _behind_ram(draft: Draft) -> int:
    return max(piece.ipa + piece.size for piece in draft.pieces)


def virtual_irq(draft: Draft, spare: list[int]) -> int:
    """An interrupt that exists for this guest only; for a direct partition a spare line of the board."""
    if draft.direct:
        if not spare:
            raise OutOfMemory(draft.partition.interrupts.place,
                              f"`{draft.name}` needs a spare SPI of {draft.board.name} for its console or a doorbell, "
                              "and none is left", "use `interrupts: virtual`, or fewer doorbells to direct partitions")
        irq = spare.pop(0) + SPI_BASE
    else:
        used = {line.id for device in draft.board.devices.values() for line in device.interrupts}
        used.update(draft.virtual_irqs)
        irq = next(number for number in range(SPI_BASE, 1020) if number not in used)
    draft.virtual_irqs.append(irq)
    return irq


def grant_console(draft: Draft, spare: list[int]) -> ConsoleGrant:
    choice = defaults.console_of(draft.context.system, draft.partition)
    if choice.kind != "virtual":
        return ConsoleGrant(choice.kind, uart=draft.board.find(choice.uart).name if choice.uart else None)
    ipa = choice.at if choice.at is not None else draft.free_ipa(PL011_SIZE, _PL011_FIRST, _PL011_STEP)
    draft.taken.append(Window(ipa, PL011_SIZE))
    return ConsoleGrant("virtual", ipa=ipa, irq=virtual_irq(draft, spare))


def channel_attributes(writes: bool, cacheable: bool) -> str:
    if cacheable:
        return RAM_NO_EXECUTE if writes else RAM_READ_ONLY
    return SHARED if writes else SHARED_READ_ONLY


def map_channel(draft: Draft, channel: ResolvedChannel, spare: list[int]) -> ChannelEnd:
    """One end: what it writes it may write, all else of the channel it may only read."""
    name = channel.name
    sends, receives = draft.name in channel.senders, draft.name in channel.receivers
    ipa = draft.free_ipa(channel.size + channel.back_size, _behind_ram(draft), alignment_of(channel.size))
    draft.map(f"channel {name}", ipa, channel.pa, channel.size, channel_attributes(sends, channel.cacheable))
    if channel.back_size:
        draft.map(f"channel {name}, receiver's", ipa + channel.size, channel.back_pa, channel.back_size,
                  channel_attributes(receives, channel.cacheable))
    # Nobody rings the one sender of a sampling channel: there is nothing that it could wait for.
    rings = channel.doorbell and (channel.kind != "sampling" or receives)
    return ChannelEnd(
        channel=name, slot=channel.slot, kind=channel.kind, ipa=ipa, size=channel.size, writes=sends,
        irq=virtual_irq(draft, spare) if rings else None, cacheable=channel.cacheable, message=channel.message,
        depth=channel.depth, refresh_ns=channel.refresh_ns, back_ipa=ipa + channel.size if channel.back_size else 0,
        back_size=channel.back_size, both_write=sends and len(channel.senders) > 1)


def default_cmdline(draft: Draft, console: ConsoleGrant) -> str | None:
    if console.kind == "virtual":
        return "console=ttyAMA0 earlycon"
    if console.kind == "uart":
        return f"console={tty_of(draft.board, console.uart)},115200 earlycon"
    return None


def tty_of(board: Board, uart: str) -> str:
    """Linux's name of a UART: board aliases are kept, so serial1 is line 1 of its driver."""
    device = board.find(uart)
    prefix = "ttyPS" if device.uart_kind == "cadence" else "ttyAMA"
    number = next((alias[len("serial"):] for alias in device.aliases if alias.startswith("serial")), "0")
    return prefix + number


def plan_image(draft: Draft, console: ConsoleGrant) -> ImagePlan:
    image = draft.partition.image
    base = draft.pieces[0].ipa
    end = base + draft.pieces[0].size
    cmdline = str(image.cmdline) if image.cmdline is not None else None
    overlay = str(image.overlay) if image.overlay is not None and image.overlay != "none" else None
    source = str(image.source)
    path = draft.context.folder(image.source) if image.kind in ("native", "recipe") else draft.context.path(image.source)
    wants_tree = image.dtb != "none"
    pinned_tree = int(image.dtb) if not isinstance(image.dtb, str) else None
    initrd = None
    if draft.linux:
        cmdline = cmdline if cmdline is not None else default_cmdline(draft, console)
        load = base + draft.facts.text_offset
        behind = round_up(load + draft.facts.memory_size, 2 * MIB)
        tree = pinned_tree if pinned_tree is not None else behind if wants_tree else None
        if draft.facts.initrd_size:
            initrd = behind + 2 * MIB
        needed = (initrd + draft.facts.initrd_size if initrd is not None else behind + images.tree_room(draft.pieces[0].size)) - base
        if base + needed > end:
            raise OutOfMemory(draft.partition.memory.size.place,
                              f"`{draft.name}`: kernel, tree and initrd need {needed / MIB:.1f} MiB, but its memory is "
                              f"{size_text(draft.pieces[0].size)}",
                              f"give it at least {size_text(round_up(2 * needed, 16 * MIB))}", "BH-IMG-018")
        return ImagePlan(image.kind, source, path, load, load, tree, initrd, cmdline, overlay)
    load = defaults.load_address(draft.partition, draft.board)
    load = base if load is None else load
    room = images.tree_room(draft.pieces[0].size)
    if wants_tree and pinned_tree is None and 2 * room > end - base:
        raise OutOfMemory(draft.partition.memory.size.place,
                          f"`{draft.name}`: {size_text(end - base)} are too little for an image and a device tree",
                          "give it at least 8 KiB, or say `dtb: none` in its image")
    tree = pinned_tree if pinned_tree is not None else end - room if wants_tree else None
    if image.kind == "binary":
        entry: int | None = int(image.entry) if image.entry is not None else load
    else:
        entry = base if image.kind == "native" else None
    return ImagePlan(image.kind, source, path, load, entry, tree, None, cmdline, overlay)


def to_pa(mappings: list[Mapped], ipa: int) -> int:
    """The physical address behind an address of the partition."""
    for mapped in mappings:
        if mapped.ipa <= ipa < mapped.ipa + mapped.size:
            return mapped.pa + ipa - mapped.ipa
    raise ValueError(f"{ipa:#x} is in no memory of the partition")


def plan_payloads(draft: Draft, image: ImagePlan, restartable: bool, kernel: Window) -> tuple[Payload, ...]:
    found = []
    facts = draft.facts
    bank = next(bank for bank in draft.board.dram if bank.base <= kernel.base < bank.end)

    def add(what: str, ipa: int, size: int, file: str | None, estimated: bool, may_lie: bool) -> None:
        pa = to_pa(draft.mappings, ipa)
        reachable = kernel.base <= pa and pa + size <= min(bank.end, kernel.base + _IN_PLACE_REACH)
        found.append(Payload(what, ipa, pa, size, may_lie and reachable and not restartable, file, estimated))

    load = image.load
    add("image", load, facts.file_size, facts.file, facts.estimated, True)
    if image.initrd is not None:
        add("initrd", image.initrd, facts.initrd_size, facts.initrd, facts.estimated, True)
    if image.tree is not None:
        # At the end of a large RAM a tree in place would stretch the raw image; it is copied instead.
        near = draft.linux or draft.pieces[0].size <= _SHORT_RAM
        add("tree", image.tree, images.tree_room(draft.pieces[0].size), None, True, near)
    return tuple(found)


def plan_server(partition: Partition, system: System) -> ServerPlan | None:
    """The share of an rtds core; a partition that names none there has the defaults."""
    if all(defaults.scheduler_of(system, int(core)) != "rtds" for core in partition.cpus):
        return None
    share = partition.rtds
    if share is None:
        return ServerPlan(10_000_000, 4_000_000, False)
    return ServerPlan(int(share.period), int(share.budget), bool(share.extratime))


def plan_bandwidth(partition: Partition) -> BudgetPlan | None:
    limit = partition.bandwidth
    if limit is None:
        return None
    event = str(limit.event)
    return BudgetPlan(event, BANDWIDTH_EVENTS[event], int(limit.budget), int(limit.period))


def preserved(partition: Partition) -> tuple[str, ...]:
    return tuple(str(name) for name, region in (partition.regions or {}).items() if region.preserve == "warm")


def plan_health(partition: Partition, monitored: tuple[str, ...], monitor_irq: int | None) -> HealthPlan:
    """`monitored`: whose `notify` rings this one, by the interrupt `monitor_irq`."""
    rows = []
    for event in EVENTS:
        row = []
        for state in STATES:
            action = defaults.health_action(partition, event, state)
            row.append(f"schedule {action.schedule}" if isinstance(action, ScheduleAction) else action)
        rows.append(tuple(row))
    health = partition.health
    limits = health.restarts if health is not None else None
    start = partition.start
    written = health.actions if health is not None and health.actions else {}
    return HealthPlan(
        actions=tuple(rows),
        given=tuple(tuple(state in written.get(event, {}) for state in STATES) for event in EVENTS),
        monitor=str(health.monitor) if health is not None and health.monitor is not None else None,
        restart_max=int(limits.max) if limits is not None else 0,
        restart_within_ns=int(limits.within) if limits is not None and limits.within is not None else 0,
        restart_then=str(limits.then) if limits is not None else "halt",
        watchdog_ns=int(health.watchdog) if health is not None and health.watchdog is not None else 0,
        start_after=tuple(str(name) for name in start.after or ()) if start is not None else (),
        start_timeout_ns=int(start.timeout) if start is not None and start.timeout is not None else 0,
        monitored=monitored,
        monitor_irq=monitor_irq,
    )


def root_pages(ipa_bits: int) -> int:
    """Level 1 entries of a stage 2 root: one a GiB."""
    return (1 << ipa_bits) // GIB
