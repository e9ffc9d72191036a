# SPDX-License-Identifier: Apache-2.0
"""The judgement itself: each kind of expectation fails when it ought to."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import scenario as scenarios  # noqa: E402  (a module beside this one; pytest imports by path)

OUTPUT = scenarios.Output((("bulkhead", "banner"), ("a", "one"), ("b", "one"), ("a", "two")))


def line(console: str, pattern: str) -> scenarios.Line:
    return scenarios.Line(console, re.compile(pattern))


def judged(**expectations) -> list[str]:
    return scenarios.judge(scenarios.Scenario("n", "s.", (), "s", (), **expectations), OUTPUT)


def test_expected_lines_come_in_order() -> None:
    assert judged(expect=(line("a", "one"), line("a", "two"))) == []
    assert judged(expect=(line("a", "two"), line("a", "one"))) == ["not seen after line 4: [a] one"]


def test_a_line_counts_only_on_its_console() -> None:
    assert judged(anywhere=(line("b", "two"),)) == ["not seen: [b] two"]


def test_counts_and_forbidden_lines() -> None:
    assert judged(count=(scenarios.Count(line("a", "o"), 2),)) == []
    assert judged(count=(scenarios.Count(line("a", "one"), 2),)) == ["seen 1 times, not 2: [a] one"]
    assert judged(never=(line("b", "^one$"),)) == ["must not come: [b] one"]


def test_json_lines_are_parsed() -> None:
    parsed = scenarios.parse('{"t_ns": 1, "partition": "a", "text": "x"}\n{"t_ns": 2, "partition": "bulkhead", "event": "poweroff"}\n')
    assert parsed.lines == (("a", "x"),) and parsed.events[0]["event"] == "poweroff"


def test_unknown_keys_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("about: x.\nverifies: [LLR-1]\nsystem: s\nsteps: []\nexpekt: []\n")
    with pytest.raises(ValueError, match="expekt"):
        scenarios.load(path)
