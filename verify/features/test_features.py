# SPDX-License-Identifier: Apache-2.0
"""The hand-written feature sets keep up with the generated ones: the same names, and the kernel compiles with each."""

import re
import subprocess
from pathlib import Path

import pytest

BOARDS = ("zcu102", "virt-gicv2", "virt-gicv3")
OF_OTHER_VERSION = {"zcu102": {"kRedistributor", "kAffinity"}, "virt-gicv2": {"kRedistributor", "kAffinity"},
                    "virt-gicv3": {"kCpuInterface", "kCpuInterfaceDir", "kVirtualControl"}}


def names(text: str) -> set[str]:
    return set(re.findall(r"(?:static constexpr \w+|using) (\w+)", text))


@pytest.mark.parametrize("board", BOARDS)
def test_every_choice_is_there(root: Path, board: str):
    generated = names((root / "generator/templates/features.hpp.j2").read_text()) - OF_OTHER_VERSION[board]
    ours = (root / f"verify/features/{board}/features.hpp").read_text()
    assert names(ours) == generated
    assert "= false" not in ours and "NoFrames" not in ours and "NullScheduler" not in ours, "a choice is off"


@pytest.mark.parametrize("board", BOARDS)
def test_the_kernel_compiles_with_every_choice_on(root: Path, board: str):
    done = subprocess.run(["aarch64-linux-gnu-g++-12", "-std=c++17", "-ffreestanding", "-fno-exceptions", "-fno-rtti", "-mgeneral-regs-only",
                           "-ffixed-x18", "-fsyntax-only", f"-I{root}/kernel", f"-I{root}/verify/features/{board}", f"{root}/kernel/main/kernel.cpp"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
