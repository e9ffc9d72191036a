# SPDX-License-Identifier: Apache-2.0
"""Small systems for tests, as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from generator.check.runner import Checked, check_file

HERE = Path(__file__).parent


def partition(name: str = "a", **keys: Any) -> str:
    """One line of `partitions:`."""
    values = {"image": "{binary: a.bin}", "cpus": "0", "memory": "8 MiB", **keys}
    return f"{name}: {{" + ", ".join(f"{key}: {value}" for key, value in values.items()) + "}"


def system(*partitions: str, board: str = "zcu102", top: str = "") -> str:
    """A whole file."""
    lines = ["format: 1", "system: demo", f"board: {board}", *top.splitlines(), "partitions:"]
    lines += ["  " + line for line in partitions or (partition(),)]
    return "\n".join(lines) + "\n"


def check_text(folder: Path, text: str, stage: str = "check", strict: bool = False) -> Checked:
    """Checks a text in a folder that has `a.bin`."""
    (folder / "a.bin").write_bytes(bytes(64))
    file = folder / "demo.yaml"
    file.write_text(text)
    return check_file(str(file), stage, strict)


def rules_of(checked: Checked) -> list[str]:
    return [item.rule for item in checked.diagnostics.sorted()]
