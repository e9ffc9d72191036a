# SPDX-License-Identifier: Apache-2.0
# implements: LLR-1194
"""Rules on devices that are reset when their partition restarts cold."""

from __future__ import annotations

from typing import Iterator

from generator.check.context import Context
from generator.defaults import restartable
from generator.diagnostics import Finding
from generator.hardware import Device, Window
from generator.model import DeviceUse
from generator.rules import rule


def _resets(context: Context) -> Iterator[tuple[str, DeviceUse, Device]]:
    for name, _, use, device in context.uses:
        if context.quiesce_of(use, device) == "reset" and restartable(context.system, name):
            yield name, use, device


@rule(
    "BH-RST-001",
    sentence="A device with `quiesce: reset` of a partition that can restart has a reset line in the board's tree.",
    wrong="hardware: {io: {..., quiesce: reset}}",
    right="devices: [{ttc0: {quiesce: reset}}]",
    keys=("hardware.*.quiesce", "partitions.*.devices[].*.quiesce"),
    board=True,
)
def reset_known(context: Context) -> Iterator[Finding]:
    for name, use, device in _resets(context):
        if device.reset is None:
            yield Finding(
                use.name.place if hasattr(use.name, "place") else use.place,
                f"no reset line of `{device.name}` is known: `{name}` cannot reset it when it restarts",
                "an overlay may state one (`bulkhead,reset = <&controller offset mask>`); or write `none` if nothing needs to be"
                " stopped, else `impossible`",
            )


@rule(
    "BH-RST-002",
    sentence="A reset line stops devices of one partition only.",
    wrong="a: devices: [{lpd_dma_chan1: {quiesce: reset, ...}}]\nb: devices: [{lpd_dma_chan2: {...}}]",
    right="both channels in one partition",
    keys=("partitions.*.devices[].*.quiesce",),
    board=True,
    isolation=True,
)
def reset_own(context: Context) -> Iterator[Finding]:
    lines = [(owner, device) for device, owner in _owned(context) if device.reset is not None]
    for name, use, device in _resets(context):
        for owner, other in lines:
            line = device.reset
            if line is not None and owner != name and other.reset.register == line.register and other.reset.mask & line.mask:
                yield Finding(
                    use.name.place if hasattr(use.name, "place") else use.place,
                    f"the reset of `{device.name}` would also reset `{other.name}` of `{owner}`",
                    "give both to one partition, or write `none` or `impossible`",
                )


@rule(
    "BH-RST-003",
    sentence="The register of a reset line belongs to no partition.",
    wrong="# an overlay: bulkhead,reset = <&control 0x0 0x1>;\ndevices: [control, {io: {quiesce: reset}}]",
    right="devices: [{io: {quiesce: reset}}]",
    keys=("partitions.*.devices[].*.quiesce", "board.overlays"),
    board=True,
    isolation=True,
)
def reset_register(context: Context) -> Iterator[Finding]:
    for _, use, device in _resets(context):
        if device.reset is None:
            continue
        page = Window(device.reset.register, 4).pages()
        for owner, _, _, other in context.uses:
            if any(window.pages().overlaps(page) for window in other.windows):
                yield Finding(
                    use.name.place if hasattr(use.name, "place") else use.place,
                    f"the reset register of `{device.name}` lies in a page of `{other.name}`, which `{owner}` can write",
                    f"do not assign `{other.name}`",
                )


def _owned(context: Context) -> Iterator[tuple[Device, str]]:
    for name, _, _, device in context.uses:
        yield device, name
    for name, owners in context.owners.items():
        device = context.board.find(name)
        if device is not None and any(owner.who == "hypervisor" for owner in owners):
            yield device, "hypervisor"
