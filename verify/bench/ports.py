# SPDX-License-Identifier: Apache-2.0
"""`python3 -m verify.bench.ports`: instructions of the port calls; a native partition's code, the same on every board."""

from __future__ import annotations

import sys
from pathlib import Path

from verify.bench.measure import BOARDS, REPOSITORY, _run

# Bounds, instructions: call, return and all checks included.
BOUNDS = {"port_write_64": 105, "port_write_1024": 560, "port_read_64": 135, "port_read_1024": 590,
          "port_send_64": 110, "port_send_1024": 560, "port_receive_64": 150, "port_receive_1024": 605}

_PORTS = """\
format: 1
system: ports-{board}
board: {board}
hypervisor: {{console: {{uart: uart0}}, supervisor: 2}}
partitions:
  sender: {{image: {{native: bench_ports}}, cpus: 0, memory: 2 MiB}}
  receiver: {{image: {{native: bench_ports}}, cpus: 1, memory: 2 MiB}}
channels:
  s64: {{kind: sampling, from: sender, to: [receiver], message: 64 B}}
  s1024: {{kind: sampling, from: sender, to: [receiver], message: 1 KiB}}
  q64: {{kind: queuing, from: sender, to: receiver, message: 64 B, depth: 16}}
  q1024: {{kind: queuing, from: sender, to: receiver, message: 1 KiB, depth: 16}}
"""


def measure_ports(board: str, folder: Path) -> dict[str, int]:
    serial = ["--qemu-arg=-accel", "--qemu-arg=tcg,thread=single"]
    rows, *_ = _run(f"ports-{board}", _PORTS.format(board=board), folder, "receiver:bench done", serial)
    return {row: value for row, value in rows.items() if row.startswith("port_")}


def main() -> int:
    failed = False
    for board in BOARDS:
        rows = measure_ports(board, REPOSITORY / "build" / "bench")
        for row, bound in BOUNDS.items():
            value = rows.get(row)
            print(f"{board:12} {row:20} {value if value is not None else '-':>6} <= {bound}")
            failed |= value is None or value > bound
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
