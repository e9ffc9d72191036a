# SPDX-License-Identifier: Apache-2.0
"""What guests with an operating system of their own get: headers, sources that link alone, bindings that tell the truth."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from generator.allocate import allocate
from generator.check.context import Context
from generator.check.runner import check_file
from generator.device_tree import Tree, strings
from generator.guest_header import headers_of
from generator.guest_tree import guest_tree

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "partitions" / "runtime"
ZEPHYR = RUNTIME / "zephyr"
LINUX = ROOT / "partitions/linux/bindings/bulkhead,channel.yaml"
KIT = ("port/port.cpp", "hypercall.cpp", "conduit.cpp")
WARNINGS = ("-Wall", "-Wextra", "-pedantic", "-Werror")
GCC = ("aarch64-linux-gnu-gcc-12",)
CLANG = ("clang-19", "--target=aarch64-none-elf")
TIMEOUT_S = 120

SYSTEM = """\
format: 1
system: kit
board: virt-gicv3
hypervisor: {console: {uart: uart0}}
partitions:
  one: {image: {elf: one.elf}, cpus: 0, memory: 2 MiB}
  two: {image: {elf: two.elf}, cpus: 1, memory: 2 MiB}
channels:
  speed: {kind: sampling, from: one, to: [two], message: 64 B, refresh: 50 ms}
  orders: {kind: queuing, from: one, to: two, message: 64 B, depth: 4}
  frame: {kind: shared-memory, size: 4 KiB, writers: [one, two], readers: [], doorbell: true}
"""


@pytest.fixture(name="resolved")
def resolved_system(tmp_path):
    file = tmp_path / "system.yaml"
    file.write_text(SYSTEM)
    checked = check_file(str(file))
    assert checked.ok, checked.diagnostics.as_text()
    return allocate(Context(checked.system, checked.board, "check")), checked.board


def run(*words, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=TIMEOUT_S, check=False, **options)


@pytest.mark.verifies("HLR-431", "LLR-1072", "LLR-1012")
@pytest.mark.parametrize("compiler", [GCC, CLANG], ids=["gcc", "clang"])
@pytest.mark.parametrize("language, standard", [("c", "c99"), ("c", "c11"), ("c", "c17"), ("c++", "c++17"), ("c++", "c++20")])
def test_headers_compile_alone(tmp_path, resolved, compiler, language, standard):
    found, board = resolved
    for name, header in headers_of(found, board.gic).items():
        (tmp_path / name).write_text(header)
    source = tmp_path / f"user.{'c' if language == 'c' else 'cpp'}"
    for header in ("bulkhead_channel.h", "bulkhead_port.h", "bulkhead.h", "apex.h", "one.h", "two.h"):
        source.write_text(f'#include "{header}"\nint user(void);\nint user(void) {{ return 0; }}\n')
        done = run(*compiler, f"-std={standard}", *WARNINGS, "-ffreestanding", f"-I{RUNTIME}/include", f"-I{tmp_path}", "-c", source, "-o",
                   tmp_path / "user.o")
        assert done.returncode == 0, f"{header}: {done.stderr}"


@pytest.mark.verifies("HLR-431", "LLR-1073")
@pytest.mark.parametrize("level", ["-O1", "-O2", "-O3", "-Os"])
@pytest.mark.parametrize("strict", [[], ["-mstrict-align"]], ids=["unaligned", "strict"])
@pytest.mark.parametrize("compiler", [GCC, CLANG], ids=["gcc", "clang"])
def test_sources_need_no_runtime(tmp_path, compiler, strict, level):
    objects = []
    for source in KIT:
        objects.append(tmp_path / (Path(source).stem + ".o"))
        done = run(*compiler, "-std=c++17", level, *strict, *WARNINGS, "-ffreestanding", "-fno-exceptions", "-fno-rtti", "-mgeneral-regs-only",
                   f"-I{RUNTIME}/include", f"-I{RUNTIME}", "-c", RUNTIME / source, "-o", objects[-1])
        assert done.returncode == 0, done.stderr
    whole = tmp_path / "kit.o"
    assert run("aarch64-linux-gnu-ld", "-r", *objects, "-o", whole).returncode == 0
    # A freestanding compiler may ask for these two of any program.
    assert set(run("aarch64-linux-gnu-nm", "--undefined-only", "-P", whole).stdout.split()) <= {"memset", "memcpy", "U"}


def emitted(resolved) -> list[dict[str, bytes]]:
    """The properties of each channel node that the generator writes."""
    found, board = resolved
    nodes = []
    for guest in found.guests:
        tree = Tree(guest_tree(found, guest, board, 0).blob)
        nodes += [tree.nodes[f"/channel-{end.slot}"] for end in guest.channels]
    assert len(nodes) == 6
    return nodes


@pytest.mark.verifies("LLR-1074")
def test_bindings_say_what_the_tree_holds(resolved):
    zephyr = yaml.safe_load((ZEPHYR / "dts/bindings/bulkhead,channel.yaml").read_text())
    linux = next(iter(yaml.safe_load_all(LINUX.read_text().replace("%YAML 1.2\n", ""))))
    common = {"compatible", "interrupts"}  # of Zephyr's base.yaml
    listed = set(zephyr["properties"]) | common
    nodes = emitted(resolved)
    assert set().union(*nodes) == listed == set(linux["properties"])
    needed = {name for name, rule in zephyr["properties"].items() if rule.get("required")}
    assert needed | {"compatible"} == set(linux["required"]) == set.intersection(*map(set, nodes))
    for word in ("bulkhead,kind", "bulkhead,direction"):
        assert {strings(node[word])[0] for node in nodes} == set(zephyr["properties"][word]["enum"]) == set(linux["properties"][word]["enum"])


@pytest.mark.verifies("LLR-1074")
@pytest.mark.skipif(shutil.which("dt-validate") is None, reason="needs Debian's package dt-schema")
def test_linux_binding_accepts_the_tree(tmp_path, resolved):
    schemas = tmp_path / "schemas"
    place = schemas / "soc" / "bulkhead"
    place.mkdir(parents=True)
    shutil.copy(LINUX, place)
    said = run("dt-doc-validate", "-u", schemas, place / LINUX.name)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")
    found, board = resolved
    blob = guest_tree(found, found.guests[1], board, 0).blob
    (tmp_path / "two.dtb").write_bytes(blob)
    told = run("dt-validate", "-s", schemas, tmp_path / "two.dtb")
    assert [line for line in (told.stdout + told.stderr).splitlines() if "channel-" in line] == []
    # The judge itself: a direction that there is not.
    (tmp_path / "wrong.dtb").write_bytes(blob.replace(b"receive\0", b"receiev\0"))
    told = run("dt-validate", "-s", schemas, tmp_path / "wrong.dtb")
    assert "bulkhead,direction" in told.stdout + told.stderr


@pytest.mark.verifies("LLR-1073")
def test_zephyr_module_names_the_kit():
    module = yaml.safe_load((ZEPHYR / "module.yml").read_text())
    assert module["build"] == {"cmake": "zephyr", "kconfig": "zephyr/Kconfig", "settings": {"dts_root": "zephyr"}}
    text = (ZEPHYR / "CMakeLists.txt").read_text()
    assert [word for word in text.replace("(", " ").replace(")", " ").split() if word.endswith(".cpp")] == [f"../{source}" for source in KIT]
