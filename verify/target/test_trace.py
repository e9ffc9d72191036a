# SPDX-License-Identifier: Apache-2.0
"""`bulkhead trace` on a running system: every window in the order of the plan, and within its bound."""

from __future__ import annotations

import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
FRAME = ["first", "second", "first"]
KERNEL_SGI = 7
BOUND_US = 1.0      # a thousand instructions of the counted run


@pytest.mark.parametrize("board", ["virt-gicv2", "virt-gicv3", "zcu102"])
@pytest.mark.verifies("HLR-506", "LLR-1120", "LLR-1121", "LLR-1122", "LLR-1123")
def test_windows_of_a_run(root: Path, tmp_path: Path, board: str) -> None:
    system = tmp_path / "trace.yaml"
    system.write_text((HERE / "systems" / "trace.yaml").read_text().replace("{board}", board))
    target = tmp_path / "t.json"
    words = [str(root / "bulkhead"), "trace", str(system), "-o", str(root / "build" / "target" / f"trace-{board}"), "--icount",
             "--timeout", "240", "--until", "second:period 1", "--to", str(target), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads(done.stdout)
    assert result["ok"] and result["windows"] > 100
    assert set(result["lost"].values()) == {0}
    worst = re.fullmatch(r"worst jitter: ([0-9.]+) us, core 0, .*", result["words"][2])
    assert worst and float(worst.group(1)) < BOUND_US, result["words"]
    events = json.loads(target.read_text())["traceEvents"]
    order = [event["name"] for event in events if event["ph"] == "X"]
    for number, name in enumerate(order[: 3 * (len(order) // 3)]):
        assert name == FRAME[number % 3], number
    kinds = {event.get("cat") for event in events}
    assert {"schedule", "interrupt", "hypercall"} <= kinds
    ElementTree.parse(target.with_suffix(".svg"))


@pytest.mark.parametrize("board", ["virt-gicv2", "virt-gicv3", "zcu102"])
@pytest.mark.verifies("LLR-907")
def test_messages_for_a_vcpu_that_is_away_interrupt_nobody(root: Path, tmp_path: Path, board: str) -> None:
    system = tmp_path / "babble.yaml"
    system.write_text((HERE / "systems" / "babble.yaml").read_text().replace("{board}", board))
    target = tmp_path / "t.json"
    words = [str(root / "bulkhead"), "trace", str(system), "-o", str(root / "build" / "target" / f"babble-{board}"),
             "--timeout", "240", "--until", "babbler:2000 rounds", "--until", "bystander:runs 100 ", "--to", str(target), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout)["ok"]
    taken = [event for event in json.loads(target.read_text())["traceEvents"] if event.get("cat") == "interrupt"]
    frames = sum(event["tid"] == 0 and event["args"]["partition"] == "babbler" for event in taken)
    suffered = sum(event["args"]["partition"] == "bystander" and event["args"]["a"] == KERNEL_SGI for event in taken)
    assert frames > 90
    assert suffered <= frames, "more than the one that was under way when the babbler's window ended"


# Of a board: the partition that sets alarms, its device, the device's interrupt.
ALARMS = {"virt-gicv2": ("alarm_rtc", "rtc", 34), "virt-gicv3": ("alarm_rtc", "rtc", 34), "zcu102": ("alarm_ttc", "ttc0", 68)}


@pytest.mark.parametrize("scheduler", ["windows", "rtds"])
@pytest.mark.parametrize("board", ALARMS)
@pytest.mark.verifies("LLR-1203", "LLR-1236")
def test_a_device_s_interrupt_for_a_partition_that_is_away(root: Path, tmp_path: Path, board: str, scheduler: str) -> None:
    """Between windows it waits and interrupts nobody; on an rtds core it interrupts once, and its owner has the core."""
    native, device, irq = ALARMS[board]
    system = tmp_path / "alarm.yaml"
    text = (HERE / "systems" / f"alarm-{scheduler}.yaml").read_text()
    system.write_text(text.replace("{board}", board).replace("{native}", native).replace("{device}", device))
    target = tmp_path / "t.json"
    words = [str(root / "bulkhead"), "trace", str(system), "-o", str(root / "build" / "target" / f"alarm-{scheduler}-{board}"),
             "--timeout", "240", "--until", "owner:alarm: ", "--to", str(target), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    taken = [event["args"]["partition"] for event in json.loads(target.read_text())["traceEvents"]
             if event.get("cat") == "interrupt" and event["args"]["a"] == irq]
    alarms, suffered = taken.count("owner"), taken.count("bystander")
    assert alarms >= 5
    assert suffered == 0 if scheduler == "windows" else 0 < suffered <= alarms


@pytest.mark.verifies("LLR-1123")
def test_a_system_without_rings_is_refused(root: Path, tmp_path: Path) -> None:
    system = tmp_path / "plain.yaml"
    system.write_text((HERE / "systems" / "one.yaml").read_text().replace("{board}", "virt-gicv2"))
    words = [str(root / "bulkhead"), "trace", str(system), "-o", str(tmp_path / "out")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 1
    assert "has no `hypervisor.trace`" in done.stderr


@pytest.mark.verifies("LLR-1123")
def test_a_board_that_does_not_come_up_is_told(root: Path, tmp_path: Path) -> None:
    still = tmp_path / "qemu"
    still.write_text('#!/bin/sh\nexec qemu-system-aarch64 "$@" -S\n')
    still.chmod(0o755)
    system = tmp_path / "trace.yaml"
    system.write_text((HERE / "systems" / "trace.yaml").read_text().replace("{board}", "virt-gicv2"))
    words = [str(root / "bulkhead"), "trace", str(system), "-o", str(root / "build" / "target" / "trace-virt-gicv2"), "-q", "--timeout", "2",
             "--qemu", str(still)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == "bulkhead trace: nothing was recorded: the kernel did not come up; `run` shows what it says\n"
