# SPDX-License-Identifier: Apache-2.0
"""Rules on the text of the YAML file: what the loader refuses before any key has a meaning."""

from __future__ import annotations

from generator.diagnostics import Finding, Place
from generator.rules import shape_rule


@shape_rule(
    "BH-YML-001",
    sentence="The file is readable UTF-8 text without control characters.",
    wrong="system: caf\\xe9        # a Latin-1 byte",
    right="system: cafe",
)
def unreadable(place: Place, why: str) -> Finding:
    return Finding(place, f"the file cannot be read: {why}", "save the file as UTF-8 text")


@shape_rule(
    "BH-YML-002",
    sentence="The file says something.",
    wrong="# only a comment",
    right="format: 1\nsystem: cockpit\n...",
)
def empty_file(place: Place) -> Finding:
    return Finding(
        place,
        "the file is empty",
        "write `format: 1` first, or start from `bulkhead new NAME --board BOARD`",
    )


@shape_rule(
    "BH-YML-003",
    sentence="The file is well-formed YAML.",
    wrong="board: {use: zcu102",
    right="board: {use: zcu102}",
)
def syntax(place: Place, problem: str) -> Finding:
    return Finding(
        place,
        f"this is not YAML: {problem}",
        "look for a missing quote, bracket or colon here or in the line above",
    )


@shape_rule(
    "BH-YML-004",
    sentence="Tabs are not used: YAML gives them no width.",
    wrong="partitions:\n\ta: {}",
    right="partitions:\n  a: {}",
)
def tab(place: Place) -> Finding:
    return Finding(place, "the line contains a tab", "replace the tab with spaces")


@shape_rule(
    "BH-YML-005",
    sentence="A key stands once in a mapping.",
    wrong="memory: {size: 8 MiB, size: 16 MiB}",
    right="memory: {size: 16 MiB}",
)
def duplicate_key(place: Place, key: str, first: Place) -> Finding:
    return Finding(
        place,
        f"the key `{key}` stands twice; first in line {first.line}",
        f"keep one of the two `{key}`",
    )


@shape_rule(
    "BH-YML-006",
    sentence="Anchors and aliases are not used; reuse is by `include:`.",
    wrong="memory: &big {size: 64 MiB}",
    right="memory: {size: 64 MiB}",
)
def anchor(place: Place, name: str) -> Finding:
    return Finding(
        place,
        f"YAML anchors and aliases are not used (`{name}`)",
        "write the value out, or put the common part into a file and `include: [file.yaml]`",
    )


@shape_rule(
    "BH-YML-007",
    sentence="The merge key `<<` is not used; reuse is by `include:`.",
    wrong="navigation: {<<: {cpus: 1}, memory: 8 MiB}",
    right="navigation: {cpus: 1, memory: 8 MiB}",
)
def merge_key(place: Place) -> Finding:
    return Finding(
        place,
        "the merge key `<<` is not used",
        "write the keys out, or put the common part into a file and `include: [file.yaml]`",
    )


@shape_rule(
    "BH-YML-008",
    sentence="Tags are not used: the key decides the type.",
    wrong='cpus: !!int "2"',
    right="cpus: 2",
)
def tag(place: Place, name: str) -> Finding:
    return Finding(
        place, f"YAML tags are not used (`{name}`)", "remove the tag; the key decides the type"
    )


@shape_rule(
    "BH-YML-009",
    sentence="A file holds one document.",
    wrong="format: 1\n---\nformat: 1",
    right="format: 1",
)
def second_document(place: Place) -> Finding:
    return Finding(
        place,
        "a second YAML document starts here",
        "keep one document a file; reuse is by `include: [file.yaml]`",
    )


@shape_rule(
    "BH-YML-010",
    sentence="A key has a value; `[]` and `{}` are allowed.",
    wrong="cpus:",
    right="cpus: 0",
)
def missing_value(place: Place, key: str) -> Finding:
    return Finding(
        place, f"{key} has no value", "write the value, or leave the key out to get its default"
    )


@shape_rule(
    "BH-YML-011",
    sentence="A key is a single word.",
    wrong="? [a, b]\n: 1",
    right="a: 1",
)
def key_not_a_word(place: Place) -> Finding:
    return Finding(place, "a key must be a single word", "write `word: value`")


@shape_rule(
    "BH-YML-012",
    sentence="`include:` lists files that exist, relative to the file it stands in.",
    wrong="include: [comon.yaml]",
    right="include: [common.yaml]",
    keys=("include",),
)
def include_missing(place: Place, name: str, why: str) -> Finding:
    return Finding(
        place,
        f"the included file `{name}` cannot be read: {why}",
        "paths are relative to the file they stand in",
    )


@shape_rule(
    "BH-YML-013",
    sentence="A file does not include itself, directly or through others.",
    wrong="include: [system.yaml]       # in system.yaml",
    right="include: [common.yaml]",
    keys=("include",),
)
def include_cycle(place: Place, name: str) -> Finding:
    return Finding(
        place,
        f"`{name}` is already being read: the files include each other",
        "move what both need into a third file",
    )


@shape_rule(
    "BH-YML-014",
    sentence="The same key does not stand in two files.",
    wrong="include: [common.yaml]       # which has `board:` too\nboard: zcu102",
    right="include: [common.yaml]\nsystem: cockpit",
    keys=("include",),
)
def key_in_two_files(place: Place, key: str, first: Place) -> Finding:
    return Finding(
        place,
        f"the key `{key}` stands in `{first.file}` (line {first.line}) too",
        "keep the key in one of the two files; included files do not override each other",
    )


@shape_rule(
    "BH-YML-015",
    sentence="Nesting ends at 24 levels.",
    wrong="a: [[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]",
    right="a: [[]]",
)
def too_deep(place: Place, limit: int) -> Finding:
    return Finding(
        place,
        f"more than {limit} levels of nesting",
        "no key of format 1 nests this deep; look for a bracket too many",
    )


@shape_rule(
    "BH-YML-016",
    sentence="`include:` is a list of file names.",
    wrong="include: {file: common.yaml}",
    right="include: [common.yaml]",
    keys=("include",),
)
def include_not_a_list(place: Place) -> Finding:
    return Finding(
        place, "`include` is not a list of file names", "write `include: [common.yaml]`"
    )


@shape_rule(
    "BH-YML-017",
    sentence="The file is a mapping of keys.",
    wrong="- format: 1",
    right="format: 1",
)
def not_a_mapping(place: Place) -> Finding:
    return Finding(
        place, "the file is not a mapping of keys", "write `format: 1`, `system: NAME`, ..."
    )


@shape_rule(
    "BH-YML-018",
    sentence="A file is at most 4 MiB and 200,000 values.",
    wrong="a file of 5 MiB",
    right="a file of 50 KiB",
)
def too_large(place: Place, what: str) -> Finding:
    return Finding(
        place, f"the file is too large: {what}", "a system of 64 partitions needs under 200 KiB"
    )
