# SPDX-License-Identifier: Apache-2.0
"""Cache colours as the YAML writes them: `any`, `rest`, or numbers and ranges."""

from __future__ import annotations

import re

COLORS = 16  # L2 of 1 MiB, 16 ways, 4 KiB pages (Cortex-A53 of both SoCs)
_PART = re.compile(r"([0-9]{1,3})(?:-([0-9]{1,3}))?")


def parse(text: str) -> frozenset[int] | str | None:
    """"any", "rest", a set of colours, or None if it is none of these."""
    if text in ("any", "rest"):
        return text
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None:
            return None
        first = int(match.group(1))
        last = int(match.group(2) or first)
        if first > last:
            return None
        found.update(range(first, last + 1))
    return frozenset(found)
