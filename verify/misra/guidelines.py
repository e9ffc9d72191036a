# SPDX-License-Identifier: Apache-2.0
# implements: LLR-694
"""Reads guidelines.yml, the one source of the report, and deviations.yml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
CATEGORIES = ("mandatory", "required", "advisory")
REACHES = ("full", "partial", "moot", "none")
TOOLS = ("gcc", "clang", "clang-tidy", "cppcheck", "own")
NUMBER_OF_GUIDELINES = 179


class SourceError(Exception):
    """guidelines.yml or deviations.yml is malformed."""


@dataclass(frozen=True)
class Guideline:
    """One guideline: MISRA's number and attributes, and our check of it."""

    id: str
    category: str
    decidability: str
    reach: str
    checks: tuple[str, ...]
    check: str
    recategorised: str

    @property
    def effective_category(self) -> str:
        return self.recategorised or self.category


@dataclass(frozen=True)
class Deviation:
    """A record (each use named in the code) or a permit (all uses within its scope)."""

    id: str
    kind: str
    guidelines: tuple[str, ...]
    scope: tuple[str, ...]
    reason: str
    risk: str
    mitigation: str
    approved: dict


def load_guidelines(path: Path = HERE / "guidelines.yml") -> tuple[dict[str, Guideline], dict]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    guidelines: dict[str, Guideline] = {}
    for entry in content["guidelines"]:
        guideline = Guideline(
            id=entry["id"], category=entry["category"], decidability=entry["decidability"], reach=entry["reach"],
            checks=tuple(entry.get("checks", ())), check=entry.get("check", ""),
            recategorised=entry.get("recategorised", ""))
        _validate(guideline, guidelines)
        guidelines[guideline.id] = guideline
    if len(guidelines) != NUMBER_OF_GUIDELINES:
        raise SourceError(f"{len(guidelines)} guidelines instead of {NUMBER_OF_GUIDELINES}")
    return guidelines, content["reviewed"]


def _validate(guideline: Guideline, known: dict[str, Guideline]) -> None:
    if guideline.id in known:
        raise SourceError(f"{guideline.id} stands twice")
    if guideline.category not in CATEGORIES or guideline.reach not in REACHES:
        raise SourceError(f"{guideline.id}: unknown category or reach")
    if (guideline.reach == "none") != (not guideline.checks):
        raise SourceError(f"{guideline.id}: `reach: none` and checks exclude each other")
    if guideline.checks and not guideline.check:
        raise SourceError(f"{guideline.id}: says not what its check reports")
    for check in guideline.checks:
        if check.split(":")[0] not in TOOLS:
            raise SourceError(f"{guideline.id}: unknown tool in {check}")
    if guideline.recategorised:
        if guideline.category == "mandatory" or (
                CATEGORIES.index(guideline.recategorised) >= CATEGORIES.index(guideline.category)):
            raise SourceError(f"{guideline.id}: a category may only be tightened, mandatory is fixed")


def load_deviations(guidelines: dict[str, Guideline], path: Path = HERE / "deviations.yml") -> dict[str, Deviation]:
    deviations: dict[str, Deviation] = {}
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
        deviation = Deviation(
            id=entry["id"], kind=entry["kind"], guidelines=tuple(entry["guidelines"]), scope=tuple(entry["scope"]),
            reason=entry["reason"], risk=entry["risk"], mitigation=entry["mitigation"], approved=entry["approved"])
        if deviation.id in deviations:
            raise SourceError(f"{deviation.id} stands twice")
        if deviation.kind not in ("record", "permit"):
            raise SourceError(f"{deviation.id}: kind is record or permit")
        for guideline in deviation.guidelines:
            if guideline not in guidelines:
                raise SourceError(f"{deviation.id}: unknown guideline {guideline}")
            if guidelines[guideline].effective_category == "mandatory":
                raise SourceError(f"{deviation.id}: nothing may deviate from {guideline}, which is mandatory")
        deviations[deviation.id] = deviation
    return deviations
