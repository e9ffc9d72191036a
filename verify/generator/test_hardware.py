# SPDX-License-Identifier: Apache-2.0
"""Board descriptions: what they say of themselves holds together, and QEMU agrees with virt's."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from generator import defaults
from generator.device_tree import Tree, cells, strings
from generator.diagnostics import Diagnostics
from generator.hardware import Board, Window, boards, load_board
from generator.memory_map import free_memory, human, largest_piece, subtract
from verify.generator.systems import check_text, partition, rules_of, system

BOARDS = {name: load_board(name, Diagnostics()) for name in boards()}
every_board = pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)


@pytest.mark.verifies("HLR-004")
@every_board
def test_board_file_agrees_with_the_tree(board: Board) -> None:
    assert board.file.board == board.name
    labels = set(board.labels)
    assert board.file.absent <= labels, "QEMU's model lacks what the tree has not"
    assert board.file.hypervisor_devices <= labels
    assert any(bank.contains(Window(board.kernel_load, 1)) for bank in board.dram)
    for window in board.firmware.values():
        assert any(bank.contains(window) for bank in board.dram)
    assert board.dram[-1].end <= 1 << board.ipa_bits


@pytest.mark.verifies("HLR-004")
@every_board
def test_every_board_lists_counted_runs(board: Board) -> None:
    rates = [int(rate.frequency) for rate in board.file.counters]
    assert 1_000_000_000 in rates and len(rates) <= 4


@every_board
def test_spare_interrupts_are_spare(board: Board) -> None:
    used = {line.spi for device in board.devices.values() for line in device.interrupts}
    assert len(board.spare_spis) == 16
    assert not used & set(board.spare_spis)
    assert max(board.spare_spis) < board.spi_count
    assert max(used) < board.spi_count


@every_board
def test_windows_of_devices_do_not_overlap(board: Board) -> None:
    ranges = [
        (window.base, window.end, device.name)
        for device in board.devices.values()
        for window in device.windows
    ]
    nested = {frozenset(pair) for pair in defaults.overlaps(ranges)}
    assert nested == set()
    assert not any(bank.overlaps(Window(base, end - base)) for base, end, _ in ranges for bank in board.dram)


@every_board
def test_interrupts_belong_to_one_device(board: Board) -> None:
    seen: dict[int, str] = {}
    for device in board.devices.values():
        for line in device.interrupts:
            assert seen.setdefault(line.spi, device.name) == device.name


def test_zcu102_facts() -> None:
    board = BOARDS["zcu102"]
    assert [core.mpidr for core in board.cores] == [0, 1, 2, 3]
    assert board.gic.version == 2
    assert board.gic.distributor.base == 0xF901_0000
    assert board.gic.cpu_interface == Window(0xF902_0000, 0x2_0000)
    assert board.gic.virtual_interface == Window(0xF906_0000, 0x2_0000)
    uarts = {name: (uart.windows[0].base, uart.interrupts[0].spi) for name, uart in board.uarts.items()}
    assert uarts == {"uart0": (0xFF00_0000, 21), "uart1": (0xFF01_0000, 22)}
    gem3 = board.find("ethernet0")
    assert gem3 is not None and gem3.name == "gem3" and gem3.wired and gem3.streams == (0x877,)
    assert not board.devices["gem0"].wired and not board.devices["can0"].wired
    assert not board.devices["smmu"].in_qemu and board.devices["gem3"].in_qemu
    assert [clock.frequency for clock in board.devices["uart0"].clocks] == [100_000_000] * 2
    assert board.psci_method == "smc"


def test_references_of_a_device() -> None:
    board = BOARDS["zcu102"]
    outside = {
        (reference.property, reference.target_name)
        for reference in board.references(board.devices["gem3"])
        if not reference.inside
    }
    assert ("reset-gpios", "expander_u97") in outside and ("iommus", "smmu") in outside


@pytest.mark.verifies("HLR-004")
@pytest.mark.skipif(shutil.which("qemu-system-aarch64") is None, reason="QEMU is not installed")
@pytest.mark.parametrize("version", [2, 3])
def test_virt_is_what_qemu_says(version: int, tmp_path: Path) -> None:
    board = BOARDS[f"virt-gicv{version}"]
    dump = tmp_path / "virt.dtb"
    machine = f"{board.file.qemu.machine},dumpdtb={dump}"
    command = ["qemu-system-aarch64", "-M", machine, "-cpu", str(board.file.qemu.cpu), "-smp", "4"]
    command += ["-m", str(int(board.file.qemu.memory) >> 20), "-net", "none", "-display", "none"]
    subprocess.run(command, capture_output=True, check=False, timeout=60)
    theirs = Board("qemu", "", board.file, Tree(dump.read_bytes()))
    by_base = {
        theirs.windows(path)[0].base: (path, properties)
        for path, properties in theirs.tree.nodes.items()
        if theirs.windows(path)
    }
    for device in board.devices.values():
        path, properties = by_base[device.windows[0].base]
        assert theirs.windows(path) == device.windows, device.name
        lines = [(kind, spi, flags & 0xF) for kind, spi, flags in _triples(properties)]
        wanted = [(0, line.spi, 1 if line.trigger == "edge-rising" else 4) for line in device.interrupts]
        assert device.name == "gic" or lines == wanted, device.name
    assert theirs.dram == board.dram and theirs.gic.distributor == board.gic.distributor
    assert [core.mpidr for core in theirs.cores] == [core.mpidr for core in board.cores]
    assert strings(theirs.tree.nodes["/psci"]["method"]) == (board.psci_method,)


def _triples(properties: dict[str, bytes]) -> list[tuple[int, ...]]:
    numbers = cells(properties.get("interrupts", b""))
    return [tuple(numbers[n : n + 3]) for n in range(0, len(numbers), 3)]


def test_subtract() -> None:
    whole = [Window(0x1000, 0x3000)]
    assert subtract(whole, Window(0x2000, 0x1000)) == [Window(0x1000, 0x1000), Window(0x3000, 0x1000)]
    assert subtract(whole, Window(0, 0x1000)) == whole
    assert subtract(whole, Window(0x4000, 0x1000)) == whole
    assert subtract(whole, Window(0, 0x10000)) == []
    assert subtract(whole, Window(0, 0x2000)) == [Window(0x2000, 0x2000)]


def test_overlaps_of_touching_ranges() -> None:
    assert defaults.overlaps([(0, 4, "a"), (4, 8, "b")]) == []
    assert defaults.overlaps([(0, 5, "a"), (4, 8, "b")]) == [("a", "b")]
    assert defaults.overlaps([(0, 9, "a"), (1, 2, "b"), (3, 4, "c")]) == [("a", "b"), ("a", "c")]


def test_largest_piece_honours_alignment() -> None:
    assert largest_piece([Window(0x10_0000, 0x50_0000)]) == 0x40_0000
    assert largest_piece([Window(0x1000, 0xF000 + 0x3000)]) == 0x3000


def test_free_memory_leaves_out_what_others_hold() -> None:
    board = BOARDS["zcu102"]

    class Empty:
        reserved = None

    for window in free_memory(Empty(), board):  # type: ignore[arg-type]
        for taken in [*board.firmware.values(), Window(board.kernel_load, 1)]:
            assert not window.overlaps(taken)


@pytest.mark.parametrize(
    "size, text",
    [
        (1 << 30, "1 GiB"),
        (3 << 29, "1,536 MiB"),
        (1 << 20, "1 MiB"),
        (1 << 10, "1 KiB"),
        (1000, "1,000 B"),
        ((1 << 20) + 1, "1.0 MiB"),
    ],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert human(size) == text


def linux(size: str) -> str:
    return partition("l", image="{recipe: linux}", cpus="3", memory=size)


@pytest.mark.verifies("LLR-527")
@pytest.mark.parametrize(
    "partitions, wrong",
    [
        # zcu102: 2 MiB and 1,532 MiB are free in the low bank, 2 GiB in the high one.
        ([partition("a", memory="2 GiB"), partition("b", cpus="1", memory="1532 MiB")], False),
        ([partition("a", memory="2 GiB"), partition("b", cpus="1", memory="1534 MiB")], True),
        ([linux("3580 MiB")], False),
        ([linux("3584 MiB")], True),
        ([linux("2 GiB")], False),
        ([partition("a", memory="64 KiB"), linux("2 GiB")], False),
        ([partition("a", memory="1 GiB"), linux("2558 MiB")], False),
        ([partition("a", memory="1 GiB"), linux("2560 MiB")], True),
    ],
)
def test_what_fits_into_the_board(tmp_path: Path, partitions: list[str], wrong: bool) -> None:
    found = rules_of(check_text(tmp_path, system(*partitions)))
    assert ("BH-MEM-007" in found) is wrong, found
