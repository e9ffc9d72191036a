# SPDX-License-Identifier: Apache-2.0
"""plan.html: the pictures and tables of `plan` in one file that needs no server and no network."""

from __future__ import annotations

import math
from dataclasses import dataclass

from generator.allocate.memory import size_text
from generator.allocate.resolved import Resolved
from generator.emit.render import render
from generator.guest_tree import Dropped
from generator.plan import Stretch, features_text, headline, stretches, tables_of

_BAR_WIDTH = 150
_LABEL_WIDTH = 560
_LEAST = 22     # height of the smallest stretch: one line of text
_CARD_WIDTH = 190
_CARD_GAP = 16
_CORE_SIZE = 34
_LINE = 17


@dataclass(frozen=True)
class Box:
    """A rectangle with its words; `hue` -1 stands for nobody's."""

    x: int
    y: int
    width: int
    height: int
    hue: int
    title: str
    lines: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True)
class Picture:
    width: int
    height: int
    boxes: tuple[Box, ...]


def hues(resolved: Resolved) -> dict[str, int]:
    """A colour for each owner, far from its neighbours'."""
    found = {"bulkhead": 28}
    for number, guest in enumerate(resolved.guests):
        found[guest.name] = (205 + number * 67) % 360
    for channel in resolved.channels:
        found[channel.name] = found.get(channel.senders[0], 0) if channel.senders else 0
    return found


def memory_picture(resolved: Resolved) -> Picture:
    """Physical memory from bottom to top; heights grow with the logarithm, else the kernel would be invisible."""
    colours = hues(resolved)
    boxes = []
    y = 8
    last: Stretch | None = None
    for stretch in reversed(stretches(resolved)):
        if last is not None and stretch.window.end != last.window.base:
            y += 10  # a hole: the next bank, or what the board reserves
        height = _LEAST + int(9 * max(0.0, math.log2(stretch.window.size / (64 << 10))) ** 0.9)
        words = [f"{stretch.window.base:#x}  {size_text(stretch.window.size)}"]
        if stretch.ipa is not None:
            words.append(f"seen at {stretch.ipa:#x}")
        name = {"free": "free", "reserved": f"reserved: {stretch.what}"}.get(stretch.owner, f"{stretch.owner}: {stretch.what}")
        kind = stretch.owner if stretch.owner in ("free", "reserved") else "owned"
        boxes.append(Box(8, y, _BAR_WIDTH, height, colours.get(stretch.owner, -1), name, tuple(words), kind))
        y += height
        last = stretch
    return Picture(_BAR_WIDTH + _LABEL_WIDTH, y + 8, tuple(boxes))


def ownership_picture(resolved: Resolved) -> Picture:
    """A card for each partition with its cores on top; the hypervisor below all of them."""
    colours = hues(resolved)
    boxes = []
    depth = max((len(features_text(guest)) for guest in resolved.guests), default=1)
    card_height = _CORE_SIZE + 44 + depth * _LINE
    x = 8
    for guest in resolved.guests:
        width = max(_CARD_WIDTH, len(guest.cores) * (_CORE_SIZE + 6) + 16)
        boxes.append(Box(x, 8, width, card_height, colours[guest.name], guest.name, tuple(features_text(guest)), "card"))
        for number, core in enumerate(guest.cores):
            boxes.append(Box(x + 10 + number * (_CORE_SIZE + 6), 36, _CORE_SIZE, _CORE_SIZE - 8, colours[guest.name],
                             f"core {core}", (), "core"))
        x += width + _CARD_GAP
    width = max(x - _CARD_GAP - 8, _CARD_WIDTH * 2)
    console = f"console {resolved.console.uart}" if resolved.console is not None else "no console"
    idle = [str(core.number) for core in resolved.cores if not core.used]
    words = f"supervisor: core {resolved.supervisor} · {console} · {size_text(resolved.kernel.size)} at {resolved.kernel.base:#x}"
    words += f" · left off: core {', '.join(idle)}" if idle else ""
    boxes.append(Box(8, card_height + 20, width, 46, colours["bulkhead"], "bulkhead", (words,), "card"))
    return Picture(width + 16, card_height + 76, tuple(boxes))


def plan_html(resolved: Resolved, dropped: dict[str, tuple[Dropped, ...]]) -> str:
    return render("plan.html.j2", resolved=resolved, headline=headline(resolved), tables=tables_of(resolved, dropped),
                  memory=memory_picture(resolved), ownership=ownership_picture(resolved), line=_LINE)
