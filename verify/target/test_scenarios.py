# SPDX-License-Identifier: Apache-2.0
"""Boots every scenario on every board it names."""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))
import scenario as scenarios  # noqa: E402  (a module beside this one; pytest imports by path)
from generator.build.steps import write_if_changed  # noqa: E402

ALL = scenarios.load_all()
BUILD_TIMEOUT_S = 300
EMULATOR_START_S = 30


def cases() -> list:
    found = []
    for one in ALL:
        for board in one.boards:
            for compiler in one.compilers:
                marks = [pytest.mark.verifies(*one.verifies)] + ([pytest.mark.long] if one.long else [])
                found.append(pytest.param(one, board, compiler, id=f"{one.name}-{board}-{compiler}", marks=marks))
    return found


def prepare(root: Path, one: scenarios.Scenario, board: str, compiler: str) -> tuple[Path, Path]:
    """The system's YAML for this board, and the folder that all scenarios of that system, board and compiler share."""
    output = root / "build" / "target" / f"{one.system}-{board}-{compiler}"
    output.parent.mkdir(parents=True, exist_ok=True)
    named = root / one.system.replace("{board}", board)
    if named.is_file():
        return named, output.parent / f"{named.stem}-{compiler}"
    text = scenarios.system_text(one, board)
    system = output.with_suffix(".yaml")
    write_if_changed(str(system), text)  # at once: another test of this system may be reading it
    return system, output


def bulkhead(root: Path, *words: str, timeout_s: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(root / "bulkhead"), *words], capture_output=True, text=True, timeout=timeout_s,
                          stdin=subprocess.DEVNULL, check=False)


def build(root: Path, system: Path, output: Path, compiler: str) -> None:
    done = bulkhead(root, "build", str(system), "--for", "qemu", "--compiler", compiler, "-o", str(output), "-q",
                    timeout_s=BUILD_TIMEOUT_S)
    assert done.returncode == 0, f"{system.name} does not build:\n{done.stderr[-4000:]}"


def moved(output: Path, distance: int) -> list[str]:
    """Arguments that load the raw image a second time, elsewhere, and let the boot core begin there."""
    raw, = (path for path in output.glob("*.bin") if not path.name.endswith(".pdi.bin"))
    resolved = yaml.safe_load((output / "resolved.yaml").read_text())
    address = resolved["hypervisor"]["memory"]["at"] + distance
    return ["-device", f"loader,file={raw},addr={address:#x},force-raw=on", "-device", f"loader,addr={address:#x},cpu-num=0"]


def attempt(root: Path, one: scenarios.Scenario, board: str, compiler: str) -> str:
    """Builds what is missing and boots; what is wrong with it, or nothing."""
    system, output = prepare(root, one, board, compiler)
    words = ["run", str(system), "--json", "--compiler", compiler, "-o", str(output), "--timeout", str(one.timeout)]
    for word, text in one.steps:
        words += [f"--{word}", text]
    words += ["--icount"] if one.icount else []
    if one.moved:
        build(root, system, output, compiler)
    for argument in (*one.qemu, *(moved(output, one.moved) if one.moved else ())):
        words += [f"--qemu-arg={argument}"]
    began = time.monotonic()
    done = bulkhead(root, *words, timeout_s=one.timeout + EMULATOR_START_S + BUILD_TIMEOUT_S)
    result = scenarios.parse(done.stdout)
    wrong = scenarios.judge(one, result)
    if done.returncode != one.exit:
        wrong.insert(0, f"run ended with {done.returncode}, not {one.exit}, after {time.monotonic() - began:.0f} s: {done.stderr.strip()[-500:]}")
    said = [f"[bulkhead] {text}" for console, text in result.lines if console == "bulkhead"]
    return "\n".join([one.about, *wrong[:20], "-- the kernel's lines --", *said[:40], "-- end of all --", result.transcript()[-6000:]]) if wrong else ""


@pytest.mark.parametrize("one, board, compiler", cases())
def test_scenario(root: Path, one: scenarios.Scenario, board: str, compiler: str, record_property) -> None:
    """A failure is repeated once and recorded; how many a whole run may have is the suite's affair (generator/suites.py)."""
    if wrong := attempt(root, one, board, compiler):
        record_property("repeated", wrong)
        warnings.warn(f"repeated: {wrong}", stacklevel=1)
        if wrong := attempt(root, one, board, compiler):
            pytest.fail(wrong, pytrace=False)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_scenario_says_what_it_shows(one: scenarios.Scenario) -> None:
    assert one.verifies and one.about.endswith(".")
    assert one.expect or one.anywhere or one.count, "a scenario without an expected line shows nothing"
    assert set(one.boards) <= set(scenarios.BOARDS) and set(one.compilers) <= set(scenarios.COMPILERS)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_scenario_waits_for_whole_lines(one: scenarios.Scenario) -> None:
    """The run ends with the last text: what is judged of its line must have come by then."""
    sends = [number for number, (word, _) in enumerate(one.steps) if word == "send"]
    last = dict(text.split(":", 1) for _, text in one.steps[max(sends, default=-1) + 1:])
    cut = {text: str(line) for console, text in last.items() for line in (*one.expect, *one.anywhere, *(count.line for count in one.count))
           if line.console == console and not text.endswith(("\n", "> ")) and asks_for_more(line.pattern.pattern, text)}
    assert not cut, "may end the run in the middle of a line of which more is judged"


def asks_for_more(pattern: str, part: str) -> bool:
    """Whether a pattern wants this text and more behind it."""
    plain = pattern.replace("\\", "")
    return part in plain and not plain.endswith(part)
