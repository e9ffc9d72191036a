# SPDX-License-Identifier: Apache-2.0
# implements: LLR-713
"""Rules on the form of source files; each function returns what it found as path:line: message."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

LICENCE = "SPDX-License-Identifier: Apache-2.0"
LICENSED_SUFFIXES = {".py", ".cpp", ".hpp", ".h", ".c", ".S", ".ld", ".sh", ".dts", ".dtsi"}
LICENSED_NAMES = {"meson.build", "bulkhead"}
LONGEST_FILE = 600
LONGEST_README = 15
COUNTED_SUFFIXES = {".py", ".cpp", ".hpp", ".h", ".c", ".S"}
CONDITIONAL = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif)\b(.*)$")
GUARD = re.compile(r"\b\w+_(?:HPP|H)_?\b|__ASSEMBLER__|__cplusplus")
FORBIDDEN = re.compile(r"\b(" + "|".join(("prov" + "en", "compl" + "iant", "certif" + "ied", "sa" + "fe", "guarant" + "eed"))
                       + r")\b", re.IGNORECASE)
# Split so that this file does not find itself.
MACHINE_PATH = re.compile("/" + r"(?:root|work|home/\w+)/")
LEFT_OPEN = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|XX" + "X|HA" + r"CK)\b")
C_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def tracked_files(root: Path) -> list[Path]:
    listing = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True, capture_output=True, text=True).stdout
    return [root / name for name in listing.split("\0") if name and (root / name).is_file()]


def lines_of(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []


def licence_errors(path: Path) -> list[str]:
    due = path.suffix in LICENSED_SUFFIXES or path.name in LICENSED_NAMES
    lines = lines_of(path)
    if due and lines and not any(LICENCE in line for line in lines[:5]):
        return [f"{path}: no line `{LICENCE}`"]
    return []


def length_errors(path: Path) -> list[str]:
    count = len(lines_of(path))
    if path.suffix in COUNTED_SUFFIXES and count > LONGEST_FILE:
        return [f"{path}: {count} lines, at most {LONGEST_FILE}"]
    return []


def conditional_errors(path: Path) -> list[str]:
    """For kernel/ and partitions/runtime: only include guards and the two language switches."""
    return [f"{path}:{number}: preprocessor conditional; a variant is a type or a sibling file"
            for number, line in enumerate(lines_of(path), 1)
            for match in [CONDITIONAL.match(line)] if match and not GUARD.search(match.group(2))]


def wording_errors(path: Path) -> list[str]:
    """Forbidden words where text for people is made: templates, and string literals of programs."""
    return [f"{path}:{line}: the word `{match.group(1)}` in generated text"
            for line, text in texts_for_people(path) for match in [FORBIDDEN.search(text)] if match]


def texts_for_people(path: Path) -> list[tuple[int, str]]:
    lines = lines_of(path)
    if path.suffix in {".j2", ".html"}:
        return list(enumerate(lines, 1))
    if path.suffix in {".cpp", ".hpp", ".S", ".c", ".h"}:
        return [(number, text) for number, line in enumerate(lines, 1) for text in C_STRING.findall(line)]
    if path.suffix == ".py":
        return python_strings("\n".join(lines))
    return []


def python_strings(text: str) -> list[tuple[int, str]]:
    """String constants but docstrings."""
    tree = ast.parse(text)
    documentation = {id(node.body[0].value) for node in ast.walk(tree)
                     if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
                     and node.body and isinstance(node.body[0], ast.Expr)}
    return [(node.lineno, node.value) for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation]


def path_errors(path: Path) -> list[str]:
    return [f"{path}:{number}: a path of somebody's machine"
            for number, line in enumerate(lines_of(path), 1) if MACHINE_PATH.search(line)]


def open_errors(path: Path) -> list[str]:
    if path.suffix not in LICENSED_SUFFIXES:
        return []
    return [f"{path}:{number}: left open in code"
            for number, line in enumerate(lines_of(path), 1) if LEFT_OPEN.search(line)]


def readme_errors(root: Path, files: list[Path]) -> list[str]:
    """Each folder of the first two levels that holds tracked files has a short README."""
    folders = {path.relative_to(root).parts[:depth] for path in files
               for depth in (1, 2) if len(path.relative_to(root).parts) > depth}
    errors = []
    for parts in sorted(folders):
        if parts[0].startswith("."):
            continue
        readme = root.joinpath(*parts) / "README.md"
        if not readme.exists():
            errors.append(f"{'/'.join(parts)}: no README.md")
        elif len(lines_of(readme)) > LONGEST_README:
            errors.append(f"{'/'.join(parts)}/README.md: more than {LONGEST_README} lines")
    return errors


LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def link_errors(path: Path) -> list[str]:
    """Relative links of a Markdown file lead to a file."""
    return [f"{path}:{number}: no file {target}" for number, line in enumerate(lines_of(path), 1)
            for target in LINK.findall(line)
            if "://" not in target and not (path.parent / target).exists()]
