# SPDX-License-Identifier: Apache-2.0
# implements: LLR-802
"""Who owns what: a card a partition, the cores against the partitions, devices and interrupts against their owners."""

from __future__ import annotations

from generator.allocate.memory import size_text
from generator.allocate.resolved import Resolved
from generator.pictures.shapes import LINE, Picture, hues, width_of
from generator.plan import features_text

_CARD = 190
_GAP = 16
_WIDEST = 1150      # cards go on in another row
_CORE = 34
_ROW = 26
_COLUMN_LEAST = 110


def cards(resolved: Resolved) -> Picture:
    """A card for each partition with its cores on top; the hypervisor below all of them."""
    colours = hues(resolved)
    picture = Picture("Partitions with their cores and devices")
    features = {guest.name: features_text(guest) for guest in resolved.guests}
    height = _CORE + 44 + max((len(lines) for lines in features.values()), default=1) * LINE
    x = y = right = 8.0
    for guest in resolved.guests:
        lines = features[guest.name]
        width = max(_CARD, len(guest.cores) * (_CORE + 6) + 16, max(map(width_of, [*lines, guest.name])) + 20)
        if x > 8 and x + width > _WIDEST:
            x, y = 8.0, y + height + _GAP
        picture.box("card", x, y, width, height, colours[guest.name])
        picture.text(guest.name, x + 10, y + 20, "strong")
        for number, core in enumerate(guest.cores):
            left = x + 10 + number * (_CORE + 6)
            picture.box("core", left, y + 28, _CORE, _CORE - 8, colours[guest.name], f"core {core}")
            picture.text(f"c{core}", left + _CORE / 2, y + 45, middle=True)
        for number, words in enumerate(lines):
            picture.text(words, x + 10, y + 76 + number * LINE)
        right = max(right, x + width)
        x += width + _GAP
    y += height + _GAP
    console = f"console {resolved.console.uart}" if resolved.console is not None else "no console"
    idle = [str(core.number) for core in resolved.cores if not core.used]
    words = f"supervisor: core {resolved.supervisor} · {console} · {size_text(resolved.kernel.size)} at {resolved.kernel.base:#x}"
    words += f" · left off: core {', '.join(idle)}" if idle else ""
    picture.box("card", 8, y, max(right - 8, width_of(words) + 20), 46, colours["bulkhead"])
    picture.text("bulkhead", 18, y + 20, "strong")
    picture.text(words, 18, y + 38)
    return picture


def cores(resolved: Resolved) -> Picture:
    """Cores to the right, partitions downwards; a cell holds the vCPU that runs there."""
    colours = hues(resolved)
    picture = Picture("Cores and the partitions on them")
    left = 24 + max((width_of(guest.name) for guest in resolved.guests), default=0)
    for column, core in enumerate(resolved.cores):
        x = left + column * _COLUMN_LEAST
        picture.text(f"core {core.number}", x + _COLUMN_LEAST / 2, 20, "strong", middle=True)
        words = core.scheduler if core.used else "left off"
        picture.text(words + (", supervisor" if core.number == resolved.supervisor else ""), x + _COLUMN_LEAST / 2, 36, "faint small",
                     middle=True, within=_COLUMN_LEAST + 24)
    for row, guest in enumerate(resolved.guests):
        y = 46 + row * _ROW
        picture.text(guest.name, 8, y + 17, "strong")
        for column, core in enumerate(resolved.cores):
            x = left + column * _COLUMN_LEAST
            mine = core.number in guest.cores
            picture.box("owned" if mine else "free", x + 3, y, _COLUMN_LEAST - 6, _ROW - 4, colours[guest.name] if mine else -1)
            if mine:
                picture.text(f"vCPU {guest.cores.index(core.number)}", x + _COLUMN_LEAST / 2, y + 16, middle=True)
    return picture


def devices(resolved: Resolved) -> Picture:
    """A row a device and a column an owner; the cell holds the interrupts that go with the device."""
    colours = hues(resolved)
    rows: list[tuple[str, str, dict[str, str]]] = []
    if resolved.console is not None:
        rows.append((resolved.console.uart, f"{resolved.console.base:#x}", {"bulkhead": f"SPI {resolved.console.irq - 32}"}))
    for guest in resolved.guests:
        for device in guest.devices:
            lines = ", ".join(f"{line.spi}" for line in device.interrupts)
            at = f"{device.windows[0].base:#x}" if device.windows else ""
            rows.append((device.name, at, {guest.name: f"SPI {lines}" if lines else "no interrupt"}))
    emulated = {guest.name: f"SPI {guest.console.irq - 32}" for guest in resolved.guests
                if guest.console.kind == "virtual" and guest.console.irq is not None}
    if emulated:
        rows.append(("virtual console", "emulated", emulated))
    for channel in resolved.channels:
        bells = {guest.name: f"SPI {end.irq - 32}" for guest in resolved.guests for end in guest.channels
                 if end.channel == channel.name and end.irq is not None}
        if bells:
            rows.append((channel.name, "doorbell", bells))
    owners = ["bulkhead", *(guest.name for guest in resolved.guests)]
    columns = {owner: max(_COLUMN_LEAST, width_of(owner) + 16,
                          *(width_of(cells.get(owner, "")) + 22 for _, _, cells in rows)) for owner in owners}
    picture = Picture("Devices and interrupts, and who has them")
    names = 16 + max((width_of(name) for name, _, _ in rows), default=0)
    left = names + 16 + max((width_of(at) for _, at, _ in rows), default=0)
    x = left
    for owner in owners:
        picture.text(owner, x + columns[owner] / 2, 20, "strong", middle=True)
        x += columns[owner]
    for row, (name, at, cells) in enumerate(rows):
        y = 32 + row * _ROW
        picture.text(name, 8, y + 16, "strong")
        picture.text(at, names, y + 16, "faint")
        x = left
        for owner in owners:
            mine = owner in cells
            picture.box("owned" if mine else "free", x + 3, y, columns[owner] - 6, _ROW - 4, colours[owner] if mine else -1)
            if mine:
                picture.text(cells[owner], x + columns[owner] / 2, y + 16, middle=True)
            x += columns[owner]
    return picture
