# SPDX-License-Identifier: Apache-2.0
"""Rules on shared cores: arinc653 schedules and rtds shares."""

from __future__ import annotations

from fractions import Fraction
from typing import Iterator

from generator import defaults
from generator.check.context import Context
from generator.diagnostics import Finding, Severity
from generator.keys import Text
from generator.model import Partition, Schedule, ScheduleWindow
from generator.rules import nearest_hint, rule

MINIMUM_NS = 10_000  # shortest window and period: Xen's rtds has the same


def time_text(nanoseconds: int) -> str:
    for unit, name in ((10**9, "s"), (10**6, "ms"), (10**3, "us")):
        if nanoseconds and nanoseconds % unit == 0:
            return f"{nanoseconds // unit} {name}"
    return f"{nanoseconds} ns"


def _schedules(context: Context) -> Iterator[tuple[Text, Schedule]]:
    yield from (context.system.schedules or {}).items()


def _windows(context: Context) -> Iterator[tuple[Text, Schedule, ScheduleWindow]]:
    for name, schedule in _schedules(context):
        for window in schedule.windows:
            yield name, schedule, window


def _cores_with(context: Context, kind: str) -> list[int]:
    return [int(core) for core, entry in (context.system.cpus or {}).items() if entry.scheduler == kind]


@rule(
    "BH-SCH-001",
    sentence="Exactly one schedule is `initial: true`.",
    wrong="schedules: {flight: {...}, degraded: {...}}     # none is initial",
    right="schedules: {flight: {initial: true, ...}, degraded: {...}}",
    keys=("schedules.*.initial",),
)
def one_initial(context: Context) -> Iterator[Finding]:
    table = context.system.schedules
    if not table or table.broken:
        return
    initial = [(name, schedule) for name, schedule in table.items() if schedule.initial]
    if not initial:
        yield Finding(
            table.place,
            "no schedule is the initial one",
            f"write `initial: true` in one of {', '.join(f'`{name}`' for name in table)}",
        )
    for name, schedule in initial[1:]:
        yield Finding(
            schedule.initial.place,
            f"`{name}` is initial, and `{initial[0][0]}` too",
            "one schedule runs at power-on: remove one `initial: true`",
        )


@rule(
    "BH-SCH-002",
    sentence="A window names a partition.",
    wrong="windows: [{partition: navgation, ...}]",
    right="windows: [{partition: navigation, ...}]",
    keys=("schedules.*.windows",),
)
def window_partition(context: Context) -> Iterator[Finding]:
    for _, _, window in _windows(context):
        if window.partition not in context.partition_names:
            yield Finding(
                window.partition.place,
                f"there is no partition `{window.partition}`",
                nearest_hint(str(window.partition), context.partition_names, "partitions"),
            )


@rule(
    "BH-SCH-003",
    sentence="A window stands on a core of its partition.",
    wrong="windows: [{partition: radio, cpu: 2, ...}]     # radio has `cpus: 1`",
    right="windows: [{partition: radio, cpu: 1, ...}]",
    keys=("schedules.*.windows", "partitions.*.cpus"),
)
def window_core(context: Context) -> Iterator[Finding]:
    for _, _, window in _windows(context):
        partition = context.partitions.get(window.partition)
        if partition is not None and window.cpu not in partition.cpus:
            cores = ", ".join(str(core) for core in partition.cpus)
            yield Finding(
                window.cpu.place,
                f"the window is on core {window.cpu}, but `{window.partition}` has core {cores}",
                f"write `cpu: {partition.cpus[0]}`, or add core {window.cpu} to its `cpus`",
            )


@rule(
    "BH-SCH-004",
    sentence="A window stands on a core with the scheduler arinc653.",
    wrong="windows: [{..., cpu: 1, ...}]     # and no `cpus: {1: {scheduler: arinc653}}`",
    right="cpus: {1: {scheduler: arinc653}}",
    keys=("schedules.*.windows", "cpus"),
)
def window_scheduler(context: Context) -> Iterator[Finding]:
    for _, _, window in _windows(context):
        kind = defaults.scheduler_of(context.system, window.cpu)
        if kind != "arinc653":
            yield Finding(
                window.cpu.place,
                f"core {window.cpu} has the scheduler `{kind}`, which knows no windows",
                f"write `cpus: {{{window.cpu}: {{scheduler: arinc653}}}}`",
            )


@rule(
    "BH-SCH-005",
    sentence="A window ends within the major frame.",
    wrong="major_frame: 20 ms\nwindows: [{..., start: 15 ms, length: 10 ms}]",
    right="major_frame: 20 ms\nwindows: [{..., start: 15 ms, length: 5 ms}]",
    keys=("schedules.*.windows",),
)
def window_in_frame(context: Context) -> Iterator[Finding]:
    for name, schedule, window in _windows(context):
        end = window.start + window.length
        if end > schedule.major_frame:
            room = schedule.major_frame - window.start
            yield Finding(
                window.place,
                f"the window of `{window.partition}` ends at {time_text(end)}, behind the major frame"
                f" of `{name}` ({time_text(schedule.major_frame)})",
                f"at most {time_text(room)} fit" if room > 0 else "start it earlier",
            )


@rule(
    "BH-SCH-006",
    sentence="A window is 10 us or longer.",
    wrong="windows: [{..., length: 0 ms}]",
    right="windows: [{..., length: 5 ms}]",
    keys=("schedules.*.windows",),
)
def window_length(context: Context) -> Iterator[Finding]:
    for _, _, window in _windows(context):
        if window.length < MINIMUM_NS:
            yield Finding(
                window.length.place,
                f"a window of {time_text(window.length)} is too short",
                f"{time_text(MINIMUM_NS)} is the least; leave the window out if it is not needed",
            )


@rule(
    "BH-SCH-007",
    sentence="Windows on one core do not overlap.",
    wrong="windows: [{partition: a, cpu: 1, start: 0 ms, length: 8 ms}, {partition: b, cpu: 1, start: 7 ms, length: 5 ms}]",
    right="windows: [{partition: a, cpu: 1, start: 0 ms, length: 8 ms}, {partition: b, cpu: 1, start: 8 ms, length: 5 ms}]",
    keys=("schedules.*.windows",),
    isolation=True,
)
def windows_apart(context: Context) -> Iterator[Finding]:
    for name, schedule in _schedules(context):
        cores: dict[int, list[ScheduleWindow]] = {}
        for window in schedule.windows:
            cores.setdefault(int(window.cpu), []).append(window)
        for core, windows in cores.items():
            windows.sort(key=lambda window: (window.start, window.place))
            for first, second in zip(windows, windows[1:]):
                end = first.start + first.length
                if second.start < end:
                    yield Finding(
                        second.place,
                        f"on core {core} of `{name}` the window of `{second.partition}` starts at"
                        f" {time_text(second.start)}, before that of `{first.partition}` ends"
                        f" ({time_text(end)})",
                        f"start it at {time_text(end)} or later",
                    )


def _on_arinc(context: Context) -> Iterator[tuple[Text, Partition]]:
    for name, partition in context.partitions.items():
        if any(defaults.scheduler_of(context.system, core) == "arinc653" for core in partition.cpus):
            yield name, partition


@rule(
    "BH-SCH-008",
    sentence="A partition on an arinc653 core has a window in some schedule.",
    wrong="radio: {cpus: 1, ...}          # and no window of any schedule names it",
    right="windows: [{partition: radio, cpu: 1, start: 8 ms, length: 10 ms}]",
    keys=("schedules", "cpus", "partitions.*.cpus"),
)
def has_window(context: Context) -> Iterator[Finding]:
    table = context.system.schedules
    if not table or table.broken:
        return
    named = {str(window.partition) for _, _, window in _windows(context)}
    for name, _ in _on_arinc(context):
        if name not in named:
            yield Finding(
                name.place,
                f"`{name}` is on an arinc653 core, but no schedule gives it a window",
                f"add `{{partition: {name}, cpu: ..., start: ..., length: ...}}` to a schedule",
            )


@rule(
    "BH-SCH-009",
    sentence="An arinc653 core has schedules.",
    wrong="cpus: {1: {scheduler: arinc653}}     # and no `schedules:`",
    right="schedules: {flight: {initial: true, major_frame: 20 ms, windows: [...]}}",
    keys=("schedules", "cpus"),
)
def has_schedule(context: Context) -> Iterator[Finding]:
    table = context.system.schedules
    if table is not None and table.names:
        return
    for core, entry in (context.system.cpus or {}).items():
        if entry.scheduler == "arinc653":
            yield Finding(
                entry.scheduler.place,
                f"core {core} has the scheduler arinc653, but there is no schedule",
                "add `schedules: {flight: {initial: true, major_frame: 20 ms, windows: [...]}}`",
            )
            return


@rule(
    "BH-SCH-010",
    sentence="Schedules are for arinc653 cores.",
    wrong="schedules: {flight: {...}}     # and no core has the scheduler arinc653",
    right="cpus: {1: {scheduler: arinc653}}",
    keys=("schedules", "cpus"),
)
def schedule_has_core(context: Context) -> Iterator[Finding]:
    table = context.system.schedules
    if table and not _cores_with(context, "arinc653"):
        yield Finding(
            table.place,
            "there are schedules, but no core has the scheduler arinc653",
            "write `cpus: {1: {scheduler: arinc653}}`, or remove `schedules`",
        )


@rule(
    "BH-SCH-011",
    sentence="A major frame is 100 us or longer.",
    wrong="major_frame: 0 ms",
    right="major_frame: 20 ms",
    keys=("schedules.*.major_frame",),
)
def frame_length(context: Context) -> Iterator[Finding]:
    for name, schedule in _schedules(context):
        if schedule.major_frame < 100_000:
            yield Finding(
                schedule.major_frame.place,
                f"a major frame of {time_text(schedule.major_frame)} in `{name}` is too short",
                "100 us is the least",
            )


@rule(
    "BH-SCH-012",
    sentence="`on_switch` names partitions of arinc653 cores.",
    wrong="on_switch: {infotainment: warm}     # which has cores of its own",
    right="on_switch: {radio: warm}",
    keys=("schedules.*.on_switch", "cpus", "partitions.*.cpus"),
)
def switch_partition(context: Context) -> Iterator[Finding]:
    scheduled = {str(name) for name, _ in _on_arinc(context)}
    for _, schedule in _schedules(context):
        for name in schedule.on_switch or {}:
            if name not in context.partition_names:
                yield Finding(
                    name.place,
                    f"there is no partition `{name}`",
                    nearest_hint(str(name), scheduled, "partitions on arinc653 cores"),
                )
            elif name in context.partitions and name not in scheduled:
                yield Finding(
                    name.place,
                    f"`{name}` is not on an arinc653 core: a switch of schedules does not touch it",
                    nearest_hint(str(name), scheduled, "partitions on arinc653 cores"),
                )


@rule(
    "BH-SCH-013",
    severity=Severity.WARNING,
    sentence="A partition on an arinc653 core runs in the initial schedule, or starts halted.",
    wrong="schedules: {flight: {initial: true, windows: [...]}}     # radio has its window in `degraded` only",
    right="radio: {start: {state: halted}, ...}",
    keys=("schedules", "cpus", "partitions.*.cpus"),
)
def runs_at_first(context: Context) -> Iterator[Finding]:
    initial = [schedule for _, schedule in _schedules(context) if schedule.initial]
    if len(initial) != 1:
        return
    running = {str(window.partition) for window in initial[0].windows}
    everywhere = {str(window.partition) for _, _, window in _windows(context)}
    for name, partition in _on_arinc(context):
        halted = partition.start is not None and partition.start.state == "halted"
        if name in everywhere and name not in running and not halted:
            yield Finding(
                name.place,
                f"`{name}` has no window in the initial schedule: it does not run at power-on",
                "give it a window there, or say `start: {state: halted}`",
            )


def _fit(windows: list[ScheduleWindow], frame: int) -> bool:
    """Whether the windows of a core follow each other within the frame; other rules say so if not."""
    ordered = sorted(windows, key=lambda window: window.start)
    ends = [int(window.start + window.length) for window in ordered]
    return all(window.start >= end for window, end in zip(ordered[1:], ends)) and all(end <= frame for end in ends)


@rule(
    "BH-SCH-017",
    severity=Severity.NOTE,
    sentence="What no window of a core covers is idle.",
    wrong="major_frame: 20 ms\nwindows: [{partition: a, cpu: 1, start: 0 ms, length: 8 ms}]",
    right="major_frame: 20 ms\nwindows: [{partition: a, cpu: 1, start: 0 ms, length: 20 ms}]",
    keys=("schedules.*.windows", "schedules.*.major_frame"),
)
def gaps(context: Context) -> Iterator[Finding]:
    for name, schedule in _schedules(context):
        for core in _cores_with(context, "arinc653"):
            windows = [window for window in schedule.windows if window.cpu == core]
            used = sum(int(window.length) for window in windows)
            if used < schedule.major_frame and _fit(windows, schedule.major_frame):
                share = Fraction(100 * used, int(schedule.major_frame))
                yield Finding(
                    schedule.windows.place,
                    f"core {core} is idle for {time_text(int(schedule.major_frame) - used)} of each frame of `{name}`: windows take"
                    f" {time_text(used)} of {time_text(schedule.major_frame)}, {share.numerator // share.denominator} %",
                    "time for windows still to come; nothing to do if that is meant",
                )


@rule(
    "BH-SCH-018",
    severity=Severity.NOTE,
    sentence="A partition that one schedule leaves out stands still while that one is in force.",
    wrong="schedules: {flight: {windows: [a, radio]}, degraded: {windows: [a]}}     # abridged",
    right="schedules: {flight: {windows: [a, radio]}, degraded: {windows: [a, radio]}}",
    keys=("schedules.*.windows",),
)
def left_out(context: Context) -> Iterator[Finding]:
    everywhere = {str(window.partition) for _, _, window in _windows(context)}
    for schedule_name, schedule in _schedules(context):
        here = {str(window.partition) for window in schedule.windows}
        for name, _ in _on_arinc(context):
            if name in everywhere and name not in here and not schedule.initial:  # of the initial one BH-SCH-013 speaks
                yield Finding(
                    schedule_name.place,
                    f"`{schedule_name}` has no window for `{name}`",
                    "it stands still, and orders for it wait, until a schedule with a window of its own begins",
                )


@rule(
    "BH-SCH-019",
    sentence="Each arinc653 core of a partition has a window of it in some schedule.",
    wrong="radio: {cpus: 1-2, ...}     # and windows on core 1 alone",
    right="windows: [{partition: radio, cpu: 1, ...}, {partition: radio, cpu: 2, ...}]",
    keys=("schedules.*.windows", "partitions.*.cpus"),
)
def window_on_each_core(context: Context) -> Iterator[Finding]:
    for name, partition in _on_arinc(context):
        given = {int(window.cpu) for _, _, window in _windows(context) if window.partition == name}
        if not given or not given <= {int(core) for core in partition.cpus}:
            continue  # of that BH-SCH-008 and BH-SCH-003 speak
        for core in partition.cpus:
            if defaults.scheduler_of(context.system, core) == "arinc653" and core not in given:
                yield Finding(
                    core.place,
                    f"`{name}` has a vCPU on core {core}, but no schedule gives it a window there: it would never run, and a halt of `{name}`"
                    " would never end",
                    f"add `{{partition: {name}, cpu: {core}, start: ..., length: ...}}` to a schedule, or take core {core} out of its `cpus`",
                )


def _rtds(context: Context) -> Iterator[tuple[Text, Partition, list[int]]]:
    """(name, partition, its rtds cores)."""
    for name, partition in context.partitions.items():
        cores = [int(c) for c in partition.cpus if defaults.scheduler_of(context.system, c) == "rtds"]
        yield name, partition, cores


@rule(
    "BH-RTD-001",
    sentence="A partition on an rtds core has a share: `rtds: {period, budget}`.",
    wrong="cpus: {1: {scheduler: rtds}}\nradio: {cpus: 1, ...}",
    right="radio: {cpus: 1, rtds: {period: 10 ms, budget: 4 ms}, ...}",
    keys=("cpus", "partitions.*.rtds", "partitions.*.cpus"),
)
def share_given(context: Context) -> Iterator[Finding]:
    for name, partition, cores in _rtds(context):
        if cores and partition.rtds is None:
            yield Finding(
                name.place,
                f"`{name}` is on the rtds core {cores[0]}, but has no share of it",
                "add `rtds: {period: 10 ms, budget: 4 ms}`",
            )


@rule(
    "BH-RTD-002",
    sentence="`rtds` is for partitions on rtds cores.",
    wrong="radio: {cpus: 1, rtds: {period: 10 ms, budget: 4 ms}, ...}     # core 1 is `null`",
    right="cpus: {1: {scheduler: rtds}}",
    keys=("cpus", "partitions.*.rtds"),
)
def share_has_core(context: Context) -> Iterator[Finding]:
    for name, partition, cores in _rtds(context):
        if partition.rtds is not None and not cores:
            yield Finding(
                partition.rtds.place,
                f"`{name}` has an rtds share, but none of its cores has the scheduler rtds",
                f"write `cpus: {{{partition.cpus[0]}: {{scheduler: rtds}}}}`, or remove `rtds`",
            )


@rule(
    "BH-RTD-003",
    sentence="A budget is not longer than its period.",
    wrong="rtds: {period: 10 ms, budget: 12 ms}",
    right="rtds: {period: 10 ms, budget: 4 ms}",
    keys=("partitions.*.rtds",),
)
def budget_in_period(context: Context) -> Iterator[Finding]:
    for name, partition, _ in _rtds(context):
        share = partition.rtds
        if share is not None and share.budget > share.period:
            yield Finding(
                share.budget.place,
                f"the budget of `{name}` ({time_text(share.budget)}) is longer than its period"
                f" ({time_text(share.period)})",
                f"at most {time_text(share.period)}",
            )


@rule(
    "BH-RTD-004",
    sentence="Period and budget are 10 us or longer.",
    wrong="rtds: {period: 5 us, budget: 2 us}",
    right="rtds: {period: 10 ms, budget: 4 ms}",
    keys=("partitions.*.rtds",),
)
def share_not_tiny(context: Context) -> Iterator[Finding]:
    for name, partition, _ in _rtds(context):
        for word in ("period", "budget"):
            value = getattr(partition.rtds, word) if partition.rtds is not None else MINIMUM_NS
            if value < MINIMUM_NS:
                yield Finding(
                    value.place,
                    f"the {word} of `{name}` ({time_text(value)}) is too short",
                    f"{time_text(MINIMUM_NS)} is the least",
                )


@rule(
    "BH-RTD-005",
    sentence="The budgets on an rtds core fit into it: utilisation 1 at most, counted exactly.",
    wrong="a: {cpus: 1, rtds: {period: 10 ms, budget: 6 ms}, ...}\nb: {cpus: 1, rtds: {period: 10 ms, budget: 5 ms}, ...}",
    right="a: {cpus: 1, rtds: {period: 10 ms, budget: 6 ms}, ...}\nb: {cpus: 1, rtds: {period: 10 ms, budget: 4 ms}, ...}",
    keys=("cpus", "partitions.*.rtds"),
    isolation=True,
)
def feasible(context: Context) -> Iterator[Finding]:
    shares: dict[int, list[tuple[Text, Fraction]]] = {}
    last: dict[int, Partition] = {}
    for name, partition, cores in _rtds(context):
        if partition.rtds is not None and partition.rtds.period:
            share = Fraction(int(partition.rtds.budget), int(partition.rtds.period))
            for core in cores:
                shares.setdefault(core, []).append((name, share))
                last[core] = partition
    for core, entries in sorted(shares.items()):
        total = sum((share for _, share in entries), Fraction(0))
        if total > 1:
            listed = " + ".join(f"{name} {share}" for name, share in entries)
            yield Finding(
                last[core].rtds.place,
                f"core {core} is over-committed: {listed} = {total} ({float(total) * 100:.2f} %)",
                "shorten budgets or lengthen periods until the sum is 1 at most",
            )
