# SPDX-License-Identifier: Apache-2.0
"""`test [SUITE...]`: the project's own tests."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from generator.cli import OK, WRONG, Options, UsageProblem, common_options
from generator.suites import GROUPS, REPOSITORY, SUITES, Failure, Outcome, join_junit, names_of, run_suite

_SHOWN_FAILURES = 20


@click.command("test")
@common_options
@click.argument("suites", nargs=-1)
@click.option("-k", "expression", metavar="EXPRESSION", help="Only tests whose names match.")
@click.option("--junit", metavar="FILE", help="Also write JUnit to FILE.")
def command(options: Options, suites: tuple[str, ...], expression: str | None, junit: str | None) -> int:
    """Run the project's tests: generator, unit, negative, target, image, model, bench, quick; fuzz, long."""
    known = [*SUITES, *GROUPS]
    for word in suites:
        if word not in known:
            raise UsageProblem(f"there is no suite `{word}`; there are {', '.join(known)}")
    names = names_of(suites)
    for name in names:
        if not SUITES[name].exists and name in suites:
            raise UsageProblem(f"the suite `{name}` is not built yet in this version")
    folder = os.path.abspath(options.output or os.path.join(REPOSITORY, "build", "test"))
    os.makedirs(folder, exist_ok=True)
    outcomes = []
    for name in names:
        if SUITES[name].exists:
            outcomes.append(_one(options, name, folder, expression))
    if not suites and expression is None:
        outcomes.append(_trace(folder, outcomes))
    if junit is not None:
        join_junit(outcomes, junit)
    passed, failed = sum(outcome.passed for outcome in outcomes), sum(outcome.failed for outcome in outcomes)
    click.echo(f"{passed} passed, {failed} failed")
    return OK if failed == 0 else WRONG


def _one(options: Options, name: str, folder: str, expression: str | None) -> Outcome:
    live = sys.stderr.isatty() and not options.quiet

    def say(progress: str) -> None:
        if live:
            click.echo(f"\r\x1b[K{name}: {progress}", err=True, nl=False)

    outcome = run_suite(name, folder, options.jobs, expression, say)
    if live:
        click.echo("\r\x1b[K", err=True, nl=False)
    _tell(outcome)
    return outcome


def _tell(outcome: Outcome) -> None:
    skipped = f", {outcome.skipped} skipped" if outcome.skipped else ""
    click.echo(f"{outcome.suite}: {outcome.passed} passed, {outcome.failed} failed{skipped} ({outcome.seconds:.0f} s)")
    for word, failure in [*(("failed", one) for one in outcome.failures[:_SHOWN_FAILURES]), *(("repeated", one) for one in outcome.repeated)]:
        click.echo(f"  {word}: {failure.name}")
        for line in failure.shortened():
            click.echo(f"    {line}")
    if len(outcome.failures) > _SHOWN_FAILURES:
        click.echo(f"  and {len(outcome.failures) - _SHOWN_FAILURES} more")
    if outcome.failures:
        click.echo(f"  all of it: {os.path.relpath(outcome.log)}")


def _trace(folder: str, outcomes: list[Outcome]) -> Outcome:
    """Joins what was executed with the requirements: an orphan or a test that lost its requirement fails."""
    files = [path for outcome in outcomes for path in outcome.junit]
    done = subprocess.run([sys.executable, "-m", "verify.trace", "--junit", *files, "--json", os.path.join(folder, "trace.json")],
                          cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    outcome = Outcome("trace", passed=int(done.returncode == 0), failed=int(done.returncode != 0),
                      log=os.path.join(folder, "trace.log"))
    outcome.failures = [Failure(line) for line in done.stdout.splitlines()[:-1]] if done.returncode else []
    with open(outcome.log, "w", encoding="utf-8") as log:
        log.write(done.stdout)
    _tell(outcome)
    return outcome
