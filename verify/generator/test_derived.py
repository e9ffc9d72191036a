# SPDX-License-Identifier: Apache-2.0
"""What is made from the model and the rules is up to date in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.schema import KEYS_FILE, key_rows, outputs
from generator.rules import registered


@pytest.mark.parametrize("path", sorted(outputs()))
def test_file_is_up_to_date(path: str, root: Path) -> None:
    assert (root / path).read_text() == outputs()[path], "run `python3 -m generator.schema`"


def test_rules_name_keys_that_exist() -> None:
    known = {row.path for row in key_rows()}
    # A rule may name a path with an entry's step left out: `schedules.*.windows` for its entries.
    for rule in registered():
        for path in rule.keys:
            assert path in known or f"{path}[]" in known, f"{rule.id}: {path}"


def test_every_key_has_a_row() -> None:
    paths = [row.path for row in key_rows()]
    assert len(paths) == len(set(paths)) and len(paths) > 130
    for row in key_rows():
        assert row.doc.endswith(".") and row.word, row.path


def test_key_table_is_in_the_manual(root: Path) -> None:
    assert "`partitions.*.memory.size`" in (root / KEYS_FILE).read_text()
