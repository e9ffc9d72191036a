# SPDX-License-Identifier: Apache-2.0
# implements: LLR-528
"""Rules on images: which kind, which keys, and whether the files are what they should be."""

from __future__ import annotations

import difflib
import os
from functools import lru_cache
from typing import Iterator

from generator import defaults
from generator.check.context import REPOSITORY, Context
from generator.diagnostics import Finding, Severity
from generator.hardware import Window
from generator.image_file import ElfFile, kind_of_kernel, linux_header, read_elf
from generator.keys import Text
from generator.memory_map import human
from generator.model import IMAGE_KINDS, Image, Partition
from generator.rules import rule

COMMAND_LINE_SIZE = 2048  # arch/arm64 of Linux, the ending zero included


def _images(context: Context) -> Iterator[tuple[Text, Partition, Image]]:
    for name, partition in context.partitions.items():
        yield name, partition, partition.image


def _kinds(image: Image) -> list[str]:
    return [kind for kind in IMAGE_KINDS if getattr(image, kind) is not None]


@rule(
    "BH-IMG-001",
    sentence="An image is exactly one of native, elf, binary, linux, recipe.",
    wrong="image: {elf: nav.elf, binary: nav.bin}",
    right="image: {elf: nav.elf}",
    keys=("partitions.*.image",),
)
def one_kind(context: Context) -> Iterator[Finding]:
    for name, _, image in _images(context):
        kinds = _kinds(image)
        if len(kinds) != 1:
            what = "no kind" if not kinds else "several kinds: " + ", ".join(kinds)
            yield Finding(
                image.place,
                f"the image of `{name}` has {what}",
                "name exactly one of native, elf, binary, linux, recipe",
            )


_BELONGS = {
    "load": ("binary",),
    "entry": ("binary",),
    "initrd": ("linux",),
    "cmdline": ("linux", "recipe"),
}


@rule(
    "BH-IMG-002",
    sentence="`load` and `entry` belong to binary, `initrd` to linux, `cmdline` to linux and recipe.",
    wrong="image: {elf: nav.elf, load: 0x40000000}",
    right="image: {binary: nav.bin, load: 0x40000000}",
    keys=("partitions.*.image",),
)
def keys_of_kind(context: Context) -> Iterator[Finding]:
    for name, _, image in _images(context):
        kinds = _kinds(image)
        for key, owners in _BELONGS.items():
            value = getattr(image, key)
            if value is not None and len(kinds) == 1 and kinds[0] not in owners:
                yield Finding(
                    value.place,
                    f"`{key}` does not belong to the {kinds[0]} image of `{name}`",
                    f"`{key}` goes with {' or '.join(owners)}; remove it",
                )


def _files(context: Context) -> Iterator[tuple[str, Text]]:
    """Every file that the system names, with what it is for."""
    for name, _, image in _images(context):
        for kind in ("elf", "binary", "linux", "initrd", "overlay"):
            file = getattr(image, kind)
            if file is not None and not (kind in ("overlay", "initrd") and file == "none"):
                yield f"image.{kind} of `{name}`", file
    for name, data in (context.system.data or {}).items():
        yield f"data.{name}.file", data.file
    media = context.system.media
    if media is not None and media.sd is not None and media.sd.root is not None:
        yield "media.sd.root", media.sd.root


@rule(
    "BH-IMG-003",
    severity=Severity.WARNING,
    build_severity=Severity.ERROR,
    sentence="A named file exists (warning in `check`, error in `build`).",
    wrong="image: {elf: nva.elf}",
    right="image: {elf: nav.elf}",
    keys=("partitions.*.image", "data.*.file", "media.sd.root"),
)
def file_exists(context: Context) -> Iterator[Finding]:
    for what, file in _files(context):
        path = context.path(file)
        if os.path.isfile(path):
            continue
        if os.path.exists(path):
            yield Finding(file.place, f"`{file}` ({what}) is not a file", "name a file, not a folder")
            continue
        folder = os.path.dirname(path) or "."
        there = os.listdir(folder) if os.path.isdir(folder) else []
        close = difflib.get_close_matches(os.path.basename(path), sorted(there), n=1)
        hint = "paths are relative to the file they stand in"
        if close:
            hint = f"did you mean `{os.path.join(os.path.dirname(str(file)), close[0])}`? {hint}"
        yield Finding(file.place, f"the file `{file}` ({what}) does not exist", hint)


def _known_folders(context: Context, name: Text, marker: str | None) -> set[str]:
    """Folders that `native:` (no marker) or `recipe:` (marker file) could name."""
    found = set()
    for base in (os.path.dirname(name.place.file) or ".", os.path.join(REPOSITORY, "partitions")):
        for entry in os.listdir(base) if os.path.isdir(base) else []:
            folder = os.path.join(base, entry)
            if os.path.isdir(folder) and _is_kind(folder, marker):
                found.add(entry)
    return found


RECIPE = "recipe.py"


@lru_cache(maxsize=256)
def _is_kind(folder: str, marker: str | None) -> bool:
    entries = os.listdir(folder)
    if marker is not None:
        return marker in entries
    sources = any(entry.endswith((".c", ".cpp", ".S")) for entry in entries)
    return sources and "include" not in entries


@rule(
    "BH-IMG-004",
    sentence="`native:` names a folder beside the YAML or of partitions/.",
    wrong="image: {native: teltale}",
    right="image: {native: telltale}",
    keys=("partitions.*.image.native",),
)
def native_exists(context: Context) -> Iterator[Finding]:
    yield from _folder_exists(context, "native", None)


@rule(
    "BH-IMG-005",
    sentence="`recipe:` names a folder with a recipe, beside the YAML or in partitions/.",
    wrong="image: {recipe: linx}",
    right="image: {recipe: linux}",
    keys=("partitions.*.image.recipe",),
)
def recipe_exists(context: Context) -> Iterator[Finding]:
    yield from _folder_exists(context, "recipe", RECIPE)


def _may_be(folder: str, marker: str | None) -> bool:
    """The runtime is what native partitions are linked with, and none itself."""
    entries = os.listdir(folder)
    return marker in entries if marker is not None else "runtime.ld" not in entries


def _folder_exists(context: Context, kind: str, marker: str | None) -> Iterator[Finding]:
    for _, _, image in _images(context):
        source = getattr(image, kind)
        if source is None:
            continue
        folder = context.folder(source)
        if folder is not None and _may_be(folder, marker):
            continue
        known = _known_folders(context, source, marker)
        close = difflib.get_close_matches(str(source), sorted(known), n=1, cutoff=0.5)
        listed = ", ".join(f"`{name}`" for name in sorted(known)[:12])
        hint = f"did you mean `{close[0]}`?" if close else f"known: {listed or 'none'}"
        yield Finding(
            source.place,
            f"there is no {kind} folder `{source}` beside the YAML or in partitions/",
            hint,
        )


@rule(
    "BH-IMG-006",
    sentence="A native folder has sources: *.c, *.cpp or *.S.",
    wrong="image: {native: notes}          # a folder with a README only",
    right="image: {native: hello}",
    keys=("partitions.*.image.native",),
)
def native_has_sources(context: Context) -> Iterator[Finding]:
    for _, _, image in _images(context):
        if image.native is not None:
            folder = context.folder(image.native)
            if folder is not None and not any(
                entry.endswith((".c", ".cpp", ".S")) for entry in os.listdir(folder)
            ):
                hint = f"looked in {os.path.relpath(folder)}"
                if RECIPE in os.listdir(folder):
                    hint = f"it is a recipe: write `image: {{recipe: {image.native}}}`"
                yield Finding(
                    image.native.place,
                    f"the folder of `native: {image.native}` has no *.c, *.cpp or *.S",
                    hint,
                )


def _kernels(context: Context, kind: str) -> Iterator[tuple[Text, Text]]:
    """Linux images that turn out to be of another kind."""
    for name, _, image in _images(context):
        if image.linux is not None and os.path.isfile(context.path(image.linux)):
            if kind_of_kernel(context.path(image.linux)) == kind:
                yield name, image.linux


@rule(
    "BH-IMG-007",
    sentence="A Linux image is not compressed: Bulkhead starts the raw `Image`.",
    wrong="image: {linux: Image.gz}",
    right="image: {linux: Image}",
    keys=("partitions.*.image.linux",),
)
def not_gzip(context: Context) -> Iterator[Finding]:
    for name, file in _kernels(context, "gzip"):
        yield Finding(
            file.place,
            f"`{file}` of `{name}` is gzip data, not an arm64 Image",
            f"unpack it: `gunzip -c {file} > Image`",
        )


@rule(
    "BH-IMG-008",
    sentence="A Linux image is for 64-bit Arm, not a 32-bit zImage.",
    wrong="image: {linux: zImage}",
    right="image: {linux: Image}",
    keys=("partitions.*.image.linux",),
)
def not_zimage(context: Context) -> Iterator[Finding]:
    for name, file in _kernels(context, "zimage"):
        yield Finding(
            file.place,
            f"`{file}` of `{name}` is a 32-bit Arm zImage, not an arm64 Image",
            "build the kernel with ARCH=arm64 and take arch/arm64/boot/Image",
        )


@rule(
    "BH-IMG-009",
    sentence="A Linux image is for Arm, not for x86.",
    wrong="image: {linux: bzImage}",
    right="image: {linux: Image}",
    keys=("partitions.*.image.linux",),
)
def not_x86(context: Context) -> Iterator[Finding]:
    for name, file in _kernels(context, "x86"):
        yield Finding(
            file.place,
            f"`{file}` of `{name}` is an x86 kernel, not an arm64 Image",
            "build the kernel with ARCH=arm64 and take arch/arm64/boot/Image",
        )


@rule(
    "BH-IMG-010",
    sentence="A Linux image is not wrapped for U-Boot or EFI.",
    wrong="image: {linux: uImage}",
    right="image: {linux: Image}",
    keys=("partitions.*.image.linux",),
)
def not_wrapped(context: Context) -> Iterator[Finding]:
    for kind, word in (("uimage", "a U-Boot uImage"), ("zboot", "an EFI zboot image")):
        for name, file in _kernels(context, kind):
            yield Finding(
                file.place,
                f"`{file}` of `{name}` is {word}, not an arm64 Image",
                "take arch/arm64/boot/Image of the kernel's build",
            )


@rule(
    "BH-IMG-011",
    sentence="A Linux image carries the arm64 Image header.",
    wrong="image: {linux: notes.txt}",
    right="image: {linux: Image}",
    keys=("partitions.*.image.linux",),
)
def is_arm64_image(context: Context) -> Iterator[Finding]:
    words = {"elf": "an ELF file (vmlinux?)", "big-endian": "a big-endian Image"}
    for kind in ("empty", "elf", "big-endian", "other"):
        for name, file in _kernels(context, kind):
            what = words.get(kind, "an empty file" if kind == "empty" else "something else")
            yield Finding(
                file.place,
                f"`{file}` of `{name}` is {what}, not a little-endian arm64 Image",
                "take arch/arm64/boot/Image of the kernel's build",
            )


def _elves(context: Context) -> Iterator[tuple[Text, Partition, Text, ElfFile]]:
    for name, partition, image in _images(context):
        if image.elf is not None and os.path.isfile(context.path(image.elf)):
            yield name, partition, image.elf, read_elf(context.path(image.elf))


@rule(
    "BH-IMG-012",
    sentence="An ELF image is a little-endian AArch64 executable.",
    wrong="image: {elf: nav.elf}          # built for the host",
    right="image: {elf: nav.elf}          # built with aarch64-linux-gnu-gcc",
    keys=("partitions.*.image.elf",),
)
def elf_for_aarch64(context: Context) -> Iterator[Finding]:
    for name, _, file, elf in _elves(context):
        if elf.problem:
            yield Finding(
                file.place,
                f"`{file}` of `{name}` {elf.problem}",
                "link an AArch64 executable, like `aarch64-linux-gnu-gcc -static -nostdlib`",
            )


def memory_windows(context: Context, partition: Partition) -> list[tuple[str, Window]]:
    """RAM and placed regions, as the guest sees them."""
    pieces = defaults.guest_ram(partition, context.board)
    found = [("RAM", Window(base, size)) for base, size in pieces]
    for region, entry in (partition.regions or {}).items():
        if entry.ipa is not None:
            found.append((f"region `{region}`", Window(int(entry.ipa), int(entry.size))))
    return found


def _inside(windows: list[tuple[str, Window]], piece: Window) -> bool:
    """Whether consecutive windows cover the piece."""
    position = piece.base
    for _, window in sorted(windows, key=lambda item: item[1].base):
        if window.base <= position < window.end:
            position = window.end
    return position >= piece.end


def _listed(windows: list[tuple[str, Window]]) -> str:
    return ", ".join(f"{what} {window}" for what, window in windows)


@rule(
    "BH-IMG-013",
    sentence="The segments of an ELF lie in the partition's RAM or regions.",
    wrong="image: {elf: nav.elf}          # linked at 0x80000\nmemory: 8 MiB",
    right="image: {elf: nav.elf}          # linked at 0x40000000\nmemory: 8 MiB",
    keys=("partitions.*.image.elf", "partitions.*.memory"),
    board=True,
)
def elf_in_ram(context: Context) -> Iterator[Finding]:
    for name, partition, file, elf in _elves(context):
        windows = memory_windows(context, partition)
        if elf.problem or not windows:
            continue
        for segment in elf.segments:
            if not _inside(windows, segment):
                yield Finding(
                    file.place,
                    f"a segment of `{file}` at {segment} lies outside the memory of `{name}`"
                    f" ({_listed(windows)})",
                    f"link it there, or set `memory: {{size: ..., ipa: {segment.base & ~0xFFF:#x}}}`",
                )


@rule(
    "BH-IMG-014",
    sentence="An ELF is entered inside one of its segments.",
    wrong="an ELF whose entry point is 0",
    right="ld -e _start ...",
    keys=("partitions.*.image.elf",),
)
def elf_entry(context: Context) -> Iterator[Finding]:
    for name, _, file, elf in _elves(context):
        inside = any(segment.base <= elf.entry < segment.end for segment in elf.segments)
        if not elf.problem and not inside:
            yield Finding(
                file.place,
                f"the entry point {elf.entry:#x} of `{file}` of `{name}` is in none of its segments",
                "give the linker the entry symbol: `ld -e _start`",
            )


@rule(
    "BH-IMG-023",
    sentence="An ELF, or a binary with `load`, under `map: identity` has a pinned `physical`.",
    wrong="image: {elf: nav.elf}\nmemory: {size: 8 MiB, map: identity}",
    right="image: {elf: nav.elf}\nmemory: {size: 8 MiB, map: identity, physical: 0x10000000}",
    keys=("partitions.*.image", "partitions.*.memory"),
)
def identity_of_fixed_image(context: Context) -> Iterator[Finding]:
    for name, partition, image in _images(context):
        memory = partition.memory
        if memory.map != "identity" or memory.physical is not None:
            continue
        fixed = image.load if image.binary is not None else image.elf
        if fixed is not None:
            yield Finding(
                memory.map.place,
                f"`{name}` is identity-mapped where the generator finds room, but its image is made"
                " for a fixed address",
                "add `physical: 0x...`, the address that the image is linked for",
            )


def _binaries(context: Context) -> Iterator[tuple[Text, Partition, Image, Window]]:
    for name, partition, image in _images(context):
        if image.binary is None or not os.path.isfile(context.path(image.binary)):
            continue
        load = defaults.load_address(partition, context.board)
        if load is not None:
            yield name, partition, image, Window(load, os.path.getsize(context.path(image.binary)))


@rule(
    "BH-IMG-015",
    sentence="A raw binary fits into the partition's RAM or regions.",
    wrong="image: {binary: radio.bin}     # 9 MiB\nmemory: 8 MiB",
    right="image: {binary: radio.bin}\nmemory: 16 MiB",
    keys=("partitions.*.image.binary", "partitions.*.memory"),
    board=True,
)
def binary_fits(context: Context) -> Iterator[Finding]:
    for name, partition, image, window in _binaries(context):
        windows = memory_windows(context, partition)
        starts_inside = any(one.base <= window.base < one.end for _, one in windows)
        if windows and starts_inside and not _inside(windows, window):
            yield Finding(
                image.binary.place,
                f"`{image.binary}` ({human(window.size)}, loaded at {window.base:#x}) is larger than"
                f" the memory of `{name}` ({_listed(windows)})",
                f"it needs memory up to {window.end:#x}",
            )


@rule(
    "BH-IMG-016",
    sentence="`load` and `entry` lie in the partition's RAM or regions.",
    wrong="image: {binary: radio.bin, load: 0x80000000}\nmemory: {size: 8 MiB, ipa: 0x40000000}",
    right="image: {binary: radio.bin, load: 0x40000000}\nmemory: {size: 8 MiB, ipa: 0x40000000}",
    keys=("partitions.*.image", "partitions.*.memory"),
    board=True,
)
def load_in_ram(context: Context) -> Iterator[Finding]:
    for name, partition, image in _images(context):
        windows = memory_windows(context, partition)
        for key in ("load", "entry"):
            value = getattr(image, key)
            if value is None or not windows:
                continue
            if not any(window.base <= value < window.end for _, window in windows):
                yield Finding(
                    value.place,
                    f"`{key}: {value:#x}` lies outside the memory of `{name}` ({_listed(windows)})",
                    "set it, or `memory.ipa`, so that they meet",
                )


@rule(
    "BH-IMG-017",
    sentence="`entry` is a multiple of 4.",
    wrong="image: {binary: radio.bin, entry: 0x40000002}",
    right="image: {binary: radio.bin, entry: 0x40000000}",
    keys=("partitions.*.image.entry",),
)
def entry_aligned(context: Context) -> Iterator[Finding]:
    for _, _, image in _images(context):
        if image.entry is not None and image.entry % 4:
            yield Finding(
                image.entry.place,
                f"`entry: {image.entry:#x}` is not a multiple of 4",
                "A64 instructions stand at multiples of 4",
            )


@rule(
    "BH-IMG-018",
    sentence="A Linux image, its initrd and its tree fit into the partition's RAM.",
    wrong="image: {linux: Image, initrd: rootfs.cpio.gz}     # 90 MiB together\nmemory: 64 MiB",
    right="image: {linux: Image, initrd: rootfs.cpio.gz}\nmemory: 256 MiB",
    keys=("partitions.*.image", "partitions.*.memory.size"),
)
def linux_fits(context: Context) -> Iterator[Finding]:
    for name, partition, image in _images(context):
        if image.linux is None or not os.path.isfile(context.path(image.linux)):
            continue
        header = linux_header(context.path(image.linux))
        if header is None:
            continue
        needed = header.text_offset + header.image_size
        parts = f"Image {human(header.image_size)}"
        if image.initrd is not None and os.path.isfile(context.path(image.initrd)):
            initrd = os.path.getsize(context.path(image.initrd))
            needed += initrd
            parts += f", initrd {human(initrd)}"
        needed += 2 << 20  # the tree, 2 MiB aligned
        if needed > partition.memory.size:
            yield Finding(
                partition.memory.size.place,
                f"{human(partition.memory.size)} are too little for Linux in `{name}` ({parts})",
                f"it needs {human((needed + (2 << 20) - 1) >> 21 << 21)} to be loaded, and more to run",
            )


@rule(
    "BH-IMG-019",
    sentence="A device tree at an address lies in the partition's RAM or regions, 8-byte aligned.",
    wrong="image: {elf: nav.elf, dtb: 0x1000}",
    right="image: {elf: nav.elf, dtb: auto}",
    keys=("partitions.*.image.dtb", "partitions.*.memory"),
    board=True,
)
def dtb_in_ram(context: Context) -> Iterator[Finding]:
    for name, partition, image in _images(context):
        if not isinstance(image.dtb, int):
            continue
        windows = memory_windows(context, partition)
        if windows and not any(window.base <= image.dtb < window.end for _, window in windows):
            yield Finding(
                image.dtb.place,
                f"`dtb: {image.dtb:#x}` lies outside the memory of `{name}` ({_listed(windows)})",
                "write `dtb: auto`, or an address in its memory",
            )
        elif image.dtb % 8:
            yield Finding(
                image.dtb.place,
                f"`dtb: {image.dtb:#x}` is not a multiple of 8",
                f"write `dtb: {image.dtb & ~7:#x}`",
            )


@rule(
    "BH-IMG-020",
    sentence="A command line has at most 2,047 characters.",
    wrong='cmdline: "console=ttyAMA0 ... 3,000 characters"',
    right='cmdline: "console=ttyAMA0"',
    keys=("partitions.*.image.cmdline",),
)
def cmdline_short(context: Context) -> Iterator[Finding]:
    for name, _, image in _images(context):
        if image.cmdline is not None and len(image.cmdline.encode()) >= COMMAND_LINE_SIZE:
            yield Finding(
                image.cmdline.place,
                f"the command line of `{name}` has {len(image.cmdline.encode()):,} bytes; Linux takes"
                f" {COMMAND_LINE_SIZE - 1:,}",
                "shorten it",
            )


@rule(
    "BH-IMG-021",
    sentence="Linux is given a device tree.",
    wrong="image: {linux: Image, dtb: none}",
    right="image: {linux: Image, dtb: auto}",
    keys=("partitions.*.image.dtb",),
)
def linux_needs_tree(context: Context) -> Iterator[Finding]:
    for name, partition, image in _images(context):
        if defaults.is_linux(partition) and image.dtb == "none":
            yield Finding(
                image.dtb.place,
                f"Linux in `{name}` cannot start without a device tree",
                "write `dtb: auto`, or leave it out",
            )


@rule(
    "BH-IMG-022",
    sentence="An image file is not empty.",
    wrong="image: {binary: radio.bin}     # 0 bytes",
    right="image: {binary: radio.bin}     # the linked program",
    keys=("partitions.*.image.binary",),
    board=True,
)
def binary_not_empty(context: Context) -> Iterator[Finding]:
    for name, _, image, window in _binaries(context):
        if window.size == 0:
            yield Finding(
                image.binary.place, f"`{image.binary}` of `{name}` is empty", "build it first"
            )
