# SPDX-License-Identifier: Apache-2.0
"""The resolved system: every address, id and default that the generator decided, as frozen dataclasses.

Later stages only read this: `emit` prints it, `plan` shows it, `resolved.yaml` states it for people and for `diff`.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.hardware import Interrupt, Window

# What a partition may do with a piece of its address space; the tables' attributes follow from it.
RAM = "ram"
RAM_NO_EXECUTE = "ram-no-execute"
RAM_READ_ONLY = "ram-read-only"
SHARED = "shared"
SHARED_READ_ONLY = "shared-read-only"
DEVICE = "device"


@dataclass(frozen=True)
class Mapped:
    """One stretch of a partition's address space."""

    what: str
    ipa: int
    pa: int
    size: int
    attributes: str

    @property
    def ipa_window(self) -> Window:
        return Window(self.ipa, self.size)

    @property
    def pa_window(self) -> Window:
        return Window(self.pa, self.size)


@dataclass(frozen=True)
class Payload:
    """Bytes that a partition starts with. `in_place`: the image holds them at their final address."""

    what: str           # image, initrd, tree
    ipa: int
    pa: int
    size: int           # bytes to reserve; exact when `file` is known
    in_place: bool
    file: str | None = None
    estimated: bool = False  # the file does not exist yet: a recipe that has not run, a partition not built


@dataclass(frozen=True)
class DeviceGrant:
    """A device of the board in the hands of a partition."""

    name: str
    path: str           # in the board's tree; "" for a device of `hardware:`
    windows: tuple[Window, ...]
    interrupts: tuple[Interrupt, ...]
    trusted_dma: bool
    reason: str | None
    mac: str | None
    drop: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class ConsoleGrant:
    """`kind` is none, virtual or uart."""

    kind: str
    uart: str | None = None
    ipa: int | None = None
    irq: int | None = None


@dataclass(frozen=True)
class ImagePlan:
    """What runs in a partition and what it is told."""

    kind: str           # native, elf, binary, linux, recipe
    source: str         # the folder or file, as the YAML names it
    path: str | None    # where that is
    load: int
    entry: int | None   # None: the ELF says
    tree: int | None    # IPA handed over in x0
    initrd: int | None
    cmdline: str | None
    overlay: str | None


@dataclass(frozen=True)
class ChannelEnd:
    """A partition's end of a channel."""

    channel: str
    slot: int
    kind: str
    ipa: int            # of what the senders write
    size: int
    writes: bool
    irq: int | None     # its doorbell, if it has one
    cacheable: bool
    message: int        # bytes, 0 for shared memory
    depth: int
    refresh_ns: int
    back_ipa: int       # of what the receiver of a queue writes, else 0
    back_size: int

    both_write: bool

    @property
    def direction(self) -> str:
        return "both" if self.both_write else "send" if self.writes else "receive"


@dataclass(frozen=True)
class ResolvedChannel:
    name: str
    slot: int
    kind: str
    pa: int
    size: int           # of what the senders write
    senders: tuple[str, ...]
    receivers: tuple[str, ...]
    doorbell: bool
    place: str
    cacheable: bool
    message: int
    depth: int
    refresh_ns: int
    back_pa: int        # of what the receiver of a queue writes, else 0
    back_size: int
    cleared_by: tuple[str | None, str | None]   # whose first load clears what the sender, what the receiver writes


@dataclass(frozen=True)
class HealthPlan:
    """Actions in the order of generator.model.EVENTS, each for the states of generator.model.STATES."""

    actions: tuple[tuple[str, ...], ...]
    given: tuple[tuple[bool, ...], ...]     # whether the file says so, or the action is the default
    monitor: str | None
    restart_max: int
    restart_within_ns: int
    restart_then: str
    watchdog_ns: int
    start_after: tuple[str, ...] = ()
    start_timeout_ns: int = 0
    monitor_irq: int | None = None  # what tells this partition that one it monitors has an event for it
    monitored: tuple[str, ...] = ()     # partitions whose `notify` rings it


@dataclass(frozen=True)
class ServerPlan:
    """A partition's share of its rtds cores."""

    period_ns: int
    budget_ns: int
    extratime: bool


@dataclass(frozen=True)
class BudgetPlan:
    """Events that each core of a partition may have in a period."""

    event: str
    number: int         # of the architecture's common events
    budget: int
    period_ns: int


@dataclass(frozen=True)
class ResolvedWindow:
    partition: str
    vcpu: int
    core: int
    start_ns: int       # from the start of the major frame
    length_ns: int
    place: str


@dataclass(frozen=True)
class ResolvedSchedule:
    """A major frame; windows by core, then by start."""

    name: str
    id: int
    index: int          # position in the tables: schedules in the order of their ids
    initial: bool
    major_frame_ns: int
    windows: tuple[ResolvedWindow, ...]
    starts: tuple[tuple[str, str], ...]     # partition, warm or cold
    place: str


@dataclass(frozen=True)
class Guest:
    """A partition, resolved."""

    name: str
    id: int
    index: int          # position in the tables: partitions in the order of their ids
    vmid: int
    place: str
    cores: tuple[int, ...]
    direct: bool
    ram: tuple[Mapped, ...]
    mappings: tuple[Mapped, ...]    # all of its address space, RAM included
    devices: tuple[DeviceGrant, ...]
    console: ConsoleGrant
    image: ImagePlan
    payloads: tuple[Payload, ...]
    channels: tuple[ChannelEnd, ...]
    regions: tuple[tuple[str, Mapped], ...]
    preserved: tuple[str, ...]      # of these, the regions that survive a warm restart
    cleared: tuple[Window, ...]     # channels that its first load clears, physical
    virtual_irqs: tuple[int, ...]   # exist for this guest only
    restartable: bool
    cold_refused: bool              # a device cannot be stopped
    autostart: bool
    health: HealthPlan
    may_control: tuple[str, ...]
    may_schedule: tuple[str, ...] = ()
    server: ServerPlan | None = None    # on rtds cores
    overrun_event: bool = False
    bandwidth: BudgetPlan | None = None

    @property
    def interrupts(self) -> tuple[tuple[str, Interrupt], ...]:
        return tuple((device.name, line) for device in self.devices for line in device.interrupts)

    @property
    def ram_size(self) -> int:
        return sum(piece.size for piece in self.ram)


@dataclass(frozen=True)
class ResolvedCore:
    number: int
    mpidr: int
    scheduler: str
    partition: str | None
    vcpu: int | None
    used: bool
    shared: tuple[tuple[str, int], ...] = ()    # arinc653, rtds: partition and vCPU, in the order of declaration


@dataclass(frozen=True)
class Default:
    """A value that the file left open, and what was filled in."""

    key: str
    value: str


@dataclass(frozen=True)
class KernelConsole:
    uart: str
    kind: str           # pl011, cadence
    base: int
    irq: int
    clock_hz: int
    baud: int
    log: str


@dataclass(frozen=True)
class WatchdogPlan:
    """The board's watchdog."""

    device: str
    kind: str           # cadence
    base: int
    control: int        # what its control register takes
    time_ns: int        # what the device makes of the time that was asked for
    required: bool      # an image for hardware does without it in no case


@dataclass(frozen=True)
class ResetPlan:
    """A register of reset lines, and the bits that a partition pulls when it restarts cold."""

    partition: str
    register: int
    mask: int
    devices: tuple[str, ...]


@dataclass(frozen=True)
class TracePlan:
    """The event ring of each core."""

    events: tuple[str, ...]
    buffer: int         # bytes a core


@dataclass(frozen=True)
class Resolved:
    """The whole system."""

    system: str
    place: str
    board: str
    target: str         # hardware or qemu
    waived: tuple[str, ...]         # what QEMU's model lacks and this image therefore does without
    identity: str
    kernel: Window      # the hypervisor's memory: kernel, tables, state, pristine payloads
    pristine: Window    # of these, the pristine payloads
    gic_version: int
    ipa_bits: int
    counters: tuple[tuple[int, int], ...]   # Hz, tolerance in Hz
    counter_override: int
    console: KernelConsole | None
    supervisor: int
    input: str | None   # to whom the kernel gives the keyboard at first
    focus: str | None   # `hypervisor.input` as written, which may name a partition with a UART of its own
    guests: tuple[Guest, ...]
    cores: tuple[ResolvedCore, ...]
    channels: tuple[ResolvedChannel, ...]
    irq_words: int
    reserved: tuple[tuple[str, Window], ...]
    free: tuple[Window, ...]
    defaults: tuple[Default, ...]
    panic: str = "reset-board"
    serror: str = "reset-board"
    integrity_ns: int = 0       # time of one pass over the tables
    trace: TracePlan | None = None
    schedules: tuple[ResolvedSchedule, ...] = ()
    counter_irqs: tuple[int, ...] = ()  # with bandwidth budgets: the performance monitors' interrupt of each core, as GIC ids
    watchdog: WatchdogPlan | None = None
    resets: tuple[ResetPlan, ...] = ()
    counters_required: bool = False     # the cores have to count what the budgets name

    @property
    def channel_slots(self) -> int:
        """Slots from 0 to the highest; pinned ids may leave some of them empty."""
        return max((channel.slot + 1 for channel in self.channels), default=0)

    def guest(self, name: str) -> Guest:
        return next(guest for guest in self.guests if guest.name == name)
