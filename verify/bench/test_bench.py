# SPDX-License-Identifier: Apache-2.0
"""The kernel's paths keep their bounds and their baseline."""

from __future__ import annotations

import pytest

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
