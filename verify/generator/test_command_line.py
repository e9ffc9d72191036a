# SPDX-License-Identifier: Apache-2.0
"""The verbs of the front end: exit codes, outputs, files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from generator.check.runner import check_file
from generator.hardware import boards
from generator.rules import registered
from generator.verbs.new import templates
from verify.generator.systems import HERE, partition, system

ROOT = HERE.parents[1]
EXAMPLE = str(HERE / "valid" / "contract" / "cockpit.yaml")


# A device that no partition has: a warning that stays one.
UNUSED = "hardware: {io: {registers: [{at: 0xA0000000, size: 4 KiB}]}}"


def bulkhead(*arguments: str, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "generator", *arguments],
        cwd=folder or ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.bin").write_bytes(bytes(64))
    (tmp_path / "good.yaml").write_text(system())
    (tmp_path / "warned.yaml").write_text(system(top=UNUSED))
    (tmp_path / "wrong.yaml").write_text(system(partition(devices="[tcc0]")))
    return tmp_path


@pytest.mark.verifies("HLR-010")
@pytest.mark.parametrize(
    "arguments, code",
    [
        (["check", "good.yaml"], 0),
        (["check", "warned.yaml"], 0),
        (["check", "warned.yaml", "--strict"], 1),
        (["check", "wrong.yaml"], 1),
        (["check", "absent.yaml"], 2),
        (["check", "."], 2),
        (["check"], 2),
        (["check", "good.yaml", "--no-such-option"], 2),
        (["check", "good.yaml", "--sarif", "no/such/folder.sarif"], 2),
        (["flash", "good.yaml"], 2),
        (["no-such-verb"], 2),
        (["devices", "zcu102"], 0),
        (["devices", "zcu103"], 2),
        (["devices", "zcu102", "gem3"], 0),
        (["devices", "zcu102", "gem9"], 2),
        (["boards"], 0),
        (["rules"], 0),
        (["explain", "BH-MEM-005"], 0),
        (["explain", "bh-mem-005"], 0),
        (["explain", "BH-MEM-999"], 2),
        (["new", "demo", "--board", "zcu103"], 2),
        (["new", "Demo", "--board", "zcu102"], 2),
        (["new", "bulkhead", "--board", "zcu102"], 2),
        (["new", "good", "--board", "zcu102"], 2),
        (["new", "demo", "--board", "zcu102", "--from", "nothing"], 2),
        (["new", "demo"], 2),
        (["--help"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
@pytest.mark.verifies("LLR-641")
def test_exit_codes(folder: Path, arguments: list[str], code: int) -> None:
    done = bulkhead(*arguments, folder=folder)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.verifies("HLR-010", "LLR-522")
def test_text_form(folder: Path) -> None:
    done = bulkhead("check", "wrong.yaml", folder=folder)
    column = partition(devices="[tcc0]").index("tcc0") + 3
    assert done.stderr.splitlines() == [
        f"wrong.yaml:5:{column}: error[BH-DEV-001]: `zcu102` has no device `tcc0`",
        "  hint: did you mean `ttc0`? (`bulkhead devices zcu102` lists them)",
    ]
    assert done.stdout.startswith("demo: 1 error;")


@pytest.mark.verifies("HLR-010", "LLR-522", "LLR-642")
def test_json_form(folder: Path) -> None:
    done = bulkhead("check", "wrong.yaml", "--json", folder=folder)
    answer = json.loads(done.stdout)
    assert done.stderr == ""
    assert answer["system"] == "demo" and answer["ok"] is False
    (item,) = answer["diagnostics"]
    assert list(item) == ["rule", "severity", "file", "line", "column", "message", "hint"]
    assert (item["rule"], item["severity"], item["file"], item["line"]) == (
        "BH-DEV-001",
        "error",
        "wrong.yaml",
        5,
    )


@pytest.mark.verifies("HLR-010", "LLR-642")
def test_sarif_form(folder: Path) -> None:
    bulkhead("check", "wrong.yaml", "--sarif", "out.sarif", folder=folder)
    answer = json.loads((folder / "out.sarif").read_text())
    assert answer["version"] == "2.1.0"
    (run,) = answer["runs"]
    (result,) = run["results"]
    assert result["ruleId"] == "BH-DEV-001" and result["level"] == "error"
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] == 5
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["BH-DEV-001"]


def test_quiet_shows_errors_only(folder: Path) -> None:
    done = bulkhead("check", "warned.yaml", "-q", folder=folder)
    assert (done.stdout, done.stderr) == ("", "")
    assert "BH-DEV-001" in bulkhead("check", "wrong.yaml", "-q", folder=folder).stderr


def test_check_writes_nothing(folder: Path) -> None:
    before = sorted(folder.iterdir())
    bulkhead("check", "wrong.yaml", folder=folder)
    assert sorted(folder.iterdir()) == before


@pytest.mark.verifies("HLR-010", "LLR-641")
def test_a_defect_goes_to_a_file(folder: Path, tmp_path: Path) -> None:
    # A board.yaml of ours that is broken is our defect, not the user's.
    code = (
        "import sys, generator.cli, generator.check.runner as runner\n"
        "def broken(*_): raise RuntimeError('seeded')\n"
        "runner.load = broken\n"
        "sys.exit(generator.cli.main(['check', 'good.yaml']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    (file,) = tmp_path.glob("bulkhead-defect-*.txt")
    assert str(file) in done.stderr and "seeded" in file.read_text()


def test_interrupt_ends_with_130(folder: Path) -> None:
    code = (
        "import sys, generator.cli, generator.check.runner as runner\n"
        "def stop(*_): raise KeyboardInterrupt\n"
        "runner.load = stop\n"
        "sys.exit(generator.cli.main(['check', 'good.yaml']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 130


@pytest.mark.verifies("HLR-010")
@pytest.mark.parametrize("board", boards())
@pytest.mark.parametrize("template", templates())
def test_new_writes_what_check_accepts(tmp_path: Path, board: str, template: str) -> None:
    done = bulkhead("new", "demo", "--board", board, "--from", template, folder=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "demo.yaml").read_text().count("#") > 5
    checked = check_file(str(tmp_path / "demo.yaml"), "build")
    assert checked.diagnostics.sorted() == []


def test_new_leaves_an_existing_file(tmp_path: Path) -> None:
    (tmp_path / "demo.yaml").write_text("mine")
    assert bulkhead("new", "demo", "--board", "zcu102", folder=tmp_path).returncode == 2
    assert (tmp_path / "demo.yaml").read_text() == "mine"


def test_devices_prints_both_numbers() -> None:
    text = bulkhead("devices", "zcu102", "gem3").stdout
    assert "SPI 63 (GIC id 95)" in text and "stream 0x877" in text and "0xff0e0000" in text
    listed = json.loads(bulkhead("devices", "zcu102", "--json").stdout)["devices"]
    can0 = next(device for device in listed if device["device"] == "can0")
    assert can0["wired"] is False and can0["interrupts"][0] == {
        "spi": 23,
        "id": 55,
        "trigger": "level-high",
    }


def test_rules_and_explain_show_every_rule() -> None:
    text = bulkhead("rules").stdout
    for rule in registered():
        assert rule.id in text
    shown = bulkhead("explain", "BH-MEM-005").stdout
    assert "wrong:" in shown and "right:" in shown


@pytest.mark.verifies("HLR-010")
def test_check_is_fast() -> None:
    start = os.times()
    assert bulkhead("check", EXAMPLE).returncode == 0
    end = os.times()
    # Of the processor: other tests run beside this one.
    assert end.children_user + end.children_system - start.children_user - start.children_system < 1.0
