# SPDX-License-Identifier: Apache-2.0
"""Rules on criticality levels."""

from __future__ import annotations

from typing import Iterator

from generator.check.context import Context
from generator.defaults import SCHEMES, level_rank, scheme_of
from generator.diagnostics import Finding
from generator.model import Criticality
from generator.rules import nearest_hint, rule


def _declared(context: Context) -> Iterator[tuple[str, Criticality, str | None]]:
    for name, partition in context.partitions.items():
        entry = partition.criticality
        if entry is not None:
            scheme = None if entry.scheme is None else str(entry.scheme)
            yield str(name), entry, scheme_of(str(entry.level), scheme)


@rule(
    "BH-CRI-001",
    sentence="The scheme of a level is DO-178C, ISO-26262 or IEC-61508.",
    wrong="criticality: {level: A, scheme: DO-254}",
    right="criticality: {level: A, scheme: DO-178C}",
    keys=("partitions.*.criticality.scheme",),
)
def scheme_known(context: Context) -> Iterator[Finding]:
    for _, entry, scheme in _declared(context):
        if scheme is None and entry.scheme is not None:
            yield Finding(
                entry.scheme.place,
                f"the scheme `{entry.scheme}` is not known",
                nearest_hint(str(entry.scheme), set(SCHEMES), "schemes"),
            )


@rule(
    "BH-CRI-002",
    sentence="A level is one of its scheme.",
    wrong="criticality: {level: F, scheme: DO-178C}",
    right="criticality: {level: E, scheme: DO-178C}",
    keys=("partitions.*.criticality.level",),
)
def level_known(context: Context) -> Iterator[Finding]:
    forms = {
        "DO-178C": "A to E",
        "ISO-26262": "QM, ASIL A to ASIL D",
        "IEC-61508": "SIL 1 to SIL 4",
    }
    for _, entry, scheme in _declared(context):
        if scheme is not None and level_rank(str(entry.level), scheme) is None:
            yield Finding(
                entry.level.place,
                f"`{entry.level}` is not a level of {scheme}",
                f"levels of {scheme}: {forms[scheme]}",
            )


@rule(
    "BH-CRI-003",
    sentence="A system uses one scheme: levels of two cannot be compared.",
    wrong="a: {criticality: {level: A, scheme: DO-178C}, ...}\nb: {criticality: {level: ASIL B}, ...}",
    right="a: {criticality: {level: A, scheme: DO-178C}, ...}\nb: {criticality: {level: C, scheme: DO-178C}, ...}",
    keys=("partitions.*.criticality",),
)
def one_scheme(context: Context) -> Iterator[Finding]:
    first: tuple[str, str] | None = None
    for name, entry, scheme in _declared(context):
        if scheme is None:
            continue
        if first is not None and scheme != first[1]:
            yield Finding(
                entry.place,
                f"`{name}` has a level of {scheme}, `{first[0]}` one of {first[1]}",
                "map all levels to one scheme",
            )
        first = first or (name, scheme)
