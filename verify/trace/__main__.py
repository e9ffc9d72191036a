# SPDX-License-Identifier: Apache-2.0
"""python3 -m verify.trace: the trace of requirements as a command."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from verify.trace import check, items, update

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m verify.trace", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--junit", type=Path, nargs="*", default=[], help="JUnit files or folders of executed tests")
    parser.add_argument("--json", type=Path, help="write the joined trace here")
    parser.add_argument("--update", nargs="+", metavar="UID", help="refresh these items' stamps and fingerprints, or `all`")
    options = parser.parse_args(arguments)

    if options.update:
        run_update(options.root, options.update)
    trace = check.run(options.root, options.junit)
    overview = options.root / "reqs" / "overview.md"
    if trace.items and (not overview.exists() or overview.read_text(encoding="utf-8") != update.overview(trace.items)):
        trace.errors.append("reqs/overview.md is not current: --update all")
    for error in trace.errors:
        print(error)
    print(summary(trace))
    if options.json:
        options.json.write_text(json.dumps(as_json(trace), indent=2) + "\n", encoding="utf-8")
    return 1 if trace.errors else 0


def run_update(root: Path, wanted: list[str]) -> None:
    known, _ = items.load_items(root / "reqs")
    chosen = set(known) if wanted == ["all"] else set(wanted)
    for uid in sorted(chosen - set(known)):
        print(f"no item {uid}", file=sys.stderr)
    changed = update.refresh(known, chosen)
    (root / "reqs" / "overview.md").write_text(update.overview(known), encoding="utf-8")
    closed = update.prune_open(root / "reqs" / "open.yml", check.run(root))
    print(f"refreshed: {', '.join(changed) or 'nothing'}; closed gaps: {', '.join(closed) or 'none'}")


def summary(trace: check.Trace) -> str:
    counts = {prefix: sum(uid.startswith(prefix) for uid in trace.items) for prefix in check.LINK_TARGETS}
    needs = [uid for uid, item in trace.items.items() if uid.startswith(check.NEEDS_TEST) and item.data["active"]]
    met = sum(trace.verified(uid) for uid in needs)
    word = "verified by executed tests" if trace.executed else "named by a test (not executed here)"
    parts = ", ".join(f"{count} {prefix}" for prefix, count in counts.items())
    return f"{parts}; {met} of {len(needs)} HLR and LLR {word}; {len(trace.open_gaps)} stated open; {len(trace.errors)} errors"


def as_json(trace: check.Trace) -> dict:
    rows = []
    for uid, item in sorted(trace.items.items()):
        evidence = trace.evidence.get(uid)
        rows.append({
            "uid": uid, "header": item.title, "links": sorted(item.links), "method": item.method,
            "review": trace.review_status.get(uid, ""),
            "implemented_by": [f"{tag.path}:{tag.line}" for tag in trace.code if tag.uid == uid],
            "tests": sorted({f"{tag.path}:{tag.line}" for tag in trace.tests if tag.uid == uid}),
            "passed": evidence.passed if evidence else [], "failed": evidence.failed if evidence else [],
            "gaps": trace.gaps(uid), "open": trace.open_gaps.get(uid, {}),
        })
    return {"executed": trace.executed, "errors": trace.errors, "items": rows}


if __name__ == "__main__":
    sys.exit(main())
