# SPDX-License-Identifier: Apache-2.0
"""The keyboard of a run: Ctrl-] begins a command, everything else goes to the focused partition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ESCAPE = 0x1D  # Ctrl-]
_FIRST_ID_BYTE = 0x80  # the kernel's name of partition 0 for programs; people type digits
HELP = ("Ctrl-] then: a digit or a name (and Enter) = focus, q quit, r reset the board, s status, ? this help, "
        "Ctrl-] once more = Ctrl-] itself")


def focus_command(partition: int) -> bytes:
    """What makes the kernel give the keyboard to the partition with this id."""
    return bytes([ESCAPE, ord(str(partition)) if partition < 10 else _FIRST_ID_BYTE + partition])


@dataclass(frozen=True)
class Typed:
    """Bytes for the focused partition."""

    data: bytes


@dataclass(frozen=True)
class Command:
    """One of focus, quit, reset, status, help, unknown."""

    word: str
    argument: str = ""


class Keyboard:
    """Turns key strokes into bytes and commands. `ids`: of the partitions, by name."""

    NAME_DELAY_S = 0.7  # after this, a letter that could begin a name is taken for the command it is

    def __init__(self, ids: Mapping[str, int]):
        self._names = tuple(ids)
        self._by_id = {str(number): name for name, number in ids.items()}
        self._command: str | None = None  # what was typed after Ctrl-]
        self._since_s = 0.0

    def feed(self, data: bytes, now_s: float) -> list[Typed | Command]:
        actions: list[Typed | Command] = []
        plain = bytearray()
        for byte in data:
            if self._command is None:
                if byte == ESCAPE:
                    if plain:
                        actions.append(Typed(bytes(plain)))
                        plain.clear()
                    self._command, self._since_s = "", now_s
                else:
                    plain.append(byte)
            else:
                actions += self._key(byte, now_s)
        if plain:
            actions.append(Typed(bytes(plain)))
        return actions

    def tick(self, now_s: float) -> list[Command]:
        """A one-letter command that no further letter turned into a name."""
        if self._command and now_s - self._since_s >= self.NAME_DELAY_S:
            word, self._command = self._command, None
            return [self._resolve(word)]
        return []

    @property
    def waits(self) -> bool:
        return bool(self._command)

    def _key(self, byte: int, now_s: float) -> list[Typed | Command]:
        if byte == ESCAPE:
            self._command = None
            return [Typed(bytes([ESCAPE]))]
        if byte in (0x0D, 0x0A):
            word, self._command = self._command or "", None
            return [self._resolve(word)] if word else []
        self._command = (self._command or "") + chr(byte)
        self._since_s = now_s
        candidates = [name for name in self._names if name.startswith(self._command)]
        if self._command in self._names and len(candidates) == 1:
            return self._done()
        if len(candidates) > 0:
            return []  # may become a name
        return self._done()

    def _done(self) -> list[Typed | Command]:
        word, self._command = self._command or "", None
        return [self._resolve(word)]

    def _resolve(self, word: str) -> Command:
        if word in self._names:
            return Command("focus", word)
        if word in self._by_id:
            return Command("focus", self._by_id[word])
        letters = {"q": "quit", "r": "reset", "s": "status", "?": "help"}
        if word in letters:
            return Command(letters[word])
        begun = [name for name in self._names if name.startswith(word)]
        return Command("focus", begun[0]) if len(begun) == 1 else Command("unknown", word)
