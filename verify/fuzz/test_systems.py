# SPDX-License-Identifier: Apache-2.0
"""What `check` accepts of random systems boots, and every partition that starts by itself says its first words."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from verify.fuzz.systems import RandomSystem, make

OF_A_RUN = range(1000, 1006)
OF_A_LONG_RUN = range(2000, 2100)
TIMEOUT_S = 120
BUILD_S = 300


def verdict(root: Path, system: RandomSystem, folder: Path) -> str:
    """What is wrong with a system, or nothing; rejected ones are fine as long as the reason is a finding."""
    file = folder / f"random-{system.number}.yaml"
    file.write_text(system.text)
    checked = subprocess.run([str(root / "bulkhead"), "check", str(file), "-q"], capture_output=True, text=True, timeout=BUILD_S, check=False)
    if checked.returncode != 0:
        return "" if checked.returncode == 1 and "error[BH-" in checked.stderr + checked.stdout else checked.stderr
    output = root / "build" / "fuzz" / str(system.number)
    words = [str(root / "bulkhead"), "run", str(file), "-q", "-o", str(output), "--timeout", str(TIMEOUT_S)]
    for partition, greeting in system.greetings:
        words += ["--until", f"{partition}:{greeting}"]
    words += [] if system.greetings else ["--until", "bulkhead:Bulkhead "]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT_S + BUILD_S, check=False, stdin=subprocess.DEVNULL)
    finally:
        shutil.rmtree(output, ignore_errors=True)
    return "" if done.returncode == 0 else f"{done.stderr[-2000:]}\n{done.stdout[-3000:]}\n{system.text}"


@pytest.mark.verifies("HLR-010", "LLR-301")
@pytest.mark.parametrize("number", OF_A_RUN)
def test_an_accepted_system_boots(root: Path, tmp_path: Path, number: int) -> None:
    wrong = verdict(root, make(number), tmp_path)
    assert not wrong, wrong


@pytest.mark.long
@pytest.mark.verifies("HLR-010", "LLR-301")
@pytest.mark.parametrize("number", OF_A_LONG_RUN)
def test_many_accepted_systems_boot(root: Path, tmp_path: Path, number: int) -> None:
    wrong = verdict(root, make(number), tmp_path)
    assert not wrong, wrong
