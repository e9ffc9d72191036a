# SPDX-License-Identifier: Apache-2.0
# implements: LLR-1122
"""Event rings as a stopped machine holds them: from bytes to records, loss counted."""

from __future__ import annotations

import struct
from dataclasses import dataclass

HEAD = struct.Struct("<QQII40x")        # TraceHead of kernel/trace/ring.hpp
RECORD = struct.Struct("<QIIQQ")        # TraceRecord
KINDS = ("schedule", "interrupt", "hypercall", "health", "user")
NOBODY = 0xFFFF_FFFF


@dataclass(frozen=True)
class Record:
    """One event; what `a` and `b` are depends on the kind (ring.hpp)."""

    core: int
    counter: int
    kind: str
    subject: int        # partition id, or NOBODY
    a: int
    b: int


@dataclass(frozen=True)
class Ring:
    """A core's ring, oldest record first."""

    core: int
    records: tuple[Record, ...]
    lost: int           # records that newer ones replaced


def ring_bytes(records: int) -> int:
    return HEAD.size + records * RECORD.size


def parse(core: int, data: bytes) -> Ring:
    """The ring whose bytes these are: head, then a power of two of records."""
    written = HEAD.unpack_from(data)[0]
    capacity = (len(data) - HEAD.size) // RECORD.size
    held = min(written, capacity)
    found = []
    for number in range(written - held, written):
        counter, kind, subject, a, b = RECORD.unpack_from(data, HEAD.size + number % capacity * RECORD.size)
        found.append(Record(core, counter, KINDS[kind] if kind < len(KINDS) else f"kind {kind}", subject, a, b))
    return Ring(core, tuple(found), written - held)
