# SPDX-License-Identifier: Apache-2.0
"""What is derived from the model's keys: the JSON Schema for editors, the manual's key table, its
list of rules and its matrix of combinations. `python3 -m generator.schema` writes all four."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Iterator

from generator import combinations
from generator.check.context import REPOSITORY
from generator.keys import StructType, Type
from generator.model import SYSTEM
from generator.rules import registered

SCHEMA_FILE = os.path.join("config", "schema", "system.schema.json")
KEYS_FILE = os.path.join("docs", "manual", "yaml-keys.md")
RULES_FILE = os.path.join("docs", "manual", "rules.md")


def json_schema() -> dict[str, Any]:
    """Scalars are text to the loader; an editor sees YAML's types, so both forms are allowed."""
    definitions: dict[str, Any] = {}
    root = SYSTEM.schema(definitions)
    system = definitions["System"]
    system["patternProperties"] = {"^x-": {}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "SPDX-License-Identifier: Apache-2.0. Made by `python3 -m generator.schema`.",
        "title": "Bulkhead system YAML, format 1",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


@dataclass(frozen=True)
class KeyRow:
    """One row of the key table."""

    path: str
    word: str
    unit: str
    default: str
    doc: str
    rules: tuple[str, ...]


def key_rows() -> list[KeyRow]:
    by_key: dict[str, list[str]] = {}
    for rule in registered():
        for path in rule.keys:
            by_key.setdefault(path, []).append(rule.id)
    return [
        KeyRow(
            path=path,
            word=field.metadata["type"].word,
            unit=field.metadata["type"].unit,
            default=_default(field.metadata),
            doc=field.metadata["doc"],
            rules=tuple(by_key.get(path, ())),
        )
        for path, field in _walk(SYSTEM, "")
    ]


def _default(metadata: Any) -> str:
    if metadata["required"]:
        return "required"
    if metadata["default"] is not None:
        value = metadata["default"]
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int):
            return _with_unit(value, metadata["type"].units) if _units(metadata) else str(value)
        return str(value)
    return str(metadata["computed"]) or "none"


def _units(metadata: Any) -> bool:
    return hasattr(metadata["type"], "units")


def _with_unit(value: int, units: dict[str, int]) -> str:
    for name, factor in sorted(units.items(), key=lambda item: -item[1]):
        if value % factor == 0:
            return f"{value // factor} {name}"
    return str(value)


def _walk(struct: StructType, prefix: str) -> Iterator[tuple[str, Any]]:
    for key, field in struct.fields.items():
        path = f"{prefix}.{key}" if prefix else key
        yield path, field
        yield from _below(field.metadata["type"], path)


def _below(kind: Type, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(kind, StructType):
        yield from _walk(kind, path)
        return
    for step, inner in kind.inner():
        yield from _below(inner, path + step)


def keys_table() -> str:
    """The manual's key table."""
    lines = [
        "<!-- SPDX-License-Identifier: Apache-2.0. Made by `python3 -m generator.schema`. -->",
        "# Keys of the system YAML, format 1",
        "",
        "`*` stands for a name, `[]` for an entry of a list. Rules are explained by `bulkhead explain RULE`.",
        "",
        "| key | type | unit | default | meaning | rules |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in key_rows():
        lines.append(
            f"| `{row.path}` | {row.word} | {row.unit} | {row.default} | {row.doc} |"
            f" {', '.join(row.rules)} |"
        )
    return "\n".join(lines) + "\n"


def rules_table() -> str:
    """The manual's list of rules."""
    lines = [
        "<!-- SPDX-License-Identifier: Apache-2.0. Made by `python3 -m generator.schema`. -->",
        "# Rules",
        "",
        "`bulkhead explain RULE` shows a wrong and a right example of each. Rules of the isolation"
        " class cannot be waived by `accept`.",
        "",
        "| rule | severity | isolation | what holds |",
        "| --- | --- | --- | --- |",
    ]
    for rule in registered():
        severity = rule.severity.value
        if rule.build_severity is not rule.severity:
            severity += f" ({rule.build_severity.value} in build)"
        isolation = "yes" if rule.isolation else ""
        lines.append(f"| {rule.id} | {severity} | {isolation} | {rule.sentence} |")
    return "\n".join(lines) + "\n"


def outputs() -> dict[str, str]:
    """Path to text of everything that is derived."""
    return {
        SCHEMA_FILE: json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n",
        KEYS_FILE: keys_table(),
        RULES_FILE: rules_table(),
        combinations.FILE: combinations.page(),
    }


def main() -> None:
    for path, text in outputs().items():
        file = os.path.join(REPOSITORY, path)
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "w", encoding="utf-8") as handle:
            handle.write(text)


if __name__ == "__main__":
    main()
