# SPDX-License-Identifier: Apache-2.0
# implements: LLR-691
"""The report's own tests: every check fires on its probe and stays quiet on the clean twin; nothing passes unparsed."""

from pathlib import Path

import pytest

from verify.misra import guidelines, tools
from verify.misra.findings import Sources

PROBES = Path(__file__).resolve().parent / "probes"
GUIDELINES, REVIEWED = guidelines.load_guidelines()
CHECKS = sorted({check for guideline in GUIDELINES.values() for check in guideline.checks})
# These look at headers, which a tool tells by the file's name.
SUFFIXES = {".cpp", ".hpp"}


@pytest.fixture(scope="module")
def probe_findings() -> set[tuple[str, str]]:
    """Each tool's checks over that tool's probes: pairs of file name and check."""
    fired: set[tuple[str, str]] = set()
    for tool in guidelines.TOOLS:
        files = tuple(sorted(path for path in PROBES.glob(f"{tool}.*") if path.suffix in SUFFIXES))
        checks = {check for check in CHECKS if check.startswith(f"{tool}:")}
        findings, _ = tools.run_all(Sources(root=PROBES, units=files, headers=()), checks)
        fired |= {(finding.path, finding.check) for finding in findings}
    return fired


def probe(check: str, kind: str) -> str:
    stem = check.replace(":", ".", 1)
    found = [path.name for path in PROBES.glob(f"{stem}.{kind}.*")]
    assert len(found) == 1, f"{check} has no {kind} probe"
    return found[0]


@pytest.mark.verifies("LLR-691")
@pytest.mark.parametrize("check", CHECKS)
def test_a_check_fires_on_its_probe_only(check: str, probe_findings: set[tuple[str, str]]):
    assert (probe(check, "violation"), check) in probe_findings, "the check does not fire"
    assert (probe(check, "clean"), check) not in probe_findings, "the check fires on the clean twin"


@pytest.mark.verifies("LLR-691")
def test_every_probe_belongs_to_a_check():
    stems = {path.name.rsplit(".", 2)[0] for path in PROBES.iterdir()}
    assert stems == {check.replace(":", ".", 1) for check in CHECKS}
