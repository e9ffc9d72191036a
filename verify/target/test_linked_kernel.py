# SPDX-License-Identifier: Apache-2.0
"""What the bytes of the linked kernel show, and that its tables do not compile when they contradict themselves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection

sys.path.insert(0, str(Path(__file__).resolve().parent))
import scenario as scenarios  # noqa: E402  (a module beside this one; pytest imports by path)
from test_scenarios import build, prepare  # noqa: E402
from generator.build.image import _TABLE_FLAGS  # noqa: E402
from generator.build.steps import digest_of  # noqa: E402

ONE = next(one for one in scenarios.load_all() if one.system == "one" and not one.qemu)
BOARDS = ("zcu102", "virt-gicv3")


@pytest.fixture(params=BOARDS)
def folder(root: Path, request) -> Path:
    system, output = prepare(root, ONE, request.param, "gcc")
    build(root, system, output, "gcc")
    return output


def sections(path: Path) -> dict[str, tuple[int, bytes]]:
    with path.open("rb") as file:
        return {section.name: (section["sh_addr"], section.data()) for section in ELFFile(file).iter_sections()
                if section["sh_flags"] & 2 and section["sh_type"] == "SHT_PROGBITS"}


def symbols(path: Path) -> dict[str, int]:
    with path.open("rb") as file:
        return {symbol.name: symbol["st_value"] for symbol in ELFFile(file).get_section_by_name(".symtab").iter_symbols() if symbol.name}


def image(folder: Path) -> Path:
    found, = folder.glob("*.elf")
    return found


def listing(folder: Path) -> dict[str, list[str]]:
    """Instructions of each function of the kernel."""
    text = subprocess.run(["aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn", "-j", ".text", str(image(folder))],
                          capture_output=True, text=True, check=True).stdout
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if head := re.fullmatch(r"[0-9a-f]+ <(.+)>:", line):
            found[head.group(1)] = []
        elif found and re.match(r" +[0-9a-f]+:\t", line):
            found[list(found)[-1]].append(line.split(":", 1)[1].strip().replace("\t", " "))
    return found


def is_text(word: int) -> bool:
    """The end of a string constant looks like a small number."""
    return all(byte == 0 or 0x20 <= byte < 0x7F for byte in word.to_bytes(8, "little"))


@pytest.mark.verifies("LLR-342")
def test_only_the_header_joins_kernel_and_configuration(folder):
    """No word of the kernel's constants and no page that its code forms lies behind its own end, but the header's.

    A constant put together by moves is not recognised; `test_kernel_identity.py` shows that none depends on a value.
    """
    names = symbols(image(folder))
    header = names["bulkhead_config"]
    base = sections(image(folder))[".head"][0]
    last = base + (2 << 20) - (128 << 10)  # from there on stand the board's devices, at places of the feature set
    for name in (".text", ".rodata"):
        address, content = sections(image(folder))[name]
        words = {int.from_bytes(content[at:at + 8], "little") for at in range(0, len(content) - 7, 8)}
        assert not [hex(word) for word in words if header < word < last and not is_text(word)], name
    formed = set()
    for code in listing(folder).values():
        pages: dict[str, int] = {}
        for line in code:
            if page := re.match(r"adrp (x\d+), ([0-9a-f]+)", line):
                pages[page.group(1)] = int(page.group(2), 16)
                formed.add(pages[page.group(1)])
    beyond = {address for address in formed if header <= address < last}
    assert beyond == {header}, [hex(address) for address in beyond]


def kernel_objects(root: Path, output: Path) -> list[Path]:
    """Of the kernel that a built system was linked with."""
    wanted = json.loads((output / "manifest.json").read_text())["features_sha256"]
    key, = {path.parent.name.removesuffix("-features") for path in (root / "build/.kernel").glob("*-features/features.hpp")
            if digest_of(path.read_text()) == wanted}
    return sorted((root / "build/.kernel" / f"{key}-gcc-12" / "kernel.elf.p").rglob("*.o"))


# A system for each part of the kernel that has assembly of its own: none, direct interrupts, a shared core.
@pytest.mark.verifies("LLR-342")
@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("name", ["one", "hostile-direct", "windows"])
def test_the_kernel_s_objects_ask_for_one_symbol_of_the_configuration(root, name, board):
    system, output = prepare(root, next(one for one in scenarios.load_all() if one.system == name), board, "gcc")
    build(root, system, output, "gcc")
    objects = kernel_objects(root, output)
    assert objects, "the kernel's objects are gone"
    defined, wanted = set(), set()
    for file in objects:
        with file.open("rb") as stream:
            elf = ELFFile(stream)
            table = elf.get_section_by_name(".symtab")
            defined |= {symbol.name for symbol in table.iter_symbols() if symbol["st_shndx"] != "SHN_UNDEF"}
            for section in elf.iter_sections():
                if isinstance(section, RelocationSection) and not section.name.startswith(".rela.debug"):
                    wanted |= {table.get_symbol(entry["r_info_sym"]).name for entry in section.iter_relocations()}
    # What the linker script says of the kernel's own place, of the whole image for the header of the Image format, of the
    # way that traps take where no direct guest sleeps, and of the board's interrupt controller where one does.
    script = {name for name in wanted - defined
              if re.fullmatch(r"bulkhead_(\w+_(start|end)|text_offset|image_size|below_hypercall|fixed_map)", name)}
    assert wanted - defined - script - {""} == {"bulkhead_config"}


@pytest.mark.verifies("LLR-002")
def test_memory_is_invalidated_by_address_before_the_caches_are_on(folder):
    code = listing(folder)
    everything = [line for lines in code.values() for line in lines]
    assert not [line for line in everything if re.match(r"dc (isw|csw|cisw|igsw|cgsw)", line)], "a set/way operation"
    entry = code["bulkhead_entry"] + code["prepare_memory"]  # the first branches to the second, in a gap of the vectors
    calls = [line for line in entry if re.match(r"(bl|dsb) ", line)]
    order = [re.sub(r".*<(\w+)>", r"\1", line) for line in calls]
    assert order[:5] == ["invalidate_range", "invalidate_range", "dsb sy", "find_core", "enable_mmu"], order
    assert any(line.startswith("dc ivac, x1") for line in code["invalidate_range"])
    switch = code["enable_mmu"]
    on = next(n for n, line in enumerate(switch) if line.startswith("msr sctlr_el2"))
    assert not any(re.match(r"(st|ldx|ldax|dc zva)", line) for line in entry[:entry.index(
        next(line for line in entry if "<enable_mmu>" in line))])
    assert [line.split()[0] for line in switch[on - 4:on]].count("isb") >= 1


# What the generator could get wrong: text of the generated tables, what it becomes, and the assertion that says so.
BROKEN = {
    "a mapping twice": (r"(    \{ Ipa\{0x40000000\}, [^\n]*// RAM\n)", r"\1\1", "mappings of stage2_0 overlap"),
    "a table too few": (r"k_stage2_0\.used <= \d+", "k_stage2_0.used <= 0", "mappings of stage2_0 overlap, or the generator miscounted"),
    "an image in too many pieces": (r"(kFirstLoad0\[\] = \{\n)", r"\1" + "    { 0x400000, 0x0, 0x40 },\n" * 17, "too many pieces"),
    "state beyond its place": (r"kStateLimit = 0x[0-9a-f]+", "kStateLimit = 0x1000", "the state outgrew its place"),
    "interrupts beyond the kernel's words": (r"kIrqWords = \d+", "kIrqWords = 33", "kIrqWords <= kMaxIrqWords"),
    "a vCPU that nobody has": (r"(sizeof\(kVcpus\) / sizeof\(VcpuConfig\) == )\d+", r"\g<1>2", "static assertion failed"),
}


@pytest.mark.verifies("LLR-344", "HLR-006")
@pytest.mark.parametrize("what", ["nothing", *BROKEN])
def test_tables_that_contradict_themselves_do_not_compile(root, tmp_path, what):
    system, output = prepare(root, ONE, "zcu102", "gcc")
    build(root, system, output, "gcc")
    text = (output / ".work/tables.cpp").read_text()
    message = None
    if what in BROKEN:
        pattern, wrong, message = BROKEN[what]
        text, count = re.subn(pattern, wrong, text, count=1)
        assert count == 1, "the generated text has changed"
    (tmp_path / "tables.cpp").write_text(text)
    done = subprocess.run(["aarch64-linux-gnu-g++-12", *_TABLE_FLAGS, "-fsyntax-only", f"-I{root}/kernel", str(tmp_path / "tables.cpp")],
                          capture_output=True, text=True, check=False)
    if message is None:
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode != 0 and "static assertion failed" in done.stderr and message in done.stderr, done.stderr
