# SPDX-License-Identifier: Apache-2.0
# implements: LLR-544
"""resolved.yaml: the resolved system as text that can be read and compared line by line."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import yaml

from generator.allocate.memory import size_text
from generator.allocate.resolved import ChannelEnd, Guest, Mapped, Payload, Resolved, ResolvedChannel
from generator.hardware import Interrupt, Window

_HEAD = """# SPDX-License-Identifier: Apache-2.0
# Generated: every address, id and default of the system. Compare two of these with diff.
"""


class _Hex(int):
    pass


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(_Hex, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:int", f"{int(value):#x}"))


def resolved_yaml(resolved: Resolved) -> str:
    return _HEAD + yaml.dump(_system(resolved), Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)


def _window(window: Window) -> dict:
    return {"at": _Hex(window.base), "size": size_text(window.size)}


def _system(resolved: Resolved) -> dict:
    top = os.path.dirname(resolved.place.rsplit(":", 2)[0]) or "."
    return {
        "system": resolved.system,
        "board": resolved.board,
        "target": resolved.target,
        "waived": list(resolved.waived),
        "identity": resolved.identity,
        "hypervisor": {
            "memory": _window(resolved.kernel),
            "pristine_payloads": _window(resolved.pristine),
            "console": dataclasses.asdict(resolved.console) | {"base": _Hex(resolved.console.base)}
            if resolved.console else None,
            "supervisor": resolved.supervisor,
            "input": resolved.focus,
            "gic": resolved.gic_version,
            "interrupt_words": resolved.irq_words,
            "ipa_bits": resolved.ipa_bits,
            "counters": [{"hz": hz, "tolerance_hz": tolerance} for hz, tolerance in resolved.counters],
            "counter_override": resolved.counter_override,
            "health": {"panic": resolved.panic, "serror": resolved.serror},
            "integrity_ns": resolved.integrity_ns,
            "resets": [dataclasses.asdict(line) | {"register": _Hex(line.register), "mask": _Hex(line.mask), "devices": list(line.devices)}
                       for line in resolved.resets],
            "watchdog": dataclasses.asdict(resolved.watchdog) | {"base": _Hex(resolved.watchdog.base)} if resolved.watchdog else None,
            "trace": dataclasses.asdict(resolved.trace) | {"events": list(resolved.trace.events)} if resolved.trace else None,
        },
        "cores": [dataclasses.asdict(core) | {"mpidr": _Hex(core.mpidr), "shared": [list(owner) for owner in core.shared]} for core in resolved.cores],
        "partitions": {guest.name: _guest(guest, top) for guest in resolved.guests},
        "channels": {channel.name: {
            "slot": channel.slot, "kind": channel.kind, "physical": _Hex(channel.pa), "size": size_text(channel.size),
            "senders": list(channel.senders), "receivers": list(channel.receivers), "doorbell": channel.doorbell,
            **_port(channel), "written_by_receiver": _window(Window(channel.back_pa, channel.back_size)) if channel.back_size else "none",
            "memory_type": "write-back" if channel.cacheable else "non-cacheable",
            "cleared_by": list(channel.cleared_by[:2 if channel.back_size else 1]),
        } for channel in resolved.channels},
        "schedules": {schedule.name: {
            "id": schedule.id, "initial": schedule.initial, "major_frame_ns": schedule.major_frame_ns,
            "windows": [{"partition": window.partition, "vcpu": window.vcpu, "core": window.core, "start_ns": window.start_ns,
                         "length_ns": window.length_ns} for window in schedule.windows],
            "on_switch": dict(schedule.starts)} for schedule in resolved.schedules},
        "reserved": {name: _window(window) for name, window in resolved.reserved},
        "free": [_window(window) for window in resolved.free],
        "defaults": {default.key: default.value for default in resolved.defaults},
    }


def _place(place: str, top: str) -> str:
    file, line, column = place.rsplit(":", 2)
    return f"{os.path.relpath(file, top)}:{line}:{column}"


def _mapped(mapped: Mapped) -> dict:
    return {"what": mapped.what, "ipa": _Hex(mapped.ipa), "physical": _Hex(mapped.pa), "size": size_text(mapped.size),
            "as": mapped.attributes}


def _payload(payload: Payload) -> dict:
    return {"what": payload.what, "ipa": _Hex(payload.ipa), "physical": _Hex(payload.pa),
            "file": os.path.basename(payload.file) if payload.file else None,
            "size": "reserved " + size_text(payload.size) if payload.estimated else size_text(payload.size),
            "in_place": payload.in_place}


def _line(line: Interrupt) -> dict:
    return {"spi": line.spi, "id": line.id, "trigger": line.trigger}


def _port(channel: ResolvedChannel | ChannelEnd) -> dict:
    return {"message": channel.message, "depth": channel.depth, "refresh_ns": channel.refresh_ns}


def _guest(guest: Guest, top: str) -> dict:
    image = guest.image
    return {
        "place": _place(guest.place, top),
        "id": guest.id,
        "vmid": guest.vmid,
        "cores": list(guest.cores),
        "interrupts": "direct" if guest.direct else "virtual",
        "image": {"kind": image.kind, "source": image.source, "load": _Hex(image.load),
                  "entry": _Hex(image.entry) if image.entry is not None else "as the ELF file says",
                  "device_tree": _Hex(image.tree) if image.tree is not None else "none",
                  "initrd": _Hex(image.initrd) if image.initrd is not None else "none",
                  "cmdline": image.cmdline, "overlay": image.overlay},
        "memory": [_mapped(mapped) for mapped in guest.mappings],
        "payloads": [_payload(payload) for payload in guest.payloads],
        "devices": {device.name: {
            "windows": [_window(window) for window in device.windows],
            "interrupts": [_line(line) for line in device.interrupts],
            "dma": f"trusted: {device.reason}" if device.trusted_dma else "none or behind the IOMMU",
            "mac": device.mac, "drop": list(device.drop)} for device in guest.devices},
        "console": {"kind": guest.console.kind, "uart": guest.console.uart,
                    "at": _Hex(guest.console.ipa) if guest.console.ipa is not None else None, "interrupt": guest.console.irq},
        "channels": {end.channel: {"slot": end.slot, "ipa": _Hex(end.ipa), "size": size_text(end.size),
                                   "direction": end.direction, "interrupt": end.irq, **_port(end),
                                   "written_by_receiver": _Hex(end.back_ipa) if end.back_size else "none"}
                     for end in guest.channels},
        "clears": [_window(window) for window in guest.cleared],
        "regions": {name: _mapped(mapped) for name, mapped in guest.regions},
        "virtual_interrupts": list(guest.virtual_irqs),
        "preserved": list(guest.preserved),
        "restartable": guest.restartable,
        "cold_restart_refused": guest.cold_refused,
        "autostart": guest.autostart,
        "health": {key: value for key, value in dataclasses.asdict(guest.health).items() if key != "given"} | {
            "actions": [list(row) for row in guest.health.actions], "start_after": list(guest.health.start_after),
            "monitored": list(guest.health.monitored)},
        "control": list(guest.may_control),
        "schedule": list(guest.may_schedule),
        "rtds": dataclasses.asdict(guest.server) if guest.server is not None else None,
        "bandwidth": dataclasses.asdict(guest.bandwidth) if guest.bandwidth is not None else None,
        "overrun_event": guest.overrun_event,
    }
