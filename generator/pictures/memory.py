# SPDX-License-Identifier: Apache-2.0
# implements: LLR-802
"""Physical memory twice: a narrow bar to scale, and beside it every piece large enough to be named."""

from __future__ import annotations

import math

from generator.allocate.memory import size_text
from generator.allocate.resolved import Resolved
from generator.hardware import Window
from generator.pictures.shapes import Picture, hues
from generator.plan import Stretch, stretches

_SCALE_WIDTH = 46
_FAN_WIDTH = 60
_PIECE_WIDTH = 130
_LEAST = 22     # height of the smallest piece: one line of text
_HOLE = 14
_NEXT_BANK = 64 << 20   # a gap smaller than this is alignment inside one bank


def _height(stretch: Stretch) -> float:
    return _LEAST + int(9 * max(0.0, math.log2(stretch.window.size / (64 << 10))) ** 0.9)


def _banks(found: list[Stretch]) -> list[list[Stretch]]:
    """The pieces of each bank, the highest first; between two banks the bus has nothing."""
    banks: list[list[Stretch]] = []
    for stretch in reversed(found):
        gap = banks[-1][-1].window.base - stretch.window.end if banks else _NEXT_BANK
        if gap >= _NEXT_BANK:
            banks.append([])
        elif gap:
            banks[-1].append(Stretch(Window(stretch.window.end, gap), "free", "left by alignment"))
        banks[-1].append(stretch)
    return banks


def memory(resolved: Resolved) -> Picture:
    colours = hues(resolved)
    picture = Picture("Physical memory map")
    picture.text("to scale", 8, 16, "faint small")
    picture.text("each piece", 8 + _SCALE_WIDTH + _FAN_WIDTH, 16, "faint small")
    y = 24.0
    for bank in _banks(stretches(resolved)):
        total = sum(stretch.window.size for stretch in bank)
        room = sum(map(_height, bank))
        scaled = y
        detail = y
        for stretch in bank:
            share = room * stretch.window.size / total
            height = _height(stretch)
            kind = stretch.owner if stretch.owner in ("free", "reserved") else "owned"
            hue = colours.get(stretch.owner, -1)
            x = 8 + _SCALE_WIDTH + _FAN_WIDTH
            what = {"free": stretch.what or "free", "reserved": f"reserved: {stretch.what}"}.get(stretch.owner, f"{stretch.owner}: {stretch.what}")
            picture.box(f"{kind} scaled", 8, scaled, _SCALE_WIDTH, share, hue, f"{what}, {size_text(stretch.window.size)}")
            if kind != "free":
                picture.polygon(f"fan {kind}-fan", ((8 + _SCALE_WIDTH, scaled), (x, detail), (x, detail + height - 1), (8 + _SCALE_WIDTH, scaled + share)), hue)
            picture.box(kind, x, detail, _PIECE_WIDTH, height - 1, hue)
            picture.text(f"{stretch.window.base:#x}", x + 8, detail + height / 2 + 4, within=_PIECE_WIDTH - 12)
            words = f"{what}, {size_text(stretch.window.size)}"
            words += f", seen at {stretch.ipa:#x}" if stretch.ipa is not None else ""
            picture.text(words, x + _PIECE_WIDTH + 12, detail + height / 2 + 4, "" if kind == "owned" else "faint")
            scaled += share
            detail += height
        y = detail + _HOLE
    return picture
