# SPDX-License-Identifier: Apache-2.0
"""A random system as text: what a user could write, with more of everything at once than anybody does."""

from __future__ import annotations

import random
from dataclasses import dataclass

CORES = 4
BOARDS = ("zcu102", "virt-gicv2", "virt-gicv3")
FRAME_MS = 20
SAYS = {"hello": "hello from", "telltale": "telltale", "witness": "witness"}
ACTIONS = ("ignore", "log", "warm-restart", "cold-restart", "halt")
EVENTS = ("memory", "undefined", "application", "schedule", "illegal-request", "interrupt")


@dataclass(frozen=True)
class Partition:
    name: str
    cores: tuple[int, ...]
    lines: tuple[str, ...]
    says: str       # its first words; empty: it does not start by itself


@dataclass(frozen=True)
class RandomSystem:
    number: int
    board: str
    text: str
    greetings: tuple[tuple[str, str], ...]   # partition and first words, of all that start by themselves


def make(number: int) -> RandomSystem:
    """The system of a number."""
    dice = random.Random(number)
    board = dice.choice(BOARDS)
    schedulers = [dice.choice(("unused", "null", "null", "arinc653", "rtds")) for _ in range(CORES)]
    if all(scheduler == "unused" for scheduler in schedulers):
        schedulers[dice.randrange(CORES)] = "null"
    partitions = _partitions(dice, schedulers)
    lines = ["format: 1", f"system: random-{number}", f"board: {board}", "hypervisor:", "  console: {uart: uart0}"]
    lines += _hypervisor(dice)
    shared = [f"  {core}: {{scheduler: {word}}}" for core, word in enumerate(schedulers)
              if word in ("arinc653", "rtds") and any(core in partition.cores for partition in partitions)]
    lines += ["cpus:", *shared] if shared else []
    lines += ["partitions:"]
    for partition in partitions:
        lines += [f"  {partition.name}:", *partition.lines]
    lines += _schedules(dice, schedulers, partitions)
    lines += _channels(dice, partitions)
    return RandomSystem(number, board, "\n".join(lines) + "\n", tuple((partition.name, partition.says) for partition in partitions if partition.says))


def _hypervisor(dice: random.Random) -> list[str]:
    found = []
    if dice.random() < 0.5:
        found.append(f"  supervisor: {dice.randrange(CORES)}")
    if dice.random() < 0.3:
        kinds = dice.sample(("schedule", "interrupt", "hypercall", "health"), dice.randint(1, 4))
        found.append(f"  trace: {{events: [{', '.join(kinds)}], buffer: {dice.choice((4, 16, 64))} KiB}}")
    if dice.random() < 0.3:
        found.append(f"  integrity: {{tables: {dice.choice((50, 100, 500))} ms}}")
    return found


def _partitions(dice: random.Random, schedulers: list[str]) -> list[Partition]:
    names = iter(f"p{n}" for n in range(32))
    places: list[tuple[int, ...]] = []
    alone = [core for core, word in enumerate(schedulers) if word == "null"]
    dice.shuffle(alone)
    while alone:
        several = min(len(alone), dice.choice((1, 1, 1, 2)))
        places.append(tuple(sorted(alone[:several])))
        alone = alone[several:]
    for core, word in enumerate(schedulers):
        if word in ("arinc653", "rtds"):
            places += [(core,)] * dice.randint(1, 3)
    dice.shuffle(places)
    chosen = [(next(names), cores) for cores in places]
    found = []
    for name, cores in chosen:
        kind = schedulers[cores[0]]
        others = [other for other, _ in chosen if other != name]
        earlier = [partition.name for partition in found if partition.says]
        native = dice.choice(list(SAYS))
        lines = [f"    image: {{native: {native}}}", f"    cpus: [{', '.join(map(str, cores))}]",
                 f"    memory: {dice.choice((2, 3, 4, 8, 33))} MiB"]
        if kind == "null" and dice.random() < 0.4:
            lines.append("    interrupts: direct")
        if kind == "rtds":
            lines.append(f"    rtds: {{period: {dice.choice((5, 10, 20))} ms, budget: {dice.randint(1, 2)} ms, extratime: {dice.choice(('true', 'false'))}}}")
        starts = dice.random() < 0.9
        lines += _start(dice, earlier, starts)
        lines += _health(dice, others)
        if others and dice.random() < 0.3:
            lines.append(f"    privileges: {{control: [{', '.join(dice.sample(others, 1))}]}}")
        if dice.random() < 0.2:
            lines.append("    regions: {log: {size: 64 KiB, preserve: warm}}")
        found.append(Partition(name, cores, tuple(lines), SAYS[native] if starts else ""))
    return found


def _start(dice: random.Random, earlier: list[str], starts: bool) -> list[str]:
    if not starts:
        return ["    start: {state: halted}"]
    if earlier and dice.random() < 0.2:
        return [f"    start: {{after: [{dice.choice(earlier)}]}}"]
    return []


def _health(dice: random.Random, others: list[str]) -> list[str]:
    parts = []
    if dice.random() < 0.4:
        wanted = dice.sample(EVENTS, dice.randint(1, 3))
        parts.append(f"actions: {{{', '.join(f'{event}: {dice.choice(ACTIONS[1:])}' for event in wanted)}}}")
    if dice.random() < 0.3:
        parts.append(f"restarts: {{max: {dice.randint(1, 5)}, within: {dice.randint(1, 60)} s, then: {dice.choice(('halt', 'reset-board'))}}}")
    if others and dice.random() < 0.2:
        parts.append(f"monitor: {dice.choice(others)}")
    return [f"    health: {{{', '.join(parts)}}}"] if parts else []


def _schedules(dice: random.Random, schedulers: list[str], partitions: list[Partition]) -> list[str]:
    cores = {core: [partition.name for partition in partitions if core in partition.cores]
             for core, word in enumerate(schedulers) if word == "arinc653"}
    cores = {core: names for core, names in cores.items() if names}
    if not cores:
        return []
    lines = ["schedules:"]
    for number in range(dice.randint(1, 2)):
        lines += [f"  s{number}:", *(["    initial: true"] if number == 0 else []), f"    major_frame: {FRAME_MS} ms", "    windows:"]
        for core, names in cores.items():
            cuts = sorted(dice.sample(range(1, FRAME_MS), dice.randint(len(names), FRAME_MS - 2)))
            begins = [0, *cuts]
            ends = [*cuts, FRAME_MS]
            order = names + [dice.choice(names) for _ in range(len(begins) - len(names))]
            dice.shuffle(order)
            for begin, end, name in zip(begins, ends, order):
                if order.count(name) == 1 or dice.random() < 0.8:
                    lines.append(f"      - {{partition: {name}, cpu: {core}, start: {begin} ms, length: {end - begin} ms}}")
                else:
                    order[order.index(name)] = ""   # left idle
    return lines


def _channels(dice: random.Random, partitions: list[Partition]) -> list[str]:
    names = [partition.name for partition in partitions]
    if len(names) < 2 or dice.random() < 0.3:
        return []
    lines = ["channels:"]
    for number in range(dice.randint(1, 4)):
        one, *others = dice.sample(names, min(len(names), dice.randint(2, 3)))
        kind = dice.choice(("sampling", "queuing", "shared-memory"))
        if kind == "sampling":
            lines.append(f"  c{number}: {{kind: sampling, from: {one}, to: [{', '.join(others)}], message: {dice.choice((16, 64, 1024))} B, refresh: {dice.choice((50, 100, 1000))} ms}}")
        elif kind == "queuing":
            lines.append(f"  c{number}: {{kind: queuing, from: {one}, to: {others[0]}, message: {dice.choice((16, 64, 1024))} B, depth: {dice.choice((1, 4, 8))}}}")
        else:
            lines.append(f"  c{number}: {{kind: shared-memory, size: {dice.choice((4, 64))} KiB, writer: {one}, readers: [{', '.join(others)}], doorbell: {dice.choice(('true', 'false'))}}}")
    return lines
