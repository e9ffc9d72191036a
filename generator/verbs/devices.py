# SPDX-License-Identifier: Apache-2.0
"""`devices BOARD [NAME]`: what a partition can own on a board."""

from __future__ import annotations

import json

import click

from generator.cli import OK, Options, UsageProblem, common_options
from generator.diagnostics import Diagnostics
from generator.hardware import Board, Device, boards, load_board
from generator.rules import nearest_hint
from generator.table import text_table


@click.command("devices")
@common_options
@click.argument("board")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(options: Options, board: str, name: str | None, as_json: bool) -> int:
    """List a board's devices, or show one with all that is known of it."""
    if board not in boards():
        raise UsageProblem(f"there is no board `{board}`: {nearest_hint(board, boards(), 'boards')}")
    loaded = load_board(board, Diagnostics())
    devices = sorted(loaded.devices.values(), key=lambda device: device.windows[0].base)
    if name is not None:
        device = loaded.find(name)
        if device is None:
            hint = nearest_hint(name, loaded.device_names, "devices")
            raise UsageProblem(f"`{board}` has no device `{name}`: {hint}")
        devices = [device]
    if as_json:
        listed = [_as_json(device) for device in devices]
        click.echo(json.dumps({"ok": True, "board": board, "devices": listed}, indent=2))
    elif name is not None:
        click.echo(_details(loaded, devices[0]), nl=False)
    else:
        click.echo(text_table(_HEADINGS, [_row(device) for device in devices]), nl=False)
    return OK


_HEADINGS = ("device", "aliases", "window", "SPI (GIC id)", "DMA", "wired", "QEMU", "compatible")


def _lines(device: Device) -> str:
    return ", ".join(f"{line.spi} ({line.id})" for line in device.interrupts) or "-"


def dma_text(device: Device) -> str:
    """Whether it masters the bus, and what stands before it."""
    if not device.dma_master:
        return "-"
    if device.streams:
        return "stream " + ",".join(f"{stream:#x}" for stream in device.streams)
    return "no IOMMU"


def _wired(device: Device) -> str:
    if device.of_hypervisor:
        return "hypervisor"
    return "yes" if device.wired else "no"


def _row(device: Device) -> tuple[str, ...]:
    more = f" +{len(device.windows) - 1}" if len(device.windows) > 1 else ""
    return (
        device.name,
        ",".join(device.aliases) or "-",
        str(device.windows[0]) + more,
        _lines(device),
        dma_text(device),
        _wired(device),
        "yes" if device.in_qemu else "no",
        device.compatible[0] if device.compatible else "-",
    )


def _details(board: Board, device: Device) -> str:
    rows = [
        ("board", board.name),
        ("aliases", ", ".join(device.aliases) or "none"),
        ("node", device.path),
        ("compatible", ", ".join(device.compatible) or "none"),
    ]
    rows += [("window", f"{window} ({window.size:#x} bytes)") for window in device.windows]
    rows += [("interrupt", f"{line}, {line.trigger}") for line in device.interrupts]
    rows += [
        ("clock", f"{clock.name or '-'} {clock.frequency / 1e6:g} MHz" if clock.frequency else f"{clock.name or '-'} (not fixed)")
        for clock in device.clocks
    ]
    rows += [
        ("bus master", dma_text(device).replace("-", "no") if device.dma_master else "no"),
        ("wired", "yes" if device.wired else "no: in the chip only"),
        ("owner", "the hypervisor" if device.of_hypervisor else "any partition that lists it"),
        ("in QEMU's model", "yes" if device.in_qemu else "no"),
    ]
    for reference in board.references(device):
        if not reference.inside and reference.property not in ("clocks", "iommus"):
            rows.append(("refers to", f"{reference.target_name} by `{reference.property}`"))
    return text_table((device.name, ""), rows)


def _as_json(device: Device) -> dict[str, object]:
    return {
        "device": device.name,
        "aliases": list(device.aliases),
        "compatible": list(device.compatible),
        "windows": [{"base": window.base, "size": window.size} for window in device.windows],
        "interrupts": [
            {"spi": line.spi, "id": line.id, "trigger": line.trigger} for line in device.interrupts
        ],
        "dma": device.dma_master,
        "streams": list(device.streams),
        "wired": device.wired,
        "hypervisor": device.of_hypervisor,
        "qemu": device.in_qemu,
    }
