# SPDX-License-Identifier: Apache-2.0
# implements: LLR-601, LLR-602
"""Stage 2: the values of a system, its payloads and the finished kernel become one image."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from dataclasses import dataclass

from elftools.elf.elffile import ELFFile

from generator.build.steps import FileHashes, Tools, digest_of, files_below, write_if_changed
from generator.build.toolchain import LD, LINK_FLAGS, OBJCOPY, REPOSITORY, Toolchain
from generator.emit.render import render
from generator.emit.tables import ROOT_BYTES, ROOT_ENTRIES, KernelImage, Tables
from generator.hardware import Board
from generator.model import EVENTS

KERNEL = os.path.join(REPOSITORY, "kernel")
_SHA256_OFFSET = 16          # of ConfigHeader, asserted in schema.hpp
_CHECKSUM_OFFSET = 12
_HASHED_FROM = 48
_TABLE_FLAGS = ("-std=c++17", "-O1", "-g", "-ffreestanding", "-fno-exceptions", "-fno-rtti", "-fno-pic", "-mgeneral-regs-only",
                "-fno-asynchronous-unwind-tables", "-fno-stack-protector", "-Wall", "-Wextra", "-Werror", "-mcpu=cortex-a53")
# Table builders run in the compiler: a gigabyte of 4 KiB pages takes more steps than its default allows.
_CONSTEXPR_LIMITS = {"gcc-12": ("-fconstexpr-ops-limit=4000000000", "-fconstexpr-loop-limit=4000000"),
                     "clang-19": ("-fconstexpr-steps=2000000000",)}


class ImageDefect(Exception):
    """The second link did not keep what the first fixed: our defect."""


@dataclass(frozen=True)
class Image:
    """The linked image in the work folder."""

    elf: str
    binary: str
    segment: str            # the configuration segment: parameter data item
    config_hash: str        # 64 hex digits; the first 16 are the configuration id


def write_sources(tables: Tables, board: Board, work: str) -> None:
    """tables.cpp, image.ld, payloads.S and the payloads' bytes."""
    resolved = tables.resolved
    vcpu_of = {core: lines.first_vcpu + number for lines in tables.guests for number, core in enumerate(lines.guest.cores)}
    keyboard = next((lines.guest.index for lines in tables.guests
                     if lines.guest.name == resolved.input and lines.guest.console.kind == "virtual"), None)
    everything = [tables.stage1, *(table for lines in tables.guests for table in (lines.stage2, lines.load))]
    names = {"t": tables, "gic": board.gic, "root_entries": ROOT_ENTRIES, "root_bytes": ROOT_BYTES, "events": EVENTS,
             "vcpu_of": vcpu_of, "vcpu_count": sum(len(lines.guest.cores) for lines in tables.guests),
             "input_partition": keyboard, "kernel_hash": int.from_bytes(tables.kernel.hash[:8], "big"),
             "tables": everything,
             "module_actions": {"halt": "kHalt", "reset-board": "kResetBoard"}}
    write_if_changed(os.path.join(work, "tables.cpp"), render("tables.cpp.j2", **names))
    write_if_changed(os.path.join(work, "image.ld"), render("image.ld.j2", **names))
    write_if_changed(os.path.join(work, "payloads.S"), render("payloads.S.j2", **names))
    for chunk in tables.chunks:
        write_if_changed(os.path.join(work, f"{chunk.symbol}.bin"), chunk.data)


def compile_tables(work: str, toolchain: Toolchain, tools: Tools, hashes: FileHashes) -> None:
    headers = files_below(KERNEL, (".hpp",))
    key = digest_of(toolchain.name, *_TABLE_FLAGS, hashes.of(os.path.join(work, "tables.cpp")), hashes.of_all(headers, KERNEL))
    if _is_current(work, "tables.o", key):
        return
    tools.run([*toolchain.cpp, *_TABLE_FLAGS, *_CONSTEXPR_LIMITS[toolchain.name], f"-ffile-prefix-map={REPOSITORY}=.",
               f"-ffile-prefix-map={work}=.", f"-I{KERNEL}", "-c", os.path.join(work, "tables.cpp"),
               "-o", os.path.join(work, "tables.o")], "the system's tables do not compile", cwd=work)
    _mark_current(work, "tables.o", key)


def compile_payloads(tables: Tables, work: str, toolchain: Toolchain, tools: Tools, hashes: FileHashes) -> None:
    files = [os.path.join(work, "payloads.S"), *(os.path.join(work, f"{chunk.symbol}.bin") for chunk in tables.chunks)]
    key = digest_of(toolchain.name, hashes.of_all(files, work))
    if _is_current(work, "payloads.o", key):
        return
    tools.run([*toolchain.c, f"-Wa,-I{work}", f"-ffile-prefix-map={work}=.", "-c", os.path.join(work, "payloads.S"),
               "-o", os.path.join(work, "payloads.o")], "the payloads do not assemble", cwd=work)
    _mark_current(work, "payloads.o", key)


def _is_current(work: str, name: str, key: str) -> bool:
    try:
        with open(os.path.join(work, name + ".key"), encoding="utf-8") as file:
            return file.read() == key and os.path.exists(os.path.join(work, name))
    except OSError:
        return False


def _mark_current(work: str, name: str, key: str) -> None:
    write_if_changed(os.path.join(work, name + ".key"), key)


def link(tables: Tables, kernel_objects: list[str], dram_base: int, work: str, tools: Tools) -> Image:
    """Links, checks the kernel's bytes against the first link, fills in the digest, and makes the raw forms."""
    elf = os.path.join(work, "image.elf")
    tools.run([LD, *LINK_FLAGS, "--no-warn-rwx-segments", "-L", KERNEL, "-T", os.path.join(work, "image.ld"),
               f"--defsym=bulkhead_kernel_base={tables.kernel.base:#x}", f"--defsym=bulkhead_dram_base={dram_base:#x}",
               *kernel_objects, os.path.join(work, "tables.o"), os.path.join(work, "payloads.o"), "-o", elf],
              "the image does not link")
    if kernel_hash(elf) != tables.kernel.hash:
        raise ImageDefect("the second link changed the kernel's bytes")
    config_hash, segment = _fill_digest(elf, tables)
    segment_path = os.path.join(work, "config.bin")
    write_if_changed(segment_path, segment)
    binary = os.path.join(work, "image.bin")
    tools.run([OBJCOPY, "-O", "binary", elf, binary], "objcopy failed")
    return Image(elf, binary, segment_path, config_hash)


def kernel_hash(elf_path: str) -> bytes:
    """SHA-256 over the kernel's segments without .head: what evidence for the kernel is keyed by."""
    digest = hashlib.sha256()
    with open(elf_path, "rb") as file:
        elf = ELFFile(file)
        for name in (".text", ".rodata"):
            section = elf.get_section_by_name(name)
            if section is not None:
                digest.update(struct.pack(">QQ", section["sh_addr"], section["sh_size"]))
                digest.update(section.data())
    return digest.digest()


def read_kernel(elf_path: str) -> KernelImage:
    """The addresses that stage 1 fixed."""
    with open(elf_path, "rb") as file:
        elf = ELFFile(file)
        symbols = elf.get_section_by_name(".symtab")

        def value(name: str) -> int:
            return symbols.get_symbol_by_name(name)[0]["st_value"]

        return KernelImage(value("bulkhead_kernel_base"), elf.get_section_by_name(".rodata")["sh_addr"],
                           value("bulkhead_bss_start"), value("bulkhead_config"), kernel_hash(elf_path))


def _fill_digest(elf_path: str, tables: Tables) -> tuple[str, bytes]:
    """Stores CRC-32 and SHA-256 over the configuration segment (from the byte after the digest on) in its header."""
    with open(elf_path, "r+b") as file:
        elf = ELFFile(file)
        base = tables.kernel.config
        segment = next(segment for segment in elf.iter_segments()
                       if segment["p_type"] == "PT_LOAD" and segment["p_paddr"] == base)
        offset = segment["p_offset"]
        content = bytearray(segment.data())
        size = tables.tables_base + tables.tables_size - base
        content += bytes(size - len(content))
        checksum = struct.pack("<I", zlib.crc32(content[_HASHED_FROM:size]))
        content[_CHECKSUM_OFFSET:_CHECKSUM_OFFSET + 4] = checksum
        digest = hashlib.sha256(content[_HASHED_FROM:size]).digest()
        content[_SHA256_OFFSET:_SHA256_OFFSET + 32] = digest
        file.seek(offset + _CHECKSUM_OFFSET)
        file.write(checksum + digest)
    return digest.hex(), bytes(content[:size])
