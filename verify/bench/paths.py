# SPDX-License-Identifier: Apache-2.0
# implements: LLR-905
"""What the kernel executes and touches on a path, from the TCG plugin: instructions by function, cache lines, pages, devices."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from elftools.elf.elffile import ELFFile

from verify.bench.measure import run_doorbell, run_paths

PLUGIN = Path(__file__).with_name("paths_plugin.c")
LINE = 64
PAGE = 4096
REPEATS = 9   # the guests measure each row so often, once more than they count

# Where the guest is when a row's trap comes, and which of the rows that share that place it is. {2: …, 3: …} by GIC version.
_PLACES: dict[str, tuple[str | dict[int, str], int]] = {
    "null_hypercall": ("measure_hvc", 0),
    "status_hypercall": ("measure_hvc", 1),
    "psci_version_hvc": ("measure_hvc", 2),
    "smccc_version": ("measure_hvc", 3),
    "unknown_hvc": ("measure_hvc", 4),
    "null_hypercall_crowded": ("measure_hvc", 5),
    "psci_version_smc": ("measure_smc", 0),
    "unknown_smc": ("measure_smc", 1),
    "set_way": ("measure_set_way", 0),
    "gicd_typer_read": ("measure_load", 0),
    "gic_isenabler_read": ("measure_load", 1),
    "gic_isenabler_write": ("measure_store", 0),
    "gicd_isenabler_write_spi": ("measure_store", 1),
    "gic_isenabler_write_crowded": ("measure_store", 2),
    "timer_busy": ("measure_timer_busy", 0),
    "timer_wfi": ("measure_timer_asleep", 0),
    "own_sgi": ({2: "measure_sgi_gicv2", 3: "measure_sgi_gicv3"}, 0),
    "own_sgi_crowded": ({2: "measure_sgi_gicv2", 3: "measure_sgi_gicv3"}, 2),
    "doorbell_call": ("measure_call", 0),
}
ROWS = tuple(_PLACES)


@dataclass
class Trap:
    """One stay in the kernel."""

    guest: int
    code: list[int] = field(default_factory=list)
    data: list[int] = field(default_factory=list)
    devices: list[int] = field(default_factory=list)

    @property
    def footprint(self) -> dict[str, int]:
        return {"instructions": len(self.code),
                "code_lines": len({pc // LINE for pc in self.code}), "data_lines": len({at // LINE for at in self.data}),
                "pages": len({at // PAGE for at in [*self.code, *self.data]}), "device_accesses": len(self.devices)}


class NotThere(Exception):
    """The row has no kernel path, or a tool is missing."""


def build_plugin(folder: Path) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise NotThere("gcc is needed to build the emulator's plugin")
    plugin = folder / "paths_plugin.so"
    subprocess.run([compiler, "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", plugin, PLUGIN], check=True)
    return plugin


def parse(lines: list[str]) -> list[Trap]:
    traps: list[Trap] = []
    for line in lines:
        kind, address = line.split()
        if kind == "T":
            traps.append(Trap(int(address, 16)))
        elif kind == "I":
            traps[-1].code.append(int(address, 16))
        else:
            (traps[-1].data if kind in "RW" else traps[-1].devices).append(int(address, 16))
    return traps


def symbols_of(elf: Path) -> dict[str, tuple[int, int]]:
    """Address and end of every symbol; those without a size end where the next begins."""
    with elf.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        found = sorted((symbol["st_value"], symbol.name, symbol["st_size"]) for symbol in table.iter_symbols()
                       if symbol.name and not symbol.name.startswith("$"))
    result = {}
    for number, (address, name, size) in enumerate(found):
        after = next((other for other, _, _ in found[number + 1:] if other > address), address + 4)
        result[name] = (address, address + size if size else after)
    return result


def record(board: str, mode: str, row: str, folder: Path) -> tuple[list[Trap], Path, Path]:
    """All traps of the run that measures `row`; the kernel's and the guest's ELF."""
    plugin = build_plugin(folder)
    doorbell = row.startswith("doorbell")
    build = run_doorbell if doorbell else run_paths
    output = build(board, mode, folder, [])[2]
    kernel, = output.glob("*.elf")  # the image: linked from the kernel's objects, with their symbols and lines
    symbols = symbols_of(kernel)
    low, high = symbols["bulkhead_head"][0], symbols["bulkhead_bss_start"][0]
    trace = folder / "trace.txt"
    build(board, mode, folder, ["--qemu-arg=-plugin", f"--qemu-arg={plugin},out={trace},low={low:#x},high={high:#x}"])
    guest = next((output / ".work" / "partitions").glob("*/partition.elf"))
    return parse(trace.read_text(encoding="ascii").splitlines()), kernel, guest


def traps_of(row: str, traps: list[Trap], guest: Path, gic_version: int) -> list[Trap]:
    place, index = _PLACES[row]
    symbol = place if isinstance(place, str) else place[gic_version]
    low, high = symbols_of(guest)[symbol]
    own = [trap for trap in traps if low <= trap.guest < high]
    found = own[index * REPEATS:(index + 1) * REPEATS]
    if len(found) < REPEATS:
        raise NotThere(f"{row}: the kernel has no part in it")
    return found


def inline_stacks(kernel: Path, addresses: list[int]) -> dict[int, list[str]]:
    """Functions of each instruction, the outermost first, from the debug information; assembly by its label."""
    unique = sorted(set(addresses))
    output = subprocess.run(["aarch64-linux-gnu-addr2line", "-a", "-i", "-f", "-C", "-e", kernel, *map(hex, unique)], check=True,
                            capture_output=True, text=True, timeout=60).stdout.splitlines()
    labels = sorted((start, name) for name, (start, _) in symbols_of(kernel).items())
    stacks: dict[int, list[str]] = {}
    current: list[str] = []
    number = 0
    while number < len(output):
        if output[number].startswith("0x"):
            address = int(output[number], 16)
            current = stacks.setdefault(address, [])
            number += 1
            continue
        name = _short(output[number])
        if name == "??" or not name:
            name = next((label for start, label in reversed(labels) if start <= address), "?")
        current.insert(0, name)
        number += 2
    return stacks


def _short(name: str) -> str:
    name = name.split("(")[0].replace("bulkhead::", "")
    depth, kept = 0, []
    for letter in name:
        depth += letter == "<"
        if depth == 0:
            kept.append(letter)
        depth -= letter == ">"
    return "".join(kept).split(" ")[-1]


def tree(trap: Trap, kernel: Path) -> list[tuple[int, str, int]]:
    """(depth, function, instructions in it and below), as a flame graph would stack them."""
    stacks = inline_stacks(kernel, trap.code)
    counts: dict[tuple[str, ...], int] = {}
    for pc in trap.code:
        stack = tuple(stacks[pc])
        for depth in range(len(stack)):
            counts[stack[:depth + 1]] = counts.get(stack[:depth + 1], 0) + 1
    order = {path: place for place, path in enumerate(counts)}
    return [(len(path) - 1, path[-1], counts[path])
            for path in sorted(counts, key=lambda path: [order[path[:n + 1]] for n in range(len(path))])]


def explain(board: str, mode: str, row: str, folder: Path) -> dict:
    """The last of the measured stays in the kernel for `row`."""
    if row not in _PLACES:
        raise NotThere(f"no row `{row}`; there are {', '.join(ROWS)}")
    traps, kernel, guest = record(board, mode, row, folder)
    trap = traps_of(row, traps, guest, 3 if board == "virt-gicv3" else 2)[-1]
    return {"row": row, "board": board, "mode": mode, "footprint": trap.footprint,
            "functions": [{"depth": depth, "function": name, "instructions": count} for depth, name, count in tree(trap, kernel)]}


def footprints(board: str, mode: str, folder: Path) -> dict[str, dict[str, int]]:
    """Of every row of the one-partition run that has a path through the kernel."""
    traps, _, guest = record(board, mode, "null_hypercall", folder)
    found = {}
    for row in ROWS:
        if not row.startswith("doorbell"):
            try:
                found[row] = traps_of(row, traps, guest, 3 if board == "virt-gicv3" else 2)[-1].footprint
            except NotThere:
                continue
    return found

