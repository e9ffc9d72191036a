# SPDX-License-Identifier: Apache-2.0
"""`doctor`: which tools are there, in which version, and how to get what is missing."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from dataclasses import asdict, dataclass

import click

from generator.cli import OK, USAGE, Options, common_options

_PACKAGES = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "ci", "packages")


@dataclass(frozen=True)
class Tool:
    """One line of ci/packages and what was found of it."""

    group: str
    package: str
    probe: str
    present: bool
    version: str


def tools() -> list[Tool]:
    found = []
    with open(_PACKAGES, encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if len(words) == 4 and not line.startswith("#"):
                group, package, kind, probe = words
                found.append((group, package, probe, _is_there(kind, probe)))
    versions = _versions(sorted({package for _, package, _, _ in found}))
    return [Tool(group, package, probe, present, versions.get(package, "")) for group, package, probe, present in found]


def _is_there(kind: str, probe: str) -> bool:
    if kind == "command":
        return shutil.which(probe) is not None
    if kind == "module":
        return importlib.util.find_spec(probe) is not None
    return os.path.exists(probe)


def _versions(packages: list[str]) -> dict[str, str]:
    """As dpkg knows them; nothing where there is no dpkg."""
    if shutil.which("dpkg-query") is None:
        return {}
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *packages], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    pairs = (line.split(" ", 1) for line in done.stdout.splitlines())
    return {name: version for name, version in pairs if version}


@click.command("doctor")
@common_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(options: Options, as_json: bool) -> int:
    """Say which tools are there and how to get what is missing."""
    found = tools()
    missing = sorted({tool.package for tool in found if not tool.present})
    if as_json:
        click.echo(json.dumps({"ok": not missing, "tools": [asdict(tool) for tool in found], "missing": missing}, indent=2))
        return OK if not missing else USAGE
    for group in dict.fromkeys(tool.group for tool in found):
        click.echo(f"{group}:")
        for tool in found:
            if tool.group == group:
                state = tool.version or "there" if tool.present else "MISSING"
                click.echo(f"  {tool.package:<28} {state}")
    if missing:
        click.echo(f"missing: as root, apt-get update && apt-get install --no-install-recommends {' '.join(missing)}")
        return USAGE
    click.echo("nothing is missing")
    return OK
