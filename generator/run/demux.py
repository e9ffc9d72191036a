# SPDX-License-Identifier: Apache-2.0
# implements: LLR-621
"""Taking the consoles of a system apart: the wire of the board's UART, and what a person sees of it.

On the wire the kernel writes `[name] text\\r\\n` for each partition and `[bulkhead] text\\r\\n` for itself; a line that
another one broke off ends in `\\r\\r\\n` and goes on later as `[name]+ rest`. Pure code: no file, no clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

KERNEL = "bulkhead"

_PREFIX = re.compile(rb"\[([a-z][a-z0-9_-]{0,30})\](\+?) ")
_CURSOR_QUERY = b"\x1b[6n"
_LONGEST_PREFIX = len("[") + 31 + len("]+ ")


@dataclass(frozen=True)
class Chunk:
    """Bytes that one console printed. `resumed`: they go on where an earlier, broken-off line of it stopped."""

    partition: str
    data: bytes
    resumed: bool = False


class OwnUart:
    """The parser of a UART that belongs to one partition: all of it is that partition's text."""

    def __init__(self, partition: str):
        self._partition = partition
        self._held = b""  # carriage returns that may belong to a line end

    def feed(self, data: bytes) -> list[Chunk]:
        data = self._held + data
        whole = data.rstrip(b"\r")
        self._held = data[len(whole):]
        chunks: list[Chunk] = []
        for piece in re.split(rb"(?:\r*(\n))", whole):
            if piece:
                chunks.append(Chunk(self._partition, piece))
        return chunks

    def flush(self) -> list[Chunk]:
        return []

    def restart(self) -> list[Chunk]:
        self._held = b""
        return []


class Lives:
    """Holds the wire back where a life of the board may begin that the monitor has not told of yet.

    A life begins with the kernel's banner, once. A further one without the news of a reset is either ahead of that news, which
    the emulator has sent before, or a guest's text: `hold_s` is how long the news may take to decide it.
    """

    _BANNER = b"[bulkhead] Bulkhead "

    def __init__(self) -> None:
        self._held = b""
        self._due = True    # the life that goes on has not shown its banner

    def take(self, data: bytes) -> bytes:
        """What of the stream belongs to the life that goes on."""
        self._held += data
        cut = self._held.find(self._BANNER)
        if self._due and cut >= 0:
            self._due = False
            return self._out(cut + len(self._BANNER)) + self.take(b"")
        if cut < 0:
            cut = len(self._held) - next(
                (length for length in range(len(self._BANNER) - 1, 0, -1) if self._held.endswith(self._BANNER[:length])), 0)
        return self._out(cut)

    def told(self, at_line_start: bool) -> bytes:
        """The news of a reset. What is held begins the new life, but for a prefix of a line that either may have begun."""
        self._due = True
        return self._out(len(self._held)) if at_line_start and not self._held.startswith(self._BANNER) else b""

    def release(self) -> bytes:
        """No news came: what was held is text like any other."""
        return self._out(len(self._held))

    @property
    def hold_s(self) -> float | None:
        """How long what is held may wait for the news; None: nothing is."""
        if not self._held:
            return None
        return 1.0 if self._held.startswith(self._BANNER) else 0.1

    def _out(self, size: int) -> bytes:
        data, self._held = self._held[:size], self._held[size:]
        return data


class WireParser:
    """Splits the byte stream of the kernel's UART into chunks; takes any cut of the stream into pieces."""

    def __init__(self, partitions: tuple[str, ...]):
        self._known = {name.encode(): name for name in (*partitions, KERNEL)}
        self._pending = b""
        self._owner: str | None = None  # None: at the start of a line
        self._broken: set[str] = set()  # whose last line was broken off
        self._doubtful = 0  # bytes of a beginning prefix: of the board's life before a reset, or of the one after it

    def feed(self, data: bytes) -> list[Chunk]:
        self._pending += data
        chunks: list[Chunk] = []
        while self._pending and self._step(chunks):
            pass
        return chunks

    @property
    def at_line_start(self) -> bool:
        return self._owner is None

    def flush(self) -> list[Chunk]:
        """What an incomplete prefix held back, at the end of the stream."""
        data, self._pending = self._pending, b""
        return [Chunk(self._owner or KERNEL, data)] if data else []

    def restart(self) -> list[Chunk]:
        """The board was reset in the middle of whatever line: the next text begins one. The news of it may come late."""
        if self._owner is None:
            self._broken.clear()
            self._doubtful = len(self._pending)
            return []
        chunks = self.flush()
        self._owner = None
        self._broken.clear()
        return chunks

    def _step(self, chunks: list[Chunk]) -> bool:
        if self._owner is None:
            return self._begin_line(chunks)
        end = self._pending.find(b"\n")
        if end < 0:
            # A carriage return may be the first half of a line end: it waits for what follows.
            text = self._pending.rstrip(b"\r")
            self._pending = self._pending[len(text):]
            if text:
                chunks.append(Chunk(self._owner, text))
            return False
        line, self._pending = self._pending[:end], self._pending[end + 1:]
        if text := line.rstrip(b"\r"):
            chunks.append(Chunk(self._owner, text))
        if line.endswith(b"\r\r"):
            self._broken.add(self._owner)
        else:
            chunks.append(Chunk(self._owner, b"\n"))
        self._owner = None
        return True

    def _begin_line(self, chunks: list[Chunk]) -> bool:
        match = _PREFIX.match(self._pending)
        if match and match.group(1) in self._known:
            self._owner = self._known[match.group(1)]
            self._doubtful = 0
            self._pending = self._pending[match.end():]
            broken = self._owner in self._broken
            self._broken.discard(self._owner)
            if match.group(2) and not broken:
                chunks.append(Chunk(self._owner, b"", resumed=True))  # the break was not marked: a byte was lost
            elif broken and not match.group(2):
                chunks.append(Chunk(self._owner, b"\n"))
            return True
        if self._may_become_prefix():
            return False
        if self._doubtful:  # it goes on in no prefix: the reset cut it off
            chunks += [Chunk(KERNEL, self._pending[:self._doubtful]), Chunk(KERNEL, b"\n")]
            self._pending, self._doubtful = self._pending[self._doubtful:], 0
            return True
        self._owner = KERNEL  # firmware, or an epitaph written before the console was up
        return True

    def _may_become_prefix(self) -> bool:
        text = self._pending
        if len(text) >= _LONGEST_PREFIX or not text.startswith(b"["):
            return False
        return any((b"[" + name + tail).startswith(text) for name in self._known for tail in (b"] ", b"]+ "))


@dataclass
class Stream:
    """One console's own text, without prefixes and with its broken-off lines joined."""

    text: bytearray = field(default_factory=bytearray)

    def add(self, chunk: Chunk) -> None:
        if not chunk.resumed:
            self.text += chunk.data
        elif self.text.endswith(b"\n"):
            del self.text[-1:]


@dataclass
class _Line:
    text: bytearray = field(default_factory=bytearray)
    last: bytearray = field(default_factory=bytearray)  # the line before, should it turn out to be broken off
    since_s: float = 0.0
    held: bytes = b""  # what may be the beginning of a cursor query
    shown: int = -1  # bytes of `text` on the screen while this line is the open one; -1: nothing yet


class Screen:
    """Lays the consoles onto one screen: whole lines behind `[name] `, at most one unfinished line, never two mixed."""

    PARTIAL_DELAY_S = 0.1

    def __init__(self, focus: str | None = None):
        self.focus = focus
        self._lines: dict[str, _Line] = {}
        self._open: str | None = None

    def add(self, chunk: Chunk, now_s: float) -> tuple[bytes, list[tuple[str, str]]]:
        """The bytes to show for a chunk, and the (partition, text) of each line that it finished."""
        line = self._lines.setdefault(chunk.partition, _Line())
        if chunk.resumed:
            if not line.text:
                line.text, line.last = line.last, bytearray()
                line.since_s = now_s
            return b"", []
        shown = bytearray()
        finished: list[tuple[str, str]] = []
        if chunk.data == b"\n":
            line.text += line.held
            shown += self._show(chunk.partition) + b"\r\n"
            finished.append((chunk.partition, decode(line.text)))
            self._open = None
            self._lines[chunk.partition] = _Line(last=line.text)
        else:
            if not line.text:
                line.since_s = now_s
            line.text += self._without_queries(line, chunk.data)
            if chunk.partition in (self.focus, self._open):
                shown += self._show(chunk.partition)
        return bytes(shown), finished

    @staticmethod
    def _without_queries(line: _Line, data: bytes) -> bytes:
        """Takes out requests for the cursor's place: the terminal would answer, to whoever has the keyboard then."""
        data = (line.held + data).replace(_CURSOR_QUERY, b"")
        keep = next((length for length in range(len(_CURSOR_QUERY) - 1, 0, -1) if data.endswith(_CURSOR_QUERY[:length])), 0)
        line.held = data[len(data) - keep:]
        return data[:len(data) - keep]

    def tick(self, now_s: float) -> bytes:
        """Unfinished lines of consoles without the focus, once they are old enough."""
        shown = bytearray()
        for name, line in self._lines.items():
            if line.text and line.shown < len(line.text) and now_s - line.since_s >= self.PARTIAL_DELAY_S:
                shown += self._show(name)
        return bytes(shown)

    def waits(self) -> bool:
        """Whether a later `tick` would show something."""
        return any(line.text and line.shown < len(line.text) for line in self._lines.values())

    def unfinished(self) -> list[tuple[str, str]]:
        return [(name, decode(line.text)) for name, line in self._lines.items() if line.text]

    def close(self) -> bytes:
        """What is still to show when the run ends, so that the shell's prompt starts a line of its own."""
        shown = bytearray()
        for name, line in self._lines.items():
            if line.text and line.shown < len(line.text):
                shown += self._show(name)
        if self._open is not None:
            shown += b"\r\n"
            self._open = None
        return bytes(shown)

    def notice(self, text: str) -> bytes:
        """A line of `run` itself; an open line of a console starts anew after it."""
        shown = self._break() + f"[run] {text}\r\n".encode()
        return shown

    def _break(self) -> bytes:
        if self._open is None:
            return b""
        self._open = None
        return b"\r\n"

    def _show(self, name: str) -> bytes:
        line = self._lines[name]
        shown = bytearray()
        if self._open != name:
            shown += self._break() + f"[{name}] ".encode()
            self._open = name
            line.shown = 0
        shown += line.text[line.shown:]
        line.shown = len(line.text)
        return bytes(shown)


def decode(line: bytes | bytearray) -> str:
    return bytes(line).decode("utf-8", "replace").rstrip("\r")
