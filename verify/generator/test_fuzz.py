# SPDX-License-Identifier: Apache-2.0
"""Whatever is in the file, the answer is diagnostics, never a traceback; and the JSON Schema takes
exactly the shapes that the model takes."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.check.runner import Checked, check_file
from generator.diagnostics import Diagnostics
from generator.load import Mapping, Scalar, Tree, load
from generator.rules import registered
from generator.schema import json_schema
from verify.generator.systems import HERE

EXAMPLE = HERE / "valid" / "contract" / "cockpit.yaml"
TEXTS = [file.read_text("utf-8", "replace") for file in sorted((HERE / "invalid").glob("BH-*.yaml"))]
TEXTS += [EXAMPLE.read_text()] * 40

relaxed = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def plain(tree: Tree) -> Any:
    """The tree as text, mappings and lists."""
    if isinstance(tree, Scalar):
        return tree.text
    if isinstance(tree, Mapping):
        return {key: plain(value) for key, value in tree.entries.items()}
    return [plain(item) for item in tree.items]


def example() -> Any:
    tree, _ = load(str(EXAMPLE), Diagnostics())
    assert tree is not None
    return plain(tree)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's folder, where files can be written."""
    path = tmp_path_factory.mktemp("fuzz") / "contract"
    shutil.copytree(EXAMPLE.parent, path)
    return path


def check_bytes(folder: Path, content: bytes) -> Checked:
    file = folder / "fuzzed.yaml"
    file.write_bytes(content)
    checked = check_file(str(file))
    known = {rule.id for rule in registered()}
    for item in checked.diagnostics.sorted():
        assert item.rule in known
        assert item.message and item.hint and "\n" not in item.message
        assert item.line >= 1 and item.column >= 1
    checked.diagnostics.as_text()
    json.dumps(checked.diagnostics.as_json_list())
    return checked


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        found += paths(inner, (*path, step))
    return found


WORDS = sorted(
    {word for path in paths(example()) for word in path if isinstance(word, str)}
    | {
        *("null", "none", "true", "yes", "0", "1", "9", "010", "0x40000000", "0x3", "4 KiB", "1 MB"),
        *("10 ms", "0 ns", "100 MHz", "2-3", "3-2", "0-9", "any", "rest", "~", "uart0", "gem3", "gic"),
        *("ttc0", "warm-restart", "arinc653", "rtds", "shared-memory", "direct", "identity", "-1", "1e9"),
        *("18446744073709551615", "99999999999999999999", "0xFFFFFFFFFFFFFFFF", "é", "a b", "zcu102"),
        *("virt-gicv2", "virt-gicv3", "navigation", "radio", "8 B", "16777216 GiB", "SIL 3", "QM", "C"),
    }
)
scalars = st.sampled_from(WORDS) | st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufeff\u2028\u2029\x85"), max_size=12
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def changed_example(draw: st.DrawFn) -> Any:
    """The example with a few values replaced, removed, added or moved."""
    tree = copy.deepcopy(example())
    for _ in range(draw(st.integers(1, 3))):
        every = paths(tree)
        if not every:
            break
        *above, last = draw(st.sampled_from(every))
        container = tree
        for step in above:
            container = container[step]
        act = draw(st.sampled_from(["replace", "scalar", "remove", "add", "swap"]))
        if act == "replace":
            container[last] = draw(values)
        elif act == "scalar":
            container[last] = draw(scalars)
        elif act == "remove":
            del container[last]
        elif act == "add" and isinstance(container, dict):
            container[draw(st.sampled_from(WORDS))] = draw(values)
        elif act == "swap":
            *other, step = draw(st.sampled_from(every))
            source = tree
            try:
                for part in [*other, step]:
                    source = source[part]
                container[last] = copy.deepcopy(source)
            except (KeyError, IndexError, TypeError):
                pass
    return tree


@pytest.mark.verifies("HLR-001", "HLR-002")
@relaxed
@given(tree=changed_example())
def test_changed_example(folder: Path, tree: Any) -> None:
    check_bytes(folder, json.dumps(tree, ensure_ascii=False).encode())


@pytest.mark.verifies("HLR-001")
@relaxed
@given(content=st.binary(max_size=200))
def test_any_bytes(folder: Path, content: bytes) -> None:
    assert not check_bytes(folder, content).ok


@pytest.mark.verifies("HLR-001")
@relaxed
@given(
    text=st.sampled_from(TEXTS),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.text(max_size=8)), min_size=1, max_size=3),
)
def test_damaged_text(folder: Path, text: str, cuts: list[tuple[float, int, str]]) -> None:
    for where, length, inserted in cuts:
        start = int(where * len(text))
        text = text[:start] + inserted + text[start + length :]
    check_bytes(folder, text.encode("utf-8", "surrogatepass"))


VALIDATOR = jsonschema.Draft202012Validator(json_schema())
# These judge what a value says, not how it is written.
NOT_SHAPE = {"BH-KEY-017", "BH-CPU-002"}


def shape_findings(checked: Checked) -> set[str]:
    found = set()
    for item in checked.diagnostics.sorted():
        shape = item.rule.startswith("BH-KEY") or item.rule in ("BH-NAM-001", "BH-CPU-001")
        backwards = item.rule == "BH-CPU-001" and ": 3-2" in item.message
        if shape and item.rule not in NOT_SHAPE and not backwards:
            found.add(f"{item.rule} {item.message}")
        if item.rule == "BH-YML-016":
            found.add(item.message)
    return found


@pytest.mark.verifies("HLR-001")
@settings(relaxed, max_examples=600)
@given(tree=changed_example())
def test_schema_takes_what_the_model_takes(folder: Path, tree: Any) -> None:
    if "include" in tree:
        return  # the loader's own; the schema sees one file
    found = shape_findings(check_bytes(folder, json.dumps(tree, ensure_ascii=False).encode()))
    error = jsonschema.exceptions.best_match(VALIDATOR.iter_errors(tree))
    assert bool(found) == (error is not None), (found, error and (error.json_path, error.message))


def test_schema_is_valid_and_takes_the_example() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert not list(VALIDATOR.iter_errors(example()))


def test_schema_takes_yaml_types_of_an_editor() -> None:
    tree = example()
    tree["format"] = 1
    tree["partitions"]["instruments"]["cpus"] = 0
    tree["partitions"]["radio"]["cpus"] = [1]
    tree["channels"]["frame"]["doorbell"] = True
    tree["cpus"]["0"]["scheduler"] = None
    tree["x-mine"] = {"anything": 1}
    assert not list(VALIDATOR.iter_errors(tree))
