# SPDX-License-Identifier: Apache-2.0
"""Plain text tables for the terminal."""

from __future__ import annotations

from typing import Sequence


def text_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their content; the last one is not padded."""
    every = [list(headings), *[list(row) for row in rows]]
    widths = [max(len(row[n]) for row in every) for n in range(len(headings))]
    lines = []
    for row in every:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths)]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    return "\n".join(lines) + "\n"
