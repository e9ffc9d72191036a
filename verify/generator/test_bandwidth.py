# SPDX-License-Identifier: Apache-2.0
"""Bandwidth budgets in the resolved system, the tables and the feature set, and what is not there without them."""

from __future__ import annotations

import pytest

from generator.allocate import allocate
from generator.build.elf import Chunk
from generator.check.context import Context
from generator.check.runner import check_file
from generator.diagnostics import Diagnostics
from generator.emit.features import feature_set, kernel_devices
from generator.emit.render import render
from generator.emit.tables import KernelImage, build_tables
from generator.hardware import load_board

_CLASSES = {"cadence": "CadenceUart", "pl011": "Pl011Uart"}


def resolve(folder, board: str, bandwidth: str, target: str):
    file = folder / "s.yaml"
    file.write_text(f"format: 1\nsystem: s\nboard: {board}\npartitions:\n"
                    f"  a: {{image: {{native: hello}}, cpus: [1, 2], memory: 2 MiB{bandwidth}}}\n"
                    "  b: {image: {native: hello}, cpus: 0, memory: 2 MiB}\n")
    checked = check_file(str(file), "build")
    assert checked.ok, checked.diagnostics.as_text()
    return allocate(Context(checked.system, checked.board, "build"), target), load_board(board, Diagnostics())


def tables(resolved, board):
    base = board.kernel_load
    kernel = KernelImage(base, base + 0x8000, base + 0x9000, base + 0xA000, bytes(32))
    chunks = {guest.name: [(payload.what, Chunk(payload.ipa, bytes(64))) for payload in guest.payloads]
              for guest in resolved.guests}
    return build_tables(resolved, board, kernel, kernel_devices(resolved, board), chunks,
                        {guest.name: guest.ram[0].ipa for guest in resolved.guests})


@pytest.mark.verifies("HLR-530", "LLR-1188")
def test_each_core_of_the_partition_has_its_budget_and_the_interrupt_of_its_own_monitors(tmp_path):
    resolved, board = resolve(tmp_path, "zcu102", ", bandwidth: {budget: 2000, period: 100 us}", "hardware")
    assert resolved.counter_irqs == (175, 176, 177, 178) and resolved.counters_required
    assert resolved.waived == ()
    found = tables(resolved, board)
    budgets = [(line["comment"], line["plan"] and (line["plan"].number, line["plan"].budget, line["plan"].period_ns))
               for line in found.budgets]
    assert budgets == [("a, core 1", (0x19, 2000, 100_000)), ("a, core 2", (0x19, 2000, 100_000)), ("b, core 0", None)]
    assert [(route["id"], route["core"]) for route in found.routes if route["partition"] is None] == [(176, 1), (177, 2)]
    assert found.header == feature_set(resolved, board).header == "ExtendedHeader"


@pytest.mark.verifies("HLR-530", "LLR-1188")
def test_an_image_for_the_emulator_says_what_its_model_lacks(tmp_path):
    resolved, _ = resolve(tmp_path, "zcu102", ", bandwidth: {budget: 2000, period: 100 us}", "qemu")
    assert resolved.waived == ("bandwidth of a: the interrupts of the cores' performance monitors",)
    assert not resolved.counters_required
    resolved, _ = resolve(tmp_path, "virt-gicv3", ", bandwidth: {budget: 2000, period: 100 us, event: cycles}", "qemu")
    assert resolved.waived == () and resolved.counter_irqs == (23, 23, 23, 23)


@pytest.mark.verifies("HLR-530", "LLR-1182")
def test_without_a_budget_nothing_of_it_is_there(tmp_path):
    resolved, board = resolve(tmp_path, "virt-gicv2", "", "hardware")
    features = feature_set(resolved, board)
    header = render("features.hpp.j2", f=features, uart_class=_CLASSES)
    assert features.facts["bandwidth"] is False and features.header == "ConfigHeader"
    assert '#include "sched/bandwidth.hpp"' not in header and "NoBandwidth<F>" in header
    found = tables(resolved, board)
    assert found.budgets == [] and found.header == "ConfigHeader" and found.routes == []
    with_one, board = resolve(tmp_path, "virt-gicv2", ", bandwidth: {budget: 20000, period: 100 us, event: cycles}", "hardware")
    header = render("features.hpp.j2", f=feature_set(with_one, board), uart_class=_CLASSES)
    assert '#include "sched/bandwidth.hpp"' in header and "NoBandwidth" not in header
