# SPDX-License-Identifier: Apache-2.0
# implements: LLR-543
"""Puts the resolved system together: memory first, then each partition, then what they share."""

from __future__ import annotations

import functools
import operator

from generator import defaults
from generator.allocate import guest as guests
from generator.allocate import payloads as images
from generator.allocate import ports
from generator import watchdogs
from generator.allocate.memory import KIB, MIB, Placement, Request, alignment_of, place, round_up
from generator.allocate.noted import of_partition as defaults_of_partition, of_system as defaults_of_system
from generator.allocate.resolved import (
    ChannelEnd,
    ConsoleGrant,
    Default,
    Guest,
    ImagePlan,
    KernelConsole,
    ResetPlan,
    Resolved,
    ResolvedChannel,
    ResolvedCore,
    ResolvedSchedule,
    ResolvedWindow,
    TracePlan,
    WatchdogPlan,
)
from generator.check.context import Context
from generator.hardware import PAGE, Board, Device, Window
from generator.model import System

# Upper bounds of what the hypervisor takes; the final link checks them, `size.json` has the true figures.
_KERNEL_CODE = 256 * KIB
FIXED_MAP_SIZE = 128 * KIB  # the kernel's devices, at the end of its first 2 MiB
_CORE_STATE = 16 * KIB
_GUEST_STATE = 24 * KIB
_VCPU_STATE = 4 * KIB
_GUEST_TABLES = 96 * KIB
_DEVICE_TABLES = 16 * KIB


def allocate(context: Context, target: str = "hardware", recipes: dict[str, dict] | None = None) -> Resolved:
    """Resolves a checked system. `recipes` holds the answers of recipes that have run, by partition."""
    system, board = context.system, context.board
    facts = {str(name): images.facts_of(context, partition, (recipes or {}).get(str(name)))
             for name, partition in system.partitions.items()}
    copied: dict[str, int] = {}
    while True:
        own, pristine = _kernel_sizes(system, board, copied)
        placement = place(system, board, own + pristine, _shared_requests(system))
        resolved = _resolve(context, target, facts, placement, Window(board.kernel_load + own, pristine))
        # Payloads that cannot lie in place are kept with the kernel, which may move everything behind it: once more.
        now = {f"{guest.name}.{payload.what}": payload.size for guest in resolved.guests for payload in guest.payloads
               if not payload.in_place}
        if now.keys() <= copied.keys():
            return resolved
        copied |= now


def _kernel_sizes(system: System, board: Board, copied: dict[str, int]) -> tuple[int, int]:
    """Of the kernel with its tables and state, in whole blocks; and of the pristine payloads behind them."""
    size = _KERNEL_CODE + len(board.cores) * _CORE_STATE
    for partition in system.partitions.values():
        size += _GUEST_STATE + _GUEST_TABLES + len(partition.cpus) * _VCPU_STATE
        size += len(partition.devices or ()) * _DEVICE_TABLES
    if system.hypervisor is not None and system.hypervisor.trace is not None:
        size += len(board.cores) * (int(system.hypervisor.trace.buffer) + PAGE)
    # Behind the first block's fixed map goes the state only, so that with many partitions a second block is there for it.
    room = 2 * MIB - FIXED_MAP_SIZE - board.kernel_load % (2 * MIB)
    own = round_up(board.kernel_load + size + (0 if size <= room else 2 * MIB), 2 * MIB) - board.kernel_load
    return own, sum(round_up(length, PAGE) for length in copied.values())


def _shared_requests(system: System) -> tuple[Request, ...]:
    found = []
    for name, partition in system.partitions.items():
        for region_name, region in (partition.regions or {}).items():
            size = int(region.size)
            found.append(Request(f"{name}.{region_name}", size, region.size.place, alignment_of(size)))
    return (*found, *ports.requests(system))


def _resolve(context: Context, target: str, facts: dict[str, images.Facts], placement: Placement,
             pristine: Window) -> Resolved:
    system, board = context.system, context.board
    noted: list[Default] = []
    spare = list(board.spare_spis)
    slots = defaults.ids(system.channels)
    partition_ids = defaults.ids(system.partitions)
    ordered = sorted(((str(name), partition) for name, partition in system.partitions.items()),
                     key=lambda item: partition_ids[item[0]])
    drafts: dict[str, guests.Draft] = {}
    parts: dict[str, dict] = {}
    for name, partition in ordered:
        draft = guests.Draft(name, partition, board, context, placement.ram[name], facts[name],
                             guests.grant_devices(context, name, partition, board))
        ram = guests.map_memory(draft)
        regions = guests.map_regions(draft, placement.shared)
        console = guests.grant_console(draft, spare)
        drafts[name] = draft
        parts[name] = {"ram": ram, "regions": regions, "console": console}
    channels, ends = _channels(system, drafts, placement, slots, spare)
    monitored = {name: defaults.monitored_by(system, name) for name in drafts}
    monitor_irqs = {name: guests.virtual_irq(drafts[name], spare) for name in drafts if monitored[name]}
    resolved_guests = []
    for index, (name, partition) in enumerate(ordered):
        draft, part = drafts[name], parts[name]
        image = guests.plan_image(draft, part["console"])
        restartable = defaults.restartable(system, name)
        _note_defaults(noted, draft, part["console"], image)
        health = guests.plan_health(partition, monitored[name], monitor_irqs.get(name))
        noted += defaults_of_partition(name, partition, health)
        resolved_guests.append(Guest(
            name=name, id=partition_ids[name], index=index, vmid=index + 1, place=str(partition.place),
            cores=tuple(int(core) for core in partition.cpus), direct=draft.direct, ram=part["ram"],
            mappings=tuple(draft.mappings), devices=draft.devices, console=part["console"], image=image,
            payloads=guests.plan_payloads(draft, image, restartable, placement.kernel),
            channels=tuple(ends[name]), cleared=_cleared(channels, name), regions=part["regions"],
            virtual_irqs=tuple(draft.virtual_irqs),
            restartable=restartable, preserved=guests.preserved(partition),
            cold_refused=any(context.quiesce_of(use, device) == "impossible" for owner, _, use, device in context.uses if owner == name),
            autostart=partition.start is None or partition.start.state == "running",
            health=health,
            may_control=tuple(str(other) for other in
                              (partition.privileges.control or () if partition.privileges is not None else ())),
            may_schedule=tuple(str(schedule) for schedule in
                               (partition.privileges.schedule or () if partition.privileges is not None else ())),
            server=guests.plan_server(partition, system), overrun_event=partition.overrun == "event",
            bandwidth=guests.plan_bandwidth(partition)))
    supervisor = defaults.supervisor_of(system, board)
    if system.hypervisor is None or system.hypervisor.supervisor is None:
        noted.append(Default("hypervisor.supervisor", str(supervisor)))
    keyboard = defaults.input_of(system)
    if keyboard is not None and system.hypervisor is not None and system.hypervisor.input is None:
        noted.append(Default("hypervisor.input", keyboard))
    cores = _cores(system, board, resolved_guests, supervisor)
    noted += defaults_of_system(system, [core.number for core in cores if core.used])
    health = system.hypervisor.health if system.hypervisor is not None else None
    integrity = system.hypervisor.integrity if system.hypervisor is not None else None
    trace = system.hypervisor.trace if system.hypervisor is not None else None
    return Resolved(
        system=str(system.system), place=str(system.place), board=board.name, target=target,
        waived=_waived(context, resolved_guests, board, target), identity=_identity(system), kernel=placement.kernel, pristine=pristine,
        gic_version=board.gic.version, ipa_bits=board.ipa_bits,
        counters=tuple((int(counter.frequency), int(counter.frequency) * int(counter.tolerance) // 10**6)
                       for counter in board.file.counters),
        counter_override=int(system.board.counter) if system.board.counter is not None else 0,
        console=_kernel_console(system, board), supervisor=supervisor,
        input=_behind_kernel(keyboard, resolved_guests), focus=keyboard, guests=tuple(resolved_guests),
        cores=cores, channels=channels,
        irq_words=int(board.file.gic.interrupts) // 32, reserved=placement.reserved, free=placement.free,
        defaults=tuple(noted),
        panic=str(health.panic) if health is not None else "reset-board",
        serror=str(health.serror) if health is not None else "reset-board",
        integrity_ns=int(integrity.tables) if integrity is not None else 0,
        trace=TracePlan(tuple(str(event) for event in trace.events), int(trace.buffer)) if trace is not None else None,
        schedules=_schedules(system), watchdog=_watchdog(context, target),
        resets=_resets(context), **_counters(resolved_guests, board, target))


def _reset_devices(context: Context) -> list[tuple[str, Device]]:
    """Devices that are reset when their partition restarts cold."""
    return [(owner, device) for owner, _, use, device in context.uses
            if context.quiesce_of(use, device) == "reset" and defaults.restartable(context.system, owner) and device.reset is not None]


def _resets(context: Context) -> tuple[ResetPlan, ...]:
    found: dict[tuple[str, int], list[Device]] = {}
    for owner, device in _reset_devices(context):
        found.setdefault((owner, device.reset.register), []).append(device)
    return tuple(ResetPlan(owner, register, functools.reduce(operator.or_, (device.reset.mask for device in devices)),
                           tuple(device.name for device in devices))
                 for (owner, register), devices in sorted(found.items()))


def _watchdog(context: Context, target: str) -> WatchdogPlan | None:
    """The Cadence watchdog counts 4096 * (value + 1) cycles of its clock divided by 8, 64, 512 or 4096: the finest that holds the time."""
    device = watchdogs.chosen(context)
    if device is None:
        return None
    clock, timeout = device.clocks[0].frequency, int(context.system.hypervisor.watchdog.timeout)
    select, value = watchdogs.cadence_control(clock, timeout)
    steps = watchdogs.CADENCE_STEP * watchdogs.CADENCE_PRESCALERS[select]
    return WatchdogPlan(device.name, "cadence", device.windows[0].base, select | value << 2, (value + 1) * steps * 10**9 // clock,
                        target == "hardware")


def _counters(resolved_guests: list[Guest], board: Board, target: str) -> dict:
    """The cores' performance monitors, where budgets need them. On hardware their absence is found at boot."""
    limits = [guest.bandwidth for guest in resolved_guests if guest.bandwidth is not None]
    if not limits:
        return {}
    counted = {str(event) for event in board.file.events}
    return {"counter_irqs": board.pmu.irqs,
            "counters_required": target == "hardware" and all(limit.event in counted for limit in limits)}


def _channels(system: System, drafts: dict[str, guests.Draft], placement: Placement, slots: dict[str, int],
              spare: list[int]) -> tuple[tuple[ResolvedChannel, ...], dict[str, list[ChannelEnd]]]:
    found = []
    ends: dict[str, list[ChannelEnd]] = {name: [] for name in drafts}
    for raw_name, channel in (system.channels or {}).items():
        name = str(raw_name)
        window, back = placement.shared[name], placement.shared.get(ports.back_key(name), Window(0, 0))
        resolved = ResolvedChannel(
            name=name, slot=slots[name], kind=str(channel.kind), pa=window.base, size=window.size,
            senders=tuple(defaults.senders(channel)), receivers=tuple(defaults.receivers(channel)),
            doorbell=defaults.has_doorbell(channel), place=str(channel.place),
            # /dev/mem maps Device memory: with Linux at one end, the weaker type must hold at all of them.
            cacheable=not any(drafts[end].linux for end in defaults.ends(channel)),
            back_pa=back.base, back_size=back.size, cleared_by=ports.cleared_by(system, channel),
            **ports.properties(channel))
        for end in defaults.ends(channel):
            ends[end].append(guests.map_channel(drafts[end], resolved, spare))
        found.append(resolved)
    return tuple(found), ends


def _cleared(channels: tuple[ResolvedChannel, ...], name: str) -> tuple[Window, ...]:
    """What this partition clears of channels, neighbours as one stretch."""
    areas = []
    for channel in channels:
        areas += [(Window(channel.pa, channel.size), channel.cleared_by[0]),
                  (Window(channel.back_pa, channel.back_size), channel.cleared_by[1])]
    found: list[Window] = []
    for window, owner in sorted(areas, key=lambda area: area[0].base):
        if owner != name or not window.size:
            continue
        if found and found[-1].end == window.base:
            found[-1] = Window(found[-1].base, found[-1].size + window.size)
        else:
            found.append(window)
    return tuple(found)


def _cores(system: System, board: Board, resolved_guests: list[Guest], supervisor: int | None) -> tuple[ResolvedCore, ...]:
    owners: dict[int, list[tuple[str, int]]] = {}
    for guest in resolved_guests:
        for vcpu, core in enumerate(guest.cores):
            owners.setdefault(core, []).append((guest.name, vcpu))
    # The order of declaration settles ties of deadlines; the guests are in the order of their ids.
    declared = {str(name): position for position, name in enumerate(system.partitions)}
    found = []
    for core in board.cores:
        scheduler = defaults.scheduler_of(system, core.number)
        here = sorted(owners.get(core.number, ()), key=lambda owner: declared[owner[0]])
        alone = here[0] if here and scheduler == "null" else (None, None)
        found.append(ResolvedCore(core.number, core.mpidr, scheduler, alone[0], alone[1],
                                  bool(here) or core.number in (supervisor, defaults.BOOT_CORE), () if scheduler == "null" else tuple(here)))
    return tuple(found)


def _schedules(system: System) -> tuple[ResolvedSchedule, ...]:
    numbers = defaults.ids(system.schedules)
    cores = {str(name): [int(core) for core in partition.cpus] for name, partition in system.partitions.items()}
    found = []
    ordered = sorted((system.schedules or {}).items(), key=lambda item: numbers[str(item[0])])
    for index, (name, schedule) in enumerate(ordered):
        windows = [ResolvedWindow(str(window.partition), cores[str(window.partition)].index(int(window.cpu)), int(window.cpu),
                                  int(window.start), int(window.length), str(window.place)) for window in schedule.windows]
        starts = tuple((str(partition), str(how)) for partition, how in (schedule.on_switch or {}).items() if how != "none")
        found.append(ResolvedSchedule(str(name), numbers[str(name)], index, bool(schedule.initial), int(schedule.major_frame),
                                      tuple(sorted(windows, key=lambda window: (window.core, window.start_ns))), starts,
                                      str(schedule.place)))
    return tuple(found)


def _behind_kernel(keyboard: str | None, resolved_guests: list[Guest]) -> str | None:
    """The kernel can only type on a console of its own making."""
    virtual = [guest.name for guest in resolved_guests if guest.console.kind == "virtual"]
    return keyboard if keyboard in virtual else next(iter(virtual), None)


def _kernel_console(system: System, board: Board) -> KernelConsole | None:
    console = system.hypervisor.console if system.hypervisor is not None else None
    if console is None:
        return None
    device = board.find(str(console.uart))
    clock = next((clock.frequency for clock in device.clocks if clock.frequency and "uart" in clock.name),
                 next((clock.frequency for clock in device.clocks if clock.frequency), 0))
    return KernelConsole(device.name, device.uart_kind, device.windows[0].base, device.interrupts[0].id, clock,
                         int(console.baud), str(console.log))


def _identity(system: System) -> str:
    if system.identity is None:
        return ""
    words = []
    if system.identity.part is not None:
        words.append(f"part {system.identity.part}")
    if system.identity.revision is not None:
        words.append(f"revision {system.identity.revision}")
    return " ".join(words)


def _waived(context: Context, resolved_guests: list[Guest], board: Board, target: str) -> tuple[str, ...]:
    """What the YAML relies on and QEMU's model lacks: watchdogs, IOMMUs, the cores' performance monitors."""
    if target != "qemu":
        return ()
    watchdog = watchdogs.chosen(context)
    found = [f"{watchdog.name} of the hypervisor"] if watchdog is not None and not watchdog.in_qemu else []
    found += [f"reset of {device.name} of {owner}" for owner, device in _reset_devices(context) if not device.reset.in_qemu]
    found += [f"bandwidth of {guest.name}: the interrupts of the cores' performance monitors" for guest in resolved_guests
             if guest.bandwidth is not None and not board.pmu.in_qemu]
    for guest in resolved_guests:
        for grant in guest.devices:
            device = board.devices[grant.name]
            if device.streams and not grant.trusted_dma and not all(
                    other.in_qemu for other in board.devices.values() if _is_iommu(other)):
                found.append(f"{grant.name} of {guest.name}: its IOMMU")
    return tuple(found)


def _is_iommu(device) -> bool:
    return any("mmu-500" in word or "smmu" in word for word in device.compatible)


def _note_defaults(noted: list[Default], draft: guests.Draft, console: ConsoleGrant, image: ImagePlan) -> None:
    prefix = f"partitions.{draft.name}"
    partition = draft.partition
    if partition.console is None:
        noted.append(Default(f"{prefix}.console", console.kind))
    if partition.memory.ipa is None:
        noted.append(Default(f"{prefix}.memory.ipa", f"{draft.pieces[0].ipa:#x}"))
    if partition.memory.physical is None:
        noted.append(Default(f"{prefix}.memory.physical", ", ".join(f"{piece.pa:#x}" for piece in draft.pieces)))
    if getattr(partition.interrupts, "defaulted", False):
        noted.append(Default(f"{prefix}.interrupts", str(partition.interrupts)))
    if draft.linux and partition.image.cmdline is None and image.cmdline is not None:
        noted.append(Default(f"{prefix}.image.cmdline", image.cmdline))
    if image.kind == "binary" and partition.image.load is None:
        noted.append(Default(f"{prefix}.image.load", f"{image.load:#x}"))
