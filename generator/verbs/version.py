# SPDX-License-Identifier: Apache-2.0
"""`version`: of the product and of what it reads and offers."""

from __future__ import annotations

import json
import os
import re

import click

from generator import VERSION
from generator.cli import OK, Options, common_options

_VERSION_HEADER = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
                               "kernel", "base", "version.hpp")
_FORMAT = 1


@click.command("version")
@common_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(options: Options, as_json: bool) -> int:
    """Print the version."""
    with open(_VERSION_HEADER, encoding="utf-8") as file:
        abi = int(re.search(r"kAbiVersion = (\d+)", file.read()).group(1))
    if as_json:
        click.echo(json.dumps({"version": VERSION, "abi": abi, "format": _FORMAT}))
    else:
        click.echo(f"Bulkhead {VERSION}, guest ABI {abi}, system YAML format {_FORMAT}")
    return OK
