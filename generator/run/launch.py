# SPDX-License-Identifier: Apache-2.0
"""From a built system and board.yaml to what a run needs to know."""

from __future__ import annotations

from generator.allocate.resolved import Resolved
from generator.hardware import Board
from generator.run.qemu import Machine
from generator.run.session import Consoles

MIB = 1 << 20


class NoModel(Exception):
    """QEMU has no model of the board."""


def machine_of(board: Board) -> Machine:
    qemu = board.file.qemu
    if qemu is None:
        raise NoModel(f"QEMU has no model of {board.name}; `console` talks to a real one")
    arguments = ["-machine", str(qemu.machine), "-m", f"{int(qemu.memory) // MIB}M", "-smp", str(len(board.cores))]
    if qemu.cpu is not None:
        arguments += ["-cpu", str(qemu.cpu)]
    arguments += [str(word) for word in qemu.args]
    return Machine(tuple(arguments), uarts_of(board), tuple(str(word) for word in qemu.net),
                   tuple(str(word) for word in qemu.sd))


def uarts_of(board: Board) -> tuple[str, ...]:
    """UARTs in the order of QEMU's -serial, which is that of the board's serial aliases."""
    aliases = sorted((int(name.removeprefix("serial")), name) for name in board.aliases
                     if name.startswith("serial") and name.removeprefix("serial").isdigit())
    return tuple(board.find(name).name for _, name in aliases)


def consoles_of(resolved: Resolved, focus: str | None = None) -> Consoles:
    names = tuple(guest.name for guest in resolved.guests)
    own = {guest.name: guest.console.uart for guest in resolved.guests if guest.console.kind == "uart"}
    virtual = tuple(guest.name for guest in resolved.guests if guest.console.kind == "virtual")
    first = next((name for name in names if name in own or name in virtual), None)
    return Consoles(
        partitions=names, kernel_uart=resolved.console.uart if resolved.console is not None else None, own_uarts=own,
        virtual=virtual, ids={guest.name: guest.id for guest in resolved.guests},
        focus=focus or resolved.focus or first, kernel_focus=resolved.input)
