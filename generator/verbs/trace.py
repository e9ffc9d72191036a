# SPDX-License-Identifier: Apache-2.0
# implements: LLR-1123
"""`trace SYSTEM`: boots a system with event rings in QEMU, reads them out and draws them."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from generator import trace_picture
from generator.build.elf import symbols_of
from generator.cli import OK, WRONG, Options, UsageProblem, common_options
from generator.run import trace_ring
from generator.run.launch import NoModel, consoles_of, machine_of
from generator.run.qemu import Launch
from generator.run.script import Script, Until, split_target
from generator.run.session import Options as SessionOptions
from generator.run.session import Session
from generator.verbs.build import attempt, compiler_option, shown_path

_RINGS, _KERNEL_STATE = "bulkhead_traces", "bulkhead_kernel_state"
_RECORD_BYTES = trace_ring.RECORD.size


@click.command("trace")
@common_options
@click.argument("system")
@compiler_option
@click.option("--to", metavar="T.json", help="Where the trace goes; the picture beside it.")
@click.option("--timeout", type=click.FloatRange(min=0), default=5.0, show_default=True, metavar="S", help="How long it runs.")
@click.option("--until", multiple=True, metavar="[PARTITION:]TEXT", help="End once this has been printed; all of several.")
@click.option("--icount", is_flag=True, help="Deterministic: one counter tick an instruction.")
@click.option("--qemu", metavar="PATH", default="qemu-system-aarch64", help="Another QEMU.")
@click.option("--json", "as_json", is_flag=True, help="The result as one object on stdout.")
def command(options: Options, system: str, **given: Any) -> int:
    """Run a system with its event rings and draw what they hold."""
    if shutil.which(given["qemu"]) is None:
        raise UsageProblem(f"{given['qemu']} is not there; Debian's package is qemu-system-arm")
    checked, built, _ = attempt(options, system, "qemu", given["compiler"])
    if built is None:
        return WRONG
    resolved = built.resolved
    if resolved.trace is None:
        click.echo(f"{system}: nothing is traced: the system has no `hypervisor.trace`\n"
                   "  hint: add `trace: {events: [schedule, interrupt, hypercall, health]}` under `hypervisor`", err=True)
        return WRONG
    try:
        machine = machine_of(checked.board)
    except NoModel as error:
        raise UsageProblem(str(error)) from error
    symbols = symbols_of(built.elf, _RINGS, _KERNEL_STATE)
    consoles = consoles_of(resolved)
    script = Script([Until(partition, text.encode()) for partition, text in
                     (split_target(word, consoles.partitions) for word in given["until"])], (), consoles.partitions)
    launch = Launch(image=Path(built.elf), qemu=given["qemu"], icount=given["icount"], keep_after_shutdown=True)
    cores = [core.number for core in resolved.cores if core.used]
    size = trace_ring.ring_bytes(resolved.trace.buffer // _RECORD_BYTES)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"core{core}") for core in cores]
        rate = Path(folder, "rate")
        wanted = [(symbols[_RINGS] + position * size, size, file) for position, file in enumerate(files)]
        # The console goes to stderr: stdout has the result.
        ended = Session(machine, launch, consoles, script, SessionOptions(
            timeout_s=given["timeout"], memory=(*wanted, (symbols[_KERNEL_STATE], 8, rate))), sys.stderr.buffer).run()
        if not rate.exists():
            click.echo("bulkhead trace: the board's memory could not be read", err=True)
            return WRONG
        hz = int.from_bytes(rate.read_bytes(), "little")
        if hz == 0:
            click.echo("bulkhead trace: nothing was recorded: the kernel did not come up; `run` shows what it says", err=True)
            return WRONG
        rings = [trace_ring.parse(core, file.read_bytes()) for core, file in zip(cores, files)]
    view = trace_picture.view_of(resolved, rings, hz)
    target = given["to"] or os.path.join(built.folder, "trace.json")
    picture = os.path.splitext(target)[0] + ".svg"
    Path(target).write_text(json.dumps(trace_picture.chrome_json(view)) + "\n", encoding="utf-8")
    Path(picture).write_text(trace_picture.svg(resolved, view), encoding="utf-8")
    said = trace_picture.words(view)
    if given["as_json"]:
        click.echo(json.dumps({"system": resolved.system, "ok": ended == OK, "diagnostics": [], "trace": target, "picture": picture,
                               "words": said, "lost": view.lost, "windows": len(view.windows)}))
    else:
        for line in [*said, shown_path(target), shown_path(picture)]:
            click.echo(line)
    return ended
