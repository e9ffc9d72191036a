# SPDX-License-Identifier: Apache-2.0
"""Our own checks on the text of a file, comments and literals taken out first."""

from __future__ import annotations

import re
from pathlib import Path

from verify.misra.findings import Finding

LITERAL_OR_COMMENT = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|(?<![0-9A-Fa-f])'(?:[^'\\\n]|\\.)+'""", re.DOTALL)
FREESTANDING = {"cstddef", "cstdint", "type_traits", "limits", "new", "stddef.h", "stdint.h", "stdbool.h"}

# Keyword and token bans: id -> (pattern, message).
PATTERNS: dict[str, tuple[str, str]] = {
    "no_exceptions": (r"\b(?:throw|try|catch)\b", "exception keyword"),
    "no_virtual": (r"\bvirtual\b", "virtual"),
    "stored_lambda": (r"(?:=|\breturn)\s*\[\s*(?:[&=]\s*[\],]|this\b)", "lambda that outlives its expression captures by default"),
    "no_bit_field": (r"\b[A-Za-z_]\w*\s+[A-Za-z_]\w*\s*:\s*\d+\s*(?:\{[^}]*\})?;", "bit-field"),
    "trigraph": (r"\?\?[=/'()!<>-]", "looks like a trigraph"),
    "octal_literal": (r"(?<![\w.'])0[0-7']+[uUlL]*(?![\w.])", "octal literal"),
    "lower_case_suffix": (r"\b(?:0[xX][0-9A-Fa-f']+|[0-9][0-9']*)(?:u|U)?l", "suffix begins with a small l"),
    "basic_integer_name": (r"\b(?:int|short|long|unsigned|signed)\b", "name of a built-in integer type"),
    "reinterpret_cast": (r"\breinterpret_cast\b", "reinterpret_cast"),
    "typeid": (r"\btypeid\b", "typeid"),
    "goto": (r"(?<!asm )\bgoto\b", "goto"),
    "volatile": (r"(?<!asm )\bvolatile\b", "volatile"),
    "enum_without_type": (r"\benum\s+(?:class\s+|struct\s+)?\w*\s*\{", "enumeration without an explicit type"),
    "unscoped_enum": (r"\benum\s+(?!class\b|struct\b)\w*\s*[:{]", "enumeration without class"),
    "union": (r"\bunion\b", "union"),
    "overloaded_logic": (r"\boperator\s*(?:&&|\|\|)", "overloaded logical operator"),
    "program_end": (r"\b(?:abort|exit|_Exit|quick_exit|at_quick_exit|terminate)\s*\(", "ends a hosted program"),
    "undef": (r"^[ \t]*#[ \t]*undef\b", "#undef"),
    "no_function_like_macro": (r"^[ \t]*#[ \t]*define[ \t]+\w+\(", "macro with parameters"),
    "hash_operator": (r"^[ \t]*#[ \t]*define\b[^\n]*#", "# or ## operator"),
    "pragma": (r"^[ \t]*#[ \t]*pragma\b|\b_Pragma\b", "pragma"),
    "offsetof": (r"\b(?:__builtin_)?offsetof\b", "offsetof"),
    "dynamic_memory": (r"(?<!operator )\bnew\b(?=\s*[\w(:])|\b(?:malloc|calloc|realloc|free)\s*\(|\bdelete\b(?=\s*[\w\[(])",
                       "dynamic memory"),
    "single_l_suffix": (r"\b[0-9][0-9A-Fa-fxX']*[uU]?[lL](?![lL\w])", "suffix of a single l"),
    "extern_array": (r"\bextern\b[^;{}()]*\[\s*\]\s*;", "external array without a size"),
    "main_name": (r"\bmain\b(?!\s*\(\s*(?:void|int\b[^)]*)?\)\s*\{)", "main as a name"),
    "function_specialization": (r"\btemplate\s*<\s*>\s*(?!class\b|struct\b)[^;{=]*\(", "explicit specialization of a function template"),
    "bad_directive": (r"^[ \t]*#(?![ \t]*(?:define|undef|include|if|ifdef|ifndef|elif|else|endif|error|line|pragma)\b|[ \t]*$)[^\n]*",
                      "no directive that the language knows"),
    "floating": (r"\b(?:float|double)\b", "floating-point type"),
    "memory_functions": (r"\b(?:__builtin_)?(?:memcpy|memmove|memcmp)\s*\(", "raw memory function"),
}
COMPILED = {name: (re.compile(pattern, re.MULTILINE), message) for name, (pattern, message) in PATTERNS.items()}
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b[ \t]*(.*)$", re.MULTILINE)


def blank(text: str) -> str:
    """The text with comments and literals replaced by blanks, line structure kept."""
    return LITERAL_OR_COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def check_file(path: Path, name: str, enabled: set[str]) -> list[Finding]:
    text = path.read_text(encoding="utf-8")
    code = blank(text)
    found: list[Finding] = []

    def report(identifier: str, position: int, message: str) -> None:
        line = text.count("\n", 0, position) + 1
        column = position - (text.rfind("\n", 0, position) + 1) + 1
        found.append(Finding(name, line, column, f"own:{identifier}", message))

    for identifier, (pattern, message) in COMPILED.items():
        if identifier in enabled:
            for match in pattern.finditer(code):
                report(identifier, match.start(), message)
    if "trigraph" in enabled:
        # Literals count here: a trigraph in a string is the case that matters.
        for match in COMPILED["trigraph"][0].finditer(text):
            report("trigraph", match.start(), "looks like a trigraph")
    for identifier, function in TEXT_CHECKS.items():
        if identifier in enabled:
            for position, message in function(text, code):
                report(identifier, position, message)
    if "include_guard" in enabled and path.suffix in {".hpp", ".h"} and not has_guard(code):
        report("include_guard", 0, "no include guard around all of the file")
    return sorted(set(found))


def escape_not_terminated(text: str, code: str) -> list[tuple[int, str]]:
    """Numeric escapes that the next character could belong to; `\\0` alone is none."""
    return [(literal.start() + match.start(), "numeric escape that goes on")
            for literal in LITERAL_OR_COMMENT.finditer(text) if literal.group(0)[0] in "\"'"
            for match in re.finditer(r"(?<!\\)(?:\\\\)*(\\(?:x[0-9A-Fa-f]+(?![0-9A-Fa-f])|[0-7]{2,3}(?![0-7])))(?![\\\"'])", literal.group(0))]


def encoding_prefix(text: str, code: str) -> list[tuple[int, str]]:
    return [(literal.start(), "string literal with an encoding prefix") for literal in LITERAL_OR_COMMENT.finditer(text)
            if literal.group(0)[0] == '"' and re.search(r"(?<!\w)(?:u8|u|U|L)R?$", text[max(0, literal.start() - 4):literal.start()])]


def commented_code(text: str, code: str) -> list[tuple[int, str]]:
    """Comments that end as statements do, or open and close blocks as code does."""
    found = []
    for match in LITERAL_OR_COMMENT.finditer(text):
        if match.group(0).startswith("/"):
            for line in match.group(0).splitlines():
                words = line.strip().lstrip("/*<! ").removesuffix("*/").strip()
                if re.search(r"(?:[\w)\]]\s*\([^()]*\)|=\s*[\w\"'(-][^ ]*|\breturn\b.*);$|^(?:if|for|while|switch) \(.*\) \{$", words):
                    found.append((match.start(), "looks like code in a comment"))
                    break
    return found


def unbalanced_conditional(text: str, code: str) -> list[tuple[int, str]]:
    depth = 0
    for match in re.finditer(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b", code, re.MULTILINE):
        if match.group(1).startswith("if"):
            depth += 1
        elif depth == 0:
            return [(match.start(), "conditional that another file opened")]
        elif match.group(1) == "endif":
            depth -= 1
    return [(len(code) - 1, "conditional that this file does not close")] if depth else []


def include_after_code(text: str, code: str) -> list[tuple[int, str]]:
    found = []
    seen_code = False
    position = 0
    for line in code.splitlines(keepends=True):
        stripped = line.strip()
        if stripped.startswith("#"):
            if seen_code and re.match(r"#\s*include\b", stripped):
                found.append((position, "include after code"))
        elif stripped and not re.match(r'extern\s+(?:C\b)?\s*\{|}', stripped):
            seen_code = True
        position += len(line)
    return found


def include_form(text: str, code: str) -> list[tuple[int, str]]:
    """Looks at the text: a quoted name is a literal and blank in `code`."""
    return [(match.start(), "include of neither <name> nor \"name\"") for match in INCLUDE.finditer(text)
            if not re.match(r'(<[^>\n]+>|"[^"\n]+")\s*(//.*|/\*.*)?$', match.group(1))]


def include_characters(text: str, code: str) -> list[tuple[int, str]]:
    found = []
    for match in INCLUDE.finditer(text):
        name = re.match(r'[<"]([^>"\n]+)[>"]', match.group(1))
        if name and re.search(r"['\\]|//|/\*", name.group(1)):
            found.append((match.start(), "odd characters in a header name"))
    return found


def hosted_header(text: str, code: str) -> list[tuple[int, str]]:
    found = []
    for match in INCLUDE.finditer(text):
        name = re.match(r"<([^>\n]+)>", match.group(1))
        if name and name.group(1) not in FREESTANDING:
            found.append((match.start(), f"hosted header <{name.group(1)}>"))
    return found


def has_guard(code: str) -> bool:
    lines = [line.strip() for line in code.splitlines() if line.strip()]
    if len(lines) < 3:
        return False
    opening = re.match(r"#\s*ifndef\s+(\w+)$", lines[0])
    return bool(opening and re.match(rf"#\s*define\s+{opening.group(1)}$", lines[1])
                and re.match(r"#\s*endif\b", lines[-1]))


TEXT_CHECKS = {function.__name__: function for function in (
    escape_not_terminated, encoding_prefix, commented_code, unbalanced_conditional, include_after_code, include_form,
    include_characters, hosted_header)}
