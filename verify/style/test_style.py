# SPDX-License-Identifier: Apache-2.0
"""The form of every tracked source, and that each rule fires on a file that breaks it."""

from pathlib import Path

import pytest

from verify.style import sources


def under(path: Path, root: Path, *folders: str) -> bool:
    return any(path.is_relative_to(root / folder) for folder in folders)


@pytest.mark.verifies("LLR-713")
def test_every_source_has_its_licence_line_and_length(root: Path):
    found = [error for path in sources.tracked_files(root)
             for error in sources.licence_errors(path) + sources.length_errors(path) + sources.open_errors(path)]
    assert found == []


@pytest.mark.verifies("LLR-713")
def test_no_feature_conditionals(root: Path):
    found = [error for path in sources.tracked_files(root) if under(path, root, "kernel", "partitions/runtime")
             for error in sources.conditional_errors(path)]
    assert found == []


@pytest.mark.verifies("LLR-713")
def test_wording_of_generated_text(root: Path):
    found = [error for path in sources.tracked_files(root) if under(path, root, "generator", "kernel", "verify/misra")
             for error in sources.wording_errors(path)]
    assert found == []


@pytest.mark.verifies("LLR-713")
def test_no_machine_paths(root: Path):
    assert [error for path in sources.tracked_files(root) for error in sources.path_errors(path)] == []


@pytest.mark.verifies("LLR-713")
def test_readmes(root: Path):
    assert sources.readme_errors(root, sources.tracked_files(root)) == []


@pytest.mark.verifies("LLR-713")
@pytest.mark.parametrize("rule, name, text", [
    (sources.licence_errors, "a.cpp", "int a;\n"),
    (sources.length_errors, "a.cpp", "\n" * 601),
    (sources.conditional_errors, "a.cpp", "#if FEATURE_X\n#endif\n"),
    (sources.conditional_errors, "a.cpp", "#  ifdef DEBUG\n#endif\n"),
    (sources.wording_errors, "a.j2", "This is " + "sa" + "fe.\n"),
    (sources.wording_errors, "a.py", "print('Certif" + "ied')\n"),
    (sources.wording_errors, "a.cpp", 'const char* t = "prov' + 'en";\n'),
    (sources.path_errors, "a.md", "see /" + "root/x\n"),
    (sources.open_errors, "a.py", "# TO" + "DO later\n"),
])
def test_a_broken_file_is_named(tmp_path: Path, rule, name: str, text: str):
    path = tmp_path / name
    path.write_text(text)
    assert rule(path)


@pytest.mark.verifies("LLR-713")
@pytest.mark.parametrize("rule, name, text", [
    (sources.licence_errors, "a.cpp", f"// {sources.LICENCE}\n"),
    (sources.length_errors, "a.cpp", "\n" * 600),
    (sources.conditional_errors, "a.hpp", "#ifndef BULKHEAD_A_HPP_\n#ifdef __ASSEMBLER__\n#endif\n#endif\n"),
    (sources.wording_errors, "a.py", '"""A docstring may say ' + "sa" + 'fe."""\nimport yaml\nyaml.safe_load("")\n'),
    (sources.wording_errors, "a.cpp", "// a comment may say sa" + "fe\n"),
])
def test_a_right_file_is_quiet(tmp_path: Path, rule, name: str, text: str):
    path = tmp_path / name
    path.write_text(text)
    assert rule(path) == []


@pytest.mark.verifies("LLR-713")
def test_a_missing_or_long_readme_is_named(tmp_path: Path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    source = tmp_path / "a" / "b" / "c.py"
    source.write_text("")
    (tmp_path / "a" / "README.md").write_text("\n" * 16)
    errors = sources.readme_errors(tmp_path, [source])
    assert "a: " not in errors and "a/README.md: more than 15 lines" in errors and "a/b: no README.md" in errors


@pytest.mark.verifies("LLR-713")
def test_links_of_the_documents_lead_somewhere(root: Path):
    documents = [path for path in sources.tracked_files(root) if path.suffix == ".md"]
    assert [error for path in documents for error in sources.link_errors(path)] == []


@pytest.mark.verifies("LLR-713")
def test_a_dead_link_is_named(tmp_path: Path):
    page = tmp_path / "a.md"
    page.write_text("[b](b.md) [c](https://example.org) [d](a.md#x)\n")
    assert sources.link_errors(page) == [f"{page}:1: no file b.md"]
