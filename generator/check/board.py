# SPDX-License-Identifier: Apache-2.0
"""Rules on the board and its overlays."""

from __future__ import annotations

from generator.diagnostics import Finding, Place, Severity
from generator.rules import nearest_hint, shape_rule


@shape_rule(
    "BH-BRD-001",
    sentence="`board:` names a board of bsp/board.",
    wrong="board: zcu106",
    right="board: zcu102",
    keys=("board.use",),
)
def unknown_board(place: Place, name: str, known: list[str]) -> Finding:
    return Finding(place, f"there is no board `{name}`", nearest_hint(name, known, "boards"))


@shape_rule(
    "BH-BRD-002",
    severity=Severity.WARNING,
    build_severity=Severity.ERROR,
    sentence="An overlay of `board.overlays` exists (warning in `check`, error in `build`).",
    wrong="board: {use: zcu102, overlays: [camra.dtsi]}",
    right="board: {use: zcu102, overlays: [camera.dtsi]}",
    keys=("board.overlays",),
)
def overlay_missing(place: Place, name: str) -> Finding:
    return Finding(
        place,
        f"the overlay `{name}` does not exist",
        "paths are relative to the file they stand in; rules on devices and memory wait for it",
    )


@shape_rule(
    "BH-BRD-003",
    sentence="The board's tree compiles with the overlays.",
    wrong="board: {use: zcu102, overlays: [broken.dtsi]}     # names a label that is not there",
    right="board: {use: zcu102, overlays: [camera.dtsi]}",
    keys=("board.overlays",),
)
def overlay_broken(place: Place, where: str, problem: str) -> Finding:
    return Finding(
        place,
        f"the board's tree does not compile with the overlays: {where}: {problem}",
        "labels of the board: `bulkhead devices BOARD`; fragments are written `&label { ... };`",
    )
