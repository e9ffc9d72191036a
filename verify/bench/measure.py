# SPDX-License-Identifier: Apache-2.0
# implements: LLR-904
"""Runs the counting guests and reads their rows: `bench ROW VALUE [unstable LOW HIGH]`, instructions."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
BOUNDS = Path(__file__).with_name("bounds.yml")
FOOTPRINTS = Path(__file__).with_name("footprints.yml")
BOARDS = ("zcu102", "virt-gicv2", "virt-gicv3")
MODES = ("virtual", "direct")
TOLERANCE = 0.02

_ROW = re.compile(r"bench ([a-z0-9_]+) (\d+)(?: unstable (\d+) (\d+))?$")

_PATHS = """\
format: 1
system: paths-{mode}-{board}
board: {board}
hypervisor: {{console: {{uart: uart0}}}}
partitions:
  bench: {{image: {{native: bench}}, cpus: 0, memory: 4 MiB, interrupts: {mode}}}
"""
_DOORBELL = """\
format: 1
system: doorbell-{mode}-{board}
board: {board}
hypervisor: {{console: {{uart: uart0}}, supervisor: 2}}
partitions:
  sender: {{image: {{native: bench_doorbell}}, cpus: 0, memory: 2 MiB, interrupts: {mode}}}
  receiver: {{image: {{native: bench_doorbell}}, cpus: 1, memory: 2 MiB, interrupts: {mode}}}
channels:
  bell: {{kind: shared-memory, size: 64 KiB, writers: [sender, receiver], readers: [], doorbell: true}}
"""
_SWITCH = """\
format: 1
system: {name}
board: {board}
hypervisor: {{console: {{uart: uart0}}, supervisor: 0}}
cpus: {{1: {{scheduler: arinc653}}}}
partitions:
  first: {{image: {{native: bench_switch}}, cpus: 1, memory: 2 MiB}}
  second: {{image: {{native: bench_switch}}, cpus: 1, memory: 2 MiB}}
schedules:
  only:
    initial: true
    major_frame: 2 ms
    windows:
      - {{partition: first, cpu: 1, start: 0 ms, length: 1 ms}}
      - {{partition: second, cpu: 1, start: 1 ms, length: 1 ms}}
channels:
  baton: {{kind: shared-memory, size: 4 KiB, writers: [first, second], readers: [], doorbell: {bells}}}
"""
# A partition that measures while another, with much to clear, is restarted: on its own core, or in its own windows.
_RESTART = """\
format: 1
system: restart-{mode}-{board}
board: {board}
hypervisor: {{console: {{uart: uart0}}, supervisor: 2}}
partitions:
  neighbour: {{image: {{native: bench}}, cpus: 0, memory: 2 MiB, interrupts: {mode}, privileges: {{control: [victim]}}}}
  victim: {{image: {{native: bench}}, cpus: 1, memory: 64 MiB, interrupts: {mode}}}
channels:
  bell: {{kind: shared-memory, size: 4 KiB, writers: [neighbour, victim], readers: [], doorbell: true}}
"""
# On virt the emulator lets the other core do all of its work at once, so that nothing can be measured beside it.
_RESTARTS_BESIDE = "zcu102"
_RESTART_IN_WINDOWS = """\
format: 1
system: restart-windows-{board}
board: {board}
hypervisor: {{console: {{uart: uart0}}, supervisor: 0}}
cpus: {{1: {{scheduler: arinc653}}}}
partitions:
  neighbour: {{image: {{native: bench}}, cpus: 1, memory: 2 MiB, privileges: {{control: [victim]}}}}
  victim: {{image: {{native: bench}}, cpus: 1, memory: 64 MiB}}
schedules:
  only:
    initial: true
    major_frame: 1 ms
    windows:
      - {{partition: neighbour, cpu: 1, start: 0 us, length: 800 us}}
      - {{partition: victim, cpu: 1, start: 900 us, length: 100 us}}
channels:
  bell: {{kind: shared-memory, size: 4 KiB, writers: [neighbour, victim], readers: [], doorbell: true}}
"""


def _run(name: str, text: str, folder: Path, done: str, extra: list[str]) -> tuple[dict[str, int], dict, Path]:
    """Rows of one counted run, the worst value where a row varies; the build's size.json; where it was built."""
    folder.mkdir(parents=True, exist_ok=True)
    system = folder / f"{name}.yaml"
    system.write_text(text, encoding="utf-8")
    output = folder / name
    command = [sys.executable, "-m", "generator", "run", str(system), "-o", str(output), "--icount", "--json", "--timeout",
               "120", "--until", done, *extra]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{name}: {result.stderr[-2000:]}")
    rows: dict[str, int] = {}
    for line in result.stdout.splitlines():
        event = json.loads(line)
        if event.get("event") == "boot" and "boot_instructions" in event:
            rows["boot"] = event["boot_instructions"]
        found = _ROW.search(event.get("text", ""))
        if found:
            value = int(found[4] or found[2])
            rows[found[1]] = max(value, rows.get(found[1], 0))
    return rows, json.loads((output / "size.json").read_text(encoding="utf-8")), output


def run_paths(board: str, mode: str, folder: Path, extra: list[str]) -> tuple[dict[str, int], dict, Path]:
    """One partition alone."""
    return _run(f"paths-{mode}-{board}", _PATHS.format(mode=mode, board=board), folder, "bench:bench done", extra)


def run_doorbell(board: str, mode: str, folder: Path, extra: list[str]) -> tuple[dict[str, int], dict, Path]:
    """Two cores under one clock: only one of them may run at a time."""
    serial = ["--qemu-arg=-accel", "--qemu-arg=tcg,thread=single"]
    return _run(f"doorbell-{mode}-{board}", _DOORBELL.format(mode=mode, board=board), folder, "sender:bench done", [*serial, *extra])


def run_switch(board: str, folder: Path, extra: list[str], bells: bool = False) -> tuple[dict[str, int], dict, Path]:
    """Two windows on one core, with `bells` of two that may be rung for; the console's core works beside it."""
    name = f"switch-{'doorbells-' if bells else ''}{board}"
    serial = ["--qemu-arg=-accel", "--qemu-arg=tcg,thread=single", "--until", "second:bench done"]
    return _run(name, _SWITCH.format(board=board, name=name, bells=str(bells).lower()), folder, "first:bench done", [*serial, *extra])


def run_restart(board: str, mode: str, folder: Path, extra: list[str]) -> tuple[dict[str, int], dict, Path]:
    """Two busy cores: what is measured lets the other begin, and lies between two changes of the emulator to another core."""
    serial = ["--qemu-arg=-accel", "--qemu-arg=tcg,thread=single"]
    return _run(f"restart-{mode}-{board}", _RESTART.format(mode=mode, board=board), folder, "neighbour:bench done", [*serial, *extra])


def run_restart_in_windows(board: str, folder: Path, extra: list[str]) -> tuple[dict[str, int], dict, Path]:
    """One busy core; the console's works beside it."""
    serial = ["--qemu-arg=-accel", "--qemu-arg=tcg,thread=single"]
    return _run(f"restart-windows-{board}", _RESTART_IN_WINDOWS.format(board=board), folder, "neighbour:bench done", [*serial, *extra])


def measure(board: str, mode: str, folder: Path) -> dict[str, int]:
    """All rows of one board and interrupt mode."""
    rows, size, _ = run_paths(board, mode, folder, [])
    bells, _, _ = run_doorbell(board, mode, folder, [])
    rows |= {row: value for row, value in bells.items() if row.startswith("doorbell")}
    if board == _RESTARTS_BESIDE:
        rows |= {row: value for row, value in run_restart(board, mode, folder, [])[0].items() if row.startswith("restart")}
    if mode == "direct":
        # Closing the gate takes maintenance of all cores' TLBs, at which the emulator lets the other core run: no figure.
        rows.pop("restart_control", None)
    if mode == "virtual":
        switches, _, _ = run_switch(board, folder, [])
        switches["switch_doorbells"] = run_switch(board, folder, [], bells=True)[0]["switch"]
        windows, _, _ = run_restart_in_windows(board, folder, [])
        rows |= {row: value for row, value in (switches | windows).items() if row.startswith(("switch", "window"))}
        rows |= {"text_and_rodata_bytes": size["text"] + size["rodata"], "ram_bytes": size["ram"],
                 "source_lines": size["source_lines"]}
    return rows


def peers() -> dict[str, dict[str, int]]:
    """What others take for the rows, where they published it."""
    return yaml.safe_load(Path(__file__).with_name("peers.yml").read_text(encoding="utf-8"))


def load() -> dict:
    return yaml.safe_load(BOUNDS.read_text(encoding="utf-8"))


def bounds_of(known: dict, board: str, mode: str) -> dict[str, int]:
    """The bounds of a board and interrupt mode."""
    return known["bounds"][mode] | known.get("boards", {}).get(board, {}).get(mode, {})


def judge(rows: dict[str, int], bounds: dict[str, int], baseline: dict[str, int]) -> list[str]:
    """What is wrong, a sentence a row; nothing when every row keeps its bound and its baseline."""
    found = [f"{row}: not measured" for row in bounds if row not in rows]
    for row, value in rows.items():
        if row in bounds and value > bounds[row]:
            found.append(f"{row}: {value}, above its bound {bounds[row]}")
        if row in baseline and value > baseline[row] * (1 + TOLERANCE):
            found.append(f"{row}: {value}, more than 2 % above the baseline {baseline[row]}")
    return found
