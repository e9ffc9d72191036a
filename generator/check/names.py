# SPDX-License-Identifier: Apache-2.0
"""Rules on names and ids."""

from __future__ import annotations

from typing import Any, Iterator

from generator.check.context import Context
from generator.check.system import MAXIMUM_PARTITIONS
from generator.diagnostics import Finding
from generator.keys import Table, Text
from generator.rules import rule

RESERVED = "bulkhead"
MAXIMUM_CHANNELS = 64
MAXIMUM_SCHEDULES = 16


def _tables(context: Context) -> Iterator[tuple[str, Table]]:
    """Every table whose keys are names that the file gives."""
    system = context.system
    for kind in ("partitions", "hardware", "reserved", "schedules", "channels", "data"):
        table = getattr(system, kind)
        if table is not None:
            yield kind, table
    for partition in context.partitions.values():
        if partition.regions is not None:
            yield "regions", partition.regions


@rule(
    "BH-NAM-002",
    sentence="The name `bulkhead` is the hypervisor's own.",
    wrong="system: bulkhead",
    right="system: cockpit",
    keys=("system", "partitions"),
)
def reserved_name(context: Context) -> Iterator[Finding]:
    names: list[Text] = [context.system.system]
    for _, table in _tables(context):
        names.extend(table)
    for name in names:
        if name == RESERVED:
            yield Finding(
                name.place,
                f"the name `{RESERVED}` is the hypervisor's own",
                "consoles and reports use it; choose another name",
            )


@rule(
    "BH-NAM-003",
    sentence="Names of one kind differ in more than `-` and `_`: C makes them equal.",
    wrong="channels: {air-data: {...}, air_data: {...}}",
    right="channels: {air_data: {...}, air_speed: {...}}",
)
def same_in_c(context: Context) -> Iterator[Finding]:
    for kind, table in _tables(context):
        seen: dict[str, Text] = {}
        for name in table:
            folded = name.replace("-", "_")
            if folded in seen:
                yield Finding(
                    name.place,
                    f"`{name}` and `{seen[folded]}` in `{kind}` are the same name in C",
                    f"`-` becomes `_` in generated headers; rename one (line {seen[folded].place.line})",
                )
            seen.setdefault(folded, name)


def _pinned(context: Context) -> Iterator[tuple[str, Text, Any]]:
    for kind in ("partitions", "channels", "schedules"):
        for name, entry in (getattr(context.system, kind) or {}).items():
            if entry.id is not None:
                yield kind, name, entry.id


@rule(
    "BH-NAM-004",
    sentence="An id is pinned once within its kind.",
    wrong="partitions: {a: {id: 1, ...}, b: {id: 1, ...}}",
    right="partitions: {a: {id: 1, ...}, b: {id: 2, ...}}",
)
def id_twice(context: Context) -> Iterator[Finding]:
    seen: dict[tuple[str, int], Text] = {}
    for kind, name, number in _pinned(context):
        first = seen.setdefault((kind, int(number)), name)
        if first is not name:
            yield Finding(
                number.place,
                f"`{name}` and `{first}` in `{kind}` both pin id {number}",
                "pin another id, or leave it out: ids follow the order in the file",
            )


@rule(
    "BH-NAM-005",
    sentence="A pinned id fits the kernel's tables: partitions 63, channels 63, schedules 15.",
    wrong="partitions: {a: {id: 64, ...}}",
    right="partitions: {a: {id: 63, ...}}",
)
def id_too_large(context: Context) -> Iterator[Finding]:
    limits = {
        "partitions": MAXIMUM_PARTITIONS,
        "channels": MAXIMUM_CHANNELS,
        "schedules": MAXIMUM_SCHEDULES,
    }
    for kind, name, number in _pinned(context):
        if number >= limits[kind]:
            yield Finding(
                number.place,
                f"id {number} of `{name}` is too large: {kind} have ids 0 to {limits[kind] - 1}",
                "pin a smaller id, or leave it out",
            )
