# SPDX-License-Identifier: Apache-2.0
"""A run against a stand-in for QEMU: consoles, typing, exit codes, signals, and that nothing is left behind."""

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pexpect
import pytest

from generator.run.demux import KERNEL
from generator.run.keys import Command, Keyboard, Typed, focus_command
from generator.run.qemu import Console, Launch, Machine, command, printable_command
from generator.run.script import Script, Send, Until
from generator.run.session import Consoles, Options, Session

MACHINE = Machine(("-M", "stand-in"), ("uart0", "uart1"))
CONSOLES = Consoles(partitions=("radio", "linux"), kernel_uart="uart0", own_uarts={"linux": "uart1"}, virtual=("radio",),
                    ids={"radio": 0, "linux": 1}, focus="linux")


@pytest.fixture
def stand_in(tmp_path):
    """Makes an executable that behaves as the given body says, with `uart0`, `uart1` and `monitor` to write to."""

    def make(body: str) -> str:
        script = tmp_path / "qemu"
        script.write_text(textwrap.dedent(f"""\
            #!{sys.executable}
            import json, os, re, socket, sys, time
            open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
            words = " ".join(sys.argv)
            monitor = socket.socket(fileno=int(re.search(r"socket,fd=(\\d+),id=monitor", words)[1]))
            class Uart:
                def __init__(self, path):
                    self.reading, self.writing = os.open(path + ".in", os.O_RDWR), os.open(path + ".out", os.O_RDWR)
                def recv(self, size):
                    return os.read(self.reading, size)
                def sendall(self, data):
                    os.write(self.writing, data)
            uart0, uart1 = (Uart(path) for path in re.findall(r"pipe,path=(\\S+),id=console-", words))
            monitor.sendall(b'{{"QMP": {{}}}}\\n')
            def power_off():
                monitor.sendall(json.dumps({{"event": "SHUTDOWN", "data": {{"guest": True, "reason": "guest-shutdown"}}}}).encode() + b"\\n")
                sys.exit(0)
            def wait_for_quit():
                text = b""
                while b"quit" not in text:
                    data = monitor.recv(4096)
                    if not data:
                        break
                    text += data
                sys.exit(0)
            """) + textwrap.dedent(body))
        script.chmod(0o755)
        return str(script)

    return make


def run(qemu, steps=(), fail_on=(), json_lines=False, timeout_s=10.0, log=None):
    out = io.BytesIO()
    session = Session(MACHINE, Launch(Path("x.elf"), qemu=qemu), CONSOLES, Script(list(steps), tuple(fail_on), CONSOLES.partitions),
                      Options(timeout_s=timeout_s, json_lines=json_lines, log=log), out)
    return session.run(), out.getvalue().decode()


def gone(tmp_path) -> bool:
    try:
        os.kill(int((tmp_path / "pid").read_text()), 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.verifies("LLR-622")
def test_power_off_ends_with_0_and_all_text_is_shown(stand_in):
    code, text = run(stand_in("uart0.sendall(b'[radio] on\\r\\n'); uart1.sendall(b'/ # '); power_off()"))
    assert code == 0
    assert sorted(text.splitlines()) == ["[linux] / # ", "[radio] on"]


@pytest.mark.verifies("LLR-622")
def test_until_met(stand_in, tmp_path):
    code, _ = run(stand_in("uart1.sendall(b'boot\\r\\n/ # '); wait_for_quit()"), [Until("linux", b"/ # ")])
    assert code == 0 and gone(tmp_path)


@pytest.mark.verifies("LLR-625")
def test_a_console_takes_single_bytes_that_nobody_reads_yet(tmp_path):
    console = Console(str(tmp_path / "uart0"))
    device = os.open(tmp_path / "uart0.out", os.O_RDWR | os.O_NONBLOCK)
    for _ in range(64 * 1024):
        assert os.write(device, b"x") == 1
    assert len(console.read()) == 64 * 1024
    with pytest.raises(BlockingIOError):
        console.read()
    os.close(device)
    assert console.read() == b""
    console.close()


@pytest.mark.verifies("LLR-625")
def test_a_run_leaves_nothing_behind(stand_in, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    code, _ = run(stand_in("uart0.sendall(b'[radio] on\\r\\n'); wait_for_quit()"), [Until("radio", b"on")])
    assert code == 0
    assert not list(folder.iterdir())


@pytest.mark.verifies("LLR-625")
@pytest.mark.parametrize("what, words", [("mkdtemp", "no folder for the consoles: No space left on device"),
                                         ("mkfifo", "no pipes for the consoles in")])
def test_pipes_that_cannot_be_made_are_said(stand_in, monkeypatch, capsys, what, words):
    def refuse(*_arguments, **_words):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile if what == "mkdtemp" else os, what, refuse)
    code, _ = run(stand_in("wait_for_quit()"))
    said = capsys.readouterr().err
    assert code == 2 and words in said and "TMPDIR" in said


@pytest.mark.verifies("LLR-624")
def test_the_line_that_until_found_is_shown_whole(stand_in):
    body = "uart0.sendall(b'[radio] speed is '); time.sleep(0.05); uart0.sendall(b'valid'); uart0.sendall(b'\\r\\n'); wait_for_quit()"
    code, text = run(stand_in(body), [Until("radio", b"speed")])
    assert code == 0 and text == "[radio] speed is valid\n"


@pytest.mark.verifies("LLR-624")
def test_a_line_that_never_ends_keeps_no_run(stand_in):
    body = "uart0.sendall(b'[radio] go')\nwhile True:\n    time.sleep(0.05)\n    uart0.sendall(b'.')"
    code, text = run(stand_in(body), [Until("radio", b"go")])
    assert code == 0 and text.startswith("[radio] go...")


@pytest.mark.verifies("LLR-622")
def test_until_not_met_in_time(stand_in, tmp_path, capsys):
    code, _ = run(stand_in("wait_for_quit()"), [Until("linux", b"/ # ")], timeout_s=0.5)
    assert code == 1 and gone(tmp_path)
    assert "not seen: 'linux:/ # '" in capsys.readouterr().err


def test_time_up_without_until_is_0(stand_in):
    assert run(stand_in("wait_for_quit()"), timeout_s=0.3)[0] == 0


def test_epitaph_is_1(stand_in, capsys):
    assert run(stand_in("uart0.sendall(b'[bulkhead] epitaph BOOT-EL: entered at EL1\\r\\n'); wait_for_quit()"))[0] == 1
    assert "epitaph BOOT-EL" in capsys.readouterr().err


def test_fail_on_halt(stand_in):
    assert run(stand_in("uart0.sendall(b'[bulkhead] radio halted: off\\r\\n'); wait_for_quit()"), fail_on=["halt"])[0] == 1


def test_send_goes_to_the_right_console(stand_in):
    body = """
        uart1.sendall(b'/ # ')
        text = b''
        while not text.endswith(b'\\n'):
            text += uart1.recv(100)
        uart1.sendall(b'got ' + text)
        keys = b''
        while len(keys) < 4:
            keys += uart0.recv(100)
        uart0.sendall(b'[radio] ' + keys.hex().encode() + b'\\r\\n')
        wait_for_quit()
    """
    steps = [Until("linux", b"/ # "), Send("linux", b"uname -a; this is longer than a piece\n"), Until("linux", b"got uname"),
             Send("radio", b"ab"), Until("radio", b"1d306162")]  # Ctrl-] 0 moves the kernel's focus first
    assert run(stand_in(body), steps)[0] == 0


def test_json_lines(stand_in):
    code, text = run(stand_in("uart0.sendall(b'[bulkhead] radio halted: off\\r\\n[radio] \\xff'); time.sleep(0.2); power_off()"),
                     json_lines=True)
    lines = [json.loads(line) for line in text.splitlines()]
    assert code == 0 and all(isinstance(line.pop("t_ns"), int) for line in lines)
    assert lines == [{"partition": KERNEL, "text": "radio halted: off"}, {"partition": "radio", "event": "halt", "cause": "off"},
                     {"partition": KERNEL, "event": "poweroff"}, {"partition": "radio", "text": "�"}]


def test_log_holds_one_file_a_partition(stand_in, tmp_path):
    run(stand_in("uart0.sendall(b'[radio] on\\r\\n'); uart1.sendall(b'/ # '); power_off()"), log=tmp_path / "log")
    assert {path.name: path.read_bytes() for path in (tmp_path / "log").iterdir()} == {
        "radio.log": b"on\n", "linux.log": b"/ # "}


def test_reset_ends_what_stood_open_and_the_kernel_focus(stand_in):
    body = """
        def typed():
            keys = b''
            while len(keys) < 4:
                keys += uart0.recv(100)
            return keys.hex().encode()
        uart0.sendall(b'[radio] ready\\r\\n')
        uart0.sendall(b'[radio] ' + typed() + b'\\r\\n[radio] > ')
        time.sleep(0.2)
        monitor.sendall(json.dumps({"event": "RESET", "data": {}}).encode() + b"\\n")
        time.sleep(0.2)
        uart0.sendall(b'[bulkhead] Bulkhead again\\r\\n[radio] ready again\\r\\n')
        uart0.sendall(b'[radio] ' + typed() + b'\\r\\n')
        wait_for_quit()
    """
    steps = [Until("radio", b"ready"), Send("radio", b"ab"), Until("radio", b"1d306162"), Until("radio", b"ready again"),
             Send("radio", b"cd"), Until("radio", b"1d306364")]  # Ctrl-] 0 each time: a kernel begins with its own focus
    code, text = run(stand_in(body), steps)
    assert code == 0
    assert text.splitlines()[2:4] == ["[radio] > ", "[bulkhead] Bulkhead again"]


@pytest.mark.verifies("LLR-621")
def test_the_news_of_a_reset_may_come_behind_the_new_life(stand_in):
    body = """
        uart0.sendall(b'[bulkhead] Bulkhead 1\\r\\n[radio] > ')
        time.sleep(0.3)
        uart0.sendall(b'[bulkhead] Bulk')
        time.sleep(0.02)
        uart0.sendall(b'head 2\\r\\n[radio] rea')
        time.sleep(0.3)
        monitor.sendall(json.dumps({"event": "RESET", "data": {}}).encode() + b"\\n")
        time.sleep(0.3)
        uart0.sendall(b'dy\\r\\n')
        wait_for_quit()
    """
    code, text = run(stand_in(body), [Until("radio", b"ready\n")])
    assert code == 0
    assert text.splitlines() == ["[bulkhead] Bulkhead 1", "[radio] > ", "[bulkhead] Bulkhead 2", "[radio] ready"]


def test_qemu_that_fails_is_an_environment_error(stand_in, capsys):
    assert run(stand_in("sys.stderr.write('no such machine'); sys.exit(1)"))[0] == 2
    assert "no such machine" in capsys.readouterr().err


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)])
@pytest.mark.verifies("LLR-623")
def test_no_qemu_is_left_behind(stand_in, tmp_path, number, code):
    qemu = stand_in("time.sleep(60)")
    program = f"""
import sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_back_session as t
sys.exit(t.run({qemu!r})[0])
"""
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.2)
    child.send_signal(number)
    assert child.wait(timeout=10) == code
    while not gone(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def on_a_terminal(qemu):
    program = f"""
import sys
sys.path[:0] = {sys.path!r}
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_back_session as t
from pathlib import Path
session = t.Session(t.MACHINE, t.Launch(Path("x.elf"), qemu={qemu!r}), t.CONSOLES, t.Script([], (), t.CONSOLES.partitions),
                    t.Options(timeout_s=20), sys.stdout.buffer)
sys.exit(session.run())
"""
    return pexpect.spawn(sys.executable, ["-c", program], timeout=15)


def test_keyboard_of_a_terminal(stand_in, tmp_path):
    body = """
        uart1.sendall(b'/ # ')
        while True:
            data = uart1.recv(100)
            uart1.sendall(b'<' + data.hex().encode() + b'>\\r\\n')
    """
    child = on_a_terminal(stand_in(body))
    child.expect_exact("[linux] / # ")
    child.send("\x03")  # Ctrl-C is for the guest
    child.expect_exact("<03>")
    child.send("\r")
    child.expect_exact("<0d>")
    child.send("\x1d?")
    child.expect_exact("[run] Ctrl-] then")
    child.send("\x1ds")
    child.expect_exact("* 1 linux: running")
    child.send("\x1d0")
    child.expect_exact("[run] keyboard: radio")
    child.send("\x1dq")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0 and gone(tmp_path)


def feed(names, *pieces, ids=None):
    keyboard = Keyboard(ids or {name: number for number, name in enumerate(names)})
    return [action for piece in pieces for action in
            (keyboard.tick(piece) if isinstance(piece, float) else keyboard.feed(piece, 0.0))]


def test_keys():
    names = ("instruments", "hello", "linux")
    assert feed(names, b"ls\x1d1x") == [Typed(b"ls"), Command("focus", "hello"), Typed(b"x")]
    assert feed(names, b"\x1dlinux") == [Command("focus", "linux")]
    assert feed(names, b"\x1dq") == [Command("quit")]
    assert feed(names, b"\x1d\x1d") == [Typed(b"\x1d")]
    assert feed(names, b"\x1dz") == [Command("unknown", "z")]
    assert feed(names, b"\x1d0\x1d7\x1d1", ids={"a": 7, "b": 1}) == [
        Command("unknown", "0"), Command("focus", "a"), Command("focus", "b")]
    assert focus_command(7) == b"\x1d7" and focus_command(10) == b"\x1d\x8a" and focus_command(63) == b"\x1d\xbf"
    assert feed(names, b"\x1d?\x1ds\x1dr") == [Command("help"), Command("status"), Command("reset")]


def test_letter_that_begins_a_name_waits():
    names = ("radio", "q")
    assert feed(names, b"\x1dr", 1.0) == [Command("reset")]
    assert feed(names, b"\x1dra", b"dio") == [Command("focus", "radio")]
    assert feed(names, b"\x1dra\r") == [Command("focus", "radio")]


def test_command_line():
    launch = Launch(Path("a,b.elf"), icount=True, extra=("-d", "int"))
    words = command(MACHINE, launch, {"uart1": "socket,fd=7"}, "")
    assert "loader,file=a,,b.elf,cpu-num=0" in words
    assert words[words.index("-serial") + 1] == "null" and "chardev:console-uart1" in words
    assert words[-2:] == ["-d", "int"] and "shift=0,sleep=off" in words
    assert printable_command(MACHINE, launch, ["uart0"]).startswith("QEMU_AUDIO_DRV=none qemu-system-aarch64 -M stand-in")
