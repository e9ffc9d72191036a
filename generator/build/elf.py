# SPDX-License-Identifier: Apache-2.0
"""Reading ELF files: segments to load, symbols, and the lines that are linked in."""

from __future__ import annotations

from dataclasses import dataclass

from elftools.elf.elffile import ELFFile

_LINE = 64        # what the kernel's loader copies at a time
_MERGE = 64 << 10  # gaps up to this are filled with zeros rather than loaded separately


@dataclass(frozen=True)
class Chunk:
    """Consecutive bytes at an address; address and size are multiples of a cache line."""

    address: int
    data: bytes

    @property
    def end(self) -> int:
        return self.address + len(self.data)


def entry_of(path: str) -> int:
    with open(path, "rb") as file:
        return ELFFile(file).header["e_entry"]


def symbols_of(path: str, *names: str) -> dict[str, int]:
    """Values of the named symbols that exist."""
    with open(path, "rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        if table is None:
            return {}
        return {name: found[0]["st_value"] for name in names if (found := table.get_symbol_by_name(name))}


def chunks_of(path: str) -> list[Chunk]:
    """The bytes of an ELF file's segments (not its .bss) at their addresses, with small gaps filled."""
    with open(path, "rb") as file:
        elf = ELFFile(file)
        segments = sorted((segment["p_paddr"], segment.data()) for segment in elf.iter_segments()
                          if segment["p_type"] == "PT_LOAD" and segment["p_filesz"])
    return merge(segments)


def merge(pieces: list[tuple[int, bytes]]) -> list[Chunk]:
    """Joins neighbouring pieces and pads to cache lines."""
    found: list[Chunk] = []
    for address, data in sorted(pieces):
        begin = address & ~(_LINE - 1)
        data = bytes(address - begin) + data
        data += bytes(-len(data) % _LINE)
        if found and begin - found[-1].end <= _MERGE:
            last = found.pop()
            if begin >= last.end:
                data = last.data + bytes(begin - last.end) + data
            else:  # two pieces on one line: what both leave zero joins
                overlap = last.end - begin
                joint = bytes(one | two for one, two in zip(last.data[-overlap:], data[:overlap]))
                data = last.data[:-overlap] + joint + data[overlap:]
            begin = last.address
        found.append(Chunk(begin, data))
    return found


def source_files(path: str) -> list[str]:
    """Every file that the line table names: what was compiled in, headers without code of their own included."""
    found = set()
    with open(path, "rb") as file:
        elf = ELFFile(file)
        if not elf.has_dwarf_info():
            return []
        dwarf = elf.get_dwarf_info()
        for unit in dwarf.iter_CUs():
            program = dwarf.line_program_for_CU(unit)
            if program is None:
                continue
            # DWARF 5 counts folders from the compilation's own, 4 from 1 behind it.
            first = 0 if program.header["version"] >= 5 else 1
            folders = [_decode(entry) for entry in program.header["include_directory"]]
            for entry in program.header["file_entry"]:
                number = entry.dir_index - first
                prefix = folders[number] + "/" if 0 <= number < len(folders) else ""
                found.add(prefix + _decode(entry.name))
    return sorted(found)


def _decode(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
