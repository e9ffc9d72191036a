# SPDX-License-Identifier: Apache-2.0
# implements: LLR-522, LLR-642
"""Places, findings, and the three ways in which they are printed: text, JSON, SARIF."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Iterable
from urllib.parse import quote


class Severity(str, Enum):
    """How much a finding weighs; an error makes the verb end with 1."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, order=True)
class Place:
    """Where a value stands: a file as the user would type it, line and column counted from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Finding:
    """What a rule function returns: the rule's id and severity are added by the registry."""

    place: Place
    message: str
    hint: str


@dataclass(frozen=True)
class Diagnostic:
    """One line of a verb's output."""

    rule: str
    severity: Severity
    place: Place
    message: str
    hint: str

    @property
    def file(self) -> str:
        return self.place.file

    @property
    def line(self) -> int:
        return self.place.line

    @property
    def column(self) -> int:
        return self.place.column

    def as_text(self, color: bool = False) -> str:
        """The two lines of the contract: `FILE:LINE:COL: severity[RULE]: what`, `  hint: fix`."""
        word = f"{self.severity.value}[{self.rule}]"
        if color:
            code = {"error": "31", "warning": "33", "note": "36"}[self.severity.value]
            word = f"\x1b[1;{code}m{word}\x1b[0m"
        return f"{self.place}: {word}: {self.message}\n  hint: {self.hint}"

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "hint": self.hint,
        }


@dataclass
class Diagnostics:
    """Collects everything a run finds; nothing stops at the first finding."""

    items: list[Diagnostic] = field(default_factory=list)
    strict: bool = False

    def add(self, diagnostic: Diagnostic) -> None:
        self.items.append(diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.items.extend(diagnostics)

    def sorted(self) -> list[Diagnostic]:
        """By place, each once; under `--strict` warnings have become errors."""
        unique = dict.fromkeys(self._strict(item) for item in self.items)
        return sorted(unique, key=lambda item: (item.place, item.rule, item.message))

    def _strict(self, item: Diagnostic) -> Diagnostic:
        if self.strict and item.severity is Severity.WARNING:
            return replace(item, severity=Severity.ERROR)
        return item

    def count(self, severity: Severity) -> int:
        return sum(1 for item in self.sorted() if item.severity is severity)

    @property
    def ok(self) -> bool:
        return self.count(Severity.ERROR) == 0

    def as_text(self, color: bool = False) -> str:
        return "".join(item.as_text(color) + "\n" for item in self.sorted())

    def as_json_list(self) -> list[dict[str, Any]]:
        return [item.as_json() for item in self.sorted()]


def sarif(diagnostics: Diagnostics, rules: Iterable[Any], version: str) -> str:
    """SARIF 2.1.0 for code hosts and editors. `rules` are the registry's entries."""
    levels = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
    used = {item.rule for item in diagnostics.items}
    driver_rules = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.sentence},
            "defaultConfiguration": {"level": levels[rule.severity]},
        }
        for rule in rules
        if rule.id in used
    ]
    results = [
        {
            "ruleId": item.rule,
            "level": levels[item.severity],
            "message": {"text": f"{item.message}\nhint: {item.hint}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": quote(item.file)},
                        "region": {"startLine": item.line, "startColumn": item.column},
                    }
                }
            ],
        }
        for item in diagnostics.sorted()
    ]
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "bulkhead", "version": version, "rules": driver_rules}},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
