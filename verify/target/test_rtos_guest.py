# SPDX-License-Identifier: Apache-2.0
"""What docs/manual/10-rtos.md tells a stranger to do: header from `plan`, three sources of the runtime, an image of one's own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent / "guests" / "task"
RUNTIME = Path("partitions/runtime")
SOURCES = ("port/port.cpp", "hypercall.cpp", "conduit.cpp")
TIMEOUT_S = 300
FLAGS = ["-O2", "-ffreestanding", "-mstrict-align", "-mgeneral-regs-only", "-Wall", "-Wextra", "-pedantic", "-Werror"]
CPP_FLAGS = ["-std=c++17", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"]
COMPILERS = {
    "gcc": (["aarch64-linux-gnu-gcc-12"], ["aarch64-linux-gnu-g++-12"]),
    "clang": (["clang-19", "--target=aarch64-none-elf"], ["clang++-19", "--target=aarch64-none-elf"]),
}


def run(*words: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def build_image(root: Path, folder: Path, name: str, compiler: str) -> None:
    c, cpp = COMPILERS[compiler]
    includes = [f"-I{root / RUNTIME / 'include'}", f"-I{root / RUNTIME}", f"-I{folder / 'plan'}"]
    header = f'-DPARTITION_HEADER="{name}.h"'
    units = [(c, ["-std=c11", *FLAGS, header], HERE / "task.c"), (c, [], HERE / "start.S"),
             *((cpp, [*FLAGS, *CPP_FLAGS], root / RUNTIME / source) for source in SOURCES)]
    objects = []
    for number, (command, flags, source) in enumerate(units):
        objects.append(f"{name}-{number}.o")
        run(*command, *flags, *includes, "-c", source, "-o", objects[-1], cwd=folder)
    run("aarch64-linux-gnu-ld", "-nostdlib", "--build-id=none", "-z", "noexecstack", "-z", "max-page-size=4096", "--no-warn-rwx-segments",
        "-T", HERE / "task.ld", *objects, "-o", f"{name}.elf", cwd=folder)


@pytest.mark.verifies("HLR-431", "LLR-1072", "LLR-1012")
@pytest.mark.parametrize("board, compiler", [("zcu102", "gcc"), ("virt-gicv2", "clang"), ("virt-gicv3", "gcc")])
def test_tasks_of_another_build_exchange_messages(root: Path, tmp_path: Path, board: str, compiler: str) -> None:
    system = tmp_path / "system.yaml"
    system.write_text((HERE / "system.yaml").read_text().replace("{board}", board))
    run(root / "bulkhead", "plan", system, "-o", tmp_path / "plan", "-q", cwd=tmp_path)
    build_image(root, tmp_path, "producer", compiler)
    build_image(root, tmp_path, "consumer", compiler)
    printed = run(root / "bulkhead", "run", system, "-o", tmp_path / "built", "--no-color", "--timeout", "300", "--until", "consumer:valid ",
                  "--until", "producer:sent ", cwd=tmp_path)
    assert (tmp_path / "plan" / "consumer.h").read_text() == (tmp_path / "built" / "consumer.h").read_text()
    lines = [line.split("] ", 1)[1] for line in printed.splitlines() if line.startswith("[consumer]")]
    assert lines[:6] == ["open 0", "open 0", "received 200", "wrong 0", "read 0", "sample 200"], printed
    assert lines[6].startswith("valid "), printed
