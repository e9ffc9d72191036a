# SPDX-License-Identifier: Apache-2.0
"""What stands where the file says nothing and the answer depends on the rest of the system.

`check` and `allocate` both ask here, so that they cannot disagree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterable

from generator.keys import Table
from generator.model import EVENTS, STATES, Channel, Partition, ScheduleAction, System

if TYPE_CHECKING:  # the types alone; defaults reads no device tree
    from generator.hardware import Board

NATIVE_IPA = 0x4000_0000
RESTARTS = ("warm-restart", "cold-restart")


def scheduler_of(system: System, core: int) -> str:
    """`null` unless `cpus:` says otherwise."""
    entry = (system.cpus or {}).get(core)
    return str(entry.scheduler) if entry is not None else "null"


def partitions_on(system: System, core: int) -> list[str]:
    return [str(name) for name, part in system.partitions.items() if core in part.cpus]


def is_linux(partition: Partition) -> bool:
    return partition.image.linux is not None or partition.image.recipe is not None


@dataclass(frozen=True)
class ConsoleChoice:
    """`kind` is none, virtual or uart; `uart` its name, `at` the IPA if the file fixes it."""

    kind: str
    uart: str | None = None
    at: int | None = None


def console_of(system: System, partition: Partition) -> ConsoleChoice:
    console = partition.console
    if console is None:
        board_console = system.hypervisor is not None and system.hypervisor.console is not None
        return ConsoleChoice("virtual" if board_console else "none")
    if console.none:
        return ConsoleChoice("none")
    if console.uart is not None:
        return ConsoleChoice("uart", uart=str(console.uart))
    return ConsoleChoice("virtual", at=None if console.at is None else int(console.at))


def input_of(system: System) -> str | None:
    """Whose console the keyboard goes to at first."""
    if system.hypervisor is not None and system.hypervisor.input is not None:
        return str(system.hypervisor.input)
    for name, partition in system.partitions.items():
        if console_of(system, partition).kind == "virtual":
            return str(name)
    return None


BOOT_CORE = 0   # where every boot stage of the boards enters the image (docs/manual/15-porting.md)


def supervisor_of(system: System, board: "Board") -> int | None:
    """The lowest core without a partition, else the lowest `null` core without a direct one, else any without."""
    if system.hypervisor is not None and system.hypervisor.supervisor is not None:
        return int(system.hypervisor.supervisor)
    cores = [core.number for core in board.cores]
    for core in cores:
        if not partitions_on(system, core):
            return core
    for core in cores:
        if scheduler_of(system, core) == "null" and not direct_on(system, core):
            return core
    for core in cores:
        if not direct_on(system, core):
            return core
    return None


def direct_on(system: System, core: int) -> list[str]:
    return [
        name
        for name in partitions_on(system, core)
        if system.partitions[name].interrupts == "direct"
    ]


def memory_ipa(partition: Partition, board: "Board") -> int | None:
    """Where the guest sees its RAM; None: at the physical address that the allocator picks."""
    memory = partition.memory
    if memory.ipa is not None:
        return int(memory.ipa)
    if memory.map == "identity":
        return None if memory.physical is None else int(memory.physical)
    if is_linux(partition):
        return board.dram[0].base
    return NATIVE_IPA


def guest_ram(partition: Partition, board: "Board") -> list[tuple[int, int]]:
    """(base, size) of RAM as the guest sees it; none while only the allocator knows. Linux larger
    than the first bank goes on in the next, at that bank's address."""
    base = memory_ipa(partition, board)
    if base is None:
        return []
    memory, size = partition.memory, int(partition.memory.size)
    if not is_linux(partition) or memory.ipa is not None or memory.map is not None:
        return [(base, size)]
    pieces = []
    for bank in board.dram:
        if size > 0:
            pieces.append((bank.base, min(size, bank.size)))
            size -= bank.size
    return pieces


def load_address(partition: Partition, board: "Board") -> int | None:
    """Where a raw binary is loaded."""
    if partition.image.load is not None:
        return int(partition.image.load)
    return memory_ipa(partition, board)


def ids(table: Table | None) -> dict[str, int]:
    """Pinned ids stand; the others get the lowest free ones in the order of the file."""
    entries = table or {}
    pinned = {int(entry.id) for entry in entries.values() if entry.id is not None}
    free = (n for n in range(len(entries) + len(pinned) + 1) if n not in pinned)
    return {
        str(name): int(entry.id) if entry.id is not None else next(free)
        for name, entry in entries.items()
    }


def senders(channel: Channel) -> list[str]:
    if channel.from_ is not None:
        return [str(channel.from_)]
    if channel.writer is not None:
        return [str(channel.writer)]
    return [str(name) for name in channel.writers or ()]


def receivers(channel: Channel) -> list[str]:
    return [str(name) for name in (channel.to or channel.readers or ())]


def ends(channel: Channel) -> list[str]:
    """Every partition with an end, each once."""
    return list(dict.fromkeys(senders(channel) + receivers(channel)))


def has_doorbell(channel: Channel) -> bool:
    if channel.doorbell is not None:
        return bool(channel.doorbell)
    return channel.kind == "queuing"


# After these a partition cannot be trusted to go on by itself; all else is its own affair.
_HALTING = ("memory", "undefined", "watchdog", "serror", "start")


def health_action(partition: Partition, event: str, state: str) -> str | ScheduleAction:
    """What happens on `event` while the partition is in `state`."""
    health = partition.health
    table = health.actions.get(event) if health is not None and health.actions else None
    if table is not None and state in table:
        action = table[state]
        return action if isinstance(action, ScheduleAction) else str(action)
    return "halt" if event in _HALTING else "log"


def health_actions(partition: Partition) -> set[str]:
    """Every word that any event and state of the partition leads to."""
    found = set()
    for event in EVENTS:
        for state in STATES:
            action = health_action(partition, event, state)
            found.add("schedule" if isinstance(action, ScheduleAction) else action)
    return found


def controllers(system: System, name: str) -> list[str]:
    """Partitions that hold `control` over `name`."""
    return [
        str(other)
        for other, partition in system.partitions.items()
        if partition.privileges is not None and name in (partition.privileges.control or ())
    ]


def monitored_by(system: System, name: str) -> tuple[str, ...]:
    """Partitions whose action `notify` rings `name`."""
    return tuple(
        str(other)
        for other, partition in system.partitions.items()
        if partition.health is not None
        and partition.health.monitor == name
        and "notify" in health_actions(partition)
    )


def restartable(system: System, name: str) -> bool:
    """Whether anything can restart the partition: then it has a pristine payload."""
    partition = system.partitions[name]
    limits = partition.health.restarts if partition.health is not None else None
    if limits is not None:
        return int(limits.max) > 0
    if any(action in RESTARTS for action in health_actions(partition)):
        return True
    if controllers(system, name):
        return True
    return any(
        (schedule.on_switch or {}).get(name, "none") != "none"
        for schedule in (system.schedules or {}).values()
    )


SCHEMES = {
    "DO-178C": ("E", "D", "C", "B", "A"),
    "ISO-26262": ("QM", "A", "B", "C", "D"),
    "IEC-61508": ("1", "2", "3", "4"),
}


def scheme_of(level: str, scheme: str | None) -> str | None:
    """The standard that a level is of: as named, or as the level's form says."""
    if scheme is not None:
        return next((name for name in SCHEMES if name == scheme.replace(" ", "-")), None)
    if level == "QM" or level.startswith("ASIL"):
        return "ISO-26262"
    if level.startswith("SIL"):
        return "IEC-61508"
    return "DO-178C"


def level_rank(level: str, scheme: str | None) -> int | None:
    """0 for the lowest level of the scheme; None if the scheme has no such level."""
    name = scheme_of(level, scheme)
    if name is None:
        return None
    prefix = {"ISO-26262": "ASIL", "IEC-61508": "SIL"}.get(name, "Level")
    bare = re.sub(f"^{prefix}[ -]?", "", level)
    return SCHEMES[name].index(bare) if bare in SCHEMES[name] else None


def criticality_rank(partition: Partition) -> int:
    """The level as a number; left out: the lowest."""
    if partition.criticality is None:
        return 0
    scheme = partition.criticality.scheme
    return level_rank(str(partition.criticality.level), scheme and str(scheme)) or 0


def overlaps(ranges: Iterable[tuple[int, int, str]]) -> list[tuple[str, str]]:
    """Pairs of names whose (base, end) ranges overlap, found in one sweep."""
    found = []
    reach: list[tuple[int, str]] = []
    for base, end, name in sorted(ranges):
        reach = [(other_end, other) for other_end, other in reach if other_end > base]
        found.extend((other, name) for _, other in reach)
        reach.append((end, name))
    return found
