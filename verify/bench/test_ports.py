# SPDX-License-Identifier: Apache-2.0
"""The port calls keep their bounds."""

import pytest

from verify.bench.ports import BOUNDS, measure_ports


@pytest.mark.verifies("LLR-1041")
@pytest.mark.parametrize("board", ["virt-gicv3"])
def test_port_calls_keep_their_bounds(board, tmp_path):
    rows = measure_ports(board, tmp_path)
    assert {row: value for row, value in rows.items() if value <= BOUNDS[row]}.keys() == BOUNDS.keys(), rows
