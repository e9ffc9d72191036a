# SPDX-License-Identifier: Apache-2.0
# implements: LLR-581, LLR-582, LLR-1004
"""A partition's device tree, cut from the board's and written by libfdt.

What stays: the partition's cores, PSCI, timer, interrupt controller, its devices with their buses and fixed clocks, and
their aliases. What is new: its memory, the virtual console, channels and `chosen`. What goes, `plan` lists.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import libfdt

from generator.allocate.resolved import Guest, Resolved
from generator.device_tree import parent_of, strings
from generator.hardware import Board

# PrimeCell ids of the PL011 that vpl011 imitates (Arm DDI 0183): designer 0x41, part 0x011, revision 1.
_PL011_PERIPHERAL_ID = 0x0014_1011
_PL011_CLOCK_HZ = 24_000_000
_REDISTRIBUTOR_FRAMES = 0x2_0000  # RD_base and SGI_base of one core (GICv3 specification, 12.10)
_GIC_LEVEL_HIGH = 4
_GIC_EDGE_RISING = 1


class TreeDefect(Exception):
    """A property refers outside the partition although the rules let it pass: our defect."""


@dataclass(frozen=True)
class Dropped:
    """A property that the partition's tree does not have, and why."""

    node: str
    property: str
    reason: str


@dataclass
class Node:
    """A node to be written."""

    properties: dict[str, bytes] = field(default_factory=dict)
    children: dict[str, "Node"] = field(default_factory=dict)

    def child(self, name: str) -> "Node":
        return self.children.setdefault(name, Node())

    def at(self, path: str) -> "Node":
        node = self
        for part in path.strip("/").split("/"):
            if part:
                node = node.child(part)
        return node


@dataclass(frozen=True)
class GuestTree:
    """The finished blob and what was left out of it."""

    blob: bytes
    dropped: tuple[Dropped, ...]


def cells(*values: int) -> bytes:
    return b"".join(struct.pack(">I", value) for value in values)


def cells64(*values: int) -> bytes:
    return b"".join(struct.pack(">Q", value) for value in values)


def text(*words: str) -> bytes:
    return b"".join(word.encode("utf-8") + b"\0" for word in words)


def guest_tree(resolved: Resolved, guest: Guest, board: Board, initrd_size: int) -> GuestTree:
    """The tree of one partition."""
    return _Cutter(resolved, guest, board, initrd_size).cut()


class _Cutter:
    def __init__(self, resolved: Resolved, guest: Guest, board: Board, initrd_size: int):
        self.resolved, self.guest, self.board, self.initrd_size = resolved, guest, board, initrd_size
        self.root = Node()
        self.dropped: list[Dropped] = []
        self.next_phandle = max(board.tree.phandles, default=0) + 1
        self.console_path: str | None = None
        self._given: dict[str, int] = {}   # phandles of nodes that nothing referred to so far

    def cut(self) -> GuestTree:
        source = self.board.tree.nodes["/"]
        self.root.properties = {
            "#address-cells": cells(2), "#size-cells": cells(2),
            "interrupt-parent": cells(self._phandle(self.board.gic.path)),
            **{name: source[name] for name in ("compatible", "model") if name in source},
        }
        self._aliases_first()
        self._cpus()
        self._memory()
        self.root.child("psci").properties = {"compatible": text("arm,psci-1.0", "arm,psci-0.2"), "method": text("hvc")}
        self._timer()
        self._interrupt_controller()
        for grant in self.guest.devices:
            if grant.path:
                self._device(grant.path, grant.mac, grant.drop, grant.trusted_dma)
            else:
                self._extra_device(grant.name)
        self._virtual_console()
        self._channels()
        self._monitor()
        self._aliases()
        self._chosen()
        return GuestTree(_write(self.root), tuple(self.dropped))

    # Cores, memory, timer, interrupt controller

    def _cpus(self) -> None:
        cpus = self.root.child("cpus")
        cpus.properties = {"#address-cells": cells(1), "#size-cells": cells(0)}
        for number, core in enumerate(self.guest.cores):
            cpus.child(f"cpu@{number}").properties = {
                "device_type": text("cpu"), "compatible": text(self.board.cores[core].compatible),
                "reg": cells(number), "enable-method": text("psci")}

    def _memory(self) -> None:
        for piece in self.guest.ram:
            self.root.child(f"memory@{piece.ipa:x}").properties = {
                "device_type": text("memory"), "reg": cells64(piece.ipa, piece.size)}

    def _timer(self) -> None:
        for path, properties in self.board.tree.nodes.items():
            if "arm,armv8-timer" in strings(properties.get("compatible", b"")):
                kept = dict(properties)
                kept["interrupts"] = self._ppis(properties["interrupts"])
                kept.pop("phandle", None)
                self.root.at(path).properties = kept
                return

    def _ppis(self, value: bytes) -> bytes:
        """A GICv2 binding says in bits 15:8 to which CPUs a private interrupt goes."""
        found = []
        numbers = struct.unpack(f">{len(value) // 4}I", value)
        for kind, number, flags in zip(numbers[::3], numbers[1::3], numbers[2::3]):
            if self.board.gic.version == 2:
                flags = (flags & 0xFF) | ((1 << len(self.guest.cores)) - 1) << 8
            found += [kind, number, flags]
        return cells(*found)

    def _interrupt_controller(self) -> None:
        gic = self.board.gic
        source = self.board.tree.nodes[gic.path]
        kept = {name: source[name] for name in ("compatible", "#interrupt-cells", "interrupt-controller", "#address-cells",
                                                "#size-cells", "phandle") if name in source}
        if gic.version == 2:
            reg = cells64(gic.distributor.base, gic.distributor.size, gic.cpu_interface.base, gic.cpu_interface.size)
        else:
            reg = cells64(gic.distributor.base, gic.distributor.size, gic.redistributors.base,
                          len(self.guest.cores) * _REDISTRIBUTOR_FRAMES)
            kept["#redistributor-regions"] = cells(1)
        kept["reg"] = reg
        kept["phandle"] = cells(self._phandle(gic.path))
        self._place(gic.path, kept)

    # Devices of the board

    def _phandle(self, path: str) -> int:
        value = self.board.tree.nodes[path].get("phandle")
        if value is not None:
            return int.from_bytes(value, "big")
        if path not in self._given:
            self._given[path] = self._new_phandle()
        return self._given[path]

    def _new_phandle(self) -> int:
        self.next_phandle += 1
        return self.next_phandle - 1

    def _place(self, path: str, properties: dict[str, bytes]) -> None:
        """Puts a node where it stood, with the buses above it."""
        parent = parent_of(path)
        if parent != "/" and not self.root.at(parent).properties:
            bus = {name: value for name, value in self.board.tree.nodes[parent].items()
                   if name in ("compatible", "#address-cells", "#size-cells", "ranges", "interrupt-parent")}
            self._place(parent, bus)
        self.root.at(path).properties = properties

    def _device(self, path: str, mac: str | None, drop: tuple[str, ...], trusted: bool) -> None:
        for node_path, properties in self.board.tree.nodes.items():
            if node_path != path and not node_path.startswith(path + "/"):
                continue
            kept = {}
            for name, value in properties.items():
                reason = self._drop_reason(name, drop, trusted)
                if reason is not None:
                    if not name.startswith("bulkhead,"):
                        self.dropped.append(Dropped(node_path, name, reason))
                    continue
                self._keep_targets(path, node_path, name, value)
                kept[name] = value
            if node_path == path and mac is not None:
                kept["local-mac-address"] = bytes.fromhex(mac.replace(":", "").replace("-", ""))
            if node_path == path:
                kept["status"] = text("okay")
            self._place(node_path, kept)

    @staticmethod
    def _drop_reason(name: str, drop: tuple[str, ...], trusted: bool) -> str | None:
        if name.startswith("bulkhead,"):
            return "for the generator only"
        if name in drop:
            return "named in `drop`"
        if name == "iommus" and trusted:
            return "dma: trusted"
        if name == "iommus":
            return "the hypervisor programs the IOMMU"
        return None

    def _keep_targets(self, device: str, node: str, name: str, value: bytes) -> None:
        """A property that names another node: inside the device, the interrupt controller, or a fixed clock to copy."""
        for target, _ in self.board.specifiers(name, value):
            if target is None:
                raise TreeDefect(f"{node}: `{name}` names a node that does not exist")
            inside = target == device or target.startswith(device + "/")
            if inside or target == self.board.gic.path or self._owned(target):
                continue
            source = self.board.tree.nodes[target]
            if "fixed-clock" in strings(source.get("compatible", b"")):
                self._place(target, dict(source))
            else:
                raise TreeDefect(f"{node}: `{name}` refers to {target}, which is not the partition's")

    def _owned(self, path: str) -> bool:
        return any(grant.path and (path == grant.path or path.startswith(grant.path + "/"))
                   for grant in self.guest.devices)

    def _extra_device(self, name: str) -> None:
        """A device of `hardware:`, which has no node to cut."""
        device = self.board.devices[name]
        properties = {"reg": b"".join(cells64(window.base, window.size) for window in device.windows)}
        if device.compatible:
            properties["compatible"] = text(*device.compatible)
        lines = [(0, line.spi, _GIC_EDGE_RISING if line.trigger == "edge-rising" else _GIC_LEVEL_HIGH)
                 for line in device.interrupts]
        if lines:
            properties["interrupts"] = b"".join(cells(*line) for line in lines)
        self.root.child(f"{name}@{device.windows[0].base:x}").properties = properties

    # What only the partition has

    def _virtual_console(self) -> None:
        console = self.guest.console
        if console.kind == "uart":
            self.console_path = self.board.find(console.uart).path
        if console.kind != "virtual":
            return
        clock = self._new_phandle()
        self.root.child("console-clock").properties = {
            "compatible": text("fixed-clock"), "#clock-cells": cells(0), "clock-frequency": cells(_PL011_CLOCK_HZ),
            "phandle": cells(clock)}
        self.console_path = f"/pl011@{console.ipa:x}"
        self.root.at(self.console_path).properties = {
            "compatible": text("arm,pl011", "arm,primecell"), "reg": cells64(console.ipa, 0x1000),
            "interrupts": cells(0, console.irq - 32, _GIC_EDGE_RISING if self.guest.direct else _GIC_LEVEL_HIGH),
            "clocks": cells(clock, clock), "clock-names": text("uartclk", "apb_pclk"),
            "arm,primecell-periphid": cells(_PL011_PERIPHERAL_ID)}

    def _channels(self) -> None:
        memory = [*[(f"channel-{end.channel}", end.ipa, end.size) for end in self.guest.channels],
                  *[(f"channel-{end.channel}-back", end.back_ipa, end.back_size) for end in self.guest.channels if end.back_size],
                  *[(f"region-{name}", mapped.ipa, mapped.size) for name, mapped in self.guest.regions]]
        if not memory:
            return
        reserved = self.root.child("reserved-memory")
        reserved.properties = {"#address-cells": cells(2), "#size-cells": cells(2), "ranges": b""}
        handles = {}
        for name, ipa, size in memory:
            handles[name] = self._new_phandle()
            reserved.child(f"{name}@{ipa:x}").properties = {
                "reg": cells64(ipa, size), "no-map": b"", "phandle": cells(handles[name])}
        for end in self.guest.channels:
            node = self.root.child(f"channel-{end.slot}")
            node.properties = {
                "compatible": text("bulkhead,channel"), "bulkhead,name": text(end.channel),
                "bulkhead,kind": text(end.kind), "bulkhead,slot": cells(end.slot),
                "bulkhead,direction": text(end.direction)}
            if end.message:
                node.properties["bulkhead,message-size"] = cells(end.message)
            if end.depth:
                node.properties["bulkhead,depth"] = cells(end.depth)
            if end.refresh_ns:
                node.properties["bulkhead,refresh"] = cells64(end.refresh_ns)
            regions = [handles[f"channel-{end.channel}"]]
            if end.back_size:
                regions.append(handles[f"channel-{end.channel}-back"])
            node.properties["memory-region"] = cells(*regions)
            if end.irq is not None:
                node.properties["interrupts"] = cells(0, end.irq - 32, _GIC_EDGE_RISING)

    def _monitor(self) -> None:
        health = self.guest.health
        if health.monitor_irq is not None:
            self.root.child("health-monitor").properties = {
                "compatible": text("bulkhead,health-monitor"), "bulkhead,partitions": text(*health.monitored),
                "interrupts": cells(0, health.monitor_irq - 32, _GIC_EDGE_RISING)}

    # Names

    def _aliases_first(self) -> None:
        self.root.child("aliases")
        self.root.child("chosen")

    def _aliases(self) -> None:
        kept = {name: path for name, path in self.board.aliases.items() if self._owned(path)}
        if kept:
            self.root.child("aliases").properties = {name: text(path) for name, path in sorted(kept.items())}
        else:
            del self.root.children["aliases"]

    def _chosen(self) -> None:
        image = self.guest.image
        properties = {}
        if image.cmdline is not None:
            properties["bootargs"] = text(image.cmdline)
        if self.console_path is not None:
            properties["stdout-path"] = text(self.console_path)
        if image.initrd is not None:
            properties["linux,initrd-start"] = cells64(image.initrd)
            properties["linux,initrd-end"] = cells64(image.initrd + self.initrd_size)
        self.root.child("chosen").properties = properties


def _write(root: Node) -> bytes:
    """The blob, by libfdt's sequential writer; it asks for more room by an error."""
    room = 16 << 10
    while True:
        writer = libfdt.FdtSw(room)
        try:
            writer.finish_reservemap()
            _write_node(writer, "", root)
            tree = writer.as_fdt()
            tree.pack()
            return bytes(tree.as_bytearray())
        except libfdt.FdtException as error:
            if error.err != -libfdt.NOSPACE or room > 64 << 20:
                raise
            room *= 2


def _write_node(writer: libfdt.FdtSw, name: str, node: Node) -> None:
    with writer.add_node(name):
        for key, value in node.properties.items():
            writer.property(key, value)
        for child_name, child in node.children.items():
            _write_node(writer, child_name, child)


def apply_overlay(blob: bytes, overlay: bytes) -> bytes:
    """The user's overlay on a partition's tree."""
    base = libfdt.Fdt(blob)
    base.resize(len(blob) + 2 * len(overlay) + 4096)
    result = libfdt.fdt_overlay_apply(base._fdt, libfdt.Fdt(overlay)._fdt)
    if result != 0:
        raise ValueError(libfdt.strerror(result))
    base.pack()
    return bytes(base.as_bytearray())
