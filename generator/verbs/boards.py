# SPDX-License-Identifier: Apache-2.0
"""`boards`: what `board:` can name."""

from __future__ import annotations

import json

import click

from generator.cli import OK, Options, common_options
from generator.diagnostics import Diagnostics
from generator.hardware import Board, boards, load_board
from generator.memory_map import human
from generator.table import text_table


@click.command("boards")
@common_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(options: Options, as_json: bool) -> int:
    """List the boards."""
    found = [load_board(name, Diagnostics()) for name in boards()]
    if as_json:
        click.echo(json.dumps({"ok": True, "boards": [_as_json(board) for board in found]}, indent=2))
        return OK
    rows = [
        (
            board.name,
            f"{len(board.cores)} x {board.cores[0].compatible.removeprefix('arm,')}",
            f"GICv{board.gic.version}",
            " + ".join(human(bank.size) for bank in board.dram),
            str(board.file.model),
        )
        for board in found
    ]
    click.echo(text_table(("board", "cores", "gic", "ram", "model"), rows), nl=False)
    return OK


def _as_json(board: Board) -> dict[str, object]:
    return {
        "board": board.name,
        "model": str(board.file.model),
        "cores": [core.mpidr for core in board.cores],
        "gic": board.gic.version,
        "ram": [{"base": bank.base, "size": bank.size} for bank in board.dram],
        "uarts": sorted(name for name, uart in board.uarts.items() if uart.wired),
    }
