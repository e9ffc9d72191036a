# SPDX-License-Identifier: Apache-2.0
# implements: LLR-684
"""Review records: who looked at which text of an item, in which role."""

from __future__ import annotations

from pathlib import Path

import yaml

from verify.trace.items import Item

KEYS = {"item", "fingerprint", "author", "reviewer", "role", "independent", "kind", "findings"}
WITH = "reviewed with independence"
WITHOUT = "reviewed without independence"
STALE = "review is of an older text"
NONE = "not reviewed"


def load_reviews(folder: Path, items: dict[str, Item]) -> tuple[dict[str, str], list[str]]:
    """The review status of each item, and what is wrong with the records."""
    status = {uid: NONE for uid in items}
    errors: list[str] = []
    for path in sorted(folder.glob("*.yml")):
        record = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        problem = _problem(path, record, items)
        if problem:
            errors.append(f"{path.name}: {problem}")
            continue
        uid = record["item"]
        if record["fingerprint"] != items[uid].fingerprint():
            found = STALE
        elif record["independent"]:
            found = WITH
        else:
            found = WITHOUT
        order = (NONE, STALE, WITHOUT, WITH)
        status[uid] = max(status[uid], found, key=order.index)
    return status, errors


def _problem(path: Path, record: dict, items: dict[str, Item]) -> str:
    if not (path.stem.isdigit() and len(path.stem) == 4):
        return "a review record is called NNNN.yml"
    if set(record) != KEYS:
        return f"keys must be {', '.join(sorted(KEYS))}"
    if record["item"] not in items:
        return f"unknown item {record['item']}"
    if record["kind"] not in ("human", "automated"):
        return "kind is human or automated"
    if not isinstance(record["independent"], bool):
        return "independent is true or false"
    if record["independent"] and record["kind"] == "automated":
        return "an automated review is never independent"
    if record["independent"] and record["author"] == record["reviewer"]:
        return "an author is not independent of their own text"
    return ""
