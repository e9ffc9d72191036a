# SPDX-License-Identifier: Apache-2.0
# implements: LLR-641
"""The command line: finds the verbs in generator/verbs, gives them common options, and turns
outcomes into the exit codes of the contract."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import tempfile
import traceback
from dataclasses import dataclass
from typing import Any, Callable

import click

import generator.verbs
from generator.diagnostics import Diagnostics, Severity

OK = 0
WRONG = 1  # the input or the result
USAGE = 2  # or the environment
DEFECT = 3  # of Bulkhead itself
INTERRUPTED = 130

# Verbs of the command line's contract; those without a module yet are refused by name.
CONTRACT = (
    "new",
    "check",
    "devices",
    "boards",
    "rules",
    "explain",
    "plan",
    "build",
    "verify",
    "run",
    "flash",
    "console",
    "trace",
    "report",
    "diff",
    "bench",
    "test",
    "doctor",
    "version",
    "clean",
)


class UsageProblem(click.ClickException):
    """Something that the caller named is not there, or a tool is missing: exit code 2."""

    exit_code = USAGE

    def show(self, file: Any = None) -> None:
        click.echo(f"bulkhead: {self.format_message()}", err=True)


@dataclass(frozen=True)
class Options:
    """The options that every verb has."""

    output: str | None = None
    jobs: int = 0
    quiet: bool = False
    verbose: bool = False
    color: bool = True
    offline: bool = False
    yes: bool = False
    strict: bool = False

    @property
    def color_on_stderr(self) -> bool:
        return self.color and sys.stderr.isatty()

    def folder(self, system: str, for_qemu: bool = False) -> str:
        """Where outputs go: -o, or build/SYSTEM under the current folder."""
        if self.output is not None:
            return self.output
        return os.path.join("build", system + ("-qemu" if for_qemu else ""))

    def show(self, diagnostics: Diagnostics) -> None:
        """Diagnostics go to stderr; `-q` keeps the errors only."""
        if not self.quiet:
            click.echo(diagnostics.as_text(self.color_on_stderr), err=True, nl=False)
            return
        for item in diagnostics.sorted():
            if item.severity is Severity.ERROR:
                click.echo(item.as_text(self.color_on_stderr), err=True)


def common_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds -o, -j, -q, -v, --no-color, --offline, --yes, --strict; the verb gets `options`."""

    @click.option("-o", "output", metavar="DIR", help="Output folder.")
    @click.option("-j", "jobs", type=click.IntRange(min=1), metavar="N", help="Parallel jobs.")
    @click.option("-q", "quiet", is_flag=True, help="Errors and results only.")
    @click.option("-v", "verbose", is_flag=True, help="Say more.")
    @click.option("--no-color", is_flag=True, help="No colours (also NO_COLOR).")
    @click.option("--offline", is_flag=True, help="Download nothing.")
    @click.option("--yes", is_flag=True, help="Install what is missing without asking.")
    @click.option("--strict", is_flag=True, help="Warnings are errors.")
    @click.pass_context
    def wrapper(context: click.Context, **given: Any) -> Any:
        options = Options(
            output=given.pop("output"),
            jobs=given.pop("jobs") or (os.cpu_count() or 1),
            quiet=given.pop("quiet"),
            verbose=given.pop("verbose"),
            color=not given.pop("no_color") and "NO_COLOR" not in os.environ,
            offline=given.pop("offline"),
            yes=given.pop("yes"),
            strict=given.pop("strict"),
        )
        return context.invoke(function, options=options, **given)

    wrapper.__name__ = function.__name__
    wrapper.__doc__ = function.__doc__
    # click keeps the parameters of the decorators below `common_options` here.
    wrapper.__click_params__ = getattr(function, "__click_params__", []) + list(
        wrapper.__click_params__  # type: ignore[attr-defined]
    )
    return wrapper


class Verbs(click.Group):
    """Commands found by name: `generator/verbs/NAME.py` has the attribute `command`."""

    def list_commands(self, context: click.Context) -> list[str]:
        found = {module.name for module in pkgutil.iter_modules(generator.verbs.__path__)}
        ordered = [verb for verb in CONTRACT if verb in found]
        return ordered + sorted(name for name in found - set(CONTRACT) if not name.startswith("_"))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in self.list_commands(context):
            return importlib.import_module(f"generator.verbs.{name}").command
        if name in CONTRACT:
            raise UsageProblem(f"the verb `{name}` is not built yet in this version")
        return None


@click.command(
    cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
def bulkhead() -> None:
    """A static partitioning hypervisor: one YAML in, one checked board image out."""


def _defect() -> int:
    """A traceback is for us, not for the user's screen."""
    descriptor, name = tempfile.mkstemp(prefix="bulkhead-defect-", suffix=".txt")
    with os.fdopen(descriptor, "w") as handle:
        handle.write(" ".join(sys.argv) + "\n\n" + traceback.format_exc())
    click.echo(
        f"bulkhead: this is a defect of Bulkhead, not of your input; the traceback is in {name}",
        err=True,
    )
    return DEFECT


def main(arguments: list[str] | None = None) -> int:
    """Runs a verb and returns the exit code. A verb returns its code, or None for 0."""
    try:
        result = bulkhead.main(arguments, prog_name="bulkhead", standalone_mode=False)
        return result if isinstance(result, int) else OK
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as problem:
        problem.show()
        return USAGE
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not our defect.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception:  # the last line of defence: anything else is a defect of ours
        return _defect()
