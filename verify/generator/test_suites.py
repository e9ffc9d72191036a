# SPDX-License-Identifier: Apache-2.0
"""What `test` makes of the JUnit files: numbers, what a failed test said, and tests that passed only when repeated."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from generator.suites import MOST_REPEATED, Failure, Outcome


def outcome(folder: Path, *cases: str) -> Outcome:
    path = folder / "junit.xml"
    path.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
    found = Outcome("trial")
    found.take(str(path))
    found.judge_repeated()
    return found


def case(name: str, inside: str = "") -> str:
    return f'<testcase classname="target.t" name="{name}">{inside}</testcase>'


def repeated(message: str) -> str:
    return f'<properties><property name="repeated" value={quoteattr(message, {chr(10): "&#10;"})}/></properties>'


@pytest.mark.parametrize("inside", ['<failure message="not seen&#10;&#10;[alpha] x">text</failure>', "<error>not seen\n[alpha] x</error>"])
def test_a_failure_is_told_with_its_message(tmp_path, inside):
    found = outcome(tmp_path, case("a"), case("b", inside), case("c", "<skipped/>"))
    assert (found.passed, found.failed, found.skipped) == (1, 1, 1)
    assert found.failures == [Failure("target.t::b", ("not seen", "[alpha] x"))]


def test_of_a_long_message_both_ends_are_shown():
    lines = Failure("t", tuple(f"{number} " + "x" * 300 for number in range(100))).shortened()
    assert [line.split()[0] for line in lines] == [*map(str, range(14)), "...", "96", "97", "98", "99"]
    assert max(map(len, lines)) == 200
    assert Failure("t", ("one",)).shortened() == ["one"]


def test_few_repeated_tests_pass_and_are_told(tmp_path):
    found = outcome(tmp_path, *(case(f"r{number}", repeated("late\nlast line")) for number in range(MOST_REPEATED)))
    assert (found.passed, found.failed) == (MOST_REPEATED, 0)
    assert found.repeated[0] == Failure("target.t::r0", ("late", "last line"))


def test_more_repeated_tests_fail_the_suite(tmp_path):
    found = outcome(tmp_path, *(case(f"r{number}", repeated("late")) for number in range(MOST_REPEATED + 1)))
    assert found.failed == 1 and "passed only when repeated" in found.failures[0].name


def test_a_repeated_test_that_fails_again_is_a_failure(tmp_path):
    found = outcome(tmp_path, case("r", repeated("late") + '<failure message="again"/>'))
    assert (found.passed, found.failed, found.repeated) == (0, 1, [])
