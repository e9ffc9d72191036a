# SPDX-License-Identifier: Apache-2.0
"""Properties of every allocation: nothing overlaps, everything is aligned, all of it lies in the board's memory."""

from __future__ import annotations

import os

import pytest
import yaml
from hypothesis import HealthCheck, given, settings, strategies as st

from generator.allocate import OutOfMemory, allocate
from generator.allocate.dump import resolved_yaml
from generator.allocate.memory import GIB, MIB, Space
from generator.allocate.resolved import Resolved
from generator.check.context import Context
from generator.check.runner import check_file
from generator.hardware import Window, load_board
from generator.diagnostics import Diagnostics
from generator.picture import plan_html
from generator.plan import stretches, tables_of

BOARDS = ("zcu102", "virt-gicv2", "virt-gicv3")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def resolve(folder, text: str, target: str = "hardware") -> Resolved:
    file = folder / "system.yaml"
    file.write_text(text)
    checked = check_file(str(file), "build")
    assert checked.ok, checked.diagnostics.as_text()
    return allocate(Context(checked.system, checked.board, "build"), target)


def system(board: str, partitions: dict, **more) -> str:
    return yaml.safe_dump({"format": "1", "system": "trial", "board": board,
                           "hypervisor": {"console": {"uart": "uart0"}}, **more, "partitions": partitions}, sort_keys=False)


def native(cpu: str, memory, **more) -> dict:
    return {"image": {"native": "hello"}, "cpus": cpu, "memory": memory, **more}


def owned_windows(resolved: Resolved) -> list[tuple[str, Window]]:
    found = [("bulkhead", resolved.kernel)] + [(f"reserved {name}", window) for name, window in resolved.reserved]
    for guest in resolved.guests:
        found += [(guest.name, piece.pa_window) for piece in guest.ram]
        found += [(f"{guest.name}.{name}", mapped.pa_window) for name, mapped in guest.regions]
    found += [(f"{channel.name}, back", Window(channel.back_pa, channel.back_size)) for channel in resolved.channels if channel.back_size]
    return found + [(channel.name, Window(channel.pa, channel.size)) for channel in resolved.channels]


def assert_sound(resolved: Resolved) -> None:
    board = load_board(resolved.board, Diagnostics())
    windows = owned_windows(resolved)
    for number, (name, window) in enumerate(windows):
        assert any(bank.contains(window) for bank in board.dram), f"{name} {window} lies outside DRAM"
        for other, taken in windows[:number]:
            assert not window.overlaps(taken), f"{name} {window} overlaps {other} {taken}"
    for guest in resolved.guests:
        seen = [mapped.ipa_window for mapped in guest.mappings]
        if guest.console.kind == "virtual":
            seen.append(Window(guest.console.ipa, 4096))
        for number, window in enumerate(seen):
            assert window.end <= 1 << resolved.ipa_bits
            assert not any(window.overlaps(other) for other in seen[:number]), f"{guest.name}: {window} twice"
        for piece in guest.ram:
            step = 2 * MIB if piece.size >= 2 * MIB else 4096
            assert piece.pa % step == piece.ipa % step, f"{guest.name}: blocks are lost"
        for payload in guest.payloads:
            assert payload.size > 0 and any(
                mapped.ipa <= payload.ipa and payload.ipa + payload.size <= mapped.ipa + mapped.size for mapped in guest.mappings)
        irqs = list(guest.virtual_irqs) + [line.id for _, line in guest.interrupts]
        assert len(irqs) == len(set(irqs)) and all(32 <= irq < 1020 for irq in irqs)
    vmids = [guest.vmid for guest in resolved.guests]
    assert len(vmids) == len(set(vmids)) and 0 not in vmids
    # Memory is a partition of DRAM: nothing is lost but what lies below the kernel.
    total = sum(window.size for _, window in windows) + sum(window.size for window in resolved.free)
    below = board.kernel_load - next(bank.base for bank in board.dram if bank.base <= board.kernel_load < bank.end)
    assert 0 <= sum(bank.size for bank in board.dram) - total <= below


SIZES = st.one_of(st.integers(1, 511).map(lambda pages: f"{pages * 4} KiB"), st.integers(1, 600).map(lambda size: f"{size} MiB"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(board=st.sampled_from(BOARDS), sizes=st.lists(SIZES, min_size=1, max_size=4),
       regions=st.lists(st.integers(1, 64), max_size=3), data=st.data())
@pytest.mark.verifies("LLR-541", "LLR-543")
def test_any_system_that_is_accepted_is_placed_soundly(tmp_path, board, sizes, regions, data):
    partitions = {}
    for number, size in enumerate(sizes):
        more = {"regions": {f"r{n}": {"size": f"{pages * 4} KiB"} for n, pages in enumerate(regions)}} if number == 0 else {}
        memory = {"size": size, "map": "identity"} if data.draw(st.booleans()) else size
        partitions[f"p{number}"] = native(str(number), memory, **more)
    file = tmp_path / "system.yaml"
    file.write_text(system(board, partitions))
    checked = check_file(str(file), "build")
    if not checked.ok:
        return  # refused with a rule, which other tests look at
    try:
        resolved = allocate(Context(checked.system, checked.board, "build"))
    except OutOfMemory as error:
        assert error.hint and error.message
        return
    assert_sound(resolved)
    plan_html(resolved, {})


@pytest.mark.parametrize("name", ["zcu102-demo", "virt-gicv2-demo", "virt-gicv3-demo", "virt-gicv2-uboot"])
@pytest.mark.verifies("LLR-541")
def test_shipped_systems_are_sound_and_their_page_stands_alone(name):
    checked = check_file(os.path.join(ROOT, "config", "systems", f"{name}.yaml"), "build")
    resolved = allocate(Context(checked.system, checked.board, "build"))
    assert_sound(resolved)
    page = plan_html(resolved, {})
    assert "http" not in page.replace("http-equiv", "") and "<script" not in page and "prefers-color-scheme" in page
    assert all(guest.name in page for guest in resolved.guests)


def test_identity_map_means_identity(tmp_path):
    resolved = resolve(tmp_path, system("zcu102", {"a": native("0", {"size": "64 MiB", "map": "identity"})}))
    (piece,) = resolved.guest("a").ram
    assert piece.ipa == piece.pa
    assert_sound(resolved)


def test_pinned_memory_stays_where_it_was_put(tmp_path):
    resolved = resolve(tmp_path, system("zcu102", {"a": native("0", {"size": "8 MiB", "physical": "0x10000000"}),
                                                   "b": native("1", "600 MiB")}))
    assert resolved.guest("a").ram[0].pa == 0x1000_0000
    assert_sound(resolved)


@pytest.mark.verifies("LLR-542")
def test_a_gibibyte_is_mapped_by_one_block(tmp_path):
    resolved = resolve(tmp_path, system("zcu102", {"a": native("0", {"size": "1 GiB", "ipa": "0x40000000"})}))
    assert resolved.guest("a").ram[0].pa % GIB == 0


def test_linux_larger_than_a_bank_is_split_at_the_bank_addresses(tmp_path):
    partition = {"image": {"recipe": "linux"}, "cpus": "2-3", "memory": "3 GiB"}
    resolved = resolve(tmp_path, system("zcu102", {"a": native("0", "4 MiB"), "l": partition}))
    assert [(piece.ipa, piece.size) for piece in resolved.guest("l").ram] == [(0, 2 * GIB), (0x8_0000_0000, GIB)]
    assert_sound(resolved)


def test_small_partitions_come_first_so_that_the_image_is_short(tmp_path):
    resolved = resolve(tmp_path, system("zcu102", {"big": native("0", "512 MiB"), "small": native("1", "2 MiB")}))
    assert resolved.guest("small").ram[0].pa < resolved.guest("big").ram[0].pa


def test_nobody_else_is_in_the_kernels_blocks(tmp_path):
    resolved = resolve(tmp_path, system("zcu102", {f"p{n}": native(str(n), "64 KiB") for n in range(4)}))
    assert resolved.kernel.base % (2 * MIB) == 0 and resolved.kernel.size % (2 * MIB) == 0
    assert_sound(resolved)


def test_restartable_partitions_keep_a_pristine_payload(tmp_path):
    text = system("zcu102", {"a": native("0", "16 MiB", health={"restarts": {"max": "3"}}), "b": native("1", "16 MiB")})
    file = tmp_path / "system.yaml"
    file.write_text(text)
    checked = check_file(str(file), "check")
    resolved = allocate(Context(checked.system, checked.board, "check"))
    assert resolved.guest("a").restartable and not any(payload.in_place for payload in resolved.guest("a").payloads)
    assert all(payload.in_place for payload in resolved.guest("b").payloads)
    assert resolved.pristine.size >= sum(payload.size for payload in resolved.guest("a").payloads)
    assert_sound(resolved)


def test_what_does_not_fit_is_told_with_what_would(tmp_path):
    file = tmp_path / "system.yaml"
    file.write_text(system("virt-gicv2", {"a": native("0", "1 GiB"), "b": native("1", "1 GiB")}))
    checked = check_file(str(file), "build")
    if checked.ok:  # check's trial placement may know less than the allocator
        with pytest.raises(OutOfMemory) as caught:
            allocate(Context(checked.system, checked.board, "build"))
        assert "would fit" in caught.value.message and caught.value.diagnostic.rule == "BH-MEM-007"
    else:
        assert any(item.rule == "BH-MEM-007" for item in checked.diagnostics.items)


@pytest.mark.verifies("LLR-544", "LLR-562")
def test_resolved_yaml_is_complete_readable_and_the_same_in_two_folders(tmp_path):
    texts = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        resolved = resolve(folder, system("zcu102", {"a": native("0", "16 MiB"), "b": native("1", "8 MiB")}))
        texts.append(resolved_yaml(resolved))
    assert texts[0] == texts[1] and str(tmp_path) not in texts[0]
    content = yaml.safe_load(texts[0])
    assert content["partitions"]["a"]["memory"][0]["ipa"] == 0x4000_0000
    assert content["defaults"]["partitions.a.console"] == "virtual"
    assert content["hypervisor"]["supervisor"] == 2


def test_plan_covers_all_memory_and_names_every_owner(tmp_path):
    resolved = resolve(tmp_path, system("virt-gicv3", {"a": native("0", "16 MiB")}))
    found = stretches(resolved)
    assert all(one.window.end <= two.window.base for one, two in zip(found, found[1:]))
    tables = {table.key: table for table in tables_of(resolved, {})}
    assert {"memory", "cores", "interrupts", "devices", "images", "defaults"} <= tables.keys()
    assert any(row["owner"] == "a" for row in tables["memory"].as_json())


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 50)), max_size=12), st.integers(1, 40), st.sampled_from([1, 2, 4, 8, 16]))
def test_space_hands_out_what_is_free_and_lowest(taken, size, align):
    space = Space([Window(0, 100), Window(150, 100)])
    for base, length in taken:
        space.remove(Window(base, length))
    free = {byte for window in space.free for byte in range(window.base, window.end)}
    assert free == {byte for byte in [*range(100), *range(150, 250)]
                    if not any(base <= byte < base + length for base, length in taken)}
    place = space.lowest(size, align)
    fits = [base for base in range(0, 250, align) if all(byte in free for byte in range(base, base + size))]
    crossing = [base for base in fits if any(window.base <= base and base + size <= window.end for window in space.free)]
    assert (place.base if place is not None else None) == (min(crossing) if crossing else None)
