# SPDX-License-Identifier: Apache-2.0
"""Stage 1: the kernel of a feature set, by Meson. One build folder a feature set and compiler, made once."""

from __future__ import annotations

import fcntl
import os
import shutil
from dataclasses import dataclass

from generator.allocate.resolved import Resolved
from generator.build.image import read_kernel
from generator.build.steps import FileHashes, Tools, digest_of, write_if_changed
from generator.build.toolchain import REPOSITORY, Toolchain
from generator.emit.features import FeatureSet, feature_set, kernel_devices
from generator.emit.render import render
from generator.emit.tables import KernelImage
from generator.hardware import Board

__all__ = ["KernelBuild", "build_kernel", "kernel_devices"]


_UART_CLASSES = {"pl011": "Pl011Uart", "cadence": "CadenceUart"}


@dataclass(frozen=True)
class KernelBuild:
    """A finished kernel: its objects go into the second link."""

    folder: str
    elf: str
    objects: list[str]
    image: KernelImage
    features: FeatureSet
    features_hash: str


def build_kernel(resolved: Resolved, board: Board, toolchain: Toolchain, cache: str, tools: Tools,
                 hashes: FileHashes) -> KernelBuild:
    features = feature_set(resolved, board)
    header = render("features.hpp.j2", f=features, uart_class=_UART_CLASSES)
    settings = [f"-Dshared_cores={str(features.arinc653 or features.rtds).lower()}",
                f"-Dsleep={f'gicv{features.gic_version}' if features.direct else 'none'}",
                f"-Dkernel_base={board.kernel_load:#x}", f"-Ddram_base={board.dram[0].base:#x}"]
    # The settings count too: ninja takes no new ones into a folder that another version of the generator has set up.
    key = digest_of("\n".join([header, *settings]))[:16]
    folder = os.path.join(cache, f"{key}-{toolchain.name}")
    generated = os.path.join(cache, f"{key}-features")
    os.makedirs(generated, exist_ok=True)
    with open(os.path.join(cache, f"{key}-{toolchain.name}.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two systems of one feature set may be built at once
        write_if_changed(os.path.join(generated, "features.hpp"), header)
        if not os.path.exists(os.path.join(folder, "build.ninja")):
            shutil.rmtree(folder, ignore_errors=True)
            # Paths in the debug information are the repository's, wherever that and the build folder lie.
            maps = [f"-ffile-prefix-map={os.path.relpath(REPOSITORY, folder)}/=", f"-ffile-prefix-map={REPOSITORY}/=",
                    f"-ffile-prefix-map={folder}=.", f"-ffile-prefix-map={generated}=."]
            tools.run(["meson", "setup", "--cross-file", toolchain.cross_file, f"-Dfeatures={generated}",
                       *settings, f"-Dcpp_args={maps}", f"-Dc_args={maps}", folder, REPOSITORY],
                      "meson cannot set up the kernel's build")
        tools.run(["ninja", "-C", folder, f"-j{tools.jobs}", "kernel.elf"], "the kernel does not build")
        elf = os.path.join(folder, "kernel.elf")
        return KernelBuild(folder, elf, _objects(folder, tools), read_kernel(elf), features, digest_of(header))


def _objects(folder: str, tools: Tools) -> list[str]:
    """The kernel's objects in the order of its own link: another order would give other bytes."""
    lines = tools.run(["ninja", "-C", folder, "-t", "query", "kernel.elf"], "ninja does not know the kernel").splitlines()
    return [os.path.join(folder, line.strip()) for line in lines if line.strip().endswith(".o")]
