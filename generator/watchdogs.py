# SPDX-License-Identifier: Apache-2.0
# implements: LLR-1192
"""The board's watchdog: which device it is, and what its registers make of a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.check.context import Context
    from generator.hardware import Device

# UG1087, SWDT CONTROL: CLKSEL divides the clock, the counter starts from CRV with twelve ones behind it.
CADENCE_PRESCALERS = (8, 64, 512, 4096)
CADENCE_STEP = 4096
_VALUES = 4096


def chosen(context: "Context") -> "Device | None":
    """The device of `hypervisor.watchdog`, if there is one and the board has it."""
    hypervisor = context.system.hypervisor
    if hypervisor is None or hypervisor.watchdog is None or hypervisor.watchdog.device == "none":
        return None
    return context.board.find(str(hypervisor.watchdog.device))


def is_cadence(device: "Device") -> bool:
    return "cdns,wdt-r1p2" in device.compatible


def cadence_control(clock_hz: int, timeout_ns: int) -> tuple[int, int]:
    """Prescaler and restart value for a time that is not shorter than `timeout_ns`."""
    for select, prescaler in enumerate(CADENCE_PRESCALERS):
        steps = -(-timeout_ns * clock_hz // (prescaler * CADENCE_STEP * 10**9))
        if steps <= _VALUES:
            return select, max(steps, 1) - 1
    return len(CADENCE_PRESCALERS) - 1, _VALUES - 1


def cadence_longest_ns(clock_hz: int) -> int:
    return CADENCE_PRESCALERS[-1] * CADENCE_STEP * _VALUES * 10**9 // clock_hz
