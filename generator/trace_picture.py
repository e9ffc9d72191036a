# SPDX-License-Identifier: Apache-2.0
# implements: LLR-1123
"""What a trace shows: Chrome's JSON for Perfetto, and windows against the plan as words and as SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import Any, Sequence

from generator.allocate.resolved import Resolved
from generator.model import EVENTS
from generator.run.trace_ring import NOBODY, Record, Ring

_SHOWN_FRAMES = 3           # major frames in the picture
_SHOWN_NS = 50_000_000      # where there is no major frame
_LEFT, _WIDTH, _LANE, _GAP, _AXIS = 90, 1100, 22, 16, 22
_TICKS = {"interrupt": "#888", "hypercall": "#48c", "health": "#d33", "user": "#2a2"}


@dataclass(frozen=True)
class Slice:
    """A stretch of a core's time in one partition's hands; times in ns from the first record."""

    core: int
    partition: str
    start_ns: float
    end_ns: float


@dataclass(frozen=True)
class Window:
    """A planned window that began, and how late."""

    core: int
    partition: str
    planned_ns: float
    length_ns: float
    late_ns: float


@dataclass(frozen=True)
class View:
    """All rings on one time line."""

    names: dict[int, str]
    slices: tuple[Slice, ...]
    windows: tuple[Window, ...]
    instants: tuple[tuple[float, Record], ...]
    lost: dict[int, int]
    end_ns: float


def view_of(resolved: Resolved, rings: Sequence[Ring], hz: int) -> View:
    names = {guest.id: guest.name for guest in resolved.guests}
    records = [record for ring in rings for record in ring.records]
    first = min((record.counter for record in records), default=0)
    last = max((record.counter for record in records), default=0)

    def ns(counter: int) -> float:
        return (counter - first) * 1e9 / hz

    slices: list[Slice] = []
    windows: list[Window] = []
    for ring in rings:
        choices = [record for record in ring.records if record.kind == "schedule"]
        seen: set[int] = set()
        for position, record in enumerate(choices):
            end = choices[position + 1].counter if position + 1 < len(choices) else last
            if record.subject != NOBODY:
                slices.append(Slice(ring.core, names.get(record.subject, str(record.subject)), ns(record.counter), ns(end)))
            # Of what happens inside a window only its beginning has a plan.
            if record.subject != NOBODY and record.b and record.b not in seen:
                seen.add(record.b)
                windows.append(Window(ring.core, names.get(record.subject, str(record.subject)), ns(record.b),
                                      _length(resolved, ring.core, record), ns(record.counter) - ns(record.b)))
    instants = tuple((ns(record.counter), record) for record in records if record.kind != "schedule")
    return View(names, tuple(slices), tuple(windows), instants, {ring.core: ring.lost for ring in rings}, ns(last))


def _length(resolved: Resolved, core: int, record: Record) -> float:
    schedule, window = record.a & 0xFFFF_FFFF, record.a >> 32
    if schedule >= len(resolved.schedules):
        return 0
    own = [each for each in resolved.schedules[schedule].windows if each.core == core]
    return own[window].length_ns if window < len(own) else 0


def chrome_json(view: View) -> dict[str, Any]:
    """The Trace Event Format: one process, a thread a core; times in us."""
    events: list[dict[str, Any]] = [{"ph": "M", "pid": 0, "name": "process_name", "args": {"name": "bulkhead"}}]
    events += [{"ph": "M", "pid": 0, "tid": core, "name": "thread_name", "args": {"name": f"core {core}"}} for core in view.lost]
    events += [{"ph": "X", "pid": 0, "tid": each.core, "name": each.partition, "cat": "schedule", "ts": each.start_ns / 1e3,
                "dur": (each.end_ns - each.start_ns) / 1e3} for each in view.slices]
    for at, record in view.instants:
        events.append({"ph": "i", "s": "t", "pid": 0, "tid": record.core, "name": _title(record), "cat": record.kind,
                       "ts": at / 1e3, "args": {"partition": view.names.get(record.subject, ""), "a": record.a, "b": record.b}})
    events.sort(key=lambda event: event.get("ts", -1.0))
    return {"traceEvents": events, "displayTimeUnit": "ns",
            "otherData": {f"records lost on core {core}": lost for core, lost in view.lost.items()}}


def _title(record: Record) -> str:
    if record.kind == "interrupt":
        return f"interrupt {record.a}"
    if record.kind == "hypercall":
        return f"call {record.a:#x}"
    if record.kind == "health":
        return EVENTS[record.a] if record.a < len(EVENTS) else f"event {record.a}"
    return f"{record.kind} {record.a}"


def words(view: View) -> list[str]:
    """What a person wants to know first."""
    found = [f"{len(view.instants) + len(view.slices)} records over {view.end_ns / 1e6:.3f} ms"]
    lost = {core: count for core, count in view.lost.items() if count}
    found.append("lost: " + (", ".join(f"{count} on core {core}" for core, count in lost.items()) if lost else "none"))
    if view.windows:
        worst = max(view.windows, key=lambda each: each.late_ns)
        mean = sum(each.late_ns for each in view.windows) / len(view.windows)
        found.append(f"worst jitter: {worst.late_ns / 1e3:.3f} us, core {worst.core}, the window of {worst.partition} planned at "
                     f"{worst.planned_ns / 1e6:.3f} ms; mean {mean / 1e3:.3f} us over {len(view.windows)} windows")
    else:
        found.append("no windows: no core has the scheduler arinc653, or `schedule` is not among the events")
    return found


def svg(resolved: Resolved, view: View) -> str:
    """The last few major frames: for each core a lane of the plan and a lane of what was observed."""
    frame = max((schedule.major_frame_ns for schedule in resolved.schedules), default=0)
    span = _SHOWN_FRAMES * frame if view.windows else _SHOWN_NS
    start = max(0.0, view.end_ns - span)
    scale = _WIDTH / max(view.end_ns - start, 1)
    cores = sorted(view.lost)
    hue = {guest.name: (205 + number * 67) % 360 for number, guest in enumerate(resolved.guests)}
    height = 70 + len(cores) * (2 * _LANE + _GAP) + _AXIS
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 20}" height="{height}" font-family="sans-serif" '
           'font-size="12">', "<title>Windows, planned and observed</title>",
           f'<rect width="{_LEFT + _WIDTH + 20}" height="{height}" fill="white"/>',
           *[f'<text x="8" y="{16 + 15 * row}">{escape(line)}</text>' for row, line in enumerate(words(view))]]

    def box(begin: float, end: float, y: int, partition: str, planned: bool) -> None:
        left, right = max(begin, start), min(end, view.end_ns)
        if right <= left:
            return
        x, width = _LEFT + (left - start) * scale, max((right - left) * scale, 0.5)
        look = f'fill="none" stroke="hsl({hue.get(partition, 0)} 55% 38%)"' if planned else f'fill="hsl({hue.get(partition, 0)} 55% 70%)"'
        kind = "planned" if planned else "observed"
        out.append(f'<rect class="{kind}" x="{x:.2f}" y="{y}" width="{width:.2f}" height="{_LANE - 4}" {look}>'
                   f"<title>{escape(partition)}, {kind}: {begin / 1e6:.4f} to {end / 1e6:.4f} ms</title></rect>")
        if width > 7 * len(partition):
            out.append(f'<text x="{x + 4:.2f}" y="{y + 13}">{escape(partition)}</text>')

    for row, core in enumerate(cores):
        y = 62 + row * (2 * _LANE + _GAP)
        out.append(f'<text x="8" y="{y + 13}">core {core} plan</text><text x="8" y="{y + _LANE + 13}">observed</text>')
        for each in view.windows:
            if each.core == core:
                box(each.planned_ns, each.planned_ns + each.length_ns, y, each.partition, True)
        for each in view.slices:
            if each.core == core:
                box(each.start_ns, each.end_ns, y + _LANE, each.partition, False)
        for at, record in view.instants:
            if record.core == core and at >= start:
                x = _LEFT + (at - start) * scale
                out.append(f'<path d="M{x:.2f} {y + 2 * _LANE - 2}v6" stroke="{_TICKS.get(record.kind, "#888")}">'
                           f"<title>{escape(_title(record))} at {at / 1e6:.4f} ms</title></path>")
    bottom = height - _AXIS
    step = _step_ns(view.end_ns - start)
    for number in range(math.ceil(start / step), math.floor(view.end_ns / step) + 1):
        x = _LEFT + (number * step - start) * scale
        out.append(f'<path d="M{x:.2f} 58V{bottom}" stroke="#888" stroke-width="0.5" stroke-dasharray="2 3"/>'
                   f'<text class="time" x="{x:.2f}" y="{bottom + 16}" text-anchor="middle">{number * step / 1e6:.6g} ms</text>')
    return "\n".join([*out, "</svg>", ""])


def _step_ns(span: float) -> float:
    """A round time, of which 4 to 10 make the span."""
    decade = 10.0 ** math.floor(math.log10(max(span, 1)))
    return next(decade * part for part in (0.1, 0.2, 0.5, 1.0) if span / (decade * part) <= 10)
