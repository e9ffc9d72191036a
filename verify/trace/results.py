# SPDX-License-Identifier: Apache-2.0
# implements: LLR-683
"""Reads JUnit files and says which items were verified by an executed test."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

from verify.trace.tags import Tag, split_ids


@dataclass(frozen=True)
class Result:
    """One executed test."""

    name: str
    outcome: str  # passed | failed | skipped
    file: str
    uids: tuple[str, ...] = ()


@dataclass
class Evidence:
    """What the executed tests say about one item."""

    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def verified(self) -> bool:
        return bool(self.passed) and not self.failed


def read_junit(paths: list[Path]) -> list[Result]:
    results: list[Result] = []
    for path in paths:
        files = sorted(path.rglob("*.xml")) if path.is_dir() else [path]
        for file in files:
            for case in ElementTree.parse(file).getroot().iter("testcase"):
                results.append(_result(case, file))
    return results


def _result(case: ElementTree.Element, file: Path) -> Result:
    outcome = "passed"
    if case.find("failure") is not None or case.find("error") is not None:
        outcome = "failed"
    elif case.find("skipped") is not None:
        outcome = "skipped"
    uids: list[str] = []
    for entry in case.iter("property"):
        if entry.get("name") == "verifies":
            uids.extend(split_ids(entry.get("value") or entry.text or ""))
    return Result(case.get("name", ""), outcome, file.name, tuple(uids))


def join(results: list[Result], tags: list[Tag]) -> dict[str, Evidence]:
    """A result counts for the ids in its own properties and for those its source's tag names."""
    by_name: dict[str, set[str]] = {}
    for tag in tags:
        by_name.setdefault(tag.test, set()).add(tag.uid)
    evidence: dict[str, Evidence] = {}
    for result in results:
        for uid in sorted(set(result.uids) | by_name.get(source_name(result.name, by_name), set())):
            getattr(evidence.setdefault(uid, Evidence()), result.outcome).append(result.name)
    return evidence


def source_name(name: str, known: dict[str, set[str]]) -> str:
    """The test's name in its source: pytest adds parameters, Catch2 the section behind a slash."""
    if name.startswith("test_"):
        return name.split("[")[0]
    while name not in known and "/" in name:
        name = name.rsplit("/", 1)[0]
    return name
