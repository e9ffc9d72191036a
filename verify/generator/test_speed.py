# SPDX-License-Identifier: Apache-2.0
"""`check` of a large system is quick in processor time, and its work grows with the size and no faster.

Work is counted in byte codes of the interpreter, which a busy machine does not change. What its C code does shows in the time alone.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from generator.check.runner import check_file

PARTITIONS = 64
DEVICES = 1000
MOST_SECONDS = 3.0
MOST_GROWTH = 3.7   # of a system four times as large: 3.44 was counted, part of the work being the same for any


def synthetic(partitions: int, devices: int) -> str:
    """Partitions in windows of four cores, devices described by the user and dealt out among them."""
    lines = ["format: 1", "system: synthetic", "board: zcu102", "cpus:"]
    lines += [f"  {core}: {{scheduler: arinc653}}" for core in range(4)]
    lines += ["hardware:"]
    lines += [f"  dev{n}: {{registers: [{{at: {0xA000_0000 + n * 0x1_0000:#x}, size: 64 KiB}}]}}" for n in range(devices)]
    lines += ["partitions:"]
    for n in range(partitions):
        own = ", ".join(f"dev{device}" for device in range(n, devices, partitions))
        lines.append(f"  p{n}: {{image: {{native: hello}}, cpus: {n % 4}, memory: 4 MiB, devices: [{own}]}}")
    lines += ["schedules:", "  all:", "    initial: true", f"    major_frame: {partitions // 4} ms", "    windows:"]
    lines += [f"      - {{partition: p{n}, cpu: {n % 4}, start: {n // 4} ms, length: 1 ms}}" for n in range(partitions)]
    return "\n".join(lines) + "\n"


def seconds(folder: Path, partitions: int, devices: int) -> float:
    """The best of three."""
    file = folder / "synthetic.yaml"
    file.write_text(synthetic(partitions, devices), encoding="utf-8")
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        checked = check_file(str(file))
        best = min(best, time.process_time() - begun)
        assert checked.ok, checked.diagnostics.as_text(False)
    return best


@pytest.mark.verifies("HLR-010", "LLR-906")
def test_a_large_system_is_checked_quickly(tmp_path):
    assert seconds(tmp_path, PARTITIONS, DEVICES) < MOST_SECONDS


def work(folder: Path, partitions: int, devices: int) -> int:
    """Byte codes executed."""
    file = folder / "synthetic.yaml"
    file.write_text(synthetic(partitions, devices), encoding="utf-8")
    count = 0

    def trace(frame, event, _):
        nonlocal count
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        count += event == "opcode"
        return trace

    former = sys.gettrace()
    sys.settrace(trace)
    try:
        checked = check_file(str(file))
    finally:
        sys.settrace(former)
    assert checked.ok, checked.diagnostics.as_text(False)
    return count


@pytest.mark.verifies("HLR-010", "LLR-906")
def test_the_work_grows_with_the_size(tmp_path):
    work(tmp_path, 16, 250)  # modules and caches
    assert work(tmp_path, PARTITIONS, DEVICES) <= MOST_GROWTH * work(tmp_path, 16, 250)
