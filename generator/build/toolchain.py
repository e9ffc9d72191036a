# SPDX-License-Identifier: Apache-2.0
"""The two compilers, and the flags of what is not the kernel."""

from __future__ import annotations

import os
from dataclasses import dataclass

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@dataclass(frozen=True)
class Toolchain:
    """`name` is what manifest.json says and what the Meson cross file is called."""

    name: str
    c: tuple[str, ...]
    cpp: tuple[str, ...]

    @property
    def cross_file(self) -> str:
        return os.path.join(REPOSITORY, "config", "cross", f"{self.name}.ini")


GCC = Toolchain("gcc-12", ("aarch64-linux-gnu-gcc-12",), ("aarch64-linux-gnu-g++-12",))
CLANG = Toolchain("clang-19", ("clang-19", "--target=aarch64-linux-gnu"), ("clang++-19", "--target=aarch64-linux-gnu"))
TOOLCHAINS = {"gcc": GCC, "clang": CLANG}  # the words of --compiler

LD = "aarch64-linux-gnu-ld"
OBJCOPY = "aarch64-linux-gnu-objcopy"

# Native partitions run at EL1 with floating point, in memory whose alignment rules are the guest's own affair.
NATIVE_FLAGS = (
    "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-fno-stack-protector", "-fno-pic",
    "-fno-asynchronous-unwind-tables", "-mcpu=cortex-a53", "-mstrict-align", "-mno-outline-atomics", "-ffixed-x18",
    "-ffunction-sections", "-fdata-sections",
)
NATIVE_C_FLAGS = ("-std=c11",)
NATIVE_CPP_FLAGS = ("-std=c++17", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics")
LINK_FLAGS = ("-static", "-nostdlib", "--build-id=none", "-z", "max-page-size=4096", "--fix-cortex-a53-843419")
