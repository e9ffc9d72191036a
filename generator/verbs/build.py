# SPDX-License-Identifier: Apache-2.0
"""`build SYSTEM`: the image, its device trees and what is known of them."""

from __future__ import annotations

import json
import os

import click

from generator.build.outputs import Built
from generator.build.pipeline import BuildFailed, Request, build
from generator.build.steps import ToolMissing
from generator.build.toolchain import TOOLCHAINS
from generator.check.runner import Checked
from generator.cli import OK, WRONG, Options, UsageProblem, common_options
from generator.load import SourceNotFound

_SHOWN_LINES = 15


compiler_option = click.option("--compiler", type=click.Choice(sorted(TOOLCHAINS)), default="gcc", show_default=True,
                               help="Which compiler; manifest.json names it.")


@click.command("build")
@common_options
@click.argument("system")
@click.option("--for", "target", type=click.Choice(["hardware", "qemu"]), default="hardware", help="What it will run on.")
@compiler_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(options: Options, system: str, target: str, compiler: str, as_json: bool) -> int:
    """Build a system's image."""
    checked, built, problem = attempt(options, system, target, compiler)
    if as_json:
        click.echo(json.dumps(_as_json(checked, built, problem), indent=2, ensure_ascii=False))
    elif built is not None and not options.quiet:
        click.echo(_summary(built))
    return OK if built is not None else WRONG


def attempt(options: Options, system: str, target: str, compiler: str
            ) -> tuple[Checked | None, Built | None, BuildFailed | None]:
    """Builds, and tells on stderr what stands in the way."""
    request = Request(system, target, TOOLCHAINS[compiler], options.jobs, options.output, options.quiet, options.offline,
                      options.strict)
    try:
        checked, built = build(request)
    except SourceNotFound as error:
        raise UsageProblem(str(error)) from error
    except ToolMissing as error:
        raise UsageProblem(str(error)) from error
    except BuildFailed as error:
        _explain(error)
        return None, None, error
    options.show(checked.diagnostics)
    return checked, built, None


def _explain(error: BuildFailed) -> None:
    click.echo(f"bulkhead build: {error}", err=True)
    lines = error.detail.strip().splitlines()
    for line in lines[:_SHOWN_LINES]:
        click.echo(f"  {line}", err=True)
    if len(lines) > _SHOWN_LINES:
        click.echo(f"  ... {len(lines) - _SHOWN_LINES} more lines", err=True)
    if error.log:
        click.echo(f"  all of it: {error.log}", err=True)


def _as_json(checked: Checked | None, built: Built | None, problem: BuildFailed | None) -> dict:
    answer: dict = {
        "system": built.resolved.system if built is not None else checked.name if checked is not None else "",
        "ok": built is not None,
        "diagnostics": checked.diagnostics.as_json_list() if checked is not None else [],
    }
    if problem is not None:
        answer["problem"] = {"message": str(problem), "detail": problem.detail, "log": problem.log}
    if built is not None:
        answer |= {"folder": shown_path(built.folder), "sizes": built.sizes, "fresh": built.fresh,
                   "outputs": sorted(built.manifest["outputs"])}
    return answer


def shown_path(path: str) -> str:
    """Relative to the current folder where that is shorter to read."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def _summary(built: Built) -> str:
    sizes = built.sizes
    manifest = built.manifest
    lines = [
        f"{shown_path(built.elf)}{'' if built.fresh else ' (up to date)'}",
        f"  kernel {manifest['kernel_sha256'][:16]}  config {manifest['config_sha256'][:16]}  {manifest['compiler']}",
        f"  .text {sizes['text']:,} B  .rodata {sizes['rodata']:,} B  tables {sizes['tables']:,} B  "
        f"RAM {sizes['ram_per_core']:,} B a core  {sizes['source_lines']:,} source lines",
    ]
    if built.resolved.waived:
        lines.append("  QEMU-ONLY: not for hardware, since QEMU's model lacks " + "; ".join(built.resolved.waived))
    return "\n".join(lines)


