# SPDX-License-Identifier: Apache-2.0
"""`python3 -m verify.bench [--update | --footprints]`: the table of all boards; with --update a new baseline in bounds.yml.

--footprints measures what the paths touch, writes footprints.yml and prints the table of docs/performance.md."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import yaml

from verify.bench import paths
from verify.bench.measure import BOARDS, BOUNDS, FOOTPRINTS, MODES, REPOSITORY, bounds_of, judge, load, measure


def footprints() -> int:
    """What each path touches on the board that the budgets are for."""
    with tempfile.TemporaryDirectory() as folder:
        found = paths.footprints("zcu102", "virtual", Path(folder))
    FOOTPRINTS.write_text("# SPDX-License-Identifier: Apache-2.0\n# Written by `python3 -m verify.bench --footprints`: zcu102, "
                          "interrupts virtual.\n" + yaml.safe_dump(found), encoding="utf-8")
    print("| path | instructions in the kernel | lines of code | lines of data | pages | device accesses |\n" + "| --- " * 6 + "|")
    for row, one in found.items():
        print(f"| {row} | " + " | ".join(str(one[key]) for key in ("instructions", "code_lines", "data_lines", "pages",
                                                                   "device_accesses")) + " |")
    return 0


def main() -> int:
    if "--footprints" in sys.argv[1:]:
        return footprints()
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
