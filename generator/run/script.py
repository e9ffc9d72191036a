# SPDX-License-Identifier: Apache-2.0
"""What a run waits for, what it types and what makes it fail: `--until`, `--send` and `--fail-on`, in their order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from generator.run.demux import KERNEL, Chunk, Stream

_HALTED = re.compile(r"([a-z][a-z0-9_-]*) halted: (.*)")
_RESTARTED = re.compile(r"([a-z][a-z0-9_-]*) restarted (warm|cold) ([0-9]+): (.*)")
_EPITAPH = re.compile(r"epitaph (\S+): (.*)")
_BOOT = re.compile(r"Bulkhead .*\bkernel [0-9a-f]{16} config [0-9a-f]{16}\b")

_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_SIMPLE = {b"a": b"\a", b"b": b"\b", b"e": b"\x1b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v",
           b"\\": b"\\", b'"': b'"', b"'": b"'", b"?": b"?"}


def unescape(text: str) -> bytes:
    """C escapes of a command-line word; anything else behind a backslash is an error, as a compiler would say."""

    def one(match: re.Match[bytes]) -> bytes:
        word = match.group(1)
        if word.startswith(b"x") and len(word) > 1:
            return bytes([int(word[1:], 16)])
        if word[:1] in b"01234567":
            return bytes([int(word, 8) & 0xFF])
        if word not in _SIMPLE:
            raise ValueError(f"unknown escape \\{word.decode('utf-8', 'replace')}")
        return _SIMPLE[word]

    encoded = text.encode()
    if re.search(rb"(?<!\\)(\\\\)*\\$", encoded):
        raise ValueError("a backslash at the end escapes nothing")
    return _ESCAPE.sub(one, encoded)


def split_target(text: str, names: tuple[str, ...]) -> tuple[str | None, str]:
    """PARTITION:TEXT; the part before the first colon counts only if it is a partition's name or `bulkhead`."""
    head, colon, rest = text.partition(":")
    return (head, rest) if colon and (head in names or head == KERNEL) else (None, text)


@dataclass(frozen=True)
class Until:
    """Text that has to come; asked for twice, it has to come twice. After a `--send` to a console only what came since counts there."""

    partition: str | None
    text: bytes

    def __str__(self) -> str:
        shown = self.text.decode("utf-8", "replace")
        return f"{self.partition}:{shown}" if self.partition else shown


@dataclass(frozen=True)
class Send:
    """Bytes to type on a partition's console."""

    partition: str
    data: bytes


@dataclass(frozen=True)
class Event:
    """Something that happened to a partition or to the board."""

    partition: str
    kind: str  # boot, halt, restart, epitaph, poweroff
    facts: dict[str, object] = field(default_factory=dict)


def event_of(line: str) -> Event | None:
    """The event that one of the kernel's fixed lines tells of."""
    if match := _HALTED.fullmatch(line):
        return Event(match.group(1), "halt", {"cause": match.group(2)})
    if match := _RESTARTED.fullmatch(line):
        return Event(match.group(1), "restart", {"kind": match.group(2), "number": int(match.group(3)), "cause": match.group(4)})
    if match := _EPITAPH.fullmatch(line):
        return Event(KERNEL, "epitaph", {"id": match.group(1), "cause": match.group(2)})
    if _BOOT.search(line):
        return Event(KERNEL, "boot", {"banner": line})
    return None


class Script:
    """Follows the consoles; says what to type next, whether all has come, and whether something forbidden has."""

    def __init__(self, steps: list[Until | Send], fail_on: tuple[str, ...], names: tuple[str, ...]):
        self._steps = steps
        self._fail_on_event = {word for word in fail_on if word in ("halt", "restart")}
        self._forbidden = [(word, target, plain.encode()) for word in fail_on if word not in self._fail_on_event
                           for target, plain in [split_target(word, names)]]
        self._streams = {name: Stream() for name in (*names, KERNEL)}
        self._searched: dict[str, int] = {}
        texts = [step.text for step in steps if isinstance(step, Until)] + [plain for _, _, plain in self._forbidden]
        self._longest = max((len(text) for text in texts), default=0) + 1
        self._met: dict[int, dict[str, int]] = {}   # step: the console it was found on, and where the text ends there
        self._sent: set[int] = set()
        self._sent_at: dict[tuple[int, str], int] = {}
        self.last_met_on: str | None = None     # the console that the text found last stands on
        self.failure: str | None = None

    def add(self, chunk: Chunk) -> None:
        self._streams[chunk.partition].add(chunk)
        self._look(chunk.partition)

    def event(self, event: Event) -> None:
        if event.kind in self._fail_on_event:
            self.failure = self.failure or f"{event.partition}: {event.kind} ({event.facts.get('cause', '')})"
        if event.kind == "epitaph":
            self.failure = self.failure or f"epitaph {event.facts['id']}: {event.facts['cause']}"

    def next_sends(self) -> list[Send]:
        """Texts whose turn has come; each is returned once."""
        due: list[Send] = []
        for index, step in enumerate(self._steps):
            if isinstance(step, Until):
                if index not in self._met:
                    break
            elif index not in self._sent:
                self._sent.add(index)
                due.append(step)
                mark = len(self._streams[step.partition].text)
                for later in range(index + 1, len(self._steps)):
                    self._sent_at[later, step.partition] = mark
        return due

    @property
    def waits_for(self) -> list[Until]:
        return [step for index, step in enumerate(self._steps) if isinstance(step, Until) and index not in self._met]

    @property
    def has_untils(self) -> bool:
        return any(isinstance(step, Until) for step in self._steps)

    @property
    def complete(self) -> bool:
        return self.has_untils and not self.waits_for and all(
            index in self._sent for index, step in enumerate(self._steps) if isinstance(step, Send))

    def _look(self, partition: str) -> None:
        text = self._streams[partition].text
        # Only what is new can hold a match, but for one that began in what was there before.
        new_from = max(0, self._searched.get(partition, 0) - self._longest)
        self._searched[partition] = len(text)
        for index, step in enumerate(self._steps):
            if not isinstance(step, Until) or index in self._met or step.partition not in (None, partition):
                continue
            if any(isinstance(other, Send) and other.partition == partition and number not in self._sent
                   for number, other in enumerate(self._steps[:index])):
                continue
            same = [number for number, other in enumerate(self._steps[:index]) if other == step]
            if same and same[-1] not in self._met:
                continue
            behind = self._met[same[-1]].get(partition, 0) if same else 0
            found = text.find(step.text, max(new_from, behind, self._sent_at.get((index, partition), 0)))
            if found >= 0:
                self._met[index] = {partition: found + len(step.text)}
                self.last_met_on = partition
        for wanted, target, plain in self._forbidden:
            if target in (None, partition) and text.find(plain, new_from) >= 0:
                self.failure = self.failure or f"{partition} printed {wanted!r}"
