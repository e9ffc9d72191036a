# SPDX-License-Identifier: Apache-2.0
"""The manual's matrix of settings that cannot work together, found by asking the rules."""

from __future__ import annotations

import os
import tempfile
from itertools import combinations

from generator.check.runner import check_file
from generator.diagnostics import Severity

FILE = os.path.join("docs", "manual", "combinations.md")

# Each setting is what it adds to the partition, to `cpus:`, and to the rest of the file (`  b:` to the partitions).
_SETTINGS: dict[str, tuple[str, str, str]] = {
    "interrupts: virtual": ("interrupts: virtual", "", ""),
    "interrupts: direct": ("interrupts: direct", "", ""),
    "scheduler: null": ("", "{1: {scheduler: null}}", ""),
    "scheduler: arinc653": (
        "",
        "{1: {scheduler: arinc653}}",
        "schedules: {s: {initial: true, major_frame: 20 ms, windows:"
        " [{partition: a, cpu: 1, start: 0 ms, length: 9 ms}]}}",
    ),
    "scheduler: rtds": ("rtds: {period: 10 ms, budget: 4 ms}", "{1: {scheduler: rtds}}", ""),
    "console: virtual": ("console: virtual", "", ""),
    "console: a UART": ("console: uart1", "", ""),
    "health.watchdog": ("health: {watchdog: 10 ms}", "", ""),
    "restart by health": ("health: {actions: {memory: cold-restart}}", "", ""),
    "restarts: {max: 0}": ("health: {restarts: {max: 0}}", "", ""),
    "overrun: event": ("overrun: event", "", ""),
    "bandwidth": ("bandwidth: {budget: 2000, period: 100 us}", "", ""),
    "colors: 8-15": ("memory: {size: 8 MiB, colors: 8-15}", "", ""),
    "map: identity": ("memory: {size: 8 MiB, map: identity}", "", ""),
    "supervisor on its core": ("", "", "  supervisor: 1"),
    "other cores direct": ("", "", "  b: {image: {native: hello}, cpus: [0, 2, 3], memory: 8 MiB, interrupts: direct}"),
    "quiesce: impossible": (
        "devices: [io]",
        "",
        "hardware: {io: {registers: [{at: 0xA0000000, size: 4 KiB}], quiesce: impossible}}",
    ),
}
_MAPPINGS = ("health", "memory")
# What these say is not about combinations.
_WARNED = ("BH-NYI", "BH-COL-002", "BH-IMG-003", "BH-HLT-007", "BH-HLT-005")


def _key(setting: str) -> str:
    partition, cores, _ = _SETTINGS[setting]
    return partition.split(":")[0] if partition and not cores else "cpus" if cores else setting


def _merged(parts: list[str]) -> list[str]:
    """Two settings of one mapping become one mapping."""
    inner: dict[str, dict[str, None]] = {}
    for part in parts:
        key, value = part.split(": ", 1)
        if key in _MAPPINGS:
            value = value.removeprefix("{").removesuffix("}")
        inner.setdefault(key, {}).update(dict.fromkeys(value.split(", ") if key == "memory" else [value]))
    return [
        f"{key}: {{{', '.join(values)}}}" if key in _MAPPINGS else f"{key}: {next(iter(values))}"
        for key, values in inner.items()
    ]


def _text(settings: tuple[str, ...]) -> str:
    chosen = [_SETTINGS[setting] for setting in settings]
    keys = _merged([partition for partition, _, _ in chosen if partition])
    if not any(part.startswith("memory:") for part in keys):
        keys.append("memory: 8 MiB")
    cores = next((cores for _, cores, _ in chosen if cores), "{}")
    beside = [top for _, _, top in chosen if top.startswith("  b:")]
    top = sorted((top for _, _, top in chosen if top and top not in beside), key=lambda line: not line.startswith("  "))
    lines = ["format: 1", "system: m", "board: zcu102", "hypervisor:", "  console: {uart: uart0}", *top]
    lines += [f"cpus: {cores}", "partitions:"]
    lines += [f"  a: {{image: {{native: hello}}, cpus: 1, {', '.join(keys)}}}", *beside]
    return "\n".join(lines) + "\n"


def _rules(settings: tuple[str, ...], folder: str) -> set[str]:
    file = os.path.join(folder, "m.yaml")
    with open(file, "w", encoding="utf-8") as handle:
        handle.write(_text(settings))
    found = check_file(file).diagnostics.sorted()
    return {item.rule for item in found if item.severity is not Severity.NOTE and not item.rule.startswith(_WARNED)}


def matrix() -> list[tuple[str, str, tuple[str, ...]]]:
    """Pairs of settings with the rules that refuse or warn of them together, but not of one alone."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        alone = {setting: _rules((setting,), folder) for setting in _SETTINGS}
        for first, second in combinations(_SETTINGS, 2):
            if _key(first) == _key(second) and _key(first) not in _MAPPINGS:
                continue
            rules = _rules((first, second), folder) - alone[first] - alone[second]
            if rules:
                found.append((first, second, tuple(sorted(rules))))
        for setting, rules in alone.items():
            if rules:
                found.append((setting, "the default settings", tuple(sorted(rules))))
    return found


def page() -> str:
    lines = [
        "<!-- SPDX-License-Identifier: Apache-2.0. Made by `python3 -m generator.schema`. -->",
        "# Settings that do not go together",
        "",
        "Found by checking every pair of these settings of one partition (all else at its default):",
        ", ".join(f"`{setting}`" for setting in _SETTINGS) + ".",
        "Every other pair works.",
        "",
        "| setting | with | rule |",
        "| --- | --- | --- |",
    ]
    lines += [f"| `{first}` | {_code(second)} | {', '.join(rules)} |" for first, second, rules in matrix()]
    return "\n".join(lines) + "\n"


def _code(setting: str) -> str:
    return f"`{setting}`" if setting in _SETTINGS else setting
