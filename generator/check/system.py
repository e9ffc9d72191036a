# SPDX-License-Identifier: Apache-2.0
"""Rules on the file as a whole: format, version, number of partitions, waivers."""

from __future__ import annotations

import re
from typing import Iterator

from generator import VERSION
from generator.check.context import Context
from generator.diagnostics import Finding, Place
from generator.rules import nearest_hint, rule, shape_rule

MAXIMUM_PARTITIONS = 64  # capacity of the kernel's tables

_CLAUSE = re.compile(r"(>=|<=|==|!=|<|>|~=)?\s*([0-9]+(?:\.[0-9]+){0,2})")


@rule(
    "BH-SYS-001",
    sentence="`format` is 1.",
    wrong="format: 2",
    right="format: 1",
    keys=("format",),
)
def format_known(context: Context) -> Iterator[Finding]:
    version = context.system.format
    if version != 1:
        yield Finding(
            version.place, f"`format: {version}` is not known", "this version reads `format: 1`"
        )


@rule(
    "BH-SYS-002",
    sentence="`requires` lists version limits.",
    wrong='requires: "newest"',
    right='requires: ">=0.1"',
    keys=("requires",),
)
def requires_readable(context: Context) -> Iterator[Finding]:
    text = context.system.requires
    if text is not None and not all(_CLAUSE.fullmatch(part.strip()) for part in text.split(",")):
        yield Finding(
            text.place,
            f"`requires: {text}` is not a limit on versions",
            'write `requires: ">=0.1"`; several limits with commas',
        )


def version_tuple(text: str) -> tuple[int, ...]:
    parts = [int(part) for part in text.split(".")]
    return tuple(parts + [0] * (3 - len(parts)))


def satisfies(version: str, limits: str) -> bool:
    """Whether a version meets all limits; limits that cannot be read do not count."""
    have = version_tuple(version)
    for part in limits.split(","):
        match = _CLAUSE.fullmatch(part.strip())
        if not match:
            continue
        sign, text = match.groups()
        limit = version_tuple(text)
        outcome = {
            None: have == limit,
            "==": have == limit,
            "!=": have != limit,
            ">=": have >= limit,
            "<=": have <= limit,
            ">": have > limit,
            "<": have < limit,
            "~=": have >= limit and have[0] == limit[0],
        }[sign]
        if not outcome:
            return False
    return True


@rule(
    "BH-SYS-003",
    sentence="This version of Bulkhead meets `requires`.",
    wrong='requires: ">=9.0"',
    right='requires: ">=0.1"',
    keys=("requires",),
)
def requires_met(context: Context) -> Iterator[Finding]:
    text = context.system.requires
    if text is not None and not satisfies(VERSION, str(text)):
        yield Finding(
            text.place,
            f"the file requires Bulkhead {text}, this is {VERSION}",
            "install a version that meets the limit, or change the limit",
        )


@rule(
    "BH-SYS-004",
    sentence="A system has a partition.",
    wrong="partitions: {}",
    right="partitions: {hello: {image: {native: hello}, cpus: 0, memory: 2 MiB}}",
    keys=("partitions",),
)
def has_partition(context: Context) -> Iterator[Finding]:
    table = context.system.partitions
    if not table.names:
        yield Finding(
            table.place,
            "the system has no partition",
            "add one: `hello: {image: {native: hello}, cpus: 0, memory: 2 MiB}`",
        )


@rule(
    "BH-SYS-005",
    sentence="A system has at most 64 partitions.",
    wrong="partitions: {p0: {...}, ... p64: {...}}",
    right="partitions: {p0: {...}, ... p63: {...}}",
    keys=("partitions",),
)
def not_too_many(context: Context) -> Iterator[Finding]:
    table = context.system.partitions
    if len(table.names) > MAXIMUM_PARTITIONS:
        yield Finding(
            table.place,
            f"{len(table.names)} partitions; the kernel's tables hold {MAXIMUM_PARTITIONS}",
            "put what belongs together into one partition",
        )


@shape_rule(
    "BH-SYS-006",
    sentence="A waiver of `accept` waives something.",
    wrong="accept: [{rule: BH-COL-002, reason: old, by: AB}]     # nothing warns of it",
    right="accept: []",
    keys=("accept",),
)
def waiver_unused(place: Place, identifier: str) -> Finding:
    return Finding(place, f"nothing here warns of {identifier}", "remove the waiver")


@shape_rule(
    "BH-SYS-007",
    sentence="A waiver names a rule.",
    wrong="accept: [{rule: BH-COL-02, reason: r, by: AB}]",
    right="accept: [{rule: BH-COL-002, reason: r, by: AB}]",
    keys=("accept",),
)
def waiver_unknown(place: Place, identifier: str, known: list[str]) -> Finding:
    return Finding(
        place,
        f"there is no rule `{identifier}`",
        nearest_hint(identifier, known, "rules") + "; see `bulkhead rules`",
    )


@shape_rule(
    "BH-SYS-008",
    sentence="Errors, and rules of the isolation class, cannot be waived.",
    wrong="accept: [{rule: BH-DEV-002, reason: r, by: AB}]",
    right="accept: []",
    keys=("accept",),
)
def waiver_not_allowed(place: Place, identifier: str, why: str) -> Finding:
    return Finding(
        place, f"{identifier} cannot be waived: {why}", "remove the waiver and mend the cause"
    )


@shape_rule(
    "BH-SYS-009",
    sentence="A rule is waived once.",
    wrong="accept: [{rule: BH-COL-002, ...}, {rule: BH-COL-002, ...}]",
    right="accept: [{rule: BH-COL-002, ...}]",
    keys=("accept",),
)
def waiver_twice(place: Place, identifier: str) -> Finding:
    return Finding(place, f"{identifier} is waived twice", "keep one waiver, with one reason")
