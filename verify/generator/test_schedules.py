# SPDX-License-Identifier: Apache-2.0
"""Shared cores in the resolved system, the tables and the feature set."""

from __future__ import annotations

import os

import pytest

from generator.allocate import allocate
from generator.build.elf import Chunk
from generator.check.context import Context
from generator.check.runner import check_file
from generator.emit.features import feature_set, kernel_devices
from generator.emit.render import render
from generator.emit.tables import KernelImage, build_tables
from generator.diagnostics import Diagnostics
from generator.hardware import load_board

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLIGHT = os.path.join(ROOT, "config", "systems", "zcu102-flight.yaml")
DEMO = os.path.join(ROOT, "config", "systems", "zcu102-demo.yaml")


def resolve(path: str):
    checked = check_file(path, "build")
    assert checked.ok, checked.diagnostics.as_text()
    return allocate(Context(checked.system, checked.board, "build")), load_board("zcu102", Diagnostics())


def tables(resolved, board):
    base = board.kernel_load
    kernel = KernelImage(base, base + 0x8000, base + 0x9000, base + 0xA000, bytes(32))
    chunks = {guest.name: [(payload.what, Chunk(payload.ipa, bytes(64))) for payload in guest.payloads]
              for guest in resolved.guests}
    entries = {guest.name: guest.ram[0].ipa for guest in resolved.guests}
    return build_tables(resolved, board, kernel, kernel_devices(resolved, board), chunks, entries)


@pytest.mark.verifies("HLR-605", "LLR-1240")
def test_windows_servers_and_contexts_stand_in_the_tables():
    resolved, board = resolve(FLIGHT)
    found = tables(resolved, board)
    by_vcpu = {lines.first_vcpu: lines.guest.name for lines in found.guests}
    assert [shared["core"] for shared in found.shared] == [1, 2, 3]
    assert [by_vcpu[vcpu] for vcpu in found.shared[0]["vcpus"]] == ["guidance", "manager"]
    assert [(by_vcpu[server["vcpu"]], server["plan"].period_ns, server["plan"].budget_ns, server["plan"].extratime)
            for server in found.shared[2]["servers"]] == [
        ("display", 10_000_000, 4_000_000, False), ("radio", 20_000_000, 4_000_000, False), ("logger", 20_000_000, 2_000_000, True)]
    flight = dict(found.schedules[0]["cores"])
    assert [(by_vcpu[window["vcpu"]], window["plan"].start_ns, window["plan"].length_ns) for window in flight[1]] == [
        ("guidance", 0, 5_000_000), ("manager", 5_000_000, 4_000_000), ("guidance", 10_000_000, 5_000_000)]
    assert flight[0] == flight[3] == []
    assert [schedule["plan"].name for schedule in found.schedules] == ["flight", "degraded"]
    assert found.initial_schedule == 0 and found.schedule_core == 1
    # The partition that has its core alone has no context.
    assert {by_vcpu[vcpu] for vcpu in found.contexts} == set(by_vcpu.values()) - {"instruments"}
    manager = next(lines for lines in found.guests if lines.guest.name == "manager")
    assert manager.may_schedule == 0b11
    assert manager.functions & (1 << 7) and manager.functions & (1 << 2)
    instruments = next(lines for lines in found.guests if lines.guest.name == "instruments")
    assert not instruments.functions & (1 << 2) and not instruments.functions & (1 << 7)
    assert instruments.functions & (1 << 8)


@pytest.mark.verifies("HLR-605", "LLR-1241")
@pytest.mark.parametrize("path, names", [(DEMO, ("null",)), (FLIGHT, ("arinc653", "rtds", "shared"))])
def test_a_feature_set_names_the_schedulers_that_its_cores_name(path, names):
    resolved, board = resolve(path)
    features = feature_set(resolved, board)
    header = render("features.hpp.j2", f=features, uart_class={"cadence": "CadenceUart", "pl011": "Pl011Uart"})
    for name in ("null", "arinc653", "rtds", "shared"):
        assert (f'#include "sched/{name}.hpp"' in header) == (name in names)
