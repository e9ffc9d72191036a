# SPDX-License-Identifier: Apache-2.0
# implements: LLR-625
"""QEMU as a child that never outlives us: its command line, its consoles and its monitor.

The monitor is a socket pair whose other end QEMU inherits: QEMU sees our end close whatever becomes of us, and the kernel
kills it as well when we die. A console is a pair of named pipes, whose names go as soon as QEMU has opened them. QEMU writes
each byte by itself; a pipe puts them together and takes a million, where a socket of usual size is full after 278. A full
console would make a guest in counted time wait for this host, and shift what it does afterwards.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import select
import shlex
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PIPE_BYTES = 1 << 20       # what Linux allows everybody
_GREETING_S = 30.0          # QEMU opens its consoles before it greets


@dataclass(frozen=True)
class Machine:
    """What board.yaml says of QEMU's model of the board."""

    arguments: tuple[str, ...]          # machine, CPU, memory, cores
    uarts: tuple[str, ...]              # names of the board's UARTs in the order of -serial
    network: tuple[str, ...] = ()       # arguments of --net; {net} stands for what the user wrote
    sd_card: tuple[str, ...] = ()       # arguments of --sd; {file} stands for the image
    cntfrq_property: str = "cortex-a53-arm-cpu.cntfrq"


@dataclass(frozen=True)
class Launch:
    """One run's choices beside the machine."""

    image: Path
    qemu: str = "qemu-system-aarch64"
    icount: bool = False
    gdb_port: int | None = None
    sd: Path | None = None
    net: str | None = None
    keep_after_shutdown: bool = False
    extra: tuple[str, ...] = ()


def command(machine: Machine, launch: Launch, consoles: dict[str, str], monitor: str) -> list[str]:
    """The whole command line; `consoles` maps a UART to its chardev back end, all other UARTs lead nowhere."""
    words = [launch.qemu, *machine.arguments, "-nodefaults", "-display", "none",
             "-device", f"loader,file={_quoted(launch.image)},cpu-num=0"]
    for uart in machine.uarts:
        if uart in consoles:
            words += ["-chardev", f"{consoles[uart]},id=console-{uart}", "-serial", f"chardev:console-{uart}"]
        else:
            words += ["-serial", "null"]
    if monitor:
        words += ["-chardev", f"{monitor},id=monitor", "-mon", "chardev=monitor,mode=control"]
    if launch.icount:
        words += ["-icount", "shift=0,sleep=off", "-rtc", "base=2020-01-01,clock=vm", "-global", f"{machine.cntfrq_property}=1000000000"]
    if launch.gdb_port is not None:
        words += ["-S", "-gdb", f"tcp:127.0.0.1:{launch.gdb_port}"]
    if launch.sd is not None:
        words += [word.replace("{file}", _quoted(launch.sd)) for word in machine.sd_card]
    if launch.net is not None:
        words += [word.replace("{net}", launch.net) for word in machine.network]
    if launch.keep_after_shutdown:
        words += ["-action", "shutdown=pause"]
    return [*words, *launch.extra]


def printable_command(machine: Machine, launch: Launch, uarts: list[str]) -> str:
    """A command for a person to paste: the first console on the terminal, further ones on terminals of their own."""
    consoles = {uart: "stdio,mux=on,signal=off" if uart == uarts[0] else "pty" for uart in uarts}
    return "QEMU_AUDIO_DRV=none " + shlex.join(command(machine, launch, consoles, ""))


def _quoted(path: Path | str) -> str:
    return str(path).replace(",", ",,")  # a comma separates options in QEMU's syntax


def free_port(wanted: int = 1234) -> int:
    """The usual gdb port, or any free one when somebody has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise OSError("no TCP port is free on 127.0.0.1")


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class NoConsoles(Exception):
    """The pipes of the consoles cannot be made; the text says where and why."""


class Console:
    """Our ends of a UART's two pipes; neither end ever waits."""

    def __init__(self, path: str):
        for way in ("in", "out"):
            os.mkfifo(f"{path}.{way}", 0o600)
        self._from_qemu = os.open(f"{path}.out", os.O_RDONLY | os.O_NONBLOCK)
        self._to_qemu = os.open(f"{path}.in", os.O_RDWR | os.O_NONBLOCK)    # for writing alone there would have to be a reader
        try:
            fcntl.fcntl(self._from_qemu, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        except PermissionError:
            pass    # the user has too many pipes: 64 KiB it is

    def fileno(self) -> int:
        return self._from_qemu

    def read(self) -> bytes:
        """What has come, up to 64 KiB; empty when QEMU has closed it. BlockingIOError when nothing has come."""
        return os.read(self._from_qemu, 65536)

    def write(self, data: bytes) -> int:
        """How many bytes it took. BlockingIOError when it takes none."""
        return os.write(self._to_qemu, data)

    def close(self) -> None:
        os.close(self._from_qemu)
        os.close(self._to_qemu)


def _folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="bulkhead-")
    except OSError as error:
        raise NoConsoles(f"no folder for the consoles: {error.strerror}; TMPDIR names another place") from error


def _consoles(paths: dict[str, str]) -> dict[str, Console]:
    try:
        return {uart: Console(path) for uart, path in paths.items()}
    except OSError as error:
        raise NoConsoles(f"no pipes for the consoles in {tempfile.gettempdir()}: {error.strerror}; TMPDIR names another place") from error


@dataclass
class Qemu:
    """The running process."""

    process: subprocess.Popen
    consoles: dict[str, Console]
    monitor: socket.socket
    _buffer: bytes = field(default=b"", repr=False)
    _held: list[dict] = field(default_factory=list, repr=False)  # events that came while an answer was waited for

    @classmethod
    def start(cls, machine: Machine, launch: Launch, uarts: list[str]) -> "Qemu":
        ours, theirs = socket.socketpair()
        with _folder() as folder:
            paths = {uart: os.path.join(folder, uart) for uart in uarts}
            consoles = _consoles(paths)
            words = command(machine, launch, {uart: f"pipe,path={_quoted(path)}" for uart, path in paths.items()},
                            f"socket,fd={theirs.fileno()}")
            try:
                process = subprocess.Popen(
                    words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                    env={**os.environ, "QEMU_AUDIO_DRV": "none"}, pass_fds=[theirs.fileno()],
                    start_new_session=True, preexec_fn=_die_with_parent)
            except BaseException:
                for end in (*consoles.values(), ours):
                    end.close()
                raise
            finally:
                theirs.close()
            select.select([ours], [], [], _GREETING_S)  # it greets, or has ended
        ours.setblocking(False)
        qemu = cls(process, consoles, ours)
        qemu.tell("qmp_capabilities")
        return qemu

    def tell(self, execute: str, **arguments: object) -> None:
        """Sends a command to the monitor; its answer is not waited for."""
        self._send({"execute": execute}, arguments)

    def _send(self, message: dict[str, object], arguments: dict[str, object]) -> None:
        if arguments:
            message["arguments"] = arguments
        try:
            self.monitor.sendall(json.dumps(message).encode() + b"\r\n")
        except OSError:
            pass  # QEMU is gone, which the event loop sees as well

    def events(self) -> list[dict] | None:
        """What the monitor said since the last call; None when it has closed."""
        closed = False
        while not closed:
            try:
                data = self.monitor.recv(65536)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            closed = not data
            self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        messages = self._held + [json.loads(line) for line in lines if line.strip()]
        self._held = []
        return None if closed and not messages else messages

    def ask(self, execute: str, timeout_s: float = 5.0, **arguments: object) -> dict:
        """Sends a command and waits for its answer."""
        self._held = self.events() or []
        self._send({"execute": execute, "id": "asked"}, arguments)  # commands that were only told are answered, too
        self.monitor.settimeout(timeout_s)
        try:
            while True:
                while b"\n" in self._buffer:
                    line, self._buffer = self._buffer.split(b"\n", 1)
                    message = json.loads(line) if line.strip() else {}
                    if message.get("id") == "asked":
                        return message
                    self._held += [message] if message else []
                data = self.monitor.recv(65536)
                if not data:
                    return {"error": {"desc": "QEMU has ended"}}
                self._buffer += data
        except OSError as error:
            return {"error": {"desc": str(error)}}
        finally:
            self.monitor.setblocking(False)

    def words_at(self, address: int, count: int) -> list[int]:
        """64-bit words of the board's memory, or none if QEMU does not say."""
        answer = self.ask("human-monitor-command", **{"command-line": f"xp /{count}gx {address:#x}"})
        return [int(word, 16) for line in str(answer.get("return", "")).splitlines()
                for word in line.partition(":")[2].split()]

    def stop(self) -> str:
        """Ends the process if it still runs; what it wrote to stderr."""
        if self.process.poll() is None:
            self.tell("quit")
            try:
                self.process.wait(timeout=2.0)
            except subprocess.TimeoutExpired:
                self.process.kill()
        _, errors = self.process.communicate()
        for end in (*self.consoles.values(), self.monitor):
            end.close()
        return errors.decode("utf-8", "replace").strip()
