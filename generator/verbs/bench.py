# SPDX-License-Identifier: Apache-2.0
# implements: LLR-904, LLR-905
"""`bench`: instruction counts of the kernel's paths against the stored baseline, and where a path's instructions go."""

from __future__ import annotations

import json
from pathlib import Path

import click

from generator.cli import OK, WRONG, Options, UsageProblem, common_options

_BAR = 40


@click.command("bench")
@common_options
@click.option("--board", "boards", multiple=True, metavar="BOARD", help="Measure on this board only; may repeat.")
@click.option("--mode", "modes", multiple=True, type=click.Choice(["virtual", "direct"]), help="Interrupts of the guest; may repeat.")
@click.option("--explain", "row", metavar="ROW", help="Show where the instructions of one row go, by function.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(options: Options, boards: tuple[str, ...], modes: tuple[str, ...], row: str | None, as_json: bool) -> int:
    """Count the instructions of the kernel's paths; 1 when one got slower or left its bound."""
    from verify.bench import measure, paths  # the measurements live in verify/

    boards = boards or measure.BOARDS
    for board in boards:
        if board not in measure.BOARDS:
            raise UsageProblem(f"no board `{board}`; there are {', '.join(measure.BOARDS)}")
    folder = Path(options.output or "build/bench").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if row is not None:
            found = paths.explain(boards[0], (modes or measure.MODES)[0], row.replace("-", "_"), folder)
            click.echo(json.dumps(found, indent=2) if as_json else _flame(found), nl=as_json)
            return OK
        return _measure(options, boards, modes or measure.MODES, as_json, folder)
    except paths.NotThere as error:
        raise UsageProblem(str(error)) from error


def _flame(found: dict) -> str:
    total = found["footprint"]["instructions"]
    touched = found["footprint"]
    lines = [f"{found['row']} on {found['board']}, interrupts {found['mode']}: {total} instructions in the kernel, "
             f"{touched['code_lines']} cache lines of code, {touched['data_lines']} of data, {touched['pages']} pages, "
             f"{touched['device_accesses']} device accesses"]
    for part in found["functions"]:
        count = part["instructions"]
        bar = "#" * max(1, round(count * _BAR / total))
        lines.append(f"{count:6} {bar:{_BAR}} {'  ' * part['depth']}{part['function']}")
    return "\n".join(lines) + "\n"


def _measure(options: Options, boards: tuple[str, ...], modes: tuple[str, ...], as_json: bool, folder: Path) -> int:
    from verify.bench import measure

    known, peers = measure.load(), measure.peers()
    results, failures = [], []
    for board in boards:
        for mode in modes:
            if not options.quiet:
                click.echo(f"bench: {board}, interrupts {mode}", err=True)
            rows = measure.measure(board, mode, folder)
            bounds = measure.bounds_of(known, board, mode)
            baseline = known["baseline"].get(board, {}).get(mode, {})
            wrong = measure.judge(rows, bounds, baseline)
            failures += [f"{board}, {mode}: {what}" for what in wrong]
            results += [{"board": board, "mode": mode, "row": name, "value": value, "bound": bounds.get(name),
                         "baseline": baseline.get(name), **peers.get(name, {})} for name, value in rows.items()]
    if as_json:
        click.echo(json.dumps({"ok": not failures, "failures": failures, "rows": results}, indent=2))
    else:
        click.echo(_table(results))
        for failure in failures:
            click.echo(f"bench: {failure}", err=True)
    return WRONG if failures else OK


def _table(results: list[dict]) -> str:
    heads = ("board", "interrupts", "row", "value", "bound", "baseline", "native", "Bao", "Xen")
    keys = ("board", "mode", "row", "value", "bound", "baseline", "native", "bao", "xen")
    table = [heads] + [tuple("-" if line.get(key) is None else str(line[key]) for key in keys) for line in results]
    widths = [max(len(line[column]) for line in table) for column in range(len(heads))]
    return "\n".join("  ".join(cell.ljust(width) if column < 3 else cell.rjust(width)
                               for column, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in table)
