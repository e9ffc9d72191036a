# SPDX-License-Identifier: Apache-2.0
# implements: LLR-501, LLR-502
"""First stage: the text of the YAML files becomes a tree in which each value knows its place.

Scalars stay text. The tree is built from parser events, without recursion, so that anchors, tags,
duplicate keys and depth are seen and no input can overflow the stack.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Callable, Union

import yaml

from generator.check import yaml_text
from generator.diagnostics import Diagnostics, Finding, Place

MAXIMUM_DEPTH = 24
MAXIMUM_BYTES = 4 << 20
MAXIMUM_VALUES = 200_000

# libyaml's parser where PyYAML was built with it (Debian's is): ten times faster.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Scalar:
    """A single value as written; `quoted` tells `"null"` from `null`."""

    text: str
    place: Place
    quoted: bool = False


@dataclass
class Mapping:
    """Keys in the order of the file. `key_places` is where each key stands."""

    place: Place
    entries: dict[str, "Tree"] = field(default_factory=dict)
    key_places: dict[str, Place] = field(default_factory=dict)


@dataclass
class Sequence:
    place: Place
    items: list["Tree"] = field(default_factory=list)


Tree = Union[Scalar, Mapping, Sequence]


class SourceNotFound(Exception):
    """The file named on the command line is not there: a matter of usage, not of its content."""


class _Builder:
    """Turns the events of one file into a tree."""

    def __init__(self, file: str, report: Callable[[Callable[..., Finding], object], None]):
        self._file = file
        self._report = report
        self._stack: list[tuple[Mapping | Sequence, tuple[str, Place] | None]] = []
        self._root: Tree | None = None
        self._documents = 0
        self._values = 0
        self._skip_depth = 0
        self._too_large = False

    def build(self, text: str) -> Tree | None:
        try:
            for event in yaml.parse(text, Loader=_LOADER):
                self._take(event)
                if self._too_large:
                    return None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = error.problem or "unknown problem"
            if error.context_mark and "end of stream" in problem:  # what is never closed begins there
                mark, problem = error.context_mark, f"{error.context}, {problem}"
            place = self._place(mark) if mark else Place(self._file)
            self._report(yaml_text.syntax, place, problem)
            return None
        except yaml.reader.ReaderError as error:
            self._report(yaml_text.unreadable, self._reader_place(text, error), error.reason)
            return None
        return self._root

    def _reader_place(self, text: str, error: yaml.reader.ReaderError) -> Place:
        before = text[: error.position] if isinstance(error.position, int) else ""
        return Place(self._file, before.count("\n") + 1, len(before) - before.rfind("\n"))

    def _place(self, mark: yaml.Mark) -> Place:
        return Place(self._file, mark.line + 1, mark.column + 1)

    def _take(self, event: yaml.Event) -> None:
        place = self._place(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents == 2:
                self._report(yaml_text.second_document, place)
        elif self._documents > 1:
            return
        elif isinstance(event, yaml.AliasEvent):
            self._report(yaml_text.anchor, place, "*" + event.anchor)
            self._add(Scalar("*" + event.anchor, place, quoted=True))
        elif isinstance(event, yaml.NodeEvent):
            self._take_node(event, place)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._close()

    def _take_node(self, event: yaml.NodeEvent, place: Place) -> None:
        self._values += 1
        if self._values > MAXIMUM_VALUES:
            self._too_large = True
            self._report(yaml_text.too_large, place, f"over {MAXIMUM_VALUES:,} values")
            return
        if event.anchor is not None:
            self._report(yaml_text.anchor, place, "&" + event.anchor)
        if event.tag is not None:
            self._report(yaml_text.tag, place, event.tag)
        if isinstance(event, yaml.ScalarEvent):
            # libyaml's binding says "" for a plain scalar, PyYAML's own parser None.
            self._add(Scalar(event.value, place, quoted=event.style not in (None, "")))
        elif isinstance(event, yaml.MappingStartEvent):
            self._open(Mapping(place))
        else:
            self._open(Sequence(place))

    def _open(self, container: Mapping | Sequence) -> None:
        if self._skip_depth or len(self._stack) >= MAXIMUM_DEPTH:
            if not self._skip_depth:
                self._report(yaml_text.too_deep, container.place, MAXIMUM_DEPTH)
                self._add(Scalar("", container.place, quoted=True))
            self._skip_depth += 1
            return
        if self._stack and isinstance(self._stack[-1][0], Mapping) and self._stack[-1][1] is None:
            # A mapping or list as a key: its content is read and dropped.
            self._report(yaml_text.key_not_a_word, container.place)
            self._stack[-1] = (self._stack[-1][0], ("", container.place))
            self._skip_depth = 1
            return
        self._add(container)
        self._stack.append((container, None))

    def _close(self) -> None:
        if self._skip_depth:
            self._skip_depth -= 1
        else:
            self._stack.pop()

    def _add(self, value: Tree) -> None:
        if self._skip_depth:
            return
        if not self._stack:
            self._root = value
            return
        container, key = self._stack[-1]
        if isinstance(container, Sequence):
            self._check_value(value, "an entry of this list")
            container.items.append(value)
        elif key is None:
            self._stack[-1] = (container, self._key(value))
        else:
            self._stack[-1] = (container, None)
            self._enter(container, key, value)

    def _key(self, value: Tree) -> tuple[str, Place]:
        assert isinstance(value, Scalar)  # containers as keys never get here
        if value.text == "" and not value.quoted:
            self._report(yaml_text.key_not_a_word, value.place)
        return value.text, value.place

    def _enter(self, container: Mapping, key: tuple[str, Place], value: Tree) -> None:
        name, place = key
        if name == "":
            return
        if name == "<<":
            self._report(yaml_text.merge_key, place)
        elif name in container.entries:
            self._report(yaml_text.duplicate_key, place, name, container.key_places[name])
        else:
            if len(self._stack) > 1 or not name.startswith("x-"):
                self._check_value(value, f"`{name}`")
            container.entries[name] = value
            container.key_places[name] = place

    def _check_value(self, value: Tree, what: str) -> None:
        if isinstance(value, Scalar) and value.text == "" and not value.quoted:
            self._report(yaml_text.missing_value, value.place, what)


def _without_tabs(text: str) -> str:
    """A line that tabs indent goes where the line before would have it: beside that, or below if that one opens a block. The next
    one with as many tabs goes to the same place."""
    lines = []
    level = ""
    known: dict[int, str] = {}
    for line in text.split("\n"):
        content = line.lstrip(" \t")
        indent = line[: len(line) - len(content)]
        if tabs := indent.count("\t"):
            indent = known.setdefault(tabs, level)
        if content and not content.startswith("#"):
            level = indent + ("  " if content.split(" #")[0].rstrip().endswith(":") else "")
        lines.append(indent + content.replace("\t", "  "))
    return "\n".join(lines)


class Loader:
    """Reads a file and what it includes; `root` is the merged top-level mapping."""

    def __init__(self, diagnostics: Diagnostics):
        self._diagnostics = diagnostics
        self._reading: list[str] = []
        self._included: set[str] = set()
        self._layout_is_guessed = False
        self.files: list[str] = []

    def _report(self, function: Callable[..., Finding], *facts: object) -> None:
        if function is yaml_text.syntax and self._layout_is_guessed:
            return
        self._diagnostics.add(function.rule.diagnose(function(*facts)))  # type: ignore[attr-defined]

    def load(self, file: str) -> Mapping | None:
        """The tree of `file`; SourceNotFound if it is not there at all."""
        try:
            text = self._read(file)
        except OSError as error:
            raise SourceNotFound(f"{file}: {error.strerror or error}") from error
        return self._load_text(file, text)

    def _read(self, file: str) -> bytes:
        with open(file, "rb") as handle:
            return handle.read(MAXIMUM_BYTES + 1)

    def _load_text(self, file: str, data: bytes) -> Mapping | None:
        self.files.append(file)
        if len(data) > MAXIMUM_BYTES:
            self._report(yaml_text.too_large, Place(file), "over 4 MiB")
            return None
        text = self._decode(file, data)
        if text is None:
            return None
        if self._tabs(file, text):
            # Some width is needed to go on; what the parser then says of the layout is guesswork.
            text = _without_tabs(text)
            self._layout_is_guessed = True
        tree = _Builder(file, self._report).build(text)
        if tree is None or (isinstance(tree, Scalar) and tree.text == ""):
            if not any(item.file == file for item in self._diagnostics.items):
                self._report(yaml_text.empty_file, Place(file))
            return None
        if not isinstance(tree, Mapping):
            self._report(yaml_text.not_a_mapping, tree.place)
            return None
        return self._merge_includes(file, tree)

    def _decode(self, file: str, data: bytes) -> str | None:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = data[: error.start]
            line = before.count(b"\n") + 1
            column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
            byte = data[error.start]
            self._report(
                yaml_text.unreadable, Place(file, line, column), f"byte 0x{byte:02x} is not UTF-8"
            )
            return None
        return text

    def _tabs(self, file: str, text: str) -> bool:
        found = False
        for number, line in enumerate(text.split("\n"), start=1):
            # A tab inside a comment harms nobody.
            column = line.find("\t")
            if column >= 0 and "#" not in line[:column]:
                self._report(yaml_text.tab, Place(file, number, column + 1))
                found = True
        return found

    def _merge_includes(self, file: str, tree: Mapping) -> Mapping:
        merged = Mapping(tree.place)
        self._reading.append(os.path.realpath(file))
        for name in self._include_names(tree):
            part = self._load_include(file, name)
            if part is not None:
                self._merge(merged, part)
        self._reading.pop()
        self._merge(merged, tree)
        return merged

    def _include_names(self, tree: Mapping) -> list[Scalar]:
        listed = tree.entries.pop("include", None)
        if listed is None:
            return []
        if not isinstance(listed, Sequence):
            self._report(yaml_text.include_not_a_list, listed.place)
            return []
        names = []
        for item in listed.items:
            if isinstance(item, Scalar) and item.text:
                names.append(item)
            else:
                self._report(yaml_text.include_not_a_list, item.place)
        return names

    def _load_include(self, file: str, name: Scalar) -> Mapping | None:
        path = os.path.join(os.path.dirname(file), name.text)
        if "\0" in path:
            self._report(yaml_text.include_missing, name.place, "\\0", "no file has such a name")
            return None
        if os.path.realpath(path) in self._reading:
            self._report(yaml_text.include_cycle, name.place, name.text)
            return None
        if os.path.realpath(path) in self._included:
            return None  # two files may both need a third
        self._included.add(os.path.realpath(path))
        try:
            data = self._read(path)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self._report(yaml_text.include_missing, name.place, name.text, why)
            return None
        return self._load_text(path, data)

    def _merge(self, merged: Mapping, part: Mapping) -> None:
        for key, value in part.entries.items():
            if key.startswith("x-"):
                continue
            place = part.key_places[key]
            if key in merged.entries:
                first = merged.key_places[key]
                self._report(yaml_text.key_in_two_files, place, key, first)
                continue
            merged.entries[key] = value
            merged.key_places[key] = place


def load(file: str, diagnostics: Diagnostics) -> tuple[Mapping | None, list[str]]:
    """The merged tree of `file`, and the files it was read from."""
    loader = Loader(diagnostics)
    return loader.load(file), loader.files
