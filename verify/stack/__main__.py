# SPDX-License-Identifier: Apache-2.0
# implements: LLR-702
"""python3 -m verify.stack: worst-case stack per kernel entry, for each board's feature set."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from verify.stack import call_graph, linked

ROOT = Path(__file__).resolve().parents[2]
BOARDS = {"zcu102": 0x0020_0000, "virt-gicv2": 0x4020_0000, "virt-gicv3": 0x4020_0000}
COMPILER = "aarch64-linux-gnu-g++-12"
LINKER = "aarch64-linux-gnu-ld"
FLAGS = ("-std=c++17", "-pedantic", "-ffreestanding", "-fno-exceptions", "-fno-rtti", "-mgeneral-regs-only", "-ffixed-x18",
         *(f"-ffixed-x{n}" for n in range(10, 16)), "-mcpu=cortex-a53", "-fno-pic", "-fno-asynchronous-unwind-tables", "-fno-stack-protector",
         "-fno-threadsafe-statics", "-mno-outline-atomics", "-fno-tree-loop-distribute-patterns", "-O2")
# The kernel's own fault handler runs on top of whatever the faulting entry had used.
ON_TOP = "bulkhead_kernel_fault"
# Bytes a core's kernel stack has: the generated tables reserve them.
RESERVED = re.compile(r"kStackBytes\s*=\s*(\d+)")


@dataclass
class Result:
    """Deepest path of each entry, and what makes the figures void."""

    entries: dict[str, call_graph.Depth] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def worst(self) -> int:
        plain = [depth.total for name, depth in self.entries.items() if name != ON_TOP]
        return max(plain, default=0) + (self.entries[ON_TOP].total if ON_TOP in self.entries else 0)


def analyse(graph: call_graph.Graph, image: linked.Linked, assembly: set[str]) -> Result:
    """Joins the compiler's graph with the ELF's branches."""
    result = Result()
    entries = {target for source, targets in image.branches.items() if source in assembly
               for target in targets if target in graph.frames}
    for entry in sorted(entries):
        result.entries[entry] = call_graph.deepest(graph, entry, assembly)
    result.errors += [f"{name}: indirect call in the ELF" for name in sorted(image.indirect)]
    result.errors += [f"{name}: assembly takes stack" for name in sorted(image.takes_stack & assembly)]
    for source, targets in sorted(image.branches.items()):
        if source in graph.frames:
            unknown = {target for target in targets - graph.calls[source] if not target.startswith("e843419@")}
            result.errors += [f"{source}: branches to {target}, which its call graph does not show"
                              for target in sorted(unknown)]
        elif source not in assembly and not source.startswith("e843419@"):
            result.errors.append(f"{source}: code that neither the call graph nor an assembly file holds")
    result.errors += graph.errors
    result.errors = sorted(set(result.errors))
    if not result.entries:
        result.errors.append("no entry found")
    return result


# Of sibling files those that verify/features does not name: its cores are shared, its guests direct.
LEFT_OUT = {"zcu102": {"resume.S", "sleep_gicv3.S"}, "virt-gicv2": {"resume.S", "sleep_gicv3.S"},
            "virt-gicv3": {"resume.S", "sleep_gicv2.S"}}


def build(root: Path, board: str, folder: Path) -> tuple[call_graph.Graph, linked.Linked]:
    objects = []
    graph = call_graph.Graph()
    assembly = [path for path in sorted((root / "kernel").rglob("*.S")) if path.name not in LEFT_OUT[board]]
    for source in [*sorted((root / "kernel").rglob("*.cpp")), *assembly]:
        target = folder / f"{source.stem}.o"
        extra = ["-fcallgraph-info=su,da"] if source.suffix == ".cpp" else []
        subprocess.run([COMPILER, *FLAGS, *extra, f"-I{root / 'kernel'}", f"-I{root / 'verify/features' / board}",
                        "-c", source, "-o", target], check=True, cwd=root)
        objects.append(target)
        if extra:
            call_graph.read_graph(target.with_suffix(".ci").read_text(encoding="utf-8"), graph)
    base = BOARDS[board]
    elf = folder / "kernel.elf"
    subprocess.run([LINKER, f"-L{root / 'kernel'}", "-T", root / "kernel/kernel.ld", "--no-warn-rwx-segments",
                    "-z", "noexecstack", "--defsym", f"bulkhead_kernel_base={base:#x}",
                    "--defsym", f"bulkhead_dram_base={base & ~0x3FFF_FFFF:#x}", "-o", elf, *objects], check=True)
    return graph, linked.read_linked(elf)


def reserved_bytes(root: Path) -> int | None:
    """The stack that the generated tables give each core; None where no generator is at hand."""
    found = {int(match.group(1)) for path in (root / "generator").rglob("*.j2")
             for match in RESERVED.finditer(path.read_text(encoding="utf-8"))}
    return min(found) if found else None


def run(root: Path, board: str) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        graph, image = build(root, board, Path(folder))
    result = analyse(graph, image, linked.in_assembly(root))
    reserved = reserved_bytes(root)
    if reserved is not None and result.worst > reserved:
        result.errors.append(f"worst case {result.worst} bytes, {reserved} reserved")
    return result


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m verify.stack", description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("boards", nargs="*", default=list(BOARDS))
    options = parser.parse_args(arguments)
    report = {}
    failed = False
    for board in options.boards:
        result = run(ROOT, board)
        report[board] = {"worst": result.worst, "errors": result.errors,
                         "entries": {name: {"bytes": d.total, "path": d.path} for name, d in result.entries.items()}}
        print(f"{board}: worst case {result.worst} bytes")
        for name, depth in sorted(result.entries.items(), key=lambda pair: -pair[1].total):
            print(f"  {depth.total:5} {name}")
        for error in result.errors:
            failed = True
            print(f"  error: {error}")
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
