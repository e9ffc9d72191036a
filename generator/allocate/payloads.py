# SPDX-License-Identifier: Apache-2.0
"""What the images of a system are like, as far as their placement needs to know it."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from dataclasses import dataclass

from generator.check.context import Context
from generator.model import Partition

MIB = 1 << 20
# Stand-ins for files that do not exist yet; Debian's kernel is about 33 MiB, its initramfs 1 MiB.
_UNKNOWN_LINUX = 36 * MIB
_UNKNOWN_INITRD = 2 * MIB
_NATIVE_LIMIT = 1 * MIB
_TREE_SIZE = 64 << 10
_PAGE = 4 << 10
_FAILURE = "error: "


def tree_room(ram_size: int) -> int:
    """What is set aside for a partition's device tree: ample, but little of a small memory."""
    return _TREE_SIZE if ram_size >= 8 * _TREE_SIZE else max(_PAGE, ram_size // 8 // _PAGE * _PAGE)


class RecipeFailed(Exception):
    """A recipe did not make its files; the text is its own."""


@dataclass(frozen=True)
class Facts:
    """Of one image: file sizes, and the memory that it takes once it runs."""

    file: str | None
    file_size: int
    memory_size: int            # with .bss
    estimated: bool
    initrd: str | None = None
    initrd_size: int = 0
    text_offset: int = 0
    taken: dict[str, str] | None = None  # what a recipe took from outside: name -> SHA-256
    watch: tuple[str, ...] = ()


def linux_header(path: str) -> tuple[int, int]:
    """(text_offset, image_size) of an arm64 Image (Documentation/arm64/booting.rst)."""
    with open(path, "rb") as file:
        header = file.read(64)
    if len(header) < 64 or header[56:60] != b"ARM\x64":
        return 0, 0
    return struct.unpack_from("<QQ", header, 8)


def facts_of(context: Context, partition: Partition, recipe: dict | None) -> Facts:
    """`recipe` is the answer of the partition's recipe, or None if it has not run."""
    image = partition.image
    if image.native is not None:
        ram = int(partition.memory.size)
        limit = min(ram if image.dtb == "none" else ram - tree_room(ram), _NATIVE_LIMIT)
        return Facts(None, limit, limit, True)
    if image.recipe is not None:
        if recipe is None:
            return Facts(None, _UNKNOWN_LINUX, _UNKNOWN_LINUX, True, None, _UNKNOWN_INITRD)
        return _linux(recipe["image"], recipe.get("initrd"), recipe.get("packages"), tuple(recipe.get("watch", ())))
    path = context.path(image.source)
    if image.kind == "linux":
        return _linux(path, context.path(image.initrd) if image.initrd is not None else None, None, ())
    if not os.path.isfile(path):
        return Facts(None, _NATIVE_LIMIT, _NATIVE_LIMIT, True)
    size = os.path.getsize(path)
    return Facts(path, size, size, False)


def _linux(path: str, initrd: str | None, taken: dict[str, str] | None, watch: tuple[str, ...]) -> Facts:
    initrd_size = os.path.getsize(initrd) if initrd and os.path.isfile(initrd) else _UNKNOWN_INITRD if initrd else 0
    if not os.path.isfile(path):
        return Facts(None, _UNKNOWN_LINUX, _UNKNOWN_LINUX, True, initrd, initrd_size)
    offset, memory = linux_header(path)
    size = os.path.getsize(path)
    return Facts(path, size, max(size, memory), False, initrd, initrd_size, offset, taken, watch)


def run_recipe(folder: str, offline: bool, quiet: bool = True) -> dict:
    """Runs a recipe; its contract stands in partitions/linux/recipe.py. What it says of its progress is passed on.

    A line that begins with `error: ` is why it failed, and belongs into the diagnostic alone.
    """
    command = [sys.executable, os.path.join(folder, "recipe.py")] + (["--offline"] if offline else [])
    last = "it said nothing"
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            last = line.strip().removeprefix(_FAILURE) or last
            if not quiet and not line.startswith(_FAILURE):
                sys.stderr.write(line)
        answer = process.stdout.read()
    if process.returncode != 0:
        raise RecipeFailed(last)
    try:
        facts = json.loads(answer)
        return {"image": facts["image"], **facts}
    except (ValueError, KeyError, TypeError) as error:
        raise RecipeFailed(f"its answer is no JSON object with `image`: {error}") from error
