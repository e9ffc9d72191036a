# SPDX-License-Identifier: Apache-2.0
# implements: LLR-503, LLR-504
"""The types of the YAML's values. Each reads a tree, states its JSON Schema and describes itself.

The model's dataclasses name a type for each field; reading, JSON Schema and the manual's key table
are all derived from that one statement, so they cannot drift apart.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Callable, Iterable

from generator.check import shape
from generator.diagnostics import Diagnostics, Finding, Place
from generator.load import Mapping, Scalar, Sequence, Tree
from generator.rules import nearest

NOWHERE = Place("(default)")


class Broken(Exception):
    """A value was not readable; its finding is already reported."""


class Number(int):
    """A whole number (bytes, ns, Hz, address, count) that knows its place."""

    place: Place = NOWHERE
    defaulted = False


class Text(str):
    """A word or text that knows its place."""

    place: Place = NOWHERE
    defaulted = False


class Flag(int):
    """`true` or `false` with its place (bool cannot be derived from)."""

    place: Place = NOWHERE
    defaulted = False

    def __repr__(self) -> str:
        return "true" if self else "false"

    __str__ = __repr__


class List(tuple):  # type: ignore[type-arg]
    """An immutable list that knows its place."""

    place: Place = NOWHERE
    defaulted = False


class Table(dict):  # type: ignore[type-arg]
    """A mapping of names (with places) to values; `broken` holds names whose value was unreadable."""

    place: Place = NOWHERE
    defaulted = False
    broken: frozenset[str] = frozenset()

    @property
    def names(self) -> set[str]:
        """Every name that the file declares, readable or not."""
        return set(self) | self.broken

    def key(self, name: str) -> Text:
        """The name itself, with the place where it stands."""
        return next(key for key in self if key == name)


def placed(value: Any, place: Place, defaulted: bool = False) -> Any:
    value.place = place
    value.defaulted = defaulted
    return value


class Reader:
    """Carries the diagnostics through the reading of one system."""

    def __init__(self, diagnostics: Diagnostics, stage: str):
        self._diagnostics = diagnostics
        self._stage = stage

    def report(self, function: Callable[..., Finding], *facts: object) -> None:
        entry = function.rule  # type: ignore[attr-defined]
        self._diagnostics.add(entry.diagnose(function(*facts), self._stage))

    def refuse(self, function: Callable[..., Finding], *facts: object) -> Broken:
        self.report(function, *facts)
        return Broken()


def kind_of(tree: Tree) -> str:
    """What stands there, in the words of a message."""
    if isinstance(tree, Mapping):
        return "a mapping"
    if isinstance(tree, Sequence):
        return "a list"
    return f"`{tree.text}`"


def due(reader: Reader, tree: Tree, function: Callable[..., Finding], where: str, right: str) -> Broken:
    """Another kind of value is due here; a missing value was reported by the loader."""
    if isinstance(tree, Scalar) and tree.text == "" and not tree.quoted:
        return Broken()
    return reader.refuse(function, tree.place, where, kind_of(tree), right)


class Type:
    """Base of all types."""

    word = ""
    unit = ""
    example = "..."

    def read(self, reader: Reader, tree: Tree, where: str) -> Any:
        raise NotImplementedError

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def inner(self) -> Iterable[tuple[str, "Type"]]:
        """Types below this one, with the path step that leads there, for the key table."""
        return ()


class ScalarType(Type):
    """A single value whose text matches a pattern."""

    pattern = r".+"
    native: tuple[str, ...] = ()  # JSON types an editor may see instead of text

    def read(self, reader: Reader, tree: Tree, where: str) -> Any:
        if not isinstance(tree, Scalar):
            raise reader.refuse(shape.single_value_due, tree.place, where, kind_of(tree))
        if tree.text == "":
            if tree.quoted:
                reader.report(shape.empty_text, tree.place, where)
            raise Broken()
        return placed(self.parse(reader, tree, where), tree.place)

    def parse(self, reader: Reader, scalar: Scalar, where: str) -> Any:
        raise NotImplementedError

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        text = {"type": "string", "pattern": f"^(?:{self.pattern})$"}
        if not self.native:
            return text
        return {"anyOf": [text, *({"type": native} for native in self.native)]}


class TextType(ScalarType):
    word = "text"
    pattern = r"[\s\S]+"
    native = ("number", "boolean")

    def __init__(self, word: str = "text"):
        self.word = word

    def parse(self, reader: Reader, scalar: Scalar, where: str) -> Text:
        return Text(scalar.text)


class NameType(ScalarType):
    word = "name"
    pattern = r"[a-z][a-z0-9_-]{0,30}"
    native = ()

    def parse(self, reader: Reader, scalar: Scalar, where: str) -> Text:
        if not re.fullmatch(self.pattern, scalar.text):
            raise reader.refuse(shape.name, scalar.place, where, scalar.text)
        return Text(scalar.text)


class ChoiceType(ScalarType):
    def __init__(self, *words: str, native: tuple[str, ...] = ()):
        self.words = words
        self.word = " \\| ".join(words)
        self.pattern = "|".join(re.escape(word) for word in words)
        self.native = native

    def parse(self, reader: Reader, scalar: Scalar, where: str) -> Text:
        if scalar.text not in self.words:
            raise reader.refuse(shape.choice, scalar.place, where, scalar.text, self.words)
        return Text(scalar.text)


class SchedulerType(ChoiceType):
    """`null`, `"null"` and `~` all mean the null scheduler."""

    def __init__(self) -> None:
        super().__init__("null", "arinc653", "rtds", native=("null",))
        self.pattern = "null|~|arinc653|rtds"

    def parse(self, reader: Reader, scalar: Scalar, where: str) -> Text:
        if scalar.text == "~":
            return Text("null")
        return super().parse(reader, scalar, where)


class BooleanType(ScalarType):
    word = "true \\| false"
    pattern = "true|false"
    native = ("boolean",)

    def parse(self, reader: Reader, scalar: Scalar, where: str) -> Flag:
        if scalar.text not in ("true", "false"):
            raise reader.refuse(shape.boolean, scalar.place, where, scalar.text)
        return Flag(scalar.text == "true")


def _bounded(reader: Reader, digits: str, factor: int, scalar: Scalar, where: str) -> Number:
    # Python converts no more than some thousand digits; 20 are too many already.
    if len(digits) > 20 or int(digits) * factor >= 1 << 64:
        raise reader.refuse(shape.number_too_large, scalar.place, where, scalar.text)
    return Number(int(digits) * factor)


_DIGITS = r"(?:0|[1-9][0-9]*)"


class IntegerType(ScalarType):
    word = "whole number"
    pattern = _DIGITS
    native = ("integer",)

    def parse(self, reader: Reader, scalar: Scalar, where: str) -> Number:
        if not re.fullmatch(self.pattern, scalar.text, re.ASCII):
            raise reader.refuse(shape.whole_number, scalar.place, where, scalar.text)
        return _bounded(reader, scalar.text, 1, scalar, where)


class AddressType(ScalarType):
    word = "address"
    unit = "0x…"
    pattern = r"0x[0-9a-fA-F]{1,16}"
    native = ("integer",)

    def parse(self, reader: Reader, scalar: Scalar, where: str) -> Number:
        if not re.fullmatch(self.pattern, scalar.text):
            raise reader.refuse(shape.address, scalar.place, where, scalar.text)
        return Number(int(scalar.text, 16))


class UnitType(ScalarType):
    """A whole number with a unit, one optional space between."""

    def __init__(self, word: str, units: dict[str, int], refuse: Callable[..., Finding], usual: str, *example: str):
        self.word = word
        self.usual = usual      # the unit that a hint proposes
        self.example = example  # for `refuse`, where its own does not do
        self.units = units
        self.unit = " ".join(units)
        self.pattern = _DIGITS + " ?(?:" + "|".join(units) + ")"
        self._refuse = refuse

    def parse(self, reader: Reader, scalar: Scalar, where: str) -> Number:
        text = scalar.text
        match = re.fullmatch(f"({_DIGITS}) ?({'|'.join(self.units)})", text)
        if match:
            return _bounded(reader, match.group(1), self.units[match.group(2)], scalar, where)
        if re.fullmatch(r"[0-9]+", text, re.ASCII):
            raise reader.refuse(shape.unit_missing, scalar.place, where, text, ", ".join(self.units), self.usual)
        if self.word == "size" and shape.is_decimal_size(text):
            raise reader.refuse(shape.decimal_size, scalar.place, where, text)
        raise reader.refuse(self._refuse, scalar.place, where, text, *self.example)


class CoreSetType(Type):
    """`2`, `[2, 3]`, `2-3`: a tuple of core numbers in the order written."""

    word = "cores"
    pattern = r"[0-9]{1,3}(?:-[0-9]{1,3})?"

    def read(self, reader: Reader, tree: Tree, where: str) -> List:
        if isinstance(tree, Mapping):
            raise reader.refuse(shape.core_set, tree.place, where, "{...}")
        items = tree.items if isinstance(tree, Sequence) else [tree]
        if not items:
            raise reader.refuse(shape.core_set, tree.place, where, "[]")
        cores: list[Number] = []
        for item in items:
            cores.extend(self._part(reader, item, where))
        seen: set[int] = set()
        for core in cores:
            if core in seen:
                raise reader.refuse(shape.core_twice, core.place, where, core)
            seen.add(core)
        return placed(List(cores), tree.place)

    def _part(self, reader: Reader, item: Tree, where: str) -> list[Number]:
        if not isinstance(item, Scalar):
            raise reader.refuse(shape.core_set, item.place, where, kind_of(item).strip("`"))
        if item.text == "" and not item.quoted:
            raise Broken()
        return self.parse_text(reader, item.text, item.place, where)

    def parse_text(self, reader: Reader, text: str, place: Place, where: str) -> list[Number]:
        match = re.fullmatch(r"([0-9]{1,3})(?:-([0-9]{1,3}))?", text, re.ASCII)
        numbers = [part for part in match.groups() if part is not None] if match else []
        octal = any(len(part) > 1 and part[0] == "0" for part in numbers)
        if not match or octal or int(numbers[0]) > int(numbers[-1]):
            raise reader.refuse(shape.core_set, place, where, text)
        return [placed(Number(n), place) for n in range(int(numbers[0]), int(numbers[-1]) + 1)]

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        part = {
            "anyOf": [
                {"type": "string", "pattern": f"^{self.pattern}$"},
                {"type": "integer", "minimum": 0},
            ]
        }
        return {"anyOf": [*part["anyOf"], {"type": "array", "minItems": 1, "items": part}]}


class ListType(Type):
    def __init__(self, item: Type, one: bool = False):
        self.item = item
        self.one = one  # a single value may stand for a list of one
        self.word = f"list of {item.word}" if item.word else "list"

    def read(self, reader: Reader, tree: Tree, where: str) -> List:
        if not isinstance(tree, Sequence):
            if self.one and isinstance(tree, Scalar):
                return placed(List([self.item.read(reader, tree, where)]), tree.place)
            raise due(reader, tree, shape.list_due, where, f"[{tree.text}]" if isinstance(tree, Scalar) else "[...]")
        items = []
        broken = False
        for entry in tree.items:
            try:
                items.append(self.item.read(reader, entry, where))
            except Broken:
                broken = True
        if broken:
            raise Broken()
        return placed(List(items), tree.place)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        array = {"type": "array", "items": self.item.schema(definitions)}
        return {"anyOf": [self.item.schema(definitions), array]} if self.one else array

    def inner(self) -> Iterable[tuple[str, Type]]:
        yield "[]", self.item


class MapType(Type):
    """Names to values. A value that is unreadable drops out; its name is remembered."""

    def __init__(self, value: Type, names: ScalarType, word: str = "mapping"):
        self.value = value
        self.names = names
        self.word = word

    def read(self, reader: Reader, tree: Tree, where: str) -> Table:
        if not isinstance(tree, Mapping):
            raise due(reader, tree, shape.mapping_due, where, "{NAME: ...}, without `-` before the names")
        table = Table()
        broken = set()
        for key, entry in tree.entries.items():
            place = tree.key_places[key]
            name = None
            try:
                name = self.names.read(reader, Scalar(key, place, quoted=True), where)
            except Broken:
                broken.add(key)
            try:
                value = self.value.read(reader, entry, f"{where}.{key}")
            except Broken:
                broken.add(key)
            else:
                if name is not None:
                    table[name] = value
        table.broken = frozenset(broken)
        return placed(table, tree.place)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^(?:{self.names.pattern})$"},
            "additionalProperties": self.value.schema(definitions),
        }

    def inner(self) -> Iterable[tuple[str, Type]]:
        yield ".*", self.value


class CoreMapType(Type):
    """`cpus:`; keys are sets of cores, and the result maps each core to its value."""

    word = "mapping by cores"

    def __init__(self, value: Type):
        self.value = value

    def read(self, reader: Reader, tree: Tree, where: str) -> Table:
        if not isinstance(tree, Mapping):
            raise due(reader, tree, shape.mapping_due, where, "{CORES: ...}, such as `1: ...` or `2-3: ...`")
        table = Table()
        broken = False
        for key, entry in tree.entries.items():
            try:
                cores = CoreSetType().parse_text(reader, key, tree.key_places[key], where)
                value = self.value.read(reader, entry, f"{where}.{key}")
            except Broken:
                broken = True
                continue
            for core in cores:
                if core in table:
                    reader.report(shape.core_twice, core.place, where, core)
                    broken = True
                table[core] = value
        if broken:
            raise Broken()
        return placed(table, tree.place)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^{CoreSetType.pattern}$"},
            "additionalProperties": self.value.schema(definitions),
        }

    def inner(self) -> Iterable[tuple[str, Type]]:
        yield ".*", self.value


class TreeType(Type):
    """A word whose keys have no table yet: anything is taken as it stands."""

    word = "tree"

    def read(self, reader: Reader, tree: Tree, where: str) -> Tree:
        if isinstance(tree, Scalar) and tree.text == "" and not tree.quoted:
            raise Broken()
        return tree

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        return {}


class StructType(Type):
    """A mapping with known keys: a dataclass of the model. `short` names the key that a single
    value stands for."""

    def __init__(self, model: type, short: str | None = None):
        self.model = model
        self.short = short
        self.word = "mapping" if short is None else f"mapping, or its `{short}`"
        self.fields = {
            item.metadata.get("name", item.name): item
            for item in dataclasses.fields(model)
            if "type" in item.metadata
        }

    def read(self, reader: Reader, tree: Tree, where: str) -> Any:
        if not isinstance(tree, Mapping):
            if self.short is None or isinstance(tree, Sequence) or tree.text == "":
                raise due(reader, tree, shape.mapping_due, where, self._right())
            tree = Mapping(tree.place, {self.short: tree}, {self.short: tree.place})
        return self._read_fields(reader, tree, where)

    def _right(self) -> str:
        """What could stand there: the keys that must, and a list of all."""
        needed = [f"{name}: {item.metadata['example']}" for name, item in self.fields.items() if item.metadata["required"]]
        return f"{{{', '.join(needed) or 'KEY: ...'}}}, with the keys {', '.join(f'`{name}`' for name in self.fields)}"

    def _read_fields(self, reader: Reader, tree: Mapping, where: str) -> Any:
        values: dict[str, Any] = {"place": tree.place}
        broken: set[str] = set()
        meant: set[str | None] = set()
        path = where or "the file"
        for key, entry in tree.entries.items():
            field = self.fields.get(key)
            if field is None:
                known = list(self.fields)
                reader.report(shape.unknown_key, tree.key_places[key], key, path, known)
                broken.add(key)
                meant.add(nearest(key, known))
                continue
            try:
                deeper = f"{where}.{key}" if where else key
                values[field.name] = field.metadata["type"].read(reader, entry, deeper)
            except Broken:
                broken.add(key)
        for key, field in self.fields.items():
            if key in meant and key not in tree.entries:
                broken.add(key)  # a slip of the keyboard: one finding is enough
            elif key not in tree.entries:
                self._absent(reader, tree, key, field, path, values, broken)
        if broken and not self.model.keeps_broken:  # type: ignore[attr-defined]
            raise Broken()
        return self.model(**values, broken=frozenset(broken))

    def _absent(
        self,
        reader: Reader,
        tree: Mapping,
        key: str,
        field: dataclasses.Field[Any],
        path: str,
        values: dict[str, Any],
        broken: set[str],
    ) -> None:
        if field.metadata["required"]:
            reader.report(shape.missing_key, tree.place, key, path, field.metadata["example"])
            broken.add(key)
        elif field.metadata["default"] is not None:
            kind = type(field.metadata["default"])
            make = {str: Text, int: Number, bool: Flag}[kind]
            values[field.name] = placed(make(field.metadata["default"]), tree.place, True)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        name = self.model.__name__
        if name not in definitions:
            definitions[name] = {}  # stands while the fields are described
            definitions[name] = self._object_schema(definitions)
        reference = {"$ref": f"#/$defs/{name}"}
        if self.short is None:
            return reference
        short = self.fields[self.short].metadata["type"].schema(definitions)
        return {"anyOf": [short, reference]}

    def _object_schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        properties = {}
        for key, field in self.fields.items():
            entry = dict(field.metadata["type"].schema(definitions))
            entry["description"] = field.metadata["doc"]
            properties[key] = entry
        schema: dict[str, Any] = {
            "type": "object",
            "description": (self.model.__doc__ or "").split("\n")[0],
            "properties": properties,
            "additionalProperties": False,
        }
        required = [key for key, field in self.fields.items() if field.metadata["required"]]
        if required:
            schema["required"] = required
        return schema


def key(
    kind: Type,
    doc: str,
    *,
    required: bool = False,
    default: str | int | bool | None = None,
    computed: str = "",
    example: str = "...",
    name: str | None = None,
) -> Any:
    """A key of the YAML: its type, its manual line, and what stands for it when it is left out:
    a constant `default`, or one that `generator/defaults.py` works out (`computed` says how)."""
    metadata = {
        "type": kind,
        "doc": doc,
        "required": required,
        "default": default,
        "computed": computed,
        "example": example,
    }
    if name is not None:
        metadata["name"] = name
    return dataclasses.field(default=None, metadata=metadata)
