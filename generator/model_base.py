# SPDX-License-Identifier: Apache-2.0
"""What all parts of the model share: the types of its values, the words of its health tables, and
the base of its mappings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from generator.check import shape
from generator.diagnostics import Place
from generator.keys import (
    NOWHERE,
    AddressType,
    BooleanType,
    CoreSetType,
    IntegerType,
    NameType,
    TextType,
    UnitType,
)

NAME = NameType()
TEXT = TextType()
PATH = TextType("path")
LABEL = TextType("device")
PARTITION = TextType("partition")
CORES = CoreSetType()
CORE = IntegerType()
COUNT = IntegerType()
ADDRESS = AddressType()
FLAG = BooleanType()
_SIZES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
SIZE = UnitType("size", _SIZES, shape.size, "MiB")
MESSAGE_SIZE = UnitType("size", _SIZES, shape.size, "B", "64 B")
TIME = UnitType("time", {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}, shape.time, "ms")
FREQUENCY = UnitType("frequency", {"Hz": 1, "kHz": 10**3, "MHz": 10**6}, shape.frequency, "MHz")

EVENTS = (
    "memory",
    "illegal-request",
    "undefined",
    "watchdog",
    "application",
    "interrupt",
    "serror",
    "start",
    "schedule",
    "deadline",
)
STATES = ("cold-start", "warm-start", "normal")
ACTIONS = (
    "ignore",
    "log",
    "notify",
    "warm-restart",
    "cold-restart",
    "halt",
    "reset-board",
)


@dataclass(frozen=True, kw_only=True)
class Node:
    """What all mappings have: their place, and which of their keys could not be read."""

    keeps_broken: ClassVar[bool] = False
    place: Place = NOWHERE
    broken: frozenset[str] = frozenset()
