# SPDX-License-Identifier: Apache-2.0
# implements: LLR-1241
"""The feature set: what decides which code is linked. Equal feature sets give equal kernels, whatever the values."""

from __future__ import annotations

from dataclasses import dataclass

from generator.allocate.memory import KIB, MIB
from generator.allocate.resolved import Resolved
from generator.allocate.system import FIXED_MAP_SIZE
from generator.emit.tables import DevicePage, header_type
from generator.hardware import PAGE, Board
from generator.model import EVENTS

# HealthAction of kernel/config/schema.hpp, value by value.
ACTIONS = ("ignore", "log", "notify", "warm-restart", "cold-restart", "halt", "reset-board", "schedule")
# TraceEvent of kernel/trace/ring.hpp, without the last.
TRACE_EVENTS = ("schedule", "interrupt", "hypercall", "health")
_REDISTRIBUTOR = 128 * KIB      # of one core: RD_base and SGI_base, 64 KiB each
_GICV3_DISTRIBUTOR = 64 * KIB   # GICD_IROUTERn lies beyond the first page


@dataclass(frozen=True)
class FeatureSet:
    """What features.hpp prints; `facts` is the same for people and the manifest."""

    board: str
    kernel_base: int
    ipa_bits: int
    core_count: int
    affinities: tuple[int, ...]
    gic_version: int
    irq_words: int
    list_registers: int
    slots: dict[str, int]           # kernel virtual addresses of the GIC's frames and the UART
    uart: str                       # pl011, cadence, none
    uart_early: int
    uart_irq: int
    console: bool
    channels: bool
    doorbells: bool
    direct: bool
    arinc653: bool
    rtds: bool
    restart: bool
    start_order: bool
    watchdogs: bool
    integrity: bool
    bandwidth: bool
    resets: bool                    # devices are reset when their partition restarts cold
    watchdog: str                   # of the board: cadence, none
    header: str                     # C++ type of the configuration's header
    trace_bits: int
    faults_go_on: bool
    board_reset: bool
    actions: tuple[str, ...]
    action_bits: int
    facts: dict


def kernel_devices(resolved: Resolved, board: Board) -> list[DevicePage]:
    """The kernel's own devices in the fixed map, in slots that depend on the board alone."""
    gic = board.gic
    if gic.version == 2:
        # GICC_DIR is on the second page, which on an aliased GIC-400 lies 64 KiB on.
        second = 64 * KIB if gic.cpu_interface.size > 64 * KIB else PAGE
        wanted = [("distributor", gic.distributor.base, PAGE), ("cpu_interface", gic.cpu_interface.base, PAGE),
                  ("cpu_interface_dir", gic.cpu_interface.base + second, PAGE),
                  ("virtual_control", gic.hypervisor_interface.base, PAGE)]
    else:
        wanted = [("distributor", gic.distributor.base, _GICV3_DISTRIBUTOR)]
        for core in board.cores:
            frames = gic.redistributors.base + core.number * _REDISTRIBUTOR
            wanted += [(f"redistributor_{core.number}", frames, PAGE),
                       (f"redistributor_{core.number}_sgi", frames + _REDISTRIBUTOR // 2, PAGE)]
    if resolved.console is not None:
        wanted.append(("uart", resolved.console.base & ~(PAGE - 1), PAGE))
    if resolved.watchdog is not None:
        wanted.append(("watchdog", resolved.watchdog.base, PAGE))
    wanted += [(f"reset_{page:x}", page, PAGE) for page in sorted({line.register & ~(PAGE - 1) for line in resolved.resets})]
    # In its own first 2 MiB: the tables that map the kernel, in whichever regime, map its devices too.
    region = board.kernel_load - board.kernel_load % (2 * MIB)
    va = region + 2 * MIB - FIXED_MAP_SIZE
    found = []
    for what, pa, size in wanted:
        found.append(DevicePage(what, va, pa, size))
        va += size
    if va > region + 2 * MIB:
        raise ValueError("the board's interrupt controller needs more than the fixed map holds")
    return found


def feature_set(resolved: Resolved, board: Board) -> FeatureSet:
    slots = {page.what: page.va for page in kernel_devices(resolved, board)}
    console = resolved.console
    virtual = any(guest.console.kind == "virtual" for guest in resolved.guests)
    doorbells = (any(channel.doorbell for channel in resolved.channels)
                 or any(guest.health.monitored for guest in resolved.guests))
    direct = any(guest.direct for guest in resolved.guests)
    schedulers = {core.scheduler for core in resolved.cores if core.shared}
    actions = _actions(resolved)
    restart = any(guest.restartable for guest in resolved.guests)
    start_order = any(guest.health.start_after for guest in resolved.guests)
    watchdogs = any(guest.health.watchdog_ns for guest in resolved.guests)
    faults_go_on = any(_goes_on(action) for guest in resolved.guests for action in guest.health.actions[EVENTS.index("memory")])
    board_reset = ("reset-board" in (*actions, resolved.panic, resolved.serror)
                   or any(guest.health.restart_then == "reset-board" for guest in resolved.guests))
    facts = {
        "board": resolved.board,
        "cores": len(board.cores),
        "interrupt_controller": f"gicv{resolved.gic_version}",
        "console": f"{console.kind} {console.uart} {console.log}" if console is not None else "none",
        "schedulers": sorted({core.scheduler for core in resolved.cores if core.partition or core.shared}),
        "interrupts": sorted({"direct" if guest.direct else "virtual" for guest in resolved.guests}),
        "virtual_console": virtual,
        "doorbells": doorbells,
        "channels": sorted({channel.kind for channel in resolved.channels}),
        "health_actions": list(actions),
        "restart": restart,
        "start_order": start_order,
        "watchdogs": watchdogs,
        "integrity": resolved.integrity_ns != 0,
        "bandwidth": bool(resolved.counter_irqs),
        "device_resets": bool(resolved.resets),
        "board_watchdog": resolved.watchdog.kind if resolved.watchdog is not None else "none",
        "trace": list(resolved.trace.events) if resolved.trace is not None else [],
        "faults_go_on": faults_go_on,
        "board_reset": board_reset,
    }
    return FeatureSet(
        board=resolved.board, kernel_base=board.kernel_load, ipa_bits=board.ipa_bits, core_count=len(board.cores),
        affinities=tuple(core.mpidr for core in board.cores), gic_version=resolved.gic_version,
        irq_words=int(board.file.gic.interrupts) // 32, list_registers=int(board.file.gic.list_registers), slots=slots,
        uart=console.kind if console is not None else "none",
        uart_early=console.base if console is not None else 0,
        uart_irq=console.irq if console is not None else 1023,
        console=virtual, channels=bool(resolved.channels), doorbells=doorbells, direct=direct,
        arinc653="arinc653" in schedulers, rtds="rtds" in schedulers, restart=restart, start_order=start_order,
        watchdogs=watchdogs, integrity=resolved.integrity_ns != 0,
        bandwidth=facts["bandwidth"], resets=facts["device_resets"], watchdog=facts["board_watchdog"], header=header_type(resolved),
        trace_bits=_trace_bits(resolved), faults_go_on=faults_go_on, board_reset=board_reset, actions=actions,
        action_bits=sum(1 << ACTIONS.index(action) for action in actions), facts=facts)


def _actions(resolved: Resolved) -> tuple[str, ...]:
    """Actions that the tables hold, in the order of the kernel's enumeration. `schedule NAME` counts as `schedule`."""
    found = {action.split()[0] for guest in resolved.guests for row in guest.health.actions for action in row}
    return tuple(action for action in ACTIONS if action in found)


def _trace_bits(resolved: Resolved) -> int:
    """Bits of TraceEvent in kernel/trace/ring.hpp; what partitions record themselves comes with any other."""
    if resolved.trace is None:
        return 0
    return sum(1 << TRACE_EVENTS.index(event) for event in resolved.trace.events) | 1 << len(TRACE_EVENTS)


def _goes_on(action: str) -> bool:
    """Whether the partition runs on after an event with this action."""
    return action.split()[0] in ("log", "notify", "schedule")
