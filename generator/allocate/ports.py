# SPDX-License-Identifier: Apache-2.0
# implements: LLR-1001, LLR-1002, LLR-1003
"""Areas of a channel: whole pages with one kind of writer each, and the sizes that partitions/runtime/port works with.

Sampling and queuing ports share layout 1 of partitions/runtime/include/bulkhead_channel.h; a test compares the figures.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator import defaults
from generator.allocate.memory import MIB, PAGE, Request, round_up
from generator.model import Channel, System

SAMPLING_SLOTS = 4
HEADER_BYTES = 64
SAMPLING_SLOT_BYTES = 32
QUEUE_SLOT_BYTES = 16
_LINE = 64
_GRAIN = 16


@dataclass(frozen=True)
class Areas:
    """What the senders write, and, of a queue, what the receiver writes behind it."""

    forward: int
    backward: int


def sampling_bytes(message: int) -> int:
    return HEADER_BYTES + SAMPLING_SLOTS * round_up(SAMPLING_SLOT_BYTES + message, _LINE)


def queue_bytes(message: int, depth: int) -> int:
    return HEADER_BYTES + depth * round_up(QUEUE_SLOT_BYTES + message, _GRAIN)


def areas_of(channel: Channel) -> Areas:
    if channel.kind == "sampling":
        return Areas(round_up(sampling_bytes(int(channel.message)), PAGE), 0)
    if channel.kind == "queuing":
        return Areas(round_up(queue_bytes(int(channel.message), int(channel.depth)), PAGE), PAGE)
    return Areas(round_up(int(channel.size), PAGE), 0)


def clearer_of(system: System, owner: str) -> str | None:
    """Whose first load clears what `owner` writes, before anybody can write there: its own, or, if it does not run from
    the start, that of a partition that can start it; None if nobody can."""
    for name in (owner, *defaults.controllers(system, owner)):
        start = system.partitions[name].start
        if start is None or start.state == "running":
            return name
    return None


def cleared_by(system: System, channel: Channel) -> tuple[str | None, str | None]:
    """Who clears the forward area and who the backward one, so that nothing from before a reset of the board is taken
    for new. What several write is cleared by nobody: one of them would wipe out what another has written already."""
    senders, receivers = defaults.senders(channel), defaults.receivers(channel)
    forward = clearer_of(system, senders[0]) if len(senders) == 1 else None
    return forward, clearer_of(system, receivers[0]) if channel.kind == "queuing" else None


def requests(system: System) -> list[Request]:
    """All areas; what one partition clears lies together, the largest blocks first: one stretch to clear."""
    found = []
    for name, channel in (system.channels or {}).items():
        areas, owners = areas_of(channel), cleared_by(system, channel)
        found.append((owners[0] or "", Request(str(name), areas.forward, channel.place, _alignment(areas.forward))))
        if areas.backward:
            found.append((owners[1] or "", Request(back_key(str(name)), areas.backward, channel.place, PAGE)))
    return [request for _, request in sorted(found, key=lambda item: (item[0], -item[1].align))]


def back_key(name: str) -> str:
    """The backward area among the placed windows; no name of the YAML has a slash."""
    return f"{name}/back"


def _alignment(size: int) -> int:
    return 2 * MIB if size >= 2 * MIB else PAGE


def properties(channel: Channel) -> dict[str, int]:
    """Message size, depth and refresh as plain numbers, 0 where the kind has none."""
    return {"message": int(channel.message or 0), "depth": int(channel.depth or 0), "refresh_ns": int(channel.refresh or 0)}
