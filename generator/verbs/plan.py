# SPDX-License-Identifier: Apache-2.0
"""`plan SYSTEM`: who gets what, as tables and as plan.html; builds nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import click
from rich.console import Console
from rich.table import Table as RichTable

from generator.allocate import OutOfMemory, Resolved, allocate
from generator.allocate.payloads import RecipeFailed, run_recipe
from generator.build.steps import write_if_changed
from generator.check.context import Context
from generator.check.runner import Checked, check_file
from generator.cli import OK, WRONG, Options, UsageProblem, common_options
from generator.guest_header import headers_of
from generator.guest_tree import Dropped, TreeDefect, guest_tree
from generator.load import SourceNotFound
from generator.picture import plan_html
from generator.plan import headline, tables_of


@click.command("plan")
@common_options
@click.argument("system")
@click.option("--for", "target", type=click.Choice(["hardware", "qemu"]), default="hardware", help="What it will run on.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--open", "open_page", is_flag=True, help="Show plan.html in a browser.")
def command(options: Options, system: str, target: str, as_json: bool, open_page: bool) -> int:
    """Show who gets which memory, cores, interrupts and devices."""
    try:
        checked = check_file(system, strict=options.strict)
    except SourceNotFound as error:
        raise UsageProblem(str(error)) from error
    resolved, dropped = None, {}
    if checked.ok:
        try:
            resolved, dropped = resolve(checked, target)
        except OutOfMemory as error:
            checked.diagnostics.add(error.diagnostic)
    options.show(checked.diagnostics)
    if resolved is None:
        if as_json:
            _print_json(checked, None, {})
        return WRONG
    folder = options.folder(resolved.system, target == "qemu")
    page = os.path.join(folder, "plan.html")
    write_if_changed(page, plan_html(resolved, dropped))
    headers = headers_of(resolved, checked.board.gic)
    for name, header in headers.items():
        write_if_changed(os.path.join(folder, name), header)
    if as_json:
        _print_json(checked, resolved, dropped)
    elif not options.quiet:
        _print_tables(resolved, dropped, options.color and sys.stdout.isatty())
        click.echo(f"pictures: {page}")
        for name in headers:
            click.echo(f"header:   {os.path.join(folder, name)}")
    if open_page:
        _open(page)
    return OK


def resolve(checked: Checked, target: str) -> tuple[Resolved, dict[str, tuple[Dropped, ...]]]:
    """The resolved system and what its trees leave out. Recipes are asked for what they have, not run."""
    context = Context(checked.system, checked.board, "check")
    resolved = allocate(context, target, _known_recipes(context))
    dropped = {}
    for guest in resolved.guests:
        try:
            dropped[guest.name] = guest_tree(resolved, guest, checked.board, 0).dropped if guest.image.tree is not None else ()
        except TreeDefect:
            dropped[guest.name] = ()  # `check` has said so already, as a warning or an error
    return resolved, dropped


def _known_recipes(context: Context) -> dict[str, dict]:
    found = {}
    for name, partition in context.system.partitions.items():
        if partition.image.recipe is not None:
            folder = context.folder(partition.image.recipe)
            try:
                found[str(name)] = run_recipe(folder, offline=True) if folder is not None else {}
            except RecipeFailed:
                continue  # nothing fetched yet: sizes are estimates, and the table says so
    return {name: answer for name, answer in found.items() if answer}


def _print_json(checked: Checked, resolved: Resolved | None, dropped: dict[str, tuple[Dropped, ...]]) -> None:
    answer: dict = {"system": checked.name, "ok": resolved is not None, "diagnostics": checked.diagnostics.as_json_list()}
    if resolved is not None:
        answer |= {table.key: table.as_json() for table in tables_of(resolved, dropped)}
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def _print_tables(resolved: Resolved, dropped: dict[str, tuple[Dropped, ...]], color: bool) -> None:
    # Off a terminal nothing is folded: whoever reads the text has a pager, or a program.
    width = None if sys.stdout.isatty() else 200
    console = Console(file=sys.stdout, no_color=not color, highlight=False, width=width)
    console.print(headline(resolved), style="bold", markup=False)
    for table in tables_of(resolved, dropped):
        shown = RichTable(title=table.title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for heading in table.headings:
            shown.add_column(heading, overflow="fold", header_style="dim")
        for row in table.rows:
            shown.add_row(*(cell.replace("[", "\\[") for cell in row))
        console.print()
        console.print(shown)


def _open(page: str) -> None:
    opener = shutil.which("xdg-open")
    if opener is None:
        click.echo(f"bulkhead plan: there is no xdg-open; open {page} yourself", err=True)
        return
    subprocess.Popen([opener, page], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                     start_new_session=True)
