# SPDX-License-Identifier: Apache-2.0
"""python3 -m verify.misra: findings against our checks for MISRA C++:2023 over kernel and partition runtime."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import yaml

from verify.misra import guidelines, judgement, report, tools
from verify.misra.findings import Finding, ParseFailure, Sources

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("kernel", "partitions/runtime")
# Board -> units beside the kernel's that are parsed with its headers: what differs by board is the interrupt driver.
BOARDS = {"zcu102": (), "virt-gicv2": ("partitions/runtime/*.cpp", "partitions/runtime/port/*.cpp", "partitions/runtime/apex/*.cpp"),
          "virt-gicv3": ("partitions/runtime/irq_gicv3.cpp",)}
# The runtime built without the hypervisor, to measure the native column; it is no part of any image.
LEFT_OUT = ("partitions/runtime/native",)


def collect(root: Path, board: str) -> Sources:
    """All headers, the kernel's units, and the runtime's units that this board's turn looks at."""
    files = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*"))
             if path.suffix in {".cpp", ".hpp", ".h"} and not any(path.is_relative_to(root / name) for name in LEFT_OUT)]
    return Sources(
        root=root,
        units=tuple(path for path in files if path.suffix == ".cpp" and (
            path.is_relative_to(root / "kernel") or any(path.relative_to(root).match(name) for name in BOARDS[board]))),
        headers=tuple(path for path in files if path.suffix != ".cpp"),
        includes=(root / "kernel", root / "partitions/runtime", root / "partitions/runtime/include",
                  *generated_headers(root, board)))


def generated_headers(root: Path, board: str) -> list[Path]:
    """Stand-ins for what the build generates, everything switched on."""
    return [root / "verify/features" / board, root / "partitions/runtime/native" / board]


def run(root: Path, folder: Path, rule_texts: Path | None = None, update_baseline: bool = False) -> report.Report:
    """Runs all checks for each board, writes the three files into `folder`, and returns what they print."""
    known, reviewed = guidelines.load_guidelines()
    deviations = guidelines.load_deviations(known)
    checks = {check for guideline in known.values() for check in guideline.checks}
    found: set[Finding] = set()
    failed: set[ParseFailure] = set()
    for board in BOARDS:
        sources = collect(root, board)
        of_board, unparsed = tools.run_all(sources, checks)
        found |= set(of_board)
        failed |= set(unparsed)
    findings, failures = sorted(found), sorted(failed)
    marks = judgement.read_marks(root, list(sources.all_files))
    judged = judgement.judge(findings, failures, known, deviations, marks, judgement.load_baseline())
    if update_baseline:
        judgement.save_baseline(judged)
        judged = judgement.judge(findings, failures, known, deviations, marks, judgement.load_baseline())
    sources = Sources(root, tuple(sorted({unit for board in BOARDS for unit in collect(root, board).units})), sources.headers)
    texts = yaml.safe_load(rule_texts.read_text(encoding="utf-8")) if rule_texts else {}
    result = report.Report(sources, known, reviewed, deviations, judged, tools.versions(), texts)
    report.write(result, folder)
    return result


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m verify.misra", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("build/report"))
    parser.add_argument("--rule-texts", type=Path, help="a licensee's YAML file of guideline texts, by id")
    parser.add_argument("--update-baseline", action="store_true")
    options = parser.parse_args(arguments)
    result = run(ROOT, options.output, options.rule_texts, options.update_baseline)
    for error in result.judgement.errors:
        print(error)
    counts = result.counts()
    print(f"{report.TITLE}: " + ", ".join(f"{counts[name]} {text}" for name, text in report.STATUS.items())
          + f"; {len(result.judgement.errors)} errors; {options.output}/misra.html")
    return 1 if result.judgement.errors else 0


if __name__ == "__main__":
    sys.exit(main())
