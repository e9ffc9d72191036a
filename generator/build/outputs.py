# SPDX-License-Identifier: Apache-2.0
# implements: LLR-603
"""What a build leaves behind: images, device trees, the resolved system, sizes and the manifest."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elftools.elf.elffile import ELFFile

from generator import VERSION
from generator.allocate.dump import resolved_yaml
from generator.allocate.resolved import Resolved
from generator.build import elf as elves
from generator.build.steps import write_if_changed
from generator.build.toolchain import REPOSITORY
from generator.guest_header import headers_of
from generator.guest_tree import Dropped
from generator.picture import plan_html

if TYPE_CHECKING:
    from generator.build.image import Image
    from generator.build.kernel import KernelBuild
    from generator.build.pipeline import _Making
    from generator.emit.tables import Tables

_STAMP = os.path.join(".work", "built.json")


@dataclass(frozen=True)
class Built:
    """A finished build. `fresh` is false when nothing had to be done."""

    folder: str
    resolved: Resolved
    elf: str
    sizes: dict[str, int]
    manifest: dict
    fresh: bool


def image_stem(resolved: Resolved) -> str:
    """SYSTEM, or SYSTEM.QEMU-ONLY when something was waived for QEMU's model."""
    return resolved.system + (".QEMU-ONLY" if resolved.waived else "")


def read_built(folder: str, key: str, resolved: Resolved) -> Built | None:
    """The build that is there, if it was made from just these inputs and all of it still exists."""
    try:
        with open(os.path.join(folder, _STAMP), encoding="utf-8") as file:
            stamp = json.load(file)
        if stamp["key"] != key or any(os.path.getsize(os.path.join(folder, name)) != size
                                      for name, size in stamp["outputs"].items()):
            return None
        with open(os.path.join(folder, "size.json"), encoding="utf-8") as file:
            sizes = json.load(file)
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
    except (OSError, ValueError, KeyError):
        return None
    return Built(folder, resolved, os.path.join(folder, image_stem(resolved) + ".elf"), sizes, manifest, False)


def publish(making: "_Making", kernel: "KernelBuild", tables: "Tables", image: "Image", trees: dict[str, bytes],
            dropped: dict[str, tuple[Dropped, ...]]) -> Built:
    """Puts the outputs together beside the former ones, then exchanges them file by file."""
    resolved = making.resolved
    staging = os.path.join(making.work, "outputs")
    shutil.rmtree(staging, ignore_errors=True)
    os.makedirs(staging)
    stem = image_stem(resolved)
    for source, suffix in ((image.elf, ".elf"), (image.binary, ".bin"), (image.segment, ".pdi.bin")):
        shutil.copyfile(source, os.path.join(staging, stem + suffix))
    for name, blob in trees.items():
        _write(staging, f"{name}.dtb", blob)
    for name, header in headers_of(resolved, making.board.gic).items():
        _write(staging, name, header)
    sizes = measure(kernel, tables, image)
    _write(staging, "resolved.yaml", resolved_yaml(resolved))
    _write(staging, "plan.html", plan_html(resolved, dropped))
    _write(staging, "size.json", json.dumps(sizes, indent=2) + "\n")
    manifest = _manifest(making, kernel, image, staging)
    _write(staging, "manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    shutil.copyfile(os.path.join(making.work, "build.log"), os.path.join(staging, "build.log"))

    stamp_path = os.path.join(making.folder, _STAMP)
    former = _former_outputs(stamp_path)
    if os.path.exists(stamp_path):
        os.remove(stamp_path)  # from here to the end the folder is no finished build
    outputs = {name: os.path.getsize(os.path.join(staging, name)) for name in sorted(os.listdir(staging))}
    for name in outputs:
        os.replace(os.path.join(staging, name), os.path.join(making.folder, name))
    for name in former - outputs.keys():
        _remove(os.path.join(making.folder, name))
    write_if_changed(stamp_path, json.dumps({"key": making.key, "outputs": outputs}))
    return Built(making.folder, resolved, os.path.join(making.folder, stem + ".elf"), sizes, manifest, True)


def _former_outputs(stamp_path: str) -> set[str]:
    try:
        with open(stamp_path, encoding="utf-8") as file:
            return set(json.load(file)["outputs"])
    except (OSError, ValueError, KeyError):
        return set()


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except FileNotFoundError:
        pass


def _write(folder: str, name: str, content: str | bytes) -> None:
    data = content.encode() if isinstance(content, str) else content
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


# Sizes


def measure(kernel: "KernelBuild", tables: "Tables", image: "Image") -> dict[str, int]:
    with open(kernel.elf, "rb") as file:
        elf = ELFFile(file)
        text = elf.get_section_by_name(".text")["sh_size"]
        rodata = elf.get_section_by_name(".rodata")["sh_size"]
    with open(image.elf, "rb") as file:
        state = ELFFile(file).get_section_by_name(".state")["sh_size"]
    used = sum(core.used for core in tables.resolved.cores)
    ram = tables.state_base + state - tables.kernel.base
    return {
        "text": text, "rodata": rodata, "tables": tables.tables_base + tables.tables_size - tables.kernel.config, "state": state, "ram": ram,
        "ram_per_core": -(-ram // max(used, 1)), "source_lines": sum(linked_lines(kernel.elf).values()),
    }


def linked_lines(elf_path: str) -> dict[str, int]:
    """Lines of code (neither blank nor comment) of each kernel file that the line table names."""
    found: dict[str, int] = {}
    for name in elves.source_files(elf_path):
        marker = name.rfind("kernel/")
        path = os.path.join(REPOSITORY, name[marker:]) if marker >= 0 else ""
        if path and os.path.isfile(path):
            found[name[marker:]] = _code_lines(path)
    return dict(sorted(found.items()))


def _code_lines(path: str) -> int:
    count, in_comment = 0, False
    with open(path, encoding="utf-8") as file:
        for line in file:
            code = line.strip()
            if in_comment:
                in_comment = "*/" not in code
                continue
            if code.startswith("/*"):
                in_comment = "*/" not in code
                continue
            count += bool(code) and not code.startswith("//")
    return count


# Manifest


def _manifest(making: "_Making", kernel: "KernelBuild", image: "Image", staging: str) -> dict:
    resolved = making.resolved
    return {
        "system": resolved.system,
        "bulkhead": VERSION,
        "board": resolved.board,
        "target": resolved.target,
        "qemu_only": list(resolved.waived),
        "identity": resolved.identity,
        "compiler": _compiler_version(making.request.toolchain.cpp),
        "features": kernel.features.facts,
        "features_sha256": kernel.features_hash,
        "kernel_sha256": kernel.image.hash.hex(),
        "config_sha256": image.config_hash,
        "inputs": {_shown(path, making): making.hashes.of(path) for path in sorted(making.checked.files)},
        "taken_from_outside": {name: dict(sorted(answer.get("packages", {}).items()))
                               for name, answer in sorted(making.recipes.items())},
        "outputs": {name: _sha256(os.path.join(staging, name)) for name in sorted(os.listdir(staging)) if name != "build.log"},
    }


def _shown(path: str, making: "_Making") -> str:
    return os.path.relpath(path, os.path.dirname(os.path.abspath(making.request.file)))


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _compiler_version(command: tuple[str, ...]) -> str:
    done = subprocess.run([command[0], "--version"], stdout=subprocess.PIPE, text=True, check=False)
    return (done.stdout.splitlines() or [command[0]])[0]
