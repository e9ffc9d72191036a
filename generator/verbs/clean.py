# SPDX-License-Identifier: Apache-2.0
"""`clean [SYSTEM]`: removes what was built."""

from __future__ import annotations

import os
import shutil

import click

from generator.check.runner import check_file
from generator.cli import OK, Options, UsageProblem, common_options
from generator.load import SourceNotFound


@click.command("clean")
@common_options
@click.argument("system", required=False)
def command(options: Options, system: str | None) -> int:
    """Remove the outputs of one system, or the whole build folder."""
    for folder in _folders(options, system):
        if not os.path.isdir(folder):
            continue
        if not _is_ours(folder):
            raise UsageProblem(f"{folder} was not made by a build; it is left alone")
        shutil.rmtree(folder)
        if not options.quiet:
            click.echo(f"removed {folder}")
    return OK


def _folders(options: Options, system: str | None) -> list[str]:
    if options.output is not None:
        return [options.output]
    if system is None:
        return ["build"]
    try:
        name = check_file(system).name
    except SourceNotFound as error:
        raise UsageProblem(str(error)) from error
    return [options.folder(name), options.folder(name, for_qemu=True)]


def _is_ours(folder: str) -> bool:
    """A build folder has `.work` in it, or folders that have."""
    names = os.listdir(folder)
    return ".work" in names or not names or any(
        name in (".kernel", ".native", "test", "target") or os.path.isdir(os.path.join(folder, name, ".work")) for name in names)
