# SPDX-License-Identifier: Apache-2.0
# implements: LLR-521
"""The registry of rules: one rule is one function with one id, one manual line and two examples.

Two kinds share it. A *shape* rule is called by the loader or the model at the place of the mistake
and returns the finding. A *meaning* rule is a generator that looks at the whole system.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable

from generator.diagnostics import Diagnostic, Finding, Severity

_ID = re.compile(r"BH-[A-Z]{3}-[0-9]{3}")


@dataclass(frozen=True)
class Rule:
    """A rule as `rules` and `explain` print it."""

    id: str
    severity: Severity
    build_severity: Severity
    isolation: bool
    sentence: str
    wrong: str
    right: str
    keys: tuple[str, ...]
    meaning: bool
    needs_board: bool
    function: Callable[..., Any]

    @property
    def topic(self) -> str:
        return self.id.split("-")[1]

    def severity_at(self, stage: str) -> Severity:
        return self.build_severity if stage == "build" else self.severity

    def diagnose(self, finding: Finding, stage: str = "check") -> Diagnostic:
        return Diagnostic(
            self.id, self.severity_at(stage), finding.place, finding.message, finding.hint
        )


_registry: dict[str, Rule] = {}


def rule(
    identifier: str,
    *,
    sentence: str,
    wrong: str,
    right: str,
    keys: tuple[str, ...] = (),
    severity: Severity = Severity.ERROR,
    build_severity: Severity | None = None,
    isolation: bool = False,
    meaning: bool = True,
    board: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers the function below it. Ids are given once and never reused. `board=True`: the rule
    asks the board and is left out where the board is unknown; likewise each section of `keys`."""
    if not _ID.fullmatch(identifier):
        raise ValueError(f"{identifier} is not of the form BH-TOP-NNN")

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        if identifier in _registry:
            raise ValueError(f"{identifier} is taken by {_registry[identifier].function.__name__}")
        entry = Rule(
            id=identifier,
            severity=severity,
            build_severity=build_severity or severity,
            isolation=isolation,
            sentence=sentence,
            wrong=wrong.strip("\n"),
            right=right.strip("\n"),
            keys=keys,
            meaning=meaning,
            needs_board=board,
            function=function,
        )
        _registry[identifier] = entry
        function.rule = entry  # type: ignore[attr-defined]
        return function

    return register


def shape_rule(identifier: str, **facts: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A rule that the loader or the model calls at the place of the mistake."""
    return rule(identifier, meaning=False, **facts)


def registered() -> list[Rule]:
    """All rules in the order of their ids; the topic modules are imported on first use."""
    import generator.check  # noqa: F401  (registers every topic)

    generator.check.load_topics()
    return [_registry[identifier] for identifier in sorted(_registry)]


def nearest(word: str, known: Any) -> str | None:
    """The known word that a slip of the keyboard most likely meant."""
    import difflib

    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.5)
    return close[0] if close else None


def nearest_hint(word: str, known: Any, kind: str, otherwise: str = "") -> str:
    """The usual hint for an unknown word."""
    close = nearest(word, known)
    if close:
        return f"did you mean `{close}`?"
    if known:
        listed = sorted(known)
        shown = ", ".join(f"`{name}`" for name in listed[:12])
        more = f" and {len(listed) - 12} more" if len(listed) > 12 else ""
        return f"known {kind}: {shown}{more}"
    return otherwise or f"there is no {kind} to name"
