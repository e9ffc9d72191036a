# SPDX-License-Identifier: Apache-2.0
# implements: LLR-701
"""What the linked kernel says: which functions branch to which, and what assembly does with the stack."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

OBJDUMP = "aarch64-linux-gnu-objdump"
FUNCTION = re.compile(r"^[0-9a-f]+ <(?P<name>[^>]+)>:$")
INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\s+[0-9a-f]{8}\s+(?P<mnemonic>\S+)\s*(?P<operands>.*)$")
TARGET = re.compile(r"[0-9a-f]+ <(?P<name>[^>+]+)(?P<offset>\+0x[0-9a-f]+)?>")
BRANCHES = {"b", "bl"}
# Makes room on the stack: pre-indexed store, or arithmetic on sp.
TAKES_STACK = re.compile(r"^(?:(?:stp|str|stur)\b.*\[sp, #-\d+\]!|sub\s+sp, sp,)")


@dataclass
class Linked:
    """Branches between functions of the ELF, and indirect calls in it."""

    branches: dict[str, set[str]] = field(default_factory=dict)
    indirect: set[str] = field(default_factory=set)
    takes_stack: set[str] = field(default_factory=set)


def read_linked(elf: Path) -> Linked:
    listing = subprocess.run([OBJDUMP, "-d", elf], check=True, capture_output=True, text=True).stdout
    return parse(listing)


def parse(listing: str) -> Linked:
    linked = Linked()
    current = ""
    for line in listing.splitlines():
        start = FUNCTION.match(line)
        if start:
            current = start["name"]
            linked.branches.setdefault(current, set())
            continue
        match = INSTRUCTION.match(line)
        if not match:
            continue
        mnemonic, operands = match["mnemonic"], match["operands"]
        if mnemonic == "blr":
            linked.indirect.add(current)
        if TAKES_STACK.match(f"{mnemonic} {operands}"):
            linked.takes_stack.add(current)
        if mnemonic in BRANCHES or mnemonic.startswith("b.") or mnemonic in {"cbz", "cbnz", "tbz", "tbnz"}:
            target = TARGET.search(operands)
            if target and target["name"] != current:
                linked.branches[current].add(target["name"])
    return linked


def in_assembly(root: Path) -> set[str]:
    """Labels of the assembly files, and those that the linker script gives to places in them."""
    labels: set[str] = set()
    for path in (root / "kernel").rglob("*.S"):
        labels |= set(re.findall(r"^([A-Za-z_]\w*):", path.read_text(encoding="utf-8"), re.MULTILINE))
    labels |= set(re.findall(r"^\s*(\w+) = \.;", (root / "kernel/sections.ld").read_text(encoding="utf-8"), re.MULTILINE))
    return labels
