# SPDX-License-Identifier: Apache-2.0
"""The runtime and its samples with no hypervisor below: what fails here is no defect of the kernel."""

from __future__ import annotations

import os
import select
import subprocess
import time
from pathlib import Path

import pytest

MACHINES = {
    "virt-gicv2": ["-M", "virt,gic-version=2", "-cpu", "cortex-a53", "-smp", "2"],
    "virt-gicv3": ["-M", "virt,gic-version=3", "-cpu", "cortex-a53", "-smp", "2"],
    "zcu102": ["-M", "xlnx-zcu102", "-m", "4G"],
}
EXPECTED = {
    "hello": ["hello from native", "period 1"],
    "telltale": ["second 1 periods 100 lamps 0xfe000001 checksum 0x91a0e460", "second 2 periods 200"],
    "witness": ["second 1 periods 100 errors 0"],
    "smp": ["smp: life 1, 1000 pings, 1000 pongs", "smp: vCPU 1 is off", "smp: life 2, 2000 pings, 2000 pongs"],
}
BENCH_ROWS = {"mrs_mrs": 1, "ten_nops": 10, "timer_busy": 1, "timer_wfi": 1, "own_sgi": 1, "gicd_typer_read": 1,
              "gic_isenabler_write": 1, "own_sgi_crowded": 1}
TIMEOUT_S = 300


def build(root: Path, tmp_path: Path, partition: str, board: str, compiler: str) -> Path:
    image = tmp_path / f"{partition}.elf"
    subprocess.run([root / "partitions/runtime/native/build.sh", "-c", compiler, f"native-{board}", root / "partitions" / partition,
                    image], check=True, timeout=TIMEOUT_S)
    return image


def run_until(image: Path, board: str, texts: list[str], *more: str) -> str:
    command = ["qemu-system-aarch64", *MACHINES[board], *more, "-nic", "none", "-nodefaults", "-display", "none", "-monitor", "none",
               "-serial", "null", "-chardev", "stdio,id=out", "-semihosting-config", "enable=on,target=native,chardev=out",
               "-device", f"loader,file={image},cpu-num=0"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               env={**os.environ, "QEMU_AUDIO_DRV": "none"})
    seen = ""
    end = time.monotonic() + TIMEOUT_S
    try:
        while not all(text in seen for text in texts) and time.monotonic() < end:
            if select.select([process.stdout], [], [], 1)[0]:
                data = os.read(process.stdout.fileno(), 65536)
                if not data:
                    break
                seen += data.decode()
    finally:
        process.kill()
        process.wait()
    return seen


@pytest.mark.verifies("HLR-031", "LLR-401", "LLR-402", "LLR-403", "LLR-405")
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("board", MACHINES)
@pytest.mark.parametrize("partition", EXPECTED)
def test_sample_runs_native(root: Path, tmp_path: Path, partition: str, board: str, compiler: str) -> None:
    image = build(root, tmp_path, partition, board, compiler)
    seen = run_until(image, board, EXPECTED[partition])
    assert all(text in seen for text in EXPECTED[partition]), seen


@pytest.mark.verifies("LLR-403")
@pytest.mark.parametrize("board", MACHINES)
def test_bench_measures_exactly_native(root: Path, tmp_path: Path, board: str) -> None:
    image = build(root, tmp_path, "bench", board, "gcc")
    seen = run_until(image, board, ["bench done\n"], "-icount", "shift=0,sleep=off",
                     "-global", "cortex-a53-arm-cpu.cntfrq=1000000000")
    assert "unstable" not in seen
    for row, value in BENCH_ROWS.items():
        assert f"bench {row} {value}\n" in seen, seen


@pytest.mark.verifies("LLR-401")
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("partition", ["echo", "hostile"])
def test_partition_links(root: Path, tmp_path: Path, partition: str, compiler: str) -> None:
    assert build(root, tmp_path, partition, "virt-gicv3", compiler).is_file()
