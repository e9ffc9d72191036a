# SPDX-License-Identifier: Apache-2.0
"""Each case must be refused by both compilers with its own message, and its control must compile."""

import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
CASES = sorted((HERE / "cases").glob("*.cpp"))
FLAGS = ["-std=c++17", "-pedantic", "-ffreestanding", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Werror",
         "-fsyntax-only", "-Wno-unused"]
COMPILERS = {"gcc": ["aarch64-linux-gnu-g++-12"], "clang": ["clang++-19", "--target=aarch64-linux-gnu"]}


def compile_case(root: Path, compiler: str, case: Path, *extra: str) -> subprocess.CompletedProcess:
    return subprocess.run([*COMPILERS[compiler], *FLAGS, *extra, f"-I{root / 'kernel'}", str(case)],
                          check=False, capture_output=True, text=True)


def with_its_requirements(case: Path):
    ids = re.findall(r"LLR-\d{3}", next(line for line in case.read_text().splitlines() if "verifies" + ":" in line))
    return pytest.param(case, id=case.stem, marks=pytest.mark.verifies(*ids))


@pytest.mark.verifies("HLR-038")
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("case", [with_its_requirements(case) for case in CASES])
def test_is_refused_for_its_reason(root: Path, case: Path, compiler: str):
    expected = re.search(rf"// expect-{compiler}: (.+)", case.read_text())
    assert expected, "the case says not what it expects"
    refused = compile_case(root, compiler, case)
    assert refused.returncode != 0, "it compiles"
    assert expected.group(1).strip() in refused.stderr
    control = compile_case(root, compiler, case, "-DCONTROL")
    assert control.returncode == 0, control.stderr


def test_there_are_cases():
    assert len(CASES) >= 8
