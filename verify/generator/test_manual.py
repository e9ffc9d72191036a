# SPDX-License-Identifier: Apache-2.0
"""The manual's links lead somewhere, its whole systems are accepted, and its pages are numbered as they are read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.cli import bulkhead
from verify.generator.systems import check_text, rules_of

REPOSITORY = Path(__file__).resolve().parents[2]
MANUAL = REPOSITORY / "docs" / "manual"
PAGES = sorted((REPOSITORY / "docs").rglob("*.md"))
SYSTEMS = [(page.name, text) for page in PAGES for text in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
           if text.startswith("format:")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name, text", SYSTEMS, ids=[f"{name}-{number}" for number, (name, _) in enumerate(SYSTEMS)])
def test_whole_systems_are_accepted(tmp_path, name, text):
    assert rules_of(check_text(tmp_path, text)) == []


@pytest.mark.parametrize("page", [*PAGES, REPOSITORY / "README.md"], ids=lambda page: page.name)
def test_commands_exist_with_their_options(page):
    commands = re.findall(r"\./bulkhead ([a-z]+)([^`#\n]*)", page.read_text(encoding="utf-8"))
    wrong = []
    for name, rest in commands:
        verb = bulkhead.get_command(None, name) if name in bulkhead.list_commands(None) else None
        known = {word for option in verb.params for word in option.opts} if verb else set()
        wrong += [(name, option) for option in ("", *re.findall(r"--[a-z-]+", rest)) if verb is None or option and option not in known]
    assert wrong == []


def test_pages_are_numbered_in_the_order_of_reading():
    listed = [int(number) for number in re.findall(r"\((\d+)-", (MANUAL / "README.md").read_text(encoding="utf-8"))]
    assert listed == list(range(1, len(listed) + 1)) == sorted(int(page.name.split("-")[0]) for page in MANUAL.glob("[0-9]*.md"))
