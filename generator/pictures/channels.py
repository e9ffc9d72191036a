# SPDX-License-Identifier: Apache-2.0
# implements: LLR-1050
"""The channel graph of plan.html: who talks to whom, through what, with which rights. Graphviz places it."""

from __future__ import annotations

import re
import shutil
import subprocess

from markupsafe import Markup

from generator.allocate.memory import size_text
from generator.allocate.resolved import Resolved, ResolvedChannel
from generator.plan import message_text

_TIMEOUT_S = 20
_MISSING = "Graphviz is not installed (Debian: graphviz), so the graph is left out; the table below says the same."


def graph_source(resolved: Resolved) -> str:
    """The graph in Graphviz' language; partitions and channels in the order of the file."""
    lines = ["digraph channels {", '  rankdir=LR; bgcolor="transparent"; ranksep=0.6; nodesep=0.3;',
             '  node [fontname="sans-serif", fontsize=11]; edge [fontname="sans-serif", fontsize=10];']
    talking = {name for channel in resolved.channels for name in (*channel.senders, *channel.receivers)}
    for guest in resolved.guests:
        if guest.name in talking:
            lines.append(f"  {_quoted('p ' + guest.name)} [shape=box, style=bold, label={_quoted(guest.name)}];")
    for channel in resolved.channels:
        node = _quoted("c " + channel.name)
        lines.append(f"  {node} [shape=note, label={_quoted(_label(channel))}];")
        for name in channel.senders:
            way = ", dir=both" if len(channel.senders) > 1 else ""
            lines.append(f"  {_quoted('p ' + name)} -> {node} [label={_quoted('read, write' if way else 'writes')}{way}];")
        for name in channel.receivers:
            rights = "reads; writes its position" if channel.back_size else "reads"
            bell = ", style=dashed" if channel.doorbell else ""
            lines.append(f"  {node} -> {_quoted('p ' + name)} [label={_quoted(rights)}{bell}];")
    return "\n".join([*lines, "}", ""])


def channels(resolved: Resolved) -> str:
    """The graph as an SVG element; a sentence where Graphviz is missing; nothing for a system without channels."""
    if not resolved.channels:
        return ""
    if shutil.which("dot") is None:
        return Markup("<p>") + _MISSING + Markup("</p>")
    drawn = subprocess.run(["dot", "-Tsvg"], input=graph_source(resolved), capture_output=True, text=True, timeout=_TIMEOUT_S,
                           check=True).stdout
    svg = re.sub(r"<!--.*?-->\n?", "", drawn[drawn.index("<svg"):], flags=re.S)
    # The page's own colours, light or dark.
    return Markup(svg.replace('"black"', '"currentColor"').strip())


def _label(channel: ResolvedChannel) -> str:
    memory = "write-back" if channel.cacheable else "non-cacheable"
    words = [channel.name, channel.kind, message_text(channel), f"{size_text(channel.size + channel.back_size)}, {memory}",
             "doorbell" if channel.doorbell else ""]
    return "\n".join(word for word in words if word)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
