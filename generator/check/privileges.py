# SPDX-License-Identifier: Apache-2.0
"""Rules on what partitions may do to each other, and on the order of their start."""

from __future__ import annotations

from typing import Iterator

from generator.check.context import Context
from generator.defaults import controllers, criticality_rank
from generator.diagnostics import Finding, Severity
from generator.keys import Text
from generator.model import Partition
from generator.rules import nearest_hint, rule


def _controlled(context: Context) -> Iterator[tuple[Text, Text]]:
    for name, partition in context.partitions.items():
        if partition.privileges is not None:
            for other in partition.privileges.control or ():
                yield name, other


@rule(
    "BH-PRV-001",
    sentence="`privileges.control` names partitions.",
    wrong="privileges: {control: [navgation]}",
    right="privileges: {control: [navigation]}",
    keys=("partitions.*.privileges.control",),
)
def control_known(context: Context) -> Iterator[Finding]:
    for _, other in _controlled(context):
        if other not in context.partition_names:
            yield Finding(
                other.place,
                f"there is no partition `{other}`",
                nearest_hint(str(other), context.partition_names, "partitions"),
            )


@rule(
    "BH-PRV-002",
    sentence="`privileges.schedule` names schedules.",
    wrong="privileges: {schedule: [degarded]}",
    right="privileges: {schedule: [degraded]}",
    keys=("partitions.*.privileges.schedule", "schedules"),
)
def schedule_known(context: Context) -> Iterator[Finding]:
    known = context.schedule_names
    for partition in context.partitions.values():
        if partition.privileges is not None:
            for schedule in partition.privileges.schedule or ():
                if schedule not in known:
                    yield Finding(
                        schedule.place,
                        f"there is no schedule `{schedule}`",
                        nearest_hint(str(schedule), known, "schedules", "declare it under `schedules:`"),
                    )


@rule(
    "BH-PRV-003",
    severity=Severity.WARNING,
    sentence="Control over oneself needs no privilege.",
    wrong="radio: {privileges: {control: [radio]}, ...}",
    right="radio: {...}",
    keys=("partitions.*.privileges.control",),
)
def control_of_self(context: Context) -> Iterator[Finding]:
    for name, other in _controlled(context):
        if name == other:
            yield Finding(
                other.place,
                f"`{name}` holds `control` over itself, which it has anyway",
                "remove the entry",
            )


@rule(
    "BH-PRV-004",
    severity=Severity.WARNING,
    sentence="A partition does not control a more critical one.",
    wrong="infotainment: {privileges: {control: [navigation]}, ...}     # which is level A",
    right="instruments: {privileges: {control: [navigation]}, ...}",
    keys=("partitions.*.privileges.control", "partitions.*.criticality"),
)
def control_upwards(context: Context) -> Iterator[Finding]:
    for name, other in _controlled(context):
        if other in context.partitions:
            own = criticality_rank(context.partitions[name])
            if own < criticality_rank(context.partitions[other]):
                yield Finding(
                    other.place,
                    f"`{name}` may halt or restart `{other}`, which is more critical",
                    "let a partition of at least its level hold the privilege, or accept the warning"
                    " with a reason",
                )


def _after(context: Context) -> Iterator[tuple[Text, Text]]:
    for name, partition in context.partitions.items():
        if partition.start is not None:
            for other in partition.start.after or ():
                yield name, other


@rule(
    "BH-STA-001",
    sentence="`start.after` names partitions.",
    wrong="start: {after: [instrument]}",
    right="start: {after: [instruments]}",
    keys=("partitions.*.start.after",),
)
def after_known(context: Context) -> Iterator[Finding]:
    for _, other in _after(context):
        if other not in context.partition_names:
            yield Finding(
                other.place,
                f"there is no partition `{other}`",
                nearest_hint(str(other), context.partition_names, "partitions"),
            )


@rule(
    "BH-STA-002",
    sentence="Partitions do not wait for each other in a circle.",
    wrong="a: {start: {after: [b]}, ...}\nb: {start: {after: [a]}, ...}",
    right="b: {start: {after: [a]}, ...}",
    keys=("partitions.*.start.after",),
)
def no_circle(context: Context) -> Iterator[Finding]:
    waits: dict[str, list[str]] = {}
    for name, other in _after(context):
        waits.setdefault(str(name), []).append(str(other))
    # Whoever waits for nobody starts; what is left over after that waits in a circle.
    left = set(waits)
    while True:
        free = {name for name in left if not any(other in left for other in waits[name])}
        if not free:
            break
        left -= free
    for name in context.partitions:
        if name in left and name in _reached(str(name), waits):
            start = context.partitions[name].start
            yield Finding(
                start.after.place,
                f"`{name}` waits for itself, through {_circle(str(name), waits)}",
                "take one of these out of `after`",
            )


def _reached(start: str, waits: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(waits.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(waits.get(name, ()))
    return found


def _circle(start: str, waits: dict[str, list[str]]) -> str:
    steps = [other for other in waits[start] if other == start or start in _reached(other, waits)]
    return ", ".join(f"`{step}`" for step in steps)


@rule(
    "BH-STA-003",
    severity=Severity.WARNING,
    sentence="`start.timeout` limits a wait for others.",
    wrong="start: {timeout: 5 s}",
    right="start: {after: [instruments], timeout: 5 s}",
    keys=("partitions.*.start.timeout",),
)
def timeout_without_wait(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        start = partition.start
        if start is not None and start.timeout is not None and not start.after:
            yield Finding(
                start.timeout.place,
                f"`{name}` has a start timeout, but waits for nobody",
                "add `after: [PARTITION]`, or remove the timeout",
            )


@rule(
    "BH-STA-004",
    severity=Severity.WARNING,
    sentence="A partition that is halted at power-on can be started by somebody.",
    wrong="radio: {start: {state: halted}, ...}     # nobody controls it",
    right="instruments: {privileges: {control: [radio]}, ...}",
    keys=("partitions.*.start.state", "partitions.*.privileges.control"),
)
def somebody_starts_it(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        start = partition.start
        if start is not None and start.state == "halted" and not _can_start(context, str(name)):
            yield Finding(
                start.state.place,
                f"`{name}` is halted at power-on, and nobody can start it",
                f"let another partition hold `privileges: {{control: [{name}]}}`",
            )


def _can_start(context: Context, name: str) -> bool:
    return any(other != name for other in controllers(context.system, name))


@rule(
    "BH-STA-005",
    sentence="A partition does not wait for one that never runs.",
    wrong="a: {start: {after: [b]}, ...}\nb: {start: {state: halted}, ...}",
    right="a: {start: {after: [b]}, ...}\nb: {...}",
    keys=("partitions.*.start",),
)
def waits_for_halted(context: Context) -> Iterator[Finding]:
    up = _come_up(context)
    for name, other in _after(context):
        target = context.partitions.get(other)
        if target is None or str(other) in up or target.start is None or target.start.state != "halted":
            continue
        able = [f"`{each}`" for each in controllers(context.system, str(other)) if each != other]
        yield Finding(
            other.place,
            f"`{name}` waits for `{other}`, which is halted and which "
            + (f"only {', '.join(able)} can start, waiting as well" if able else "nobody can start"),
            f"let `{other}` run, or take it out of `after`",
        )


def _come_up(context: Context) -> set[str]:
    """Partitions that start by themselves, or that one of those can start."""
    up: set[str] = set()
    while True:
        more = {str(name) for name, partition in context.partitions.items() if str(name) not in up and _follows(context, str(name), partition, up)}
        if not more:
            return up
        up |= more


def _follows(context: Context, name: str, partition: Partition, up: set[str]) -> bool:
    start = partition.start
    if start is None:
        return True
    if start.state == "halted" and not any(other in up for other in controllers(context.system, name)):
        return False
    return all(str(other) in up for other in start.after or ())


@rule(
    "BH-STA-006",
    sentence="A start timeout is longer than nothing.",
    wrong="start: {after: [instruments], timeout: 0 ms}",
    right="start: {after: [instruments], timeout: 5 s}",
    keys=("partitions.*.start.timeout",),
)
def timeout_zero(context: Context) -> Iterator[Finding]:
    for partition in context.partitions.values():
        start = partition.start
        if start is not None and start.timeout is not None and start.timeout == 0:
            yield Finding(
                start.timeout.place,
                "the start timeout is 0",
                "write a time, or leave it out to wait for ever",
            )
