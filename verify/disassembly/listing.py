# SPDX-License-Identifier: Apache-2.0
"""An image's kernel as instructions by function, from objdump, and words of its configuration."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

_FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
_INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\t(\S+)\s*(.*?)(?:\s+//.*)?$")


@dataclass(frozen=True)
class Instruction:
    address: int
    name: str
    operands: str

    @property
    def text(self) -> str:
        return f"{self.name} {self.operands}".strip()


def functions(elf: Path) -> dict[str, list[Instruction]]:
    """Every function of .text by its symbol."""
    listing = subprocess.run(["aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn", "-j", ".text", elf], check=True,
                             capture_output=True, text=True, timeout=120).stdout
    found: dict[str, list[Instruction]] = {}
    current: list[Instruction] = []
    for line in listing.splitlines():
        if start := _FUNCTION.match(line):
            current = found.setdefault(start[1], [])
        elif step := _INSTRUCTION.match(line):
            current.append(Instruction(int(step[1], 16), step[2], step[3]))
    return found


def one(listing: dict[str, list[Instruction]], pattern: str) -> list[Instruction]:
    """The one function whose symbol matches."""
    names = [name for name in listing if re.search(pattern, name)]
    assert len(names) == 1, f"{pattern}: {names}"
    return listing[names[0]]


class Memory:
    """Bytes of the image's segments by address."""

    def __init__(self, elf: Path) -> None:
        with elf.open("rb") as file:
            parsed = ELFFile(file)
            self._segments = [(segment["p_vaddr"], segment.data()) for segment in parsed.iter_segments("PT_LOAD")]
            symbols = parsed.get_section_by_name(".symtab")
            self.symbols = {symbol.name: symbol["st_value"] for symbol in symbols.iter_symbols()}

    def word(self, address: int, size: int = 8) -> int:
        for base, data in self._segments:
            if base <= address and address + size <= base + len(data):
                return int.from_bytes(data[address - base:address - base + size], "little")
        raise KeyError(hex(address))
