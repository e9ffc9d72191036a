# SPDX-License-Identifier: Apache-2.0
# implements: LLR-693
"""Runs cppcheck, clang-tidy and the compilers, and turns their output into findings and parse failures."""

from __future__ import annotations

import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from verify.misra import ast_checks, own_checks
from verify.misra.findings import Finding, ParseFailure, Sources

GCC = "aarch64-linux-gnu-g++-12"
CLANG = "clang++-19"
CLANG_TIDY = "clang-tidy-19"
CPPCHECK = "cppcheck"
JOBS = 2
LANGUAGE_FLAGS = ("-std=c++17", "-ffreestanding", "-fno-exceptions", "-fno-rtti", "-ffixed-x18")
CLANG_FLAGS = ("--target=aarch64-linux-gnu", *LANGUAGE_FLAGS)
DIAGNOSTIC = re.compile(
    r"^(?P<path>[^:\n]+):(?P<line>\d+):(?P<column>\d+): (?P<kind>warning|error|fatal error): (?P<text>.*?)"
    r"(?: \[(?P<ids>[^\]\s]+)\])?$", re.MULTILINE)
CPPCHECK_FAILURES = {"syntaxError", "internalError", "internalAstError", "cppcheckError", "unknownMacro",
                     "preprocessorErrorDirective", "instantiationError", "noValidConfiguration"}
CPPCHECK_LINE = re.compile(r"^@@(?P<path>.*?)@(?P<line>\d+)@(?P<column>\d+)@(?P<id>[^@]*)@(?P<text>.*)$", re.MULTILINE)
# Options of clang-tidy checks; each makes a check report what guidelines.yml says of it.
TIDY_CONFIG = """{CheckOptions: {
 misc-non-private-member-variables-in-classes.IgnoreClassesWithAllMemberVariablesBeingPublic: true,
 cppcoreguidelines-special-member-functions.AllowSoleDefaultDtor: true,
 readability-braces-around-statements.ShortStatementLines: 0,
 hicpp-signed-bitwise.IgnorePositiveIntegerLiterals: true,
 bugprone-unused-return-value.CheckedFunctions: ".*", bugprone-unused-return-value.AllowCastToVoid: true}}"""


def version(program: str) -> str:
    done = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)
    lines = [line.strip() for line in done.stdout.splitlines() if "ersion" in line or re.search(r"\d+\.\d+", line)]
    return lines[0] if lines else "unknown"


def versions() -> dict[str, str]:
    return {"gcc": version(GCC), "clang": version(CLANG), "clang-tidy": version(CLANG_TIDY),
            "cppcheck": version(CPPCHECK), "own": "this repository"}


def run_all(sources: Sources, checks: set[str]) -> tuple[list[Finding], list[ParseFailure]]:
    """Every check named `tool:id`, over all units and what they include."""
    by_tool: dict[str, set[str]] = {}
    for check in checks:
        tool, identifier = check.split(":", 1)
        by_tool.setdefault(tool, set()).add(identifier)
    findings: list[Finding] = []
    failures: list[ParseFailure] = []
    for tool, runner in (("gcc", run_gcc), ("clang", run_clang), ("clang-tidy", run_clang_tidy),
                         ("cppcheck", run_cppcheck), ("own", run_own)):
        if tool in by_tool:
            found, failed = runner(sources, by_tool[tool])
            findings += found
            failures += failed
    return sorted(set(findings)), sorted(set(failures))


def include_flags(sources: Sources) -> list[str]:
    return [f"-I{path}" for path in sources.includes]


def command_output(command: list) -> str:
    done = subprocess.run([str(part) for part in command], check=False, capture_output=True, text=True)
    return done.stdout + done.stderr


def over_units(sources: Sources, make_command) -> list[tuple[Path, str]]:
    with ThreadPoolExecutor(JOBS) as pool:
        outputs = list(pool.map(lambda unit: command_output(make_command(unit)), sources.units))
    return list(zip(sources.units, outputs, strict=True))


def diagnostics(sources: Sources, tool: str, enabled: set[str],
                outputs: list[tuple[Path, str]]) -> tuple[list[Finding], list[ParseFailure]]:
    findings: list[Finding] = []
    failures: list[ParseFailure] = []
    for unit, output in outputs:
        for match in DIAGNOSTIC.finditer(output):
            if match["kind"] != "warning":
                failures.append(ParseFailure(unit.relative_to(sources.root).as_posix(), tool, match["text"]))
                continue
            name = sources.relative(match["path"])
            for identifier in (match["ids"] or "").split(","):
                identifier = identifier.removeprefix("-W")
                if name and identifier in enabled:
                    findings.append(Finding(name, int(match["line"]), int(match["column"]), f"{tool}:{identifier}",
                                            match["text"]))
    return findings, failures


def run_gcc(sources: Sources, enabled: set[str]) -> tuple[list[Finding], list[ParseFailure]]:
    # Optimised, since flow-sensitive warnings need it; nothing is written.
    flags = [f"-W{name.rstrip('=')}" for name in sorted(enabled)]
    return diagnostics(sources, "gcc", enabled, over_units(sources, lambda unit: [
        GCC, *LANGUAGE_FLAGS, "-mgeneral-regs-only", "-O2", *flags, *include_flags(sources), "-xc++", "-c", "-o", "/dev/null", unit]))


def run_clang(sources: Sources, enabled: set[str]) -> tuple[list[Finding], list[ParseFailure]]:
    flags = [f"-W{name}" for name in sorted(enabled)]
    return diagnostics(sources, "clang", enabled, over_units(sources, lambda unit: [
        CLANG, *CLANG_FLAGS, "-fsyntax-only", *flags, *include_flags(sources), "-xc++", unit]))


def run_clang_tidy(sources: Sources, enabled: set[str]) -> tuple[list[Finding], list[ParseFailure]]:
    checks = "-*," + ",".join(sorted(enabled))
    findings, failures = diagnostics(sources, "clang-tidy", enabled, over_units(sources, lambda unit: [
        CLANG_TIDY, "--quiet", f"--checks={checks}", "--header-filter=.*", f"--config={TIDY_CONFIG}", unit, "--",
        *CLANG_FLAGS, *include_flags(sources), "-xc++"]))
    return [finding for finding in findings if not is_case_label(sources, finding)], failures


def is_case_label(sources: Sources, finding: Finding) -> bool:
    """A call in the constant of a case label has its result used; clang-tidy 19 thinks otherwise."""
    if finding.check != "clang-tidy:bugprone-unused-return-value":
        return False
    line = (sources.root / finding.path).read_text(encoding="utf-8").splitlines()[finding.line - 1]
    return line.lstrip().startswith("case ")


def run_cppcheck(sources: Sources, enabled: set[str]) -> tuple[list[Finding], list[ParseFailure]]:
    if not sources.units:
        return [], []
    with tempfile.TemporaryDirectory() as folder:
        # The dump files of the addon land beside the build folder's analysis, not beside the sources.
        output = command_output([
            CPPCHECK, "--language=c++", "--std=c++17", "--platform=unix64", "--enable=style", "--addon=misra", "--quiet",
            f"--cppcheck-build-dir={folder}", "--suppress=missingIncludeSystem",
            "--template=@@{file}@{line}@{column}@{id}@{message}", *include_flags(sources), *sources.units])
    findings: list[Finding] = []
    failures: list[ParseFailure] = []
    for match in CPPCHECK_LINE.finditer(output):
        name = sources.relative(match["path"])
        if match["id"] in CPPCHECK_FAILURES:
            failures.append(ParseFailure(name or match["path"], "cppcheck", f"{match['id']}: {match['text']}"))
        elif name and match["id"] in enabled:
            findings.append(Finding(name, int(match["line"]), int(match["column"]), f"cppcheck:{match['id']}",
                                    match["id"]))
    return findings, failures


def run_own(sources: Sources, enabled: set[str]) -> tuple[list[Finding], list[ParseFailure]]:
    findings: list[Finding] = []
    for path in sources.all_files:
        findings += own_checks.check_file(path, path.relative_to(sources.root).as_posix(), enabled)
    in_tree, failures = ast_checks.run(sources, enabled, [*CLANG_FLAGS, *include_flags(sources)])
    return findings + in_tree, failures
