# SPDX-License-Identifier: Apache-2.0
# implements: LLR-803
"""The health tables: event against partition, and the module's own, with what was filled in told apart."""

from __future__ import annotations

from dataclasses import dataclass

from generator.allocate.resolved import Guest, Resolved
from generator.check.schedules import time_text
from generator.model import EVENTS, STATES


@dataclass(frozen=True)
class Cell:
    """What happens, in lines; each with whether it was filled in."""

    lines: tuple[tuple[str, bool], ...]


def _one(words: str, default: bool) -> Cell:
    return Cell(((words, default),))


def _cell(actions: tuple[str, ...], given: tuple[bool, ...]) -> Cell:
    if len(set(actions)) == 1 and len(set(given)) == 1:
        return _one(actions[0], not given[0])
    return Cell(tuple((f"{state}: {action}", not said) for state, action, said in zip(STATES, actions, given)))


def partition_rows(resolved: Resolved) -> list[tuple[str, list[Cell]]]:
    """A row for each event, a cell for each partition; below, limits, watchdog and monitor."""
    rows = []
    for number, event in enumerate(EVENTS):
        rows.append((event, [_cell(guest.health.actions[number], guest.health.given[number]) for guest in resolved.guests]))
    rows.append(("restarts", [_limits(guest) for guest in resolved.guests]))
    rows.append(("watchdog", [_one(time_text(guest.health.watchdog_ns), False) if guest.health.watchdog_ns else _one("none", True)
                              for guest in resolved.guests]))
    rows.append(("monitor", [_one(guest.health.monitor or "none", guest.health.monitor is None) for guest in resolved.guests]))
    return rows


def _limits(guest: Guest) -> Cell:
    if not guest.restartable:
        return _one("nothing restarts it", True)
    health = guest.health
    if not health.restart_max:
        return _one("no limit", True)
    within = f" within {time_text(health.restart_within_ns)}" if health.restart_within_ns else ""
    return _one(f"at most {health.restart_max}{within}, then {health.restart_then}", False)


def module_rows(resolved: Resolved) -> list[tuple[str, Cell]]:
    """What the hypervisor does about itself."""
    filled = {default.key for default in resolved.defaults}
    return [(f"hypervisor {event}", _one(action, f"hypervisor.health.{event}" in filled))
            for event, action in (("panic", resolved.panic), ("serror", resolved.serror))]
