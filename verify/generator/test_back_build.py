# SPDX-License-Identifier: Apache-2.0
"""Whole builds: the same bytes anywhere, nothing done twice, nothing half done; and the launcher in front of them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = """\
format: 1
system: trial
board: virt-gicv2
hypervisor:
  console: {uart: uart0}
partitions:
  one:
    image: {native: mine}
    cpus: 0
    memory: 4 MiB
  two:
    image: {native: hello}
    cpus: [1, 2]
    memory: 8 MiB
"""
SOURCE = """\
#include "bulkhead.h"
#include "bulkhead_partition.h"
void bulkhead_main(uint64_t tree) { (void)tree; }
"""


def bulkhead(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(ROOT / "bulkhead"), *words], cwd=folder, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, env={**os.environ, **environment}, timeout=240)


def project(folder: Path, source: str = SOURCE, system: str = SYSTEM) -> Path:
    (folder / "mine").mkdir(parents=True)
    (folder / "mine" / "main.c").write_text(source)
    (folder / "trial.yaml").write_text(system)
    return folder


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())
            if path.is_file() and path.name != "build.log"}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = project(tmp_path_factory.mktemp("built"))
    done = bulkhead(folder, "build", "trial.yaml")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.verifies("LLR-603")
def test_outputs_are_those_of_the_contract(built):
    names = {path.name for path in (built / "build" / "trial").iterdir() if path.is_file()}
    assert names == {"trial.elf", "trial.bin", "trial.pdi.bin", "resolved.yaml", "one.dtb", "two.dtb", "plan.html", "size.json",
                     "manifest.json", "build.log"}
    sizes = json.loads((built / "build/trial/size.json").read_text())
    assert {"text", "rodata", "tables", "ram_per_core", "source_lines"} <= sizes.keys() and all(sizes.values())


@pytest.mark.verifies("LLR-562")
def test_the_same_input_gives_the_same_bytes_in_another_folder(built, tmp_path):
    other = project(tmp_path / "elsewhere" / "deeper")
    assert bulkhead(other, "build", "trial.yaml").returncode == 0
    assert hashes(other / "build" / "trial") == hashes(built / "build" / "trial")


@pytest.mark.verifies("LLR-602", "LLR-341")
def test_digest_in_the_image_is_that_of_its_configuration(built):
    segment = (built / "build/trial/trial.pdi.bin").read_bytes()
    manifest = json.loads((built / "build/trial/manifest.json").read_text())
    assert segment[:4] == b"BHKD" and int.from_bytes(segment[8:12], "little") == len(segment)
    assert segment[16:48] == hashlib.sha256(segment[48:]).digest()
    assert manifest["config_sha256"] == segment[16:48].hex()
    assert segment[48:56] == bytes.fromhex(manifest["kernel_sha256"])[:8][::-1]


def test_an_unchanged_system_is_built_in_no_time(built):
    began = os.times()
    done = bulkhead(built, "build", "trial.yaml", "--json")
    ended = os.times()
    assert done.returncode == 0 and json.loads(done.stdout)["fresh"] is False
    # Of the processor: other tests run beside this one.
    assert ended.children_user + ended.children_system - began.children_user - began.children_system < 2.0


def compiled(folder: Path, name: str) -> list[str]:
    """Base names of the sources that the last build of a system compiled for its partitions."""
    lines = [line.split() for line in (folder / "build" / name / "build.log").read_text().splitlines() if line.startswith("$ ")]
    return sorted(Path(words[words.index("-c") + 1]).name for words in lines if "-c" in words and "-MMD" in words)


def test_what_knows_no_partition_is_compiled_once_for_all(tmp_path):
    folder = project(tmp_path / "p")
    (folder / "mine" / "plain.c").write_text('#include "mine.h"\nint plain(void) { return MINE; }\n')
    (folder / "mine" / "mine.h").write_text("#define MINE 1\n")
    (folder / "other.yaml").write_text(SYSTEM.replace("system: trial", "system: other").replace("one:", "first:").replace("{native: hello}", "{native: mine}"))
    assert bulkhead(folder, "build", "trial.yaml", "-q").returncode == 0
    first = compiled(folder, "trial")
    assert [first.count(name) for name in ("format.cpp", "mmu.cpp", "main.c", "plain.c", "hello.cpp")] == [1, 2, 1, 1, 1]
    assert bulkhead(folder, "build", "other.yaml", "-q").returncode == 0
    second = compiled(folder, "other")
    assert [second.count(name) for name in ("format.cpp", "mmu.cpp", "main.c", "plain.c")] == [0, 2, 2, 0]
    (folder / "mine" / "mine.h").write_text("#define MINE 2\n")
    assert bulkhead(folder, "build", "other.yaml", "-q").returncode == 0
    assert compiled(folder, "other").count("plain.c") == 1
    with_former = hashes(folder / "build/other")
    assert bulkhead(folder, "build", "other.yaml", "-q", "-o", "elsewhere").returncode == 0
    assert not (folder / "build/elsewhere").exists() and hashes(folder / "elsewhere") == with_former


@pytest.mark.verifies("LLR-343", "LLR-601")
def test_a_value_changes_the_configuration_and_not_the_kernel(built, tmp_path):
    other = project(tmp_path / "p", system=SYSTEM.replace("memory: 8 MiB", "memory: 64 MiB"))
    assert bulkhead(other, "build", "trial.yaml").returncode == 0
    one, two = (json.loads((folder / "build/trial/manifest.json").read_text()) for folder in (built, other))
    assert one["features_sha256"] == two["features_sha256"] and one["kernel_sha256"] == two["kernel_sha256"]
    assert one["config_sha256"] != two["config_sha256"]


def test_a_failed_build_leaves_the_last_good_one_alone(tmp_path):
    folder = project(tmp_path / "p")
    assert bulkhead(folder, "build", "trial.yaml", "-q").returncode == 0
    before = hashes(folder / "build/trial")
    (folder / "mine" / "main.c").write_text(SOURCE.replace("(void)tree;", "nonsense"))
    done = bulkhead(folder, "build", "trial.yaml", "-q")
    assert done.returncode == 1 and "partition one: main.c does not compile" in done.stderr and "nonsense" in done.stderr
    assert "Traceback" not in done.stderr and hashes(folder / "build/trial") == before
    (folder / "mine" / "main.c").write_text(SOURCE)
    assert bulkhead(folder, "build", "trial.yaml", "-q").returncode == 0


def test_a_partition_that_outgrows_its_memory_is_told_so(tmp_path):
    folder = project(tmp_path / "p", "static char large[8 << 20];\n" + SOURCE.replace("(void)tree;", "large[tree] = 1; __asm__ volatile(\"\" ::\"r\"(large));"))
    done = bulkhead(folder, "build", "trial.yaml", "-q")
    assert done.returncode == 1 and "larger than its memory" in done.stderr
    assert not (folder / "build/trial/trial.elf").exists()


def test_a_wrong_system_makes_no_folder(tmp_path):
    folder = project(tmp_path / "p", system=SYSTEM.replace("cpus: 0", "cpus: 1"))
    done = bulkhead(folder, "build", "trial.yaml")
    assert done.returncode == 1 and "trial.yaml:" in done.stderr and not (folder / "build").exists()


def test_clean_removes_what_was_built_and_nothing_else(tmp_path):
    folder = project(tmp_path / "p")
    (folder / "build").mkdir()
    (folder / "build" / "mine.txt").write_text("kept")
    assert bulkhead(folder, "clean").returncode == 2 and (folder / "build" / "mine.txt").exists()
    assert bulkhead(folder, "build", "trial.yaml", "-q").returncode == 0
    assert bulkhead(folder, "clean", "trial.yaml").returncode == 0
    assert not (folder / "build/trial").exists() and (folder / "build" / "mine.txt").exists()


@pytest.mark.parametrize("words, code, text", [
    (["run", "nowhere.yaml"], 2, "nowhere.yaml"),
    (["run", "trial.yaml", "--qemu", "/nowhere/qemu"], 2, "qemu-system-arm"),
    (["run", "trial.yaml", "--send", "three:x", "--print-command"], 2, "one, two"),
    (["run", "trial.yaml", "--send", "one:\\q", "--print-command"], 2, "unknown escape"),
    (["run", "trial.yaml", "--focus", "three"], 2, "no partition `three`"),
    (["build", "trial.yaml", "--for", "moon"], 2, "moon"),
    (["test", "nonsense"], 2, "there is no suite"),
])
def test_wrong_use_is_told_in_one_line(built, words, code, text):
    done = bulkhead(built, *words)
    assert done.returncode == code and text in done.stderr and "Traceback" not in done.stderr


def test_print_command_can_be_pasted(built):
    done = bulkhead(built, "run", "trial.yaml", "-q", "--print-command", "--icount")
    assert done.stdout.startswith("QEMU_AUDIO_DRV=none qemu-system-aarch64 -machine virt") and "trial.elf" in done.stdout


# The launcher


@pytest.fixture
def bare(tmp_path) -> Path:
    """A PATH with a shell's own tools, but without what Bulkhead needs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cat", "dirname", "readlink", "python3", "mktemp", "tail", "rm"):
        (folder / name).symlink_to(subprocess.run(["which", name], capture_output=True, text=True, check=True).stdout.strip())
    become(folder, 0)
    return folder


def become(folder: Path, user: int) -> None:
    """Whom the launcher takes itself for, whoever runs the tests."""
    (folder / "id").write_text(f"#!/bin/sh\necho {user}\n", encoding="utf-8")
    (folder / "id").chmod(0o755)


def test_launcher_says_what_to_install_when_it_may_not(bare):
    done = bulkhead(bare, "build", "x.yaml", "--offline", "--yes", PATH=str(bare))
    assert done.returncode == 2
    assert "apt-get install --no-install-recommends" in done.stderr and "qemu-system-arm" in done.stderr


def test_launcher_asks_only_a_terminal(bare):
    done = bulkhead(bare, "check", "x.yaml", PATH=str(bare), CI="")
    assert done.returncode == 2 and "--yes or CI=true" in done.stderr and "device-tree-compiler" in done.stderr
    assert "meson" not in done.stderr  # `check` needs no compiler


def test_launcher_says_that_only_root_can_install(bare):
    become(bare, 1000)
    done = bulkhead(bare, "check", "x.yaml", "--yes", PATH=str(bare), CI="")
    assert done.returncode == 2 and "only root can install them: device-tree-compiler\n" in done.stderr
    assert "\n  as root: apt-get update && apt-get install --no-install-recommends device-tree-compiler\n" in done.stderr


def test_launcher_runs_from_anywhere_and_through_a_link(tmp_path):
    (tmp_path / "bh").symlink_to(ROOT / "bulkhead")
    (tmp_path / "generator").mkdir()  # must not be mistaken for ours
    done = subprocess.run([str(tmp_path / "bh"), "version"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.startswith("Bulkhead ")
