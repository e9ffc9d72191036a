# SPDX-License-Identifier: Apache-2.0
"""Rules on the hypervisor's own settings: supervisor core, trace, board watchdog, integrity."""

from __future__ import annotations

from typing import Iterator

from generator import defaults, watchdogs
from generator.check.context import Context
from generator.diagnostics import Finding, Severity
from generator.model import Hypervisor
from generator.rules import nearest_hint, rule


def _hypervisor(context: Context) -> Hypervisor:
    return context.system.hypervisor or Hypervisor()


@rule(
    "BH-HYP-001",
    sentence="The supervisor core is a core of the board.",
    wrong="hypervisor: {supervisor: 4}     # on a board with four cores",
    right="hypervisor: {supervisor: 2}",
    keys=("hypervisor.supervisor",),
    board=True,
)
def supervisor_exists(context: Context) -> Iterator[Finding]:
    core = _hypervisor(context).supervisor
    if core is not None and core not in context.cores:
        yield Finding(
            core.place,
            f"the supervisor core {core} does not exist",
            f"`{context.board.name}` has cores 0 to {len(context.cores) - 1}",
        )


@rule(
    "BH-HYP-002",
    severity=Severity.WARNING,
    sentence="The supervisor core is not on arinc653 or rtds: its work would cost windows time.",
    wrong="hypervisor: {supervisor: 1}\ncpus: {1: {scheduler: arinc653}}",
    right="hypervisor: {supervisor: 2}",
    keys=("hypervisor.supervisor", "cpus"),
)
def supervisor_not_shared(context: Context) -> Iterator[Finding]:
    core = _hypervisor(context).supervisor
    if core is not None:
        kind = defaults.scheduler_of(context.system, core)
        if kind != "null":
            yield Finding(
                core.place,
                f"the supervisor core {core} has the scheduler `{kind}`",
                "console and watchdogs would take time out of its windows; name a `null` core",
            )


@rule(
    "BH-HYP-003",
    sentence="The supervisor core is not itself a direct partition's: EL2 gets no interrupt there.",
    wrong="hypervisor: {supervisor: 0}\n# and a partition on core 0 with `interrupts: direct`",
    right="hypervisor: {supervisor: 2}",
    keys=("hypervisor.supervisor", "partitions.*.interrupts"),
)
def supervisor_not_direct(context: Context) -> Iterator[Finding]:
    core = _hypervisor(context).supervisor
    for name in defaults.direct_on(context.system, core) if core is not None else ():
        yield Finding(
            core.place,
            f"the supervisor core {core} belongs to `{name}`, which has `interrupts: direct`",
            "name another core, or let the partition have `interrupts: virtual`",
        )


@rule(
    "BH-HYP-005",
    sentence="A trace ring is a power of two from 4 KiB to 16 MiB.",
    wrong="trace: {events: [health], buffer: 100 KiB}",
    right="trace: {events: [health], buffer: 64 KiB}",
    keys=("hypervisor.trace.buffer",),
)
def trace_buffer(context: Context) -> Iterator[Finding]:
    trace = _hypervisor(context).trace
    if trace is not None:
        size = int(trace.buffer)
        if size & (size - 1) or not 4096 <= size <= 16 << 20:
            yield Finding(
                trace.buffer.place,
                f"a trace ring of {size:,} B is not a power of two from 4 KiB to 16 MiB",
                "write `buffer: 64 KiB`",
            )


@rule(
    "BH-HYP-006",
    sentence="A trace records something, and each kind of event stands once.",
    wrong="trace: {events: []}",
    right="trace: {events: [schedule, health]}",
    keys=("hypervisor.trace.events",),
)
def trace_events(context: Context) -> Iterator[Finding]:
    trace = _hypervisor(context).trace
    if trace is None:
        return
    if not trace.events:
        yield Finding(
            trace.events.place,
            "the trace records nothing",
            "name events: schedule, interrupt, hypercall, health; or leave `trace` out",
        )
    for n, event in enumerate(trace.events):
        if event in trace.events[:n]:
            yield Finding(event.place, f"`{event}` stands twice", "remove one of the two")


@rule(
    "BH-HYP-007",
    sentence="The board watchdog is a watchdog of the board, or `none`.",
    wrong="hypervisor: {watchdog: {device: ttc0, timeout: 50 ms}}",
    right="hypervisor: {watchdog: {device: watchdog0, timeout: 50 ms}}",
    keys=("hypervisor.watchdog.device",),
    board=True,
)
def watchdog_device(context: Context) -> Iterator[Finding]:
    watchdog = _hypervisor(context).watchdog
    if watchdog is None or watchdog.device == "none":
        return
    device = context.board.find(str(watchdog.device))
    if device is None or not device.is_watchdog:
        known = {name for name, item in context.board.devices.items() if item.is_watchdog}
        yield Finding(
            watchdog.device.place,
            f"`{context.board.name}` has no watchdog `{watchdog.device}`",
            nearest_hint(str(watchdog.device), known, "watchdogs", "write `none`"),
        )


@rule(
    "BH-HYP-008",
    sentence="A board watchdog has a timeout that is longer than nothing.",
    wrong="hypervisor: {watchdog: {device: watchdog0}}",
    right="hypervisor: {watchdog: {device: watchdog0, timeout: 50 ms}}",
    keys=("hypervisor.watchdog",),
)
def watchdog_timeout(context: Context) -> Iterator[Finding]:
    watchdog = _hypervisor(context).watchdog
    if watchdog is None or watchdog.device == "none":
        return
    if watchdog.timeout is None or watchdog.timeout == 0:
        place = watchdog.place if watchdog.timeout is None else watchdog.timeout.place
        yield Finding(
            place,
            f"the watchdog `{watchdog.device}` has no timeout",
            "write `timeout: 50 ms`",
        )


_SHORTEST_NS = 10_000_000


@rule(
    "BH-HYP-010",
    sentence="The kernel drives Cadence watchdogs whose clock the board's tree states.",
    wrong="board: {use: zcu102, overlays: [sbsa-watchdog.dtsi]}\nhypervisor: {watchdog: {device: sbsa_watchdog, timeout: 50 ms}}",
    right="hypervisor: {watchdog: {device: watchdog0, timeout: 50 ms}}",
    keys=("hypervisor.watchdog.device",),
    board=True,
)
def watchdog_kind(context: Context) -> Iterator[Finding]:
    device = watchdogs.chosen(context)
    if device is None or not device.is_watchdog:
        return
    place = _hypervisor(context).watchdog.device.place
    known = sorted(name for name, item in context.board.devices.items() if watchdogs.is_cadence(item))
    hint = f"take {' or '.join(f'`{name}`' for name in known)}" if known else "write `none`"
    if not watchdogs.is_cadence(device):
        yield Finding(place, f"no driver for the watchdog `{device.name}` ({', '.join(device.compatible)})", hint)
    elif not device.clocks or device.clocks[0].frequency is None:
        yield Finding(place, f"the tree does not say how fast the clock of `{device.name}` is", "give its node a fixed clock")


@rule(
    "BH-HYP-011",
    sentence="The board watchdog's time is 10 ms or longer, and no longer than it can count.",
    wrong="watchdog: {device: watchdog0, timeout: 1 ms}",
    right="watchdog: {device: watchdog0, timeout: 50 ms}",
    keys=("hypervisor.watchdog.timeout",),
    board=True,
)
def watchdog_range(context: Context) -> Iterator[Finding]:
    device = watchdogs.chosen(context)
    watchdog = _hypervisor(context).watchdog
    if device is None or watchdog is None or not watchdog.timeout:
        return
    if watchdog.timeout < _SHORTEST_NS:
        yield Finding(
            watchdog.timeout.place,
            f"a board watchdog of {int(watchdog.timeout):,} ns would reset the board for its own supervisor's work",
            "10 ms is the least",
        )
    elif watchdogs.is_cadence(device) and device.clocks and device.clocks[0].frequency:
        most = watchdogs.cadence_longest_ns(device.clocks[0].frequency)
        if watchdog.timeout > most:
            yield Finding(
                watchdog.timeout.place,
                f"`{device.name}` cannot count as long as that",
                f"{most // 10**9} s is the most",
            )


@rule(
    "BH-HYP-012",
    severity=Severity.WARNING,
    sentence="With a board watchdog a halt of the kernel lasts until the watchdog resets the board.",
    wrong="hypervisor: {watchdog: {device: watchdog0, timeout: 50 ms}, health: {panic: halt}}",
    right="hypervisor: {watchdog: {device: watchdog0, timeout: 50 ms}, health: {panic: reset-board}}",
    keys=("hypervisor.watchdog", "hypervisor.health"),
)
def watchdog_ends_halt(context: Context) -> Iterator[Finding]:
    hypervisor = _hypervisor(context)
    if hypervisor.watchdog is None or hypervisor.watchdog.device == "none" or hypervisor.health is None:
        return
    for word in ("panic", "serror"):
        action = getattr(hypervisor.health, word)
        if action == "halt":
            yield Finding(
                action.place,
                f"after `{word}: halt` nobody restarts the watchdog: the board is reset all the same",
                "write `reset-board`, or `device: none`",
            )


@rule(
    "BH-HYP-009",
    sentence="A pass over the tables takes 1 ms or more.",
    wrong="integrity: {tables: 0 ms}",
    right="integrity: {tables: 100 ms}",
    keys=("hypervisor.integrity.tables",),
)
def integrity_time(context: Context) -> Iterator[Finding]:
    integrity = _hypervisor(context).integrity
    if integrity is not None and integrity.tables < 1_000_000:
        yield Finding(
            integrity.tables.place,
            f"a pass over the tables in {int(integrity.tables):,} ns leaves no time for partitions",
            "write `tables: 100 ms`",
        )


@rule(
    "BH-BRD-004",
    sentence="`board.counter` is a frequency that the board lists.",
    wrong="board: {use: zcu102, counter: 33 MHz}",
    right="board: {use: zcu102, counter: 100 MHz}",
    keys=("board.counter",),
    board=True,
)
def counter_listed(context: Context) -> Iterator[Finding]:
    counter = context.system.board.counter
    if counter is None:
        return
    rates = context.board.file.counters
    for rate in rates:
        if abs(counter - rate.frequency) * 1_000_000 <= rate.frequency * rate.tolerance:
            return
    listed = ", ".join(f"{int(rate.frequency) / 1e6:g} MHz" for rate in rates)
    yield Finding(
        counter.place,
        f"`counter: {int(counter) / 1e6:g} MHz` is not a frequency of `{context.board.name}`",
        f"it lists {listed}",
    )
