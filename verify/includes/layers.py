# SPDX-License-Identifier: Apache-2.0
# implements: LLR-712, LLR-714
"""The include direction of the kernel and the independence of the image checker."""

from __future__ import annotations

import ast
import re
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)
# Rank of each place; a file may include its own rank and lower ones.
RANKS = {
    "base": 0, "config/schema.hpp": 1, "config/extended.hpp": 1, "arch": 2, "driver": 3, "trace": 4, "health": 5, "partition": 6,
    "sched": 7, "channel": 7, "vdev": 7, "config/config.hpp": 8, "main": 9,
}
GENERATED = "features.hpp"
GENERATED_ENTRY = "config/config.hpp"
FREESTANDING = {"cstddef", "cstdint", "type_traits", "limits", "new"}


def rank(name: str) -> int | None:
    """The layer of a kernel file, by its path under kernel/."""
    if name in RANKS:
        return RANKS[name]
    return RANKS.get(name.split("/")[0]) if "/" in name else None


def include_errors(name: str, text: str) -> list[str]:
    """What is wrong with the includes of the kernel file `name` (relative to kernel/)."""
    own = rank(name)
    if own is None:
        return [f"kernel/{name}: belongs to no layer"]
    errors = []
    for match in INCLUDE.finditer(text):
        kind, target = match.groups()
        line = text.count("\n", 0, match.start(1)) + 1
        place = f"kernel/{name}:{line}"
        if kind == "<":
            if target not in FREESTANDING:
                errors.append(f"{place}: <{target}> is not a freestanding header")
        elif Path(target).name == GENERATED:
            if name != GENERATED_ENTRY:
                errors.append(f"{place}: generated code enters through {GENERATED_ENTRY} alone")
        elif rank(target) is None:
            errors.append(f"{place}: {target} belongs to no layer")
        elif rank(target) > own:
            errors.append(f"{place}: reverse include of {target}")
    return errors


def kernel_errors(root: Path) -> list[str]:
    errors = []
    for path in sorted((root / "kernel").rglob("*")):
        if path.suffix in {".hpp", ".cpp", ".S", ".h"}:
            errors += include_errors(path.relative_to(root / "kernel").as_posix(), path.read_text(encoding="utf-8"))
    return errors


def import_errors(name: str, text: str) -> list[str]:
    """Imports of generator/ in a module of the image checker."""
    errors = []
    for node in ast.walk(ast.parse(text)):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        elif isinstance(node, ast.Constant) and node.value == "generator":
            modules = ["generator"]  # importlib.import_module("generator") and the like
        errors += [f"{name}:{node.lineno}: the image checker imports {module}"
                   for module in modules if module.split(".")[0] == "generator"]
    return errors


def image_errors(root: Path) -> list[str]:
    errors = []
    for path in sorted((root / "verify" / "image").rglob("*.py")):
        errors += import_errors(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
    return errors
