# SPDX-License-Identifier: Apache-2.0
"""Worst-case stacks: the kernel of each board, and graphs that must be refused."""

from pathlib import Path

import pytest

from verify.stack import __main__ as stack
from verify.stack import call_graph, linked


def node(name: str, size: int, kind: str = "static", objects: int = 0) -> str:
    return f'node: {{ title: "a.cpp:{name}" label: "{name}\\na.cpp:1:1\\n{size} bytes ({kind})\\n{objects} dynamic objects" }}\n'


def declaration(name: str) -> str:
    return f'node: {{ title: "{name}" label: "{name}\\na.cpp:1:1" shape : ellipse }}\n'


def edge(source: str, target: str) -> str:
    return f'edge: {{ sourcename: "a.cpp:{source}" targetname: "{target}" label: "a.cpp:1:1" }}\n'


DISASSEMBLY = """
0000000000000000 <vector>:
   0:\t14000000 \tb\t10 <entry>

0000000000000010 <entry>:
  10:\td10083ff \tsub\tsp, sp, #0x20
  14:\t94000000 \tbl\t20 <leaf>
  18:\td65f03c0 \tret

0000000000000020 <leaf>:
  20:\td65f03c0 \tret
"""
GRAPH = node("entry", 32) + node("leaf", 16) + edge("entry", "leaf")


def analyse(graph: str = GRAPH, disassembly: str = DISASSEMBLY) -> stack.Result:
    return stack.analyse(call_graph.read_graph(graph), linked.parse(disassembly), {"vector", "helper"})


@pytest.mark.verifies("LLR-701", "LLR-702")
@pytest.mark.parametrize("board", stack.BOARDS)
def test_the_kernel_fits_its_stacks(root: Path, board: str):
    result = stack.run(root, board)
    assert result.errors == []
    assert 100 < result.worst < 2048
    assert {"bulkhead_on_hvc", "bulkhead_on_irq", "bulkhead_on_synchronous", "bulkhead_on_serror",
            "bulkhead_boot_core", "bulkhead_secondary_core", "bulkhead_kernel_fault"} <= set(result.entries)


@pytest.mark.verifies("LLR-701")
def test_frames_add_up_along_the_deepest_path():
    result = analyse(GRAPH + node("deep", 100) + edge("entry", "deep"))
    assert result.errors == []
    assert result.entries["entry"] == call_graph.Depth(132, ("entry", "deep"))


@pytest.mark.verifies("LLR-702")
def test_the_fault_handler_counts_on_top():
    disassembly = DISASSEMBLY.replace("<leaf>:", "<leaf>:\n") + f"\n0000000000000030 <helper>:\n  30:\t14000000 \tb\t40 <{stack.ON_TOP}>\n"
    result = analyse(GRAPH + node(stack.ON_TOP, 64), disassembly)
    assert result.worst == 48 + 64


@pytest.mark.verifies("LLR-701")
@pytest.mark.parametrize("graph, message", [
    (GRAPH + edge("leaf", "entry"), "recursion"),
    (GRAPH + edge("leaf", "leaf"), "recursion"),
    (GRAPH + edge("leaf", "__indirect_call"), "leaf: indirect call"),
    (GRAPH + declaration("strange") + edge("leaf", "strange"), "strange: callee without a known frame"),
    (node("entry", 32) + node("leaf", 16, "dynamic") + edge("entry", "leaf"), "leaf: frame of a size that only the run knows"),
    (node("entry", 32) + node("leaf", 16, "static", 1) + edge("entry", "leaf"), "leaf: frame of a size that only the run knows"),
    (node("entry", 32) + node("leaf", 16), "entry: branches to leaf, which its call graph does not show"),
    (node("entry", 32) + declaration("leaf") + edge("entry", "leaf"), "leaf: code that neither"),
    ("", "no entry found"),
])
def test_a_graph_that_gives_no_bound_is_refused(graph: str, message: str):
    assert message in "\n".join(analyse(graph).errors)


@pytest.mark.verifies("LLR-701")
@pytest.mark.parametrize("old, new, message", [
    ("bl\t20 <leaf>", "blr\tx3", "entry: indirect call in the ELF"),
    ("b\t10 <entry>", "b\t10 <entry>\n   4:\ta9bf7bfd \tstp\tx29, x30, [sp, #-16]!", "vector: assembly takes stack"),
])
def test_an_elf_that_gives_no_bound_is_refused(old: str, new: str, message: str):
    assert message in "\n".join(analyse(disassembly=DISASSEMBLY.replace(old, new)).errors)


@pytest.mark.verifies("LLR-701")
def test_assembly_labels_may_be_called():
    assert analyse(GRAPH + declaration("helper") + edge("leaf", "helper")).errors == []
