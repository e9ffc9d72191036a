# SPDX-License-Identifier: Apache-2.0
# implements: LLR-801
"""The script that makes gdb know a waiting run: the kernel's symbols, those of the partitions, and commands for both."""

from __future__ import annotations

import os
from pathlib import Path

from generator.build.outputs import Built
from generator.emit.render import render

_HERE = Path(__file__).resolve().parent


def symbol_files(built: Built) -> list[tuple[str, str]]:
    """The ELF file of each partition that has one: what was linked here, or what the YAML names."""
    found = []
    for guest in built.resolved.guests:
        if guest.image.kind == "native":
            found.append((guest.name, os.path.abspath(os.path.join(built.folder, ".work/partitions", guest.name, "partition.elf"))))
        elif guest.image.kind == "elf" and guest.image.path:
            found.append((guest.name, os.path.abspath(guest.image.path)))
    return found


def write_script(built: Built, port: int) -> Path:
    """Writes SYSTEM.gdb beside the image."""
    path = Path(built.elf).with_suffix(".gdb")
    repository = _HERE.parent.parent
    # Sources of a native partition stand in its debug information as FOLDER/FILE, those of kernel and runtime from the top.
    folders = sorted({os.path.dirname(os.path.abspath(guest.image.path)) for guest in built.resolved.guests
                      if guest.image.kind == "native" and guest.image.path})
    path.write_text(render("debug.gdb.j2", port=port, image=os.path.abspath(built.elf), symbols=symbol_files(built),
                           sources=[str(repository), *folders], commands=str(_HERE / "gdb_commands.py")), encoding="utf-8")
    return path
