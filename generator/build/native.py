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
_HEADER = "bulkhead_partition.h"


class PartitionFileError(Exception):
    """partition.yaml of a native partition is wrong."""


@dataclass(frozen=True)
class Native:
    """What it takes to build one native partition."""

    guest: Guest
    folder: str
    work: str           # its header, the objects that depend on it, and the ELF file
    shared: str         # objects that depend on no partition's header, by a key of what they do depend on
    sources: tuple[str, ...]
    source_keys: tuple[str, ...]    # of what each source's object depends on beside the header
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


def prepare(resolved: Resolved, guest: Guest, gic: Gic, work: str, shared: str, toolchain: Toolchain, hashes: FileHashes) -> Native:
    """Writes the partition's header and works out whether anything changed since its last build."""
    folder = guest.image.path
    runtime, own = runtime_sources(gic.version), own_sources(folder)
    header = header_of(resolved, guest, gic)
    write_if_changed(os.path.join(work, _HEADER), header)
    flags = (toolchain.name, *NATIVE_FLAGS, *NATIVE_C_FLAGS, *NATIVE_CPP_FLAGS)
    runtime_key = digest_of(*flags, hashes.of_all(files_below(RUNTIME, _ALL), RUNTIME))
    own_key = digest_of(runtime_key, guest.image.source, hashes.of_all(files_below(folder, _ALL), folder))
    keys = [digest_of(runtime_key, os.path.relpath(source, RUNTIME)) for source in runtime] + [
        digest_of(own_key, os.path.relpath(source, folder)) for source in own]
    key = digest_of(header, *keys, *LINK_FLAGS, str(stack_size(folder)))
    return Native(guest, folder, work, shared, (*runtime, *own), tuple(keys), key)


def compile_all(wanted: list[Native], toolchain: Toolchain, tools: Tools) -> None:
    """Compiles what is missing: for the first partition that has it, then what turned out to depend on the partition."""
    seen: set[str] = set()
    first: list[tuple[Native, int]] = []
    others: list[tuple[Native, int]] = []
    for native in wanted:
        for number in range(len(native.sources)):
            path = _shared_object(native, number)
            (others if path in seen else first).append((native, number))
            seen.add(path)
    for group in (first, others):
        tools.parallel([lambda native=native, number=number: _compile(native, toolchain, tools, number)
                        for native, number in group if not os.path.exists(_shared_object(native, number))])


def _compile(native: Native, toolchain: Toolchain, tools: Tools, number: int) -> None:
    source, target = native.sources[number], _own_object(native, number)
    is_cpp = source.endswith(".cpp")
    command = [*(toolchain.cpp if is_cpp else toolchain.c), *NATIVE_FLAGS, *(NATIVE_CPP_FLAGS if is_cpp else NATIVE_C_FLAGS),
               f"-ffile-prefix-map={REPOSITORY}=.", f"-ffile-prefix-map={native.folder}={native.guest.image.source}",
               f"-ffile-prefix-map={native.work}=.", f"-I{RUNTIME}/include", f"-I{RUNTIME}", f"-I{native.folder}",
               f"-I{native.work}", "-MMD", "-MF", target + ".d", "-c", source, "-o", target]
    tools.run(command, f"partition {native.guest.name}: {os.path.basename(source)} does not compile")
    with open(target + ".d", encoding="utf-8") as file:
        depends = _HEADER in file.read()
    if not depends:
        os.makedirs(native.shared, exist_ok=True)
        os.replace(target, _shared_object(native, number))


def _own_object(native: Native, number: int) -> str:
    return os.path.join(native.work, f"{number}.o")


def _shared_object(native: Native, number: int) -> str:
    return os.path.join(native.shared, native.source_keys[number][:32] + ".o")


def _object(native: Native, number: int) -> str:
    shared = _shared_object(native, number)
    return shared if os.path.exists(shared) else _own_object(native, number)


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
