# SPDX-License-Identifier: Apache-2.0
"""Device trees of partitions: they tell the truth, all of it, and nothing about the neighbours."""

from __future__ import annotations

import os
import struct

import libfdt
import pytest
import yaml

from generator.allocate import allocate
from generator.check.context import Context
from generator.check.runner import check_file
from generator.device_tree import Tree, cells, strings
from generator.guest_tree import apply_overlay, guest_tree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def cut(folder, board: str, partitions: dict, name: str, **more):
    text = yaml.safe_dump({"format": "1", "system": "trial", "board": board, "hypervisor": {"console": {"uart": "uart0"}},
                           **more, "partitions": partitions}, sort_keys=False)
    file = folder / "system.yaml"
    file.write_text(text)
    checked = check_file(str(file), "check")
    assert checked.ok, checked.diagnostics.as_text()
    resolved = allocate(Context(checked.system, checked.board, "check"))
    guest = resolved.guest(name)
    return guest, guest_tree(resolved, guest, checked.board, 12345), checked.board


def linux(**more) -> dict:
    return {"image": {"recipe": "linux"}, "cpus": "2-3", "memory": "512 MiB", **more}


def reg(tree: Tree, path: str) -> list[tuple[int, int]]:
    value = tree.nodes[path]["reg"]
    numbers = struct.unpack(f">{len(value) // 8}Q", value)
    return list(zip(numbers[::2], numbers[1::2]))


@pytest.mark.verifies("LLR-581")
def test_linux_on_zcu102_with_a_uart_of_its_own(tmp_path):
    guest, result, _ = cut(tmp_path, "zcu102", {"l": linux(console="uart1")}, "l")
    tree = Tree(result.blob)
    assert reg(tree, "/memory@0") == [(0, 512 << 20)]
    assert [path for path in tree.nodes if path.startswith("/cpus/")] == ["/cpus/cpu@0", "/cpus/cpu@1"]
    assert strings(tree.nodes["/cpus/cpu@1"]["enable-method"]) == ("psci",)
    assert strings(tree.nodes["/psci"]["method"]) == ("hvc",)
    assert strings(tree.nodes["/aliases"]["serial1"]) == ("/axi/serial@ff010000",)
    assert "serial0" not in tree.nodes["/aliases"]
    chosen = tree.nodes["/chosen"]
    assert strings(chosen["stdout-path"]) == ("/axi/serial@ff010000",)
    assert b"console=ttyPS1" in chosen["bootargs"]
    start, = struct.unpack(">Q", chosen["linux,initrd-start"])
    end, = struct.unpack(">Q", chosen["linux,initrd-end"])
    assert end - start == 12345 and start == guest.image.initrd


def test_interrupt_controller_is_what_the_guest_sees(tmp_path):
    _, result, board = cut(tmp_path, "zcu102", {"l": linux(console="uart1")}, "l")
    tree = Tree(result.blob)
    assert reg(tree, board.gic.path) == [(0xF901_0000, 0x10000), (0xF902_0000, 0x20000)]
    assert "interrupts" not in tree.nodes[board.gic.path]  # the maintenance interrupt is the hypervisor's


def test_redistributors_are_as_many_as_the_guest_has_cores(tmp_path):
    _, result, board = cut(tmp_path, "virt-gicv3", {"l": linux()}, "l")
    assert reg(Tree(result.blob), board.gic.path)[1] == (0x080A_0000, 2 * 0x20000)


@pytest.mark.parametrize("board", ["zcu102", "virt-gicv2"])
def test_private_interrupts_name_the_guests_cores(tmp_path, board):
    _, result, _ = cut(tmp_path, board, {"l": linux()}, "l")
    flags = cells(Tree(result.blob).nodes["/timer"]["interrupts"])[2::3]
    assert {value >> 8 for value in flags} == {0b11}


def test_virtual_console_is_a_pl011_with_its_interrupt(tmp_path):
    guest, result, _ = cut(tmp_path, "virt-gicv2", {"l": linux()}, "l")
    tree = Tree(result.blob)
    path = f"/pl011@{guest.console.ipa:x}"
    assert strings(tree.nodes[path]["compatible"]) == ("arm,pl011", "arm,primecell")
    assert cells(tree.nodes[path]["interrupts"])[:2] == [0, guest.console.irq - 32]
    assert strings(tree.nodes["/chosen"]["stdout-path"]) == (path,)
    clock = tree.phandles[cells(tree.nodes[path]["clocks"])[0]]
    assert strings(tree.nodes[clock]["compatible"]) == ("fixed-clock",)


@pytest.mark.verifies("LLR-582")
def test_every_reference_ends_in_the_tree(tmp_path):
    _, result, _ = cut(tmp_path, "zcu102", {"l": linux(console="uart1", devices=["ttc0", "can1"])}, "l")
    tree = Tree(result.blob)
    for path, properties in tree.nodes.items():
        for name in ("clocks", "interrupt-parent"):
            for handle in cells(properties.get(name, b""))[:1]:
                assert handle in tree.phandles, f"{path}: {name}"


@pytest.mark.verifies("LLR-581")
def test_nothing_of_the_neighbours_is_told(tmp_path):
    _, result, _ = cut(tmp_path, "zcu102", {"l": linux(console="uart1"),
                                            "n": {"image": {"native": "hello"}, "cpus": "0", "memory": "4 MiB",
                                                  "devices": ["ttc0"]}}, "l")
    text = result.blob
    assert b"ttc" not in text and b"ff110000" not in text and b"serial@ff000000" not in text and b"smmu" not in text
    assert b"bulkhead,dma-master" not in text


@pytest.mark.verifies("LLR-582")
def test_properties_named_in_drop_are_dropped_and_listed(tmp_path):
    devices = [{"gem3": {"dma": "trusted", "reason": "bench", "mac": "02:00:00:00:00:01", "drop": ["reset-gpios"]}}]
    _, result, board = cut(tmp_path, "zcu102", {"l": linux(console="uart1", devices=devices,
                                                           memory={"size": "512 MiB", "map": "identity"})}, "l")
    tree = Tree(result.blob)
    path = board.devices["gem3"].path
    assert tree.nodes[path]["local-mac-address"] == bytes.fromhex("020000000001")
    assert {(item.property, item.reason) for item in result.dropped} == {
        ("iommus", "dma: trusted"), ("reset-gpios", "named in `drop`")}
    assert "iommus" not in tree.nodes[path]


def test_device_of_the_users_hardware_gets_a_node(tmp_path):
    hardware = {"io": {"compatible": "acme,io", "registers": [{"at": "0xA0000000", "size": "64 KiB"}],
                       "interrupts": [{"spi": "89", "trigger": "edge-rising"}]}}
    _, result, _ = cut(tmp_path, "zcu102", {"l": linux(console="uart1", devices=["io"])}, "l", hardware=hardware)
    node = Tree(result.blob).nodes["/io@a0000000"]
    assert strings(node["compatible"]) == ("acme,io",) and cells(node["interrupts"]) == [0, 89, 1]


def test_channels_and_regions_stand_in_the_tree(tmp_path):
    partitions = {"l": linux(regions={"log": {"size": "64 KiB"}}),
                  "n": {"image": {"native": "hello"}, "cpus": "0", "memory": "4 MiB"}}
    channels = {"frame": {"kind": "shared-memory", "size": "1 MiB", "writer": "l", "readers": ["n"], "doorbell": "true"}}
    guest, result, _ = cut(tmp_path, "virt-gicv2", partitions, "l", channels=channels)
    tree = Tree(result.blob)
    node = tree.nodes["/channel-0"]
    assert strings(node["bulkhead,name"]) == ("frame",) and strings(node["bulkhead,kind"]) == ("shared-memory",)
    end = guest.channels[0]
    assert cells(node["interrupts"]) == [0, end.irq - 32, 1]
    memory = tree.phandles[cells(node["memory-region"])[0]]
    assert reg(tree, memory) == [(end.ipa, 1 << 20)]
    assert any(path.startswith("/reserved-memory/region-log@") for path in tree.nodes)


def test_both_ends_of_a_channel_see_the_same_memory_and_linux_makes_it_uncached(tmp_path):
    partitions = {"l": linux(), "n": {"image": {"native": "hello"}, "cpus": "0", "memory": "4 MiB"}}
    channels = {"frame": {"kind": "shared-memory", "size": "1 MiB", "writer": "l", "readers": ["n"]}}
    writer, _, _ = cut(tmp_path, "virt-gicv2", partitions, "l", channels=channels)
    reader, _, _ = cut(tmp_path, "virt-gicv2", partitions, "n", channels=channels)
    ends = [next(mapped for mapped in guest.mappings if mapped.what == "channel frame") for guest in (writer, reader)]
    assert ends[0].pa == ends[1].pa and [end.attributes for end in ends] == ["shared", "shared-read-only"]


def test_the_same_tree_twice_is_the_same_bytes(tmp_path):
    blobs = [cut(tmp_path, "zcu102", {"l": linux(console="uart1")}, "l")[1].blob for _ in range(2)]
    assert blobs[0] == blobs[1]
    assert libfdt.Fdt(blobs[0]).totalsize() == len(blobs[0])


def test_overlay_that_does_not_apply_is_an_error(tmp_path):
    _, result, _ = cut(tmp_path, "virt-gicv2", {"l": linux()}, "l")
    writer = libfdt.FdtSw(512)
    writer.finish_reservemap()
    with writer.add_node(""):
        with writer.add_node("fragment@0"):
            writer.property_string("target-path", "/nowhere")
            with writer.add_node("__overlay__"):
                writer.property_string("x", "y")
    with pytest.raises(ValueError):
        apply_overlay(result.blob, bytes(writer.as_fdt().as_bytearray()))
