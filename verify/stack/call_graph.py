# SPDX-License-Identifier: Apache-2.0
# implements: LLR-701
"""gcc's call graph (-fcallgraph-info=su,da) as frames and edges, and the deepest paths through it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NODE = re.compile(r'^node: \{ title: "(?P<title>[^"]*)" label: "(?P<label>[^"]*)"(?P<external>[^}]*)\}', re.MULTILINE)
EDGE = re.compile(r'^edge: \{ sourcename: "(?P<source>[^"]*)" targetname: "(?P<target>[^"]*)"', re.MULTILINE)
FRAME = re.compile(r"(\d+) bytes \(([^)]*)\)")
OBJECTS = re.compile(r"(\d+) dynamic objects")
INDIRECT = "__indirect_call"


@dataclass
class Graph:
    """Functions by symbol: bytes of their own frame, and whom they call."""

    frames: dict[str, int] = field(default_factory=dict)
    calls: dict[str, set[str]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Depth:
    """The deepest path from an entry."""

    total: int
    path: tuple[str, ...]


def symbol(title: str) -> str:
    """The linker's name: static functions are titled path:name."""
    return title.rsplit(":", 1)[-1]


def read_graph(text: str, graph: Graph | None = None) -> Graph:
    graph = graph or Graph()
    for match in NODE.finditer(text):
        name = symbol(match["title"])
        frame = FRAME.search(match["label"])
        if frame is None:
            continue  # a declaration: defined elsewhere, or an error once somebody calls it
        graph.frames[name] = int(frame.group(1))
        graph.calls.setdefault(name, set())
        objects = OBJECTS.search(match["label"])
        if frame.group(2) != "static" or (objects and int(objects.group(1)) != 0):
            graph.errors.append(f"{name}: frame of a size that only the run knows")
    for match in EDGE.finditer(text):
        source, target = symbol(match["source"]), symbol(match["target"])
        if target == INDIRECT:
            graph.errors.append(f"{source}: indirect call")
        else:
            graph.calls.setdefault(source, set()).add(target)
    return graph


def deepest(graph: Graph, entry: str, known_without_stack: set[str]) -> Depth:
    """The deepest path; recursion and unknown callees go into graph.errors."""
    done: dict[str, Depth] = {}
    order: list[tuple[str, bool]] = [(entry, False)]
    active: set[str] = set()
    while order:
        name, leaving = order.pop()
        if leaving:
            active.discard(name)
            below = [done[callee] for callee in graph.calls.get(name, ()) if callee in done]
            best = max(below, key=lambda depth: depth.total, default=Depth(0, ()))
            done[name] = Depth(graph.frames.get(name, 0) + best.total, (name, *best.path))
            continue
        if name in done:
            continue
        if name not in graph.frames:
            if name not in known_without_stack:
                graph.errors.append(f"{name}: callee without a known frame")
            done[name] = Depth(0, (name,))
            continue
        active.add(name)
        order.append((name, True))
        for callee in sorted(graph.calls.get(name, ())):
            if callee in active:
                graph.errors.append(f"{name}: recursion through {callee}")
            elif callee not in done:
                order.append((callee, False))
    return done[entry]
