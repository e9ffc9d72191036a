# SPDX-License-Identifier: Apache-2.0
"""Device trees as files: compiling them with dtc, applying overlays, reading nodes by libfdt."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from functools import cached_property

import libfdt


class TreeError(Exception):
    """A device tree source or overlay does not compile or apply; `file`, `line` tell where."""

    def __init__(self, file: str, line: int, problem: str):
        super().__init__(f"{file}:{line}: {problem}")
        self.file, self.line, self.problem = file, line, problem


_CELLS = {
    # Property with phandle specifiers -> the property of the target that tells the specifier's length.
    "clocks": "#clock-cells",
    "assigned-clocks": "#clock-cells",
    "assigned-clock-parents": "#clock-cells",
    "resets": "#reset-cells",
    "power-domains": "#power-domain-cells",
    "iommus": "#iommu-cells",
    "dmas": "#dma-cells",
    "phys": "#phy-cells",
    "mboxes": "#mbox-cells",
    "io-channels": "#io-channel-cells",
    "pwms": "#pwm-cells",
    "interrupts-extended": "#interrupt-cells",
    "msi-parent": "#msi-cells",
    "cooling-device": "#cooling-cells",
    "interconnects": "#interconnect-cells",
}
_PLAIN = {
    # Properties that hold phandles without arguments.
    "interrupt-parent",
    "phy-handle",
    "memory-region",
    "nvmem-cells",
    "operating-points-v2",
    "fpga-mgr",
    "syscon",
    "regmap",
    "mdio-parent-bus",
    "i2c-bus",
    "remote-endpoint",
    "interrupt-affinity",
    "cpu",
    "backlight",
    "panel",
    "port",
    "pcs-handle",
    "sound-dai",
}


def specifier_cells(name: str) -> str | None:
    """The `#...-cells` property that rules `name`; "" for plain phandles; None if it is no
    reference."""
    if name in _CELLS:
        return _CELLS[name]
    if name.endswith("-gpios") or name in ("gpios", "gpio", "reset-gpio"):
        return "#gpio-cells"
    if name.endswith("-gpio"):
        return "#gpio-cells"
    if name in _PLAIN or name.endswith("-supply") or re.fullmatch(r"pinctrl-[0-9]+", name):
        return ""
    return None


class Tree:
    """A flattened device tree with the few questions that we ask of it."""

    def __init__(self, blob: bytes):
        self.blob = blob
        self.fdt = libfdt.Fdt(blob)

    def offset(self, path: str) -> int | None:
        try:
            return self.fdt.path_offset(path)
        except libfdt.FdtException:
            return None

    def children(self, offset: int) -> list[int]:
        found = []
        child = self.fdt.first_subnode(offset, [libfdt.NOTFOUND])
        while child >= 0:
            found.append(child)
            child = self.fdt.next_subnode(child, [libfdt.NOTFOUND])
        return found

    def properties(self, offset: int) -> dict[str, bytes]:
        found = {}
        position = self.fdt.first_property_offset(offset, [libfdt.NOTFOUND])
        while position >= 0:
            entry = self.fdt.get_property_by_offset(position)
            found[entry.name] = bytes(entry)
            position = self.fdt.next_property_offset(position, [libfdt.NOTFOUND])
        return found

    @cached_property
    def nodes(self) -> dict[str, dict[str, bytes]]:
        """Every node's properties by its path, in the order of the tree: read once."""
        found: dict[str, dict[str, bytes]] = {}
        waiting = [(0, "")]
        while waiting:
            offset, path = waiting.pop()
            found[path or "/"] = self.properties(offset)
            for child in reversed(self.children(offset)):
                waiting.append((child, f"{path}/{self.fdt.get_name(child)}"))
        return found

    @cached_property
    def phandles(self) -> dict[int, str]:
        found = {}
        for path, properties in self.nodes.items():
            value = properties.get("phandle")
            if value:
                found[int.from_bytes(value, "big")] = path
        return found


def cells(value: bytes) -> list[int]:
    return [int.from_bytes(value[n : n + 4], "big") for n in range(0, len(value) - 3, 4)]


def strings(value: bytes) -> tuple[str, ...]:
    return tuple(part.decode("ascii", "replace") for part in value.split(b"\0")[:-1])


def parent_of(path: str) -> str:
    return path.rsplit("/", 1)[0] or "/"


def number_of(values: list[int]) -> int:
    result = 0
    for value in values:
        result = result << 32 | value
    return result


_DTC_PROBLEM = re.compile(r"^(?:Error: )?(?P<file>[^:\n]+):(?P<line>\d+)(?:[.\d-]*)*:? *(?P<text>.*)$")


def compile_tree(source: str, includes: list[str]) -> bytes:
    """dtc -@ on a source file."""
    command = ["dtc", "-q", "-@", "-I", "dts", "-O", "dtb", "-o", "-"]
    for folder in includes:
        command += ["-i", folder]
    done = subprocess.run([*command, source], capture_output=True, check=False)
    if done.returncode != 0:
        raise _dtc_error(source, done.stderr.decode("utf-8", "replace"))
    return done.stdout


def _dtc_error(source: str, text: str) -> TreeError:
    for line in text.splitlines():
        match = _DTC_PROBLEM.match(line.strip())
        if match:
            return TreeError(match["file"], int(match["line"]), match["text"] or "syntax error")
    first = text.strip().splitlines()
    return TreeError(source, 1, first[0] if first else "dtc failed")


def _apply_overlay(base: bytes, overlay: bytes, file: str) -> bytes:
    try:
        return _applied(base, overlay, file)
    except libfdt.FdtException as error:
        raise TreeError(file, 1, f"the overlay is damaged: {error}") from error


def _applied(base: bytes, overlay: bytes, file: str) -> bytes:
    fdt = libfdt.Fdt(base)
    fdt.resize(len(base) + 2 * len(overlay) + 4096)
    addition = libfdt.Fdt(overlay)
    result = libfdt.fdt_overlay_apply(fdt._fdt, addition._fdt)
    if result != 0:
        raise TreeError(file, 1, f"the overlay does not apply: {libfdt.strerror(result)}")
    fdt.pack()
    return bytes(fdt.as_bytearray())


def with_overlays(board_dts: str, overlays: list[str], includes: list[str]) -> bytes:
    """The board's tree with the user's. Fragments in the style of a .dtsi are compiled together
    with the board; overlays (with /plugin/, or compiled) are applied to the result."""
    fragments, plugins = [], []
    for file in overlays:
        with open(file, "rb") as handle:
            content = handle.read()
        if content[:4] == b"\xd0\x0d\xfe\xed":
            plugins.append((file, content))
        elif b"/plugin/" in content:
            plugins.append((file, compile_tree(file, includes)))
        else:
            fragments.append(file)
    if fragments:
        listed = [board_dts, *(os.path.abspath(file) for file in fragments)]
        with tempfile.NamedTemporaryFile("w", suffix=".dts") as joined:
            joined.write("".join(f'/include/ "{file}"\n' for file in listed))
            joined.flush()
            blob = compile_tree(joined.name, includes)
    else:
        blob = compile_tree(board_dts, includes)
    for file, content in plugins:
        blob = _apply_overlay(blob, content, file)
    return blob
