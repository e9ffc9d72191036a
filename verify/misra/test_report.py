# SPDX-License-Identifier: Apache-2.0
"""How findings become outcomes, and what the report says and does not say."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from verify.misra import __main__ as command
from verify.misra import guidelines, judgement, report, tools
from verify.misra.findings import Finding, ParseFailure, Sources
from verify.style.sources import FORBIDDEN

GUIDELINES, REVIEWED = guidelines.load_guidelines()
GOTO = Finding("kernel/a.cpp", 2, 3, "own:goto", "goto")


def deviation(**changes: object) -> guidelines.Deviation:
    return replace(guidelines.Deviation(id="DEV-0100", kind="record", guidelines=("Rule 9.6.1",), scope=("kernel/*",),
                                        reason="why", risk="risk", mitigation="how", approved={"name": "", "date": ""}), **changes)


def judge(findings=(GOTO,), failures=(), deviations=(), marks=(), baseline=None) -> judgement.Judgement:
    return judgement.judge(list(findings), list(failures), GUIDELINES, {d.id: d for d in deviations}, list(marks),
                           baseline or {})


def mark(**changes: object) -> judgement.Mark:
    return replace(judgement.Mark("DEV-0100", "kernel/a.cpp", 2, 2, "why"), **changes)


@pytest.mark.verifies("LLR-692")
def test_a_finding_without_deviation_fails():
    assert any("Rule 9.6.1: 1 findings in kernel/a.cpp, baseline 0" in error for error in judge().errors)


@pytest.mark.verifies("LLR-692")
def test_a_marked_finding_deviates():
    result = judge(deviations=[deviation()], marks=[mark()])
    assert result.errors == []
    assert [entry.deviation for entry in result.deviating("Rule 9.6.1")] == ["DEV-0100"]


@pytest.mark.verifies("LLR-692")
@pytest.mark.parametrize("deviations, marks, message", [
    ([], [mark()], "DEV-0100 is in no deviation record"),
    ([deviation()], [mark(), mark(line=9, covers=9)], "kernel/a.cpp:9: DEV-0100 covers no finding"),
    ([deviation()], [mark(reason="")], "DEV-0100 gives no reason"),
    ([deviation()], [], "DEV-0100 is used by no finding"),
    ([deviation(scope=("partitions/*",))], [mark()], "kernel/a.cpp:2: DEV-0100 covers no finding"),
    ([deviation(guidelines=("Rule 12.3.1",))], [mark()], "kernel/a.cpp:2: DEV-0100 covers no finding"),
])
def test_wrong_records_fail(deviations: list, marks: list, message: str):
    assert any(message in error for error in judge(deviations=deviations, marks=marks).errors)


@pytest.mark.verifies("LLR-692")
def test_a_permit_covers_its_scope_only():
    permit = deviation(kind="permit")
    assert judge(deviations=[permit]).errors == []
    outside = replace(GOTO, path="partitions/runtime/a.cpp")
    assert any("Rule 9.6.1: 1 findings" in error for error in judge([GOTO, outside], deviations=[permit]).errors)


@pytest.mark.verifies("LLR-692")
def test_the_baseline_hides_nothing_but_growth():
    result = judge(baseline={"Rule 9.6.1": {"kernel/a.cpp": 1}})
    assert result.errors == [] and len(result.open_findings("Rule 9.6.1")) == 1
    more = judge([GOTO, replace(GOTO, line=5)], baseline={"Rule 9.6.1": {"kernel/a.cpp": 1}})
    assert more.errors
    fewer = judge([], baseline={"Rule 9.6.1": {"kernel/a.cpp": 1}})
    assert fewer.errors == [] and "lower the baseline" in fewer.notes[0]


@pytest.mark.verifies("LLR-692")
def test_marks_are_read_from_their_line_or_the_one_below(tmp_path: Path):
    source = tmp_path / "a.cpp"
    source.write_text("int a;  // DEV-" "0001: here\n// DEV-" "0002: below\n// more\nint b;\n")
    assert [(m.deviation, m.covers) for m in judgement.read_marks(tmp_path, [source])] == [("DEV-0001", 1), ("DEV-0002", 4)]


@pytest.mark.verifies("LLR-693")
@pytest.mark.parametrize("tool", ["gcc", "clang", "clang-tidy", "cppcheck"])
def test_what_cannot_be_parsed_fails(tmp_path: Path, tool: str):
    source = tmp_path / "a.cpp"
    source.write_text("int f( { return }\n")
    checks = {check for guideline in GUIDELINES.values() for check in guideline.checks if check.startswith(f"{tool}:")}
    _, failures = tools.run_all(Sources(root=tmp_path, units=(source,), headers=()), checks)
    assert {(failure.path, failure.tool) for failure in failures} == {("a.cpp", tool)}
    assert any("could not parse" in error for error in judge([], failures).errors)


@pytest.mark.verifies("LLR-694")
def test_guidelines_are_all_there():
    assert len(GUIDELINES) == 179
    unlooked = [guideline for guideline in GUIDELINES.values() if guideline.reach == "none"]
    assert unlooked and not any(guideline.checks for guideline in unlooked)


@pytest.mark.verifies("LLR-694")
@pytest.mark.parametrize("old, new, message", [
    ("category: mandatory, decidability: decidable, reach: partial", "category: mandatory, recategorised: advisory, decidability: decidable, reach: partial", "only be tightened"),
    ("{id: Rule 0.0.2,", "{id: Rule 0.0.1,", "stands twice"),
    ("'gcc:shadow'", "'hope:shadow'", "unknown tool"),
    ("  - {id: Rule 6.2.1, category: required, decidability: decidable, reach: none}\n", "", "178 guidelines"),
    ("id: Rule 6.2.1, category: required, decidability: decidable, reach: none", "id: Rule 6.2.1, category: required, decidability: decidable, reach: full", "exclude each other"),
])
def test_a_malformed_source_is_refused(tmp_path: Path, old: str, new: str, message: str):
    text = (guidelines.HERE / "guidelines.yml").read_text()
    assert old in text
    path = tmp_path / "guidelines.yml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(guidelines.SourceError, match=message):
        guidelines.load_guidelines(path)


@pytest.mark.verifies("LLR-692")
def test_nothing_deviates_from_a_mandatory_guideline(tmp_path: Path):
    path = tmp_path / "deviations.yml"
    path.write_text("- {id: DEV-0100, kind: permit, guidelines: [Rule 6.8.2], scope: ['*'], reason: a, risk: b, mitigation: c, approved: {}}\n")
    with pytest.raises(guidelines.SourceError, match="mandatory"):
        guidelines.load_deviations(GUIDELINES, path)


def sample_report(tmp_path: Path) -> report.Report:
    (tmp_path / "kernel").mkdir()
    source = tmp_path / "kernel" / "a.cpp"
    source.write_text("int f();\n")
    judged = judge([GOTO], [ParseFailure("kernel/a.cpp", "gcc", "message")])
    return report.Report(Sources(tmp_path, (source,), ()), GUIDELINES, REVIEWED, {"DEV-0100": deviation()}, judged,
                         {"gcc": "12"}, {})


@pytest.mark.verifies("LLR-694")
def test_the_page_says_what_it_is(tmp_path: Path):
    page = report.as_html(sample_report(tmp_path))
    assert f"<h1>{report.TITLE}</h1>" in page
    assert "not looked at" in page and "not enforced: manual review" in page and "<strong>not reviewed</strong>" in page
    assert "never run on hardware" in page and "could not parse it" in page
    assert not FORBIDDEN.search(page)
    assert "http://" not in page and "https://" not in page, "the page must work from disk"


@pytest.mark.verifies("LLR-693")
def test_sarif_states_that_a_tool_failed(tmp_path: Path):
    sarif = report.as_sarif(sample_report(tmp_path))
    run = sarif["runs"][0]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert len(run["tool"]["driver"]["rules"]) == 179
    assert run["results"][0]["ruleId"] == "Rule 9.6.1"
    json.dumps(sarif)


@pytest.mark.heavy
@pytest.mark.verifies("HLR-034")
def test_the_sources_have_no_finding_without_deviation(tmp_path: Path):
    assert command.main(["-o", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "misra.json").read_text())
    assert found["errors"] == [] and found["counts"]["violation"] == 0
