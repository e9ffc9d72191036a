# SPDX-License-Identifier: Apache-2.0
"""`run` as a person and a script use it, with QEMU running: keys on a terminal, every option, and nothing left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import scenario as scenarios  # noqa: E402  (a module beside this one; pytest imports by path)
from test_scenarios import build, prepare  # noqa: E402
from generator.check.runner import check_file  # noqa: E402
from generator.run.launch import machine_of  # noqa: E402
from generator.run.qemu import Launch, Qemu  # noqa: E402

TIMEOUT_S = 300
CONSOLES = next(one for one in scenarios.load_all() if one.name == "consoles")


@pytest.fixture(params=["virt-gicv2"])
def command(root: Path, request) -> list[str]:
    """`run` of the system `consoles` (left, right and panel with consoles, mute without), built already."""
    system, output = prepare(root, CONSOLES, request.param, "gcc")
    build(root, system, output, "gcc")
    return [str(root / "bulkhead"), "run", str(system), "-q", "--compiler", "gcc", "-o", str(output)]


on_zcu102 = pytest.mark.parametrize("command", ["zcu102"], indirect=True)


def emulators(command: list[str]) -> list[int]:
    """Processes of QEMU that run this image."""
    image = os.path.join(command[-1], "consoles.elf")
    found = []
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().decode("utf-8", "replace")
        except (OSError, NotADirectoryError):
            continue
        if words.startswith("qemu-system") and image in words:
            found.append(int(folder.name))
    return found


def assert_nothing_left(command: list[str], before: list[int]) -> None:
    deadline = time.monotonic() + 10
    while set(emulators(command)) - set(before):
        assert time.monotonic() < deadline, "a QEMU was left behind"
        time.sleep(0.05)


def call(command: list[str], *words: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S,
                          check=False, **options)


@pytest.mark.verifies("HLR-009", "LLR-622", "LLR-623", "LLR-202", "LLR-203")
def test_keys_on_a_terminal(command):
    before = emulators(command)
    child = pexpect.spawn(command[0], command[1:], timeout=TIMEOUT_S, dimensions=(50, 150))
    child.expect_exact("[left] echo: type a line")
    child.send("abc\r")
    child.expect_exact("[left] echo 1: abc")
    child.send("\x1dright")
    child.expect_exact("[run] keyboard: right")
    child.send("x\x03y\r")  # Ctrl-C is the guest's
    child.expect_exact("[right] echo 1: x\x03y")
    child.send("\x1dleft")
    child.expect_exact("[run] keyboard: left")
    child.send("a\x1d\x1db\r")  # the key itself
    child.expect_exact("[left] echo 2: a\x1db")
    child.send("\x1dmute")
    child.expect_exact("[run] mute has no console")
    child.send("\x1ds")
    child.expect_exact("[run] * 0 left: running")
    child.expect_exact("[bulkhead] 11 right: normal, restarts 0")  # the kernel's own answer
    child.send("\x1d?")
    child.expect_exact("[run] Ctrl-] then")
    child.send("\x1dz")
    child.expect_exact("[run] no partition or command `z`")
    child.send("\x1dq")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert_nothing_left(command, before)


def test_reset_key_keeps_the_keyboard_where_it_was(command):
    child = pexpect.spawn(command[0], command[1:], timeout=TIMEOUT_S, dimensions=(50, 150))
    child.expect_exact("[left] echo: type a line")
    child.send("\x1dright")
    child.expect_exact("[run] keyboard: right")
    child.send("half a line")
    child.expect_exact("half a line")
    child.send("\x1dr\r")
    child.expect_exact("[run] board reset")
    child.expect(r"\n\[bulkhead\] Bulkhead [0-9.]+ abi 1 ")
    child.expect_exact("[right] echo: type a line")
    child.send("whole\r")
    child.expect_exact("[right] echo 1: whole")
    child.send("\x1dq")
    child.expect(pexpect.EOF)


def test_quit_with_an_until_open_is_1(command):
    child = pexpect.spawn(command[0], [*command[1:], "--until", "never said"], timeout=TIMEOUT_S)
    child.expect_exact("[left] echo: type a line")
    child.send("\x1dq")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGHUP, 130),
                                          (signal.SIGKILL, -signal.SIGKILL)])
@pytest.mark.verifies("LLR-623")
def test_no_qemu_is_left_by_a_signal(command, number, code):
    before = emulators(command)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout.readline().startswith(b"[bulkhead] Bulkhead ")
        assert set(emulators(command)) - set(before)
        child.send_signal(number)
        child.stdout.read()
        assert child.wait(timeout=TIMEOUT_S) == code
    assert_nothing_left(command, before)


@pytest.mark.verifies("LLR-623")
def test_no_qemu_is_left_when_the_reader_goes(command):
    before = emulators(command)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        child.stdout.readline()
        child.stdout.close()
        assert child.wait(timeout=TIMEOUT_S) == 0
    assert_nothing_left(command, before)


def test_log_and_printed_command(command, tmp_path):
    done = call(command, "--log", str(tmp_path / "log"), "--until", "panel:second 1")
    assert done.returncode == 0, done.stderr
    assert "telltale: second 1 periods 100" in (tmp_path / "log/panel.log").read_text()
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == ["bulkhead.log", "left.log", "panel.log", "right.log"]
    printed = call(command, "--print-command")
    assert printed.returncode == 0
    with subprocess.Popen(["sh", "-c", "exec env " + printed.stdout.strip()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as shell:
        assert shell.stdout.readline().startswith(b"[bulkhead] Bulkhead ")
        shell.kill()


@pytest.mark.verifies("LLR-621", "LLR-205")
def test_json_reports_each_line_once_however_often_it_was_broken_off(command):
    done = call(command, "--json", "--until", "left:> ", "--send", "left:one\\n", "--until", "left:echo 1: one", "--until", "panel:second 4")
    assert done.returncode == 0, done.stderr
    lines = [(record["partition"], record["text"]) for record in map(json.loads, done.stdout.splitlines()) if "text" in record]
    panel = [text for partition, text in lines if partition == "panel" and text.startswith("telltale: second")]
    assert [int(text.split()[2]) for text in panel] == list(range(1, len(panel) + 1)) and len(panel) in (3, 4)
    left = [text for partition, text in lines if partition == "left"]
    assert left[:3] == ["echo: type a line", "> one", "echo 1: one"], left


@on_zcu102
def test_screenshot_where_there_is_a_display(command, tmp_path):
    done = call(command, "--screenshot", str(tmp_path / "x.png"), "--until", "panel:second 1")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_screenshot_without_a_display_is_an_error(command, tmp_path):
    done = call(command, "--screenshot", str(tmp_path / "x.png"), "--until", "panel:second 1")
    assert done.returncode == 2 and "no screenshot: " in done.stderr and not (tmp_path / "x.png").exists()


@pytest.mark.parametrize("board, device", [("zcu102", r"cadence_gem.*?netdev = \"network\".*?mmio 00000000ff0e0000"),
                                           ("virt-gicv3", r"virtio-net-device.*?netdev = \"network\"")])
def test_net_and_sd_reach_the_wired_devices(root, tmp_path, board, device):
    """gem3 and sdhci1 on the ZCU102: the numbers of QEMU's back ends are not those of the devices."""
    (tmp_path / "one.yaml").write_text((root / "verify/target/systems/one.yaml").read_text().replace("{board}", board))
    card = tmp_path / "card.img"
    card.write_bytes(bytes(1 << 20))
    machine = machine_of(check_file(str(tmp_path / "one.yaml")).board)
    image = tmp_path / "nothing.bin"
    image.write_bytes(bytes(4096))
    launch = Launch(image, sd=card, net="user,restrict=on", extra=("-S",))
    qemu = Qemu.start(machine, launch, [])
    try:
        tree = qemu.ask("human-monitor-command", 30.0, **{"command-line": "info qtree"})["return"]
        blocks = qemu.ask("human-monitor-command", 30.0, **{"command-line": "info block"})["return"]
    finally:
        qemu.stop()
    assert any(re.search(device, part, re.DOTALL) for part in re.split(r"(?m)^(?=\s*dev: )", tree)), tree
    assert str(card) in blocks and "Attached to" in blocks


@pytest.mark.verifies("LLR-801")
@pytest.mark.parametrize("command", ["virt-gicv3", "zcu102"], indirect=True)
def test_gdb_knows_the_partitions(command, root):
    with subprocess.Popen([*command, "--gdb", "--timeout", str(TIMEOUT_S)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as run:
        try:
            said = re.search(r"gdb-multiarch -x (\S+)", run.stderr.readline())
            steps = ["info partitions", "break bulkhead_boot_core", "continue", "delete", "partition panel", "break bulkhead_main",
                     "continue", "list", "info partitions", "partition nobody"]
            gdb = subprocess.run(["gdb-multiarch", "-nx", "-batch", "-x", said.group(1), *(word for step in steps for word in ("-ex", step))],
                                 stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, cwd=root)
        finally:
            run.terminate()
    shown = gdb.stdout + gdb.stderr
    assert re.search(r"(?m)^bulkhead_entry \(\) at .*boot\.S:\d+$", shown), shown  # halted at the first instruction
    assert re.search(r"(?m)^1 +panel +2 +not booted +- +0x40000000\+0x200000 +panel$", shown), shown
    assert re.search(r"(?m)^Thread 1 .*bulkhead_boot_core \(index=0", shown), shown
    assert re.search(r"(?m)^Thread 3 .*bulkhead_main \(device_tree=", shown), shown
    assert "telltale: " in shown, shown  # the source lines of the partition are found
    assert re.search(r"(?m)^1 +panel +2 +cold start +0 +0x40000000\+0x200000 +panel$", shown), shown
    assert "No partition `nobody`; there are left, panel, mute, right." in shown, shown
