# SPDX-License-Identifier: Apache-2.0
"""A core that the configuration does not know, or that it leaves off: told by a debugger that lets the boot core be one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import scenario as scenarios  # noqa: E402  (a module beside this one; pytest imports by path)
from test_scenarios import build, prepare  # noqa: E402

TIMEOUT_S = 300
ELSEWHERE = next(one for one in scenarios.load_all() if one.name == "elsewhere")
# Steps from find_core on: until an instruction of this kind comes next, then a register becomes something else.
COMPARED = "while ((*(unsigned int *)$pc & 0xFFE0FC1F) != 0xEB00001F)\nstepi\nend\n"      # cmp x, x
LOOKED_AT = "while ((*(unsigned int *)$pc & 0xFF00001F) != 0xB4000005)\nstepi\nend\n"     # cbz x5
WRONG = {"not named": COMPARED + "set $x1 = 0x77\n", "left off": LOOKED_AT + "set $x5 = 0\n", "named": COMPARED}


@pytest.mark.verifies("LLR-012", "LLR-323")
@pytest.mark.parametrize("board", scenarios.BOARDS)
@pytest.mark.parametrize("what", WRONG)
def test_a_core_that_is_not_the_configuration_s_ends_in_its_epitaph(root, tmp_path, board, what):
    system, output = prepare(root, ELSEWHERE, board, "gcc")
    build(root, system, output, "gcc")
    command = [str(root / "bulkhead"), "run", str(system), "-q", "-o", str(output), "--gdb", "--timeout", str(TIMEOUT_S), "--until",
               "only:hello from only"]
    script = tmp_path / "wrong.gdb"
    script.write_text(f"hbreak find_core\ncontinue\ndelete\n{WRONG[what]}detach\n")
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        try:
            said = re.search(r"gdb-multiarch -x (\S+)", run.stderr.readline())
            gdb = subprocess.run(["gdb-multiarch", "-nx", "-batch", "-x", said.group(1), "-x", str(script)], stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True, timeout=TIMEOUT_S, check=False, cwd=root)
            shown, _ = run.communicate(timeout=TIMEOUT_S)
        finally:
            run.kill()
    if what == "named":
        assert run.returncode == 0 and "epitaph" not in shown, gdb.stdout + gdb.stderr
    else:
        assert run.returncode == 1 and "epitaph unknown-core: " in shown, shown + gdb.stdout + gdb.stderr
