# SPDX-License-Identifier: Apache-2.0
"""`explain RULE`: one rule with a wrong and a right example."""

from __future__ import annotations

import textwrap

import click

from generator.cli import OK, Options, UsageProblem, common_options
from generator.rules import Rule, nearest_hint, registered


@click.command("explain")
@common_options
@click.argument("rule")
def command(options: Options, rule: str) -> int:
    """Explain a rule, such as BH-MEM-003."""
    known = {entry.id: entry for entry in registered()}
    wanted = rule.strip().upper()
    wanted = wanted if wanted.startswith("BH-") else "BH-" + wanted
    if wanted not in known:
        raise UsageProblem(f"there is no rule {rule}: {nearest_hint(wanted, known, 'rules')}")
    click.echo(_text(known[wanted]), nl=False)
    return OK


def _text(rule: Rule) -> str:
    severity = rule.severity.value
    if rule.build_severity is not rule.severity:
        severity += f" in `check`, {rule.build_severity.value} in `build`"
    if rule.isolation:
        severity += "; of the isolation class: `accept` cannot waive it"
    elif rule.severity.value == "warning":
        severity += "; `accept` can waive it with a reason"
    parts = [f"{rule.id}: {rule.sentence}", f"severity: {severity}"]
    if rule.keys:
        parts.append(f"keys: {', '.join(rule.keys)}")
    parts += ["wrong:", textwrap.indent(rule.wrong, "  ")]
    parts += ["right:", textwrap.indent(rule.right, "  ")]
    return "\n".join(parts) + "\n"
