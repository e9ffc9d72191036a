# SPDX-License-Identifier: Apache-2.0
"""What `plan` says of a resolved system, as tables of text that terminal, JSON and HTML share."""

from __future__ import annotations

from dataclasses import dataclass

from generator.allocate.memory import size_text
from generator.allocate.resolved import Guest, Resolved, ResolvedChannel
from generator.check.schedules import time_text
from generator.defaults import BOOT_CORE
from generator.guest_tree import Dropped
from generator.hardware import Window
from generator.model import EVENTS, STATES


@dataclass(frozen=True)
class Table:
    """Rows of text under headings; `key` names it in JSON."""

    key: str
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_json(self) -> list[dict[str, str]]:
        names = [heading.lower().replace(" ", "_") for heading in self.headings]
        return [dict(zip(names, row)) for row in self.rows]


@dataclass(frozen=True)
class Stretch:
    """A piece of physical memory and who has it."""

    window: Window
    owner: str          # partition, `bulkhead`, `reserved`, `free`, or a channel
    what: str
    ipa: int | None = None


def tables_of(resolved: Resolved, dropped: dict[str, tuple[Dropped, ...]]) -> list[Table]:
    found = [_memory(resolved), _cores(resolved), _interrupts(resolved), _devices(resolved), _images(resolved)]
    if resolved.schedules or any(guest.server for guest in resolved.guests):
        found.append(_schedules(resolved))
    if resolved.channels:
        found.append(_channels(resolved))
    found.append(_health(resolved))
    if any(dropped.values()):
        found.append(Table("dropped", "Left out of device trees", ("Partition", "Node", "Property", "Why"), tuple(
            (name, item.node, item.property, item.reason) for name, items in dropped.items() for item in items)))
    found.append(Table("defaults", "Filled in", ("Key", "Value"),
                       tuple((default.key, default.value) for default in resolved.defaults)))
    return found


def stretches(resolved: Resolved) -> list[Stretch]:
    """Physical memory from the lowest address to the highest."""
    kernel = Window(resolved.kernel.base, resolved.pristine.base - resolved.kernel.base)
    found = [Stretch(kernel, "bulkhead", "kernel, tables, state")]
    if resolved.pristine.size:
        found.append(Stretch(resolved.pristine, "bulkhead", "pristine payloads"))
    for guest in resolved.guests:
        found += [Stretch(piece.pa_window, guest.name, "RAM", piece.ipa) for piece in guest.ram]
        found += [Stretch(mapped.pa_window, guest.name, f"region {name}", mapped.ipa) for name, mapped in guest.regions]
    for channel in resolved.channels:
        found.append(Stretch(Window(channel.pa, channel.size), channel.name, f"channel of {', '.join(channel.senders)}"))
        if channel.back_size:
            found.append(Stretch(Window(channel.back_pa, channel.back_size), channel.name,
                                 f"channel, written by {', '.join(channel.receivers)}"))
    found += [Stretch(window, "reserved", name) for name, window in resolved.reserved]
    found += [Stretch(window, "free", "") for window in resolved.free]
    return sorted(found, key=lambda stretch: stretch.window.base)


def _memory(resolved: Resolved) -> Table:
    rows = []
    for stretch in stretches(resolved):
        seen = f"{stretch.ipa:#x}" if stretch.ipa is not None else ""
        rows.append((f"{stretch.window.base:#x}", f"{stretch.window.end - 1:#x}", size_text(stretch.window.size),
                     stretch.owner, stretch.what, seen))
    return Table("memory", "Physical memory", ("From", "To", "Size", "Owner", "What", "Seen at"), tuple(rows))


def _cores(resolved: Resolved) -> Table:
    rows = []
    for core in resolved.cores:
        owners = [(core.partition, core.vcpu)] if core.partition else core.shared
        work = ", ".join(f"{partition} (vCPU {vcpu})" for partition, vcpu in owners) or "none"
        extra = ["supervisor"] if core.number == resolved.supervisor else []
        extra += ["boots"] if core.number == BOOT_CORE else []
        extra += [] if core.used else ["left off"]
        rows.append((str(core.number), f"{core.mpidr:#x}", core.scheduler if owners else "", work, ", ".join(extra)))
    return Table("cores", "Cores", ("Core", "MPIDR", "Scheduler", "Partition", "Besides"), tuple(rows))


def _interrupts(resolved: Resolved) -> Table:
    rows: list[tuple[int, tuple[str, ...]]] = []
    for guest in resolved.guests:
        way = "direct" if guest.direct else "virtual"
        for device, line in guest.interrupts:
            rows.append((line.id, (str(line.spi), str(line.id), line.trigger, guest.name, device, way)))
        for irq in guest.virtual_irqs:
            what = "console" if irq == guest.console.irq else "doorbell"
            kind = "spare line" if guest.direct else "made by the hypervisor"
            rows.append((irq, (str(irq - 32), str(irq), "level-high" if what == "console" else "edge-rising", guest.name, what,
                               kind)))
    if resolved.console is not None:
        irq = resolved.console.irq
        rows.append((irq, (str(irq - 32), str(irq), "level-high", "bulkhead", resolved.console.uart, "hypervisor")))
    ordered = tuple(row for _, row in sorted(rows))
    return Table("interrupts", "Interrupts", ("SPI", "GIC id", "Trigger", "Owner", "Of", "How"), ordered)


def _devices(resolved: Resolved) -> Table:
    rows = []
    if resolved.console is not None:
        rows.append((resolved.console.uart, f"{resolved.console.base:#x}", "4 KiB", "bulkhead", "console", ""))
    for guest in resolved.guests:
        for device in guest.devices:
            for window in device.windows:
                dma = f"trusted DMA: {device.reason}" if device.trusted_dma else ""
                use = "console" if device.name == guest.console.uart else ""
                rows.append((device.name, f"{window.base:#x}", size_text(window.size), guest.name, use, dma))
        if guest.console.kind == "virtual":
            rows.append(("PL011", f"{guest.console.ipa:#x}", "4 KiB", guest.name, "console", "emulated"))
    return Table("devices", "Devices", ("Device", "At", "Size", "Owner", "Use", "Remark"), tuple(rows))


def _images(resolved: Resolved) -> Table:
    rows = []
    for guest in resolved.guests:
        for payload in guest.payloads:
            how = "in place" if payload.in_place else "copied at start"
            size = ("up to " if payload.estimated else "") + size_text(payload.size)
            rows.append((guest.name, f"{guest.image.kind} {guest.image.source}", payload.what, f"{payload.ipa:#x}", size, how))
    return Table("images", "Images", ("Partition", "Image", "Part", "IPA", "Size", "Loading"), tuple(rows))


def _schedules(resolved: Resolved) -> Table:
    """Windows of the arinc653 cores by schedule, and shares of the rtds cores."""
    rows = []
    for schedule in resolved.schedules:
        name = schedule.name + (" (initial)" if schedule.initial else "")
        rows += [(name, time_text(schedule.major_frame_ns), str(window.core), window.partition, time_text(window.start_ns),
                  time_text(window.length_ns)) for window in schedule.windows]
    for core in resolved.cores:
        servers = [(name, resolved.guest(name).server) for name, _ in core.shared if core.scheduler == "rtds"]
        rows += [("rtds", time_text(server.period_ns), str(core.number), name, "any", time_text(server.budget_ns)) for name, server in servers
                 if server is not None]
    return Table("schedules", "Schedules", ("Schedule", "Frame or period", "Core", "Partition", "From", "Length or budget"), tuple(rows))


def _channels(resolved: Resolved) -> Table:
    rows = []
    for channel in resolved.channels:
        memory = "write-back" if channel.cacheable else "non-cacheable"
        rows.append((channel.name, str(channel.slot), channel.kind, f"{channel.pa:#x}", size_text(channel.size), memory,
                     ", ".join(channel.senders), ", ".join(channel.receivers), message_text(channel),
                     "doorbell" if channel.doorbell else ""))
    return Table("channels", "Channels", ("Channel", "Slot", "Kind", "At", "Size", "Memory", "From", "To", "Messages", "Notice"),
                 tuple(rows))


def message_text(channel: ResolvedChannel) -> str:
    """What goes through a port: `64 B, valid for 20 ms`."""
    words = [size_text(channel.message)] if channel.message else []
    words += [f"{channel.depth} deep"] if channel.depth else []
    words += [f"valid for {time_text(channel.refresh_ns)}"] if channel.refresh_ns else []
    return ", ".join(words)


def _health(resolved: Resolved) -> Table:
    """What each event leads to, by state; a partition's row where the states agree, else a row a state."""
    rows = [("bulkhead", "panic", "", resolved.panic), ("bulkhead", "serror", "", resolved.serror)]
    if resolved.watchdog is not None:
        rows.append(("bulkhead", "watchdog", "", f"{resolved.watchdog.device}, {resolved.watchdog.time_ns / 1e6:g} ms"))
    for guest in resolved.guests:
        for event, actions in zip(EVENTS, guest.health.actions):
            if len(set(actions)) == 1:
                rows.append((guest.name, event, "", actions[0]))
            else:
                rows += [(guest.name, event, state, action) for state, action in zip(STATES, actions)]
        limits = guest.health
        if guest.restartable:
            within = f" within {limits.restart_within_ns / 1e9:g} s" if limits.restart_within_ns else ""
            most = f"at most {limits.restart_max}{within}, then {limits.restart_then}" if limits.restart_max else "no limit"
            rows.append((guest.name, "restarts", "", most))
        if limits.watchdog_ns:
            rows.append((guest.name, "watchdog", "", f"{limits.watchdog_ns / 1e6:g} ms"))
        limit = guest.bandwidth
        if limit is not None:
            rows.append((guest.name, "bandwidth", "", f"{limit.budget} {limit.event} in {time_text(limit.period_ns)} on each core"))
    return Table("health", "Health", ("Partition", "Event", "State", "Action"), tuple(rows))


def headline(resolved: Resolved) -> str:
    parts = [f"{resolved.system} on {resolved.board}", f"{len(resolved.guests)} partitions",
             f"{sum(core.used for core in resolved.cores)} of {len(resolved.cores)} cores",
             f"{size_text(sum(guest.ram_size for guest in resolved.guests))} of RAM for partitions"]
    if resolved.identity:
        parts.append(resolved.identity)
    if resolved.waived:
        parts.append("QEMU-ONLY")
    return " · ".join(parts)


def features_text(guest: Guest) -> list[str]:
    """What a partition's card in the picture says."""
    console = {"virtual": "virtual console", "uart": f"console {guest.console.uart}", "none": "no console"}[guest.console.kind]
    lines = [f"{guest.image.kind}: {guest.image.source}", f"RAM {size_text(guest.ram_size)} at {guest.ram[0].ipa:#x}", console]
    lines += [device.name + (" (trusted DMA)" if device.trusted_dma else "") for device in guest.devices
              if device.name != guest.console.uart]
    lines += [f"channel {end.channel} ({'writes' if end.writes else 'reads'})" for end in guest.channels]
    if guest.direct:
        lines.append("direct interrupts")
    if guest.restartable:
        lines.append("can be restarted")
    return lines
