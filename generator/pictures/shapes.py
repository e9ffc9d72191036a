# SPDX-License-Identifier: Apache-2.0
# implements: LLR-802
"""What pictures are made of, and how wide words are."""

from __future__ import annotations

from dataclasses import dataclass, field

from generator.allocate.resolved import Resolved

LINE = 17           # from one line of text to the next
_CHARACTER = 8.0    # of the widest usual system font at the size of the style sheet; words then never leave their box
_NOBODY = -1


@dataclass(frozen=True)
class Shape:
    """A rectangle, a polygon or a line; `kind` is its class, `hue` its owner's colour, `hint` what a pointer over it shows."""

    kind: str
    points: tuple[tuple[float, float], ...]
    hue: int = _NOBODY
    hint: str = ""

    @property
    def outline(self) -> str:
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


@dataclass(frozen=True)
class Words:
    """A line of text whose baseline begins at (x, y); `within` is the width that it may take, 0 for what it needs."""

    text: str
    x: float
    y: float
    kind: str = ""
    middle: bool = False
    within: float = 0
    hint: str = ""


@dataclass
class Picture:
    """Grows to hold what is put into it."""

    label: str
    shapes: list[Shape] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    width: float = 0
    height: float = 0

    def box(self, kind: str, x: float, y: float, width: float, height: float, hue: int = _NOBODY, hint: str = "") -> None:
        self.shapes.append(Shape(kind, ((x, y), (x + width, y), (x + width, y + height), (x, y + height)), hue, hint))
        self._reach(x + width, y + height)

    def polygon(self, kind: str, points: tuple[tuple[float, float], ...], hue: int = _NOBODY) -> None:
        self.shapes.append(Shape(kind, points, hue))

    def line(self, kind: str, x1: float, y1: float, x2: float, y2: float) -> None:
        self.shapes.append(Shape(kind, ((x1, y1), (x2, y2))))
        self._reach(max(x1, x2), max(y1, y2))

    def text(self, words: str, x: float, y: float, kind: str = "", middle: bool = False, within: float = 0) -> None:
        """Words that are too long for `within` are cut, and shown whole under the pointer."""
        shown = words if not within or width_of(words) <= within else shortened(words, within)
        if shown:
            self.words.append(Words(shown, x, y, kind, middle, within, words if shown != words else ""))
            half = width_of(shown) / 2
            self._reach(x + (half if middle else 2 * half), y + 4)

    def _reach(self, x: float, y: float) -> None:
        self.width, self.height = max(self.width, x + 8), max(self.height, y + 8)


def width_of(words: str) -> float:
    return len(words) * _CHARACTER


def shortened(words: str, within: float) -> str:
    """As much of the words as fits with an ellipsis; nothing if that says nothing."""
    room = int(within / _CHARACTER) - 2  # the ellipsis is wide
    return words[:room] + "…" if room >= 2 else ""


def hues(resolved: Resolved) -> dict[str, int]:
    """A colour for each owner, far from its neighbours'."""
    found = {"bulkhead": 28}
    for number, guest in enumerate(resolved.guests):
        found[guest.name] = (205 + number * 67) % 360
    for channel in resolved.channels:
        found.setdefault(channel.name, found.get(channel.senders[0], 0) if channel.senders else 0)
    return found
