# SPDX-License-Identifier: Apache-2.0
"""`python3 -m verify.bench [--update]`: the table of all boards; with --update a new baseline in bounds.yml."""

from __future__ import annotations

import sys

import yaml

from verify.bench.measure import BOARDS, BOUNDS, MODES, REPOSITORY, bounds_of, judge, load, measure


def main() -> int:
    known = load()
    failures = []
    for board in BOARDS:
        for mode in MODES:
            bounds = bounds_of(known, board, mode)
            rows = measure(board, mode, REPOSITORY / "build" / "bench")
            for row, value in rows.items():
                bound = bounds.get(row)
                print(f"{board:12} {mode:8} {row:28} {value:8} {'' if bound is None else f'<= {bound}'}")
            failures += judge(rows, bounds, known["baseline"].get(board, {}).get(mode, {}))
            known["baseline"].setdefault(board, {})[mode] = rows
    if "--update" in sys.argv[1:]:
        kept = BOUNDS.read_text(encoding="utf-8").split("\nbaseline:")[0]
        BOUNDS.write_text(kept + "\n" + yaml.safe_dump({"baseline": known["baseline"]}, sort_keys=True), encoding="utf-8")
        return 0
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
