# SPDX-License-Identifier: Apache-2.0
"""A bit of the constant tables flips while the system runs: the debugger plays the bit flip."""

from __future__ import annotations

import json
import socket
import subprocess
import tempfile
from itertools import takewhile
from pathlib import Path
from typing import Iterator

import pytest
from elftools.elf.elffile import ELFFile

HERE = Path(__file__).resolve().parent
PATIENCE_S = 300


class Debugger:
    """The few words of gdb's remote protocol that this takes; QEMU stops while one is attached."""

    def __init__(self, path: Path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE_S)
        self._socket.connect(str(path))

    def ask(self, text: str) -> str:
        body = text.encode()
        self._socket.sendall(b"$" + body + b"#" + f"{sum(body) % 256:02x}".encode())
        while True:
            answer = b""
            while b"#" not in answer[:-2]:
                more = self._socket.recv(1)
                assert more, "QEMU closed the connection"
                answer += more
            self._socket.sendall(b"+")
            content = answer.split(b"$", 1)[1].split(b"#", 1)[0].decode()
            if not content.startswith("T"):     # told unasked that the machine stopped
                return content

    def flip(self, address: int, bit: int) -> None:
        assert self.ask("Qqemu.PhyMemMode:1") == "OK"
        before = int(self.ask(f"m{address:x},1"), 16)
        assert self.ask(f"M{address:x},1:{before ^ (1 << bit):02x}") == "OK"

    def let_go(self) -> None:
        self.ask("D")
        self._socket.close()


def last_of_tables(elf_path: Path) -> int:
    with open(elf_path, "rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab")
        return symbols.get_symbol_by_name("bulkhead_config_end")[0]["st_value"] - 1


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose name leaves room for a socket's (108 bytes in all)."""
    with tempfile.TemporaryDirectory(prefix="bulkhead") as folder:
        yield Path(folder)


@pytest.mark.parametrize("board", ["virt-gicv2", "virt-gicv3", "zcu102"])
@pytest.mark.verifies("HLR-505", "LLR-1112")
def test_a_flipped_bit_ends_in_the_epitaph(root: Path, tmp_path: Path, short_folder: Path, board: str) -> None:
    system = tmp_path / "integrity.yaml"
    system.write_text((HERE / "systems" / "integrity.yaml").read_text().replace("{board}", board))
    output = root / "build" / "target" / f"integrity-{board}"
    words = [str(root / "bulkhead"), "build", str(system), "--for", "qemu", "-o", str(output), "-q"]
    built = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert built.returncode == 0, built.stderr
    last = last_of_tables(next(output.glob("*.elf")))
    door = short_folder / "gdb"
    words = [str(root / "bulkhead"), "run", str(system), "-o", str(output), "--json", "--timeout", str(PATIENCE_S),
             "--until", "bulkhead:not what was built", "--qemu-arg=-chardev", f"--qemu-arg=socket,id=gdb,path={door},server=on,wait=off",
             "--qemu-arg=-gdb", "--qemu-arg=chardev:gdb"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            texts = (json.loads(line).get("text", "") for line in running.stdout)
            before = list(takewhile(lambda text: "second 2" not in text, texts))
            debugger = Debugger(door)
            debugger.flip(last, 3)
            debugger.let_go()
            after = list(texts)     # until `run` has ended, which it does on its own
        finally:
            running.terminate()
        said = running.stderr.read()
    assert not any("epitaph" in text for text in before), before
    assert "epitaph tables: the constant tables are not what was built" in after, (before, after, said)
