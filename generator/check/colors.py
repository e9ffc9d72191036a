# SPDX-License-Identifier: Apache-2.0
"""Rules on cache colours."""

from __future__ import annotations

from typing import Iterator

from generator.check.context import Context
from generator.colors import COLORS, parse
from generator.diagnostics import Finding, Severity
from generator.keys import Text
from generator.rules import rule


def _all(context: Context) -> Iterator[tuple[str, Text]]:
    hypervisor = context.system.hypervisor
    if hypervisor is not None:
        yield "the kernel", hypervisor.colors
    for name, partition in context.partitions.items():
        yield f"`{name}`", partition.memory.colors


def _sets(context: Context) -> list[tuple[str, Text, frozenset[int]]]:
    found = []
    for who, text in _all(context):
        colors = parse(str(text))
        if isinstance(colors, frozenset):
            found.append((who, text, colors))
    return found


@rule(
    "BH-COL-001",
    sentence="Colours are `any`, `rest`, or numbers of 0 to 15 like `8-15`.",
    wrong="colors: 12-20",
    right="colors: 12-15",
    keys=("partitions.*.memory.colors", "hypervisor.colors"),
)
def readable(context: Context) -> Iterator[Finding]:
    for who, text in _all(context):
        colors = parse(str(text))
        beyond = isinstance(colors, frozenset) and max(colors) >= COLORS
        if colors is None or beyond:
            yield Finding(
                text.place,
                f"`colors: {text}` of {who} is not a set of colours 0 to {COLORS - 1}",
                "write `any`, `rest`, or numbers like `8-15` or `0,2,4`",
            )


@rule(
    "BH-COL-002",
    severity=Severity.WARNING,
    sentence="A partition's colours are its own: nobody else has them or `any`.",
    wrong="a: {memory: {size: 8 MiB, colors: 8-15}, ...}\nb: {memory: 8 MiB, ...}     # colors: any",
    right="a: {memory: {size: 8 MiB, colors: 8-15}, ...}\nb: {memory: {size: 8 MiB, colors: rest}, ...}",
    keys=("partitions.*.memory.colors", "hypervisor.colors"),
)
def own_colors(context: Context) -> Iterator[Finding]:
    everything = [who for who, text in _all(context) if text == "any"]
    if context.system.hypervisor is None:
        everything.insert(0, "the kernel")
    for who, text, colors in _sets(context):
        others = list(everything)
        others += [other for other, _, taken in _sets(context) if other != who and taken & colors]
        if others:
            yield Finding(
                text.place,
                f"{who} has colours {text}, but shares cache with {', '.join(others)}",
                "give the others `colors: rest`, or accept the interference with a reason",
            )


@rule(
    "BH-COL-003",
    sentence="Coloured memory is not identity-mapped or pinned: colours scatter its pages.",
    wrong="memory: {size: 8 MiB, map: identity, colors: 8-15}",
    right="memory: {size: 8 MiB, colors: 8-15}",
    keys=("partitions.*.memory",),
)
def colored_is_scattered(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        memory = partition.memory
        if memory.colors != "any" and (memory.map is not None or memory.physical is not None):
            what = "`map: identity`" if memory.map is not None else "`physical`"
            yield Finding(
                memory.colors.place,
                f"`{name}` has colours and {what}",
                "one contiguous piece has all colours: remove one of the two",
            )


@rule(
    "BH-COL-004",
    sentence="`rest` leaves something: other sets do not take all colours.",
    wrong="a: {memory: {size: 8 MiB, colors: 0-15}, ...}\nb: {memory: {size: 8 MiB, colors: rest}, ...}",
    right="a: {memory: {size: 8 MiB, colors: 0-7}, ...}\nb: {memory: {size: 8 MiB, colors: rest}, ...}",
    keys=("partitions.*.memory.colors", "hypervisor.colors"),
)
def rest_left(context: Context) -> Iterator[Finding]:
    taken: set[int] = set()
    for _, _, colors in _sets(context):
        taken |= colors
    for who, text in _all(context):
        if text == "rest" and len(taken & set(range(COLORS))) == COLORS:
            yield Finding(
                text.place,
                f"no colour is left for {who}: others take all {COLORS}",
                "take colours away from the others",
            )
