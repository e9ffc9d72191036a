# SPDX-License-Identifier: Apache-2.0
"""QEMU as a child that never outlives us: its command line, its consoles and its monitor.

Consoles and monitor are socket pairs whose other end QEMU inherits: nothing lies about in the file system, no text is
lost before we listen, and QEMU sees our end close whatever becomes of us. The kernel kills it as well when we die.
"""

from __future__ import annotations

import ctypes
import json
import os
import shlex
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1


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


def _quoted(path: Path) -> str:
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


@dataclass
class Qemu:
    """The running process."""

    process: subprocess.Popen
    consoles: dict[str, socket.socket]
    monitor: socket.socket
    _buffer: bytes = field(default=b"", repr=False)
    _held: list[dict] = field(default_factory=list, repr=False)  # events that came while an answer was waited for

    @classmethod
    def start(cls, machine: Machine, launch: Launch, uarts: list[str]) -> "Qemu":
        ours: dict[str, socket.socket] = {}
        theirs: dict[str, socket.socket] = {}
        for name in (*uarts, ""):
            ours[name], theirs[name] = socket.socketpair()
        backends = {name: f"socket,fd={end.fileno()}" for name, end in theirs.items()}
        words = command(machine, launch, {name: backends[name] for name in uarts}, backends[""])
        try:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                env={**os.environ, "QEMU_AUDIO_DRV": "none"}, pass_fds=[end.fileno() for end in theirs.values()],
                start_new_session=True, preexec_fn=_die_with_parent)
        except BaseException:
            for end in ours.values():
                end.close()
            raise
        finally:
            for end in theirs.values():
                end.close()
        monitor = ours.pop("")
        for end in (*ours.values(), monitor):
            end.setblocking(False)
        qemu = cls(process, ours, monitor)
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
