# SPDX-License-Identifier: Apache-2.0
"""`python3 -m verify.bench.bandwidth`: what a stop and a filling of a bandwidth budget cost, where the emulator counts instructions."""

from __future__ import annotations

import sys
from pathlib import Path

from verify.bench.measure import REPOSITORY, _run
from verify.bench.paths import build_plugin, parse, symbols_of

BOARDS = ("virt-gicv2", "virt-gicv3")  # QEMU's ZCU102 wires no core's counter interrupt
# Bounds, instructions of the kernel from the counter's interrupt to the guest's next instruction; the sleep between stop and filling is no
# instructions.
BOUNDS = {"bandwidth_fill": 220, "bandwidth_stop_and_fill": 530}

_SYSTEM = """\
format: 1
system: bandwidth-{board}
board: {board}
hypervisor: {{console: {{uart: uart0}}, supervisor: 1}}
partitions:
  spender:
    image: {{native: bench_bandwidth}}
    cpus: 0
    memory: 2 MiB
    bandwidth: {{budget: 20000, period: 100 us, event: instructions}}
"""
_DONE = "spender:bench done"


def measure_bandwidth(board: str, folder: Path) -> dict[str, int]:
    """The worst of each, less the call at which the emulator notices."""
    name, text = f"bandwidth-{board}", _SYSTEM.format(board=board)
    serial = ["--qemu-arg=-accel", "--qemu-arg=tcg,thread=single"]
    output = _run(name, text, folder, _DONE, serial)[2]
    kernel, = output.glob("*.elf")
    symbols = symbols_of(kernel)
    trace = folder / "bandwidth-trace.txt"
    plugin = f"{build_plugin(folder)},out={trace},low={symbols['bulkhead_head'][0]:#x},high={symbols['bulkhead_bss_start'][0]:#x}"
    _run(name, text, folder, _DONE, [*serial, "--qemu-arg=-plugin", f"--qemu-arg={plugin}"])
    traps = parse(trace.read_text(encoding="ascii").splitlines())
    places = symbols_of(next((output / ".work" / "partitions").glob("*/partition.elf")))

    def worst(place: str) -> int:
        low, high = places[place]
        return max(len(trap.code) for trap in traps if low <= trap.guest < high)

    call = worst("budget_left")
    return {"bandwidth_fill": worst("budget_filled") - call, "bandwidth_stop_and_fill": worst("budget_stops") - call}


def main() -> int:
    failed = False
    for board in BOARDS:
        rows = measure_bandwidth(board, REPOSITORY / "build" / "bench")
        for row, bound in BOUNDS.items():
            print(f"{board:12} {row:24} {rows[row]:>6} <= {bound}")
            failed |= rows[row] > bound
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
