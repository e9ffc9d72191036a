# SPDX-License-Identifier: Apache-2.0
"""The port calls keep their bounds on every board, and the manual's table of their cost says what was counted."""

import re

import pytest

from verify.bench.measure import BOARDS, REPOSITORY
from verify.bench.ports import BOUNDS, measure_ports

MANUAL = REPOSITORY / "docs" / "manual" / "9-channels.md"


def stated() -> dict[str, int]:
    """The figures of the manual's table, under the names of the bench."""
    text = MANUAL.read_text(encoding="utf-8")
    found = {}
    for first, second, *figures in re.findall(r"^\| (\w+) a \w+ / (\w+) one \| (\d+) / (\d+) \| (\d+) / (\d+) \|$", text, re.MULTILINE):
        names = (f"port_{first}_64", f"port_{second}_64", f"port_{first}_1024", f"port_{second}_1024")
        found.update(zip(names, map(int, figures)))
    return found


@pytest.mark.verifies("LLR-1041")
@pytest.mark.parametrize("board", BOARDS)
def test_port_calls_keep_their_bounds(board, tmp_path):
    rows = measure_ports(board, tmp_path)
    assert {row: value for row, value in rows.items() if value <= BOUNDS[row]}.keys() == BOUNDS.keys(), rows
    assert rows == stated(), "docs/manual/9-channels.md"
