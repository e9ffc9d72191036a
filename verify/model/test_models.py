# SPDX-License-Identifier: Apache-2.0
# implements: LLR-1040
"""Explores the models of ports in full; a seeded fault has to be found, or the model shows nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
DEPTH = 1_000_000
TIMEOUT_S = 900

pytestmark = pytest.mark.skipif(shutil.which("spin") is None, reason="needs Debian's package spin")


def explore(folder: Path, model: str, *options: str) -> tuple[int, str]:
    """How many errors the exploration found, and what the checker printed."""
    for source in HERE.glob("*.pml"):
        shutil.copy(source, folder)
    for command in (["spin", "-a", *(f"-D{option}" for option in options), f"{model}.pml"],
                    ["gcc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-DVECTORSZ=2048", "-o", "pan", "pan.c"]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=TIMEOUT_S)
    printed = subprocess.run(["./pan", f"-m{DEPTH}"], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S,
                             check=False).stdout
    assert "max search depth too small" not in printed and "out of memory" not in printed, printed
    return int(re.search(r"errors: (\d+)", printed)[1]), printed


@pytest.mark.verifies("LLR-1013", "LLR-1014", "LLR-1015")
@pytest.mark.parametrize("options", [(), ("HOSTILE",)])
def test_sampling(tmp_path, options):
    errors, printed = explore(tmp_path, "sampling", *options)
    assert errors == 0, printed


@pytest.mark.verifies("LLR-1016", "LLR-1017", "LLR-1018")
@pytest.mark.parametrize("options", [(), ("RECEIVER_STARTS=2",), ("HOSTILE_SENDER",), ("HOSTILE_RECEIVER",)])
def test_queuing(tmp_path, options):
    errors, printed = explore(tmp_path, "queuing", *options)
    assert errors == 0, printed


@pytest.mark.verifies("LLR-1040")
@pytest.mark.parametrize("model, options", [
    *(("sampling", (f"NO_BARRIER_{number}",)) for number in range(1, 6)), ("sampling", ("NO_GENERATION",)),
    *(("queuing", (f"NO_BARRIER_{number}",)) for number in range(1, 7)), ("queuing", ("NO_BARRIER_7", "RECEIVER_STARTS=2")),
    ("queuing", ("NO_BARRIER_8", "RECEIVER_STARTS=2")), ("queuing", ("NO_FIRST",)), ("queuing", ("NO_ZERO",)),
    ("queuing", ("NO_FORWARD", "RECEIVER_STARTS=2"))])
def test_a_seeded_fault_is_found(tmp_path, model, options):
    errors, _ = explore(tmp_path, model, *options)
    assert errors > 0
