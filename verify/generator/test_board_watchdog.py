# SPDX-License-Identifier: Apache-2.0
"""The board's watchdog: what its registers get, where the kernel sees it, and what an emulator's image says."""

from __future__ import annotations

import pytest

from generator.allocate import allocate
from generator.check.context import Context
from generator.check.runner import check_file
from generator.diagnostics import Diagnostics
from generator.emit.features import feature_set, kernel_devices
from generator.emit.render import render
from generator.hardware import load_board
from generator.watchdogs import CADENCE_PRESCALERS, CADENCE_STEP, cadence_control, cadence_longest_ns

_CLASSES = {"cadence": "CadenceUart", "pl011": "Pl011Uart"}


def resolve(folder, watchdog: str, target: str):
    file = folder / "s.yaml"
    file.write_text(f"format: 1\nsystem: s\nboard: zcu102\nhypervisor: {{watchdog: {watchdog}}}\npartitions:\n"
                    "  a: {image: {native: hello}, cpus: 0, memory: 2 MiB}\n")
    checked = check_file(str(file), "build")
    assert checked.ok, checked.diagnostics.as_text()
    return allocate(Context(checked.system, checked.board, "build"), target), load_board("zcu102", Diagnostics())


@pytest.mark.verifies("HLR-531", "LLR-1192")
@pytest.mark.parametrize("timeout_ms", [10, 50, 999, 1342, 1343, 10_737, 10_738, 85_000, 600_000, 687_194])
def test_the_device_counts_the_time_with_its_finest_divider_and_never_less(timeout_ms):
    clock = 100_000_000
    select, value = cadence_control(clock, timeout_ms * 1_000_000)
    step = CADENCE_STEP * CADENCE_PRESCALERS[select]
    counted_ns = (value + 1) * step * 10**9 // clock
    assert 0 <= value < 4096
    assert timeout_ms * 1_000_000 <= counted_ns <= timeout_ms * 1_000_000 + step * 10**9 // clock
    if select:
        assert timeout_ms * 1_000_000 > 4096 * CADENCE_STEP * CADENCE_PRESCALERS[select - 1] * 10**9 // clock


@pytest.mark.verifies("HLR-531", "LLR-1192")
def test_the_longest_time_is_what_the_largest_divider_holds():
    assert cadence_control(100_000_000, cadence_longest_ns(100_000_000)) == (3, 4095)


@pytest.mark.verifies("HLR-531", "LLR-1192")
def test_the_kernel_has_the_device_in_its_map_and_the_image_says_if_it_is_not_there(tmp_path):
    resolved, board = resolve(tmp_path, "{device: watchdog0, timeout: 50 ms}", "hardware")
    plan = resolved.watchdog
    assert (plan.device, plan.kind, plan.base, plan.required) == ("watchdog0", "cadence", 0xFD4D0000, True)
    assert plan.control == 0 | 152 << 2 and plan.time_ns == 50_135_040
    assert resolved.waived == ()
    pages = {page.what: page for page in kernel_devices(resolved, board)}
    assert pages["watchdog"].pa == 0xFD4D0000
    features = feature_set(resolved, board)
    header = render("features.hpp.j2", f=features, uart_class=_CLASSES)
    assert f"CadenceWatchdog<Io, {pages['watchdog'].va:#x}>" in header and features.facts["board_watchdog"] == "cadence"
    resolved, _ = resolve(tmp_path, "{device: watchdog0, timeout: 50 ms}", "qemu")
    assert resolved.waived == ("watchdog0 of the hypervisor",) and not resolved.watchdog.required


@pytest.mark.verifies("HLR-531", "LLR-1192")
def test_none_is_none(tmp_path):
    resolved, board = resolve(tmp_path, "none", "qemu")
    features = feature_set(resolved, board)
    assert resolved.watchdog is None and resolved.waived == () and features.header == "ConfigHeader"
    assert "NoBoardWatchdog" in render("features.hpp.j2", f=features, uart_class=_CLASSES)


@pytest.mark.verifies("HLR-531", "LLR-1192")
def test_a_watchdog_without_a_clock_cannot_be_set(tmp_path):
    (tmp_path / "odd.dtsi").write_text('/ { odd: watchdog@a0010000 { compatible = "cdns,wdt-r1p2"; reg = <0x0 0xa0010000 0x0 0x1000>; }; };\n')
    file = tmp_path / "s.yaml"
    file.write_text("format: 1\nsystem: s\nboard: {use: zcu102, overlays: [odd.dtsi]}\nhypervisor: {watchdog: {device: odd, timeout: 50 ms}}\n"
                    "partitions:\n  a: {image: {native: hello}, cpus: 0, memory: 2 MiB}\n")
    found = [item.message for item in check_file(str(file), "build").diagnostics.sorted() if item.rule == "BH-HYP-010"]
    assert found == ["the tree does not say how fast the clock of `odd` is"]
