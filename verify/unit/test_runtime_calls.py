# SPDX-License-Identifier: Apache-2.0
"""The runtime's wrappers of the guest ABI, on the host and called from C: each asks for its function, with its arguments."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

# Wrapper, function id, and the registers x1 to x3 that it passes; from the guest ABI, not from the runtime.
CALLS = {
    "(void)bulkhead_features()": (0xC6000000, 0, 0, 0),
    "(void)bulkhead_notify(5)": (0xC6000001, 5, 0, 0),
    "(void)bulkhead_window_wait()": (0xC6000002, 0, 0, 0),
    "(void)bulkhead_partition_status(BULKHEAD_SELF)": (0xC6000003, 2**64 - 1, 0, 0),
    "(void)bulkhead_raise(7)": (0xC6000004, 7, 0, 0),
    "(void)bulkhead_watchdog_kick()": (0xC6000005, 0, 0, 0),
    "(void)bulkhead_control(2, bulkhead_control_cold_restart)": (0xC6000006, 2, 3, 0),
    "(void)bulkhead_set_schedule(1)": (0xC6000007, 1, 0, 0),
    "(void)bulkhead_get_schedule()": (0xC6000008, 0, 0, 0),
    "(void)bulkhead_trace(3, 4)": (0xC600000A, 3, 4, 0),
    "(void)bulkhead_ready()": (0xC600000C, 0, 0, 0),
    "(void)bulkhead_log_read(1, 9)": (0xC600000D, 1, 9, 0),
}
# These two need more than one call for a text: `verify/target/scenarios/consoles.yaml` looks at them.
CONSOLE = {"bulkhead_console_write": 0xC6000009, "bulkhead_console_read": 0xC600000B}

MAIN = """
#include <inttypes.h>
#include <stdio.h>
#include "bulkhead.h"

struct bulkhead_result bulkhead_hvc(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3)
{
    const struct bulkhead_result result = {-2, 11, 12, 13};
    printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\\n", function, x1, x2, x3);
    return result;
}

int main(void)
{
    CALLS;
    const struct bulkhead_result all = bulkhead_get_schedule();
    return bulkhead_ready() == -2 && all.x1 == 11 && all.x2 == 12 && all.x3 == 13 ? 0 : 1;
}
"""


@pytest.mark.verifies("LLR-404", "HLR-031")
def test_each_function_of_the_abi_has_its_wrapper(root: Path, tmp_path: Path):
    runtime = root / "partitions/runtime"
    (tmp_path / "main.c").write_text(MAIN.replace("CALLS", ";\n    ".join(CALLS)))
    flags = ["-I", str(runtime / "include"), "-Wall", "-Wextra", "-Werror", "-c"]
    subprocess.run(["gcc", "-std=c11", *flags, str(tmp_path / "main.c"), "-o", str(tmp_path / "main.o")], check=True)
    subprocess.run(["g++", "-std=c++17", *flags, str(runtime / "hypercall.cpp"), "-o", str(tmp_path / "calls.o")], check=True)
    subprocess.run(["g++", str(tmp_path / "main.o"), str(tmp_path / "calls.o"), "-o", str(tmp_path / "calls")], check=True)
    done = subprocess.run([str(tmp_path / "calls")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, "status or registers of an answer are lost"
    asked = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert asked[:len(CALLS)] == list(CALLS.values())


@pytest.mark.verifies("LLR-404")
def test_no_function_of_the_abi_is_missing(root: Path):
    """Ids 0 to 13 are the ABI's version 1; the two of the console stand in console.cpp."""
    ids = {call[0] for call in CALLS.values()} | set(CONSOLE.values())
    assert ids == {0xC6000000 + number for number in range(14)}
    source = (root / "partitions/runtime/console.cpp").read_text()
    assert {int(text, 16) for text in re.findall(r"0x[0-9A-F]{8}", source)} == set(CONSOLE.values())
    header = (root / "partitions/runtime/include/bulkhead.h").read_text()
    assert all(f" {name}(" in header for name in CONSOLE)
