# SPDX-License-Identifier: Apache-2.0
"""Native partitions: a folder of C, C++ and assembly, linked with partitions/runtime for one partition's memory."""

from __future__ import annotations

import os
from dataclasses import dataclass

import yaml

from generator.allocate.payloads import tree_room
from generator.allocate.resolved import Guest, Resolved
from generator.build.steps import FileHashes, Tools, digest_of, files_below, write_if_changed
from generator.build.toolchain import (
    LD,
    LINK_FLAGS,
    NATIVE_C_FLAGS,
    NATIVE_CPP_FLAGS,
    NATIVE_FLAGS,
    REPOSITORY,
    Toolchain,
)
from generator.guest_header import header_of
from generator.hardware import Gic

RUNTIME = os.path.join(REPOSITORY, "partitions", "runtime")
_PARTS = ("port", "apex")  # folders of the runtime with sources of their own
_SOURCES = (".c", ".cpp", ".S")
_ALL = (*_SOURCES, ".h", ".hpp", ".ld", ".yaml")
_DEFAULT_STACK_KIB = 16


class PartitionFileError(Exception):
    """partition.yaml of a native partition is wrong."""


@dataclass(frozen=True)
class Native:
    """What it takes to build one native partition."""

    guest: Guest
    folder: str
    work: str           # objects and the ELF file
    sources: tuple[str, ...]
    key: str            # of everything that its bytes depend on

    @property
    def elf(self) -> str:
        return os.path.join(self.work, "partition.elf")

    @property
    def is_current(self) -> bool:
        try:
            with open(os.path.join(self.work, "key"), encoding="utf-8") as file:
                return file.read() == self.key and os.path.exists(self.elf)
        except OSError:
            return False


def runtime_sources(gic_version: int) -> list[str]:
    """The runtime's own sources; of the sibling interrupt drivers, the one for this controller."""
    other = f"irq_gicv{5 - gic_version}.cpp"
    return [os.path.join(folder, name) for folder in (RUNTIME, *(os.path.join(RUNTIME, part) for part in _PARTS))
            for name in sorted(os.listdir(folder)) if name.endswith(_SOURCES) and name != other]


def own_sources(folder: str) -> list[str]:
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(_SOURCES)]


def stack_size(folder: str) -> int:
    """`stack:` of partition.yaml in bytes a vCPU."""
    path = os.path.join(folder, "partition.yaml")
    if not os.path.isfile(path):
        return _DEFAULT_STACK_KIB << 10
    with open(path, encoding="utf-8") as file:
        try:
            content = yaml.load(file, Loader=yaml.BaseLoader) or {}
        except yaml.YAMLError as error:
            raise PartitionFileError(f"{path}: {error}") from error
    number, _, unit = str(content.get("stack", f"{_DEFAULT_STACK_KIB} KiB")).partition(" ")
    if not number.isdigit() or unit not in ("KiB", "MiB"):
        raise PartitionFileError(f"{path}: `stack` is a size in KiB or MiB, such as `16 KiB`")
    return int(number) << (10 if unit == "KiB" else 20)


def prepare(resolved: Resolved, guest: Guest, gic: Gic, work: str, toolchain: Toolchain, hashes: FileHashes) -> Native:
    """Writes the partition's header and works out whether anything changed since its last build."""
    folder = guest.image.path
    sources = tuple(runtime_sources(gic.version) + own_sources(folder))
    header = header_of(resolved, guest, gic)
    write_if_changed(os.path.join(work, "bulkhead_partition.h"), header)
    inputs = files_below(RUNTIME, _ALL) + files_below(folder, _ALL)
    key = digest_of(header, toolchain.name, *NATIVE_FLAGS, *LINK_FLAGS, hashes.of_all(sources, folder),
                    hashes.of_all(inputs, folder), str(stack_size(folder)))
    return Native(guest, folder, work, sources, key)


def compile_tasks(native: Native, toolchain: Toolchain, tools: Tools):
    """One task a source file."""
    for number, source in enumerate(native.sources):
        yield lambda number=number, source=source: _compile(native, toolchain, tools, number, source)


def _compile(native: Native, toolchain: Toolchain, tools: Tools, number: int, source: str) -> None:
    is_cpp = source.endswith(".cpp")
    command = [*(toolchain.cpp if is_cpp else toolchain.c), *NATIVE_FLAGS, *(NATIVE_CPP_FLAGS if is_cpp else NATIVE_C_FLAGS),
               f"-ffile-prefix-map={REPOSITORY}=.", f"-ffile-prefix-map={native.folder}={native.guest.image.source}",
               f"-ffile-prefix-map={native.work}=.", f"-I{RUNTIME}/include", f"-I{RUNTIME}", f"-I{native.folder}",
               f"-I{native.work}", "-c", source, "-o", _object(native, number)]
    tools.run(command, f"partition {native.guest.name}: {os.path.basename(source)} does not compile")


def _object(native: Native, number: int) -> str:
    return os.path.join(native.work, f"{number}.o")


def link(native: Native, tools: Tools) -> None:
    ram = native.guest.ram[0]
    # The tree lies at the end of RAM: the program must not reach into it.
    room = ram.size - (tree_room(ram.size) if native.guest.image.tree is not None else 0)
    command = [LD, *LINK_FLAGS, "--gc-sections", "-T", os.path.join(RUNTIME, "runtime.ld"),
               f"--defsym=link_ram_base={ram.ipa:#x}", f"--defsym=link_ram_size={room:#x}",
               f"--defsym=link_stack_size={stack_size(native.folder):#x}",
               f"--defsym=link_vcpu_count={len(native.guest.cores)}",
               *(_object(native, number) for number in range(len(native.sources))), "-o", native.elf]
    tools.run(command, f"partition {native.guest.name} does not link")
    write_if_changed(os.path.join(native.work, "key"), native.key)
