# SPDX-License-Identifier: Apache-2.0
"""What a guest's image file is: read from its first bytes, never trusted."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from generator.hardware import Window

_HEAD = 4096


@dataclass(frozen=True)
class LinuxHeader:
    """The arm64 Image header (Linux, Documentation/arch/arm64/booting.rst)."""

    text_offset: int
    image_size: int
    flags: int


def _head(path: str) -> bytes:
    with open(path, "rb") as handle:
        return handle.read(_HEAD)


def linux_header(path: str) -> LinuxHeader | None:
    head = _head(path)
    if len(head) < 64 or head[56:60] != b"ARM\x64":
        return None
    text_offset, image_size, flags = struct.unpack_from("<QQQ", head, 8)
    return LinuxHeader(text_offset, image_size, flags)


def kind_of_kernel(path: str) -> str:
    """arm64, or what it is instead."""
    head = _head(path)
    header = linux_header(path)
    if header is not None:
        return "big-endian" if header.flags & 1 else "arm64"
    if not head:
        return "empty"
    if head[:2] == b"\x1f\x8b":
        return "gzip"
    if head[:4] == b"\x27\x05\x19\x56":
        return "uimage"
    if head[4:8] == b"zimg":
        return "zboot"
    if head[0x24:0x28] in (b"\x18\x28\x6f\x01", b"\x01\x6f\x28\x18"):
        return "zimage"
    if head[0x202:0x206] == b"HdrS":
        return "x86"
    if head[:4] == b"\x7fELF":
        return "elf"
    return "other"


@dataclass(frozen=True)
class ElfFile:
    """The loadable segments of an ELF; `problem` tells why it is none of ours."""

    segments: tuple[Window, ...] = ()
    entry: int = 0
    problem: str = ""


_EM_AARCH64 = 183
_MACHINES = {3: "x86", 40: "32-bit Arm", 62: "x86-64", 243: "RISC-V"}


def read_elf(path: str) -> ElfFile:
    with open(path, "rb") as handle:
        data = handle.read(64)
        if data[:4] != b"\x7fELF" or len(data) < 64:
            return ElfFile(problem="is not an ELF file")
        if data[4] != 2 or data[5] != 1:
            return ElfFile(problem="is not a 64-bit little-endian ELF")
        kind, machine = struct.unpack_from("<HH", data, 16)
        if machine != _EM_AARCH64:
            what = _MACHINES.get(machine, f"machine {machine}")
            return ElfFile(problem=f"is an ELF for {what}, not for AArch64")
        if kind not in (2, 3):
            return ElfFile(problem="is not linked: it is no executable")
        entry, table = struct.unpack_from("<QQ", data, 24)
        size, count = struct.unpack_from("<HH", data, 54)
        handle.seek(table)
        headers = handle.read(size * count)
    if size < 56 or len(headers) < size * count:
        return ElfFile(problem="has a broken program header table")
    segments = []
    for n in range(count):
        kind, _, _, _, physical, _, memory = struct.unpack_from("<IIQQQQQ", headers, n * size)
        if kind == 1 and memory:
            segments.append(Window(physical, memory))
    if not segments:
        return ElfFile(problem="has nothing to load")
    return ElfFile(tuple(segments), entry)
