# SPDX-License-Identifier: Apache-2.0
# implements: LLR-1005
"""Rules on channels and the time and code of their ends."""

from __future__ import annotations

import os
import re
from typing import Iterator

from generator import defaults
from generator.check.context import Context
from generator.check.schedules import time_text
from generator.diagnostics import Finding, Severity
from generator.keys import Text
from generator.model import Channel
from generator.rules import rule

_SOURCES = (".c", ".cpp", ".h", ".hpp", ".S")
# Constants of a channel; and what finds one by its name at run time: the list of all, or APEX.
_NAMES = re.compile(r"\bbulkhead_channel_\w+_(?:end|slot|base|size|irq)\b")
_BY_NAME = re.compile(r"bulkhead_channels\b|CREATE_(?:SAMPLING|QUEUING)_PORT")


def _longest_pause_ns(context: Context, name: str) -> int:
    """The longest time from one turn of the partition to the next, in any schedule; 0 on cores of its own."""
    partition = context.partitions.get(name)
    found = [0]
    for core in partition.cpus if partition is not None else ():
        kind = defaults.scheduler_of(context.system, int(core))
        if kind == "rtds" and partition.rtds is not None:
            found.append(int(partition.rtds.period))
        for schedule in (context.system.schedules or {}).values() if kind == "arinc653" else ():
            starts = sorted(int(window.start) for window in schedule.windows if window.partition == name and window.cpu == core)
            if starts:
                following = [*starts[1:], starts[0] + int(schedule.major_frame)]
                found.append(max(after - start for start, after in zip(starts, following)))
    return max(found)


def _sampled(context: Context) -> Iterator[tuple[Text, Channel]]:
    for name, channel in (context.system.channels or {}).items():
        if channel.kind == "sampling" and channel.refresh is not None:
            yield name, channel


@rule(
    "BH-CHN-017",
    severity=Severity.WARNING,
    sentence="A reader's turns come at least once a refresh period.",
    wrong="refresh: 5 ms     # and the reader has a window every 20 ms",
    right="refresh: 20 ms",
    keys=("channels.*.refresh", "schedules", "partitions.*.rtds"),
)
def reader_in_time(context: Context) -> Iterator[Finding]:
    for name, channel in _sampled(context):
        for reader in channel.to or ():
            pause = _longest_pause_ns(context, str(reader))
            if pause > channel.refresh and reader != channel.from_:
                yield Finding(
                    reader.place,
                    f"`{reader}` looks at `{name}` every {time_text(pause)} at best, but a sample is valid for "
                    f"{time_text(int(channel.refresh))}",
                    f"give `{reader}` more windows, or write `refresh: {time_text(pause)}`",
                )


@rule(
    "BH-CHN-018",
    severity=Severity.WARNING,
    sentence="A sender's turns come at least once a refresh period.",
    wrong="refresh: 5 ms     # and the sender has a window every 20 ms",
    right="refresh: 20 ms",
    keys=("channels.*.refresh", "schedules", "partitions.*.rtds"),
)
def sender_in_time(context: Context) -> Iterator[Finding]:
    for name, channel in _sampled(context):
        pause = _longest_pause_ns(context, str(channel.from_))
        if pause > channel.refresh:
            yield Finding(
                channel.refresh.place,
                f"samples of `{name}` become stale between two turns of `{channel.from_}`, {time_text(pause)} apart",
                f"give `{channel.from_}` more windows, or write `refresh: {time_text(2 * pause)}`",
            )


@rule(
    "BH-CHN-021",
    severity=Severity.NOTE,
    sentence="A sampling channel says how old a sample may be.",
    wrong="speed: {kind: sampling, from: a, to: [b], message: 64 B}",
    right="speed: {kind: sampling, from: a, to: [b], message: 64 B, refresh: 20 ms}",
    keys=("channels.*.refresh",),
)
def sample_has_an_age(context: Context) -> Iterator[Finding]:
    for name, channel in (context.system.channels or {}).items():
        if channel.kind == "sampling" and channel.refresh is None:
            yield Finding(
                name.place,
                f"`{name}` has no `refresh`: a sample of any age counts as valid, also when its sender has stopped",
                "write how old a sample may be, like `refresh: 20 ms`",
            )


@rule(
    "BH-CHN-019",
    severity=Severity.NOTE,
    sentence="A doorbell that the file asks for has an end that can take its interrupt.",
    wrong="speed: {kind: sampling, from: vehicle, to: [linux], ..., doorbell: true}",
    right="speed: {kind: sampling, from: vehicle, to: [linux], ...}     # Linux's command polls",
    keys=("channels.*.doorbell",),
)
def doorbell_is_heard(context: Context) -> Iterator[Finding]:
    for name, channel in (context.system.channels or {}).items():
        rung = defaults.receivers(channel) or defaults.ends(channel)
        known = [context.partitions[end] for end in rung if end in context.partitions]
        if channel.doorbell and known and all(defaults.is_linux(partition) for partition in known):
            yield Finding(
                channel.doorbell.place,
                f"only Linux is rung by `{name}`, and a stock kernel has no driver that hands the interrupt to a program",
                "leave `doorbell` out, or bring a driver for `bulkhead,channel`",
            )


@rule(
    "BH-CHN-020",
    severity=Severity.NOTE,
    sentence="Sources of a native partition that name channels name each one of which it has an end.",
    wrong="channels: {speed: {from: a, ...}}     # and a's sources never say bulkhead_channel_speed_...",
    right="bulkhead_sampling_open_sender(&port, bulkhead_channel_speed_end, ...)     /* in a's sources */",
    keys=("channels", "partitions.*.image"),
)
def channel_is_used(context: Context) -> Iterator[Finding]:
    texts: dict[str, str] = {}
    for name, channel in (context.system.channels or {}).items():
        constant = f"bulkhead_channel_{re.sub('[^0-9a-zA-Z]', '_', str(name))}_"
        for end in defaults.ends(channel):
            partition = context.partitions.get(end)
            if partition is None or partition.image.native is None:
                continue
            if end not in texts:
                texts[end] = _sources_of(context.folder(partition.image.native))
            # Sources that name none may go by the device tree.
            if _NAMES.search(texts[end]) and constant not in texts[end] and not _BY_NAME.search(texts[end]):
                yield Finding(
                    name.place,
                    f"no source of `{end}` names `{constant}...`: its end of `{name}` is not used",
                    "remove the channel, or that end of it",
                )


def _sources_of(folder: str | None) -> str:
    """All sources of a native partition as one text; empty if there is none to read."""
    found = []
    for name in sorted(os.listdir(folder)) if folder is not None else ():
        if name.endswith(_SOURCES):
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                found.append(file.read())
    return "\n".join(found)
