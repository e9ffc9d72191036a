# SPDX-License-Identifier: Apache-2.0
"""What a rule may look at: the system, the board, the files; and what several rules share."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property

from generator import defaults
from generator.diagnostics import Place
from generator.hardware import Board, Device
from generator.keys import Text
from generator.model import DeviceUse, Partition, System

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@dataclass(frozen=True)
class Owner:
    """Who holds a device: a partition (or the hypervisor's console) and the place that says so."""

    who: str
    place: Place
    use: DeviceUse | None = None


@dataclass
class Context:
    """One run of the rules."""

    system: System
    board: Board | None
    stage: str

    @property
    def partitions(self) -> dict[Text, Partition]:
        return self.system.partitions

    @cached_property
    def partition_names(self) -> set[str]:
        """Declared names, readable or not."""
        table = self.system.partitions
        return getattr(table, "names", set())

    def path(self, name: Text) -> str:
        """A path of the YAML, relative to the file it stands in."""
        return os.path.join(os.path.dirname(name.place.file), str(name))

    def folder(self, name: Text) -> str | None:
        """A `native:` or `recipe:` folder: beside the YAML first, then in partitions/."""
        for base in (os.path.dirname(name.place.file), os.path.join(REPOSITORY, "partitions")):
            candidate = os.path.join(base, str(name))
            if str(name) and os.path.isdir(candidate):
                return candidate
        return None

    @cached_property
    def owners(self) -> dict[str, list[Owner]]:
        """Who names each device (by its primary name), in the order of the file."""
        found: dict[str, list[Owner]] = {}
        if self.board is None:
            return found
        hypervisor = self.system.hypervisor
        if hypervisor is not None and hypervisor.console is not None:
            self._own(found, str(hypervisor.console.uart), "hypervisor", hypervisor.console.uart.place)
        if hypervisor is not None and hypervisor.watchdog is not None:
            device = hypervisor.watchdog.device
            if device != "none":
                self._own(found, str(device), "hypervisor", device.place)
        for name, partition in self.partitions.items():
            for use in partition.devices or ():
                self._own(found, str(use.name), str(name), use.place, use)
            console = defaults.console_of(self.system, partition)
            if console.uart is not None and partition.console is not None:
                self._own(found, console.uart, str(name), partition.console.place)
        return found

    def _own(
        self,
        found: dict[str, list[Owner]],
        device_name: str,
        who: str,
        place: Place,
        use: DeviceUse | None = None,
    ) -> None:
        assert self.board is not None
        device = self.board.find(device_name)
        if device is not None:
            found.setdefault(device.name, []).append(Owner(who, place, use))

    @cached_property
    def uses(self) -> list[tuple[str, Partition, DeviceUse, Device]]:
        """(partition, its node, the entry, the device) of each entry that names a known device,
        and of each UART that `console:` assigns."""
        found = []
        for name, partition in self.partitions.items():
            listed = set()
            for use in [*(partition.devices or ()), *self._console_use(partition)]:
                device = self.board.find(str(use.name)) if self.board is not None else None
                if device is None or (use.from_console and device.name in listed):
                    continue
                listed.add(device.name)
                found.append((str(name), partition, use, device))
        return found

    @staticmethod
    def quiesce_of(use: DeviceUse, device: Device) -> str:
        """How a device is stopped when its partition restarts cold."""
        return str(use.quiesce) if use.quiesce is not None else device.quiesce

    def _console_use(self, partition: Partition) -> list[DeviceUse]:
        console = partition.console
        if console is None or console.uart is None:
            return []
        return [DeviceUse(place=console.place, name=console.uart, from_console=True)]

    @cached_property
    def cores(self) -> set[int]:
        return {core.number for core in self.board.cores} if self.board is not None else set()

    @cached_property
    def schedule_names(self) -> set[str]:
        table = self.system.schedules
        return table.names if table is not None else set()
