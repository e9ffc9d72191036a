# SPDX-License-Identifier: Apache-2.0
"""board.yaml: what the hypervisor needs to know of a board and no device tree says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from generator.check import shape
from generator.diagnostics import Diagnostics
from generator.keys import ListType, MapType, Number, Reader, StructType, Table, Text, UnitType, key
from generator.keys import List as PlacedList
from generator.load import load
from generator.model import ADDRESS, COUNT, FREQUENCY, NAME, SIZE, TEXT, Node, Reserved

PPM = UnitType("tolerance", {"ppm": 1}, shape.frequency, "ppm")


class BoardFileError(Exception):
    """A board.yaml of ours is wrong: a defect of the board description, told with its findings."""


@dataclass(frozen=True, kw_only=True)
class Kernel(Node):
    """Where the hypervisor stands."""

    load: Number = key(ADDRESS, "Link and load address.", required=True)


@dataclass(frozen=True, kw_only=True)
class Counter(Node):
    """A frequency that the generic timer may have."""

    frequency: Number = key(FREQUENCY, "Nominal.", required=True)
    tolerance: Number = key(PPM, "How far off it may be, in parts per million.", required=True)


@dataclass(frozen=True, kw_only=True)
class GicSizes(Node):
    """What of the interrupt controller is the implementer's choice."""

    interrupts: Number = key(COUNT, "Interrupt ids (GICD_TYPER.ITLinesNumber).", required=True)
    list_registers: Number = key(COUNT, "List registers of a core.", required=True)


@dataclass(frozen=True, kw_only=True)
class Qemu(Node):
    """QEMU's model of the board."""

    machine: Text = key(TEXT, "-machine", required=True)
    memory: Number = key(SIZE, "-m", required=True)
    args: PlacedList = key(ListType(TEXT), "Further arguments.", required=True)
    absent: PlacedList = key(ListType(TEXT), "Labels of what the model lacks.", required=True)
    cpu: Text | None = key(TEXT, "-cpu")
    net: PlacedList = key(ListType(TEXT), "Arguments of `run --net`; {net} is what the user wrote.", required=True)
    sd: PlacedList = key(ListType(TEXT), "Arguments of `run --sd`; {file} is the image.", required=True)


@dataclass(frozen=True, kw_only=True)
class BoardFile(Node):
    """A board.yaml."""

    format: Number = key(COUNT, "Version of the format.", required=True)
    board: Text = key(NAME, "The folder's name.", required=True)
    model: Text = key(TEXT, "For people.", required=True)
    kernel: Kernel = key(StructType(Kernel), "Where the hypervisor stands.", required=True)
    gic: GicSizes = key(StructType(GicSizes), "Sizes of the interrupt controller.", required=True)
    ipa_bits: Number = key(COUNT, "Size of guest-physical addresses: 36 or 39.", required=True)
    interrupt_ids: Number = key(COUNT, "Interrupt ids of the GIC.", required=True)
    counters: PlacedList = key(
        ListType(StructType(Counter)), "The board's own first; QEMU's counted runs (1 GHz) too.", required=True
    )
    events: PlacedList = key(ListType(TEXT), "What its performance monitors count for `bandwidth`.", required=True)
    spare_spis: PlacedList = key(ListType(COUNT), "SPIs that nothing drives.", required=True)
    hypervisor: PlacedList = key(ListType(TEXT), "Devices no partition can own.", required=True)
    firmware: Table = key(MapType(StructType(Reserved), NAME), "Memory of firmware.", required=True)
    qemu: Qemu | None = key(StructType(Qemu), "QEMU's model; left out: there is none.")

    @cached_property
    def absent(self) -> frozenset[str]:
        return frozenset(self.qemu.absent) if self.qemu else frozenset()

    @cached_property
    def hypervisor_devices(self) -> frozenset[str]:
        return frozenset(self.hypervisor)


_BOARD = StructType(BoardFile)


def read_board_file(file: str, diagnostics: Diagnostics) -> BoardFile:
    """Reads and checks the shape; findings in our own file are a defect, not the user's."""
    own = Diagnostics()
    tree, _ = load(file, own)
    board = None
    if tree is not None and own.ok:
        reader = Reader(own, "check")
        try:
            board = _BOARD.read(reader, tree, "")
        except Exception as error:  # a Broken carries nothing; its findings are in `own`
            if own.ok:
                raise BoardFileError(f"{file}: {error!r}") from error
    if board is None or not own.ok:
        raise BoardFileError(own.as_text())
    return board
