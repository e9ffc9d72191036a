# SPDX-License-Identifier: Apache-2.0
"""Reports to the health monitor and kicks of the watchdog keep their bounds, and the manual says what was counted."""

import re

import pytest

from verify.bench.health import BOUNDS, SHARED_BOARD, SHARED_BOUNDS, bounds_of, measure_health
from verify.bench.measure import BOARDS, REPOSITORY

MANUAL = REPOSITORY / "docs" / "manual" / "11-faults.md"


def stated() -> dict[str, int]:
    """The figures of the manual's table, under the names of the bench: the zcu102's."""
    rows = re.findall(r"^\| `[^|]*\| (\d+) \| (\d+) \|$", MANUAL.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: int(figure) for names, figures in zip((BOUNDS, SHARED_BOUNDS), zip(*rows)) for name, figure in zip(names, figures)}


@pytest.mark.verifies("LLR-1115")
@pytest.mark.parametrize("board", BOARDS)
def test_reports_keep_their_bounds(board, tmp_path):
    rows = measure_health(board, tmp_path)
    bounds = bounds_of(board)
    assert {row: value for row, value in rows.items() if value <= bounds[row]}.keys() == bounds.keys(), rows
    if board == SHARED_BOARD:
        assert rows == stated(), "docs/manual/11-faults.md"
