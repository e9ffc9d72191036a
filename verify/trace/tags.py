# SPDX-License-Identifier: Apache-2.0
# implements: LLR-682
"""Finds what code says it implements and what tests say they verify."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

IDS = r"((?:SYS|HLR|LLR|AOU|HAZ)-\d{3,4}(?:\s*,\s*(?:SYS|HLR|LLR|AOU|HAZ)-\d{3,4})*)"
IMPLEMENTS = re.compile(r"(?://|#|\*|@)\s*implements:\s*" + IDS)
# A tag that is spelt like one but names no id would be lost in silence.
IMPLEMENTS_LOOSE = re.compile(r"(?<!`)(?://|#)\s*implements:")
TEST_CASE = re.compile(r"(?:TEST_CASE|TEMPLATE_TEST_CASE|SCENARIO)\s*\(\s*\"((?:[^\"\\]|\\.)*)\"\s*,\s*\"([^\"]*)\"")
CATCH_TAG = re.compile(r"\[((?:HLR|LLR|SYS)-\d{3,4})\]")
PYTEST_MARK = re.compile(r"pytest\.mark\.verifies\(([^)]*)\)")
PYTEST_DEF = re.compile(r"^\s*(?:async\s+)?(?:def\s+(test_\w+)|class\s+(Test\w+))")
EXPECT_FAIL = re.compile(r"//\s*verifies:\s*" + IDS)

CODE_FOLDERS = ("kernel", "partitions", "generator", "bsp", "ci", "bulkhead", "verify")
CODE_SUFFIXES = {".cpp", ".hpp", ".h", ".c", ".S", ".py", ".ld", ".sh", ".j2", ".in", ""}
SKIPPED_PARTS = {"__pycache__", ".git"}


@dataclass(frozen=True)
class Tag:
    """One id named at one place; `test` is the test's name as JUnit will print it, "" for code."""

    uid: str
    path: str
    line: int
    test: str = ""


def files_under(root: Path, folders: tuple[str, ...], suffixes: set[str]) -> list[Path]:
    found = []
    for name in folders:
        start = root / name
        if start.is_file():
            found.append(start)
            continue
        for path in sorted(start.rglob("*")):
            if path.is_file() and path.suffix in suffixes and not SKIPPED_PARTS & set(path.parts):
                found.append(path)
    return found


def split_ids(text: str) -> list[str]:
    return re.findall(r"(?:SYS|HLR|LLR|AOU|HAZ)-\d{3,4}", text)


def code_tags(root: Path) -> tuple[list[Tag], list[str]]:
    tags: list[Tag] = []
    errors: list[str] = []
    for path in files_under(root, CODE_FOLDERS, CODE_SUFFIXES):
        name = path.relative_to(root).as_posix()
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            match = IMPLEMENTS.search(line)
            if match:
                tags.extend(Tag(uid, name, number) for uid in split_ids(match.group(1)))
            elif IMPLEMENTS_LOOSE.search(line):
                errors.append(f"{name}:{number}: an `implements:` that names no item")
    return tags, errors


def test_tags(root: Path) -> list[Tag]:
    tags: list[Tag] = []
    for path in files_under(root, ("verify",), {".cpp", ".hpp", ".py", ".yaml", ".yml"}):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8", errors="replace")  # fixtures may be broken on purpose
        if path.suffix in {".cpp", ".hpp"}:
            tags.extend(_catch_tags(name, text))
        elif path.suffix == ".py":
            tags.extend(_pytest_tags(name, text))
        else:
            tags.extend(_scenario_tags(name, text))
    return tags


def _line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _catch_tags(name: str, text: str) -> list[Tag]:
    tags = []
    for match in TEST_CASE.finditer(text):
        for uid in CATCH_TAG.findall(match.group(2)):
            tags.append(Tag(uid, name, _line_of(text, match.start()), match.group(1)))
    for match in EXPECT_FAIL.finditer(text):
        for uid in split_ids(match.group(1)):
            tags.append(Tag(uid, name, _line_of(text, match.start()), Path(name).name))
    return tags


def _pytest_tags(name: str, text: str) -> list[Tag]:
    tags = []
    lines = text.splitlines()
    for match in PYTEST_MARK.finditer(text):
        line = _line_of(text, match.start())
        test = name if lines[line - 1].lstrip().startswith("pytestmark") else Path(name).stem
        for following in lines[line - 1:]:
            found = PYTEST_DEF.match(following)
            if found and test != name:
                test = found.group(1) or found.group(2)
                break
        tags.extend(Tag(uid, name, line, test) for uid in split_ids(match.group(1)))
    return tags


def _scenario_tags(name: str, text: str) -> list[Tag]:
    if "verifies:" not in text:
        return []
    try:
        documents = list(yaml.safe_load_all(text))
    except yaml.YAMLError:
        return []
    tags: list[Tag] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if "verifies" in node:
                label = str(node.get("name") or node.get("scenario") or Path(name).stem)
                for uid in split_ids(str(node["verifies"])):
                    line = _line_of(text, max(text.find(uid), 0))
                    tags.append(Tag(uid, name, line, label))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    for document in documents:
        walk(document)
    return tags
