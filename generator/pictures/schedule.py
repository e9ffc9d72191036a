# SPDX-License-Identifier: Apache-2.0
# implements: LLR-802
"""Time: a chart for each schedule with a row for every core, windows to the scale of the major frame."""

from __future__ import annotations

from generator.allocate.resolved import Resolved, ResolvedCore, ResolvedSchedule
from generator.check.schedules import time_text
from generator.pictures.shapes import Picture, hues

_WIDTH = 820
_LEFT = 150
_ROW = 34
_BAR = 26
_TICKS = 10


def charts(resolved: Resolved) -> list[Picture]:
    """One for each schedule; where there is none, one that says who has each core all the time."""
    if not resolved.schedules:
        return [_chart(resolved, None)]
    return [_chart(resolved, schedule) for schedule in resolved.schedules]


def _chart(resolved: Resolved, schedule: ResolvedSchedule | None) -> Picture:
    name = f"Schedule {schedule.name}" if schedule is not None else "Cores over time"
    picture = Picture(f"{name}: what each core runs and when")
    initial = ", initial" if schedule is not None and schedule.initial else ""
    frame = schedule.major_frame_ns if schedule is not None else 0
    title = f"{schedule.name}{initial}: major frame {time_text(frame)}" if schedule is not None else "no major frame: each core has one owner"
    picture.text(title, 8, 18, "strong")
    top = 32.0
    used = [core for core in resolved.cores if core.used]
    for row, core in enumerate(used):
        y = top + row * _ROW
        picture.text(f"core {core.number}", 8, y + 17, "strong")
        picture.text(core.scheduler, 72, y + 17, "faint small")
        picture.box("free", _LEFT, y, _WIDTH, _BAR)
        _row(picture, resolved, core, schedule, y)
    bottom = top + len(used) * _ROW
    if schedule is not None:
        for tick in range(_TICKS + 1):
            x = _LEFT + _WIDTH * tick / _TICKS
            picture.line("rule", x, top - 4, x, bottom)
            picture.text(time_text(frame * tick // _TICKS) if tick else "0", x, bottom + 16, "faint small", middle=True)
        starts = ", ".join(f"{partition} {kind}" for partition, kind in schedule.starts)
        if starts:
            picture.text(f"starts on the switch to it: {starts}", 8, bottom + 36, "faint")
    return picture


def _row(picture: Picture, resolved: Resolved, core: ResolvedCore, schedule: ResolvedSchedule | None, y: float) -> None:
    colours = hues(resolved)
    if core.scheduler == "arinc653" and schedule is not None:
        for window in schedule.windows:
            if window.core == core.number:
                x = _LEFT + _WIDTH * window.start_ns / schedule.major_frame_ns
                width = _WIDTH * window.length_ns / schedule.major_frame_ns
                words = f"{window.partition} {time_text(window.length_ns)}"
                picture.box("owned window", x, y, width, _BAR, colours[window.partition], f"{words} from {time_text(window.start_ns)}")
                picture.text(words, x + 6, y + 17, within=width - 8)
    elif core.scheduler == "rtds":
        _shares(picture, resolved, core, y)
    elif core.partition is not None:
        picture.box("owned", _LEFT, y, _WIDTH, _BAR, colours[core.partition])
        picture.text(f"{core.partition}, always", _LEFT + 6, y + 17, within=_WIDTH - 8)


def _shares(picture: Picture, resolved: Resolved, core: ResolvedCore, y: float) -> None:
    """Of an rtds core each partition's share, for when it runs is known at run time only."""
    colours = hues(resolved)
    x = float(_LEFT)
    for name, _ in core.shared:
        server = resolved.guest(name).server
        if server is not None:
            width = _WIDTH * server.budget_ns / server.period_ns
            words = f"{name} {time_text(server.budget_ns)} in {time_text(server.period_ns)}" + (" and more" if server.extratime else "")
            picture.box("owned share", x, y, width, _BAR, colours[name], words)
            picture.text(words, x + 6, y + 17, within=width - 8)
            x += width
