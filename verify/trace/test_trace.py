# SPDX-License-Identifier: Apache-2.0
"""The trace's own tests: a small tree of requirements, broken in one way at a time."""

from pathlib import Path

import pytest

from verify.trace import check, items, reviews, update
from verify.trace.__main__ import main

SYS, HLR, LLR = (f"{prefix}-001" for prefix in ("SYS", "HLR", "LLR"))
PARENTS = {"SYS": None, "HLR": "SYS", "LLR": "HLR"}


def write_item(root: Path, uid: str, parent: str | None, **changes: object) -> None:
    prefix = uid[:3]
    folder = root / "reqs" / prefix.lower()
    document = next(d for d in items.load_documents(root / "reqs") if d.prefix == prefix)
    data = {"active": True, "derived": False, "header": f"Header of {uid}", "level": 1.1, "links": [],
            "normative": True, "ref": "", "reviewed": "", "text": "It shall work.", "method": "test", "area": "boot"}
    data.update(changes)
    items.save_item(items.Item(uid, folder / f"{uid}.yml", document, data, {parent: None} if parent else {}))


def edit(root: Path, uid: str, old: str, new: str) -> None:
    path = root / "reqs" / uid[:3].lower() / f"{uid}.yml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree without errors: one item a level, one tagged source, one tagged test."""
    for prefix, parent in PARENTS.items():
        folder = tmp_path / "reqs" / prefix.lower()
        folder.mkdir(parents=True)
        parent_line = f"  parent: {parent}\n" if parent else ""
        (folder / ".doorstop.yml").write_text(f"settings:\n  digits: 3\n{parent_line}  prefix: {prefix}\n  sep: '-'\n")
    write_item(tmp_path, SYS, None)
    write_item(tmp_path, HLR, SYS)
    write_item(tmp_path, LLR, HLR)
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel" / "a.cpp").write_text("// " f"implements: {LLR}\n")
    (tmp_path / "verify").mkdir()
    (tmp_path / "verify" / "a_test.cpp").write_text(f'TEST_CASE("a works", "[{LLR}]") {{}}\n')
    assert main(["--root", str(tmp_path), "--update", "all"]) == 0
    return tmp_path


def errors(root: Path, junit: list[Path] | None = None) -> str:
    return "\n".join(check.run(root, junit).errors)


@pytest.mark.verifies("LLR-681")
def test_fingerprint_is_doorstops():
    """SHA-256 over uid, text, ref, links, attributes; the expected value was computed with sha256sum and basenc."""
    document = items.Document("LLR", "HLR", Path("."), ("area",))
    item = items.Item(LLR, Path("x"), document, {"text": "It shall work.\n", "ref": "", "area": "boot"}, {HLR: None})
    assert item.stamp() == "C7dG8NSV4B8afYGhM5COu_hq5n4cOqwCoRzye9aIRDQ="
    assert item.fingerprint() == "4UEwWVq1wysbnwgRejri5WeeJDNgfcWCdY_qUcQ1nO8="


@pytest.mark.verifies("LLR-681")
def test_written_files_read_back_the_same(tree: Path):
    before = {p: p.read_text() for p in tree.glob("reqs/*/*.yml")}
    assert main(["--root", str(tree), "--update", "all"]) == 0
    assert before == {p: p.read_text() for p in tree.glob("reqs/*/*.yml")}


@pytest.mark.verifies("LLR-681")
@pytest.mark.parametrize("uid, old, new, message", [
    (LLR, "It shall work.", "It shall work well.", "LLR-001: unreviewed change"),
    (HLR, "It shall work.", "It shall work well.", "LLR-001: suspect link: HLR-001 changed"),
    (LLR, "HLR-001: ", "HLR-009: ", "LLR-001: links to HLR-009, which does not exist"),
    (LLR, "HLR-001: ", "SYS-001: ", "LLR-001: may not link to SYS-001"),
    (LLR, "It shall work.", "It works.", "LLR-001: a requirement says `shall`"),
    (LLR, "method: test", "method: hope", "LLR-001: method must be one of"),
    (LLR, "area: boot", "area: ''", "LLR-001: area is missing"),
    (LLR, "ref: ''\n", "", "LLR-001.yml: missing ref"),
])
def test_a_broken_item_is_named(tree: Path, uid: str, old: str, new: str, message: str):
    edit(tree, uid, old, new)
    assert message in errors(tree)


@pytest.mark.verifies("LLR-681")
def test_a_wrong_file_name_is_named(tree: Path):
    (tree / "reqs" / "llr" / ("HLR" + "-002.yml")).write_text("active: true\n")
    assert "the file name must be LLR-NNN.yml" in errors(tree)


@pytest.mark.verifies("LLR-682")
def test_code_without_tag_is_an_orphan(tree: Path):
    (tree / "kernel" / "b.cpp").write_text("int b;\n")
    assert "kernel/b.cpp: orphan code" in errors(tree)


@pytest.mark.verifies("LLR-682")
def test_tags_that_name_nothing_are_orphans(tree: Path):
    (tree / "kernel" / "a.cpp").write_text(f"// " f"implements: {LLR}, {'LLR'}-077\n")
    (tree / "verify" / "b_test.cpp").write_text(f'TEST_CASE("b", "[{"LLR"}-078]") {{}}\n')
    (tree / "kernel" / "c.cpp").write_text("// implements" + ": something\n")
    found = errors(tree)
    assert "kernel/a.cpp:1: orphan code: LLR-077 does not exist" in found
    assert "verify/b_test.cpp:1: orphan test: LLR-078 does not exist" in found
    assert "kernel/c.cpp:1: an `implements:` that names no item" in found


@pytest.mark.verifies("LLR-682")
def test_a_gap_is_an_error_until_it_is_stated(tree: Path):
    (tree / "verify" / "a_test.cpp").write_text("\n")
    assert "LLR-001: no verification found" in errors(tree)
    gap = {"missing": ["verification"], "why": "later"}
    (tree / "reqs" / "open.yml").write_text(update.open_text({LLR: gap, HLR: gap}))
    assert errors(tree) == ""


@pytest.mark.verifies("LLR-682")
def test_a_stated_gap_that_closed_is_an_error_and_is_pruned(tree: Path):
    (tree / "reqs" / "open.yml").write_text(update.open_text({LLR: {"missing": ["verification"], "why": "later"}}))
    assert "verification is there by now" in errors(tree)
    assert main(["--root", str(tree), "--update", LLR]) == 0


def junit(path: Path, body: str) -> list[Path]:
    path.write_text(f'<testsuite><testcase name="a works">{body}</testcase></testsuite>')
    return [path]


@pytest.mark.verifies("LLR-683")
@pytest.mark.parametrize("body, message", [
    ("", ""),
    ("<skipped/>", "LLR-001: no verification found"),
    ("<failure/>", "LLR-001: test failed: a works"),
    ("<error/>", "LLR-001: test failed: a works"),
])
def test_only_an_executed_and_passed_test_counts(tree: Path, tmp_path: Path, body: str, message: str):
    found = errors(tree, junit(tmp_path / "r.xml", body))
    assert (message in found) if message else (found == "")


@pytest.mark.verifies("LLR-683")
@pytest.mark.parametrize("name, outcome", [("a works/in this section", ""), ("a works/in/this", ""), ("b works/a", "no verification")])
def test_sections_belong_to_their_test_case(tree: Path, tmp_path: Path, name: str, outcome: str):
    path = tmp_path / "r.xml"
    path.write_text(f'<testsuite><testcase name="{name}"/></testsuite>')
    found = errors(tree, [path])
    assert (outcome in found) if outcome else (found == "")


@pytest.mark.verifies("LLR-683")
def test_ids_in_junit_properties_count(tree: Path, tmp_path: Path):
    (tree / "verify" / "a_test.cpp").write_text("\n")
    path = tmp_path / "r.xml"
    path.write_text('<testsuite><testcase name="t"><properties><property name="verifies" '
                    f'value="{LLR}"/></properties></testcase></testsuite>')
    assert errors(tree, [path]) == ""


@pytest.mark.verifies("LLR-684")
@pytest.mark.parametrize("changes, status, error", [
    ({}, reviews.WITH, ""),
    ({"independent": False}, reviews.WITHOUT, ""),
    ({"kind": "automated"}, reviews.NONE, "an automated review is never independent"),
    ({"reviewer": "a"}, reviews.NONE, "not independent of their own text"),
    ({"fingerprint": "old"}, reviews.STALE, ""),
])
def test_what_counts_as_review(tree: Path, changes: dict, status: str, error: str):
    known, _ = items.load_items(tree / "reqs")
    record = {"item": LLR, "fingerprint": known[LLR].fingerprint(), "author": "a", "reviewer": "b",
              "role": "verification", "independent": True, "kind": "human", "findings": "none"}
    record.update(changes)
    folder = tree / "reqs" / "reviews"
    folder.mkdir()
    (folder / "0001.yml").write_text(items.yaml.safe_dump(record))
    found, problems = reviews.load_reviews(folder, known)
    assert found[LLR] == status
    assert (error in "".join(problems)) if error else not problems


@pytest.mark.verifies("LLR-681", "LLR-682")
def test_the_repository_itself(root: Path, capsys: pytest.CaptureFixture):
    assert main(["--root", str(root)]) == 0, capsys.readouterr().out
