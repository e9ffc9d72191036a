# SPDX-License-Identifier: Apache-2.0
# implements: LLR-524
"""Words of the YAML whose kernel side is not built yet: a warning in `check`, an error in `build`.

One table; a row goes away (with its fixture) when its feature lands. Its id is not used again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterator

from generator.check.context import Context
from generator.check.trees import is_firmware, outside_references, tree_uses
from generator.diagnostics import Finding, Place, Severity
from generator.rules import rule

Places = Iterator[tuple[Place, str]]


def _colors(context: Context) -> Places:
    hypervisor = context.system.hypervisor
    if hypervisor is not None and hypervisor.colors != "any":
        yield hypervisor.colors.place, "`hypervisor.colors`"
    for name, partition in context.partitions.items():
        if partition.memory.colors != "any":
            yield partition.memory.colors.place, f"`colors` of `{name}`"


def _virtio(context: Context) -> Places:
    if context.system.virtio is not None:
        yield context.system.virtio.place, "`virtio`"


def _tee(context: Context) -> Places:
    if context.system.tee is not None:
        yield context.system.tee.place, "`tee`"
    for name, partition in context.partitions.items():
        if partition.tee is not None:
            yield partition.tee.place, f"`tee` of `{name}`"


def _data(context: Context) -> Places:
    for name, entry in (context.system.data or {}).items():
        yield entry.place, f"`data.{name}`"


def _media_root(context: Context) -> Places:
    media = context.system.media
    if media is not None and media.sd is not None and media.sd.root is not None:
        yield media.sd.root.place, "`media.sd.root`"


def _smmu(context: Context) -> Places:
    for name, _, use, device in context.uses:
        if device.dma_master and device.streams and use.dma != "trusted":
            yield use.name.place, f"DMA of `{device.name}` of `{name}` behind the IOMMU"


def _firmware(context: Context) -> Places:
    for name, _, use, device in tree_uses(context):
        for reference in outside_references(context, name, use, device):
            if is_firmware(reference):
                yield use.name.place, f"the firmware's `{reference.property}` of `{device.name}`"


@dataclass(frozen=True)
class NotYet:
    """A feature whose kernel side is to come."""

    id: str
    sentence: str
    wrong: str
    right: str
    keys: tuple[str, ...]
    find: Callable[[Context], Places]
    instead: str
    board: bool = False


NOT_YET = (
    NotYet(
        "BH-NYI-009",
        "Cache colours are not built yet.",
        "memory: {size: 8 MiB, colors: 8-15}",
        "memory: 8 MiB",
        ("partitions.*.memory.colors", "hypervisor.colors"),
        _colors,
        "write `any`, or leave `colors` out",
    ),
    NotYet(
        "BH-NYI-011",
        "Mediated devices are not built yet.",
        "virtio: {disk0: {type: block, ...}}",
        "devices: [sdhci1]",
        ("virtio",),
        _virtio,
        "assign a whole device",
    ),
    NotYet(
        "BH-NYI-012",
        "The TEE mediator is not built yet.",
        "tee: optee",
        "# no tee",
        ("tee", "partitions.*.tee"),
        _tee,
        "leave `tee` out: calls to it answer NOT_SUPPORTED",
    ),
    NotYet(
        "BH-NYI-013",
        "Constant data for several readers is not built yet.",
        "data: {maps: {file: maps.bin, readers: [a]}}",
        "# the data linked into a's image",
        ("data",),
        _data,
        "link the data into the readers' images",
    ),
    NotYet(
        "BH-NYI-014",
        "The second partition of the SD card is not built yet.",
        "media: {sd: {root: rootfs.ext4}}",
        "media: {sd: {boot: 256 MiB}}",
        ("media.sd.root",),
        _media_root,
        "leave `root` out; an initrd serves",
    ),
    NotYet(
        "BH-NYI-019",
        "DMA behind an IOMMU is not built yet.",
        "devices: [gem3]",
        'devices: [{gem3: {dma: trusted, reason: "bench only", drop: [reset-gpios]}}]',
        ("partitions.*.devices",),
        _smmu,
        'if its software is trusted: `{dma: trusted, reason: "..."}` and `map: identity`',
        True,
    ),
    NotYet(
        "BH-NYI-022",
        "Filtered calls to platform firmware (pins, power domains, resets) are not built yet.",
        "devices: [camera]          # whose node has `power-domains`",
        "devices: [{camera: {drop: [power-domains]}}]",
        ("partitions.*.devices",),
        _firmware,
        "`drop` the property, and let the boot loader set up what it asks for",
        True,
    ),
)


def _register(row: NotYet) -> None:
    @rule(
        row.id,
        severity=Severity.WARNING,
        build_severity=Severity.ERROR,
        sentence=row.sentence,
        wrong=row.wrong,
        right=row.right,
        keys=row.keys,
        board=row.board,
    )
    def not_yet(context: Context) -> Iterator[Finding]:
        for place, what in dict.fromkeys(row.find(context)):
            yield Finding(place, f"{what}: not built yet", row.instead)


for _row in NOT_YET:
    _register(_row)
