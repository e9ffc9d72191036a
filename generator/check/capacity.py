# SPDX-License-Identifier: Apache-2.0
"""Rules on what the kernel's tables hold of schedules and shared cores (kMax... in kernel/config/schema.hpp)."""

from __future__ import annotations

from typing import Iterator

from generator import defaults
from generator.check.context import Context
from generator.check.names import MAXIMUM_SCHEDULES
from generator.diagnostics import Finding
from generator.rules import rule

MAXIMUM_WINDOWS = 64      # of one core in one major frame
MAXIMUM_CORE_VCPUS = 16   # of one shared core


@rule(
    "BH-SCH-014",
    sentence="A system has at most 16 schedules.",
    wrong="17 schedules",
    right="16 schedules",
    keys=("schedules",),
)
def schedules(context: Context) -> Iterator[Finding]:
    table = context.system.schedules or {}
    for name in list(table)[MAXIMUM_SCHEDULES:MAXIMUM_SCHEDULES + 1]:
        yield Finding(
            name.place,
            f"`{name}` is schedule number {MAXIMUM_SCHEDULES + 1} of {len(table)}; the kernel's tables hold {MAXIMUM_SCHEDULES}",
            "one schedule a mode of the whole system, not one a partition",
        )


@rule(
    "BH-SCH-015",
    sentence="A core has at most 64 windows in one major frame.",
    wrong="windows: 65 of cpu 1",
    right="windows: 64 of cpu 1",
    keys=("schedules.*.windows",),
)
def windows(context: Context) -> Iterator[Finding]:
    for name, schedule in (context.system.schedules or {}).items():
        counts: dict[int, int] = {}
        for window in schedule.windows:
            core = int(window.cpu)
            counts[core] = counts.get(core, 0) + 1
            if counts[core] == MAXIMUM_WINDOWS + 1:
                yield Finding(
                    window.place,
                    f"core {core} has more than {MAXIMUM_WINDOWS} windows in `{name}`",
                    "a shorter major frame repeats what a long one writes out",
                )


@rule(
    "BH-SCH-016",
    sentence="At most 16 partitions share a core.",
    wrong="17 partitions with `cpus: 1`",
    right="16 partitions with `cpus: 1`",
    keys=("partitions.*.cpus",),
)
def sharers(context: Context) -> Iterator[Finding]:
    counts: dict[int, int] = {}
    for name, partition in context.partitions.items():
        for core in partition.cpus:
            counts[int(core)] = counts.get(int(core), 0) + 1
            if counts[int(core)] == MAXIMUM_CORE_VCPUS + 1 and defaults.scheduler_of(context.system, int(core)) != "null":
                yield Finding(
                    name.place,
                    f"`{name}` is partition number {MAXIMUM_CORE_VCPUS + 1} on core {core}; the kernel's tables hold {MAXIMUM_CORE_VCPUS}",
                    "move some to another core",
                )
