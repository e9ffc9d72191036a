# SPDX-License-Identifier: Apache-2.0
"""Rules on health monitoring: who is told, what can work, and what contradicts itself."""

from __future__ import annotations

from typing import Iterator

from generator import defaults
from generator.check.context import Context
from generator.diagnostics import Finding, Severity
from generator.keys import Text
from generator.model import Health, Partition, ScheduleAction
from generator.rules import nearest_hint, rule


def _healths(context: Context) -> Iterator[tuple[Text, Partition, Health]]:
    for name, partition in context.partitions.items():
        if partition.health is not None:
            yield name, partition, partition.health


def _written(health: Health) -> Iterator[tuple[Text, Text, Text | ScheduleAction]]:
    """(event, state, action) as the file has them."""
    for event, states in (health.actions or {}).items():
        for state, action in states.items():
            yield event, state, action


def _once(findings: Iterator[Finding]) -> Iterator[Finding]:
    """One word that stands for all three states is one mistake."""
    yield from dict.fromkeys(findings)


@rule(
    "BH-HLT-001",
    sentence="`health.monitor` is another partition.",
    wrong="health: {monitor: navgation}",
    right="health: {monitor: navigation}",
    keys=("partitions.*.health.monitor",),
)
def monitor_known(context: Context) -> Iterator[Finding]:
    for name, _, health in _healths(context):
        monitor = health.monitor
        if monitor is None:
            continue
        if monitor == name:
            yield Finding(
                monitor.place,
                f"`{name}` would be told of its own failures",
                "name another partition",
            )
        elif monitor not in context.partition_names:
            yield Finding(
                monitor.place,
                f"there is no partition `{monitor}`",
                nearest_hint(str(monitor), context.partition_names, "partitions"),
            )


@rule(
    "BH-HLT-002",
    sentence="The action `notify` has a `monitor` to ring.",
    wrong="health: {actions: {application: notify}}",
    right="health: {actions: {application: notify}, monitor: navigation}",
    keys=("partitions.*.health",),
)
def notify_somebody(context: Context) -> Iterator[Finding]:
    yield from _once(
        Finding(
            action.place,
            f"`{event}` of `{name}` is to notify, but `{name}` has no monitor",
            "add `monitor: PARTITION` under `health`",
        )
        for name, _, health in _healths(context)
        for event, _, action in _written(health)
        if action == "notify" and health.monitor is None
    )


@rule(
    "BH-HLT-003",
    sentence="The action `{schedule: NAME}` names a schedule.",
    wrong="actions: {watchdog: {schedule: degarded}}",
    right="actions: {watchdog: {schedule: degraded}}",
    keys=("partitions.*.health.actions", "schedules"),
)
def schedule_known(context: Context) -> Iterator[Finding]:
    known = context.schedule_names
    yield from _once(
        Finding(
            action.schedule.place,
            f"there is no schedule `{action.schedule}`",
            nearest_hint(str(action.schedule), known, "schedules", "declare it under `schedules:`"),
        )
        for _, _, health in _healths(context)
        for _, _, action in _written(health)
        if isinstance(action, ScheduleAction) and action.schedule not in known
    )


@rule(
    "BH-HLT-005",
    severity=Severity.WARNING,
    sentence="An action for `watchdog` needs a watchdog.",
    wrong="health: {actions: {watchdog: halt}}",
    right="health: {actions: {watchdog: halt}, watchdog: 100 ms}",
    keys=("partitions.*.health",),
)
def watchdog_armed(context: Context) -> Iterator[Finding]:
    for name, _, health in _healths(context):
        for event in health.actions or {}:
            if event == "watchdog" and health.watchdog is None:
                yield Finding(
                    event.place,
                    f"`{name}` says what a watchdog does, but has none",
                    "add `watchdog: 100 ms` under `health`, or remove the action",
                )


@rule(
    "BH-HLT-006",
    sentence="A watchdog's time is 100 us or longer.",
    wrong="health: {watchdog: 0 ms}",
    right="health: {watchdog: 100 ms}",
    keys=("partitions.*.health.watchdog",),
)
def watchdog_time(context: Context) -> Iterator[Finding]:
    for name, _, health in _healths(context):
        if health.watchdog is not None and health.watchdog < 100_000:
            yield Finding(
                health.watchdog.place,
                f"a watchdog of {int(health.watchdog):,} ns in `{name}` is too short to be kicked",
                "100 us is the least",
            )


@rule(
    "BH-HLT-007",
    severity=Severity.WARNING,
    sentence="`restarts` limits restarts that can happen.",
    wrong="health: {restarts: {max: 3}}     # no action restarts",
    right="health: {actions: {memory: cold-restart}, restarts: {max: 3}}",
    keys=("partitions.*.health",),
)
def restarts_can_happen(context: Context) -> Iterator[Finding]:
    for name, partition, health in _healths(context):
        if health.restarts is None or int(health.restarts.max) == 0:
            continue
        acts = defaults.health_actions(partition)
        if not acts & set(defaults.RESTARTS) and not defaults.is_linux(partition):
            yield Finding(
                health.restarts.place,
                f"`restarts` of `{name}` limits nothing but its own resets: no action restarts it, and what others command is not counted",
                "add an action like `memory: cold-restart`, or remove `restarts`",
            )


@rule(
    "BH-HLT-008",
    sentence="A partition that an action restarts may restart.",
    wrong="health: {actions: {memory: cold-restart}, restarts: {max: 0}}",
    right="health: {actions: {memory: cold-restart}, restarts: {max: 3, within: 10 s}}",
    keys=("partitions.*.health",),
)
def restart_allowed(context: Context) -> Iterator[Finding]:
    yield from _once(
        Finding(
            action.place,
            f"`{event}` of `{name}` restarts it, but `restarts: {{max: 0}}` forbids that",
            "write `halt`, or a larger `max`",
        )
        for name, _, health in _healths(context)
        for event, _, action in _written(health)
        if action in defaults.RESTARTS and health.restarts is not None and health.restarts.max == 0
    )


_MUST_ACT = {
    "memory": "the access that failed would repeat for ever",
    "start": "a partition whose payload is wrong would run",
}


@rule(
    "BH-HLT-009",
    sentence="Memory faults and failed starts are not ignored.",
    wrong="health: {actions: {memory: ignore}}",
    right="health: {actions: {memory: halt}}",
    keys=("partitions.*.health.actions",),
)
def cannot_ignore(context: Context) -> Iterator[Finding]:
    yield from _once(
        Finding(
            action.place,
            f"`{event}` of `{name}` cannot be ignored: {_MUST_ACT[str(event)]}",
            "write `halt`, `cold-restart` or `warm-restart`",
        )
        for name, _, health in _healths(context)
        for event, _, action in _written(health)
        if action == "ignore" and event in _MUST_ACT
    )


@rule(
    "BH-HLT-010",
    severity=Severity.WARNING,
    sentence="An action for `deadline` needs `overrun: event` on an arinc653 or rtds core.",
    wrong="health: {actions: {deadline: halt}}",
    right="overrun: event\nhealth: {actions: {deadline: halt}}",
    keys=("partitions.*.health.actions", "partitions.*.overrun", "cpus"),
)
def deadline_declared(context: Context) -> Iterator[Finding]:
    for name, partition, health in _healths(context):
        for event in health.actions or {}:
            if event != "deadline":
                continue
            kinds = {defaults.scheduler_of(context.system, core) for core in partition.cpus}
            if partition.overrun != "event" or kinds == {"null"}:
                yield Finding(
                    event.place,
                    f"`{name}` says what a missed deadline does, but no deadline event can occur",
                    "add `overrun: event` to the partition, on an arinc653 or rtds core",
                )


@rule(
    "BH-HLT-011",
    sentence="A partition with a device that cannot be stopped is not restarted cold.",
    wrong="hardware: {dma_engine: {..., quiesce: impossible}}\nhealth: {actions: {memory: cold-restart}}",
    right="health: {actions: {memory: halt}}",
    keys=("partitions.*.health.actions", "partitions.*.devices", "hardware"),
    board=True,
)
def restart_with_device(context: Context) -> Iterator[Finding]:
    stuck: dict[str, str] = {}
    for name, _, use, device in context.uses:
        if context.quiesce_of(use, device) == "impossible":
            stuck.setdefault(name, device.name)
    yield from _once(
        Finding(
            action.place,
            f"`{name}` cannot restart cold: its device `{stuck[name]}` cannot be stopped",
            "write `halt`, or give the device a reset (`quiesce: reset`)",
        )
        for name, _, health in _healths(context)
        if name in stuck
        for _, _, action in _written(health)
        if action == "cold-restart"
    )


@rule(
    "BH-HLT-012",
    sentence="`restarts.within` is longer than nothing.",
    wrong="restarts: {max: 3, within: 0 s}",
    right="restarts: {max: 3, within: 10 s}",
    keys=("partitions.*.health.restarts",),
)
def within_time(context: Context) -> Iterator[Finding]:
    for name, _, health in _healths(context):
        limits = health.restarts
        if limits is not None and limits.within is not None and limits.within == 0:
            yield Finding(
                limits.within.place,
                f"`within` of `{name}` is 0: no restart would ever be counted",
                "write a time, or leave it out to count for ever",
            )


@rule(
    "BH-HLT-013",
    sentence="`overrun: event` is for partitions on arinc653 or rtds cores.",
    wrong="overrun: event          # on a `null` core",
    right="cpus: {1: {scheduler: arinc653}}",
    keys=("partitions.*.overrun", "cpus"),
)
def overrun_needs_budget(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        kinds = {defaults.scheduler_of(context.system, core) for core in partition.cpus}
        if partition.overrun == "event" and kinds == {"null"}:
            yield Finding(
                partition.overrun.place,
                f"`{name}` has no budget to overrun: its cores have the scheduler `null`",
                "remove `overrun`",
            )
