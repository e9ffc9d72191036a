# SPDX-License-Identifier: Apache-2.0
# implements: LLR-1188
"""Rules on bandwidth budgets: what a counter can hold, a board can count, and a core can be stopped by."""

from __future__ import annotations

from typing import Iterator

from generator import defaults
from generator.check.context import Context
from generator.check.schedules import MINIMUM_NS as SHARED_MINIMUM_NS
from generator.diagnostics import Finding, Severity
from generator.keys import Text
from generator.model import Bandwidth, Partition
from generator.rules import rule

_MINIMUM_NS = 2_000
_MOST = 2**31 - 1   # the counter has 32 bits, and what comes after its overflow is counted too


def _limits(context: Context) -> Iterator[tuple[Text, Partition, Bandwidth]]:
    for name, partition in context.partitions.items():
        if partition.bandwidth is not None:
            yield name, partition, partition.bandwidth


@rule(
    "BH-BWD-001",
    sentence="A bandwidth budget is from 1 to 2,147,483,647 events, its period 2 us or more.",
    wrong="bandwidth: {budget: 0, period: 100 us}",
    right="bandwidth: {budget: 2000, period: 100 us}",
    keys=("partitions.*.bandwidth",),
)
def bandwidth_positive(context: Context) -> Iterator[Finding]:
    for name, _, limit in _limits(context):
        if limit.budget == 0:
            yield Finding(
                limit.budget.place,
                f"a budget of 0 stops `{name}` for good",
                "write how many accesses a period may have",
            )
        if limit.budget > _MOST:
            yield Finding(
                limit.budget.place,
                f"a budget of {int(limit.budget):,} events is more than the counter holds",
                f"{_MOST:,} is the most: take a shorter period",
            )
        if limit.period < _MINIMUM_NS:
            yield Finding(
                limit.period.place,
                f"a bandwidth period of {int(limit.period):,} ns is too short",
                "2 us is the least; 100 us costs little",
            )


@rule(
    "BH-BWD-002",
    sentence="A bandwidth budget needs `interrupts: virtual`: a direct core gives EL2 no PMU interrupt.",
    wrong="interrupts: direct\nbandwidth: {budget: 2000, period: 100 us}",
    right="interrupts: virtual\nbandwidth: {budget: 2000, period: 100 us}",
    keys=("partitions.*.bandwidth", "partitions.*.interrupts"),
)
def bandwidth_not_direct(context: Context) -> Iterator[Finding]:
    for name, partition, limit in _limits(context):
        if partition.interrupts == "direct":
            yield Finding(
                limit.place,
                f"`{name}` is direct: nothing would interrupt it when the budget is spent",
                "take `interrupts: virtual`, or remove `bandwidth`",
            )


@rule(
    "BH-BWD-003",
    sentence="A bandwidth budget needs performance monitors with an interrupt for each core in the board's tree.",
    wrong="board: {use: zcu102, overlays: [no-pmu.dtsi]}\n# and a partition with `bandwidth`",
    right="board: zcu102",
    keys=("partitions.*.bandwidth", "board.overlays"),
    board=True,
)
def bandwidth_monitors(context: Context) -> Iterator[Finding]:
    for name, _, limit in _limits(context):
        if context.board.pmu is None:
            yield Finding(
                limit.place,
                f"the tree of `{context.board.name}` has no `pmu` node with an interrupt for each core: nothing can end the budget of `{name}`",
                "remove `bandwidth`, or the overlay that takes the node away",
            )


@rule(
    "BH-BWD-004",
    severity=Severity.WARNING,
    sentence="The board counts what a bandwidth budget is about.",
    wrong="board: virt-gicv2\n# and bandwidth: {budget: 2000, period: 100 us}",
    right="bandwidth: {budget: 20000, period: 100 us, event: cycles}",
    keys=("partitions.*.bandwidth.event",),
    board=True,
)
def bandwidth_counted(context: Context) -> Iterator[Finding]:
    counted = [str(event) for event in context.board.file.events]
    for name, _, limit in _limits(context):
        if limit.event not in counted:
            yield Finding(
                limit.event.place if not getattr(limit.event, "defaulted", False) else limit.place,
                f"the cores of `{context.board.name}` do not count `{limit.event}`: the budget of `{name}` is never spent",
                f"they count {', '.join(counted)}",
            )


@rule(
    "BH-BWD-005",
    sentence="On a shared core a bandwidth period is not shorter than the shortest window.",
    wrong="cpus: {1: {scheduler: arinc653}}\nbandwidth: {budget: 100, period: 5 us}",
    right="bandwidth: {budget: 2000, period: 100 us}",
    keys=("partitions.*.bandwidth.period", "cpus"),
)
def bandwidth_switch(context: Context) -> Iterator[Finding]:
    for name, partition, limit in _limits(context):
        shared = [int(core) for core in partition.cpus if defaults.scheduler_of(context.system, core) != "null"]
        if shared and _MINIMUM_NS <= limit.period < SHARED_MINIMUM_NS:
            yield Finding(
                limit.period.place,
                f"a bandwidth period of {int(limit.period):,} ns is too short for `{name}` on the shared core {shared[0]}",
                f"{SHARED_MINIMUM_NS // 1000} us is the least there: every stop is a choice of the scheduler",
            )
