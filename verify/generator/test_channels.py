# SPDX-License-Identifier: Apache-2.0
"""Channels: areas, rights, memory types, who clears them, and what their ends are told."""

from __future__ import annotations

import copy
import html
import re
import shutil
import struct
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml

from generator.allocate import allocate, ports
from generator.allocate.dump import resolved_yaml
from generator.allocate.resolved import RAM_NO_EXECUTE, RAM_READ_ONLY, SHARED, SHARED_READ_ONLY, Resolved
from generator.check.context import Context
from generator.check.runner import check_file
from generator.device_tree import Tree, cells, strings
from generator.emit.render import render
from generator.guest_tree import guest_tree
from generator.picture import plan_html
from generator.pictures import channels as graphs

ROOT = Path(__file__).resolve().parents[2]
SPEED = {"kind": "sampling", "from": "a", "to": ["b"], "message": "100 B", "refresh": "20 ms"}
ORDERS = {"kind": "queuing", "from": "b", "to": "a", "message": "100 B", "depth": "300"}
FRAME = {"kind": "shared-memory", "size": "8 KiB", "writers": ["a", "b"], "readers": []}
BOTH = {"a": {"image": {"native": "hello"}, "cpus": "0", "memory": "2 MiB"},
        "b": {"image": {"native": "hello"}, "cpus": "1", "memory": "2 MiB"}}
PAGE = 4096


def resolve(folder: Path, partitions: dict, channels: dict) -> tuple[Resolved, Context]:
    file = folder / "system.yaml"
    file.write_text(yaml.safe_dump({"format": "1", "system": "trial", "board": "virt-gicv3",
                                    "hypervisor": {"console": {"uart": "uart0"}}, "partitions": partitions,
                                    "channels": copy.deepcopy(channels)}, sort_keys=False))
    checked = check_file(str(file), "build")
    assert checked.ok, checked.diagnostics.as_text()
    context = Context(checked.system, checked.board, "build")
    return allocate(context), context


def rights(resolved: Resolved, name: str) -> dict[str, str]:
    return {mapped.what: mapped.attributes for mapped in resolved.guest(name).mappings if mapped.what.startswith("channel")}


@pytest.mark.verifies("LLR-1001")
def test_each_page_has_one_writing_end(tmp_path):
    resolved, _ = resolve(tmp_path, BOTH, {"speed": SPEED, "orders": ORDERS, "frame": FRAME})
    speed, orders, frame = resolved.channels
    assert (speed.size, speed.back_size) == (PAGE, 0)
    assert (orders.size, orders.back_size) == (-(-(64 + 300 * 128) // PAGE) * PAGE, PAGE)
    assert (frame.size, frame.back_size) == (2 * PAGE, 0)
    for guest in resolved.guests:
        for end, channel in zip(guest.channels, resolved.channels):
            assert end.ipa % PAGE == 0 and end.size == channel.size
            assert end.back_ipa == (end.ipa + end.size if channel.back_size else 0)
    for channel in (speed, orders):
        writers: dict[int, list[str]] = {}
        for guest in resolved.guests:
            for mapped in guest.mappings:
                if mapped.attributes in (RAM_NO_EXECUTE, SHARED):
                    for page in range(mapped.pa, mapped.pa + mapped.size, PAGE):
                        writers.setdefault(page, []).append(guest.name)
        for page in (*range(channel.pa, channel.pa + channel.size, PAGE), *range(channel.back_pa, channel.back_pa + channel.back_size, PAGE)):
            assert len(writers[page]) == 1


@pytest.mark.verifies("LLR-1002")
def test_an_end_writes_only_what_is_its_own(tmp_path):
    resolved, _ = resolve(tmp_path, BOTH, {"speed": SPEED, "orders": ORDERS, "frame": FRAME})
    assert rights(resolved, "a") == {
        "channel speed": RAM_NO_EXECUTE, "channel orders": RAM_READ_ONLY, "channel orders, receiver's": RAM_NO_EXECUTE,
        "channel frame": RAM_NO_EXECUTE}
    assert rights(resolved, "b") == {
        "channel speed": RAM_READ_ONLY, "channel orders": RAM_NO_EXECUTE, "channel orders, receiver's": RAM_READ_ONLY,
        "channel frame": RAM_NO_EXECUTE}


@pytest.mark.verifies("LLR-1002")
def test_one_linux_end_makes_all_ends_non_cacheable(tmp_path):
    partitions = BOTH | {"l": {"image": {"recipe": "linux"}, "cpus": "2-3", "memory": "256 MiB"}}
    resolved, _ = resolve(tmp_path, partitions, {"speed": SPEED | {"to": ["b", "l"]}, "orders": ORDERS})
    assert rights(resolved, "a")["channel speed"] == SHARED
    assert rights(resolved, "b")["channel speed"] == SHARED_READ_ONLY
    assert rights(resolved, "l") == {"channel speed": SHARED_READ_ONLY}
    assert rights(resolved, "a")["channel orders"] == RAM_READ_ONLY


def cleared(resolved: Resolved) -> dict[str, list[tuple[int, int]]]:
    return {guest.name: [(window.base, window.size) for window in guest.cleared] for guest in resolved.guests}


@pytest.mark.verifies("LLR-1003")
def test_each_end_clears_what_it_writes(tmp_path):
    resolved, _ = resolve(tmp_path, BOTH, {"speed": SPEED, "orders": ORDERS, "frame": FRAME})
    speed, orders, _ = resolved.channels
    assert orders.back_pa == speed.pa + speed.size
    assert cleared(resolved) == {"a": [(speed.pa, speed.size + PAGE)], "b": [(orders.pa, orders.size)]}


@pytest.mark.verifies("LLR-1003")
@pytest.mark.parametrize("halted, may, clears", [(("a",), {"b": ["a"]}, "b"), (("a",), {}, None), (("a", "b"), {"b": ["a"]}, None)])
def test_a_halted_sender_s_channel_is_cleared_by_who_can_start_it(tmp_path, halted, may, clears):
    partitions = {name: partition | ({"start": {"state": "halted"}} if name in halted else {})
                  | ({"privileges": {"control": may[name]}} if name in may else {}) for name, partition in BOTH.items()}
    resolved, _ = resolve(tmp_path, partitions, {"speed": SPEED})
    assert resolved.channels[0].cleared_by == (clears, None)
    window = (resolved.channels[0].pa, resolved.channels[0].size)
    assert cleared(resolved) == {name: [window] if name == clears else [] for name in BOTH}


@pytest.mark.verifies("LLR-1003")
def test_channels_that_one_partition_clears_are_one_stretch(tmp_path):
    channels = {f"c{n}": SPEED | {"to": "b", "message": f"{1 + n * 700} B"} for n in range(30)}
    channels |= {f"q{n}": ORDERS | {"from": "ab"[n % 2], "to": "ba"[n % 2]} for n in range(20)}
    resolved, _ = resolve(tmp_path, BOTH, channels)
    assert [len(guest.cleared) for guest in resolved.guests] == [1, 1]
    assert sum(guest.cleared[0].size for guest in resolved.guests) == sum(
        channel.size + channel.back_size for channel in resolved.channels)


@pytest.mark.verifies("LLR-1004")
def test_the_tree_tells_each_end(tmp_path):
    resolved, context = resolve(tmp_path, BOTH, {"speed": SPEED, "orders": ORDERS, "frame": FRAME})
    for guest in resolved.guests:
        tree = Tree(guest_tree(resolved, guest, context.board, 0).blob)
        for end in guest.channels:
            node = tree.nodes[f"/channel-{end.slot}"]
            assert strings(node["compatible"]) == ("bulkhead,channel",)
            assert strings(node["bulkhead,name"]) == (end.channel,) and strings(node["bulkhead,kind"]) == (end.kind,)
            assert strings(node["bulkhead,direction"]) == (end.direction,)
            assert cells(node["bulkhead,slot"]) == [end.slot]
            areas = [(end.ipa, end.size)] + ([(end.back_ipa, end.back_size)] if end.back_size else [])
            found = []
            for phandle in cells(node["memory-region"]):
                memory = tree.nodes[tree.phandles[phandle]]
                assert "no-map" in memory
                found.append(struct.unpack(">QQ", memory["reg"]))
            assert found == areas
            assert ("interrupts" in node) == (end.irq is not None)
    node = tree.nodes["/channel-0"]
    assert cells(node["bulkhead,message-size"]) == [100]
    assert struct.unpack(">Q", node["bulkhead,refresh"]) == (20_000_000,)
    assert cells(tree.nodes["/channel-1"]["bulkhead,depth"]) == [300]
    assert [end.direction for end in resolved.guest("b").channels] == ["receive", "send", "both"]


@pytest.mark.verifies("LLR-1004")
def test_a_doorbell_of_a_sampling_channel_is_for_its_readers(tmp_path):
    resolved, _ = resolve(tmp_path, BOTH, {"speed": SPEED | {"doorbell": "true"}, "orders": ORDERS})
    ringing = {guest.name: {end.channel: end.irq is not None for end in guest.channels} for guest in resolved.guests}
    assert ringing == {"a": {"speed": False, "orders": True}, "b": {"speed": True, "orders": True}}


@pytest.mark.verifies("LLR-1004")
def test_the_header_compiles_and_says_the_same(tmp_path):
    resolved, context = resolve(tmp_path, BOTH, {"speed": SPEED, "orders": ORDERS, "count": FRAME})
    header = render("bulkhead_partition.h.j2", resolved=resolved, guest=resolved.guest("a"), gic=context.board.gic)
    (tmp_path / "bulkhead_partition.h").write_text(header)
    (tmp_path / "use.c").write_text('#include "bulkhead_partition.h"\nint main(void) { return (int)bulkhead_channels_count; }\n')
    subprocess.run(["gcc", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/partitions/runtime/include",
                    f"-I{tmp_path}", "-c", "use.c", "-o", "use.o"], cwd=tmp_path, check=True)
    orders = resolved.guest("a").channels[1]
    line = next(line for line in header.splitlines() if line.lstrip().startswith('{"orders"'))
    values = [int(word, 0) for word in re.findall(r"(?<=, )(?:0x)?[0-9a-f]+(?=[,}])", line)]
    assert values == [1, 0, 0, orders.irq, 300, 100, 0, orders.ipa, orders.size, orders.back_ipa, orders.back_size]


@pytest.mark.verifies("LLR-1001", "LLR-1010")
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs the host's g++")
def test_both_sides_compute_the_same_sizes(tmp_path):
    """Generator and runtime state the layout each for itself."""
    pairs = [(1, 1), (8, 2), (64, 16), (100, 300), (4096, 7), (1 << 20, 3)]
    lines = "".join(f'  std::printf("%llu %llu\\n", (unsigned long long)sampling_bytes({m}), '
                    f'(unsigned long long)queue_bytes({m}, {d}));\n' for m, d in pairs)
    (tmp_path / "sizes.cpp").write_text('#include <cstdio>\n#include "port/words.hpp"\nusing namespace bulkhead::port;\n'
                                        f"int main() {{\n{lines}}}\n")
    runtime = ROOT / "partitions/runtime"
    subprocess.run(["g++", "-std=c++17", f"-I{runtime}", f"-I{runtime}/include", "sizes.cpp", "-o", "sizes"], cwd=tmp_path,
                   check=True)
    printed = subprocess.run([str(tmp_path / "sizes")], capture_output=True, text=True, check=True).stdout.splitlines()
    assert printed == [f"{ports.sampling_bytes(m)} {ports.queue_bytes(m, d)}" for m, d in pairs]


@pytest.mark.verifies("LLR-544")
def test_resolved_yaml_states_channels(tmp_path):
    resolved, _ = resolve(tmp_path, BOTH, {"speed": SPEED, "orders": ORDERS})
    stated = yaml.safe_load(resolved_yaml(resolved))
    assert stated["channels"]["speed"] == {
        "slot": 0, "kind": "sampling", "physical": resolved.channels[0].pa, "size": "4 KiB", "senders": ["a"],
        "receivers": ["b"], "doorbell": False, "message": 100, "depth": 0, "refresh_ns": 20_000_000,
        "written_by_receiver": "none", "memory_type": "write-back", "cleared_by": ["a"]}
    assert stated["partitions"]["a"]["channels"]["orders"]["direction"] == "receive"


@pytest.mark.verifies("LLR-1005")
@pytest.mark.parametrize("refresh, rules", [("15 ms", set()), ("14 ms", {"BH-CHN-017"})])
def test_a_reader_s_longest_pause_is_what_counts(tmp_path, refresh, rules):
    (tmp_path / "a.bin").write_bytes(bytes(64))
    file = tmp_path / "system.yaml"
    windows = [{"partition": "b", "cpu": "1", "start": start, "length": "2 ms"} for start in ("0 ms", "5 ms")]
    file.write_text(yaml.safe_dump({
        "format": "1", "system": "trial", "board": "zcu102", "cpus": {"1": {"scheduler": "arinc653"}},
        "schedules": {"flight": {"initial": "true", "major_frame": "20 ms", "windows": windows}},
        "channels": {"x": {"kind": "sampling", "from": "a", "to": "b", "message": "8 B", "refresh": refresh}},
        "partitions": {name: {"image": {"binary": "a.bin"}, "cpus": core, "memory": "8 MiB"} for name, core in (("a", "0"), ("b", "1"))}}))
    found = {item.rule for item in check_file(str(file), "check").diagnostics.sorted()}
    assert {rule for rule in found if rule.startswith("BH-CHN")} == rules


@pytest.mark.verifies("LLR-1050")
@pytest.mark.skipif(shutil.which("dot") is None, reason="needs Debian's package graphviz")
def test_the_graph_shows_every_end_and_its_rights(tmp_path):
    resolved, _ = resolve(tmp_path, BOTH, {"speed": SPEED, "orders": ORDERS, "frame": FRAME})
    source = graphs.graph_source(resolved)
    assert '"p a" -> "c speed" [label="writes"];' in source and '"c speed" -> "p b" [label="reads"];' in source
    assert '"c orders" -> "p a" [label="reads; writes its position", style=dashed];' in source
    assert '"p b" -> "c frame" [label="read, write", dir=both];' in source
    page = plan_html(resolved, {})
    picture = page[page.index('<section id="channels">'):page.index("</section>", page.index('<section id="channels">'))]
    ElementTree.fromstring(picture[picture.index("<svg"):picture.index("</svg>") + len("</svg>")])
    for words in ("speed", "sampling", "100 B, valid for 20 ms", "orders", "300 deep", "write-back"):
        assert words in html.unescape(picture)
    assert "black" not in picture
    assert plan_html(resolved, {}) == page


@pytest.mark.verifies("LLR-1050")
def test_no_channels_no_graph_and_no_graphviz_a_sentence(tmp_path, monkeypatch):
    resolved, _ = resolve(tmp_path, BOTH, {})
    assert 'id="channels"' not in plan_html(resolved, {}).split('id="tables"')[0]
    resolved, _ = resolve(tmp_path, BOTH, {"speed": SPEED})
    monkeypatch.setattr(graphs.shutil, "which", lambda _: None)
    assert "Graphviz is not installed" in plan_html(resolved, {})
