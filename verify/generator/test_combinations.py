# SPDX-License-Identifier: Apache-2.0
"""The matrix of combinations names what the contract names."""

from __future__ import annotations

from generator.combinations import matrix


def test_pairs_of_the_contract_are_in_the_matrix() -> None:
    pairs = {frozenset((first, second)): rules for first, second, rules in matrix()}
    assert pairs[frozenset(("interrupts: direct", "scheduler: arinc653"))] == ("BH-IRQ-007",)
    assert pairs[frozenset(("interrupts: direct", "bandwidth"))] == ("BH-BWD-002",)
    assert pairs[frozenset(("interrupts: direct", "supervisor on its core"))] == ("BH-HYP-003",)
    assert pairs[frozenset(("interrupts: direct", "other cores direct"))] == ("BH-CPU-009",)
    assert pairs[frozenset(("colors: 8-15", "map: identity"))] == ("BH-COL-003",)
    assert not any("console: virtual" in pair for pair in pairs)
