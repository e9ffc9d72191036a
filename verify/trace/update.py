# SPDX-License-Identifier: Apache-2.0
"""Writes what nobody should compute by hand: stamps, fingerprints, the overview, the pruned open list."""

from __future__ import annotations

from pathlib import Path

import yaml

from verify.trace.check import GAPS, Trace
from verify.trace.items import Item, save_item

OVERVIEW_HEAD = """# Requirements: overview

Written by `python3 -m verify.trace --update all`; a test fails when it is not current.
Code says `// implements: LLR-NNN`; a Catch2 test carries the tag `[LLR-NNN]`, a scenario `verifies: [LLR-NNN]`,
a pytest test `@pytest.mark.verifies("LLR-NNN")`.

"""


def refresh(items: dict[str, Item], chosen: set[str]) -> list[str]:
    """Renews the stamps of the chosen items' links and their own fingerprints; returns what changed."""
    changed = []
    for uid, item in items.items():
        if uid not in chosen:
            continue
        before = (dict(item.links), item.data.get("reviewed"))
        for parent in item.links:
            if parent in items:
                item.links[parent] = items[parent].stamp()
        item.data["reviewed"] = item.fingerprint()
        if before != (item.links, item.data["reviewed"]):
            changed.append(uid)
        save_item(item)
    return changed


def prune_open(path: Path, trace: Trace) -> list[str]:
    """Drops gaps that have closed; never adds one."""
    closed = []
    kept: dict[str, dict] = {}
    for uid, entry in trace.open_gaps.items():
        if uid not in trace.items:
            continue
        gaps = [gap for gap in entry.get("missing") or [] if gap in GAPS and gap in trace.gaps(uid)]
        closed += [f"{uid} {gap}" for gap in entry.get("missing") or [] if gap not in gaps]
        if gaps:
            kept[uid] = {"missing": gaps, "why": entry.get("why", "")}
    if kept != trace.open_gaps:
        path.write_text(open_text(kept), encoding="utf-8")
    return closed


def open_text(entries: dict[str, dict]) -> str:
    head = ("# Gaps that are known: each stands as open in every report and is never counted as met.\n"
            "# `python3 -m verify.trace --update` removes entries whose gap has closed; only people add one.\n")
    return head + yaml.safe_dump(entries, default_flow_style=None, sort_keys=True, allow_unicode=True, width=160)


def overview(items: dict[str, Item]) -> str:
    lines = [OVERVIEW_HEAD]
    titles = {"SYS": "System requirements", "HLR": "High-level requirements", "LLR": "Low-level requirements",
              "AOU": "Assumptions of use", "HAZ": "Hazards"}
    for prefix, title in titles.items():
        chosen = [item for uid, item in sorted(items.items()) if uid.startswith(prefix) and item.data["active"]]
        lines.append(f"## {title}\n\n")
        if prefix == "LLR":
            lines.append("| id | area | header | from |\n| --- | --- | --- | --- |\n")
            lines += [f"| {i.uid} | {i.area} | {i.title} | {', '.join(sorted(i.links))} |\n" for i in chosen]
        else:
            lines.append("| id | header | from |\n| --- | --- | --- |\n")
            lines += [f"| {i.uid} | {i.title} | {', '.join(sorted(i.links))} |\n" for i in chosen]
        lines.append("\n")
    return "".join(lines).rstrip("\n") + "\n"
