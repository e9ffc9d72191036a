# SPDX-License-Identifier: Apache-2.0
"""`run SYSTEM`: builds for QEMU's model of the board and boots it there."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import click

from generator.build.elf import symbols_of
from generator.cli import OK, WRONG, Options, UsageProblem, common_options
from generator.run.debugger import write_script
from generator.run.demux import KERNEL
from generator.run.launch import NoModel, consoles_of, machine_of
from generator.run.qemu import Launch, free_port, printable_command
from generator.run.script import Script, Send, Until, split_target, unescape
from generator.run.session import Consoles, Options as SessionOptions, Session
from generator.verbs.build import attempt, compiler_option, shown_path


_BOOT_RECORD = "bulkhead_kernel_state"


class OrderedCommand(click.Command):
    """Keeps the order in which --until and --send stand on the command line: it has a meaning."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        parser = self.make_parser(context)
        values, _, order = parser.parse_args(list(args))
        queues = {name: list(values.get(name) or ()) for name in ("until", "send")}
        context.meta["bulkhead.script"] = [
            (parameter.name, queues[parameter.name].pop(0)) for parameter in order if parameter.name in queues]
        return super().parse_args(context, args)


@click.command("run", cls=OrderedCommand)
@common_options
@click.argument("system")
@compiler_option
@click.option("--timeout", type=click.FloatRange(min=0), metavar="S", help="End after so many seconds.")
@click.option("--until", multiple=True, metavar="[PARTITION:]TEXT", help="End once this has been printed; all of several.")
@click.option("--fail-on", multiple=True, metavar="halt|restart|TEXT", help="End with 1 when this happens.")
@click.option("--send", multiple=True, metavar="PARTITION:TEXT", help="Type this; waits for the --untils before it.")
@click.option("--focus", metavar="PARTITION", help="Whom the keyboard goes to.")
@click.option("--icount", is_flag=True, help="Deterministic: one counter tick an instruction.")
@click.option("--gdb", is_flag=True, help="Wait for a debugger before the first instruction.")
@click.option("--qemu", metavar="PATH", default="qemu-system-aarch64", help="Another QEMU.")
@click.option("--qemu-arg", multiple=True, metavar="A", help="A further argument for QEMU.")
@click.option("--sd", metavar="FILE", type=click.Path(exists=True, dir_okay=False), help="SD card image.")
@click.option("--net", metavar="user[,hostfwd=...]", help="Connect the board's network.")
@click.option("--log", "log_folder", metavar="DIR", help="One raw file a partition.")
@click.option("--screenshot", metavar="F", help="The display at the end, as PNG.")
@click.option("--print-command", is_flag=True, help="Print QEMU's command line instead.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines on stdout.")
@click.pass_context
def command(context: click.Context, options: Options, system: str, **given: Any) -> int:
    """Boot a system in QEMU."""
    if shutil.which(given["qemu"]) is None:
        raise UsageProblem(f"{given['qemu']} is not there; Debian's package is qemu-system-arm")
    checked, built, _ = attempt(options, system, "qemu", given["compiler"])
    if built is None:
        return WRONG
    board = checked.board
    try:
        machine = machine_of(board)
    except NoModel as error:
        raise UsageProblem(str(error)) from error
    names = tuple(guest.name for guest in built.resolved.guests)
    if given["focus"] is not None and given["focus"] not in names:
        raise UsageProblem(f"--focus: there is no partition `{given['focus']}`; there are {', '.join(names)}")
    consoles = consoles_of(built.resolved, given["focus"])
    script = _script(context.meta["bulkhead.script"], given["fail_on"], consoles)
    port = free_port() if given["gdb"] else None
    launch = Launch(
        image=Path(built.elf), qemu=given["qemu"], icount=given["icount"], gdb_port=port,
        sd=Path(given["sd"]) if given["sd"] else None, net=given["net"],
        keep_after_shutdown=given["screenshot"] is not None, extra=tuple(given["qemu_arg"]))
    if given["print_command"]:
        uarts = [uart for uart in machine.uarts if uart == consoles.kernel_uart or uart in consoles.own_uarts.values()]
        click.echo(printable_command(machine, launch, uarts))
        return OK
    if port is not None:
        click.echo(f"bulkhead run: waiting for a debugger: gdb-multiarch -x {shown_path(str(write_script(built, port)))}", err=True)
    elif sys.stdin.isatty() and sys.stdout.isatty() and not options.quiet:
        click.echo("bulkhead run: Ctrl-] q quits, Ctrl-] ? helps", err=True)
    session = Session(
        machine, launch, consoles, script,
        SessionOptions(timeout_s=given["timeout"], json_lines=given["as_json"],
                       log=Path(given["log_folder"]) if given["log_folder"] else None,
                       screenshot=Path(given["screenshot"]) if given["screenshot"] else None,
                       boot_record=symbols_of(built.elf, _BOOT_RECORD).get(_BOOT_RECORD) if given["icount"] else None),
        sys.stdout.buffer)
    return session.run()


def _script(steps: list[tuple[str, str]], fail_on: tuple[str, ...], consoles: Consoles) -> Script:
    found: list[Until | Send] = []
    for kind, word in steps:
        partition, text = split_target(word, consoles.partitions)
        if kind == "until":
            found.append(Until(partition, text.encode()))
            continue
        if partition is None or partition == KERNEL:
            raise UsageProblem(f"--send {word!r}: say to whom, PARTITION:TEXT; there are {', '.join(consoles.partitions)}")
        if partition not in consoles.own_uarts and partition not in consoles.virtual:
            raise UsageProblem(f"--send {word!r}: {partition} has no console")
        try:
            found.append(Send(partition, unescape(text)))
        except ValueError as error:
            raise UsageProblem(f"--send {word!r}: {error}") from error
    return Script(found, fail_on, consoles.partitions)
