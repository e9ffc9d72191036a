# SPDX-License-Identifier: Apache-2.0
"""Reset lines of devices: where they come from, what the kernel gets, what an emulator's image says."""

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

_RESTARTS = ", health: {actions: {memory: cold-restart}}"


def resolve(folder, devices: str, more: str, target: str = "hardware"):
    file = folder / "s.yaml"
    file.write_text("format: 1\nsystem: s\nboard: zcu102\npartitions:\n"
                    f"  a: {{image: {{native: hello}}, cpus: 1, memory: {{size: 2 MiB, map: identity}}, devices: {devices}{more}}}\n"
                    "  b: {image: {native: hello}, cpus: 0, memory: 2 MiB, devices: [ttc2]}\n")
    checked = check_file(str(file), "build")
    assert checked.ok, checked.diagnostics.as_text()
    return allocate(Context(checked.system, checked.board, "build"), target), load_board("zcu102", Diagnostics())


@pytest.mark.verifies("HLR-532", "LLR-1194")
def test_lines_of_a_partition_are_one_mask_a_register_where_the_kernel_sees_it(tmp_path):
    resolved, board = resolve(tmp_path, "[{ttc0: {quiesce: reset}}, {ttc3: {quiesce: reset}}, ttc1, {sata: {dma: trusted, reason: t, quiesce: reset}}]",
                              _RESTARTS)
    assert [(line.partition, line.register, line.mask, line.devices) for line in resolved.resets] == [
        ("a", 0xFD1A0100, 0x2, ("sata",)), ("a", 0xFF5E0238, 0x4800, ("ttc0", "ttc3"))]
    assert resolved.waived == ()
    devices = kernel_devices(resolved, board)
    pages = {page.pa: page.va for page in devices}
    base = board.kernel_load
    kernel = KernelImage(base, base + 0x8000, base + 0x9000, base + 0xA000, bytes(32))
    chunks = {guest.name: [(payload.what, Chunk(payload.ipa, bytes(64))) for payload in guest.payloads] for guest in resolved.guests}
    found = build_tables(resolved, board, kernel, devices, chunks, {guest.name: guest.ram[0].ipa for guest in resolved.guests})
    assert [(line["register"], line["mask"], line["partition"]) for line in found.resets] == [
        (pages[0xFD1A0000] + 0x100, 0x2, 0), (pages[0xFF5E0000] + 0x238, 0x4800, 0)]
    assert "DeviceResets<F>" in render("features.hpp.j2", f=feature_set(resolved, board), uart_class={})


@pytest.mark.verifies("HLR-532", "LLR-1194")
def test_a_partition_that_never_restarts_needs_no_lines(tmp_path):
    resolved, board = resolve(tmp_path, "[{ttc0: {quiesce: reset}}]", "")
    features = feature_set(resolved, board)
    assert resolved.resets == () and features.header == "ConfigHeader" and features.facts["device_resets"] is False
    assert "NoDeviceResets" in render("features.hpp.j2", f=features, uart_class={})


@pytest.mark.verifies("HLR-532", "LLR-1194")
def test_an_image_for_the_emulator_names_the_lines_that_its_model_lacks(tmp_path):
    resolved, _ = resolve(tmp_path, "[{ttc0: {quiesce: reset}}]", _RESTARTS, "qemu")
    assert resolved.waived == ("reset of ttc0 of a",)


@pytest.mark.verifies("HLR-532", "LLR-1194")
def test_what_a_use_says_goes_before_what_the_hardware_entry_says(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text("format: 1\nsystem: s\nboard: zcu102\nhardware: {io: {registers: [{at: 0xA0000000, size: 4 KiB}], quiesce: impossible}}\n"
                    "partitions:\n  a: {image: {native: hello}, cpus: 0, memory: 2 MiB, devices: [{io: {quiesce: none}}]" + _RESTARTS + "}\n")
    checked = check_file(str(file), "build")
    assert checked.ok, checked.diagnostics.as_text()
    assert not allocate(Context(checked.system, checked.board, "build")).guests[0].cold_refused
