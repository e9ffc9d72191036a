# SPDX-License-Identifier: Apache-2.0
# implements: LLR-529
"""Rules on bus masters."""

from __future__ import annotations

from typing import Iterator

from generator.check.context import Context
from generator.diagnostics import Finding, Severity
from generator.rules import rule


@rule(
    "BH-DMA-001",
    sentence="A bus master stands behind an IOMMU, or has `dma: trusted`.",
    wrong="devices: [virtio0]",
    right='devices: [{virtio0: {dma: trusted, reason: "bench only"}}]',
    keys=("partitions.*.devices",),
    isolation=True,
    board=True,
)
def master_contained(context: Context) -> Iterator[Finding]:
    for name, _, use, device in context.uses:
        if device.dma_master and not device.streams and use.dma != "trusted":
            yield Finding(
                use.name.place,
                f"`{device.name}` of `{name}` masters the bus, and no IOMMU stands before it",
                'if its software is trusted: `{dma: trusted, reason: "..."}` and `map: identity`',
            )


@rule(
    "BH-DMA-002",
    sentence="`dma: trusted` needs `map: identity`: the device knows physical addresses only.",
    wrong='memory: 1 GiB\ndevices: [{gem3: {dma: trusted, reason: "bench only"}}]',
    right='memory: {size: 1 GiB, map: identity}\ndevices: [{gem3: {dma: trusted, reason: "bench only"}}]',
    keys=("partitions.*.devices", "partitions.*.memory"),
    isolation=True,
    board=True,
)
def trusted_is_identity(context: Context) -> Iterator[Finding]:
    for name, partition, use, device in context.uses:
        if use.dma == "trusted" and device.dma_master and partition.memory.map != "identity":
            yield Finding(
                use.dma.place,
                f"`{device.name}` is trusted with DMA, but the memory of `{name}` is not identity-mapped",
                f"write `memory: {{size: ..., map: identity}}` in `{name}`",
            )


@rule(
    "BH-DMA-003",
    sentence="`dma: trusted` states a reason, which every report repeats.",
    wrong="devices: [{gem3: {dma: trusted}}]",
    right='devices: [{gem3: {dma: trusted, reason: "bench only"}}]',
    keys=("partitions.*.devices",),
    isolation=True,
    board=True,
)
def trusted_has_reason(context: Context) -> Iterator[Finding]:
    for _, _, use, device in context.uses:
        if use.dma == "trusted" and use.reason is None:
            yield Finding(
                use.dma.place,
                f"`dma: trusted` of `{device.name}` states no reason",
                'add `reason: "why its DMA cannot harm others"`',
            )


@rule(
    "BH-DMA-004",
    severity=Severity.WARNING,
    sentence="`dma: trusted` is for bus masters.",
    wrong='devices: [{ttc0: {dma: trusted, reason: "..."}}]',
    right="devices: [ttc0]",
    keys=("partitions.*.devices",),
    board=True,
)
def trusted_master(context: Context) -> Iterator[Finding]:
    for _, _, use, device in context.uses:
        if use.dma == "trusted" and not device.dma_master:
            yield Finding(
                use.dma.place, f"`{device.name}` does not master the bus", "remove `dma: trusted`"
            )


@rule(
    "BH-DMA-005",
    severity=Severity.WARNING,
    sentence="`reason` explains `dma: trusted`.",
    wrong='devices: [{gem3: {reason: "bench only"}}]',
    right='devices: [{gem3: {dma: trusted, reason: "bench only"}}]',
    keys=("partitions.*.devices",),
    board=True,
)
def reason_for_trust(context: Context) -> Iterator[Finding]:
    for _, _, use, device in context.uses:
        if use.reason is not None and use.dma is None:
            yield Finding(
                use.reason.place,
                f"`{device.name}` has a reason, but no `dma: trusted`",
                "add `dma: trusted`, or remove the reason",
            )
