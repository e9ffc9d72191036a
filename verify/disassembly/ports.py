# SPDX-License-Identifier: Apache-2.0
"""Port code in built images: which instruction makes which access of the source to shared memory, and what stands between them.

The debug information names the source lines of an instruction, innermost first; it has no part in what the instructions do.
Every access of a port goes through load() or store() of words.hpp: an instruction of their one line is an access, and the
line of sampling.hpp or queuing.hpp that called says which. Paths are followed through jumps, calls and returns.
"""

from __future__ import annotations

import re
import subprocess
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from verify.disassembly.listing import Instruction, functions

WORDS, PORTS = "words.hpp", ("sampling.hpp", "queuing.hpp")
DEEPEST_CALL = 6
_MEMORY = re.compile(r"(ld|st|swp|cas|dc$)")
_ACCESS = re.compile(r"(?:ldu?r|stu?r)$")
_REGISTER = re.compile(r"([xw])(?:\d+|zr), \[x\d+(?:, #(-?(?:0x)?[0-9a-f]+))?[,\]]")
_BARRIER_OF = {"load": {"sy", "ish", "ld", "ishld"}, "store": {"sy", "ish", "st", "ishst"}}
_COPIES = ("copy_in", "copy_out")
_BRANCH = re.compile(r"(?:b\.\w+|cbn?z|tbn?z)$")
_TARGET = re.compile(r"(?:^|, )([0-9a-f]+) <([^>+]+)")


@dataclass(frozen=True)
class Access:
    """One access of the source: the function that states it, its line, and whether words of a message are copied there."""

    function: str
    text: str

    @property
    def kind(self) -> str:
        return "store" if self.text.startswith(("store(", "copy_in(")) else "load"

    def __str__(self) -> str:
        return f"{self.function}: {self.text}"


@dataclass(frozen=True)
class Order:
    """Accesses of which each that begins with one of `before` is done before each of `after` is seen; none: before all others."""

    function: str
    before: tuple[str, ...]
    after: tuple[str, ...]


class Source:
    """The accesses that the headers state, by file and line."""

    _FUNCTION = re.compile(r"^(?:constexpr|inline) .*?(\w+)\(.*\)$")
    _CALL = re.compile(r"\b(?:load|store|copy_in|copy_out)\([^;]*\)")

    def __init__(self, folder: Path) -> None:
        self.accesses: dict[tuple[str, int], Access] = {}
        self.function_of: dict[tuple[str, int], str] = {}
        self.barriers: set[tuple[str, int]] = set()
        self.unguarded: list[str] = []
        for name in (WORDS, *PORTS):
            function = ""
            for number, line in enumerate((folder / name).read_text(encoding="utf-8").splitlines(), 1):
                if found := self._FUNCTION.match(line):
                    function = found[1]
                self.function_of[name, number] = function
                if line == "}":
                    function = ""
                if name == WORDS:
                    continue
                if re.search(r"\b(?:before_stores|after_loads)\(\);", line):
                    self.barriers.add((name, number))
                if function and (call := self._CALL.search(line)):
                    self.accesses[name, number] = Access(function, call[0])
                fields = len(re.findall(r"\b(?:header|back)->\w|\bslot\.\w", line))
                if fields != len(re.findall(r"\b(?:load|store)\((?:state\.)?(?:(?:header|back)->|slot\.)\w", line)):
                    self.unguarded.append(f"{name}:{number}: {line.strip()}")
        text = (folder / WORDS).read_text(encoding="utf-8").splitlines()
        self.load_line, self.store_line = (
            next(number for number, line in enumerate(text, 1) if word in line) for word in ("__atomic_load_n", "__atomic_store_n"))

    def find(self, function: str, beginning: str) -> Access:
        of_function = [access for access in self.accesses.values() if access.function == function]
        found = [access for access in of_function if access.text == beginning] or [
            access for access in of_function if access.text.startswith(beginning)]
        assert len(found) == 1, f"{function} has {len(found)} accesses `{beginning}`"
        return found[0]


@dataclass
class Step:
    """An instruction of an image that may hold port code."""

    instruction: Instruction
    frames: list[tuple[str, str, int]]       # function, file, line: innermost first
    kind: str = ""                           # of an access to shared memory: load or store
    access: Access | None = None             # which one, if its caller is known


@dataclass
class Image:
    """The functions of an ELF that hold port code, and the steps of all functions that have debug information."""

    source: Source
    steps: dict[int, Step] = field(default_factory=dict)
    bounds: dict[str, tuple[int, int]] = field(default_factory=dict)
    starts: dict[int, str] = field(default_factory=dict)
    ports: set[str] = field(default_factory=set)

    def wrong_accesses(self) -> list[str]:
        """What touches shared memory otherwise than by an aligned load or store of 32 or 64 bits."""
        wrong = [f"not by load() or store(): {text}" for text in self.source.unguarded]
        for step in self.steps.values():
            name, operands = step.instruction.name, step.instruction.operands
            where = f"{step.instruction.address:#x} {step.instruction.text}"
            if step.kind:
                match = _REGISTER.match(operands)
                offset = int(match[2] or "0", 0) if match else 0
                if not _ACCESS.match(name) or match is None or offset % (8 if match[1] == "x" else 4) != 0:
                    wrong.append(f"{where}: no aligned access of 32 or 64 bits")
            elif _MEMORY.match(name) and "[sp" not in operands and self._is_in_copy(step):
                wrong.append(f"{where}: a copy that is neither load() nor store()")
            elif name in ("bl", "b") and self.is_port_code(step):
                target = int(_TARGET.search(operands)[1], 16)
                if target not in self.steps or (target in self.starts and self.starts[target] not in self.ports):
                    wrong.append(f"{where}: a call out of the port's code")
        return wrong

    @staticmethod
    def is_port_code(step: Step) -> bool:
        return any(file in (WORDS, *PORTS) for _, file, _ in step.frames)

    def _is_in_copy(self, step: Step) -> bool:
        function, file, line = step.frames[0]
        return (file == WORDS or function in _COPIES) and self.source.function_of.get((WORDS, line)) in _COPIES

    def roots(self) -> list[str]:
        """Functions with port code that no other one with port code calls."""
        called = set()
        for name in self.ports:
            for address in range(*self.bounds[name], 4):
                step = self.steps.get(address)
                if step and step.instruction.name in ("bl", "b") and (target := _TARGET.search(step.instruction.operands)):
                    other = self.starts.get(int(target[1], 16))
                    if other != name:
                        called.add(other)
        return sorted(self.ports - called)

    def following(self, node: tuple[tuple[int, ...], int]) -> list[tuple[tuple[int, ...], int]]:
        """Where the flow of control may go; a node is the return addresses on the way there, and an address."""
        calls, address = node
        step = self.steps[address]
        name, operands = step.instruction.name, step.instruction.operands
        target = int(found[1], 16) if (found := _TARGET.search(operands)) else None
        back = [(calls[:-1], calls[-1])] if calls else []
        if name == "ret":
            return back
        if name == "b":
            return [(calls, target)] if target in self.steps and (target not in self.starts or self.starts[target] in self.ports) else back
        assert name != "br", f"{address:#x}: a jump that is not followed"
        after = [(calls, address + 4)] if address + 4 in self.steps else []
        if name == "bl" and self.starts.get(target) in self.ports:
            assert len(calls) < DEEPEST_CALL, f"{address:#x}: calls too deep"
            return [((*calls, address + 4), target)]
        return after + [(calls, target)] if _BRANCH.match(name) and target in self.steps else after

    def wrong_orders(self, orders: tuple[Order, ...]) -> list[str]:
        """Paths on which nothing stands between two accesses of which one has to be done before the other."""
        wrong = []
        for root in self.roots():
            nodes = self._reach([((), self.bounds[root][0])], ())
            made, absent = self._accesses({address for _, address in nodes})
            wrong += [f"{root}: {access} is not found" for access in absent]
            for order in orders:
                before = [self.source.find(*self._split(order, text)) for text in order.before]
                after = [self.source.find(*self._split(order, text)) for text in order.after]
                for access in before:
                    begins = [node for node in nodes if access in made[node[1]]]
                    ends = self._reach([other for node in begins for other in self.following(node)], _BARRIER_OF[access.kind])
                    if not after:
                        wrong += [f"{root}: {access} may come after the function's end" for node in ends
                                  if self.steps[node[1]].instruction.name == "ret" and not node[0]]
                    wrong += [f"{root}: {node[1]:#x} {later} may come before {access}" for node in ends
                              for later in made[node[1]] if later in after or (not after and later != access)]
        return sorted(set(wrong))

    def _accesses(self, addresses: set[int]) -> tuple[dict[int, set[Access]], list[Access]]:
        """The accesses of each instruction, and those that its functions state and nobody makes.

        Where a compiler has doubled an access, the debug information may name no caller: then it is any that no other
        instruction makes, or a copy of message words.
        """
        made = {address: {self.steps[address].access} - {None} for address in addresses}
        seen = set().union(*made.values())
        functions_seen = {access.function for access in seen}
        absent = {access for access in self.source.accesses.values() if access.function in functions_seen} - seen
        copies = {access for access in self.source.accesses.values() if access.text.startswith(tuple(f"{name}(" for name in _COPIES))}
        for address in addresses:
            step = self.steps[address]
            if step.kind and step.access is None:
                possible = {access for access in absent | copies if access.kind == step.kind}
                made[address] = {access for access in possible if access.function == step.frames[0][0]} or possible
        return made, sorted(absent - set().union(*made.values()), key=str)

    @staticmethod
    def _split(order: Order, text: str) -> tuple[str, str]:
        function, colon, rest = text.partition(": ")
        return (function, rest) if colon else (order.function, text)

    def _reach(self, begins: list, barriers) -> set:
        """All nodes on the ways from `begins` to one of these barriers."""
        reached, todo = set(), deque(begins)
        while todo:
            node = todo.popleft()
            step = self.steps[node[1]].instruction
            if node in reached or (step.name in ("dmb", "dsb") and step.operands in barriers):
                continue
            reached.add(node)
            todo.extend(self.following(node))
        return reached


def load(elf: Path, source: Source) -> Image:
    """Reads an ELF with debug information."""
    image = Image(source)
    listing = {name: code for name, code in functions(elf).items() if code}
    first = _frames(elf, [code[0].address for code in listing.values()])
    for name, code in listing.items():
        if first[code[0].address][0][1] == "??":
            continue
        image.bounds[name] = (code[0].address, code[-1].address + 4)
        image.starts[code[0].address] = name
        image.steps |= {step.address: Step(step, []) for step in code}
    frames = _frames(elf, list(image.steps))
    for address, step in image.steps.items():
        step.frames = frames[address]
        _judge(step, source)
    for name, (begin, end) in image.bounds.items():
        steps = [image.steps[address] for address in range(begin, end, 4) if address in image.steps]
        if any(step.kind or any(file in PORTS for _, file, _ in step.frames) for step in steps):
            image.ports.add(name)
    return image


def _judge(step: Step, source: Source) -> None:
    """Which access of the source the instruction makes, if any."""
    name = step.instruction.name
    if not _MEMORY.match(name) or "[sp" in step.instruction.operands:
        return
    kind = "load" if name.startswith("ld") else "store"
    function, *place = step.frames[0]
    if function != kind and tuple(place) != (WORDS, source.load_line if kind == "load" else source.store_line):
        return
    step.kind = kind
    step.access = next((source.accesses.get(frame[1:]) for frame in step.frames if frame[1] in PORTS), None)


def _frames(elf: Path, addresses: list[int]) -> dict[int, list[tuple[str, str, int]]]:
    text = subprocess.run(["aarch64-linux-gnu-addr2line", "-a", "-i", "-f", "-C", "-e", elf], check=True, capture_output=True, text=True,
                          input="".join(f"{address:#x}\n" for address in addresses), timeout=300).stdout
    found: dict[int, list[tuple[str, str, int]]] = {}
    for block in re.split(r"(?m)^(?=0x[0-9a-f]+$)", text)[1:]:
        address, *lines = block.splitlines()
        found[int(address, 16)] = [_frame(*pair) for pair in zip(lines[::2], lines[1::2])]
    return found


def _frame(function: str, place: str) -> tuple[str, str, int]:
    file, _, line = place.split(" ")[0].rpartition(":")
    number = int(line) if line.isdigit() else 0
    return function.split("(")[0].split("<")[0].split("::")[-1], Path(file).name, number
