# SPDX-License-Identifier: Apache-2.0
# implements: LLR-801
"""Commands that gdb learns from `run --gdb`: runs inside gdb, on the tables and the state of the image being debugged.

`info partitions` lists every partition with its cores (gdb's thread of core N is N+1), its memory and what it does.
`partition NAME` goes to the first core of a partition and keeps, beside the kernel's, that partition's symbols alone:
native partitions are linked for the same address, so an address has no name unless it is known whose it is. `partition`
without a name loads the symbols of all again, so that a breakpoint can be set in any.
`bulkhead_symbols`, set by the script that sources this file, maps the name of a partition to its ELF file.
"""

import os

import gdb  # pylint: disable=import-error

_MODES = {0: "halted", 1: "cold start", 2: "warm start", 3: "normal"}


class _KernelMemory:
    """Reads what the kernel sees, also while the stopped core translates addresses for a guest."""

    def __enter__(self):
        self._choose(1)

    def __exit__(self, *_):
        self._choose(0)

    @staticmethod
    def _choose(physical):
        gdb.execute(f"maintenance packet Qqemu.PhyMemMode:{physical}", to_string=True)
        gdb.execute("maintenance flush dcache", to_string=True)


def _partitions():
    """(config, name, cores) of each partition, from the image's own tables."""
    config = gdb.parse_and_eval("bulkhead_config")
    vcpus = [config["vcpus"][index] for index in range(int(config["vcpu_count"]))]
    for index in range(int(config["partition_count"])):
        partition = config["partitions"][index]
        cores = [int(vcpu["core"]) for vcpu in vcpus if vcpu["partition"] == partition.address]
        yield partition, partition["name"].string(), cores


def _state_of(partition):
    if int(gdb.parse_and_eval("bulkhead_kernel_state.boot_entered")) == 0:
        return "not booted", "-"
    return _MODES.get(int(partition["state"]["mode"]), "?"), str(int(partition["state"]["restarts"]))


def _thread(core):
    return next((thread for thread in gdb.selected_inferior().threads() if thread.num == core + 1), None)


class InfoPartitions(gdb.Command):
    """List the partitions: id, name, cores, state, restarts, memory as the partition sees it, symbols."""

    def __init__(self):
        super().__init__("info partitions", gdb.COMMAND_STATUS)

    def invoke(self, _argument, _from_tty):
        with _KernelMemory():
            rows = [(str(int(partition["id"])), name, ",".join(map(str, cores)), *_state_of(partition),
                     f"{int(partition['ram_base']['value']):#x}+{int(partition['ram_size']):#x}",
                     os.path.basename(os.path.dirname(bulkhead_symbols[name])) if name in bulkhead_symbols else "-")  # noqa: F821
                    for partition, name, cores in _partitions()]
        heads = ("Id", "Partition", "Cores", "State", "Restarts", "Memory", "Symbols")
        widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
        for row in (heads, *rows):
            gdb.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() + "\n")


class Partition(gdb.Command):
    """Go to a partition's first core and keep its symbols alone; without a name, load the symbols of all."""

    def __init__(self):
        super().__init__("partition", gdb.COMMAND_RUNNING)

    def invoke(self, argument, _from_tty):
        wanted = argument.strip()
        with _KernelMemory():
            cores = {name: cores for _, name, cores in _partitions()}
        if wanted and wanted not in cores:
            raise gdb.GdbError(f"No partition `{wanted}`; there are {', '.join(cores)}.")
        _load(wanted or None)
        thread = _thread(cores[wanted][0]) if wanted else None
        if thread is not None:
            thread.switch()
            gdb.execute("frame")

    def complete(self, _text, word):
        with _KernelMemory():
            return [name for _, name, _ in _partitions() if name.startswith(word)]


def _load(only):
    """The symbols of one partition, or of all that have some, in place of those loaded before."""
    loaded = {os.path.realpath(file.filename) for file in gdb.objfiles() if file.filename}
    for name, file in bulkhead_symbols.items():  # noqa: F821
        wanted = only in (None, name)
        if wanted and os.path.realpath(file) not in loaded:
            gdb.execute(f"add-symbol-file \"{file}\"", to_string=True)
        elif not wanted and os.path.realpath(file) in loaded:
            gdb.execute(f"remove-symbol-file \"{file}\"", to_string=True)


InfoPartitions()
Partition()
_load(None)
