# SPDX-License-Identifier: Apache-2.0
"""Event rings: from bytes to records, to Chrome's JSON, to words and a picture."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import pytest

from generator import trace_picture
from generator.run import trace_ring
from generator.run.trace_ring import NOBODY

HZ = 1_000_000_000


def ring(written: int, records: list[tuple[int, int, int, int, int]], core: int = 0) -> trace_ring.Ring:
    data = trace_ring.HEAD.pack(written, 0, 0, 1) + b"".join(trace_ring.RECORD.pack(*record) for record in records)
    return trace_ring.parse(core, data)


def system() -> SimpleNamespace:
    windows = (SimpleNamespace(core=0, length_ns=8_000), SimpleNamespace(core=1, length_ns=5), SimpleNamespace(core=0, length_ns=2_000))
    return SimpleNamespace(guests=(SimpleNamespace(id=0, name="nav"), SimpleNamespace(id=1, name="<radio>")),
                           schedules=(SimpleNamespace(windows=windows, major_frame_ns=20_000),))


SCHEDULED = [(1_050, 0, 0, 0, 1_000), (9_000, 0, NOBODY, 1 << 32, 0), (12_300, 0, 1, 1 << 32, 12_000), (13_000, 1, 1, 27, 0),
             (13_100, 0, NOBODY, 0, 0), (13_500, 0, 1, 1 << 32, 12_000), (14_000, 3, 1, 4, 1), (15_000, 4, 1, 7, 8)]


@pytest.mark.verifies("LLR-1122")
def test_a_ring_that_was_not_filled_has_lost_nothing() -> None:
    found = ring(2, [(5, 1, 0, 27, 0), (6, 2, 0, 9, 1), (0, 0, 0, 0, 0), (0, 0, 0, 0, 0)])
    assert [record.counter for record in found.records] == [5, 6]
    assert [record.kind for record in found.records] == ["interrupt", "hypercall"]
    assert found.lost == 0


@pytest.mark.verifies("LLR-1122")
def test_a_ring_that_went_round_begins_with_the_oldest_and_counts_the_loss() -> None:
    found = ring(6, [(14, 1, 0, 0, 0), (15, 1, 0, 0, 0), (12, 1, 0, 0, 0), (13, 9, 0, 0, 0)])
    assert [record.counter for record in found.records] == [12, 13, 14, 15]
    assert found.records[1].kind == "kind 9"
    assert found.lost == 2


@pytest.mark.verifies("LLR-1123")
def test_windows_are_held_against_their_plan() -> None:
    view = trace_picture.view_of(system(), [ring(8, SCHEDULED)], HZ)
    # What happens within a window does not count as its beginning.
    assert [(each.partition, each.late_ns, each.length_ns) for each in view.windows] == [("nav", 50, 8_000), ("<radio>", 300, 2_000)]
    assert "worst jitter: 0.300 us, core 0, the window of <radio>" in trace_picture.words(view)[2]
    assert trace_picture.words(view)[1] == "lost: none"


@pytest.mark.verifies("LLR-1123")
def test_loss_is_said() -> None:
    view = trace_picture.view_of(system(), [ring(9, SCHEDULED)], HZ)
    assert trace_picture.words(view)[1] == "lost: 1 on core 0"
    assert trace_picture.chrome_json(view)["otherData"] == {"records lost on core 0": 1}


@pytest.mark.verifies("LLR-1123")
def test_chrome_json_has_a_slice_a_stretch_and_an_instant_an_event() -> None:
    found = json.loads(json.dumps(trace_picture.chrome_json(trace_picture.view_of(system(), [ring(8, SCHEDULED)], HZ))))
    slices = [event for event in found["traceEvents"] if event["ph"] == "X"]
    assert [(event["name"], event["dur"]) for event in slices] == [("nav", 7.95), ("<radio>", 0.8), ("<radio>", 1.5)]
    assert [event["name"] for event in found["traceEvents"] if event["ph"] == "i"] == ["interrupt 27", "application", "user 7"]


@pytest.mark.verifies("LLR-1123")
def test_the_picture_is_well_formed_and_has_both_lanes() -> None:
    picture = ElementTree.fromstring(trace_picture.svg(system(), trace_picture.view_of(system(), [ring(8, SCHEDULED)], HZ)))
    kinds = [element.get("class") for element in picture.iter() if element.get("class")]
    assert kinds.count("planned") == 2
    assert kinds.count("observed") == 3
    times = [element for element in picture.iter() if element.get("class") == "time"]
    assert [element.text for element in times] == ["0 ms", "0.002 ms", "0.004 ms", "0.006 ms", "0.008 ms", "0.01 ms", "0.012 ms"]
    assert all(float(a.get("x")) < float(b.get("x")) for a, b in zip(times, times[1:]))
    assert all(float(element.get("x", 0)) + float(element.get("width", 0)) <= float(picture.get("width"))
               for element in picture.iter() if element.get("class"))


@pytest.mark.verifies("LLR-1123")
def test_without_windows_the_words_say_so() -> None:
    view = trace_picture.view_of(system(), [ring(0, [(0, 0, 0, 0, 0)])], HZ)
    assert trace_picture.words(view)[2].startswith("no windows")
    ElementTree.fromstring(trace_picture.svg(system(), view))
