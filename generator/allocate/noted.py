# SPDX-License-Identifier: Apache-2.0
# implements: LLR-541
"""Defaults whose value needs no allocation: said in `plan` and resolved.yaml all the same."""

from __future__ import annotations

from generator import defaults
from generator.allocate.resolved import Default, HealthPlan
from generator.model import EVENTS, Partition, System


def of_partition(name: str, partition: Partition, health: HealthPlan) -> list[Default]:
    prefix = f"partitions.{name}"
    found = []
    if partition.start is None or partition.start.state.defaulted:
        found.append(Default(f"{prefix}.start.state", "running"))
    by_action: dict[str, list[str]] = {}
    for event, actions, given in zip(EVENTS, health.actions, health.given):
        if not all(given):
            by_action.setdefault(actions[given.index(False)], []).append(event)
    if by_action:
        found.append(Default(f"{prefix}.health.actions",
                             "; ".join(f"{', '.join(events)}: {action}" for action, events in by_action.items())))
    return found


def of_system(system: System, cores: list[int]) -> list[Default]:
    """Schedulers of the cores in use, doorbells of channels, the kernel's own health."""
    table = system.cpus or {}
    found = [Default(f"cpus.{core}.scheduler", "null") for core in cores if core not in table]
    found += [Default(f"channels.{name}.doorbell", str(defaults.has_doorbell(channel)).lower())
              for name, channel in (system.channels or {}).items() if channel.doorbell is None]
    health = system.hypervisor.health if system.hypervisor is not None else None
    for word in ("panic", "serror"):
        if health is None or getattr(health, word).defaulted:
            found.append(Default(f"hypervisor.health.{word}", str(getattr(health, word, "reset-board"))))
    return found
