# SPDX-License-Identifier: Apache-2.0
"""The loader: places, text scalars, includes."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.diagnostics import Diagnostics, Place
from generator.load import Loader, Mapping, Scalar, Sequence, SourceNotFound, load


def read(tmp_path: Path, text: str, name: str = "s.yaml") -> tuple[Mapping | None, Diagnostics]:
    file = tmp_path / name
    file.write_text(text)
    diagnostics = Diagnostics()
    tree, _ = load(str(file), diagnostics)
    return tree, diagnostics


@pytest.mark.verifies("HLR-001")
def test_each_value_knows_its_place(tmp_path: Path) -> None:
    tree, diagnostics = read(tmp_path, "a: 1\nbé: {c: [x,  y]}\n")
    assert diagnostics.ok and tree is not None
    file = str(tmp_path / "s.yaml")
    assert tree.key_places["bé"] == Place(file, 2, 1)
    inner = tree.entries["bé"]
    assert isinstance(inner, Mapping) and inner.place == Place(file, 2, 5)
    items = inner.entries["c"]
    assert isinstance(items, Sequence)
    # Columns count characters, not bytes.
    assert [item.place for item in items.items] == [Place(file, 2, 10), Place(file, 2, 14)]


@pytest.mark.verifies("HLR-001", "LLR-501")
@pytest.mark.parametrize("text", ["yes", "010", "1:30", "1_000", "0x10", "~", "null", "2026-01-01", "1e3"])
def test_scalars_stay_text(tmp_path: Path, text: str) -> None:
    tree, diagnostics = read(tmp_path, f"a: {text}\n")
    assert diagnostics.ok and tree is not None
    value = tree.entries["a"]
    assert isinstance(value, Scalar) and value.text == text and not value.quoted


def test_quotes_are_seen(tmp_path: Path) -> None:
    tree, _ = read(tmp_path, "a: \"null\"\nb: ''\n")
    assert tree is not None
    assert all(isinstance(value, Scalar) and value.quoted for value in tree.entries.values())


def test_missing_file_is_usage() -> None:
    with pytest.raises(SourceNotFound):
        load("no/such/file.yaml", Diagnostics())


def test_folder_is_usage(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound):
        load(str(tmp_path), Diagnostics())


@pytest.mark.verifies("LLR-502")
def test_included_files_come_first(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "one.yaml").write_text("include: [two.yaml]\nb: 2\n")
    (tmp_path / "sub" / "two.yaml").write_text("a: 1\nx-ignored: {}\n")
    tree, diagnostics = read(tmp_path, "include: [sub/one.yaml]\nc: 3\nx-mine: 1\n")
    assert diagnostics.ok and tree is not None
    assert list(tree.entries) == ["a", "b", "c"]
    assert tree.key_places["a"].file == str(tmp_path / "sub" / "two.yaml")


def test_a_file_that_two_need_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "common.yaml").write_text("a: 1\n")
    (tmp_path / "one.yaml").write_text("include: [common.yaml]\nb: 1\n")
    (tmp_path / "two.yaml").write_text("include: [common.yaml]\nc: 1\n")
    tree, diagnostics = read(tmp_path, "include: [one.yaml, two.yaml]\n")
    assert diagnostics.ok and tree is not None
    assert list(tree.entries) == ["a", "b", "c"]


@pytest.mark.verifies("LLR-501")
def test_all_findings_of_a_file_come_together(tmp_path: Path) -> None:
    _, diagnostics = read(tmp_path, "a: &x 1\na: 2\nb: *x\nc:\nd: {<<: {}}\ne: !t 1\n")
    assert [item.rule for item in diagnostics.sorted()] == [
        "BH-YML-006",
        "BH-YML-005",
        "BH-YML-006",
        "BH-YML-010",
        "BH-YML-007",
        "BH-YML-008",
    ]


def test_ignored_keys_may_be_empty(tmp_path: Path) -> None:
    tree, diagnostics = read(tmp_path, "x-note:\na: 1\nb: {c: 1}\n")
    assert diagnostics.ok and tree is not None and list(tree.entries) == ["a", "b"]
    assert not read(tmp_path, "b: {x-note: }\n")[1].ok


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    tree, diagnostics = read(tmp_path, "\ufeffa: 1\n")
    assert diagnostics.ok and tree is not None and list(tree.entries) == ["a"]


def test_files_are_listed(tmp_path: Path) -> None:
    (tmp_path / "common.yaml").write_text("a: 1\n")
    (tmp_path / "s.yaml").write_text("include: [common.yaml]\n")
    loader = Loader(Diagnostics())
    loader.load(str(tmp_path / "s.yaml"))
    assert [Path(file).name for file in loader.files] == ["s.yaml", "common.yaml"]
