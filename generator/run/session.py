# SPDX-License-Identifier: Apache-2.0
# implements: LLR-622, LLR-623, LLR-624
"""One run from start to end: an event loop over QEMU's consoles and monitor, the keyboard, signals and time."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import sys
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from generator.run import keys
from generator.run.demux import KERNEL, Chunk, Lives, OwnUart, Screen, WireParser
from generator.run.qemu import Launch, Machine, NoConsoles, Qemu
from generator.run.script import Event, Script, event_of

# A guest's receive ring is small: text is typed in pieces, as a fast typist would.
_PIECE_BYTES = 16
_PIECE_PAUSE_S = 0.01
_BOOT_POLL_S = 0.05
# What `--until` waited for may stand in a line whose end has not come yet: a run shows whole lines, but no prompt ends.
_LINE_END_S = 0.2
_LINE_END_AT_MOST_S = 2.0


@dataclass(frozen=True)
class Consoles:
    """Which console is where: partitions in the order of their ids, and the UART of each that has one of its own."""

    partitions: tuple[str, ...]
    kernel_uart: str | None
    own_uarts: dict[str, str]           # partition -> UART
    virtual: tuple[str, ...]            # partitions with a virtual console, behind the kernel's UART
    ids: dict[str, int] = field(default_factory=dict)
    focus: str | None = None
    kernel_focus: str | None = None     # to whom the kernel gives the keyboard at first


@dataclass(frozen=True)
class Options:
    """What the command line asked of a run beside what QEMU needs to know."""

    timeout_s: float | None = None
    json_lines: bool = False
    log: Path | None = None
    screenshot: Path | None = None
    memory: tuple[tuple[int, int, Path], ...] = ()     # address, bytes, file: written when the run ends
    boot_record: int | None = None      # under --icount: where the kernel counts its boot (KernelState)


class Session:
    """Runs QEMU until something ends the run; `run` returns the exit code."""

    def __init__(self, machine: Machine, launch: Launch, consoles: Consoles, script: Script, options: Options,
                 out: BinaryIO):
        self._machine, self._launch, self._consoles = machine, launch, consoles
        self._script, self._options, self._out = script, options, out
        self._screen = Screen(consoles.focus)
        self._parsers: dict[str, WireParser | OwnUart] = {
            uart: OwnUart(name) for name, uart in consoles.own_uarts.items()}
        if consoles.kernel_uart:
            self._parsers[consoles.kernel_uart] = WireParser(consoles.partitions)
        self._lives = Lives()               # on the kernel's UART
        self._held_s = 0.0                  # since when it holds something back
        self._keyboard = keys.Keyboard(consoles.ids)
        self._to_type: dict[str, bytearray] = {uart: bytearray() for uart in self._parsers}
        self._typed_at_s = 0.0
        self._kernel_focus = consoles.kernel_focus
        self._logs: dict[str, BinaryIO] = {}
        self._code: int | None = None       # None: goes on; -1: ends, the script decides how
        self._powered_off = False
        self._screenshot_failed = False
        self._complete_s: float | None = None   # since when all that was waited for has come
        self._read_s = 0.0                  # when a console last printed
        self._boot: Event | None = None     # waits for the counts that go with it
        self._status: dict[str, str] = {name: "running" for name in consoles.partitions}
        self._started_s = time.monotonic()

    # The loop

    def run(self) -> int:
        interactive = sys.stdin.isatty() and sys.stdout.isatty() and not self._options.json_lines
        saved_terminal = termios.tcgetattr(sys.stdin) if interactive else None
        selector = selectors.DefaultSelector()
        wake_read, wake_write = socket.socketpair()
        wake_write.setblocking(False)
        wake_read.setblocking(False)
        old_handlers = {number: signal.signal(number, self._on_signal)
                        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        old_wakeup = signal.set_wakeup_fd(wake_write.fileno())
        qemu: Qemu | None = None
        errors = ""
        try:
            if saved_terminal is not None:
                self._raw_terminal(saved_terminal)
                selector.register(sys.stdin.fileno(), selectors.EVENT_READ, "keyboard")
            qemu = Qemu.start(self._machine, self._launch, list(self._parsers))
            selector.register(wake_read, selectors.EVENT_READ, "signal")
            selector.register(qemu.monitor, selectors.EVENT_READ, "monitor")
            for uart, end in qemu.consoles.items():
                selector.register(end, selectors.EVENT_READ, uart)
            self._loop(qemu, selector, wake_read)
            if self._options.memory and qemu.process.poll() is None:
                self._save_memory(qemu)
            if self._options.screenshot and qemu.process.poll() is None:
                self._take_screenshot(qemu)
        except NoConsoles as error:
            self._complain(str(error))
            return 2
        finally:
            if qemu is not None:
                errors = qemu.stop()
            if saved_terminal is not None:
                termios.tcsetattr(sys.stdin, termios.TCSADRAIN, saved_terminal)
            signal.set_wakeup_fd(old_wakeup)
            for number, handler in old_handlers.items():
                signal.signal(number, handler)
            self._finish_output()
            selector.close()
            wake_read.close()
            wake_write.close()
        return self._verdict(qemu, errors)

    def _loop(self, qemu: Qemu, selector: selectors.BaseSelector, wake: socket.socket) -> None:
        open_consoles = set(qemu.consoles)
        ended = False
        while self._code is None:
            self._type_due(qemu)
            ready = selector.select(self._wait_s(ended))
            for key, _ in ready:
                if key.data == "signal":
                    wake.recv(64)
                elif key.data == "keyboard":
                    self._keys(qemu, os.read(sys.stdin.fileno(), 1024))
                elif key.data == "monitor":
                    messages = qemu.events()
                    if messages is None:
                        selector.unregister(qemu.monitor)
                        ended = True
                    for message in messages or ():
                        if self._monitor_event(qemu, message):
                            ended = True
                elif not self._console_input(qemu, key.data):
                    selector.unregister(key.fileobj)
                    open_consoles.discard(key.data)
            now = time.monotonic()
            if (hold_s := self._lives.hold_s) is not None and (now - self._held_s >= hold_s or (ended and not ready)):
                self._parse(self._consoles.kernel_uart, self._lives.release())
            if self._boot is not None:
                self._finish_boot(qemu, last=ended)
            self._emit(self._screen.tick(now))
            for command in self._keyboard.tick(now):
                self._command(qemu, command)
            for send in self._script.next_sends():
                self._type(send.partition, send.data)
            # The text that came before a power-off is taken first; then nothing more can come.
            if ended and not ready:
                if self._powered_off:
                    self._event(Event(KERNEL, "poweroff"))
                self._code = self._code if self._code is not None else -1
            elif self._script.failure is not None or (self._script.complete and self._boot is None and self._line_ended(now)):
                self._code = -1
            elif self._options.timeout_s is not None and now - self._started_s >= self._options.timeout_s:
                self._code = -1

    def _wait_s(self, ended: bool) -> float | None:
        if ended:
            return 0.05
        waits = [wait for wait, due in (
            (_PIECE_PAUSE_S, any(self._to_type.values())),
            (self._lives.hold_s, self._lives.hold_s is not None),
            (Screen.PARTIAL_DELAY_S, self._screen.waits()),
            (_BOOT_POLL_S, self._boot is not None),
            (_LINE_END_S / 4, self._script.complete),
            (keys.Keyboard.NAME_DELAY_S, self._keyboard.waits)) if due]
        if self._options.timeout_s is not None:
            waits.append(max(0.0, self._started_s + self._options.timeout_s - time.monotonic()))
        return min(waits) if waits else None

    def _line_ended(self, now_s: float) -> bool:
        """Whether the line with the last of the texts that were waited for is whole, or will not end."""
        self._complete_s = self._complete_s if self._complete_s is not None else now_s
        return (self._script.last_met_on not in dict(self._screen.unfinished()) or now_s - self._complete_s >= _LINE_END_AT_MOST_S
                or now_s - max(self._complete_s, self._read_s) >= _LINE_END_S)

    def _verdict(self, qemu: Qemu | None, errors: str) -> int:
        if self._code == 130:
            return 130
        if self._script.failure is not None:
            self._complain(self._script.failure)
            return 1
        if qemu is not None and qemu.process.returncode not in (0, -signal.SIGKILL):
            self._complain(f"QEMU ended with {qemu.process.returncode}: {errors or 'no message'}")
            return 2
        if self._script.waits_for:
            self._complain("not seen: " + ", ".join(repr(str(until)) for until in self._script.waits_for))
            return 1
        return 2 if self._screenshot_failed else 0

    # What QEMU says

    def _console_input(self, qemu: Qemu, uart: str) -> bool:
        try:
            data = qemu.consoles[uart].read()
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not data:
            return False
        self._read_s = time.monotonic()
        if uart == self._consoles.kernel_uart:
            self._held_s = self._read_s if self._lives.hold_s is None else self._held_s
            data = self._lives.take(data)
        self._parse(uart, data)
        return True

    def _parse(self, uart: str, data: bytes) -> None:
        for chunk in self._parsers[uart].feed(data):
            self._chunk(chunk, self._read_s)

    def _chunk(self, chunk: Chunk, now_s: float) -> None:
        self._script.add(chunk)
        self._log(chunk)
        shown, finished = self._screen.add(chunk, now_s)
        self._emit(shown)
        for partition, text in finished:
            self._report(partition, text=text)
            if partition == KERNEL and (event := event_of(text)):
                self._event(event)

    def _finish_boot(self, qemu: Qemu, last: bool) -> None:
        """The event `boot` with its two counts, once the first guest runs: then the kernel has written them."""
        words = qemu.words_at(self._options.boot_record, 4) if not last else []
        entered, first_guest, memory = words[1:] if len(words) == 4 else (0, 0, 0)
        if first_guest == 0 and not last:
            return
        facts = dict(self._boot.facts)
        if first_guest:
            facts |= {"boot_instructions": first_guest - entered - memory, "memory_instructions": memory}
        self._report(self._boot.partition, event=self._boot.kind, **facts)
        self._boot = None

    def _event(self, event: Event) -> None:
        if event.kind == "boot" and self._options.boot_record is not None:
            self._boot = event
            return
        if event.partition in self._status and event.kind in ("halt", "restart"):
            self._status[event.partition] = "halted" if event.kind == "halt" else "running"
        self._script.event(event)
        self._report(event.partition, event=event.kind, **event.facts)

    def _monitor_event(self, qemu: Qemu, message: dict) -> bool:
        """True when the board has powered off."""
        if message.get("event") == "SHUTDOWN":
            self._powered_off = message.get("data", {}).get("reason") == "guest-shutdown"
            return True
        if message.get("event") == "RESET":
            for uart in qemu.consoles:
                self._console_input(qemu, uart)  # what came before
            self._start_anew()
        return False

    def _start_anew(self) -> None:
        """The board was reset: what stood open has ended, and the kernel gives the keyboard to the first again."""
        for uart, parser in self._parsers.items():
            if isinstance(parser, WireParser):
                self._parse(uart, self._lives.told(parser.at_line_start))
            for chunk in parser.restart():
                self._chunk(chunk, time.monotonic())
        for partition, _ in self._screen.unfinished():
            self._chunk(Chunk(partition, b"\n"), time.monotonic())
        self._status = {name: "running" for name in self._status}
        self._kernel_focus = self._consoles.kernel_focus
        self._boot = None
        if self._consoles.kernel_uart:
            self._parse(self._consoles.kernel_uart, self._lives.take(b""))

    def _save_memory(self, qemu: Qemu) -> None:
        """The board stands still meanwhile, so that what is read belongs together."""
        qemu.ask("stop")
        for address, size, target in self._options.memory:
            answer = qemu.ask("pmemsave", val=address, size=size, filename=str(target.resolve()))
            if "error" in answer:
                self._complain(f"memory at {address:#x} not saved: {answer['error']['desc']}")

    def _take_screenshot(self, qemu: Qemu) -> None:
        target = self._options.screenshot
        answer = qemu.ask("screendump", filename=str(target.resolve()), format="png")
        if "error" in answer:
            self._complain(f"no screenshot: {answer['error']['desc']}")
            self._screenshot_failed = True

    # What is typed

    def _keys(self, qemu: Qemu, data: bytes) -> None:
        for action in self._keyboard.feed(data, time.monotonic()):
            if isinstance(action, keys.Typed):
                if self._screen.focus is not None:
                    self._type(self._screen.focus, action.data)
            else:
                self._command(qemu, action)

    def _command(self, qemu: Qemu, command: keys.Command) -> None:
        if command.word == "quit":
            self._code = -1
        elif command.word == "reset":
            self._emit(self._screen.notice("board reset"))
            qemu.tell("system_reset")
        elif command.word == "focus":
            if command.argument not in self._consoles.virtual and command.argument not in self._consoles.own_uarts:
                self._emit(self._screen.notice(f"{command.argument} has no console"))
                return
            self._screen.focus = command.argument
            self._emit(self._screen.notice(f"keyboard: {command.argument}"))
        elif command.word == "status":
            for number, name in enumerate(self._consoles.partitions):
                mark = "*" if name == self._screen.focus else " "
                self._emit(self._screen.notice(f"{mark} {number} {name}: {self._status[name]}"))
            if self._consoles.kernel_uart:
                self._to_type[self._consoles.kernel_uart] += bytes([keys.ESCAPE]) + b"s"
        elif command.word == "help":
            self._emit(self._screen.notice(keys.HELP))
        else:
            self._emit(self._screen.notice(f"no partition or command `{command.argument}`; Ctrl-] ? lists them"))

    def _type(self, partition: str, data: bytes) -> None:
        uart = self._consoles.own_uarts.get(partition)
        if uart is not None:
            self._to_type[uart] += data
            return
        uart = self._consoles.kernel_uart
        if uart is None or partition not in self._consoles.virtual:
            return
        queue = self._to_type[uart]
        if self._kernel_focus != partition:
            queue += keys.focus_command(self._consoles.ids[partition])
            self._kernel_focus = partition
        queue += data.replace(bytes([keys.ESCAPE]), bytes([keys.ESCAPE, keys.ESCAPE]))

    def _type_due(self, qemu: Qemu) -> None:
        now = time.monotonic()
        if now - self._typed_at_s < _PIECE_PAUSE_S:
            return
        for uart, queue in self._to_type.items():
            if queue:
                try:
                    sent = qemu.consoles[uart].write(bytes(queue[:_PIECE_BYTES]))
                except BlockingIOError:
                    continue
                except OSError:
                    sent = len(queue)  # QEMU is gone: nobody will read it
                del queue[:sent]
                self._typed_at_s = now

    # What a person, a program and the log files see

    def _emit(self, shown: bytes) -> None:
        if shown and not self._options.json_lines:
            self._write(shown if self._out.isatty() else shown.replace(b"\r\n", b"\n"))

    def _report(self, partition: str, **facts: object) -> None:
        if self._options.json_lines:
            line = {"t_ns": int((time.monotonic() - self._started_s) * 1e9), "partition": partition, **facts}
            self._write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def _write(self, data: bytes) -> None:
        try:
            self._out.write(data)
            self._out.flush()
        except BrokenPipeError:
            self._code = self._code if self._code is not None else -1  # the reader has seen enough

    def _log(self, chunk: Chunk) -> None:
        if self._options.log is None or not chunk.data:
            return
        if chunk.partition not in self._logs:
            self._options.log.mkdir(parents=True, exist_ok=True)
            self._logs[chunk.partition] = (self._options.log / f"{chunk.partition}.log").open("wb", buffering=0)
        self._logs[chunk.partition].write(chunk.data)

    def _finish_output(self) -> None:
        if self._lives.hold_s is not None:
            self._parse(self._consoles.kernel_uart, self._lives.release())
        for parser in self._parsers.values():
            for chunk in parser.flush():
                self._chunk(chunk, time.monotonic())
        self._emit(self._screen.close())
        for partition, text in self._screen.unfinished():
            self._report(partition, text=text)
        for log in self._logs.values():
            log.close()

    def _complain(self, text: str) -> None:
        print(f"bulkhead run: {text}", file=sys.stderr)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._code = 130

    @staticmethod
    def _raw_terminal(saved: list) -> None:
        """Every key reaches us as it is typed, Ctrl-C included: it is for the guest."""
        mode = [part[:] if isinstance(part, list) else part for part in saved]
        mode[0] &= ~(termios.IXON | termios.ICRNL | termios.INLCR | termios.ISTRIP)
        mode[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
        mode[6][termios.VMIN] = 1
        mode[6][termios.VTIME] = 0
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, mode)
