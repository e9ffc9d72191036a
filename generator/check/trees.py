# SPDX-License-Identifier: Apache-2.0
# implements: LLR-582
"""Rules on guest device trees: what a device refers to must be its partition's, too."""

from __future__ import annotations

import os
from typing import Iterator

from generator.check.context import Context
from generator.device_tree import TreeError, compile_tree, strings
from generator.diagnostics import Finding
from generator.hardware import Device, Reference
from generator.model import DeviceUse, Partition
from generator.rules import nearest_hint, rule

# Calls to platform firmware; they end in BH-NYI rules until they are filtered.
FIRMWARE = ("power-domains", "resets")


def is_firmware(reference: Reference) -> bool:
    return reference.property in FIRMWARE or reference.property.startswith("pinctrl-")


def tree_uses(context: Context) -> Iterator[tuple[str, Partition, DeviceUse, Device]]:
    """Assigned devices that appear in a made guest tree."""
    for name, partition, use, device in context.uses:
        if device.from_tree and partition.image.dtb == "auto":
            yield name, partition, use, device


def outside_references(
    context: Context, name: str, use: DeviceUse, device: Device
) -> Iterator[Reference]:
    """References that leave the partition and are not solved by the rules of the contract."""
    board = context.board
    own = {other.path for who, _, _, other in context.uses if who == name}
    dropped = {str(word) for word in use.drop or ()}
    for reference in board.references(device):
        if reference.inside or reference.property in dropped:
            continue
        if reference.target == board.gic.path or any(
            reference.target == path or reference.target.startswith(path + "/") for path in own
        ):
            continue
        if reference.property == "iommus":
            continue  # under `dma: trusted` it goes, else the hypervisor programs the IOMMU
        target = board.tree.nodes[reference.target]
        if "fixed-clock" in strings(target.get("compatible", b"")):
            continue
        yield reference


@rule(
    "BH-TRE-001",
    sentence="A property of a device refers to nothing outside the partition, or is dropped.",
    wrong='devices: [{gem3: {dma: trusted, reason: "..."}}]     # its PHY reset hangs on i2c0',
    right='devices: [{gem3: {dma: trusted, reason: "...", drop: [reset-gpios]}}]',
    keys=("partitions.*.devices",),
    board=True,
)
def refers_inside(context: Context) -> Iterator[Finding]:
    for name, _, use, device in tree_uses(context):
        for reference in outside_references(context, name, use, device):
            if is_firmware(reference):
                continue
            where = reference.node.rsplit("/", 1)[-1]
            yield Finding(
                use.name.place,
                f"`{reference.property}` of `{device.name}` (node {where}) refers to"
                f" `{reference.target_name}`, which is not `{name}`'s",
                f"write `{{{use.name}: {{drop: [{reference.property}]}}}}`, or give `{name}` the other"
                " device too",
            )


@rule(
    "BH-TRE-002",
    sentence="`drop` names properties that the device has.",
    wrong="devices: [{gem3: {drop: [reset-gpio]}}]",
    right="devices: [{gem3: {drop: [reset-gpios]}}]",
    keys=("partitions.*.devices",),
    board=True,
)
def drop_exists(context: Context) -> Iterator[Finding]:
    for _, _, use, device in context.uses:
        if use.drop is None:
            continue
        known = set()
        for path, properties in context.board.tree.nodes.items():
            if device.from_tree and (path == device.path or path.startswith(device.path + "/")):
                known |= set(properties)
        for word in use.drop:
            if word not in known:
                yield Finding(
                    word.place,
                    f"`{device.name}` has no property `{word}` to drop",
                    nearest_hint(str(word), known, "properties", "it stands in no device tree"),
                )


_ESSENTIAL = ("reg", "compatible", "interrupts", "phandle", "#address-cells", "#size-cells")


@rule(
    "BH-TRE-003",
    sentence="`drop` leaves what makes the device: reg, compatible, interrupts.",
    wrong="devices: [{gem3: {drop: [reg]}}]",
    right="devices: [{gem3: {drop: [reset-gpios]}}]",
    keys=("partitions.*.devices",),
    board=True,
)
def drop_harmless(context: Context) -> Iterator[Finding]:
    for _, _, use, device in context.uses:
        for word in use.drop or ():
            if word in _ESSENTIAL:
                yield Finding(
                    word.place,
                    f"without `{word}` no driver finds `{device.name}`",
                    "leave the whole device out instead",
                )


@rule(
    "BH-TRE-004",
    sentence="The overlay of an image is a device tree source that compiles, or a .dtbo.",
    wrong="image: {linux: Image, overlay: notes.txt}",
    right="image: {linux: Image, overlay: panel.dtso}",
    keys=("partitions.*.image.overlay",),
)
def overlay_compiles(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        overlay = partition.image.overlay
        if overlay is None or overlay == "none" or not os.path.isfile(context.path(overlay)):
            continue
        with open(context.path(overlay), "rb") as handle:
            if handle.read(4) == b"\xd0\x0d\xfe\xed":
                continue
        try:
            compile_tree(context.path(overlay), [])
        except TreeError as error:
            yield Finding(
                overlay.place,
                f"the overlay `{overlay}` of `{name}` does not compile: line {error.line}: {error.problem}",
                "begin it with `/dts-v1/; /plugin/;` and refer to labels of the guest's tree",
            )


@rule(
    "BH-TRE-005",
    sentence="An overlay needs a tree that is made.",
    wrong="image: {elf: nav.elf, dtb: none, overlay: panel.dtso}",
    right="image: {elf: nav.elf, overlay: panel.dtso}",
    keys=("partitions.*.image",),
)
def overlay_needs_tree(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        overlay = partition.image.overlay
        if overlay is not None and overlay != "none" and partition.image.dtb == "none":
            yield Finding(
                overlay.place,
                f"`{name}` has an overlay, but `dtb: none`",
                "leave `dtb` out, or remove the overlay",
            )
