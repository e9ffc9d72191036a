# SPDX-License-Identifier: Apache-2.0
"""Rules on cores and how they are shared."""

from __future__ import annotations

from typing import Iterator

from generator.check.context import Context
from generator.defaults import partitions_on, scheduler_of, supervisor_of
from generator.diagnostics import Finding
from generator.rules import rule


def _board_cores(context: Context) -> str:
    count = len(context.cores)
    name = context.board.name if context.board is not None else "the board"
    return f"`{name}` has cores 0 to {count - 1}"


@rule(
    "BH-CPU-003",
    sentence="A partition's cores are cores of the board.",
    wrong="cpus: 4          # on a board with four cores",
    right="cpus: 3",
    keys=("partitions.*.cpus",),
    board=True,
)
def partition_core_exists(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        missing = [core for core in partition.cpus if core not in context.cores]
        if missing:
            listed = ", ".join(str(core) for core in missing[:4]) + (", ..." if missing[4:] else "")
            word = "core" if len(missing) == 1 else "cores"
            yield Finding(
                missing[0].place,
                f"partition `{name}` names {word} {listed}, which the board has not",
                _board_cores(context),
            )


@rule(
    "BH-CPU-004",
    sentence="The cores under `cpus:` are cores of the board.",
    wrong="cpus: {4: {scheduler: arinc653}}",
    right="cpus: {3: {scheduler: arinc653}}",
    keys=("cpus",),
    board=True,
)
def scheduled_core_exists(context: Context) -> Iterator[Finding]:
    for core in context.system.cpus or {}:
        if core not in context.cores:
            yield Finding(
                core.place,
                f"`cpus` names core {core}, which the board has not",
                _board_cores(context),
            )


@rule(
    "BH-CPU-005",
    sentence="Two partitions share a core only under a scheduler.",
    wrong="a: {cpus: 0, ...}\nb: {cpus: 0, ...}",
    right="cpus: {0: {scheduler: arinc653}}\n# ... and windows for a and b, or one core each",
    keys=("partitions.*.cpus", "cpus"),
    isolation=True,
)
def shared_core_has_scheduler(context: Context) -> Iterator[Finding]:
    first: dict[int, str] = {}
    for name, partition in context.partitions.items():
        for core in partition.cpus:
            if scheduler_of(context.system, core) != "null":
                continue
            if core in first:
                yield Finding(
                    core.place,
                    f"core {core} belongs to `{first[core]}` and `{name}`, and its scheduler is `null`",
                    f"give each a core of its own, or write `cpus: {{{core}: {{scheduler: arinc653}}}}`"
                    " and windows for both",
                )
            first.setdefault(int(core), str(name))


@rule(
    "BH-CPU-006",
    sentence="A core with a scheduler has partitions.",
    wrong="cpus: {3: {scheduler: arinc653}}     # no partition names core 3",
    right="cpus: {1: {scheduler: arinc653}}",
    keys=("cpus", "partitions.*.cpus"),
)
def scheduler_has_work(context: Context) -> Iterator[Finding]:
    if context.system.partitions.broken:
        return
    for core, entry in (context.system.cpus or {}).items():
        if entry.scheduler != "null" and not partitions_on(context.system, core):
            yield Finding(
                entry.scheduler.place,
                f"core {core} has the scheduler `{entry.scheduler}`, but no partition",
                f"name core {core} in a partition's `cpus`, or remove the entry",
            )


@rule(
    "BH-CPU-007",
    sentence="All cores of a partition have the same scheduler.",
    wrong="cpus: {1: {scheduler: arinc653}}\n# and a partition with `cpus: [0, 1]`",
    right="cpus: {0-1: {scheduler: arinc653}}",
    keys=("cpus", "partitions.*.cpus"),
)
def one_scheduler(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        kinds = {int(core): scheduler_of(context.system, core) for core in partition.cpus}
        if len(set(kinds.values())) > 1:
            listed = ", ".join(f"{core}: {kind}" for core, kind in kinds.items())
            yield Finding(
                partition.cpus.place,
                f"the cores of `{name}` have different schedulers ({listed})",
                "give them the same one: the partition's vCPUs must be able to run together",
            )


@rule(
    "BH-CPU-008",
    sentence="A partition has at most 8 cores.",
    wrong="cpus: 0-8",
    right="cpus: 0-7",
    keys=("partitions.*.cpus",),
)
def not_too_many_vcpus(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        if len(partition.cpus) > 8:
            yield Finding(
                partition.cpus.place,
                f"partition `{name}` has {len(partition.cpus)} cores; the kernel's tables hold 8",
                "name at most 8 cores",
            )


# implements: LLR-530
@rule(
    "BH-CPU-009",
    sentence="One core is left to be the supervisor: it takes direct cores back, and does by its timer what they cannot.",
    wrong="every core with a partition of `interrupts: direct`",
    right="one core without a partition, or with one of `interrupts: virtual`",
    keys=("partitions.*.interrupts", "hypervisor.supervisor"),
    board=True,
)
def supervisor_left(context: Context) -> Iterator[Finding]:
    if supervisor_of(context.system, context.board) is None:
        last = [partition for partition in context.partitions.values() if partition.interrupts == "direct"][-1]
        yield Finding(
            last.interrupts.place,
            f"every core of `{context.board.name}` has a partition with `interrupts: direct`: none is left to be the supervisor",
            "leave one core without a partition, or let the partition on it have `interrupts: virtual`: the supervisor core does halts and"
            " restarts of direct partitions, `start.timeout`, watchdogs, `hypervisor.integrity`, the console, and the power-off after the last halt",
        )
