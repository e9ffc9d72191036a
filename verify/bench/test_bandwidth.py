# SPDX-License-Identifier: Apache-2.0
"""A stop and a filling of a bandwidth budget keep their bounds, and the manual says what was counted."""

import re

import pytest

from verify.bench.bandwidth import BOARDS, BOUNDS, measure_bandwidth
from verify.bench.measure import REPOSITORY

MANUAL = REPOSITORY / "docs" / "manual" / "8-bandwidth.md"


def stated(board: str) -> dict[str, int]:
    text = " ".join(MANUAL.read_text(encoding="utf-8").split())
    figures = re.search(r"takes (\d+) instructions, a stop and the filling at its end (\d+) \(virt-gicv3: (\d+), (\d+)\)", text)
    own = figures.groups()[2:] if board == "virt-gicv3" else figures.groups()[:2]
    return dict(zip(BOUNDS, map(int, own)))


@pytest.mark.verifies("LLR-1189")
@pytest.mark.parametrize("board", BOARDS)
def test_stops_and_fillings_keep_their_bounds(board, tmp_path):
    rows = measure_bandwidth(board, tmp_path)
    assert {row: value for row, value in rows.items() if 0 < value <= BOUNDS[row]}.keys() == BOUNDS.keys(), rows
    assert rows == stated(board), "docs/manual/8-bandwidth.md"
