# SPDX-License-Identifier: Apache-2.0
"""Rules on consoles: the hypervisor's UART, those of partitions, the keyboard, command lines."""

from __future__ import annotations

from typing import Iterator

from generator import defaults
from generator.check.context import Context
from generator.check.images import memory_windows
from generator.diagnostics import Finding, Severity
from generator.hardware import PAGE, Device, Window
from generator.keys import Text
from generator.rules import nearest_hint, rule

_BAUD = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)


def _uart_finding(context: Context, name: Text) -> Finding | None:
    device = context.board.find(str(name))
    uarts = {label for label, uart in context.board.uarts.items() if uart.wired}
    if device is None:
        return Finding(
            name.place,
            f"`{context.board.name}` has no UART `{name}`",
            nearest_hint(str(name), uarts, "UARTs"),
        )
    if not device.is_uart:
        return Finding(
            name.place, f"`{name}` is not a UART", nearest_hint(str(name), uarts, "UARTs")
        )
    return None


@rule(
    "BH-CON-001",
    sentence="The hypervisor's console is a UART of the board.",
    wrong="hypervisor: {console: {uart: ttc0}}",
    right="hypervisor: {console: {uart: uart0}}",
    keys=("hypervisor.console.uart",),
    board=True,
)
def hypervisor_uart(context: Context) -> Iterator[Finding]:
    hypervisor = context.system.hypervisor
    if hypervisor is not None and hypervisor.console is not None:
        finding = _uart_finding(context, hypervisor.console.uart)
        if finding is not None:
            yield finding


@rule(
    "BH-CON-002",
    sentence="A partition's console is `none`, `virtual`, or a UART of the board.",
    wrong="console: serial          # or a device that is no UART",
    right="console: uart1",
    keys=("partitions.*.console",),
    board=True,
)
def partition_uart(context: Context) -> Iterator[Finding]:
    for partition in context.partitions.values():
        if partition.console is not None and partition.console.uart is not None:
            name = partition.console.uart
            device = context.board.find(str(name))
            if device is not None and not device.from_tree:
                continue  # a UART of the user's own logic
            finding = _uart_finding(context, name)
            if finding is not None:
                yield finding


@rule(
    "BH-CON-003",
    sentence="A virtual console needs the hypervisor's.",
    wrong="partitions: {a: {console: virtual, ...}}     # and no hypervisor.console",
    right="hypervisor: {console: {uart: uart0}}",
    keys=("partitions.*.console", "hypervisor.console"),
)
def virtual_needs_uart(context: Context) -> Iterator[Finding]:
    hypervisor = context.system.hypervisor
    if hypervisor is not None and hypervisor.console is not None:
        return
    for name, partition in context.partitions.items():
        console = partition.console
        if console is not None and console.virtual is not None:
            yield Finding(
                console.place,
                f"`{name}` has a virtual console, but the hypervisor has none to print it on",
                "add `hypervisor: {console: {uart: uart0}}`, or write `console: none`",
            )


@rule(
    "BH-CON-004",
    sentence="`hypervisor.input` names a partition.",
    wrong="hypervisor: {input: infotaiment}",
    right="hypervisor: {input: infotainment}",
    keys=("hypervisor.input",),
)
def input_known(context: Context) -> Iterator[Finding]:
    hypervisor = context.system.hypervisor
    if hypervisor is not None and hypervisor.input is not None:
        if hypervisor.input not in context.partition_names:
            yield Finding(
                hypervisor.input.place,
                f"there is no partition `{hypervisor.input}`",
                nearest_hint(str(hypervisor.input), context.partition_names, "partitions"),
            )


@rule(
    "BH-CON-005",
    sentence="The keyboard goes to a partition with a console.",
    wrong="hypervisor: {input: radio}     # with `console: none`",
    right="hypervisor: {input: infotainment}",
    keys=("hypervisor.input", "partitions.*.console"),
)
def input_has_console(context: Context) -> Iterator[Finding]:
    hypervisor = context.system.hypervisor
    if hypervisor is None or hypervisor.input not in context.partitions:
        return
    choice = defaults.console_of(context.system, context.partitions[hypervisor.input])
    if choice.kind == "none":
        yield Finding(
            hypervisor.input.place,
            f"the keyboard goes to `{hypervisor.input}`, which has no console",
            "name a partition with a console, or give it `console: virtual`",
        )


@rule(
    "BH-CON-006",
    sentence="The address of a virtual console is a multiple of 4 KiB.",
    wrong="console: {virtual: pl011, at: 0x9000100}",
    right="console: {virtual: pl011, at: 0x9000000}",
    keys=("partitions.*.console.at",),
)
def console_aligned(context: Context) -> Iterator[Finding]:
    for partition in context.partitions.values():
        console = partition.console
        if console is not None and console.at is not None and console.at % PAGE:
            yield Finding(
                console.at.place,
                f"`at: {console.at:#x}` is not a multiple of 4 KiB",
                f"write `at: {console.at & ~(PAGE - 1):#x}`",
            )


@rule(
    "BH-CON-007",
    sentence="A virtual console stands clear of the partition's RAM, devices and GIC.",
    wrong="memory: {size: 8 MiB, ipa: 0x40000000}\nconsole: {virtual: pl011, at: 0x40000000}",
    right="memory: {size: 8 MiB, ipa: 0x40000000}\nconsole: {virtual: pl011, at: 0x9000000}",
    keys=("partitions.*.console.at", "partitions.*.memory", "partitions.*.devices"),
    board=True,
)
def console_clear(context: Context) -> Iterator[Finding]:
    gic = context.board.gic
    frames = [gic.distributor, gic.cpu_interface, gic.redistributors]
    for name, partition in context.partitions.items():
        console = partition.console
        if console is None or console.at is None:
            continue
        page = Window(int(console.at) & ~(PAGE - 1), PAGE)
        taken = memory_windows(context, partition)
        taken += [("the interrupt controller", frame) for frame in frames if frame is not None]
        for who, _, _, device in context.uses:
            if who == str(name):
                taken += [(f"device `{device.name}`", window.pages()) for window in device.windows]
        for what, window in taken:
            if page.overlaps(window):
                yield Finding(
                    console.at.place,
                    f"the console of `{name}` at {console.at:#x} overlaps {what} at {window}",
                    "leave `at` out: the generator picks a free address",
                )
        if page.end > 1 << context.board.ipa_bits:
            yield Finding(
                console.at.place,
                f"the console of `{name}` at {console.at:#x} is beyond the"
                f" {context.board.ipa_bits} bits of guest addresses",
                "leave `at` out: the generator picks a free address",
            )


@rule(
    "BH-CON-008",
    sentence="The line speed is a usual one.",
    wrong="console: {uart: uart0, baud: 115000}",
    right="console: {uart: uart0, baud: 115200}",
    keys=("hypervisor.console.baud",),
)
def baud_usual(context: Context) -> Iterator[Finding]:
    hypervisor = context.system.hypervisor
    if hypervisor is not None and hypervisor.console is not None:
        baud = hypervisor.console.baud
        if baud not in _BAUD:
            close = min(_BAUD, key=lambda usual: abs(usual - baud))
            yield Finding(
                baud.place,
                f"`baud: {baud}` is not a usual line speed",
                f"the nearest is {close}; known: {', '.join(str(usual) for usual in _BAUD)}",
            )


def tty_of(context: Context, device: Device) -> str | None:
    """Linux's name of a UART: the driver's stem and the number of the `serialN` alias."""
    stem = {"cadence": "ttyPS", "pl011": "ttyAMA"}.get(device.uart_kind or "")
    if stem is None:
        return None
    numbers = [alias[6:] for alias in device.aliases if alias[:6] == "serial" and alias[6:].isdigit()]
    return stem + (numbers[0] if numbers else "0")


def tty_of_partition(context: Context, name: str) -> str | None:
    """What `console=` should say in the partition; None if it has no console."""
    choice = defaults.console_of(context.system, context.partitions[name])
    if choice.kind == "virtual":
        return "ttyAMA0"
    if choice.uart is not None:
        device = context.board.find(choice.uart)
        return tty_of(context, device) if device is not None else None
    return None


@rule(
    "BH-CON-009",
    severity=Severity.WARNING,
    sentence="A command line names the partition's console.",
    wrong='image: {linux: Image, cmdline: "console=ttyS0"}\nconsole: uart1',
    right='image: {linux: Image, cmdline: "console=ttyPS1,115200"}\nconsole: uart1',
    keys=("partitions.*.image.cmdline", "partitions.*.console", "hypervisor.console"),
    board=True,
)
def cmdline_console(context: Context) -> Iterator[Finding]:
    for name, partition in context.partitions.items():
        cmdline = partition.image.cmdline
        if cmdline is None:
            continue
        named = [word[8:].split(",")[0] for word in cmdline.split() if word.startswith("console=")]
        own = tty_of_partition(context, str(name))
        kind = defaults.console_of(context.system, partition)
        uart = context.board.find(kind.uart) if kind.uart is not None else None
        if uart is not None and own is None:
            continue  # a UART of the user's own logic: its driver's name is not known here
        extra = {tty_of(context, d) for who, _, _, d in context.uses if who == str(name) and d.is_uart}
        wrong = [tty for tty in named if tty != own and tty not in extra]
        if wrong:
            what = f"is {own}" if own else "is none"
            yield Finding(
                cmdline.place,
                f"the command line of `{name}` says console={wrong[0]}, but its console {what}",
                f"write `console={own}`" if own else "give it a console, or remove `console=`",
            )
