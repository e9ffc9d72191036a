# SPDX-License-Identifier: Apache-2.0
# implements: LLR-1072
"""bulkhead_partition.h: what a partition's code may know of itself, for natives and for images that are built elsewhere."""

from __future__ import annotations

from generator.allocate.resolved import Guest, Resolved
from generator.emit.render import render
from generator.hardware import Gic

_BUILT_ELSEWHERE = ("elf", "binary")


def header_of(resolved: Resolved, guest: Guest, gic: Gic) -> str:
    return render("bulkhead_partition.h.j2", resolved=resolved, guest=guest, gic=gic)


def headers_of(resolved: Resolved, gic: Gic) -> dict[str, str]:
    """File name and text for each partition whose image comes from another build; known before that image exists."""
    return {f"{guest.name}.h": header_of(resolved, guest, gic) for guest in resolved.guests if guest.image.kind in _BUILT_ELSEWHERE}
