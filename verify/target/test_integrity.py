# SPDX-License-Identifier: Apache-2.0
"""A bit of the constant tables flips while the system runs: the debugger plays the bit flip."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

HERE = Path(__file__).resolve().parent
PATIENCE_S = 120


class Debugger:
    """The few words of gdb's remote protocol that this takes; QEMU stops while one is attached."""

    def __init__(self, port: int):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)

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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def last_of_tables(elf_path: Path) -> int:
    with open(elf_path, "rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab")
        return symbols.get_symbol_by_name("bulkhead_config_end")[0]["st_value"] - 1


@pytest.mark.parametrize("board", ["virt-gicv2", "virt-gicv3", "zcu102"])
@pytest.mark.verifies("HLR-505", "LLR-1112")
def test_a_flipped_bit_ends_in_the_epitaph(root: Path, tmp_path: Path, board: str) -> None:
    system = tmp_path / "integrity.yaml"
    system.write_text((HERE / "systems" / "integrity.yaml").read_text().replace("{board}", board))
    output = root / "build" / "target" / f"integrity-{board}"
    words = [str(root / "bulkhead"), "build", str(system), "--for", "qemu", "-o", str(output), "-q"]
    built = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert built.returncode == 0, built.stderr
    last = last_of_tables(next(output.glob("*.elf")))
    port = free_port()
    words = [str(root / "bulkhead"), "run", str(system), "-o", str(output), "--json", "--timeout", str(PATIENCE_S),
             "--until", "bulkhead:epitaph tables", "--qemu-arg=-gdb", f"--qemu-arg=tcp:127.0.0.1:{port}"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            records = []
            for line in running.stdout:
                records.append(json.loads(line))
                if "second 2" in records[-1].get("text", ""):
                    break
            assert not any("epitaph" in record.get("text", "") for record in records)
            debugger = Debugger(port)
            debugger.flip(last, 3)
            debugger.let_go()
            text, _ = running.communicate(timeout=PATIENCE_S)
        finally:
            running.terminate()
    assert "epitaph tables: the constant tables are not what was built" in text
