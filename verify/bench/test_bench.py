# SPDX-License-Identifier: Apache-2.0
"""The kernel's paths keep their bounds and their baseline."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner

from generator.verbs import bench as verb
from verify.bench import measure as measuring
from verify.bench import paths
from verify.bench.measure import BOARDS, MODES, bounds_of, judge, load, measure


@pytest.mark.verifies("HLR-037")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("board", BOARDS)
def test_paths_keep_their_bounds(board, mode, tmp_path):
    known = load()
    assert judge(measure(board, mode, tmp_path), bounds_of(known, board, mode), known["baseline"][board][mode]) == []


def test_a_slower_path_is_found():
    assert judge({"a": 103}, {}, {"a": 100}) == ["a: 103, more than 2 % above the baseline 100"]
    assert judge({"a": 61}, {"a": 60}, {"a": 61}) == ["a: 61, above its bound 60"]
    assert judge({}, {"a": 60}, {}) == ["a: not measured"]
    assert judge({"a": 102}, {"a": 110}, {"a": 100}) == []


@pytest.mark.verifies("LLR-904")
def test_counts_are_the_same_the_second_time(tmp_path):
    first, _, _ = measuring.run_paths("zcu102", "virtual", tmp_path, [])
    second, _, _ = measuring.run_paths("zcu102", "virtual", tmp_path, [])
    assert first == second


@pytest.mark.verifies("LLR-905")
def test_paths_touch_no_more_than_they_did(tmp_path):
    known = yaml.safe_load(measuring.FOOTPRINTS.read_text(encoding="utf-8"))
    found = paths.footprints("zcu102", "virtual", tmp_path)
    assert found.keys() == known.keys()
    for row, one in found.items():
        for what, most in known[row].items():
            assert one[what] <= most + (most // 50 if what == "instructions" else 0), f"{row}: {what}"


@pytest.mark.verifies("LLR-905")
def test_an_explained_path_adds_up(tmp_path):
    found = paths.explain("virt-gicv2", "virtual", "doorbell_call", tmp_path)
    outermost = sum(part["instructions"] for part in found["functions"] if part["depth"] == 0)
    assert outermost == found["footprint"]["instructions"]
    assert found["footprint"]["device_accesses"] == 1  # the SGI
    assert any(part["function"] == "Doorbells::ring" for part in found["functions"])
    text = verb._flame(found)
    assert text.splitlines()[0].startswith("doorbell_call on virt-gicv2, interrupts virtual: ")


def test_a_trace_is_read():
    first, second = paths.parse(["T 10", "I 1000", "R 2000", "I 1004", "w 3000", "T 14", "I 1000"])
    assert first.footprint == {"instructions": 2, "code_lines": 1, "data_lines": 1, "pages": 2, "device_accesses": 1}
    assert second.guest == 0x14 and second.code == [0x1000]


def _measured(monkeypatch, rows: dict[str, int]) -> tuple[int, str]:
    monkeypatch.setattr(measuring, "measure", lambda board, mode, folder: rows)
    monkeypatch.setattr(measuring, "load", lambda: {"bounds": {"virtual": {"a": 60}}, "baseline": {"zcu102": {"virtual": {"a": 50}}}})
    monkeypatch.setattr(measuring, "peers", lambda: {"a": {"bao": 150}})
    with CliRunner().isolated_filesystem():
        done = CliRunner(mix_stderr=False).invoke(verb.command, ["--board", "zcu102", "--mode", "virtual", "--json"],
                                                  standalone_mode=False)
    return done.return_value, done.stdout


@pytest.mark.verifies("LLR-904")
def test_the_verb_fails_when_a_path_gets_slower(monkeypatch):
    code, text = _measured(monkeypatch, {"a": 51})
    assert code == 0 and json.loads(text)["rows"][0]["bao"] == 150
    code, text = _measured(monkeypatch, {"a": 52})
    assert code == 1 and "2 % above the baseline" in json.loads(text)["failures"][0]
    code, text = _measured(monkeypatch, {"a": 61})
    assert code == 1 and "above its bound 60" in json.loads(text)["failures"][0]


def test_peers_are_rows_that_exist():
    known = measuring.load()
    rows = {row for board in known["baseline"].values() for mode in board.values() for row in mode}
    assert set(measuring.peers()) <= rows
