# SPDX-License-Identifier: Apache-2.0
"""The shared vocabulary of the report: a finding, and a tool that could not do its work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    """One report of one check at one place; `check` reads tool:id as in guidelines.yml."""

    path: str
    line: int
    column: int
    check: str
    message: str


@dataclass(frozen=True, order=True)
class ParseFailure:
    """A file that a tool could not parse: its silence about the file means nothing."""

    path: str
    tool: str
    message: str


@dataclass(frozen=True)
class Sources:
    """What is looked at, and how it is compiled."""

    root: Path
    units: tuple[Path, ...]
    headers: tuple[Path, ...]
    includes: tuple[Path, ...] = ()

    @property
    def all_files(self) -> tuple[Path, ...]:
        return self.units + self.headers

    def relative(self, path: str) -> str | None:
        """The path below the root, or None for what is out of scope (generated code, library headers)."""
        absolute = Path(path)
        if not absolute.is_absolute():
            absolute = self.root / absolute
        absolute = absolute.resolve()
        if absolute not in {file.resolve() for file in self.all_files}:
            return None
        return absolute.relative_to(self.root.resolve()).as_posix()
