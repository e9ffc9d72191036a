# SPDX-License-Identifier: Apache-2.0
"""The revocation sequence and the untouched registers, in the instructions of built images."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from verify.disassembly.listing import Instruction, Memory, functions, one

REPOSITORY = Path(__file__).resolve().parents[2]
BOARDS = ("zcu102", "virt-gicv2", "virt-gicv3")
COMPILERS = ("gcc", "clang")
PARTITIONS_OFFSET = 96      # schema.hpp asserts both
VTTBR_OFFSET = 64
SYSTEM = """\
format: 1
system: gates
board: {board}
hypervisor: {{console: {{uart: uart0}}, supervisor: 3}}
partitions:
  a: {{image: {{native: hello}}, cpus: 0, memory: 2 MiB, interrupts: direct}}
  b: {{image: {{native: hello}}, cpus: 1, memory: 2 MiB, interrupts: direct}}
"""

# What close() must do, in this order, with nothing but address arithmetic between (architecture: revocation).
ORDER = (
    r"dsb ishst",
    r"mrs (?P<own>x\d+), vttbr_el2",
    r"msr vttbr_el2, (?P<target>x\d+)",
    r"isb",
    r"tlbi vmalls12e1is",
    r"dsb ish",
    r"msr vttbr_el2, (?P=own)",
    r"isb",
    r"sev",
)
SYNCHRONISING = {"dsb", "dmb", "isb", "tlbi", "msr", "mrs", "sev", "eret", "bl", "blr", "smc", "hvc", "wfi", "wfe"}


@pytest.fixture(scope="module", params=[(board, compiler) for board in BOARDS for compiler in COMPILERS],
                ids=lambda pair: "-".join(pair))
def image(request, tmp_path_factory) -> Path:
    board, compiler = request.param
    folder = tmp_path_factory.mktemp("gates")
    system = folder / "gates.yaml"
    system.write_text(SYSTEM.format(board=board), encoding="utf-8")
    result = subprocess.run([sys.executable, "-m", "generator", "build", str(system), "-o", str(folder / "out"), "--compiler", compiler],
                            cwd=REPOSITORY, capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 0, result.stderr
    return next(path for path in (folder / "out").glob("gates*.elf"))


def sequence_error(code: list[Instruction]) -> str | None:
    """What is wrong with a close(), or None."""
    acts = [step for step in code if step.name in SYNCHRONISING]
    texts = "\n".join(re.sub(r"\s+", " ", step.text) for step in acts)
    match = re.fullmatch("\n".join(ORDER), texts)
    if match is None:
        return f"not in the architecture's order:\n{texts}"
    # The target's VTTBR_EL2, root and VMID, comes from the partition's table.
    load = rf"(ldr {match['target']}, \[x\d+, #{VTTBR_OFFSET}\]|ldp .*{match['target']}.*\[x\d+, #{VTTBR_OFFSET}\])"
    before = [re.sub(r"\s+", " ", step.text) for step in code[:code.index(acts[2])]]
    if not any(re.match(load, text) for text in before):
        return "VTTBR_EL2 is not loaded from the partition's configuration"
    # The zeros are stored before the first barrier, and no store comes after it.
    barrier = acts[0].address
    loop = [step for step in code if step.name.startswith(("st", "b", "cb", "tb", "ret")) or step in acts]
    stores = [step for step in loop if step.name.startswith("st")]
    if not stores or any("xzr" not in step.operands and "wzr" not in step.operands for step in stores):
        return "the gate is not overwritten with zeros alone"
    for store in stores:
        if store.address > barrier and not _leads_back(code, store, barrier):
            return "a store behind the barrier"
    return None


def _leads_back(code: list[Instruction], store: Instruction, barrier: int) -> bool:
    """A loop laid out behind the rest: the next unconditional branch goes to before the barrier."""
    for step in code[code.index(store):]:
        if step.name == "b":
            return int(step.operands.split()[0], 16) <= barrier
        if step.name == "ret" or step.name in SYNCHRONISING:
            return False
    return False


@pytest.mark.verifies("LLR-363")
def test_revocation_is_in_order_with_its_vmid(image):
    listing = functions(image)
    assert sequence_error(one(listing, r"Gate.*5close")) is None
    # The order is followed by a barrier and the kernel's SGI.
    order = one(listing, r"Lifecycle.*5order")
    calls = [number for number, step in enumerate(order) if step.name == "bl" and "5close" in step.operands]
    assert calls, "order() does not close the gate"
    assert re.match(r"dsb\s+ishst", _next_act(order, calls[0]).text), "no barrier before the kernel's SGI"
    interrupt = re.compile(r"(msr\s+(icc_sgi1r_el1|s3_0_c12_c11_5)|str\s+w|bl .*send)", re.IGNORECASE)
    assert any(interrupt.match(step.text) for step in order), "no kernel SGI"


def _next_act(code: list[Instruction], number: int) -> Instruction:
    """The first instruction behind `number` that is neither arithmetic nor a jump, jumps followed."""
    for _ in range(len(code)):
        number += 1
        step = code[number]
        if step.name == "b":
            number = next(n for n, other in enumerate(code) if other.address == int(step.operands.split()[0], 16)) - 1
        elif step.name in SYNCHRONISING or step.name.startswith(("st", "ret")):
            return step
    raise AssertionError("no end")


@pytest.mark.verifies("LLR-363")
def test_each_partition_has_a_vmid_of_its_own(image):
    memory = Memory(image)
    partitions = memory.word(memory.symbols["bulkhead_config"] + PARTITIONS_OFFSET)
    names = [b"a", b"b"]
    records = [partitions + offset for offset in range(0, 2048, 8)
               if memory.word(partitions + offset, 32).to_bytes(32, "little").rstrip(b"\0") in names]
    assert len(records) == 2
    vttbrs = [memory.word(record + VTTBR_OFFSET) for record in records]
    vmids = [value >> 48 for value in vttbrs]
    roots = [value & 0xFFFF_FFFF_FFFE for value in vttbrs]
    assert 0 not in vmids and len(set(vmids)) == 2 and len(set(roots)) == 2


@pytest.mark.verifies("LLR-903")
def test_registers_that_no_trap_saves_are_never_touched(image):
    """x10-x15 and x18 by the assembly that saves and loads them, SIMD by the entry into a fresh guest alone."""
    general = re.compile(r"\b[xw](10|11|12|13|14|15|18)\b")
    vector = re.compile(r"\b[vqdsbh]\d+(\.\d*[bhsd])?\b")
    assembly = {"synchronous_other", "bulkhead_resume_whole", "bulkhead_resume_with_untouched", "data_abort_of_others", "system_register_trap",
                "serror_other", "bulkhead_enter_guest", "bulkhead_entry"}
    for name, code in functions(image).items():
        if name in assembly:
            continue
        for step in code:
            operands = step.operands.split("<")[0]
            assert not general.search(operands), f"{name}: {step.text}"
            if step.name not in {"b", "bl", "dsb", "dmb", "isb"} and not step.name.startswith(("b.", "cb", "tb", "adr")):
                assert not vector.search(operands), f"{name}: {step.text}"


def test_a_wrong_sequence_is_found():
    def code(*texts: str) -> list[Instruction]:
        return [Instruction(0x1000 + 4 * n, *(text.split(" ", 1) + [""])[:2]) for n, text in enumerate(texts)]

    right = ("str xzr, [x2]", "dsb ishst", "mrs x1, vttbr_el2", "ldr x0, [x0, #64]", "msr vttbr_el2, x0", "isb", "tlbi vmalls12e1is",
             "dsb ish", "msr vttbr_el2, x1", "isb", "sev", "ret")
    assert sequence_error(code(*right)) is None
    for left_out in range(1, 11):
        assert sequence_error(code(*(right[:left_out] + right[left_out + 1:]))) is not None, right[left_out]
    assert sequence_error(code(*(right[1:]))) is not None
    assert sequence_error(code(*(text.replace("#64", "#72") for text in right))) is not None
    assert sequence_error(code(*(text.replace("is", "") if text.startswith("tlbi") else text for text in right))) is not None
    assert sequence_error(code(*(right[:5] + ("str xzr, [x2]",) + right[5:]))) is not None
