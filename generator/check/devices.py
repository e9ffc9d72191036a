# SPDX-License-Identifier: Apache-2.0
# implements: LLR-525
"""Rules on devices of partitions: they exist, are wired, and belong to one owner."""

from __future__ import annotations

import re
from typing import Iterator

from generator.check.context import Context, Owner
from generator.diagnostics import Finding, Place, Severity
from generator.hardware import Device, Window
from generator.keys import Text
from generator.rules import nearest_hint, rule


@rule(
    "BH-DEV-001",
    sentence="A device is a label or alias of the board's tree, or one of `hardware:`.",
    wrong="devices: [tcc0]",
    right="devices: [ttc0]",
    keys=("partitions.*.devices", "hardware"),
    board=True,
)
def device_exists(context: Context) -> Iterator[Finding]:
    declared = context.system.hardware.names if context.system.hardware is not None else set()
    known = {name for name, device in context.board.devices.items() if not device.of_hypervisor}
    known |= declared
    for partition in context.partitions.values():
        for use in partition.devices or ():
            if context.board.find(str(use.name)) is None and use.name not in declared:
                hint = nearest_hint(str(use.name), known, "devices")
                yield Finding(
                    use.name.place,
                    f"`{context.board.name}` has no device `{use.name}`",
                    f"{hint} (`bulkhead devices {context.board.name}` lists them)",
                )


@rule(
    "BH-DEV-002",
    sentence="A device belongs to one partition.",
    wrong="a: {devices: [ttc0], ...}\nb: {devices: [ttc0], ...}",
    right="a: {devices: [ttc0], ...}\nb: {devices: [ttc1], ...}",
    keys=("partitions.*.devices", "partitions.*.console"),
    isolation=True,
    board=True,
)
def one_owner(context: Context) -> Iterator[Finding]:
    for device, owners in context.owners.items():
        partitions = [owner for owner in owners if owner.who != HYPERVISOR]
        for owner in partitions[1:]:
            if owner.who != partitions[0].who:
                yield Finding(
                    owner.place,
                    f"`{device}` belongs to `{partitions[0].who}` (line {partitions[0].place.line})"
                    f" and to `{owner.who}`",
                    "leave it to one of them; the other may reach it through a channel",
                )


HYPERVISOR = "hypervisor"


def _assigned(context: Context) -> Iterator[tuple[str, Place, Device]]:
    """(owner, place, device) of each device that a partition or the hypervisor names."""
    for name, owners in context.owners.items():
        device = context.board.devices[name]
        for owner in owners:
            yield owner.who, owner.place, device


@rule(
    "BH-DEV-003",
    sentence="A device is wired on the board.",
    wrong="devices: [gem0]          # zcu102 wires gem3 only",
    right="devices: [gem3]",
    keys=("partitions.*.devices", "partitions.*.console", "hypervisor.console.uart"),
    board=True,
)
def device_wired(context: Context) -> Iterator[Finding]:
    for _, place, device in _assigned(context):
        if not device.wired:
            kind = re.sub(r"[0-9]+$", "", device.name)
            others = sorted(
                other.name
                for other in context.board.devices.values()
                if other.wired and re.sub(r"[0-9]+$", "", other.name) == kind
            )
            instead = f"wired of its kind: {', '.join(others)}; " if others else ""
            yield Finding(
                place,
                f"`{device.name}` is in the chip, but not wired on `{context.board.name}`",
                f'{instead}an overlay can say `&{device.name} {{ status = "okay"; }};`',
            )


@rule(
    "BH-DEV-004",
    sentence="The interrupt controller, IOMMU and system controllers belong to the hypervisor.",
    wrong="devices: [gic]",
    right="devices: [ttc0]",
    keys=("partitions.*.devices",),
    isolation=True,
    board=True,
)
def not_hypervisors(context: Context) -> Iterator[Finding]:
    for owner, place, device in _assigned(context):
        if device.of_hypervisor and owner != HYPERVISOR:
            yield Finding(
                place,
                f"`{device.name}` belongs to the hypervisor: with it `{owner}` could reach others",
                "remove it; a partition sees its own interrupt controller without asking",
            )


@rule(
    "BH-DEV-005",
    sentence="The hypervisor's UART and watchdog are not a partition's.",
    wrong="hypervisor: {console: {uart: uart0}}\npartitions: {a: {devices: [uart0], ...}}",
    right="hypervisor: {console: {uart: uart0}}\npartitions: {a: {devices: [uart1], ...}}",
    keys=("partitions.*.devices", "partitions.*.console", "hypervisor"),
    isolation=True,
    board=True,
)
def not_the_consoles(context: Context) -> Iterator[Finding]:
    for device, owners in context.owners.items():
        if any(owner.who == HYPERVISOR for owner in owners):
            for owner in owners:
                if owner.who != HYPERVISOR:
                    yield Finding(
                        owner.place,
                        f"`{device}` is used by the hypervisor, and `{owner.who}` names it too",
                        "choose another one, or `console: virtual`",
                    )


def _windows(context: Context) -> list[tuple[Window, Device]]:
    """Every window of every device, in the order of addresses."""
    found = [(window, device) for device in context.board.devices.values() for window in device.windows]
    return sorted(found, key=lambda item: (item[0].base, item[1].name))


def _neighbours(context: Context) -> Iterator[tuple[Device, Window, Device, Window]]:
    """Pairs of different devices that share a 4 KiB page, one of them assigned."""
    assigned = {device.name for _, _, device in _assigned(context)}
    reach: list[tuple[Window, Window, Device]] = []
    for window, device in _windows(context):
        pages = window.pages()
        reach = [item for item in reach if item[0].end > pages.base]
        for _, other_window, other in reach:
            if other.name != device.name and {other.name, device.name} & assigned:
                yield other, other_window, device, window
        reach.append((pages, window, device))


def _owner(context: Context, device: Device) -> Owner | None:
    owners = context.owners.get(device.name)
    if owners:
        return owners[0]
    return Owner(HYPERVISOR, Place("")) if device.of_hypervisor else None


@rule(
    "BH-DEV-006",
    sentence="A device does not share a 4 KiB page with another owner's device.",
    wrong="a: {devices: [virtio0], ...}\nb: {devices: [virtio1], ...}     # 512 bytes further",
    right="a: {devices: [virtio0], ...}\nb: {devices: [virtio8], ...}     # the next page",
    keys=("partitions.*.devices", "partitions.*.console", "hardware"),
    isolation=True,
    board=True,
)
def page_not_shared(context: Context) -> Iterator[Finding]:
    for first, first_window, second, second_window in _neighbours(context):
        one, two = _owner(context, first), _owner(context, second)
        if one is None or two is None or one.who == two.who:
            continue
        late, late_device, late_window = two, second, second_window
        early, early_device, early_window = one, first, first_window
        if not late.place.file or (early.place.file and early.place > late.place):
            late, late_device, late_window, early, early_device, early_window = (
                early,
                early_device,
                early_window,
                late,
                late_device,
                late_window,
            )
        yield Finding(
            late.place,
            f"`{late_device.name}` of `{late.who}` at {late_window} shares a 4 KiB page with"
            f" `{early_device.name}` of `{early.who}` at {early_window}",
            "stage 2 maps whole pages: give both to one partition, or take one in another page",
        )


@rule(
    "BH-DEV-007",
    severity=Severity.NOTE,
    sentence="A device in a page with devices that nobody owns makes these reachable too.",
    wrong="devices: [virtio0]       # virtio1 to virtio7 are in its page",
    right="devices: [virtio0, virtio1, virtio2, virtio3, virtio4, virtio5, virtio6, virtio7]",
    keys=("partitions.*.devices", "hardware"),
    board=True,
)
def page_with_unowned(context: Context) -> Iterator[Finding]:
    reached: dict[str, list[str]] = {}
    for first, _, second, _ in _neighbours(context):
        for device, other in ((first, second), (second, first)):
            if context.owners.get(device.name) and _owner(context, other) is None:
                reached.setdefault(device.name, []).append(other.name)
    for name, others in reached.items():
        owner = context.owners[name][0]
        listed = ", ".join(f"`{other}`" for other in dict.fromkeys(others))
        yield Finding(
            owner.place,
            f"`{owner.who}` can also reach {listed}, in the same 4 KiB page as `{name}`",
            "nobody else owns them; list them too if that is meant",
        )


@rule(
    "BH-DEV-008",
    sentence="A partition lists a device once.",
    wrong="devices: [ttc0, ttc0]",
    right="devices: [ttc0, ttc1]",
    keys=("partitions.*.devices",),
    board=True,
)
def listed_once(context: Context) -> Iterator[Finding]:
    seen: dict[tuple[str, str], Place] = {}
    for name, _, use, device in context.uses:
        first = seen.setdefault((name, device.name), use.place)
        if first is not use.place:
            yield Finding(
                use.name.place,
                f"`{name}` lists `{device.name}` twice; first in line {first.line}",
                "remove one of the two entries",
            )


_MAC = re.compile(r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}")


def _macs(context: Context) -> Iterator[tuple[str, Text, Device]]:
    for name, _, use, device in context.uses:
        if use.mac is not None:
            yield name, use.mac, device


@rule(
    "BH-DEV-009",
    sentence="A MAC address is six pairs of hexadecimal digits.",
    wrong='devices: [{gem3: {mac: "02-00-00-00-00-01"}}]',
    right='devices: [{gem3: {mac: "02:00:00:00:00:01"}}]',
    keys=("partitions.*.devices",),
    board=True,
)
def mac_form(context: Context) -> Iterator[Finding]:
    for _, mac, _ in _macs(context):
        if not _MAC.fullmatch(mac):
            yield Finding(
                mac.place,
                f"`{mac}` is not a MAC address",
                'write six pairs with colons, in quotes: "02:00:00:00:00:01"',
            )


@rule(
    "BH-DEV-010",
    sentence="A MAC address is one station's: not multicast, not zero.",
    wrong='devices: [{gem3: {mac: "01:00:00:00:00:01"}}]',
    right='devices: [{gem3: {mac: "02:00:00:00:00:01"}}]',
    keys=("partitions.*.devices",),
    board=True,
)
def mac_unicast(context: Context) -> Iterator[Finding]:
    for _, mac, _ in _macs(context):
        if _MAC.fullmatch(mac) and (int(mac[:2], 16) & 1 or not mac.strip("0:")):
            yield Finding(
                mac.place,
                f"`{mac}` is not the address of one station",
                "the first octet is even; 02 marks a locally administered address",
            )


@rule(
    "BH-DEV-011",
    sentence="Two devices do not have the same MAC address.",
    wrong='devices: [{gem2: {mac: "02:00:00:00:00:01"}}, {gem3: {mac: "02:00:00:00:00:01"}}]',
    right='devices: [{gem2: {mac: "02:00:00:00:00:02"}}, {gem3: {mac: "02:00:00:00:00:01"}}]',
    keys=("partitions.*.devices",),
    board=True,
)
def mac_once(context: Context) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for _, mac, device in _macs(context):
        first = seen.setdefault(mac.lower(), device.name)
        if first != device.name:
            yield Finding(
                mac.place,
                f"`{first}` and `{device.name}` have the same MAC address {mac}",
                "give each its own",
            )


@rule(
    "BH-DEV-012",
    severity=Severity.WARNING,
    sentence="`mac` is for Ethernet devices.",
    wrong='devices: [{ttc0: {mac: "02:00:00:00:00:01"}}]',
    right='devices: [{gem3: {mac: "02:00:00:00:00:01"}}]',
    keys=("partitions.*.devices",),
    board=True,
)
def mac_for_ethernet(context: Context) -> Iterator[Finding]:
    for _, mac, device in _macs(context):
        if device.from_tree and "/ethernet@" not in device.path:
            yield Finding(
                mac.place, f"`{device.name}` is not an Ethernet device", "remove `mac`"
            )


@rule(
    "BH-DEV-013",
    sentence="A device's windows fit into the board's IPA size.",
    wrong="devices: [pcie]          # zcu102: its window is above 36 bits",
    right="devices: [gem3]",
    keys=("partitions.*.devices",),
    board=True,
)
def window_in_range(context: Context) -> Iterator[Finding]:
    limit = 1 << context.board.ipa_bits
    for name, _, use, device in context.uses:
        for window in device.windows:
            if window.end > limit:
                yield Finding(
                    use.name.place,
                    f"the window {window} of `{device.name}` is beyond the {context.board.ipa_bits}"
                    f" bits that `{name}` can address",
                    f"devices are mapped at their own addresses, below {limit:#x}",
                )
