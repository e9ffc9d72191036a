# SPDX-License-Identifier: Apache-2.0
"""plan.html: the pictures and tables of `plan` in one file that needs no server and no network."""

from __future__ import annotations

from generator.allocate.resolved import Resolved
from generator.emit.render import render
from generator.guest_tree import Dropped
from generator.pictures import channels, health, memory, ownership, schedule
from generator.plan import headline, tables_of


def plan_html(resolved: Resolved, dropped: dict[str, tuple[Dropped, ...]]) -> str:
    return render(
        "plan.html.j2", resolved=resolved, headline=headline(resolved),
        tables=[table for table in tables_of(resolved, dropped) if table.key != "health"], cards=ownership.cards(resolved),
        cores=ownership.cores(resolved), charts=schedule.charts(resolved), memory=memory.memory(resolved),
        devices=ownership.devices(resolved), channel_graph=channels.channels(resolved), partition_health=health.partition_rows(resolved),
        module_health=health.module_rows(resolved))
