# SPDX-License-Identifier: Apache-2.0
"""`check SYSTEM`: all rules, without a compiler."""

from __future__ import annotations

import json

import click

from generator import VERSION
from generator.check.runner import Checked, check_file
from generator.cli import OK, WRONG, Options, UsageProblem, common_options
from generator.diagnostics import Severity, sarif
from generator.load import SourceNotFound
from generator.rules import registered


@click.command("check")
@common_options
@click.argument("system")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--sarif", "sarif_file", metavar="FILE", help="Also write SARIF 2.1.0 to FILE.")
def command(options: Options, system: str, as_json: bool, sarif_file: str | None) -> int:
    """Check a system YAML against all rules."""
    try:
        checked = check_file(system, strict=options.strict)
    except SourceNotFound as error:
        raise UsageProblem(str(error)) from error
    if sarif_file is not None:
        _write(sarif_file, sarif(checked.diagnostics, registered(), VERSION))
    if as_json:
        click.echo(json.dumps(_as_json(checked), indent=2, ensure_ascii=False))
    else:
        options.show(checked.diagnostics)
        if not options.quiet:
            click.echo(_summary(system, checked))
    return OK if checked.ok else WRONG


def _write(file: str, text: str) -> None:
    try:
        with open(file, "w", encoding="utf-8") as handle:
            handle.write(text)
    except OSError as error:
        raise UsageProblem(f"cannot write {file}: {error.strerror}") from error


def _as_json(checked: Checked) -> dict[str, object]:
    return {
        "system": checked.name,
        "ok": checked.ok,
        "diagnostics": checked.diagnostics.as_json_list(),
    }


def _summary(file: str, checked: Checked) -> str:
    counts = []
    for severity in Severity:
        number = checked.diagnostics.count(severity)
        if number:
            counts.append(f"{number} {severity.value}{'s' if number > 1 else ''}")
    found = ", ".join(counts) if counts else "nothing to report"
    return f"{checked.name or file}: {found}; {len(registered())} rules"
