# SPDX-License-Identifier: Apache-2.0
"""Second stage: the vocabulary of the system YAML, format 1, as frozen dataclasses.

Each field's `key(...)` is the only statement of that key: reading, JSON Schema and the manual's key
table come from it. A field holds None where the file says nothing and no constant stands for it;
`generator/defaults.py` works out what depends on the rest of the system.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from generator.diagnostics import Diagnostics
from generator.keys import (
    ChoiceType,
    CoreMapType,
    Flag,
    List,
    ListType,
    MapType,
    Number,
    Reader,
    SchedulerType,
    StructType,
    Table,
    Text,
    TextType,
    TreeType,
    Type,
    key,
)
from generator.load import Mapping, Tree
from generator.model_base import (
    ACTIONS,
    ADDRESS,
    CORE,
    CORES,
    COUNT,
    EVENTS,
    FLAG,
    FREQUENCY,
    LABEL,
    MESSAGE_SIZE,
    NAME,
    PARTITION,
    PATH,
    SIZE,
    STATES,
    TEXT,
    TIME,
    Node,
)
from generator.model_partition import (
    IMAGE_KINDS,
    ActionType,
    BANDWIDTH_EVENTS,
    Bandwidth,
    Console,
    ConsoleType,
    Criticality,
    DeviceUse,
    DeviceUseType,
    Health,
    Image,
    ImageDtbType,
    Memory,
    Partition,
    Privileges,
    Region,
    Restarts,
    Rtds,
    ScheduleAction,
    Start,
)


@dataclass(frozen=True, kw_only=True)
class Identity(Node):
    """Part number and revision: free text that goes into banner, manifest and configuration."""

    part: Text | None = key(TEXT, "Part number.", example="DC-4711")
    revision: Text | None = key(TEXT, "Revision of the part.", example="A")


@dataclass(frozen=True, kw_only=True)
class BoardUse(Node):
    """The board, and what the user adds to its device tree."""

    use: Text = key(TextType("board"), "Name of a folder of bsp/board.", required=True, example="zcu102")
    overlays: List = key(ListType(PATH), "Device tree overlays (.dtsi or .dtbo) of the user.")
    counter: Number | None = key(
        FREQUENCY, "Counter frequency, for boards whose firmware leaves CNTFRQ 0.", example="100 MHz"
    )


@dataclass(frozen=True, kw_only=True)
class HypervisorConsole(Node):
    """The hypervisor's own UART."""

    uart: Text = key(LABEL, "Which UART of the board.", required=True, example="uart0")
    baud: Number = key(COUNT, "Line speed in bits per second.", default=115200)
    log: Text = key(ChoiceType("quiet", "normal", "debug"), "How much is said.", default="normal")


@dataclass(frozen=True, kw_only=True)
class Trace(Node):
    """The event ring of each core."""

    events: List = key(
        ListType(ChoiceType("schedule", "interrupt", "hypercall", "health")),
        "What is recorded.",
        required=True,
        example="[schedule]",
    )
    buffer: Number = key(SIZE, "Size of each core's ring.", default=64 << 10)


@dataclass(frozen=True, kw_only=True)
class BoardWatchdog(Node):
    """The board's hardware watchdog, kicked by the supervisor core."""

    device: Text = key(LABEL, "A watchdog of the board, or `none`.", required=True, example="none")
    timeout: Number | None = key(TIME, "After how long without a kick the board resets.", example="50 ms")


@dataclass(frozen=True, kw_only=True)
class Integrity(Node):
    """Check of the constant tables while the system runs."""

    tables: Number = key(TIME, "How long one pass over the tables takes.", required=True, example="100 ms")


_MODULE_ACTION = ChoiceType("halt", "reset-board")


@dataclass(frozen=True, kw_only=True)
class ModuleHealth(Node):
    """What happens when the hypervisor itself cannot go on."""

    panic: Text = key(_MODULE_ACTION, "A failed check of the hypervisor.", default="reset-board")
    serror: Text = key(_MODULE_ACTION, "A system error that no partition owns.", default="reset-board")


@dataclass(frozen=True, kw_only=True)
class Hypervisor(Node):
    """The hypervisor's own settings."""

    console: HypervisorConsole | None = key(
        StructType(HypervisorConsole), "Its UART; left out: no UART driver is linked."
    )
    input: Text | None = key(
        PARTITION,
        "Whose console the keyboard goes to at first.",
        computed="the first partition with a virtual console",
    )
    supervisor: Number | None = key(
        CORE,
        "Core that runs watchdogs and revocations for `direct` partitions, and the UART.",
        computed="the lowest core without a partition, else the lowest `null` core without a direct one",
    )
    trace: Trace | None = key(StructType(Trace), "Event trace; left out: no trace code.")
    colors: Text = key(TextType("colours"), "Cache colours of the kernel.", default="any")
    watchdog: BoardWatchdog | None = key(StructType(BoardWatchdog, "device"), "The board's watchdog.")
    integrity: Integrity | None = key(StructType(Integrity), "Check of the tables; left out: none.")
    health: ModuleHealth | None = key(StructType(ModuleHealth), "Health actions of the module level.")


@dataclass(frozen=True, kw_only=True)
class Registers(Node):
    """One window of registers."""

    at: Number = key(ADDRESS, "Physical address.", required=True, example="0xA0000000")
    size: Number = key(SIZE, "Size of the window.", required=True, example="64 KiB")


@dataclass(frozen=True, kw_only=True)
class HardwareInterrupt(Node):
    """One interrupt line; exactly one of `spi` and `id`."""

    spi: Number | None = key(COUNT, "Shared peripheral interrupt, counted from 0.")
    id: Number | None = key(COUNT, "GIC interrupt id: SPI + 32.")
    trigger: Text = key(
        ChoiceType("level-high", "edge-rising"), "How the line signals.", default="level-high"
    )


@dataclass(frozen=True, kw_only=True)
class Streams(Node):
    """A bus master behind the board's IOMMU."""

    streams: List = key(ListType(ADDRESS), "Its stream ids.", required=True, example="[0x200]")


class DmaType(Type):
    """`none`, `master` (no IOMMU entry), or `{streams: [...]}`."""

    word = "none \\| master \\| {streams: [...]}"
    _words = ChoiceType("none", "master")
    _streams = StructType(Streams)

    def read(self, reader: Reader, tree: Tree, where: str) -> Text | Streams:
        if isinstance(tree, Mapping):
            return self._streams.read(reader, tree, where)
        return self._words.read(reader, tree, where)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        return {"anyOf": [self._words.schema(definitions), self._streams.schema(definitions)]}


@dataclass(frozen=True, kw_only=True)
class HardwareDevice(Node):
    """A device that no device tree describes, such as programmable logic."""

    compatible: List | None = key(ListType(TEXT, one=True), "Its device tree `compatible`.")
    registers: List = key(
        ListType(StructType(Registers)),
        "Its register windows.",
        required=True,
        example="[{at: 0xA0000000, size: 64 KiB}]",
    )
    interrupts: List | None = key(ListType(StructType(HardwareInterrupt)), "Its interrupts.")
    dma: Text | Streams = key(DmaType(), "Whether it masters the bus.", default="none")
    quiesce: Text = key(
        ChoiceType("none", "reset", "impossible"),
        "How it is stopped when its partition restarts: nothing to stop, its reset line, or not at all.",
        default="none",
    )


@dataclass(frozen=True, kw_only=True)
class Reserved(Node):
    """Physical memory that the hypervisor never allocates."""

    at: Number = key(ADDRESS, "Physical address.", required=True, example="0x3ED00000")
    size: Number = key(SIZE, "Size.", required=True, example="256 KiB")
    owner: Text | None = key(TEXT, "Who uses it.")


@dataclass(frozen=True, kw_only=True)
class Core(Node):
    """How one core is shared."""

    scheduler: Text = key(SchedulerType(), "`null`: one partition, no tick.", default="null")


@dataclass(frozen=True, kw_only=True)
class ScheduleWindow(Node):
    """One window of a major frame."""

    partition: Text = key(PARTITION, "Who runs.", required=True, example="navigation")
    cpu: Number = key(CORE, "On which core.", required=True, example="1")
    start: Number = key(TIME, "From when in the frame.", required=True, example="0 ms")
    length: Number = key(TIME, "For how long.", required=True, example="8 ms")


@dataclass(frozen=True, kw_only=True)
class Schedule(Node):
    """A major frame of the arinc653 cores."""

    major_frame: Number = key(TIME, "Its length.", required=True, example="20 ms")
    windows: List = key(ListType(StructType(ScheduleWindow)), "Its windows.", required=True, example="[...]")
    id: Number | None = key(COUNT, "Pins its number.", computed="order of declaration")
    initial: Flag = key(FLAG, "The schedule at power-on; exactly one.", default=False)
    on_switch: Table | None = key(
        MapType(ChoiceType("none", "warm", "cold"), TextType("partition")),
        "How a partition starts when this schedule begins.",
        computed="none",
    )


@dataclass(frozen=True, kw_only=True)
class Validity(Node):
    """Who checks what a less critical writer says."""

    checked_by: Text = key(PARTITION, "The partition that checks.", required=True, example="instruments")
    requirement: Text = key(TEXT, "The requirement that says so.", required=True, example="HLR-017")


@dataclass(frozen=True, kw_only=True)
class Channel(Node):
    """Shared memory, and optionally a doorbell, between partitions."""

    kind: Text = key(
        ChoiceType("sampling", "queuing", "shared-memory"), "What kind.", required=True, example="sampling"
    )
    id: Number | None = key(COUNT, "Pins its slot.", computed="order of declaration")
    from_: Text | None = key(PARTITION, "The sender (sampling, queuing).", name="from")
    to: List | None = key(ListType(PARTITION, one=True), "The receivers (sampling, queuing).")
    message: Number | None = key(MESSAGE_SIZE, "Largest message (sampling, queuing).", example="64 B")
    refresh: Number | None = key(TIME, "Age up to which a sample is valid (sampling).", example="20 ms")
    depth: Number | None = key(COUNT, "Messages held (queuing).", example="16")
    size: Number | None = key(SIZE, "Size of the memory (shared-memory).", example="4 MiB")
    writer: Text | None = key(PARTITION, "The only writer (shared-memory).")
    writers: List | None = key(ListType(PARTITION), "Several writers (shared-memory).")
    readers: List | None = key(ListType(PARTITION, one=True), "The readers (shared-memory).")
    doorbell: Flag | None = key(FLAG, "Whether `notify` rings.", computed="true for queuing, else false")
    validity: Validity | None = key(StructType(Validity), "Due when a less critical partition writes.")


@dataclass(frozen=True, kw_only=True)
class Data(Node):
    """Constant data for several readers."""

    file: Text = key(PATH, "The file.", required=True, example="maps.bin")
    readers: List = key(ListType(PARTITION), "Who reads it.", required=True, example="[navigation]")


@dataclass(frozen=True, kw_only=True)
class SdCard(Node):
    """The layout of the SD card image."""

    boot: Number = key(SIZE, "Size of the boot partition.", default=256 << 20)
    root: Text | None = key(PATH, "File system image of a second partition.")


@dataclass(frozen=True, kw_only=True)
class Media(Node):
    """Boot media."""

    sd: SdCard | None = key(StructType(SdCard), "The SD card.")


@dataclass(frozen=True, kw_only=True)
class Waiver(Node):
    """A warning that somebody accepts."""

    rule: Text = key(TextType("rule"), "Which rule.", required=True, example="BH-COL-002")
    reason: Text = key(TEXT, "Why.", required=True, example='"..."')
    by: Text = key(TEXT, "Who.", required=True, example='"..."')


@dataclass(frozen=True, kw_only=True)
class System(Node):
    """The system YAML, format 1."""

    keeps_broken: ClassVar[bool] = True
    format: Number = key(COUNT, "Version of the format.", required=True, example="1")
    system: Text = key(NAME, "Names the outputs.", required=True, example="cockpit")
    board: BoardUse = key(StructType(BoardUse, "use"), "The board.", required=True, example="zcu102")
    partitions: Table = key(
        MapType(StructType(Partition), NAME), "The guests.", required=True, example="{...}"
    )
    include: List | None = key(ListType(PATH), "Files that are read first.")
    requires: Text | None = key(TextType("version"), "Versions of Bulkhead that will do.", example='">=0.1"')
    identity: Identity | None = key(StructType(Identity), "Part number and revision.")
    hypervisor: Hypervisor | None = key(StructType(Hypervisor), "The hypervisor's own settings.")
    hardware: Table | None = key(
        MapType(StructType(HardwareDevice), NAME), "Devices that no device tree describes."
    )
    reserved: Table | None = key(MapType(StructType(Reserved), NAME), "Memory of others.")
    cpus: Table | None = key(
        CoreMapType(StructType(Core)), "How cores are shared.", computed="null for a core of one partition"
    )
    schedules: Table | None = key(MapType(StructType(Schedule), NAME), "For cores with arinc653.")
    channels: Table | None = key(MapType(StructType(Channel), NAME), "Between partitions.")
    data: Table | None = key(MapType(StructType(Data), NAME), "Constant data.")
    media: Media | None = key(StructType(Media), "Boot media.")
    virtio: Any = key(TreeType(), "Mediated devices.")
    tee: Any = key(TreeType(), "The TEE mediator.")
    accept: List | None = key(ListType(StructType(Waiver)), "Warnings that are accepted.")


SYSTEM = StructType(System)


def read_system(tree: Mapping, diagnostics: Diagnostics, stage: str) -> System:
    """The model of a loaded tree. Unreadable parts drop out and are named in `broken`."""
    return SYSTEM.read(Reader(diagnostics, stage), tree, "")


__all__ = [name for name in dir() if name[:1].isupper()] + ["read_system"]
