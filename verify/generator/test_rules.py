# SPDX-License-Identifier: Apache-2.0
"""Every rule has a fixture named after it, and each fixture brings exactly its rule's messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from generator.check.runner import check_file
from generator.diagnostics import Diagnostic, Severity
from generator.rules import registered

HERE = Path(__file__).parent
FIXTURES = sorted((HERE / "invalid").glob("BH-*.yaml"))
# Not to be kept in a repository (too large, not UTF-8): made by their tests below.
MADE = {"BH-YML-001", "BH-YML-018"}

# Rules that stand for a requirement of their own, by the beginning of their ids.
REQUIREMENTS = {
    "BH-YML-004": "LLR-501",
    "BH-YML-005": "LLR-501",
    "BH-YML-006": "LLR-501",
    "BH-YML-007": "LLR-501",
    "BH-YML-014": "LLR-502",
    "BH-KEY-001": "LLR-504",
    "BH-KEY-006": "LLR-503",
    "BH-KEY-007": "LLR-503",
    "BH-KEY-008": "LLR-503",
    "BH-KEY-009": "LLR-503",
    "BH-KEY-010": "LLR-503",
    "BH-DEV": "LLR-525",
    "BH-IRQ": "LLR-526",
    "BH-MEM": "LLR-527",
    "BH-IMG": "LLR-528",
    "BH-DMA": "LLR-529",
    "BH-NYI": "LLR-524",
    "BH-CHN-017": "LLR-1005",
    "BH-CHN-018": "LLR-1005",
    "BH-CHN-019": "LLR-1005",
    "BH-CHN-020": "LLR-1005",
    "BH-SYS-006": "LLR-523",
    "BH-SYS-008": "LLR-523",
    "BH-TRE-001": "LLR-582",
    "BH-CPU-009": "LLR-530",
    "BH-BWD": "LLR-1188",
    "BH-RST": "LLR-1194",
}


def fixture_parameters() -> list[object]:
    """Each fixture, marked with the requirement that its rule stands for."""
    found = []
    for file in FIXTURES:
        ids = [item for start, item in REQUIREMENTS.items() if file.stem.startswith(start)]
        found.append(pytest.param(file, marks=pytest.mark.verifies(*ids) if ids else ()))
    return found


_EXPECTS = re.compile(r"# expects (\d+):(\d+): (.*)")


@dataclass(frozen=True)
class Expectation:
    line: int
    column: int
    message: str
    hint: str


def read_header(file: Path) -> tuple[list[Expectation], set[str]]:
    """What the first lines of a fixture say must come."""
    expected, also = [], set()
    lines = file.read_bytes().decode("utf-8", "replace").splitlines()
    for line, following in zip(lines, [*lines[1:], ""]):
        match = _EXPECTS.fullmatch(line)
        if match:
            hint = following.removeprefix("# hint ")
            expected.append(Expectation(int(match[1]), int(match[2]), match[3], hint))
        elif line.startswith("# also "):
            also |= set(line.removeprefix("# also ").split())
        elif not line.startswith(("# hint ", "# SPDX-")):
            break
    return expected, also


def check(file: Path, monkeypatch: pytest.MonkeyPatch) -> list[Diagnostic]:
    monkeypatch.chdir(HERE)
    return check_file(str(file.relative_to(HERE))).diagnostics.sorted()


@pytest.mark.verifies("HLR-002", "LLR-521")
def test_every_rule_has_a_fixture() -> None:
    named = {file.stem for file in FIXTURES} | MADE
    rules = {rule.id for rule in registered()}
    assert rules - named == set(), "rules without a fixture"
    assert named - rules == set(), "fixtures without a rule"


@pytest.mark.verifies("HLR-001", "HLR-002")
@pytest.mark.parametrize("file", fixture_parameters(), ids=lambda file: file.stem)
@pytest.mark.verifies("LLR-503", "LLR-504", "LLR-525", "LLR-526", "LLR-528", "LLR-529", "LLR-530", "LLR-1188")
def test_fixture_brings_its_messages(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, also = read_header(file)
    found = check(file, monkeypatch)
    own = [
        Expectation(item.line, item.column, item.message, item.hint)
        for item in found
        if item.rule == file.stem
    ]
    assert expected, "the fixture states nothing"
    assert own == expected
    others = {
        item.rule
        for item in found
        if item.severity is not Severity.NOTE and not item.rule.startswith("BH-NYI")
    }
    assert others - {file.stem} == also


@pytest.mark.verifies("HLR-002")
@pytest.mark.parametrize("rule", registered(), ids=lambda rule: rule.id)
def test_rule_is_explained(rule) -> None:
    assert rule.sentence.endswith("."), "the manual line is a sentence"
    assert rule.wrong and rule.right and rule.wrong != rule.right


@pytest.mark.verifies("HLR-003", "LLR-524")
def test_what_is_not_built_is_an_error_in_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    for file in (file for file in FIXTURES if file.stem.startswith("BH-NYI")):
        name = str(file.relative_to(HERE))
        severities = [
            {item.severity for item in check_file(name, stage).diagnostics.sorted() if item.rule == file.stem}
            for stage in ("check", "build")
        ]
        assert severities == [{Severity.WARNING}, {Severity.ERROR}], name


@pytest.mark.verifies("HLR-002")
def test_missing_file_is_an_error_in_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    for stage, severity in (("check", Severity.WARNING), ("build", Severity.ERROR)):
        found = check_file("invalid/BH-IMG-003.yaml", stage).diagnostics.sorted()
        assert [item.severity for item in found] == [severity]


@pytest.mark.verifies("HLR-002")
@pytest.mark.parametrize(
    "text, what",
    [
        ("format: 1 #" + "x" * (4 << 20), "over 4 MiB"),
        ("x-a: [" + "1," * 200_001 + "]", "over 200,000 values"),
    ],
    ids=["bytes", "values"],
)
def test_large_files_are_refused(tmp_path: Path, text: str, what: str) -> None:
    file = tmp_path / "large.yaml"
    file.write_text(text)
    found = check_file(str(file)).diagnostics.sorted()
    assert [item.rule for item in found] == ["BH-YML-018"]
    assert found[0].message == f"the file is too large: {what}"


@pytest.mark.verifies("HLR-001")
@pytest.mark.parametrize(
    "content, place, why",
    [
        ("system: café".encode("latin-1"), (1, 12), "byte 0xe9 is not UTF-8"),
        ("a: é\nb: ".encode() + b"\xff", (2, 4), "byte 0xff is not UTF-8"),
        (b"a: 1\nb: \x01", (2, 4), "control characters are not allowed"),
    ],
)
def test_other_bytes_are_refused(
    tmp_path: Path, content: bytes, place: tuple[int, int], why: str
) -> None:
    file = tmp_path / "bytes.yaml"
    file.write_bytes(content)
    (item,) = check_file(str(file)).diagnostics.sorted()
    assert (item.rule, (item.line, item.column)) == ("BH-YML-001", place)
    assert item.message == f"the file cannot be read: {why}"
