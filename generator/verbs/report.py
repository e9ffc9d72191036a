# SPDX-License-Identifier: Apache-2.0
"""`report SYSTEM`: evidence as HTML, SARIF and JSON. The checks themselves live in verify/."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click

from generator.check.runner import check_file
from generator.cli import OK, WRONG, Options, UsageProblem, common_options
from generator.load import SourceNotFound

PARTS = ("misra",)
PLANNED = ("traceability", "coverage", "stack", "paths", "size", "cost")


@click.command("report")
@common_options
@click.argument("system")
@click.option("--only", "parts", multiple=True, metavar="PART", help=f"Part of the report: {', '.join(PARTS)}.")
@click.option("--rule-texts", metavar="FILE", help="A licensee's YAML file of guideline texts, shown beside our checks.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--sarif", "sarif_file", metavar="FILE", help="Also write SARIF 2.1.0 to FILE.")
def command(options: Options, system: str, parts: tuple[str, ...], rule_texts: str | None, as_json: bool,
            sarif_file: str | None) -> int:
    """Write the evidence report of a system."""
    _require_known(parts)
    if rule_texts is not None and not Path(rule_texts).is_file():
        raise UsageProblem(f"no file {rule_texts}")
    try:
        checked = check_file(system, strict=options.strict)
    except SourceNotFound as error:
        raise UsageProblem(str(error)) from error
    if not checked.ok:
        options.show(checked.diagnostics)
        return WRONG
    folder = Path(options.folder(checked.name)) / "report"
    ok, summary = _misra(folder, rule_texts)
    if sarif_file is not None:
        shutil.copyfile(folder / "misra.sarif", sarif_file)
    if as_json:
        # The YAML's own diagnostics first; what the report found stands under its part.
        click.echo(json.dumps({"system": checked.name, "ok": ok, "diagnostics": checked.diagnostics.as_json_list(),
                               "misra": summary}, indent=2, ensure_ascii=False))
    else:
        for error in summary["errors"]:
            click.echo(error, err=True)
        if not options.quiet:
            counts = ", ".join(f"{number} {name}" for name, number in summary["counts"].items())
            click.echo(f"{summary['title']}: {counts}; {len(summary['errors'])} errors\n{folder / 'misra.html'}")
    return OK if ok else WRONG


def _require_known(parts: tuple[str, ...]) -> None:
    wanted = [name for part in parts for name in part.split(",")]
    for name in wanted:
        if name in PLANNED:
            raise UsageProblem(f"the part `{name}` of `report` is not built yet in this version; there is: --only misra")
        if name not in PARTS:
            raise UsageProblem(f"`report` has no part `{name}`; there is: --only misra")
    if not wanted:
        raise UsageProblem("of the whole report only one part is built in this version: --only misra")


def _misra(folder: Path, rule_texts: str | None) -> tuple[bool, dict]:
    # Imported here: the other verbs need neither compilers' output parsers nor the guidelines.
    from verify.misra import __main__ as misra
    from verify.misra import report

    result = misra.run(misra.ROOT, folder, Path(rule_texts) if rule_texts else None)
    summary = report.as_json(result)
    summary.pop("findings")
    return not result.judgement.errors, summary
