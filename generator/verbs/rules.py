# SPDX-License-Identifier: Apache-2.0
"""`rules`: every rule in one line."""

from __future__ import annotations

import json

import click

from generator.cli import OK, Options, common_options
from generator.rules import Rule, registered
from generator.table import text_table


@click.command("rules")
@common_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(options: Options, as_json: bool) -> int:
    """List all rules."""
    if as_json:
        click.echo(json.dumps({"ok": True, "rules": [_as_json(rule) for rule in registered()]}, indent=2))
        return OK
    rows = [(rule.id, severity_text(rule), rule.sentence) for rule in registered()]
    click.echo(text_table(("rule", "severity", "what holds"), rows), nl=False)
    if not options.quiet:
        click.echo(f"\n{len(rows)} rules; `bulkhead explain RULE` shows a wrong and a right example")
    return OK


def severity_text(rule: Rule) -> str:
    text = rule.severity.value
    return text + ", isolation" if rule.isolation and rule.severity.value == "error" else text


def _as_json(rule: Rule) -> dict[str, object]:
    return {
        "rule": rule.id,
        "severity": rule.severity.value,
        "severity_in_build": rule.build_severity.value,
        "isolation": rule.isolation,
        "sentence": rule.sentence,
        "wrong": rule.wrong,
        "right": rule.right,
        "keys": list(rule.keys),
    }
