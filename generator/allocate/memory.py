# SPDX-License-Identifier: Apache-2.0
# implements: LLR-541, LLR-542
"""Placement in physical memory: where the hypervisor, each partition's RAM and each shared piece go.

Everything is placed at the lowest address that keeps the largest translation blocks possible. Small partitions come
first, so that the payloads that lie in place stay close to the kernel and the raw image stays small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from generator import defaults
from generator.diagnostics import Diagnostic, Place, Severity
from generator.hardware import PAGE, Board, Window
from generator.model import Partition, System

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30


class OutOfMemory(Exception):
    """Something does not fit; the message says what would."""

    def __init__(self, place: Place, message: str, hint: str, rule: str = "BH-MEM-007"):
        super().__init__(f"{place}: {message}")
        self.place, self.message, self.hint, self.rule = place, message, hint, rule

    @property
    def diagnostic(self) -> Diagnostic:
        """In the form of the rule that says so: `check` tries a placement too, but knows less."""
        return Diagnostic(self.rule, Severity.ERROR, self.place, self.message, self.hint)


def size_text(size: int) -> str:
    """A size in the largest unit that states it exactly."""
    for unit, step in (("GiB", GIB), ("MiB", MIB), ("KiB", KIB)):
        if size and size % step == 0:
            return f"{size // step} {unit}"
    return f"{size} B"


def round_up(value: int, step: int) -> int:
    return -(-value // step) * step


class Space:
    """Free physical memory as disjoint windows, lowest first."""

    def __init__(self, windows: Iterable[Window]):
        self._free = sorted((window for window in windows if window.size), key=lambda window: window.base)

    @property
    def free(self) -> tuple[Window, ...]:
        return tuple(self._free)

    def remove(self, taken: Window) -> None:
        """Takes out whatever of `taken` is still free."""
        kept: list[Window] = []
        for window in self._free:
            if not window.overlaps(taken):
                kept.append(window)
                continue
            if window.base < taken.base:
                kept.append(Window(window.base, taken.base - window.base))
            if taken.end < window.end:
                kept.append(Window(taken.end, window.end - taken.end))
        self._free = kept

    def lowest(self, size: int, align: int, phase: int = 0, within: Iterable[Window] | None = None) -> Window | None:
        """The lowest free place whose base is `phase` modulo `align`."""
        limits = list(within) if within is not None else None
        for window in self._free:
            for limit in limits if limits is not None else [window]:
                low, high = max(window.base, limit.base), min(window.end, limit.end)
                base = round_up(low - phase, align) + phase
                if base + size <= high:
                    return Window(base, size)
        return None

    def take(self, size: int, align: int, phase: int = 0, within: Iterable[Window] | None = None) -> Window | None:
        place = self.lowest(size, align, phase, within)
        if place is not None:
            self.remove(place)
        return place

    def holds(self, window: Window) -> bool:
        return any(free.contains(window) for free in self._free)

    @property
    def largest(self) -> int:
        return max((window.size for window in self._free), default=0)


@dataclass(frozen=True)
class Piece:
    """A stretch of RAM, seen at `ipa` by its partition."""

    ipa: int
    pa: int
    size: int


@dataclass(frozen=True)
class Request:
    """Memory that a partition or a channel asks for beside RAM."""

    key: str
    size: int
    place: Place
    align: int


@dataclass(frozen=True)
class Placement:
    """Where everything stands."""

    kernel: Window
    ram: dict[str, tuple[Piece, ...]]
    shared: dict[str, Window]
    reserved: tuple[tuple[str, Window], ...]
    free: tuple[Window, ...]


def alignment_of(size: int) -> int:
    """Partition RAM from 2 MiB up is mapped by blocks; smaller pieces by pages."""
    if size >= 2 * MIB:
        return 2 * MIB
    return 64 * KIB if size >= 64 * KIB else PAGE


def reserved_windows(system: System, board: Board) -> list[tuple[str, Window]]:
    """Memory that is never allocated: the board's firmware, and `reserved:`."""
    found = sorted(board.firmware.items())
    found += [(str(name), Window(int(area.at), int(area.size)))
              for name, area in (system.reserved or {}).items()]
    return found


def place(system: System, board: Board, kernel_size: int, shared: tuple[Request, ...] = ()) -> Placement:
    """Places all memory. Raises OutOfMemory for the first request that does not fit."""
    reserved = reserved_windows(system, board)
    try:
        return _place(system, board, kernel_size, shared, reserved, ascending=True)
    except OutOfMemory:
        # Small first can split the last large hole; large first packs tighter, for the price of a longer raw image.
        return _place(system, board, kernel_size, shared, reserved, ascending=False)


def _place(system: System, board: Board, kernel_size: int, shared: tuple[Request, ...],
           reserved: list[tuple[str, Window]], ascending: bool) -> Placement:
    space = Space(board.dram)
    for _, window in reserved:
        space.remove(window.pages())
    # Whole blocks: nobody else's memory lies in the 2 MiB that the kernel's own tables map.
    kernel = Window(board.kernel_load, round_up(board.kernel_load + kernel_size, 2 * MIB) - board.kernel_load)
    if not space.holds(kernel):
        raise OutOfMemory(system.place, f"the hypervisor's {size_text(kernel.size)} at {kernel.base:#x} overlap reserved memory",
                          "move or shrink the `reserved:` area, or let fewer partitions be restarted")
    space.remove(kernel)
    below = next(bank for bank in board.dram if bank.base <= kernel.base < bank.end)
    low = Window(below.base, kernel.base - below.base)

    ram: dict[str, tuple[Piece, ...]] = {}
    movable: list[tuple[str, Partition]] = []
    for name, partition in system.partitions.items():
        if partition.memory.physical is None:
            movable.append((str(name), partition))
            continue
        window = Window(int(partition.memory.physical), int(partition.memory.size))
        if not space.holds(window):
            raise OutOfMemory(partition.memory.physical.place, f"`{name}`: {window} is not free memory of {board.name}",
                              f"free are {_listed(space.free)}")
        space.remove(window)
        ipa = defaults.memory_ipa(partition, board)
        ram[str(name)] = (Piece(window.base if ipa is None else ipa, window.base, window.size),)

    # The stretch below the kernel cannot be reached by a raw image that starts with the kernel.
    space.remove(low)
    movable.sort(key=lambda item: int(item[1].memory.size) * (1 if ascending else -1))
    for name, partition in movable:
        pieces = _pieces(name, partition, board, space)
        ram[name] = pieces
    taken: dict[str, Window] = {}
    for request in shared:
        window = space.take(round_up(request.size, PAGE), request.align)
        if window is None:
            raise _too_large(request.place, f"`{request.key}`", request.size, space)
        taken[request.key] = window
    return Placement(kernel, ram, taken, tuple(reserved), space.free)


def _pieces(name: str, partition: Partition, board: Board, space: Space) -> tuple[Piece, ...]:
    memory = partition.memory
    size = round_up(int(memory.size), PAGE)
    ipa = defaults.memory_ipa(partition, board)
    if ipa is None:  # identity: the lowest free place that holds it whole, in either bank
        window = _take(space, size, None)
        if window is None:
            raise _too_large(memory.size.place, f"`{name}`", size, space)
        return (Piece(window.base, window.base, size),)
    stretches = _split(board, ipa, size) if defaults.is_linux(partition) else [(ipa, size)]
    found = {}
    for base, length in sorted(stretches, key=lambda stretch: -stretch[1]):
        window = _take(space, length, base)
        if window is None:
            raise _too_large(memory.size.place, f"`{name}`", length, space)
        found[base] = Piece(base, window.base, length)
    return tuple(found[base] for base, _ in stretches)


def _split(board: Board, ipa: int, size: int) -> list[tuple[int, int]]:
    """Linux's RAM at the board's bank addresses, when it is larger than one bank."""
    banks = [bank for bank in board.dram if bank.end > ipa]
    if not banks or not banks[0].base <= ipa or ipa + size <= banks[0].end:
        return [(ipa, size)]
    stretches = []
    left = size
    for bank in banks:
        base = max(bank.base, ipa)
        length = min(left, bank.end - base)
        if length:
            stretches.append((base, length))
            left -= length
    if left:
        last, length = stretches.pop()
        stretches.append((last, length + left))
    return stretches


def _take(space: Space, size: int, ipa: int | None) -> Window | None:
    """A place with the largest blocks that IPA and size allow."""
    aligns = [GIB] if size >= GIB else []
    aligns += [alignment_of(size), PAGE]
    for align in aligns:
        phase = 0 if ipa is None else ipa % align
        window = space.take(size, align, phase)
        if window is not None:
            return window
    return None


def _listed(windows: Iterable[Window]) -> str:
    return ", ".join(f"{window} ({size_text(window.size)})" for window in windows) or "none"


def _too_large(where: Place, what: str, size: int, space: Space) -> OutOfMemory:
    largest = space.largest & ~(2 * MIB - 1)
    fits = f"at most {size_text(largest)} in one piece would fit now" if largest else "nothing is left"
    return OutOfMemory(where, f"{what} needs {size_text(size)} of memory, but {fits}",
                       f"shrink it, or another partition; free are {_listed(space.free)}")
