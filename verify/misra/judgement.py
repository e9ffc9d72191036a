# SPDX-License-Identifier: Apache-2.0
# implements: LLR-692
"""Joins findings with guidelines, deviations and the baseline: what is open, what deviates, what is wrong with records."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from verify.misra.findings import Finding, ParseFailure
from verify.misra.guidelines import HERE, Deviation, Guideline

MARK = re.compile(r"//\s*(DEV-\d{4}):\s*(.*)$")


@dataclass(frozen=True)
class Mark:
    """A deviation named in the code; it covers its own line, or the next one if it stands alone."""

    deviation: str
    path: str
    line: int
    covers: int
    reason: str


@dataclass
class Judged:
    """A finding with its guideline and what became of it."""

    finding: Finding
    guideline: str
    deviation: str = ""


@dataclass
class Judgement:
    """The outcome: every finding once a guideline, and the errors that fail the report."""

    judged: list[Judged] = field(default_factory=list)
    failures: list[ParseFailure] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def open_findings(self, guideline: str) -> list[Judged]:
        return [entry for entry in self.judged if entry.guideline == guideline and not entry.deviation]

    def deviating(self, guideline: str) -> list[Judged]:
        return [entry for entry in self.judged if entry.guideline == guideline and entry.deviation]


def read_marks(root: Path, files: list[Path]) -> list[Mark]:
    marks = []
    for path in files:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            match = MARK.search(line)
            if match:
                alone = not line[:match.start()].strip()
                covers = number
                while alone and covers <= len(lines) and (covers == number or lines[covers - 1].lstrip().startswith("//")):
                    covers += 1
                marks.append(Mark(match.group(1), path.relative_to(root).as_posix(), number, covers, match.group(2)))
    return marks


def judge(findings: list[Finding], failures: list[ParseFailure], guidelines: dict[str, Guideline],
          deviations: dict[str, Deviation], marks: list[Mark], baseline: dict[str, dict[str, int]]) -> Judgement:
    result = Judgement(failures=failures)
    by_check: dict[str, list[str]] = {}
    for guideline in guidelines.values():
        if guideline.reach != "moot":
            for check in guideline.checks:
                by_check.setdefault(check, []).append(guideline.id)
    # A broken ban is reported for the guideline that bans it, or for all that rest on it where none does.
    for guideline in guidelines.values():
        if guideline.reach == "moot":
            for check in guideline.checks:
                if not any(guidelines[other].reach != "moot" for other in by_check.get(check, [])):
                    by_check.setdefault(check, []).append(guideline.id)
    used: set[str] = set()
    used_marks: set[Mark] = set()
    for finding in findings:
        for guideline_id in by_check.get(finding.check, []):
            entry = Judged(finding, guideline_id)
            mark = next((mark for mark in marks if mark.path == finding.path and mark.covers == finding.line
                         and guideline_id in covered(deviations, mark.deviation, finding.path)), None)
            permit = next((d for d in deviations.values() if d.kind == "permit" and guideline_id in d.guidelines
                           and in_scope(d, finding.path)), None)
            if mark:
                entry.deviation = mark.deviation
                used_marks.add(mark)
                used.add(mark.deviation)
            elif permit:
                entry.deviation = permit.id
                used.add(permit.id)
            result.judged.append(entry)
    result.errors += [f"{failure.path}: {failure.tool} could not parse it: {failure.message}" for failure in failures]
    result.errors += mark_errors(marks, used_marks, deviations)
    result.errors += [f"deviations.yml: {name} is used by no finding" for name in sorted(set(deviations) - used)]
    against_baseline(result, baseline)
    return result


def in_scope(deviation: Deviation, path: str) -> bool:
    return any(fnmatch.fnmatch(path, pattern) for pattern in deviation.scope)


def covered(deviations: dict[str, Deviation], name: str, path: str) -> tuple[str, ...]:
    deviation = deviations.get(name)
    return deviation.guidelines if deviation and in_scope(deviation, path) else ()


def mark_errors(marks: list[Mark], used: set[Mark], deviations: dict[str, Deviation]) -> list[str]:
    errors = []
    for mark in marks:
        place = f"{mark.path}:{mark.line}: {mark.deviation}"
        if mark.deviation not in deviations:
            errors.append(f"{place} is in no deviation record")
        elif not mark.reason:
            errors.append(f"{place} gives no reason")
        elif mark not in used:
            errors.append(f"{place} covers no finding")
    return errors


def count_open(result: Judgement) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for entry in result.judged:
        if not entry.deviation:
            files = counts.setdefault(entry.guideline, {})
            files[entry.finding.path] = files.get(entry.finding.path, 0) + 1
    return counts


def against_baseline(result: Judgement, baseline: dict[str, dict[str, int]]) -> None:
    """More open findings than the baseline states are an error; fewer are a note, so that it gets lowered."""
    counts = count_open(result)
    for guideline in sorted(set(counts) | set(baseline)):
        files = set(counts.get(guideline, {})) | set(baseline.get(guideline, {}))
        for path in sorted(files):
            now, then = counts.get(guideline, {}).get(path, 0), baseline.get(guideline, {}).get(path, 0)
            if now > then:
                places = [f"{e.finding.path}:{e.finding.line}:{e.finding.column}: {e.finding.message} [{e.finding.check}]"
                          for e in result.open_findings(guideline) if e.finding.path == path]
                result.errors.append(f"{guideline}: {now} findings in {path}, baseline {then}:\n  " + "\n  ".join(places))
            elif now < then:
                result.notes.append(f"{guideline}: {path} is down to {now} from {then}: lower the baseline")


def load_baseline(path: Path = HERE / "baseline.yml") -> dict[str, dict[str, int]]:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.exists() else {}


def save_baseline(result: Judgement, path: Path = HERE / "baseline.yml") -> None:
    head = ("# SPDX-License-Identifier: Apache-2.0\n"
            "# Open findings that are known: each is a violation and is reported as one; only more of them fail a run.\n")
    path.write_text(head + yaml.safe_dump(count_open(result), sort_keys=True), encoding="utf-8")
