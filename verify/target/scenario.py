# SPDX-License-Identifier: Apache-2.0
"""A scenario file, and the judgement of what a run printed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
BOARDS = ("zcu102", "virt-gicv2", "virt-gicv3")
COMPILERS = ("gcc", "clang")


@dataclass(frozen=True)
class Line:
    """A line that has to come: the console it comes from and a regular expression found in it."""

    console: str
    pattern: re.Pattern[str]

    def matches(self, console: str, text: str) -> bool:
        return console == self.console and self.pattern.search(text) is not None

    def __str__(self) -> str:
        return f"[{self.console}] {self.pattern.pattern}"


@dataclass(frozen=True)
class Count:
    """How often a line has to come."""

    line: Line
    times: int


@dataclass(frozen=True)
class Scenario:
    """One file of scenarios/."""

    name: str
    about: str                                # one sentence: what is shown
    verifies: tuple[str, ...]                 # ids of requirements
    system: str                               # a name in systems/, or a path from the repository's root, with `{board}` in it
    steps: tuple[tuple[str, str], ...]        # ("until" | "send", TEXT as for `run`), in order
    expect: tuple[Line, ...] = ()             # lines in this order, others may come between
    anywhere: tuple[Line, ...] = ()           # lines in any order
    count: tuple[Count, ...] = ()
    never: tuple[Line, ...] = ()
    boards: tuple[str, ...] = BOARDS
    compilers: tuple[str, ...] = ("gcc",)
    qemu: tuple[str, ...] = ()                # further arguments of QEMU
    moved: int = 0                            # bytes by which the raw image is loaded beside its place, and entered there
    icount: bool = False
    exit: int = 0
    timeout: int = 600                        # seconds of wall time before the run counts as hung: a run that passes never waits for them
    long: bool = False


def load_line(data: dict[str, str]) -> Line:
    (console, pattern), = data.items()
    return Line(console, re.compile(pattern))


def load_count(data: dict) -> Count:
    times = data["times"]
    return Count(load_line({key: value for key, value in data.items() if key != "times"}), int(times))


def load_step(data: dict[str, str]) -> tuple[str, str]:
    (word, text), = data.items()
    if word not in ("until", "send"):
        raise ValueError(f"a step is `until` or `send`, not `{word}`")
    return word, text


def load(path: Path) -> Scenario:
    data = yaml.safe_load(path.read_text())
    unknown = set(data) - set(Scenario.__dataclass_fields__)
    if unknown:
        raise ValueError(f"{path.name}: unknown key {', '.join(sorted(unknown))}")
    if not isinstance(data.get("system"), str):
        raise ValueError(f"{path.name}: `system` is a name in systems/ or a path")
    convert = {"steps": load_step, "expect": load_line, "anywhere": load_line, "never": load_line, "count": load_count}
    for key, value in data.items():
        if isinstance(value, list):
            data[key] = tuple(convert.get(key, str)(item) for item in value)
    return Scenario(name=path.stem, **data)


def load_all() -> list[Scenario]:
    return [load(path) for path in sorted((HERE / "scenarios").glob("*.yaml"))]


def system_text(scenario: Scenario, board: str) -> str:
    return (HERE / "systems" / f"{scenario.system}.yaml").read_text().replace("{board}", board)


@dataclass(frozen=True)
class Output:
    """What a run printed: (console, text) of each line, and the events among them."""

    lines: tuple[tuple[str, str], ...]
    events: tuple[dict, ...] = field(default=())

    def transcript(self) -> str:
        return "\n".join(f"[{console}] {text}" for console, text in self.lines)


def parse(stdout: str) -> Output:
    lines: list[tuple[str, str]] = []
    events: list[dict] = []
    for record in map(json.loads, filter(None, stdout.splitlines())):
        if "text" in record:
            lines.append((record["partition"], record["text"]))
        else:
            events.append(record)
    return Output(tuple(lines), tuple(events))


def judge(scenario: Scenario, output: Output) -> list[str]:
    """What is wrong with the output; empty when nothing is."""
    wrong: list[str] = []
    position = 0
    for line in scenario.expect:
        found = [i for i in range(position, len(output.lines)) if line.matches(*output.lines[i])]
        if found:
            position = found[0] + 1
        else:
            wrong.append(f"not seen after line {position}: {line}")
    for line in scenario.anywhere:
        if not any(line.matches(*one) for one in output.lines):
            wrong.append(f"not seen: {line}")
    for count in scenario.count:
        seen = sum(count.line.matches(*one) for one in output.lines)
        if seen != count.times:
            wrong.append(f"seen {seen} times, not {count.times}: {count.line}")
    for line in scenario.never:
        wrong += [f"must not come: [{console}] {text}" for console, text in output.lines if line.matches(console, text)]
    return wrong
