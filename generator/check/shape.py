# SPDX-License-Identifier: Apache-2.0
"""Rules on the shape of values: which keys there are, and how a value of each type is written."""

from __future__ import annotations

import re

from generator.diagnostics import Finding, Place
from generator.rules import nearest, nearest_hint, shape_rule


@shape_rule(
    "BH-KEY-001",
    sentence="Every key is one of format 1.",
    wrong="partitions: {radio: {memroy: 8 MiB, ...}}",
    right="partitions: {radio: {memory: 8 MiB, ...}}",
)
def unknown_key(place: Place, key: str, where: str, known: list[str]) -> Finding:
    return Finding(
        place, f"`{where}` has no key `{key}`", nearest_hint(key, known, "keys", "remove it")
    )


@shape_rule(
    "BH-KEY-002",
    sentence="Required keys are there.",
    wrong="partitions: {radio: {cpus: 1, memory: 8 MiB}}",
    right="partitions: {radio: {image: {native: hello}, cpus: 1, memory: 8 MiB}}",
)
def missing_key(place: Place, key: str, where: str, example: str) -> Finding:
    return Finding(place, f"`{where}` lacks the required key `{key}`", f"add `{key}: {example}`")


@shape_rule(
    "BH-KEY-003",
    sentence="Where keys are due, a mapping stands.",
    wrong="partitions: [radio]",
    right="partitions: {radio: {...}}",
)
def mapping_due(place: Place, where: str, found: str, right: str) -> Finding:
    example, _, more = right.partition("}, ")
    return Finding(
        place, f"`{where}` takes a mapping, not {found}", f"write `{where}: {example}}}`, {more}"
    )


@shape_rule(
    "BH-KEY-004",
    sentence="Where several values are due, a list stands.",
    wrong="devices: ttc0",
    right="devices: [ttc0]",
)
def list_due(place: Place, where: str, found: str, right: str) -> Finding:
    return Finding(place, f"`{where}` takes a list, not {found}", f"write `{where}: {right}`")


@shape_rule(
    "BH-KEY-005",
    sentence="Where one value is due, one stands.",
    wrong="system: [cockpit]",
    right="system: cockpit",
)
def single_value_due(place: Place, where: str, found: str) -> Finding:
    return Finding(
        place, f"`{where}` takes a single value, not {found}", f"write `{where}: VALUE`"
    )


_DECIMAL_UNITS = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "kB": 1 << 10, "K": 1 << 10}
_DECIMAL_UNITS.update({"M": 1 << 20, "G": 1 << 30, "k": 1 << 10})
_BINARY_NAMES = {1 << 10: "KiB", 1 << 20: "MiB", 1 << 30: "GiB"}
_DECIMAL_VALUES = {1 << 10: 10**3, 1 << 20: 10**6, 1 << 30: 10**9}


@shape_rule(
    "BH-KEY-006",
    sentence="A size is a whole number with B, KiB, MiB or GiB.",
    wrong="memory: 16 mib",
    right="memory: 16 MiB",
)
def size(place: Place, where: str, text: str, example: str = "16 MiB") -> Finding:
    hint = f"write a whole number and one of B, KiB, MiB, GiB, like `{example}`"
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", text) and int(text, 16):
        number = int(text, 16)
        factor, unit = next((f, u) for f, u in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")) if number % f == 0)
        hint = f"write `{number // factor} {unit}`; only addresses are hexadecimal"
    return Finding(place, f"`{where}: {text}` is not a size", hint)


@shape_rule(
    "BH-KEY-007",
    sentence="KB, MB and GB are refused: they mean two things.",
    wrong="memory: 64 MB",
    right="memory: 64 MiB",
)
def decimal_size(place: Place, where: str, text: str) -> Finding:
    number, unit = re.fullmatch(r"([0-9]+) ?([A-Za-z]+)", text).groups()  # type: ignore[union-attr]
    binary = _DECIMAL_UNITS[unit]
    name = _BINARY_NAMES[binary]
    return Finding(
        place,
        f"`{where}: {text}` could mean {int(number) * binary:,} or"
        f" {int(number) * _DECIMAL_VALUES[binary]:,} bytes",
        f"write `{number} {name}` for {int(number) * binary:,} bytes, or the exact number with B",
    )


def is_decimal_size(text: str) -> bool:
    match = re.fullmatch(r"[0-9]{1,12} ?([A-Za-z]+)", text)
    return bool(match) and match.group(1) in _DECIMAL_UNITS  # type: ignore[union-attr]


@shape_rule(
    "BH-KEY-008",
    sentence="A number that measures something carries its unit.",
    wrong="major_frame: 20",
    right="major_frame: 20 ms",
)
def unit_missing(place: Place, where: str, text: str, units: str, example: str) -> Finding:
    return Finding(
        place, f"`{where}: {text}` has no unit", f"write one of {units}, like `{text} {example}`"
    )


@shape_rule(
    "BH-KEY-009",
    sentence="A time is a whole number with ns, us, ms or s.",
    wrong="watchdog: 0.1 s",
    right="watchdog: 100 ms",
)
def time(place: Place, where: str, text: str) -> Finding:
    return Finding(
        place,
        f"`{where}: {text}` is not a time",
        "write a whole number and one of ns, us, ms, s, like `100 ms`",
    )


@shape_rule(
    "BH-KEY-010",
    sentence="A frequency is a whole number with Hz, kHz or MHz.",
    wrong="counter: 0.1 GHz",
    right="counter: 100 MHz",
)
def frequency(place: Place, where: str, text: str) -> Finding:
    return Finding(
        place,
        f"`{where}: {text}` is not a frequency",
        "write a whole number and one of Hz, kHz, MHz, like `100 MHz`",
    )


@shape_rule(
    "BH-KEY-011",
    sentence="An address is a hexadecimal number that begins with 0x.",
    wrong="ipa: 40000000",
    right="ipa: 0x40000000",
)
def address(place: Place, where: str, text: str) -> Finding:
    plain = text.replace("_", "")
    if re.fullmatch(r"[0-9a-fA-F]+", plain):
        hint = f"write `0x{plain}` if that is hexadecimal"
    elif re.fullmatch(r"0[xX][0-9a-fA-F]+", plain):
        hint = f"write `0x{plain[2:]}`: small x, no underscores, at most 16 digits"
    else:
        hint = "write an address like `0x40000000`"
    return Finding(place, f"`{where}: {text}` is not an address", hint)


@shape_rule(
    "BH-KEY-012",
    sentence="A whole number is decimal digits: no octal, underscore or colon forms.",
    wrong="depth: 0x10",
    right="depth: 16",
)
def whole_number(place: Place, where: str, text: str) -> Finding:
    stripped = text.replace("_", "").lstrip("0")
    if re.fullmatch(r"[0-9]+", stripped):
        hint = f"write `{stripped}`; YAML's octal and underscore forms are not read"
    elif re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", text):
        hint = f"write `{int(text, 16)}`"
    else:
        hint = "write decimal digits like `16`"
    return Finding(place, f"`{where}: {text}` is not a whole number", hint)


@shape_rule(
    "BH-KEY-013",
    sentence="A truth value is `true` or `false`.",
    wrong="doorbell: yes",
    right="doorbell: true",
)
def boolean(place: Place, where: str, text: str) -> Finding:
    meant = {"yes": "true", "on": "true", "y": "true", "1": "true"}.get(text.lower())
    meant = meant or {"no": "false", "off": "false", "n": "false", "0": "false"}.get(text.lower())
    meant = meant or (text.lower() if text.lower() in ("true", "false") else None)
    hint = f"write `{meant}`" if meant else "write `true` or `false`"
    return Finding(place, f"`{where}: {text}` is neither `true` nor `false`", hint)


@shape_rule(
    "BH-KEY-014",
    sentence="Where words are listed, one of them stands.",
    wrong="interrupts: passthrough",
    right="interrupts: direct",
)
def choice(place: Place, where: str, text: str, words: tuple[str, ...]) -> Finding:
    listed = ", ".join(f"`{word}`" for word in words)
    close = nearest(text, words)
    hint = f"did you mean `{close}`? One of {listed}" if close else f"write one of {listed}"
    return Finding(place, f"`{where}: {text}` is not a word of this key", hint)


@shape_rule(
    "BH-KEY-015",
    sentence="A value is not empty text.",
    wrong='system: ""',
    right="system: cockpit",
)
def empty_text(place: Place, where: str) -> Finding:
    return Finding(place, f"`{where}` is empty", "write the value, or leave the key out")


@shape_rule(
    "BH-KEY-016",
    sentence="A device entry is a name, or one name with its keys.",
    wrong="devices: [{gem3: {dma: trusted}, ttc0: {}}]",
    right="devices: [{gem3: {dma: trusted}}, ttc0]",
    keys=("partitions.*.devices",),
)
def device_entry(place: Place) -> Finding:
    return Finding(
        place,
        "an entry of `devices` names exactly one device",
        "write `- name` or `- {name: {key: value}}`, one entry a device",
    )


@shape_rule(
    "BH-NAM-001",
    sentence="A name is a small letter, then small letters, digits, `_`, `-`; at most 31.",
    wrong="partitions: {Radio: {...}}",
    right="partitions: {radio: {...}}",
)
def name(place: Place, where: str, text: str) -> Finding:
    if len(text) > 31:
        problem = f"has {len(text)} characters, 31 are the most"
    else:
        problem = "is not of the form [a-z][a-z0-9_-]*"
    better = re.sub(r"[^a-z0-9_-]", "_", text.lower())[:31].lstrip("0123456789_-")
    hint = f"call it `{better}`" if better else "begin with a small letter, like `radio`"
    return Finding(place, f"`{text}` in `{where}` {problem}", hint)


@shape_rule(
    "BH-CPU-001",
    sentence="Cores are written `2`, `[2, 3]` or `2-3`.",
    wrong="cpus: 2..3",
    right="cpus: 2-3",
    keys=("partitions.*.cpus", "cpus"),
)
def core_set(place: Place, where: str, text: str) -> Finding:
    return Finding(
        place,
        f"`{where}: {text}` is not a set of cores",
        "write one core `2`, a range `2-3` from low to high, or a list `[2, 3]`",
    )


@shape_rule(
    "BH-CPU-002",
    sentence="A set of cores names each core once.",
    wrong="cpus: [2, 2]",
    right="cpus: [2, 3]",
    keys=("partitions.*.cpus",),
)
def core_twice(place: Place, where: str, core: int) -> Finding:
    return Finding(
        place, f"`{where}` names core {core} twice", "name each core once; the order is vCPU order"
    )


@shape_rule(
    "BH-KEY-017",
    sentence="Numbers fit into 64 bits.",
    wrong="size: 99999999999999 GiB",
    right="size: 1 GiB",
)
def number_too_large(place: Place, where: str, text: str) -> Finding:
    shown = text if len(text) <= 40 else text[:37] + "..."
    return Finding(
        place, f"`{where}: {shown}` does not fit into 64 bits", "look for a digit or unit too much"
    )
