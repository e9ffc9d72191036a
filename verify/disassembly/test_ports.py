# SPDX-License-Identifier: Apache-2.0
"""Barriers and accesses of port code, in the instructions of linked partitions and of Linux's command."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from verify.disassembly.listing import Instruction
from verify.disassembly.ports import PORTS, Image, Order, Source, Step, load

REPOSITORY = Path(__file__).resolve().parents[2]
RUNTIME = REPOSITORY / "partitions/runtime"
SYSTEM = """\
format: 1
system: ends
board: zcu102
hypervisor: {console: {uart: uart0}}
partitions:
  instruments: {image: {native: instruments}, cpus: 0, memory: 4 MiB, privileges: {control: [vehicle]}}
  vehicle: {image: {native: vehicle}, cpus: 1, memory: 4 MiB}
  source: {image: {native: apex}, cpus: 2, memory: 4 MiB}
  destination: {image: {native: apex}, cpus: 3, memory: 4 MiB}
channels:
  speed: {kind: sampling, from: vehicle, to: [instruments], message: 64 B, refresh: 50 ms}
  commands: {kind: queuing, from: vehicle, to: instruments, message: 64 B, depth: 8}
  position: {kind: sampling, from: source, to: [destination], message: 64 B, refresh: 100 ms}
  orders: {kind: queuing, from: source, to: destination, message: 64 B, depth: 4}
"""
PARTITIONS = ("instruments", "vehicle", "source")
LINUX = {"gcc": ["aarch64-linux-gnu-g++-12"], "clang": ["clang++-19", "--target=aarch64-linux-gnu"]}

# What verify/model shows to be needed, in the words of the source. A line of another function is written `FUNCTION: …`.
_WRITTEN = ("store(slot.generation", "store(slot.stamp", "store(slot.length", "copy_in(")
_READ = ("load(slot.length", "load(slot.stamp", "copy_out(")
ORDERS = (
    Order("sampling_write", ("store(slot.sequence, uint64_t{0}",), (*_WRITTEN, "store(slot.sequence, number")),
    Order("sampling_write", (*_WRITTEN, "store(slot.sequence, number"), ("store(state.header->latest",)),
    Order("sampling_read", ("load(state.header->latest",), (*_READ, "load(slot.generation", "load(slot.sequence")),
    Order("sampling_read", (*_READ, "load(slot.generation"), ("load(slot.sequence", "load(state.header->generation")),
    Order("sampling_open_sender", ("store(header->generation",), ()),
    Order("queue_send", ("queue_in_use: load(state.back->head",), ("store(slot.length", "store(slot.stamp", "copy_in(")),
    Order("queue_send", ("store(slot.length", "store(slot.stamp", "copy_in("), ("store(state.header->tail",)),
    Order("queue_receive", ("load(state.header->generation)",), ("load(state.header->first", "load(state.header->tail")),
    Order("queue_receive", ("load(state.header->tail",), _READ),
    Order("queue_receive", ("load(state.header->first", "load(state.header->tail"), ("queue_give_back: store(state.back->head",)),
    Order("queue_clear", ("load(state.header->tail",), ("queue_give_back: store(state.back->head",)),
    Order("queue_receive", _READ, ("load(state.header->generation) !=", "queue_give_back: store(state.back->head")),
    Order("queue_open_sender", ("store(header->first", "store(header->tail"), ("store(header->generation, state.generation",)),
    Order("queue_open_receiver", ("load(header->generation",), ("load(header->first", "load(header->tail")),
    Order("queue_open_receiver", ("store(back->head",), ("store(back->generation",)),
    Order("queue_receiver_restarted", ("load(state.back->generation",), ()),
)


def build(folder: Path, compiler: str) -> dict[str, Path]:
    """Linked partitions that use the ports from C++, C and APEX, and Linux's command."""
    system = folder / "ends.yaml"
    system.write_text(SYSTEM, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "generator", "build", str(system), "-o", str(folder / "out"), "--compiler", compiler],
                          cwd=REPOSITORY, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    found = {name: folder / f"out/.work/partitions/{name}/partition.elf" for name in PARTITIONS}
    return found | {"bulkhead-port": link_command(folder, compiler, RUNTIME)}


def link_command(folder: Path, compiler: str, runtime: Path) -> Path:
    """bulkhead-port by the recipe's own flags, its debug information kept."""
    spec = importlib.util.spec_from_file_location("recipe", REPOSITORY / "partitions/linux/recipe.py")
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    port = REPOSITORY / "partitions/linux/port"
    target = folder / f"bulkhead-port-{compiler}"
    subprocess.run([*LINUX[compiler], *(flag for flag in recipe.PORT_FLAGS if flag != "-s"), "-g", f"-I{runtime}/include", f"-I{runtime}",
                    port / "bulkhead_port.cpp", port / "device_tree.cpp", runtime / "port/port.cpp", "-o", target],
                   check=True, timeout=300)
    return target


@pytest.fixture(scope="module")
def source() -> Source:
    return Source(RUNTIME / "port")


@pytest.fixture(scope="module", params=("gcc", "clang"))
def images(request, tmp_path_factory, source) -> dict[str, Image]:
    built = build(tmp_path_factory.mktemp("ends"), request.param)
    return {name: load(elf, source) for name, elf in built.items()}


@pytest.mark.verifies("LLR-1011")
def test_shared_memory_is_touched_by_aligned_words_alone(images):
    assert {name: image.wrong_accesses() for name, image in images.items()} == {name: [] for name in images}


@pytest.mark.verifies("LLR-1076")
def test_barriers_stand_on_every_path(images):
    assert {name: image.wrong_orders(ORDERS) for name, image in images.items()} == {name: [] for name in images}


@pytest.mark.verifies("LLR-1076")
@pytest.mark.parametrize("left", [None, "ishst"], ids=["gone", "for stores alone"])
def test_a_barrier_that_is_gone_is_found(images, source, left):
    """Each line of the source that states a barrier loses what it became, in each image; or a weaker barrier is left of one for loads."""
    stated = set()
    for name, image in images.items():
        barriers: dict[tuple[str, int], list[Step]] = {}
        for step in image.steps.values():
            if step.instruction.name == "dmb" and image.is_port_code(step):
                barriers.setdefault(next(frame[1:] for frame in step.frames if frame[1] in PORTS), []).append(step)
        stated |= set(barriers)
        for place, steps in barriers.items():
            whole = [step.instruction for step in steps]
            if left is None or all(one.operands == "ishld" for one in whole):
                for step in steps:
                    step.instruction = Instruction(step.instruction.address, *(("dmb", left) if left else ("nop", "")))
                assert image.wrong_orders(ORDERS), f"{name}: {place} is not missed"
                for step, one in zip(steps, whole):
                    step.instruction = one
    assert stated == source.barriers


@pytest.mark.parametrize("compiler", LINUX)
@pytest.mark.parametrize("header, whole, broken, message", [
    ("words.hpp", "    const unsigned char* bytes{static_cast<const unsigned char*>(from)};\n    uint64_t left{length / kWordBytes};",
     "    __builtin_memcpy(to, from, length);\n    const unsigned char* bytes{static_cast<const unsigned char*>(from)};\n    uint64_t left{0};",
     "a call out of the port's code"),
    ("words.hpp", "store(to[1], aligned_word(&bytes[kWordBytes]));", "__builtin_memcpy(&to[1], &bytes[kWordBytes], 2U * kWordBytes);",
     "a copy that is neither"),
    ("words.hpp", "return __atomic_load_n(&word, __ATOMIC_RELAXED);",
     "return *reinterpret_cast<const volatile unsigned char*>(&word); // __atomic_load_n",
     "no aligned access"),
    ("sampling.hpp", "store(slot.stamp, now);", "slot.stamp = now;", "not by load() or store()"),
], ids=["memcpy", "pair", "byte", "plain"])
def test_a_fault_in_the_source_is_found(tmp_path, compiler, header, whole, broken, message):
    runtime = tmp_path / "runtime"
    shutil.copytree(RUNTIME, runtime)
    text = (runtime / "port" / header).read_text(encoding="utf-8")
    assert whole in text
    (runtime / "port" / header).write_text(text.replace(whole, broken), encoding="utf-8")
    image = load(link_command(tmp_path, compiler, runtime), Source(runtime / "port"))
    assert any(message in line for line in image.wrong_accesses())
