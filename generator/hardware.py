# SPDX-License-Identifier: Apache-2.0
"""Hardware truth: a board's device tree, compiled by dtc and read by libfdt, and its board.yaml.

Nothing here decides anything; it answers questions about what there is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property

from generator.board_file import BoardFile, read_board_file
from generator.device_tree import (
    Tree,
    TreeError,
    cells,
    number_of,
    parent_of,
    specifier_cells,
    strings,
    with_overlays,
)
from generator.diagnostics import Diagnostics

BSP = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bsp")
PAGE = 4096
PPI_BASE = 16
SPI_BASE = 32  # GIC architecture: ids 0-15 SGI, 16-31 PPI, then the shared ones
LEVEL_HIGH = "level-high"
EDGE_RISING = "edge-rising"


@dataclass(frozen=True)
class Window:
    """A range of physical addresses."""

    base: int
    size: int

    @property
    def end(self) -> int:
        return self.base + self.size

    def overlaps(self, other: "Window") -> bool:
        return self.base < other.end and other.base < self.end

    def contains(self, other: "Window") -> bool:
        return self.base <= other.base and other.end <= self.end

    def pages(self) -> "Window":
        """The whole 4 KiB pages that it touches: what stage 2 can map."""
        base = self.base & ~(PAGE - 1)
        return Window(base, ((self.end + PAGE - 1) & ~(PAGE - 1)) - base)

    def __str__(self) -> str:
        return f"{self.base:#x}-{self.end - 1:#x}"


@dataclass(frozen=True)
class Interrupt:
    """A shared peripheral interrupt."""

    spi: int
    trigger: str

    @property
    def id(self) -> int:
        return self.spi + SPI_BASE

    def __str__(self) -> str:
        return f"SPI {self.spi} (GIC id {self.id})"


@dataclass(frozen=True)
class Clock:
    """A clock input: its name, and the rate if it comes from a fixed clock."""

    name: str
    frequency: int | None


@dataclass(frozen=True)
class ResetLine:
    """Bits of a register that hold a device in reset while they are set."""

    register: int       # physical address
    mask: int
    controller: str     # the device that the register is part of
    in_qemu: bool


@dataclass(frozen=True)
class Device:
    """A device that a partition can own (or, under `hypervisor`, cannot)."""

    name: str
    path: str
    aliases: tuple[str, ...]
    compatible: tuple[str, ...]
    windows: tuple[Window, ...]
    interrupts: tuple[Interrupt, ...]
    wired: bool
    dma_master: bool
    streams: tuple[int, ...]
    clocks: tuple[Clock, ...]
    in_qemu: bool
    of_hypervisor: bool
    from_tree: bool = True
    quiesce: str = "none"
    reset: ResetLine | None = None

    @property
    def is_uart(self) -> bool:
        return self.uart_kind is not None

    @property
    def uart_kind(self) -> str | None:
        """Which serial driver: `cadence`, `pl011`, or none."""
        if any(word.startswith("cdns,uart") for word in self.compatible):
            return "cadence"
        if "arm,pl011" in self.compatible:
            return "pl011"
        return None

    @property
    def is_watchdog(self) -> bool:
        return any("wdt" in word or "sbsa-gwdt" in word for word in self.compatible)


@dataclass(frozen=True)
class Gic:
    """The interrupt controller's frames; those that a version lacks are None."""

    version: int
    distributor: Window
    cpu_interface: Window | None
    hypervisor_interface: Window | None
    virtual_interface: Window | None
    redistributors: Window | None
    path: str


@dataclass(frozen=True)
class Pmu:
    """The cores' performance monitors: their overflow interrupt by core, as GIC ids."""

    irqs: tuple[int, ...]
    in_qemu: bool


@dataclass(frozen=True)
class CpuCore:
    """A physical core. `mpidr` holds the affinity fields only."""

    number: int
    mpidr: int
    compatible: str


@dataclass(frozen=True)
class Reference:
    """A property of a device (or of a node below it) that names another node."""

    property: str
    node: str
    target: str
    target_name: str
    inside: bool
    arguments: tuple[int, ...] = ()


@dataclass
class Board:
    """A board: its tree, and what board.yaml adds."""

    name: str
    folder: str
    file: BoardFile
    tree: Tree
    extra: dict[str, Device] = field(default_factory=dict)  # devices of `hardware:`

    @cached_property
    def labels(self) -> dict[str, str]:
        """Label to path, from `__symbols__`."""
        symbols = self.tree.nodes.get("/__symbols__", {})
        return {name: strings(value)[0] for name, value in symbols.items()}

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Alias to path."""
        found = {}
        for name, value in self.tree.nodes.get("/aliases", {}).items():
            text = strings(value)
            if text:
                found[name] = text[0]
        return found

    @cached_property
    def devices(self) -> dict[str, Device]:
        """Devices by label; a device that only an alias names, by that. `hardware:` comes last."""
        names: dict[str, str] = {}
        for label, path in sorted(self.labels.items()):
            names.setdefault(path, label)
        for alias, path in sorted(self.aliases.items()):
            names.setdefault(path, alias)
        found = {}
        for path, properties in self.tree.nodes.items():
            if path in names and "reg" in properties and "device_type" not in properties:
                device = self._device(names[path], path, properties)
                if device is not None:
                    found[device.name] = device
        found.update(self.extra)
        return found

    def find(self, name: str) -> Device | None:
        """By label or alias."""
        device = self.devices.get(name)
        if device is None and name in self.aliases:
            path = self.aliases[name]
            device = next((item for item in self.devices.values() if item.path == path), None)
        return device

    @property
    def device_names(self) -> set[str]:
        return set(self.devices) | {
            alias for device in self.devices.values() for alias in device.aliases
        }

    def _device(self, name: str, path: str, properties: dict[str, bytes]) -> Device | None:
        windows = self.windows(path)
        if not windows:
            return None
        return Device(
            name=name,
            path=path,
            aliases=tuple(sorted(a for a, p in self.aliases.items() if p == path)),
            compatible=strings(properties.get("compatible", b"")),
            windows=windows,
            interrupts=self._interrupts(properties),
            wired=self._wired(path),
            dma_master="bulkhead,dma-master" in properties or "iommus" in properties,
            streams=self._streams(properties),
            clocks=self._clocks(properties),
            in_qemu=name not in self.file.absent,
            of_hypervisor=name in self.file.hypervisor_devices,
            reset=self._reset(properties),
        )

    def windows(self, path: str) -> tuple[Window, ...]:
        """The node's `reg` in physical addresses; none if its bus does not map to memory."""
        value = self.tree.nodes[path].get("reg")
        if value is None:
            return ()
        parent = parent_of(path)
        address_cells, size_cells = self._bus_cells(parent)
        if size_cells == 0:
            return ()
        step = max(1, address_cells + size_cells)
        numbers = cells(value)
        found = []
        for n in range(0, len(numbers) - step + 1, step):
            base = self._translate(parent, number_of(numbers[n : n + address_cells]))
            if base is None:
                return ()
            found.append(Window(base, number_of(numbers[n + address_cells : n + step])))
        return tuple(found)

    def _bus_cells(self, path: str) -> tuple[int, int]:
        properties = self.tree.nodes[path]
        address = cells(properties.get("#address-cells", b"\0\0\0\2"))
        size = cells(properties.get("#size-cells", b"\0\0\0\1"))
        return (address or [2])[0], (size or [1])[0]

    def _translate(self, bus: str, address: int) -> int | None:
        while bus != "/":
            ranges = self.tree.nodes[bus].get("ranges")
            if ranges is None:
                return None
            if ranges:
                moved = self._through(bus, cells(ranges), address)
                if moved is None:
                    return None
                address = moved
            bus = parent_of(bus)
        return address

    def _through(self, bus: str, ranges: list[int], address: int) -> int | None:
        child_cells, size_cells = self._bus_cells(bus)
        parent_cells, _ = self._bus_cells(parent_of(bus))
        step = max(1, child_cells + parent_cells + size_cells)
        for n in range(0, len(ranges) - step + 1, step):
            child = number_of(ranges[n : n + child_cells])
            parent = number_of(ranges[n + child_cells : n + child_cells + parent_cells])
            size = number_of(ranges[n + child_cells + parent_cells : n + step])
            if child <= address < child + size:
                return parent + (address - child)
        return None

    def _interrupts(self, properties: dict[str, bytes]) -> tuple[Interrupt, ...]:
        found = []
        numbers = cells(properties.get("interrupts", b""))
        for n in range(0, len(numbers) - 2, 3):
            kind, spi, flags = numbers[n : n + 3]
            if kind == 0:
                trigger = EDGE_RISING if flags & 0xF in (1, 2, 3) else LEVEL_HIGH
                found.append(Interrupt(spi, trigger))
        return tuple(dict.fromkeys(found))

    def _wired(self, path: str) -> bool:
        while path != "/":
            status = strings(self.tree.nodes[path].get("status", b"okay\0"))
            if status and status[0] not in ("okay", "ok"):
                return False
            path = parent_of(path)
        return True

    def _reset(self, properties: dict[str, bytes]) -> ResetLine | None:
        """`bulkhead,reset = <&controller offset mask>`."""
        numbers = cells(properties.get("bulkhead,reset", b""))
        controller = self.tree.phandles.get(numbers[0]) if len(numbers) == 3 else None
        windows = self.windows(controller) if controller is not None else ()
        if not windows:
            return None
        name = self.label_of(controller)
        return ResetLine(windows[0].base + numbers[1], numbers[2], name, name not in self.file.absent)

    def _streams(self, properties: dict[str, bytes]) -> tuple[int, ...]:
        found = []
        for _, arguments in self.specifiers("iommus", properties.get("iommus", b"")):
            found.extend(arguments[:1])
        return tuple(found)

    def _clocks(self, properties: dict[str, bytes]) -> tuple[Clock, ...]:
        names = strings(properties.get("clock-names", b""))
        found = []
        inputs = self.specifiers("clocks", properties.get("clocks", b""))
        for n, (target, _) in enumerate(inputs):
            source = self.tree.nodes.get(target, {}) if target else {}
            rate = None
            if "fixed-clock" in strings(source.get("compatible", b"")):
                rate = (cells(source.get("clock-frequency", b"")) or [None])[0]
            found.append(Clock(names[n] if n < len(names) else "", rate))
        return tuple(found)

    def specifiers(self, name: str, value: bytes) -> list[tuple[str | None, tuple[int, ...]]]:
        """Splits a reference property into (target path, arguments)."""
        length_name = specifier_cells(name)
        if length_name is None:
            return []
        numbers = cells(value)
        found = []
        position = 0
        while position < len(numbers):
            target = self.tree.phandles.get(numbers[position])
            position += 1
            count = 0
            if target and length_name:
                count = (cells(self.tree.nodes[target].get(length_name, b"")) or [0])[0]
            found.append((target, tuple(numbers[position : position + count])))
            position += count
        return found

    def references(self, device: Device) -> list[Reference]:
        """What a device's node, and the nodes below it, refer to."""
        found = []
        for path, properties in self.tree.nodes.items():
            if path != device.path and not path.startswith(device.path + "/"):
                continue
            for name, value in properties.items():
                for target, arguments in self.specifiers(name, value):
                    if target is None:
                        continue
                    inside = target == device.path or target.startswith(device.path + "/")
                    label = self.label_of(target)
                    found.append(Reference(name, path, target, label, inside, arguments))
        return found

    def label_of(self, path: str) -> str:
        """A path's label, or the path itself."""
        return self._path_labels.get(path, path)

    @cached_property
    def _path_labels(self) -> dict[str, str]:
        return {path: label for label, path in sorted(self.labels.items(), reverse=True)}

    @cached_property
    def dram(self) -> tuple[Window, ...]:
        """The memory banks, lowest first."""
        found: list[Window] = []
        for path, properties in self.tree.nodes.items():
            if strings(properties.get("device_type", b"")) == ("memory",):
                found.extend(self.windows(path))
        return tuple(sorted(found, key=lambda window: window.base))

    @cached_property
    def cores(self) -> tuple[CpuCore, ...]:
        found = []
        for path, properties in self.tree.nodes.items():
            if parent_of(path) == "/cpus" and strings(properties.get("device_type", b"")) == ("cpu",):
                kind = strings(properties.get("compatible", b""))
                found.append((number_of(cells(properties.get("reg", b""))), kind[0] if kind else ""))
        return tuple(CpuCore(n, mpidr, kind) for n, (mpidr, kind) in enumerate(sorted(found)))

    @cached_property
    def gic(self) -> Gic:
        for path, properties in self.tree.nodes.items():
            kinds = strings(properties.get("compatible", b""))
            windows = self.windows(path) if "interrupt-controller" in properties else ()
            if {"arm,gic-400", "arm,cortex-a15-gic"} & set(kinds) and len(windows) >= 4:
                return Gic(2, windows[0], windows[1], windows[2], windows[3], None, path)
            if "arm,gic-v3" in kinds and len(windows) >= 2:
                return Gic(3, windows[0], None, None, None, windows[1], path)
        raise TreeError(self.folder, 1, "the tree has no GIC")

    @cached_property
    def pmu(self) -> Pmu | None:
        """None if the tree has no performance monitors with an interrupt for each core."""
        for path, properties in self.tree.nodes.items():
            if "arm,armv8-pmuv3" not in strings(properties.get("compatible", b"")):
                continue
            numbers = cells(properties.get("interrupts", b""))
            lines = [numbers[n : n + 2] for n in range(0, len(numbers) - 2, 3)]
            if [kind for kind, _ in lines] == [1]:
                irqs = [PPI_BASE + lines[0][1]] * len(self.cores)
            else:
                irqs = [SPI_BASE + spi for _, spi in self._by_core(properties, lines)]
            if len(irqs) == len(self.cores):
                return Pmu(tuple(irqs), self.label_of(path) not in self.file.absent)
        return None

    def _by_core(self, properties: dict[str, bytes], lines: list) -> list:
        """Interrupts in the order of the cores; `interrupt-affinity` says which is whose, else they are in that order."""
        owners = [self.tree.phandles.get(handle) for handle in cells(properties.get("interrupt-affinity", b""))]
        if len(owners) != len(lines):
            return lines
        return [line for _, line in sorted(
            (number_of(cells(self.tree.nodes[owner].get("reg", b""))), line) for owner, line in zip(owners, lines))]

    @cached_property
    def uarts(self) -> dict[str, Device]:
        return {name: device for name, device in self.devices.items() if device.is_uart}

    @cached_property
    def psci_method(self) -> str:
        """The conduit to the firmware below us."""
        return strings(self.tree.nodes.get("/psci", {}).get("method", b"smc\0"))[0]

    def require_essentials(self) -> None:
        """Raises TreeError if an overlay took away what the hypervisor itself needs."""
        if self.gic is None or not self.cores or not self.dram:
            raise TreeError(self.folder, 1, "the tree has no cores or no memory")

    @property
    def kernel_load(self) -> int:
        return int(self.file.kernel.load)

    @property
    def ipa_bits(self) -> int:
        return int(self.file.ipa_bits)

    @property
    def spi_count(self) -> int:
        return int(self.file.interrupt_ids) - SPI_BASE

    @cached_property
    def firmware(self) -> dict[str, Window]:
        """Memory that firmware keeps; never allocated."""
        return {
            str(name): Window(int(area.at), int(area.size))
            for name, area in self.file.firmware.items()
        }

    @cached_property
    def spare_spis(self) -> tuple[int, ...]:
        """SPIs that nothing drives: the board's list less those that a device uses."""
        used = {line.spi for device in self.devices.values() for line in device.interrupts}
        return tuple(int(spi) for spi in self.file.spare_spis if spi not in used)


def boards(bsp: str = BSP) -> list[str]:
    """The names that `board:` knows."""
    folder = os.path.join(bsp, "board")
    return sorted(
        name for name in os.listdir(folder) if os.path.isfile(os.path.join(folder, name, "board.yaml"))
    )


def load_board(
    name: str, diagnostics: Diagnostics, overlays: list[str] | None = None, bsp: str = BSP
) -> Board:
    """A board of `boards()`. Raises TreeError if its tree or an overlay does not compile."""
    folder = os.path.join(bsp, "board", name)
    file = read_board_file(os.path.join(folder, "board.yaml"), diagnostics)
    includes = [folder, os.path.join(bsp, "soc")]
    blob = with_overlays(os.path.join(folder, "board.dts"), overlays or [], includes)
    return Board(name, folder, file, Tree(blob))
