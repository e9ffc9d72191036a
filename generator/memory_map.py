# SPDX-License-Identifier: Apache-2.0
"""Free physical memory: the banks less what firmware, the user and the hypervisor hold.

`check` asks whether a system can fit at all; the allocator decides where.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.hardware import PAGE, Board, Window
from generator.model import Partition, System

BLOCK = 2 << 20
# What check sets aside for the kernel, its tables and state; the build knows exactly.
KERNEL_SPAN = 2 << 20
ROUND = 64 << 10


def human(size: int) -> str:
    """A size in the largest unit that states it exactly."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit and size % unit == 0:
            return f"{size // unit:,} {name}"
    if size >= 1 << 20:
        return f"{size / (1 << 20):,.1f} MiB"
    return f"{size:,} B"


def align_up(value: int, alignment: int) -> int:
    return (value + alignment - 1) // alignment * alignment


def subtract(windows: list[Window], taken: Window) -> list[Window]:
    """What is left of the windows without `taken`."""
    left = []
    for window in windows:
        if not window.overlaps(taken):
            left.append(window)
            continue
        if window.base < taken.base:
            left.append(Window(window.base, taken.base - window.base))
        if taken.end < window.end:
            left.append(Window(taken.end, window.end - taken.end))
    return left


def kernel_window(board: Board) -> Window:
    return Window(board.kernel_load, KERNEL_SPAN)


def held(system: System, board: Board) -> list[tuple[str, Window]]:
    """Memory that no partition gets, with who holds it."""
    found = [("the hypervisor", kernel_window(board))]
    found += [(f"firmware `{name}`", window) for name, window in board.firmware.items()]
    for name, area in (system.reserved or {}).items():
        found.append((f"`reserved.{name}`", Window(int(area.at), int(area.size))))
    return found


def free_memory(system: System, board: Board) -> list[Window]:
    """Free windows, lowest first, without what partitions pin."""
    windows = list(board.dram)
    for _, taken in held(system, board):
        windows = subtract(windows, taken.pages())
    return sorted(windows, key=lambda window: window.base)


def alignment_of(size: int) -> int:
    return BLOCK if size >= BLOCK else ROUND


@dataclass(frozen=True)
class NoRoom:
    """The first partition that found no place, and what would have fitted."""

    partition: str
    wanted: int
    largest: int
    total: int


def _fits(window: Window, size: int) -> int | None:
    """The lowest aligned base in the window, if `size` bytes fit."""
    base = align_up(window.base, alignment_of(size))
    return base if base + size <= window.end else None


def largest_piece(windows: list[Window]) -> int:
    """The largest size, in whole 2 MiB blocks where it has one, that `_fits` somewhere."""
    best = 0
    for window in windows:
        block = (window.end - align_up(window.base, BLOCK)) // BLOCK * BLOCK
        small = (window.end - align_up(window.base, ROUND)) // PAGE * PAGE
        best = max(best, block, min(small, BLOCK - PAGE))
    return best


def try_fit(system: System, board: Board) -> NoRoom | None:
    """A trial placement, largest first: whether the system can fit at all."""
    windows = free_memory(system, board)
    waiting: list[tuple[str, Partition]] = []
    for name, partition in system.partitions.items():
        memory = partition.memory
        if memory.physical is not None:
            windows = subtract(windows, Window(int(memory.physical), int(memory.size)))
        else:
            waiting.append((str(name), partition))
    pieces = [(name, piece, part) for name, part in waiting for piece in _pieces(part)]
    # Whole ones first: a partition that may be split takes what they leave.
    pieces.sort(key=lambda item: (item[2].memory.map is None, -item[1]))
    for name, size, partition in pieces:
        place = _lowest(windows, size)
        if place is not None:
            windows = subtract(windows, Window(place, size))
            continue
        total = sum(window.size for window in windows)
        if size > largest_bank(board) and may_split(partition) and size <= total:
            windows = _take(windows, size)
            continue
        return NoRoom(name, size, largest_piece(windows), total)
    return None


def _pieces(partition: Partition) -> list[int]:
    sizes = [int(partition.memory.size)]
    sizes += [int(region.size) for region in (partition.regions or {}).values()]
    return sizes


def largest_bank(board: Board) -> int:
    return max(bank.size for bank in board.dram)


def may_split(partition: Partition) -> bool:
    """Only Linux understands memory in several banks."""
    image = partition.image
    linux = image.linux is not None or image.recipe is not None
    return linux and partition.memory.map is None and partition.memory.physical is None


def _lowest(windows: list[Window], size: int) -> int | None:
    found = (_fits(window, size) for window in sorted(windows, key=lambda window: window.base))
    return next((base for base in found if base is not None), None)


def _take(windows: list[Window], size: int) -> list[Window]:
    left = []
    for window in windows:
        taken = min(size, window.size)
        size -= taken
        if taken < window.size:
            left.append(Window(window.base + taken, window.size - taken))
    return left
