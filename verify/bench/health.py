# SPDX-License-Identifier: Apache-2.0
"""`python3 -m verify.bench.health`: what a report to the health monitor, and a kick of the watchdog, cost who makes them."""

from __future__ import annotations

import sys
from pathlib import Path

from verify.bench.measure import BOARDS, REPOSITORY, _run

# Bounds, instructions from the call to the caller's next instruction; on a core with a scheduler measured on one board.
BOUNDS = {"raise_log_said": 185, "raise_log": 135, "raise_notify": 145, "watchdog_kick": 60}
SHARED_BOUNDS = {"shared_raise_log_said": 190, "shared_raise_log": 140, "shared_raise_notify": 150, "shared_watchdog_kick": 65}
SHARED_BOARD = "zcu102"

_SYSTEM = """\
format: 1
system: health-{kind}-{board}
board: {board}
hypervisor: {{console: {{uart: uart0}}, supervisor: 2}}
{cpus}
partitions:
  reporter:
    image: {{native: bench_health}}
    cpus: 0
    memory: 2 MiB
    health: {{actions: {{application: {{cold-start: log, normal: notify}}, watchdog: log}}, monitor: monitor, watchdog: 100 s}}
  monitor: {{image: {{native: bench_health}}, cpus: 1, memory: 2 MiB}}
{schedules}
"""
_SHARED = {"cpus": "cpus: {0: {scheduler: arinc653}}", "schedules":
           "schedules: {only: {initial: true, major_frame: 2 s, windows: [{partition: reporter, cpu: 0, start: 0 s, length: 2 s}]}}"}
_ALONE = {"cpus": "", "schedules": ""}


def bounds_of(board: str) -> dict[str, int]:
    return BOUNDS | (SHARED_BOUNDS if board == SHARED_BOARD else {})


def measure_health(board: str, folder: Path) -> dict[str, int]:
    """On a core of its own, and on one with a scheduler."""
    serial = ["--qemu-arg=-accel", "--qemu-arg=tcg,thread=single"]
    found: dict[str, int] = {}
    for kind, words, prefix in (("null", _ALONE, ""), ("shared", _SHARED, "shared_")):
        if prefix == "" or board == SHARED_BOARD:
            rows, *_ = _run(f"health-{kind}-{board}", _SYSTEM.format(board=board, kind=kind, **words), folder, "reporter:bench done", serial)
            found |= {prefix + row: value for row, value in rows.items() if row in BOUNDS}
    return found


def main() -> int:
    failed = False
    for board in BOARDS:
        rows = measure_health(board, REPOSITORY / "build" / "bench")
        for row, bound in bounds_of(board).items():
            value = rows.get(row)
            print(f"{board:12} {row:24} {value if value is not None else '-':>6} <= {bound}")
            failed |= value is None or value > bound
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
