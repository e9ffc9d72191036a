# SPDX-License-Identifier: Apache-2.0
"""Mistakes that people really make: each message names the place and the fix, and nothing else
comes with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.check.runner import check_file
from verify.generator.systems import HERE

FILES = sorted((HERE / "mistakes").glob("*.yaml"))


@pytest.mark.verifies("HLR-002")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_mistake(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    lines = file.read_text().splitlines()
    expected = [line.removeprefix("# expects ") for line in lines if line.startswith("# expects ")]
    hints = [line.removeprefix("# hint ") for line in lines if line.startswith("# hint ")]
    found = [
        item
        for item in check_file(str(file.relative_to(HERE))).diagnostics.sorted()
        if not item.rule.startswith("BH-NYI")
    ]
    assert expected and len(found) <= 2
    assert [
        f"{item.line}:{item.column}: {item.severity.value}[{item.rule}]: {item.message}" for item in found
    ] == expected
    assert [item.hint for item in found] == hints
