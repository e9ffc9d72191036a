# SPDX-License-Identifier: Apache-2.0
# implements: LLR-523, LLR-906
"""Runs load, model and all rules over a file, and collects what they find."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import Any, Callable

from generator.check import board as board_rules
from generator.check import load_topics
from generator.check import system as system_rules
from generator.check.context import Context
from generator.diagnostics import Diagnostic, Diagnostics, Finding, Severity
from generator.device_tree import TreeError
from generator.hardware import Board, Device, Interrupt, Window, boards, load_board
from generator.load import load
from generator.model import Streams, System, Waiver, read_system
from generator.rules import Rule, registered


@dataclass
class Checked:
    """The outcome of a run. `system` and `board` are whole only if `ok`."""

    diagnostics: Diagnostics
    system: System | None = None
    board: Board | None = None
    files: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.diagnostics.ok

    @property
    def name(self) -> str:
        return str(self.system.system) if self.system is not None and self.system.system else ""


def check_file(file: str, stage: str = "check", strict: bool = False) -> Checked:
    """All rules over one YAML. `stage` is "check" or "build": some warnings are errors there.
    Raises SourceNotFound if the file is not there."""
    load_topics()
    diagnostics = Diagnostics(strict=strict)
    tree, files = load(file, diagnostics)
    checked = Checked(diagnostics, files=files)
    if tree is None:
        return checked
    checked.system = read_system(tree, diagnostics, stage)
    if checked.system.board is not None:
        checked.board = _board(checked.system, diagnostics, stage)
    context = Context(checked.system, checked.board, stage)
    for rule in registered():
        if rule.meaning and _applies(rule, context):
            for finding in rule.function(context):
                diagnostics.add(rule.diagnose(finding, stage))
    if "accept" not in checked.system.broken:
        _waive(checked.system, diagnostics, stage)
    return checked


def _applies(rule: Rule, context: Context) -> bool:
    """A rule whose section could not be read at all would only guess."""
    sections = {path.split(".")[0] for path in rule.keys}
    if context.system.partitions is None or sections & context.system.broken:
        return False
    return context.board is not None or not rule.needs_board


def _board(system: System, diagnostics: Diagnostics, stage: str) -> Board | None:
    name = str(system.board.use)
    known = boards()
    if name not in known:
        entry = board_rules.unknown_board
        diagnostics.add(entry.rule.diagnose(entry(system.board.use.place, name, known), stage))
        return None
    overlays = []
    for overlay in system.board.overlays or ():
        path = os.path.join(os.path.dirname(overlay.place.file), str(overlay))
        if os.path.isfile(path):
            overlays.append(path)
        else:
            entry = board_rules.overlay_missing
            diagnostics.add(entry.rule.diagnose(entry(overlay.place, str(overlay)), stage))
    if len(overlays) < len(system.board.overlays or ()):
        return None  # without it, what it adds would be reported as missing once more
    try:
        board = load_board(name, diagnostics, overlays)
        board.require_essentials()
    except TreeError as error:
        if not overlays:
            raise
        entry = board_rules.overlay_broken
        place = system.board.overlays.place
        diagnostics.add(entry.rule.diagnose(entry(place, _shown(error), error.problem), stage))
        return None
    board.extra = _hardware(system)
    return board


def _shown(error: TreeError) -> str:
    return f"{os.path.relpath(error.file)}:{error.line}"


def _hardware(system: System) -> dict[str, Device]:
    """The devices of `hardware:` in the form of the board's own."""
    found = {}
    for name, entry in (system.hardware or {}).items():
        lines = []
        for line in entry.interrupts or ():
            spi = line.spi if line.spi is not None else (line.id or 32) - 32
            lines.append(Interrupt(int(spi), str(line.trigger)))
        streams = entry.dma.streams if isinstance(entry.dma, Streams) else ()
        found[str(name)] = Device(
            name=str(name),
            path="",
            aliases=(),
            compatible=tuple(str(word) for word in entry.compatible or ()),
            windows=tuple(Window(int(item.at), int(item.size)) for item in entry.registers),
            interrupts=tuple(lines),
            wired=True,
            dma_master=isinstance(entry.dma, Streams) or entry.dma == "master",
            streams=tuple(int(stream) for stream in streams),
            clocks=(),
            in_qemu=False,
            of_hypervisor=False,
            from_tree=False,
            quiesce=str(entry.quiesce),
        )
    return found


def _waive(system: System, diagnostics: Diagnostics, stage: str) -> None:
    """Accepted warnings become notes that say who accepted them and why."""
    known = {rule.id: rule for rule in registered()}
    waivers: dict[str, Waiver] = {}
    for waiver in system.accept or ():
        identifier, place = str(waiver.rule), waiver.rule.place
        problem: tuple[Callable[..., Finding], tuple[Any, ...]] | None = None
        if identifier not in known:
            problem = (system_rules.waiver_unknown, (place, identifier, list(known)))
        elif known[identifier].isolation:
            problem = (system_rules.waiver_not_allowed, (place, identifier, _ISOLATION))
        elif known[identifier].severity_at(stage) is not Severity.WARNING:
            why = f"it is no warning but of severity {known[identifier].severity_at(stage).value}"
            problem = (system_rules.waiver_not_allowed, (place, identifier, why))
        elif identifier in waivers:
            problem = (system_rules.waiver_twice, (place, identifier))
        elif not any(item.rule == identifier for item in diagnostics.items):
            problem = (system_rules.waiver_unused, (place, identifier))
        else:
            waivers[identifier] = waiver
        if problem is not None:
            function, facts = problem
            diagnostics.add(function.rule.diagnose(function(*facts), stage))  # type: ignore[attr-defined]
    diagnostics.items = [_accepted(item, waivers) for item in diagnostics.items]


_ISOLATION = "it is of the isolation class"


def _accepted(item: Diagnostic, waivers: dict[str, Waiver]) -> Diagnostic:
    waiver = waivers.get(item.rule)
    if waiver is None or item.severity is not Severity.WARNING:
        return item
    message = f"{item.message} (accepted by {waiver.by}: {waiver.reason})"
    return replace(item, severity=Severity.NOTE, message=message)
