# SPDX-License-Identifier: Apache-2.0
"""Whole systems: the contract's example, defaults, waivers, equal forms, order of findings."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator import defaults
from generator.check.runner import check_file
from generator.diagnostics import Diagnostics, Severity
from generator.hardware import load_board
from generator.model import EVENTS
from verify.generator.systems import HERE, check_text, partition, rules_of, system


@pytest.mark.verifies("HLR-001", "HLR-003")
def test_example_of_the_contract_is_accepted() -> None:
    checked = check_file(str(HERE / "valid" / "contract" / "cockpit.yaml"))
    assert checked.ok
    assert {item.rule[:6] for item in checked.diagnostics.sorted() if item.severity is not Severity.NOTE} == {"BH-NYI"}
    assert checked.system is not None
    assert list(checked.system.partitions) == ["instruments", "navigation", "radio", "infotainment"]


def test_example_is_refused_by_build() -> None:
    checked = check_file(str(HERE / "valid" / "contract" / "cockpit.yaml"), "build")
    errors = {item.rule[:6] for item in checked.diagnostics.sorted() if item.severity is Severity.ERROR}
    assert errors == {"BH-NYI"}


def test_example_without_its_files_has_warnings_for_them(tmp_path: Path) -> None:
    text = (HERE / "valid" / "contract" / "cockpit.yaml").read_text()
    (tmp_path / "telltale").mkdir()
    (tmp_path / "telltale" / "t.c").write_text("")
    (tmp_path / "cockpit.yaml").write_text(text)
    checked = check_file(str(tmp_path / "cockpit.yaml"))
    assert checked.ok
    missing = [item for item in checked.diagnostics.sorted() if item.rule == "BH-IMG-003"]
    assert len(missing) == 5


@pytest.mark.parametrize("word", ["null", '"null"', "~", "'null'"])
def test_null_scheduler_has_three_spellings(tmp_path: Path, word: str) -> None:
    checked = check_text(tmp_path, system(top=f"cpus: {{0: {{scheduler: {word}}}}}"))
    assert checked.ok and checked.system is not None
    assert defaults.scheduler_of(checked.system, 0) == "null"


@pytest.mark.parametrize("cores", ["2-3", "[2, 3]", "[2-3]"])
def test_core_sets_are_the_same_kind_of_thing(tmp_path: Path, cores: str) -> None:
    checked = check_text(tmp_path, system(partition(cpus=cores)))
    assert checked.ok and checked.system is not None
    assert checked.system.partitions["a"].cpus == (2, 3)


def test_order_of_cores_is_kept(tmp_path: Path) -> None:
    checked = check_text(tmp_path, system(partition(cpus="[3, 1]")))
    assert checked.system is not None and checked.system.partitions["a"].cpus == (3, 1)


@pytest.mark.parametrize(
    "text, value",
    [("4 KiB", 4096), ("4KiB", 4096), ("2 MiB", 2 << 20), ("1 GiB", 1 << 30), ("8192 B", 8192)],
)
def test_sizes(tmp_path: Path, text: str, value: int) -> None:
    checked = check_text(tmp_path, system(partition(memory=text)))
    assert checked.system is not None
    assert checked.system.partitions["a"].memory.size == value


def test_two_spaces_before_a_unit_are_refused(tmp_path: Path) -> None:
    assert rules_of(check_text(tmp_path, system(partition(memory="4  KiB")))) == ["BH-KEY-006"]


def test_strict_turns_warnings_into_errors(tmp_path: Path) -> None:
    text = system(top="hardware: {io: {registers: [{at: 0xA0000000, size: 4 KiB}]}}")
    assert check_text(tmp_path, text).ok
    assert not check_text(tmp_path, text, strict=True).ok


@pytest.mark.verifies("LLR-523")
def test_waived_warning_becomes_a_note_even_if_strict(tmp_path: Path) -> None:
    colored = partition(memory="{size: 8 MiB, colors: rest}")
    waiver = 'accept: [{rule: BH-NYI-009, reason: "no hardware yet", by: "A. Engineer"}]'
    checked = check_text(tmp_path, system(colored, top=waiver), strict=True)
    assert checked.ok
    (item,) = checked.diagnostics.sorted()
    assert item.severity is Severity.NOTE
    assert "accepted by A. Engineer: no hardware yet" in item.message


def test_errors_do_not_hide_each_other(tmp_path: Path) -> None:
    text = system(
        partition("a", memory="8 MB"),
        partition("b", cpus="9"),
        partition("c", cpus="1", devices="[tcc0]"),
        partition("d", cpus="2", bogus="1"),
    )
    assert rules_of(check_text(tmp_path, text)) == [
        "BH-KEY-007",
        "BH-CPU-003",
        "BH-DEV-001",
        "BH-KEY-001",
    ]


def test_unreadable_partition_is_still_known_by_name(tmp_path: Path) -> None:
    text = system(
        partition("a", memory="8 MB"), partition("b", cpus="1", privileges="{control: [a]}")
    )
    assert "BH-PRV-001" not in rules_of(check_text(tmp_path, text))


def test_an_unreadable_section_is_not_guessed_about(tmp_path: Path) -> None:
    top = "hypervisor: {console: {uart: uart0, bogus: 1}}"
    assert rules_of(check_text(tmp_path, system(partition(console="virtual"), top=top))) == ["BH-KEY-001"]


def test_a_trusted_master_is_not_behind_the_iommu(tmp_path: Path) -> None:
    devices = "[{gem3: {dma: trusted, reason: r, drop: [reset-gpios]}}]"
    text = system(partition(memory="{size: 8 MiB, map: identity}", devices=devices))
    assert rules_of(check_text(tmp_path, text)) == []


def test_a_line_given_by_its_id_is_no_longer_spare(tmp_path: Path) -> None:
    top = "hardware: {io: {registers: [{at: 0xA0000000, size: 4 KiB}], interrupts: [{id: 121}]}}"
    checked = check_text(tmp_path, system(partition(devices="[io]"), top=top))
    assert checked.board is not None and 89 not in checked.board.spare_spis


def test_unknown_board_leaves_the_other_rules(tmp_path: Path) -> None:
    text = system(partition("bulkhead"), board="zcu106")
    assert rules_of(check_text(tmp_path, text)) == ["BH-BRD-001", "BH-NAM-002"]


def test_ids_follow_the_file_and_respect_pins(tmp_path: Path) -> None:
    text = system(partition("a"), partition("b", cpus="1", id="0"), partition("c", cpus="2"))
    checked = check_text(tmp_path, text)
    assert checked.system is not None
    assert defaults.ids(checked.system.partitions) == {"a": 1, "b": 0, "c": 2}


@pytest.mark.parametrize(
    "top, partitions, core",
    [
        ("", [partition("a")], 1),
        ("hypervisor: {supervisor: 3}", [partition("a")], 3),
        ("", [partition("a", cpus="0-2", interrupts="direct"), partition("b", cpus="3")], 3),
        ("", [partition("a", cpus="0-3", interrupts="direct")], None),
        ("", [partition("a", cpus="0-3")], 0),
    ],
)
def test_supervisor(tmp_path: Path, top: str, partitions: list[str], core: int | None) -> None:
    checked = check_text(tmp_path, system(*partitions, top=top))
    assert checked.system is not None and checked.board is not None
    assert defaults.supervisor_of(checked.system, checked.board) == core


@pytest.mark.parametrize(
    "memory, image, board, expected",
    [
        ("8 MiB", "{binary: a.bin}", "zcu102", 0x4000_0000),
        ("256 MiB", "{recipe: linux}", "zcu102", 0),
        ("256 MiB", "{recipe: linux}", "virt-gicv3", 0x4000_0000),
        ("{size: 8 MiB, ipa: 0x1000000}", "{binary: a.bin}", "zcu102", 0x100_0000),
        ("{size: 8 MiB, map: identity, physical: 0x10000000}", "{binary: a.bin}", "zcu102", 0x1000_0000),
        ("{size: 8 MiB, map: identity}", "{binary: a.bin}", "zcu102", None),
    ],
)
def test_memory_ipa(tmp_path: Path, memory: str, image: str, board: str, expected: int | None) -> None:
    (tmp_path / "linux").mkdir()
    (tmp_path / "linux" / "recipe.py").write_text("")
    checked = check_text(tmp_path, system(partition(memory=memory, image=image), board=board))
    assert checked.ok and checked.system is not None and checked.board is not None
    assert defaults.memory_ipa(checked.system.partitions["a"], checked.board) == expected


def test_console_default_follows_the_hypervisor(tmp_path: Path) -> None:
    for top, kind in (("", "none"), ("hypervisor: {console: {uart: uart0}}", "virtual")):
        checked = check_text(tmp_path, system(top=top))
        assert checked.system is not None
        assert defaults.console_of(checked.system, checked.system.partitions["a"]).kind == kind


def test_levels_compare_within_a_scheme() -> None:
    ranks = [defaults.level_rank(level, "DO-178C") for level in "EDCBA"]
    assert ranks == sorted(ranks) and None not in ranks
    assert defaults.level_rank("ASIL D", None) == 4 and defaults.level_rank("QM", None) == 0
    assert defaults.level_rank("SIL 4", "IEC 61508") == 3
    assert defaults.level_rank("SIL 5", None) is None


@pytest.mark.verifies("HLR-004")
def test_overlays_of_three_kinds(tmp_path: Path) -> None:
    import subprocess

    (tmp_path / "a.dtsi").write_text('&can0 { status = "okay"; };\n')
    (tmp_path / "b.dtso").write_text(
        '/dts-v1/;\n/plugin/;\n&gem0 { status = "okay"; };\n'
    )
    (tmp_path / "c.dts").write_text('/dts-v1/;\n/plugin/;\n&i2c1 { status = "disabled"; };\n')
    subprocess.run(
        ["dtc", "-q", "-@", "-O", "dtb", "-o", str(tmp_path / "c.dtbo"), str(tmp_path / "c.dts")],
        check=True,
    )
    overlays = [str(tmp_path / name) for name in ("a.dtsi", "b.dtso", "c.dtbo")]
    board = load_board("zcu102", Diagnostics(), overlays)
    wired = {name: board.devices[name].wired for name in ("can0", "gem0", "i2c1", "uart0")}
    assert wired == {"can0": True, "gem0": True, "i2c1": False, "uart0": True}


def test_user_device_of_an_overlay_can_be_assigned(tmp_path: Path) -> None:
    (tmp_path / "pl.dtsi").write_text(
        "&axi {\n\tsafety_io: io@a0000000 {\n\t\treg = <0x0 0xa0000000 0x0 0x10000>;\n"
        '\t\tcompatible = "acme,safety-io";\n\t\tinterrupts = <0 89 4>;\n\t};\n};\n'
    )
    text = system(partition(devices="[safety_io]"), board="{use: zcu102, overlays: [pl.dtsi]}")
    checked = check_text(tmp_path, text)
    assert rules_of(checked) == []
    assert checked.board is not None
    assert 89 not in checked.board.spare_spis
    assert checked.board.devices["safety_io"].interrupts[0].id == 121


def test_linux_may_be_larger_than_a_bank(tmp_path: Path) -> None:
    (tmp_path / "linux").mkdir()
    (tmp_path / "linux" / "recipe.py").write_text("")
    checked = check_text(tmp_path, system(partition(image="{recipe: linux}", memory="3 GiB", cpus="0-3")))
    assert rules_of(checked) == []


def test_same_input_same_findings(tmp_path: Path) -> None:
    text = (HERE / "valid" / "contract" / "cockpit.yaml").read_text()
    outputs = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        checked = check_text(folder, text)
        outputs.append(checked.diagnostics.as_text().replace(str(folder), ""))
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    "keys, other, expected",
    [
        ({}, {}, False),
        ({"health": "{actions: {memory: halt}}"}, {}, False),
        ({"health": "{actions: {memory: cold-restart}}"}, {}, True),
        ({"health": "{actions: {application: {normal: warm-restart}}}"}, {}, True),
        ({"health": "{restarts: {max: 3}}"}, {}, True),
        ({"health": "{restarts: {max: 0}}"}, {"privileges": "{control: [a]}"}, False),
        ({}, {"privileges": "{control: [a]}"}, True),
        ({}, {"privileges": "{control: [b]}"}, False),
    ],
)
def test_what_can_restart(tmp_path: Path, keys: dict[str, str], other: dict[str, str], expected: bool) -> None:
    text = system(partition("a", **keys), partition("b", cpus="1", **other))
    checked = check_text(tmp_path, text)
    assert checked.system is not None
    assert defaults.restartable(checked.system, "a") is expected


def test_health_defaults_of_the_contract(tmp_path: Path) -> None:
    health = "{actions: {watchdog: {cold-start: halt, normal: cold-restart}, memory: cold-restart}}"
    checked = check_text(tmp_path, system(partition("a", health=health), partition("b", cpus="1")))
    assert checked.system is not None
    a, b = checked.system.partitions["a"], checked.system.partitions["b"]
    assert defaults.health_action(b, "memory", "normal") == "halt"
    logged = ("illegal-request", "application", "interrupt", "schedule", "deadline")
    for event in EVENTS:
        assert defaults.health_action(b, event, "normal") == ("log" if event in logged else "halt")
    assert defaults.health_action(a, "memory", "warm-start") == "cold-restart"
    assert defaults.health_action(a, "watchdog", "cold-start") == "halt"
    assert defaults.health_action(a, "watchdog", "normal") == "cold-restart"
    # A state that a mapping leaves out keeps the event's default.
    assert defaults.health_action(a, "watchdog", "warm-start") == "halt"


def test_doorbells_default_by_kind(tmp_path: Path) -> None:
    text = system(
        partition("a"),
        partition("b", cpus="1"),
        top="channels:\n"
        "  q: {kind: queuing, from: a, to: b, message: 8 B, depth: 2}\n"
        "  s: {kind: sampling, from: a, to: b, message: 8 B}\n"
        "  m: {kind: shared-memory, size: 4 KiB, writer: a, readers: [b]}\n"
        "  n: {kind: shared-memory, size: 4 KiB, writer: a, readers: [b], doorbell: true}",
    )
    checked = check_text(tmp_path, text)
    assert checked.system is not None
    rings = {str(name): defaults.has_doorbell(entry) for name, entry in checked.system.channels.items()}
    assert rings == {"q": True, "s": False, "m": False, "n": True}
