# SPDX-License-Identifier: Apache-2.0
# implements: LLR-682
"""The rules of the trace: form, links, stamps, tags in both directions, executed results."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import yaml

from verify.trace import items as items_module
from verify.trace import reviews, tags
from verify.trace.items import METHODS, Item
from verify.trace.results import Evidence, join, read_junit
from verify.trace.tags import Tag

LINK_TARGETS = {"SYS": (), "HLR": ("SYS",), "LLR": ("HLR",), "AOU": ("SYS",), "HAZ": ("SYS",)}
NEEDS_CODE = ("LLR",)
NEEDS_TEST = ("HLR", "LLR")
GAPS = ("implementation", "verification")
# Source that must say what it implements. Headers of pure types count: they carry the layout requirements.
TRACED_FOLDERS = ("kernel", "partitions/runtime")
TRACED_SUFFIXES = {".cpp", ".hpp", ".S"}


@dataclass
class Trace:
    """Everything the checks looked at, for the report."""

    items: dict[str, Item] = field(default_factory=dict)
    code: list[Tag] = field(default_factory=list)
    tests: list[Tag] = field(default_factory=list)
    evidence: dict[str, Evidence] = field(default_factory=dict)
    review_status: dict[str, str] = field(default_factory=dict)
    open_gaps: dict[str, dict] = field(default_factory=dict)
    executed: bool = False
    errors: list[str] = field(default_factory=list)

    def children(self, uid: str) -> list[Item]:
        return [item for item in self.items.values() if uid in item.links and item.data["active"]]

    def has_code(self, uid: str) -> bool:
        return any(tag.uid == uid for tag in self.code)

    def has_test(self, uid: str) -> bool:
        return any(tag.uid == uid for tag in self.tests)

    def verified(self, uid: str) -> bool:
        """Verified by its own tests, or, for a level above, by all of its children.

        An inspection is met by a review record of the current text, never by a tool.
        """
        if self.items[uid].method == "inspection":
            own = self.review_status.get(uid) in (reviews.WITH, reviews.WITHOUT)
        elif self.executed:
            own = uid in self.evidence and self.evidence[uid].verified
        else:
            own = self.has_test(uid)
        if own or not uid.startswith("HLR"):
            return own
        children = self.children(uid)
        return bool(children) and all(self.verified(child.uid) for child in children)

    def implemented(self, uid: str) -> bool:
        return not uid.startswith(NEEDS_CODE) or self.has_code(uid)

    def gaps(self, uid: str) -> list[str]:
        found = []
        if not self.implemented(uid):
            found.append("implementation")
        if uid.startswith(NEEDS_TEST) and not self.verified(uid):
            found.append("verification")
        return found


def run(root: Path, junit: list[Path] | None = None) -> Trace:
    trace = Trace()
    reqs = root / "reqs"
    try:
        trace.items, trace.errors = items_module.load_items(reqs)
    except items_module.FormError as error:
        trace.errors.append(str(error))
        return trace
    trace.code, tag_errors = tags.code_tags(root)
    trace.errors += tag_errors
    trace.tests = tags.test_tags(root)
    if junit:
        trace.executed = True
        trace.evidence = join(read_junit(junit), trace.tests)
    trace.review_status, review_errors = reviews.load_reviews(reqs / "reviews", trace.items)
    trace.errors += review_errors
    trace.open_gaps = load_open(reqs / "open.yml")

    trace.errors += check_form(trace.items)
    trace.errors += check_links(trace.items)
    trace.errors += check_tags(trace)
    trace.errors += check_sources(root, trace)
    trace.errors += check_gaps(trace)
    trace.errors += check_results(trace)
    return trace


def load_open(path: Path) -> dict[str, dict]:
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.exists() else {}


def check_form(items: dict[str, Item]) -> list[str]:
    errors = []
    for uid, item in items.items():
        prefix = uid[:3]
        if not item.text:
            errors.append(f"{uid}: no text")
        if not item.title:
            errors.append(f"{uid}: no header")
        if prefix in ("SYS", "HLR", "LLR") and item.data["normative"] and "shall" not in item.text.split():
            errors.append(f"{uid}: a requirement says `shall`")
        if prefix in NEEDS_TEST and item.method not in METHODS:
            errors.append(f"{uid}: method must be one of {', '.join(METHODS)}")
        if prefix == "LLR" and not item.area:
            errors.append(f"{uid}: area is missing")
        if item.data.get("reviewed") != item.fingerprint():
            errors.append(f"{uid}: unreviewed change: read it again, then --update {uid}")
    return errors


def check_links(items: dict[str, Item]) -> list[str]:
    errors = []
    for uid, item in items.items():
        targets = LINK_TARGETS[uid[:3]]
        if targets and not item.links:
            errors.append(f"{uid}: links to nothing above it")
        for parent_uid, stamp in item.links.items():
            parent = items.get(parent_uid)
            if parent is None:
                errors.append(f"{uid}: links to {parent_uid}, which does not exist")
            elif not parent_uid.startswith(targets):
                errors.append(f"{uid}: may not link to {parent_uid}")
            elif not parent.data["active"]:
                errors.append(f"{uid}: links to {parent_uid}, which is not active")
            elif stamp != parent.stamp():
                errors.append(f"{uid}: suspect link: {parent_uid} changed; read both, then --update {uid}")
        for other in item.data.get("mitigation") or []:
            if other not in items:
                errors.append(f"{uid}: mitigation {other} does not exist")
        if uid.startswith("HAZ") and not item.data.get("mitigation"):
            errors.append(f"{uid}: a hazard names its mitigation")
    for uid in items:
        needs_child = uid.startswith(("SYS", "HLR"))
        if needs_child and not any(uid in item.links for item in items.values()):
            errors.append(f"{uid}: nothing below refines it")
    return errors


def check_tags(trace: Trace) -> list[str]:
    errors = []
    for tag in trace.code + trace.tests:
        item = trace.items.get(tag.uid)
        what = "orphan test" if tag.test else "orphan code"
        if item is None:
            errors.append(f"{tag.path}:{tag.line}: {what}: {tag.uid} does not exist")
        elif not item.data["active"]:
            errors.append(f"{tag.path}:{tag.line}: {what}: {tag.uid} is not active")
    return errors


def check_sources(root: Path, trace: Trace) -> list[str]:
    tagged = {tag.path for tag in trace.code}
    files = tags.files_under(root, TRACED_FOLDERS, TRACED_SUFFIXES)
    names = [path.relative_to(root).as_posix() for path in files]
    return [f"{name}: orphan code: says not what it implements" for name in names if name not in tagged]


def check_gaps(trace: Trace) -> list[str]:
    """A gap is an error unless reqs/open.yml states it; an entry there without a gap is one too."""
    errors = []
    for uid, item in trace.items.items():
        if not item.data["active"]:
            continue
        stated = trace.open_gaps.get(uid, {})
        stated_gaps = stated.get("missing") or []
        for gap in trace.gaps(uid):
            if gap not in stated_gaps:
                errors.append(f"{uid}: no {gap} found ({item.title})")
        for gap in stated_gaps:
            if gap not in GAPS:
                errors.append(f"reqs/open.yml: {uid}: a gap is one of {', '.join(GAPS)}")
            elif gap not in trace.gaps(uid):
                errors.append(f"reqs/open.yml: {uid}: {gap} is there by now; run --update")
        if stated and not str(stated.get("why", "")).strip():
            errors.append(f"reqs/open.yml: {uid}: say why")
    errors += [f"reqs/open.yml: {uid} does not exist" for uid in trace.open_gaps if uid not in trace.items]
    return errors


def check_results(trace: Trace) -> list[str]:
    errors = []
    for uid, evidence in sorted(trace.evidence.items()):
        if uid in trace.items:
            errors += [f"{uid}: test failed: {name}" for name in evidence.failed]
    return errors
