# SPDX-License-Identifier: Apache-2.0
"""The project's test suites: what is in each, how it is run, and what came out, as numbers and JUnit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from typing import Callable

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VERIFY = os.path.join(REPOSITORY, "verify")
MOST_REPEATED = 2       # of a suite in a run: a loaded host, and not a defect that shows now and then
_NOTHING_COLLECTED = 5  # pytest's exit code


@dataclass(frozen=True)
class Suite:
    """Folders of verify/ for pytest, a Meson test folder, and which marks."""

    name: str
    folders: tuple[str, ...] = ()
    meson: str | None = None
    marks: str = "not long"
    at_once: int = 1        # tests at a time for each job: those that boot systems wait for guests' clocks most of their time

    @property
    def present(self) -> list[str]:
        return [folder for folder in self.folders if os.path.isdir(os.path.join(VERIFY, folder))]

    @property
    def has_meson(self) -> bool:
        return self.meson is not None and os.path.isfile(os.path.join(VERIFY, self.meson, "meson.build"))

    @property
    def exists(self) -> bool:
        return bool(self.present) or self.has_meson


STATIC = ("disassembly", "encodings", "features", "includes", "misra", "stack", "style", "trace")
SUITES = {suite.name: suite for suite in (
    Suite("generator", ("generator",)),
    Suite("unit", ("unit", *STATIC), meson="unit"),
    Suite("negative", ("negative",)),
    Suite("target", ("target",), at_once=2),
    Suite("image", ("image",)),
    Suite("model", ("model",)),
    Suite("bench", ("bench",)),
    Suite("fuzz", ("fuzz",)),
    Suite("long", ("target", "fuzz", "bench", "generator"), marks="long"),
)}
GROUPS = {"quick": ("generator", "unit", "negative")}
DEFAULT = ("generator", "unit", "negative", "target", "image", "model", "bench")


@dataclass(frozen=True)
class Failure:
    """A test that failed, and the lines of its message."""

    name: str
    reason: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, message: str) -> "Failure":
        return cls(name, tuple(line for line in message.splitlines() if line.strip()))

    def shortened(self, first: int = 14, last: int = 4, width: int = 200) -> list[str]:
        """What a person needs to begin with: a message begins with what was expected and ends with what came last."""
        lines = [line[:width] for line in self.reason]
        return lines if len(lines) <= first + last else [*lines[:first], "...", *lines[-last:]]


@dataclass
class Outcome:
    """What a suite came to."""

    suite: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)
    repeated: list[Failure] = field(default_factory=list)   # passed when repeated; what had failed before
    junit: list[str] = field(default_factory=list)
    log: str = ""

    def take(self, junit: str) -> None:
        """Adds the numbers of a JUnit file."""
        self.junit.append(junit)
        for case in ElementTree.parse(junit).getroot().iter("testcase"):
            wrong = next((child for child in case if child.tag in ("failure", "error")), None)
            former = next((entry for entry in case.iter("property") if entry.get("name") == "repeated"), None)
            name = f"{case.get('classname', '')}::{case.get('name', '')}".strip(":")
            if wrong is not None:
                self.failed += 1
                self.failures.append(Failure.of(name, wrong.get("message") or wrong.text or ""))
            elif case.find("skipped") is not None:
                self.skipped += 1
            else:
                self.passed += 1
                if former is not None:
                    self.repeated.append(Failure.of(name, former.get("value", "")))

    def judge_repeated(self) -> None:
        """Once all is taken: too many repeated tests are a failure of the suite."""
        if len(self.repeated) > MOST_REPEATED:
            self.failed += 1
            self.failures.append(Failure(f"{len(self.repeated)} tests passed only when repeated; {MOST_REPEATED} may"))


def names_of(words: tuple[str, ...]) -> list[str]:
    """The suites that the words of the command line mean, each once."""
    found: list[str] = []
    for word in words or [name for name in DEFAULT if SUITES[name].exists]:
        found += [name for name in GROUPS.get(word, (word,)) if name not in found]
    return found


def run_suite(name: str, folder: str, jobs: int, expression: str | None, say: Callable[[str], None]) -> Outcome:
    """Runs one suite; its log and JUnit files go into `folder`."""
    suite = SUITES[name]
    began = time.monotonic()
    outcome = Outcome(name, log=os.path.join(folder, f"{name}.log"))
    with open(outcome.log, "w", encoding="utf-8") as log:
        if suite.present:
            _pytest(suite, folder, jobs, expression, log, outcome, say)
        if suite.has_meson and expression is None:
            _meson(suite, folder, jobs, log, outcome, say)
    outcome.judge_repeated()
    outcome.seconds = time.monotonic() - began
    return outcome


def _pytest(suite: Suite, folder: str, jobs: int, expression: str | None, log, outcome: Outcome,
            say: Callable[[str], None]) -> None:
    junit = os.path.join(folder, f"{suite.name}.xml")
    if os.path.exists(junit):
        os.remove(junit)
    command = [sys.executable, "-m", "pytest", "-c", os.path.join(VERIFY, "pytest.ini"), "-q", "-n",
               str(jobs * suite.at_once), "-p", "no:cacheprovider", "-m", suite.marks,
               f"--junitxml={junit}", *(os.path.join(VERIFY, part) for part in suite.present)]
    if expression is not None:
        command += ["-k", expression]
    code = _run(command, log, say)
    if os.path.exists(junit):
        outcome.take(junit)
    if code not in (0, _NOTHING_COLLECTED) and not outcome.failed:
        outcome.failed += 1
        outcome.failures.append(Failure(f"pytest ended with {code}: see {outcome.log}"))


def _meson(suite: Suite, folder: str, jobs: int, log, outcome: Outcome, say: Callable[[str], None]) -> None:
    build = os.path.join(folder, f"{suite.name}-meson")
    commands = [["meson", "setup", build, REPOSITORY]] if not os.path.exists(os.path.join(build, "build.ninja")) else []
    commands += [["ninja", "-C", build, f"-j{jobs}"]]
    for command in commands:
        if _run(command, log, say) != 0:
            outcome.failed += 1
            outcome.failures.append(Failure(f"`{' '.join(command[:2])}` failed: see {outcome.log}"))
            return
    # Each test program writes JUnit of its own, case by case; Meson's knows only programs.
    results = os.path.join(build, "verify", suite.meson)
    for former in _junit_files(results):
        os.remove(former)
    code = _run(["meson", "test", "-C", build, "--no-rebuild", "--num-processes", str(jobs)], log, say)
    for report in _junit_files(results) or _junit_files(os.path.join(build, "meson-logs")):
        outcome.take(report)
    if code != 0 and not outcome.failed:
        outcome.failed += 1
        outcome.failures.append(Failure(f"`meson test` ended with {code}: see {outcome.log}"))


def _junit_files(folder: str) -> list[str]:
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".xml"))


def _run(command: list[str], log, say: Callable[[str], None]) -> int:
    log.write("$ " + " ".join(command) + "\n")
    log.flush()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                          cwd=REPOSITORY, errors="replace") as process:
        for line in process.stdout:
            log.write(line)
            if match := re.search(r"\[ *(\d+)%\]", line):
                say(f"{match.group(1)} %")
    log.flush()
    return process.returncode


def join_junit(outcomes: list[Outcome], target: str) -> None:
    """One JUnit file of all suites."""
    root = ElementTree.Element("testsuites")
    for outcome in outcomes:
        for path in outcome.junit:
            source = ElementTree.parse(path).getroot()
            for suite in [source] if source.tag == "testsuite" else source.findall("testsuite"):
                suite.set("name", f"{outcome.suite}.{suite.get('name', '')}")
                root.append(suite)
    ElementTree.ElementTree(root).write(target, encoding="utf-8", xml_declaration=True)
