# SPDX-License-Identifier: Apache-2.0
"""The part of the vocabulary that describes one partition (see `generator/model.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from generator.check import shape
from generator.keys import (
    ChoiceType,
    Flag,
    List,
    ListType,
    MapType,
    Number,
    Reader,
    StructType,
    Table,
    Text,
    TextType,
    TreeType,
    Type,
    key,
    placed,
)
from generator.load import Mapping, Scalar, Tree
from generator.model_base import (
    ACTIONS,
    ADDRESS,
    CORES,
    COUNT,
    EVENTS,
    FLAG,
    LABEL,
    NAME,
    PARTITION,
    PATH,
    SIZE,
    STATES,
    TEXT,
    TIME,
    Node,
)


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
    quiesce: Text | None = key(
        ChoiceType("none", "reset", "impossible"),
        "How it is stopped when the partition restarts cold.",
        computed="what `hardware:` says of it, else none",
    )


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
            fields = {item: getattr(use, item) for item in ("dma", "reason", "mac", "drop", "quiesce")}
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
        computed="halt for memory, undefined, watchdog, serror, start; else log",
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


# What a budget can count, by the number of the architecture's common event (Arm ARM DDI 0487, D11.11.2).
BANDWIDTH_EVENTS = {"bus-access": 0x19, "cache-refill": 0x17, "cycles": 0x11, "instructions": 0x08}


@dataclass(frozen=True, kw_only=True)
class Bandwidth(Node):
    """A budget of memory accesses for each core of the partition."""

    budget: Number = key(COUNT, "Events a period.", required=True, example="2000")
    period: Number = key(TIME, "Period.", required=True, example="100 us")
    event: Text = key(ChoiceType(*BANDWIDTH_EVENTS), "What is counted.", default="bus-access")


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
