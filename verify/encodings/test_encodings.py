# SPDX-License-Identifier: Apache-2.0
"""Each register encoding of the kernel equals the assembler's."""

from dataclasses import replace
from pathlib import Path

import pytest

from verify.encodings import registers


@pytest.mark.verifies("LLR-711")
def test_every_register_of_the_kernel(root: Path):
    found = registers.kernel_registers(root)
    declared = sum(text.count(": SystemRegister<") for text in
                   (path.read_text() for path in (root / "kernel").rglob("*.hpp")))
    assert len({register.cpp_name for register in found}) == declared, "a declaration has a form the check cannot read"
    assert registers.mismatches(found) == []


@pytest.mark.verifies("LLR-711")
@pytest.mark.parametrize("position", range(5))
def test_a_wrong_number_is_found(position: int):
    right = registers.Register("HcrEl2", "HCR_EL2", (3, 4, 1, 1, 0))
    assert registers.mismatches([right]) == []
    wrong = list(right.numbers)
    wrong[position] ^= 1
    assert registers.mismatches([replace(right, numbers=tuple(wrong))])


@pytest.mark.verifies("LLR-711")
def test_names_follow_the_manual():
    assert registers.manual_name("IdAa64pfr0El1") == "ID_AA64PFR0_EL1"
    assert registers.manual_name("CurrentEl") == "CurrentEL"


@pytest.mark.verifies("LLR-711")
def test_a_name_that_the_manual_does_not_have_is_found():
    with pytest.raises(registers.UnknownRegister, match="HCRR_EL2"):
        registers.mismatches([registers.Register("HcrrEl2", "HCRR_EL2", (3, 4, 1, 1, 0))])


@pytest.mark.verifies("LLR-711", "LLR-733")
def test_an_access_that_the_register_does_not_allow_is_found():
    read_only = registers.Register("MidrEl1", "MIDR_EL1", (3, 0, 0, 0, 0), "kReadOnly")
    assert registers.mismatches([read_only]) == []
    with pytest.raises(registers.UnknownRegister, match="msr MIDR_EL1"):
        registers.mismatches([replace(read_only, access="kReadWrite")])
