# SPDX-License-Identifier: Apache-2.0
"""`new NAME --board B`: writes a small YAML that builds and boots."""

from __future__ import annotations

import os
import re

import click
import jinja2

from generator.cli import OK, Options, UsageProblem, common_options
from generator.diagnostics import Diagnostics
from generator.hardware import boards, load_board
from generator.model import NAME
from generator.rules import nearest_hint

_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "templates", "new")
_ENDING = ".yaml.j2"


def templates() -> list[str]:
    return sorted(name.removesuffix(_ENDING) for name in os.listdir(_FOLDER) if name.endswith(_ENDING))


@click.command("new")
@common_options
@click.argument("name")
@click.option("--board", required=True, metavar="B", help="One of `bulkhead boards`.")
@click.option(
    "--from",
    "template",
    default="minimal",
    metavar="TEMPLATE",
    help=f"One of: {', '.join(templates())}. Default: minimal.",
)
def command(options: Options, name: str, board: str, template: str) -> int:
    """Write ./NAME.yaml: small, commented, ready to run."""
    if not re.fullmatch(NAME.pattern, name) or name == "bulkhead":
        raise UsageProblem(f"`{name}` cannot name a system: use [a-z][a-z0-9_-]*, at most 31 characters")
    if board not in boards():
        raise UsageProblem(f"there is no board `{board}`: {nearest_hint(board, boards(), 'boards')}")
    if template not in templates():
        hint = nearest_hint(template, templates(), "templates")
        raise UsageProblem(f"there is no template `{template}`: {hint}")
    file = name + ".yaml"
    text = render(template, name, board)
    try:
        with open(file, "x", encoding="utf-8") as handle:
            handle.write(text)
    except FileExistsError as error:
        raise UsageProblem(f"{file} exists already and is left as it is") from error
    except OSError as error:
        raise UsageProblem(f"cannot write {file}: {error.strerror}") from error
    click.echo(f"wrote {file}")
    if not options.quiet:
        click.echo(f"next: bulkhead run {file}", err=True)
    return OK


def render(template: str, name: str, board: str) -> str:
    loaded = load_board(board, Diagnostics())
    serial = loaded.find("serial0") or next(iter(loaded.uarts.values()))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    text = environment.get_template(template + _ENDING)
    return text.render(name=name, board=board, uart=serial.name)
