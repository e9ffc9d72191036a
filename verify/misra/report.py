# SPDX-License-Identifier: Apache-2.0
"""Writes the judged findings as HTML, SARIF and JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import jinja2

from verify.misra.findings import Sources
from verify.misra.guidelines import HERE, Deviation, Guideline
from verify.misra.judgement import Judgement

TITLE = "Findings against our checks for MISRA C++:2023"
STATUS = {
    "violation": "open findings", "deviation": "deviations only", "quiet": "no finding by our check",
    "moot": "feature banned, ban checked", "none": "not looked at",
}


@dataclass
class Report:
    """All that the three forms print."""

    sources: Sources
    guidelines: dict[str, Guideline]
    reviewed: dict
    deviations: dict[str, Deviation]
    judgement: Judgement
    versions: dict[str, str]
    texts: dict[str, str]

    def status(self, guideline: Guideline) -> str:
        if guideline.reach == "none":
            return "none"
        if self.judgement.open_findings(guideline.id):
            return "violation"
        if self.judgement.deviating(guideline.id):
            return "deviation"
        return "moot" if guideline.reach == "moot" else "quiet"

    def counts(self) -> dict[str, int]:
        found = {name: 0 for name in STATUS}
        for guideline in self.guidelines.values():
            found[self.status(guideline)] += 1
        return found

    def source_hash(self) -> str:
        """Identifies what was looked at: names and contents of all files."""
        digest = hashlib.sha256()
        for path in sorted(self.sources.all_files):
            digest.update(path.relative_to(self.sources.root).as_posix().encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def scope(self) -> list[tuple[str, str, int]]:
        names = [path.relative_to(self.sources.root).as_posix() for path in self.sources.all_files]
        assembly = [path for folder in ("kernel", "partitions/runtime")
                    for path in (self.sources.root / folder).rglob("*.S")]
        return [
            ("hand-written C++", "kernel/, partitions/runtime/: all checks", len(names)),
            ("generated C++", "features.hpp, tables.cpp: parsed where included, findings not reported", 0),
            ("assembly", "kernel/, partitions/runtime/: not looked at by these checks", len(assembly)),
            ("adopted headers", "the compiler's freestanding headers: not looked at", 0),
        ]


def write(report: Report, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "misra.json").write_text(json.dumps(as_json(report), indent=2) + "\n", encoding="utf-8")
    (folder / "misra.sarif").write_text(json.dumps(as_sarif(report), indent=2) + "\n", encoding="utf-8")
    (folder / "misra.html").write_text(as_html(report), encoding="utf-8")


def as_html(report: Report) -> str:
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE), undefined=jinja2.StrictUndefined,
                                     autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("report.html.j2").render(
        title=TITLE, report=report, status=STATUS, counts=report.counts(), judgement=report.judgement)


def as_json(report: Report) -> dict:
    return {
        "title": TITLE, "reviewed": report.reviewed, "tools": report.versions, "sources": report.source_hash(),
        "counts": report.counts(), "errors": report.judgement.errors, "notes": report.judgement.notes,
        "guidelines": [{
            "id": g.id, "category": g.effective_category, "decidability": g.decidability, "reach": g.reach,
            "status": STATUS[report.status(g)], "open": len(report.judgement.open_findings(g.id)),
            "deviating": len(report.judgement.deviating(g.id)),
        } for g in report.guidelines.values()],
        "findings": [{
            "guideline": e.guideline, "path": e.finding.path, "line": e.finding.line, "column": e.finding.column,
            "check": e.finding.check, "message": e.finding.message, "deviation": e.deviation,
        } for e in report.judgement.judged],
    }


def as_sarif(report: Report) -> dict:
    rules = [{"id": g.id, "shortDescription": {"text": f"Our check: {g.check or 'none; not looked at'}"},
              "properties": {"category": g.effective_category, "decidability": g.decidability, "reach": g.reach}}
             for g in report.guidelines.values()]
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    level = {"mandatory": "error", "required": "error", "advisory": "warning"}
    results = []
    for entry in report.judgement.judged:
        guideline = report.guidelines[entry.guideline]
        result = {
            "ruleId": entry.guideline, "ruleIndex": index[entry.guideline], "level": level[guideline.effective_category],
            "message": {"text": f"{entry.finding.message} [{entry.finding.check}]"},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": entry.finding.path, "uriBaseId": "ROOT"},
                "region": {"startLine": entry.finding.line, "startColumn": max(entry.finding.column, 1)}}}],
        }
        if entry.deviation:
            result["suppressions"] = [{"kind": "external", "justification": entry.deviation}]
        results.append(result)
    notifications = [{"level": "error", "message": {"text": f"{f.path}: {f.tool}: {f.message}"}}
                     for f in report.judgement.failures]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "bulkhead verify.misra", "rules": rules,
                                "properties": {"tools": report.versions}}},
            "invocations": [{"executionSuccessful": not report.judgement.failures,
                             "toolExecutionNotifications": notifications}],
            "results": results,
        }],
    }
