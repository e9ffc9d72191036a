# SPDX-License-Identifier: Apache-2.0
"""Second stage: the vocabulary of the system YAML, format 1, as frozen dataclasses.

Each field's `key(...)` is the only statement of that key: reading, JSON Schema and the manual's key
table come from it. A field holds None where the file says nothing and no constant stands for it;
`generator/defaults.py` works out what depends on the rest of the system.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from generator.check import shape
from generator.diagnostics import Diagnostics, Place
from generator.keys import (
    NOWHERE,
    AddressType,
    BooleanType,
    Broken,
    ChoiceType,
    CoreMapType,
    CoreSetType,
    Flag,
    IntegerType,
    List,
    ListType,
    MapType,
    NameType,
    Number,
    Reader,
    SchedulerType,
    StructType,
    Table,
    Text,
    TextType,
    TreeType,
    Type,
    UnitType,
    due,
    key,
    placed,
)
from generator.load import Mapping, Scalar, Tree

NAME = NameType()
TEXT = TextType()
PATH = TextType("path")
LABEL = TextType("device")
PARTITION = TextType("partition")
CORES = CoreSetType()
CORE = IntegerType()
COUNT = IntegerType()
ADDRESS = AddressType()
FLAG = BooleanType()
SIZE = UnitType("size", {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}, shape.size)
TIME = UnitType("time", {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}, shape.time)
FREQUENCY = UnitType("frequency", {"Hz": 1, "kHz": 10**3, "MHz": 10**6}, shape.frequency)

EVENTS = (
    "memory",
    "illegal-request",
    "undefined",
    "watchdog",
    "application",
    "interrupt",
    "serror",
    "start",
    "schedule",
    "deadline",
)
STATES = ("cold-start", "warm-start", "normal")
ACTIONS = (
    "ignore",
    "log",
    "notify",
    "warm-restart",
    "cold-restart",
    "halt",
    "reset-board",
)


@dataclass(frozen=True, kw_only=True)
class Node:
    """What all mappings have: their place, and which of their keys could not be read."""

    keeps_broken: ClassVar[bool] = False
    place: Place = NOWHERE
    broken: frozenset[str] = frozenset()


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


class ImageDtbType(Type):
    """`auto`, `none`, or an address."""

    word = "auto \\| none \\| 0x…"

    def read(self, reader: Reader, tree: Tree, where: str) -> Text | Number:
        if isinstance(tree, Scalar) and tree.text.startswith(("0x", "0X")):
            return ADDRESS.read(reader, tree, where)
        return ChoiceType("auto", "none").read(reader, tree, where)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        words = ChoiceType("auto", "none").schema(definitions)
        return {"anyOf": [words, ADDRESS.schema(definitions)]}


IMAGE_KINDS = ("native", "elf", "binary", "linux", "recipe")


@dataclass(frozen=True, kw_only=True)
class Image(Node):
    """What runs in the partition: exactly one of native, elf, binary, linux, recipe."""

    native: Text | None = key(TextType("folder"), "A native partition: built and linked with the runtime.")
    elf: Text | None = key(PATH, "An ELF file, loaded by its segments.")
    binary: Text | None = key(PATH, "A raw binary.")
    linux: Text | None = key(PATH, "An arm64 Linux `Image`.")
    recipe: Text | None = key(TextType("folder"), "A recipe that makes Image and initrd.")
    load: Number | None = key(ADDRESS, "Where a raw binary is loaded (IPA).", computed="start of RAM")
    entry: Number | None = key(ADDRESS, "Where it is entered (IPA).", computed="`load`")
    initrd: Text | None = key(PATH, "Initial RAM disk of a Linux image.")
    cmdline: Text | None = key(
        TEXT, "Kernel command line.", computed="`console=… earlycon` of the partition's console"
    )
    overlay: Text | None = key(PATH, "Overlay applied to the guest's device tree, or `none`.")
    dtb: Text | Number = key(ImageDtbType(), "The guest's device tree: made, none, or at an address.", default="auto")

    @property
    def kind(self) -> str:
        """The one kind that is named; rules see to it that it is one."""
        return next(word for word in IMAGE_KINDS if getattr(self, word) is not None)

    @property
    def source(self) -> Text:
        return getattr(self, self.kind)


@dataclass(frozen=True, kw_only=True)
class Criticality(Node):
    """The level that the partition is developed to."""

    level: Text = key(
        TextType("level"), "A to E; QM, ASIL A to ASIL D; SIL 1 to SIL 4.", required=True, example="A"
    )
    scheme: Text | None = key(
        TextType("standard"), "DO-178C, ISO-26262 or IEC-61508.", computed="what the level's form says"
    )


@dataclass(frozen=True, kw_only=True)
class Memory(Node):
    """The partition's RAM."""

    size: Number = key(SIZE, "Size.", required=True, example="16 MiB")
    ipa: Number | None = key(
        ADDRESS,
        "Where the guest sees it.",
        computed="0x40000000; the board's DRAM base for Linux; the physical address under `map: identity`",
    )
    map: Text | None = key(ChoiceType("identity"), "`identity`: IPA = physical address.")
    physical: Number | None = key(ADDRESS, "Pins the physical address.", computed="placed by the generator")
    colors: Text = key(TextType("colours"), "Cache colours: `8-15`, `rest` or `any`.", default="any")


@dataclass(frozen=True, kw_only=True)
class Region(Node):
    """A further piece of memory of the partition."""

    size: Number = key(SIZE, "Size.", required=True, example="64 KiB")
    rights: Text = key(ChoiceType("ro", "rw", "rx", "rwx"), "What the guest may do.", default="rw")
    cache: Text = key(
        ChoiceType("write-back", "write-through", "none", "device"), "Memory type.", default="write-back"
    )
    preserve: Text = key(ChoiceType("none", "warm"), "`warm`: survives a warm restart.", default="none")
    ipa: Number | None = key(ADDRESS, "Where the guest sees it.", computed="behind the RAM")


@dataclass(frozen=True, kw_only=True)
class DeviceUse(Node):
    """A device of the partition. `name` is its label or alias."""

    name: Text = Text("")
    from_console: bool = False  # made from `console: UART`, which assigns it too
    dma: Text | None = key(ChoiceType("trusted"), "`trusted`: a bus master without an IOMMU.")
    reason: Text | None = key(TEXT, "Why that is acceptable; repeated in every report.")
    mac: Text | None = key(TextType("MAC address"), "Goes into the guest's tree.")
    drop: List | None = key(ListType(TEXT), "Properties left out of the guest's tree.")


class DeviceUseType(Type):
    """`label`, or `{label: {key: value}}`."""

    word = "device, or {device: {…}}"
    _struct = StructType(DeviceUse)

    def read(self, reader: Reader, tree: Tree, where: str) -> DeviceUse:
        if isinstance(tree, Mapping):
            if len(tree.entries) != 1:
                raise reader.refuse(shape.device_entry, tree.place)
            name, keys = next(iter(tree.entries.items()))
            place = tree.key_places[name]
            use = self._struct.read(reader, keys, f"{where}.{name}")
            fields = {item: getattr(use, item) for item in ("dma", "reason", "mac", "drop")}
            return DeviceUse(place=place, name=placed(Text(name), place), **fields)
        name = LABEL.read(reader, tree, where)
        return DeviceUse(place=tree.place, name=name)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        keyed = {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": self._struct.schema(definitions),
        }
        return {"anyOf": [LABEL.schema(definitions), keyed]}

    def inner(self) -> Any:
        yield ".*", self._struct


@dataclass(frozen=True, kw_only=True)
class Console(Node):
    """The partition's console: none, virtual (a PL011), or a UART of the board."""

    virtual: Text | None = key(ChoiceType("pl011"), "The virtual console's model.", required=True, example="pl011")
    at: Number | None = key(ADDRESS, "Its IPA.", computed="clear of RAM and devices")
    uart: Text | None = None  # set by the short form that names one
    none: bool = False  # set by the short form `none`


class ConsoleType(Type):
    """`none`, `virtual`, a UART's label, or `{virtual: pl011, at: 0x…}`."""

    word = "none \\| virtual \\| uart \\| {virtual: pl011, at: 0x…}"
    _struct = StructType(Console)

    def read(self, reader: Reader, tree: Tree, where: str) -> Console:
        if isinstance(tree, Mapping):
            return self._struct.read(reader, tree, where)
        word = LABEL.read(reader, tree, where)
        if word == "none":
            return Console(place=tree.place, none=True)
        if word == "virtual":
            return Console(place=tree.place, virtual=placed(Text("pl011"), tree.place, True))
        return Console(place=tree.place, uart=word)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        return {"anyOf": [LABEL.schema(definitions), self._struct.schema(definitions)]}

    def inner(self) -> Any:
        yield "", self._struct


@dataclass(frozen=True, kw_only=True)
class ScheduleAction(Node):
    """The health action that switches the schedule."""

    schedule: Text = key(TextType("schedule"), "Which schedule begins.", required=True, example="degraded")


class ActionType(Type):
    """A word, `{schedule: NAME}`, or a mapping of partition states to these. Read into a mapping
    from each state to a word or a ScheduleAction."""

    word = "action, or {state: action}"
    _words = ChoiceType(*ACTIONS)
    _schedule = StructType(ScheduleAction)

    def read(self, reader: Reader, tree: Tree, where: str) -> Table:
        if isinstance(tree, Mapping) and "schedule" not in tree.entries:
            return MapType(_SingleAction(), _STATE_NAMES).read(reader, tree, where)
        action = _SingleAction().read(reader, tree, where)
        states = {placed(Text(state), tree.place, True): action for state in STATES}
        return placed(Table(states), tree.place)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        single = _SingleAction().schema(definitions)
        states = MapType(_SingleAction(), _STATE_NAMES).schema(definitions)
        return {"anyOf": [single, states]}


class _SingleAction(Type):
    def read(self, reader: Reader, tree: Tree, where: str) -> Text | ScheduleAction:
        if isinstance(tree, Mapping):
            return ActionType._schedule.read(reader, tree, where)
        return ActionType._words.read(reader, tree, where)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        words = ActionType._words.schema(definitions)
        return {"anyOf": [words, ActionType._schedule.schema(definitions)]}


_STATE_NAMES = ChoiceType(*STATES)


@dataclass(frozen=True, kw_only=True)
class Restarts(Node):
    """How often the partition may restart."""

    max: Number = key(COUNT, "How many restarts.", required=True, example="3")
    within: Number | None = key(TIME, "In which time.", example="10 s", computed="ever")
    then: Text = key(ChoiceType("halt", "reset-board"), "What happens after that.", default="halt")


@dataclass(frozen=True, kw_only=True)
class Health(Node):
    """What happens when something goes wrong in the partition."""

    actions: Table | None = key(
        MapType(ActionType(), ChoiceType(*EVENTS)),
        "Event to action, or to an action for each state.",
        computed="memory: halt, illegal-request: log",
    )
    monitor: Text | None = key(PARTITION, "Whom the action `notify` rings.")
    restarts: Restarts | None = key(StructType(Restarts), "Limit of restarts.")
    watchdog: Number | None = key(TIME, "Longest time between two kicks.", example="100 ms")


@dataclass(frozen=True, kw_only=True)
class Privileges(Node):
    """What the partition may do to others."""

    control: List | None = key(ListType(PARTITION), "Partitions that it may halt, start, restart.")
    schedule: List | None = key(ListType(TextType("schedule")), "Schedules that it may switch to.")


@dataclass(frozen=True, kw_only=True)
class Start(Node):
    """When and how the partition starts."""

    state: Text = key(ChoiceType("running", "halted"), "State after power-on.", default="running")
    after: List | None = key(ListType(PARTITION), "Partitions that must be `ready` first.")
    timeout: Number | None = key(TIME, "Longest wait for them.", example="5 s")


@dataclass(frozen=True, kw_only=True)
class Rtds(Node):
    """The partition's share of an rtds core."""

    period: Number = key(TIME, "Period.", default=10_000_000)
    budget: Number = key(TIME, "Time in each period.", default=4_000_000)
    extratime: Flag = key(FLAG, "Runs on at a lower level when the budget is spent.", default=False)


@dataclass(frozen=True, kw_only=True)
class Bandwidth(Node):
    """A budget of memory accesses for each core of the partition."""

    budget: Number = key(COUNT, "Events a period.", required=True, example="2000")
    period: Number = key(TIME, "Period.", required=True, example="100 us")
    event: Text = key(ChoiceType("bus-access", "cache-refill"), "What is counted.", default="bus-access")


@dataclass(frozen=True, kw_only=True)
class Partition(Node):
    """A guest, and all that it owns."""

    image: Image = key(StructType(Image), "What runs in it.", required=True, example="{native: hello}")
    cpus: List = key(CORES, "Its cores, in vCPU order.", required=True, example="0")
    memory: Memory = key(StructType(Memory, "size"), "Its RAM.", required=True, example="16 MiB")
    id: Number | None = key(COUNT, "Pins its number.", computed="order of declaration")
    criticality: Criticality | None = key(StructType(Criticality), "Its level; left out: the lowest.")
    interrupts: Text = key(
        ChoiceType("virtual", "direct"), "How its interrupts reach it.", default="virtual"
    )
    devices: List | None = key(ListType(DeviceUseType()), "Devices it owns.")
    console: Console | None = key(
        ConsoleType(), "Its console.", computed="virtual if the hypervisor has a console, else none"
    )
    regions: Table | None = key(MapType(StructType(Region), NAME), "Further memory.")
    start: Start | None = key(StructType(Start), "When and how it starts.")
    health: Health | None = key(StructType(Health), "What happens when it fails.")
    privileges: Privileges | None = key(StructType(Privileges), "What it may do to others.")
    rtds: Rtds | None = key(StructType(Rtds), "Its share of an rtds core.")
    overrun: Text = key(
        ChoiceType("ignore", "event"), "`event`: a budget overrun is a deadline event.", default="ignore"
    )
    bandwidth: Bandwidth | None = key(StructType(Bandwidth), "Budget of memory accesses.")
    tee: Any = key(TreeType(), "Access to the TEE.")


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
    message: Number | None = key(SIZE, "Largest message (sampling, queuing).", example="64 B")
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


__all__ = [name for name in dir() if name[:1].isupper()] + ["read_system", "Broken", "due"]
