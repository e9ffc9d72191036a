# SPDX-License-Identifier: Apache-2.0
"""Rules on channels and constant data."""

from __future__ import annotations

from typing import Iterator

from generator import defaults
from generator.check.context import Context
from generator.check.names import MAXIMUM_CHANNELS
from generator.diagnostics import Finding
from generator.hardware import PAGE
from generator.keys import Text
from generator.memory_map import free_memory, human, largest_bank, largest_piece
from generator.model import Channel
from generator.rules import nearest_hint, rule

MAXIMUM_MESSAGE = 1 << 20
MAXIMUM_DEPTH = 65_536
MAXIMUM_DOORBELLS = 32  # channel ends of one partition in the kernel's tables

_PORTS = ("from", "to", "message")
_KEYS = {
    "sampling": ((*_PORTS, "refresh"), _PORTS),
    "queuing": ((*_PORTS, "depth"), (*_PORTS, "depth")),
    "shared-memory": (("size", "writer", "writers", "readers"), ("size",)),
}
_EXAMPLES = {
    "from": "navigation",
    "to": "[instruments]",
    "message": "64 B",
    "depth": "16",
    "size": "64 KiB",
    "readers": "[radio]",
}


def _channels(context: Context) -> Iterator[tuple[Text, Channel]]:
    yield from (context.system.channels or {}).items()


def _value(channel: Channel, word: str) -> object:
    return getattr(channel, "from_" if word == "from" else word)


def _named(channel: Channel) -> Iterator[Text]:
    """Every partition name that stands in the channel."""
    for name in (channel.from_, channel.writer):
        if name is not None:
            yield name
    for names in (channel.to, channel.writers, channel.readers):
        yield from names or ()


@rule(
    "BH-CHN-001",
    sentence="The ends of a channel are partitions.",
    wrong="channels: {speed: {kind: sampling, from: navgation, ...}}",
    right="channels: {speed: {kind: sampling, from: navigation, ...}}",
    keys=("channels",),
)
def ends_known(context: Context) -> Iterator[Finding]:
    for _, channel in _channels(context):
        for name in _named(channel):
            if name not in context.partition_names:
                yield Finding(
                    name.place,
                    f"there is no partition `{name}`",
                    nearest_hint(str(name), context.partition_names, "partitions"),
                )


@rule(
    "BH-CHN-002",
    sentence="A channel has the keys of its kind only.",
    wrong="channels: {speed: {kind: sampling, ..., depth: 4}}",
    right="channels: {speed: {kind: queuing, ..., depth: 4}}",
    keys=("channels",),
)
def keys_of_kind(context: Context) -> Iterator[Finding]:
    every = {word for allowed, _ in _KEYS.values() for word in allowed}
    for name, channel in _channels(context):
        for word in sorted(every - set(_KEYS[channel.kind][0])):
            value = _value(channel, word)
            if value is not None:
                kinds = " and ".join(kind for kind, (allowed, _) in _KEYS.items() if word in allowed)
                yield Finding(
                    value.place,
                    f"`{word}` does not belong to the {channel.kind} channel `{name}`",
                    f"`{word}` is for {kinds}",
                )


@rule(
    "BH-CHN-003",
    sentence="A channel has the keys that its kind needs.",
    wrong="channels: {commands: {kind: queuing, from: a, to: b, message: 64 B}}     # depth is missing",
    right="channels: {commands: {kind: queuing, from: a, to: b, message: 64 B, depth: 16}}",
    keys=("channels",),
)
def keys_needed(context: Context) -> Iterator[Finding]:
    for name, channel in _channels(context):
        needed = list(_KEYS[channel.kind][1])
        if channel.kind == "shared-memory" and channel.writers is None:
            needed.append("readers")  # where both write, both read
        for word in needed:
            if _value(channel, word) is None:
                yield Finding(
                    channel.place,
                    f"the {channel.kind} channel `{name}` lacks `{word}`",
                    f"add `{word}: {_EXAMPLES[word]}`",
                )


@rule(
    "BH-CHN-004",
    sentence="Shared memory has `writer` or `writers`, not both and not neither.",
    wrong="channels: {frame: {kind: shared-memory, size: 4 KiB, readers: [b]}}",
    right="channels: {frame: {kind: shared-memory, size: 4 KiB, writer: a, readers: [b]}}",
    keys=("channels",),
)
def writers_given(context: Context) -> Iterator[Finding]:
    for name, channel in _channels(context):
        if channel.kind == "shared-memory" and (channel.writer is None) == (channel.writers is None):
            what = "neither `writer` nor `writers`" if channel.writer is None else "both `writer` and `writers`"
            yield Finding(
                channel.place,
                f"the shared memory `{name}` has {what}",
                "write `writer: a` for one, `writers: [a, b]` where both write",
            )


@rule(
    "BH-CHN-005",
    sentence="A partition has one end of a channel: no sender receives, nobody stands twice.",
    wrong="channels: {speed: {kind: sampling, from: a, to: [a, b], ...}}",
    right="channels: {speed: {kind: sampling, from: a, to: [b], ...}}",
    keys=("channels",),
)
def one_end_each(context: Context) -> Iterator[Finding]:
    for name, channel in _channels(context):
        seen: set[str] = set()
        if channel.writer is not None and channel.writers is not None:
            continue  # one of the two goes first: BH-CHN-004
        for partition in _named(channel):
            if partition in seen:
                yield Finding(
                    partition.place,
                    f"`{partition}` stands twice in the channel `{name}`",
                    "name it once; who writes may read as well",
                )
            seen.add(str(partition))


@rule(
    "BH-CHN-006",
    sentence="A queue has one receiver.",
    wrong="channels: {commands: {kind: queuing, to: [a, b], ...}}",
    right="channels: {commands_a: {kind: queuing, to: a, ...}, commands_b: {kind: queuing, to: b, ...}}",
    keys=("channels.*.to",),
)
def queue_one_receiver(context: Context) -> Iterator[Finding]:
    for name, channel in _channels(context):
        if channel.kind == "queuing" and channel.to is not None and len(channel.to) > 1:
            yield Finding(
                channel.to.place,
                f"the queue `{name}` has {len(channel.to)} receivers",
                "one queue a receiver, or a sampling channel, which many can read",
            )


@rule(
    "BH-CHN-007",
    sentence="A message has 1 B to 1 MiB.",
    wrong="message: 0 B",
    right="message: 64 B",
    keys=("channels.*.message",),
)
def message_size(context: Context) -> Iterator[Finding]:
    for name, channel in _channels(context):
        if channel.message is not None and not 1 <= channel.message <= MAXIMUM_MESSAGE:
            yield Finding(
                channel.message.place,
                f"a message of {channel.message:,} B in `{name}` is not between 1 B and 1 MiB",
                "larger data goes through shared memory" if channel.message else "write the largest message, like 64 B",
            )


@rule(
    "BH-CHN-008",
    sentence="A queue holds 1 to 65,536 messages.",
    wrong="depth: 0",
    right="depth: 16",
    keys=("channels.*.depth",),
)
def queue_depth(context: Context) -> Iterator[Finding]:
    for name, channel in _channels(context):
        if channel.depth is not None and not 1 <= channel.depth <= MAXIMUM_DEPTH:
            yield Finding(
                channel.depth.place,
                f"`depth: {channel.depth}` of `{name}` is not between 1 and 65,536",
                "write how many messages may wait, like 16",
            )


@rule(
    "BH-CHN-009",
    sentence="Shared memory is whole 4 KiB pages, at least one.",
    wrong="channels: {frame: {kind: shared-memory, size: 100 B, ...}}",
    right="channels: {frame: {kind: shared-memory, size: 4 KiB, ...}}",
    keys=("channels.*.size",),
)
def memory_pages(context: Context) -> Iterator[Finding]:
    for name, channel in _channels(context):
        size = channel.size
        if size is not None and (size == 0 or size % PAGE):
            better = max(PAGE, (size + PAGE - 1) // PAGE * PAGE)
            yield Finding(
                size.place,
                f"shared memory of {size:,} B in `{name}` is not a number of 4 KiB pages",
                f"write `size: {better // 1024} KiB`",
            )


@rule(
    "BH-CHN-010",
    sentence="Data of a less critical writer has a `validity`: who checks it, by which requirement.",
    wrong="commands: {from: infotainment, to: instruments, ...}     # level A reads what no level wrote",
    right="commands: {..., validity: {checked_by: instruments, requirement: HLR-017}}",
    keys=("channels", "partitions.*.criticality"),
)
def upward_is_checked(context: Context) -> Iterator[Finding]:
    for name, channel in _channels(context):
        if channel.validity is not None:
            continue
        for writer in defaults.senders(channel):
            for reader in defaults.ends(channel):
                if writer in context.partitions and reader in context.partitions:
                    low = defaults.criticality_rank(context.partitions[writer])
                    if low < defaults.criticality_rank(context.partitions[reader]):
                        yield Finding(
                            name.place,
                            f"in `{name}` the less critical `{writer}` writes what `{reader}` reads",
                            f"add `validity: {{checked_by: {reader}, requirement: ...}}`",
                        )


@rule(
    "BH-CHN-011",
    sentence="`validity.checked_by` is a receiver of the channel.",
    wrong="commands: {from: a, to: b, ..., validity: {checked_by: a, requirement: HLR-017}}",
    right="commands: {from: a, to: b, ..., validity: {checked_by: b, requirement: HLR-017}}",
    keys=("channels.*.validity",),
)
def checker_receives(context: Context) -> Iterator[Finding]:
    for name, channel in _channels(context):
        if channel.validity is None:
            continue
        readers = defaults.receivers(channel)
        if channel.writers is not None:
            readers = defaults.ends(channel)
        checker = channel.validity.checked_by
        if checker not in readers:
            yield Finding(
                checker.place,
                f"`{checker}` does not receive from `{name}`, so it cannot check it",
                nearest_hint(str(checker), set(readers), "receivers"),
            )


@rule(
    "BH-CHN-012",
    sentence="`writers` names two or more.",
    wrong="writers: [a]",
    right="writer: a",
    keys=("channels.*.writers",),
)
def several_writers(context: Context) -> Iterator[Finding]:
    for name, channel in _channels(context):
        if channel.writers is not None and len(channel.writers) < 2:
            yield Finding(
                channel.writers.place,
                f"`writers` of `{name}` names {len(channel.writers)}",
                "write `writer: a` for one, `writers: [a, b]` where both write",
            )


@rule(
    "BH-CHN-013",
    sentence="A channel has a receiver.",
    wrong="channels: {speed: {kind: sampling, from: a, to: [], message: 64 B}}",
    right="channels: {speed: {kind: sampling, from: a, to: [b], message: 64 B}}",
    keys=("channels",),
)
def has_receiver(context: Context) -> Iterator[Finding]:
    for name, channel in _channels(context):
        listed = channel.to if channel.to is not None else channel.readers
        if listed is not None and not listed and channel.writers is None:
            yield Finding(listed.place, f"the channel `{name}` has no receiver", "name one, or remove it")


@rule(
    "BH-CHN-014",
    sentence="A partition has at most 32 channel ends with a doorbell.",
    wrong="33 queues into one partition",
    right="32 queues into one partition",
    keys=("channels",),
)
def doorbell_capacity(context: Context) -> Iterator[Finding]:
    counts: dict[str, int] = {}
    for name, channel in _channels(context):
        if defaults.has_doorbell(channel):
            for partition in defaults.ends(channel):
                counts[partition] = counts.get(partition, 0) + 1
                if counts[partition] == MAXIMUM_DOORBELLS + 1:
                    yield Finding(
                        name.place,
                        f"`{partition}` has more than {MAXIMUM_DOORBELLS} channel ends with a doorbell",
                        "`doorbell: false` where polling will do",
                    )


@rule(
    "BH-CHN-015",
    sentence="`refresh` is longer than nothing.",
    wrong="refresh: 0 ms",
    right="refresh: 20 ms",
    keys=("channels.*.refresh",),
)
def refresh_time(context: Context) -> Iterator[Finding]:
    for name, channel in _channels(context):
        if channel.refresh is not None and channel.refresh == 0:
            yield Finding(
                channel.refresh.place,
                f"`refresh` of `{name}` is 0: no sample would ever be valid",
                "write how old a sample may be, like 20 ms",
            )


@rule(
    "BH-CHN-016",
    sentence="A system has at most 64 channels.",
    wrong="65 channels",
    right="one shared memory for what goes between the same partitions",
    keys=("channels",),
)
def not_too_many(context: Context) -> Iterator[Finding]:
    table = context.system.channels or {}
    for name in list(table)[MAXIMUM_CHANNELS:MAXIMUM_CHANNELS + 1]:
        yield Finding(
            name.place,
            f"`{name}` is channel number {MAXIMUM_CHANNELS + 1} of {len(table)}; the kernel's tables hold {MAXIMUM_CHANNELS}",
            "shared memory carries as many streams as its ends agree on",
        )


@rule(
    "BH-CHN-022",
    sentence="What a channel holds fits into one bank of RAM.",
    wrong="message: 1 MiB, depth: 65536",
    right="message: 1 MiB, depth: 16",
    keys=("channels.*.size", "channels.*.depth"),
    board=True,
)
def fits_a_bank(context: Context) -> Iterator[Finding]:
    bank = largest_bank(context.board)
    for name, channel in _channels(context):
        count = channel.size if channel.kind == "shared-memory" else channel.depth
        size = count if channel.kind == "shared-memory" else (channel.message or 0) * (count or 0)
        if size is not None and size > bank:
            yield Finding(
                count.place,
                f"`{name}` would hold {human(size)}, more than one bank of RAM ({human(bank)})",
                f"at most {human(largest_piece(free_memory(context.system, context.board)))} are free in one piece",
            )


@rule(
    "BH-DAT-001",
    sentence="The readers of constant data are partitions, each once, at least one.",
    wrong="data: {maps: {file: maps.bin, readers: [navgation]}}",
    right="data: {maps: {file: maps.bin, readers: [navigation]}}",
    keys=("data",),
)
def readers_known(context: Context) -> Iterator[Finding]:
    for name, data in (context.system.data or {}).items():
        if not data.readers:
            yield Finding(data.readers.place, f"nobody reads `data.{name}`", "name a reader, or remove it")
        for n, reader in enumerate(data.readers):
            if reader not in context.partition_names:
                yield Finding(
                    reader.place,
                    f"there is no partition `{reader}`",
                    nearest_hint(str(reader), context.partition_names, "partitions"),
                )
            elif reader in data.readers[:n]:
                yield Finding(
                    reader.place, f"`{reader}` stands twice in `data.{name}`", "name it once"
                )


@rule(
    "BH-MED-001",
    sentence="The SD card's boot partition has 16 MiB to 32 GiB.",
    wrong="media: {sd: {boot: 1 MiB}}",
    right="media: {sd: {boot: 256 MiB}}",
    keys=("media.sd.boot",),
)
def boot_size(context: Context) -> Iterator[Finding]:
    media = context.system.media
    if media is not None and media.sd is not None:
        size = media.sd.boot
        if not 16 << 20 <= size <= 32 << 30:
            yield Finding(
                size.place,
                f"a boot partition of {size:,} B is not between 16 MiB and 32 GiB",
                "FAT32 holds the image, boot.scr and BOOT.BIN there; 256 MiB are plenty",
            )
