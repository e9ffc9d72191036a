# SPDX-License-Identifier: Apache-2.0
# implements: LLR-711
"""Finds the kernel's register types and assembles each by name and by number."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ASSEMBLER = "aarch64-linux-gnu-as"
OBJCOPY = "aarch64-linux-gnu-objcopy"
ARCHITECTURE = "-march=armv8.2-a"
DECLARATION = re.compile(
    r"struct\s+(\w+)\s*:\s*SystemRegister<\s*\1(?:<N>)?\s*,\s*([^>]*)>\s*\{")
# The one register whose manual name is not upper case with underscores.
IRREGULAR = {"CurrentEl": "CurrentEL"}
INDEX_COUNT = 16


@dataclass(frozen=True)
class Register:
    """One register as the kernel declares it."""

    cpp_name: str
    name: str
    numbers: tuple[int, ...]
    access: str = "kReadWrite"

    @property
    def generic(self) -> str:
        op0, op1, crn, crm, op2 = self.numbers
        return f"S{op0}_{op1}_C{crn}_C{crm}_{op2}"


def manual_name(cpp_name: str) -> str:
    if cpp_name in IRREGULAR:
        return IRREGULAR[cpp_name]
    return "_".join(part.upper() for part in re.findall(r"[A-Z][a-z0-9]*", cpp_name))


def evaluate(expression: str, index: int) -> int:
    """The number of an encoding argument: an integer, or one in terms of the template's N."""
    if not re.fullmatch(r"[0-9N+/%\s]+", expression):
        raise ValueError(f"encoding argument `{expression}` is not understood")
    return int(eval(expression.replace("/", "//"), {"__builtins__": {}}, {"N": index}))  # pylint: disable=eval-used


def registers_in(text: str) -> list[Register]:
    found = []
    for match in DECLARATION.finditer(text):
        arguments = [part.strip() for part in match.group(2).split(",")]
        access = arguments.pop().removeprefix("Access::") if arguments[-1].startswith("Access::") else "kReadWrite"
        if len(arguments) != 5:
            raise ValueError(f"{match.group(1)}: five encoding numbers are due")
        name = manual_name(match.group(1))
        if any("N" in argument for argument in arguments):
            stem, level = name.rsplit("_", 1)
            for index in range(INDEX_COUNT):
                numbers = tuple(evaluate(argument, index) for argument in arguments)
                found.append(Register(match.group(1), f"{stem}{index}_{level}", numbers, access))
        else:
            found.append(Register(match.group(1), name, tuple(evaluate(argument, 0) for argument in arguments),
                                  access))
    return found


def kernel_registers(root: Path) -> list[Register]:
    found = []
    for path in sorted((root / "kernel").rglob("*.hpp")):
        found += registers_in(path.read_text(encoding="utf-8"))
    return found


class UnknownRegister(Exception):
    """The assembler knows no register of these names."""


def assemble(accesses: list[str]) -> list[int]:
    """The instruction words of the accesses; raises for a name or direction that the assembler does not know."""
    with tempfile.TemporaryDirectory() as folder:
        source, target, binary = (Path(folder) / name for name in ("a.s", "a.o", "a.bin"))
        source.write_text("".join(f"{access}\n" for access in accesses))
        done = subprocess.run([ASSEMBLER, ARCHITECTURE, "-o", target, source], check=False, capture_output=True, text=True)
        # A write to a read-only register, or a read of a write-only one, is only a warning.
        wrong = sorted({accesses[int(line) - 1] for line in re.findall(r":(\d+): (?:Error|Warning)", done.stderr)})
        if wrong or done.returncode != 0:
            raise UnknownRegister(wrong)
        subprocess.run([OBJCOPY, "-O", "binary", target, binary], check=True)
        data = binary.read_bytes()
    return [int.from_bytes(data[i:i + 4], "little") for i in range(0, len(data), 4)]


def accesses(register: Register, name: str) -> list[str]:
    """What the register's type allows: both directions, or one."""
    reads, writes = [f"mrs x0, {name}"], [f"msr {name}, x0"]
    return {"kReadOnly": reads, "kWriteOnly": writes}.get(register.access, reads + writes)


# Bits 20:5 of MRS and MSR hold op0 (low bit), op1, CRn, CRm, op2; bit 21 is the direction.
ENCODING_MASK = 0x001F_FFE0


def mismatches(registers: list[Register]) -> list[str]:
    owners = [register for register in registers for _ in accesses(register, register.name)]
    by_name = assemble([access for register in registers for access in accesses(register, register.name)])
    by_number = assemble([access for register in registers for access in accesses(register, register.generic)])
    return sorted({f"{register.cpp_name}: {register.generic} is not {register.name}"
                   for register, named, numbered in zip(owners, by_name, by_number, strict=True)
                   if (named ^ numbered) & ENCODING_MASK})
