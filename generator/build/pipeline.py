# SPDX-License-Identifier: Apache-2.0
"""`build` from end to end: check, recipes, allocate, kernel, partitions, tables, image, outputs.

Everything is made in the output folder's `.work`; only when all of it is there does it replace the former outputs, so a
build that fails leaves the last good one alone.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass

from generator.allocate import OutOfMemory, Resolved, allocate
from generator.allocate.payloads import RecipeFailed, run_recipe
from generator.allocate.resolved import Guest
from generator.build import elf as elves
from generator.build import image as images
from generator.build import native as natives
from generator.build.kernel import KernelBuild, build_kernel, kernel_devices
from generator.build.outputs import Built, publish, read_built
from generator.build.steps import FileHashes, Log, Progress, ToolFailed, ToolMissing, Tools, digest_of, files_below
from generator.build.toolchain import REPOSITORY, Toolchain
from generator.check.context import Context
from generator.check.runner import Checked, check_file
from generator.emit.tables import PristineOverflow, Tables, build_tables
from generator.guest_tree import Dropped, apply_overlay, guest_tree
from generator.device_tree import compile_tree
from generator.hardware import Board

_STEPS = 6


class BuildFailed(Exception):
    """The input, or what it names, does not build; `log` has all of it."""

    def __init__(self, message: str, detail: str = "", log: str = ""):
        super().__init__(message)
        self.detail, self.log = detail, log


@dataclass(frozen=True)
class Request:
    """What a build is asked for."""

    file: str
    target: str             # hardware or qemu
    toolchain: Toolchain
    jobs: int
    folder: str | None      # -o
    quiet: bool = False
    offline: bool = False
    strict: bool = False


def output_folder(request: Request, system: str) -> str:
    if request.folder is not None:
        return request.folder
    return os.path.join("build", system + ("-qemu" if request.target == "qemu" else ""))


def run_recipes(context: Context, offline: bool, quiet: bool) -> dict[str, dict]:
    """Each recipe once, however many partitions use it."""
    answers: dict[str, dict] = {}
    found = {}
    for name, partition in context.system.partitions.items():
        if partition.image.recipe is None:
            continue
        folder = context.folder(partition.image.recipe)
        if folder not in answers:
            try:
                answers[folder] = run_recipe(folder, offline, quiet)
            except RecipeFailed as error:
                raise BuildFailed(f"{partition.image.recipe.place}: recipe `{partition.image.recipe}`: {error}") from error
        found[str(name)] = answers[folder]
    return found


def build(request: Request, checked: Checked | None = None) -> tuple[Checked, Built | None]:
    """Builds a system. With findings that are errors there is no second part; BuildFailed tells of the rest."""
    checked = checked or check_file(request.file, "build", request.strict)
    if not checked.ok:
        return checked, None
    folder = os.path.abspath(output_folder(request, checked.name))
    work = os.path.join(folder, ".work")
    os.makedirs(work, exist_ok=True)
    with open(os.path.join(work, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        hashes = FileHashes(os.path.join(work, "hashes.json"))
        try:
            return checked, _build_locked(request, checked, folder, work, hashes)
        except OutOfMemory as error:
            checked.diagnostics.add(error.diagnostic)
            return checked, None
        finally:
            hashes.save()


def _build_locked(request: Request, checked: Checked, folder: str, work: str, hashes: FileHashes) -> Built:
    context = Context(checked.system, checked.board, "build")
    recipes = run_recipes(context, request.offline, request.quiet)
    key = _input_key(request, checked, context, recipes, hashes)
    resolved = allocate(context, request.target, recipes)
    built = read_built(folder, key, resolved)
    if built is not None:
        return built
    log = Log(os.path.join(work, "build.log"))
    tools = Tools(log, request.jobs)
    progress = Progress(_STEPS, os.path.relpath(log.path), request.quiet)
    try:
        return _make(_Making(request, checked, checked.board, context, resolved, recipes, folder, work, hashes, tools,
                             progress, key))
    except ToolFailed as error:
        raise BuildFailed(error.what, error.output, os.path.relpath(log.path)) from error
    except ToolMissing:
        raise
    finally:
        progress.end()
        log.close()


@dataclass(frozen=True)
class _Making:
    request: Request
    checked: Checked
    board: Board
    context: Context
    resolved: Resolved
    recipes: dict[str, dict]
    folder: str
    work: str
    hashes: FileHashes
    tools: Tools
    progress: Progress
    key: str


def _make(making: _Making) -> Built:
    resolved, board, tools, progress = making.resolved, making.board, making.tools, making.progress
    progress.step("kernel of the feature set")
    kernel = build_kernel(resolved, board, making.request.toolchain, _shared_folder(making, "kernel"), tools, making.hashes)
    progress.step("partitions")
    _build_natives(making)
    progress.step("device trees")
    trees, dropped = _trees(making)
    chunks, entries = _payload_bytes(making, trees)
    progress.step("tables")
    tables = _tables(making, kernel, chunks, entries)
    images.write_sources(tables, board, making.work)
    tools.parallel([
        lambda: images.compile_tables(making.work, making.request.toolchain, tools, making.hashes),
        lambda: images.compile_payloads(tables, making.work, making.request.toolchain, tools, making.hashes)])
    progress.step("image")
    image = images.link(tables, kernel.objects, board.dram[0].base, making.work, tools)
    progress.step("outputs")
    return publish(making, kernel, tables, image, trees, dropped)


def _shared_folder(making: _Making, what: str) -> str:
    """Kernels of feature sets and objects of partitions are shared by all systems under build/; elsewhere (-o) they stay with theirs."""
    shared = os.path.abspath("build")
    if making.folder.startswith(shared + os.sep):
        return os.path.join(shared, "." + what)
    return os.path.join(making.work, what)


def _build_natives(making: _Making) -> None:
    toolchain, tools = making.request.toolchain, making.tools
    wanted = []
    for guest in making.resolved.guests:
        if guest.image.kind == "native":
            try:
                native = natives.prepare(making.resolved, guest, making.board.gic, _native_folder(making, guest),
                                         _shared_folder(making, "native"), toolchain, making.hashes)
            except natives.PartitionFileError as error:
                raise BuildFailed(str(error)) from error
            if not native.is_current:
                wanted.append(native)
    natives.compile_all(wanted, toolchain, tools)
    tools.parallel(lambda native=native: natives.link(native, tools) for native in wanted)


def _native_folder(making: _Making, guest: Guest) -> str:
    return os.path.join(making.work, "partitions", guest.name)


def _trees(making: _Making) -> tuple[dict[str, bytes], dict[str, tuple[Dropped, ...]]]:
    trees, dropped = {}, {}
    for guest in making.resolved.guests:
        if guest.image.tree is None:
            continue
        initrd = next((payload.size for payload in guest.payloads if payload.what == "initrd"), 0)
        tree = guest_tree(making.resolved, guest, making.board, initrd)
        blob = tree.blob
        if guest.image.overlay is not None:
            blob = _with_overlay(making, guest, blob)
        room = next(payload.size for payload in guest.payloads if payload.what == "tree")
        if len(blob) > room:
            raise BuildFailed(f"{guest.place}: the device tree of `{guest.name}` takes {len(blob):,} bytes, and "
                              f"{room:,} are set aside for it: give it more memory")
        trees[guest.name], dropped[guest.name] = blob, tree.dropped
    return trees, dropped


def _with_overlay(making: _Making, guest: Guest, blob: bytes) -> bytes:
    text = making.context.system.partitions[guest.name].image.overlay
    path = making.context.path(text)
    try:
        with open(path, "rb") as file:
            overlay = file.read()
        if not overlay.startswith(b"\xd0\x0d\xfe\xed"):
            overlay = compile_tree(path, [])
        return apply_overlay(blob, overlay)
    except Exception as error:
        raise BuildFailed(f"{text.place}: overlay `{text}` of `{guest.name}`: {error}") from error


def _payload_bytes(making: _Making, trees: dict[str, bytes]) -> tuple[dict[str, list], dict[str, int]]:
    """The bytes of each payload at its IPA, and the entries that ELF files name."""
    chunks: dict[str, list] = {}
    entries: dict[str, int] = {}
    for guest in making.resolved.guests:
        found = []
        for payload in guest.payloads:
            if payload.what == "tree":
                found += [("tree", chunk) for chunk in elves.merge([(payload.ipa, trees[guest.name])])]
            elif payload.what == "image" and guest.image.kind in ("native", "elf"):
                path = os.path.join(_native_folder(making, guest), "partition.elf") if guest.image.kind == "native" \
                    else guest.image.path
                entries[guest.name] = elves.entry_of(path)
                found += [("image", chunk) for chunk in elves.chunks_of(path)]
            else:
                with open(payload.file, "rb") as file:
                    found += [(payload.what, chunk) for chunk in elves.merge([(payload.ipa, file.read())])]
        chunks[guest.name] = sorted(found, key=lambda item: item[1].address)
    return chunks, entries


def _tables(making: _Making, kernel: KernelBuild, chunks: dict[str, list], entries: dict[str, int]) -> Tables:
    try:
        return build_tables(making.resolved, making.board, kernel.image, kernel_devices(making.resolved, making.board),
                            chunks, entries)
    except PristineOverflow as error:
        raise BuildFailed(f"{error}; a native image of a partition that can be restarted may have 1 MiB") from error


def _input_key(request: Request, checked: Checked, context: Context, recipes: dict[str, dict], hashes: FileHashes) -> str:
    """Everything that the outputs depend on, by content: equal keys make equal bytes."""
    files = {os.path.abspath(file) for file in checked.files}
    files.update(files_below(os.path.join(REPOSITORY, "generator"), (".py", ".j2")))
    files.update(files_below(os.path.join(REPOSITORY, "bsp"), (".dts", ".dtsi", ".yaml")))
    files.update(files_below(os.path.join(REPOSITORY, "kernel"), (".hpp", ".cpp", ".S", ".ld", ".build")))
    files.update(files_below(natives.RUNTIME, (".h", ".hpp", ".c", ".cpp", ".S", ".ld")))
    files.update(os.path.join(REPOSITORY, name) for name in ("meson.build", "meson_options.txt"))
    files.add(request.toolchain.cross_file)
    for overlay in checked.system.board.overlays or ():
        files.add(context.path(overlay))
    for name, partition in context.system.partitions.items():
        image = partition.image
        if image.native is not None:
            files.update(files_below(context.folder(image.native), natives._ALL))
        elif image.recipe is not None:
            answer = recipes[str(name)]
            files.update(path for path in (answer["image"], answer.get("initrd"), *answer.get("watch", ())) if path)
        else:
            files.update(context.path(path) for path in (image.source, image.initrd) if path is not None)
        if image.overlay is not None and image.overlay != "none":
            files.add(context.path(image.overlay))
    present = sorted(path for path in files if os.path.isfile(path))
    return digest_of(request.target, request.toolchain.name, json.dumps([hashes.of(path) for path in present]))
