# SPDX-License-Identifier: Apache-2.0
"""Values of the configuration never reach the kernel: one feature set, one kernel, byte for byte."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

_HEAD = "format: 1\nsystem: {name}\nboard: virt-gicv2\nhypervisor: {{console: {{uart: uart0{more}}}}}\npartitions:\n"
_A = "  a: {image: {native: hello}, cpus: 0, memory: 4 MiB}\n"
_BASE = _HEAD.format(name="base", more="") + _A

VARIANTS = {
    "name": _HEAD.format(name="other", more="") + _A.replace("  a:", "  longer-name:"),
    "memory": _BASE.replace("4 MiB", "64 MiB"),
    "address": _BASE.replace("memory: 4 MiB", "memory: {size: 4 MiB, ipa: 0x80000000}"),
    "core": _BASE.replace("cpus: 0", "cpus: 3"),
    "vcpus": _BASE.replace("cpus: 0", "cpus: 0-3"),
    "baud": _HEAD.format(name="baud", more=", baud: 9600") + _A,
    "partitions": _BASE + _A.replace("  a:", "  b:").replace("cpus: 0", "cpus: 1")
    + _A.replace("  a:", "  c:").replace("cpus: 0", "cpus: 2"),
    "identity": _BASE.replace("board:", "identity: {part: X-1, revision: B}\nboard:"),
    "stopped": _BASE + _A.replace("  a:", "  b:").replace("cpus: 0", "cpus: 1, start: {state: halted}"),
}


# Which reactions tables may hold is part of the feature set; which event leads to which is a value.
_HEALTH = ("memory: 4 MiB, health: {actions: {memory: cold-restart, application: {normal: warm-restart}},"
           " restarts: {max: 3, within: 1 s}, watchdog: 100 ms}")
_REACTING = _BASE.replace("memory: 4 MiB", _HEALTH)
REACTIONS = {
    "limits": _REACTING.replace("max: 3, within: 1 s", "max: 5, within: 3 s"),
    "watchdog": _REACTING.replace("100 ms", "50 ms"),
    "events": _REACTING.replace("memory: cold-restart", "watchdog: cold-restart"),
    "states": _REACTING.replace("normal: warm", "cold-start: warm"),
}


def _kernel(folder: Path, name: str, text: str) -> tuple[str, str]:
    """Kernel hash and feature hash of a built system."""
    system = folder / f"{name}.yaml"
    system.write_text(text, encoding="utf-8")
    result = subprocess.run([sys.executable, "-m", "generator", "build", str(system), "-o", str(folder / name)], cwd=REPOSITORY,
                            capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    manifest = json.loads((folder / name / "manifest.json").read_text(encoding="utf-8"))
    return manifest["kernel_sha256"], manifest["config_sha256"]


@pytest.mark.verifies("HLR-028")
def test_values_leave_the_kernel_as_it_is(tmp_path):
    kernel, configuration = _kernel(tmp_path, "base", _BASE)
    for name, text in VARIANTS.items():
        other_kernel, other_configuration = _kernel(tmp_path, name, text)
        assert other_kernel == kernel, name
        assert other_configuration != configuration, name


@pytest.mark.verifies("HLR-028", "HLR-502")
def test_values_of_health_tables_leave_the_kernel_as_it_is(tmp_path):
    kernel, _ = _kernel(tmp_path, "base", _REACTING)
    for name, text in REACTIONS.items():
        assert _kernel(tmp_path, name, text)[0] == kernel, name
    assert _kernel(tmp_path, "none", _BASE)[0] != kernel


@pytest.mark.verifies("HLR-028")
def test_another_feature_set_has_another_kernel(tmp_path):
    kernel, _ = _kernel(tmp_path, "base", _BASE)
    direct = _BASE.replace("memory: 4 MiB", "memory: 4 MiB, interrupts: direct")
    assert _kernel(tmp_path, "direct", direct)[0] != kernel
