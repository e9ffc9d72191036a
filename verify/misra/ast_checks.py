# SPDX-License-Identifier: Apache-2.0
# implements: LLR-693
"""Our own checks on the syntax tree, for what no tool reports. In templates they see what does not depend on an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from clang import cindex
from clang.cindex import Cursor, CursorKind, RefQualifierKind, StorageClass, TranslationUnitLoadError, TypeKind

from verify.misra.findings import Finding, ParseFailure, Sources

LIBRARY = Path("/usr/lib/llvm-19/lib/libclang-19.so.1")
POINTERS = {TypeKind.POINTER}
UNSIGNED = {TypeKind.UCHAR, TypeKind.USHORT, TypeKind.UINT, TypeKind.ULONG, TypeKind.ULONGLONG}
INTEGERS = UNSIGNED | {TypeKind.SCHAR, TypeKind.SHORT, TypeKind.INT, TypeKind.LONG, TypeKind.LONGLONG}
CHARACTERS = {TypeKind.CHAR_S, TypeKind.CHAR_U, TypeKind.WCHAR, TypeKind.CHAR16, TypeKind.CHAR32}
CASTS = {CursorKind.CXX_STATIC_CAST_EXPR, CursorKind.CXX_REINTERPRET_CAST_EXPR, CursorKind.CSTYLE_CAST_EXPR,
         CursorKind.CXX_FUNCTIONAL_CAST_EXPR, CursorKind.CXX_CONST_CAST_EXPR}
FUNCTIONS = {CursorKind.FUNCTION_DECL, CursorKind.CXX_METHOD, CursorKind.FUNCTION_TEMPLATE}
TYPES = {CursorKind.STRUCT_DECL, CursorKind.CLASS_DECL, CursorKind.ENUM_DECL, CursorKind.UNION_DECL, CursorKind.TYPEDEF_DECL,
         CursorKind.TYPE_ALIAS_DECL, CursorKind.CLASS_TEMPLATE}
SYMMETRIC = {f"operator{sign}" for sign in ("+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&", "|", "^", "&&", "||")}
ARITHMETIC = {"+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^"}

Path_ = tuple[Cursor, ...]  # from the translation unit down to the parent


def _bare(cursor: Cursor) -> Cursor:
    """The expression without implicit conversions and parentheses around it."""
    while cursor.kind in (CursorKind.UNEXPOSED_EXPR, CursorKind.PAREN_EXPR):
        inner = list(cursor.get_children())
        if len(inner) != 1:
            break
        cursor = inner[0]
    return cursor


def _kind(cursor: Cursor) -> TypeKind:
    return _bare(cursor).type.get_canonical().kind


def _operand(cursor: Cursor) -> Cursor | None:
    children = [child for child in cursor.get_children() if child.kind.is_expression()]
    return children[-1] if children else None


def _sign(cursor: Cursor) -> str:
    return next((token.spelling for token in cursor.get_tokens()), "")


def local_static(cursor: Cursor, above: Path_) -> Iterator[str]:
    if cursor.kind == CursorKind.VAR_DECL and cursor.storage_class == StorageClass.STATIC and not cursor.type.is_const_qualified() \
            and any(parent.kind in FUNCTIONS for parent in above):
        yield "mutable local variable of static storage"


def global_name(cursor: Cursor, above: Path_) -> Iterator[str]:
    if len(above) == 1 and (cursor.kind in TYPES or cursor.kind == CursorKind.VAR_DECL or cursor.kind in FUNCTIONS) \
            and not (cursor.kind in FUNCTIONS and (cursor.spelling == "main" or cursor.mangled_name == cursor.spelling)) \
            and cursor.semantic_parent.kind == CursorKind.TRANSLATION_UNIT:
        yield f"{cursor.spelling} stands in the global namespace"


def reference_to_own_object(cursor: Cursor, above: Path_) -> Iterator[str]:
    if cursor.kind == CursorKind.CXX_METHOD and not cursor.is_static_method() and cursor.result_type.kind == TypeKind.LVALUEREFERENCE \
            and cursor.result_type.get_pointee().get_canonical().get_declaration() == cursor.semantic_parent \
            and cursor.type.get_ref_qualifier() == RefQualifierKind.NONE:
        yield "returns a reference to its class and may be called on a temporary"


def declared_otherwise(cursor: Cursor, above: Path_) -> Iterator[str]:
    if cursor.kind in (CursorKind.FUNCTION_DECL, CursorKind.CXX_METHOD) and cursor.is_definition() and cursor.canonical != cursor:
        ours = [argument.type.spelling for argument in cursor.get_arguments()] + [cursor.result_type.spelling]
        theirs = [argument.type.spelling for argument in cursor.canonical.get_arguments()] + [cursor.canonical.result_type.spelling]
        if [word.split("::")[-1] for word in ours] != [word.split("::")[-1] for word in theirs]:
            yield "declared with other type names than defined"


def function_as_pointer(cursor: Cursor, above: Path_) -> Iterator[str]:
    if cursor.kind != CursorKind.DECL_REF_EXPR or cursor.referenced is None or cursor.referenced.kind not in FUNCTIONS:
        return
    child = cursor
    for parent in reversed(above):
        if parent.kind in (CursorKind.UNEXPOSED_EXPR, CursorKind.PAREN_EXPR):
            child = parent
            continue
        called = parent.kind == CursorKind.CALL_EXPR and next(parent.get_children(), None) == child
        addressed = parent.kind == CursorKind.UNARY_OPERATOR and _sign(parent) == "&"
        if not called and not addressed and not cursor.spelling.startswith("operator"):
            yield "function named without a call or an address operator"
        return


def function_pointer_cast(cursor: Cursor, above: Path_) -> Iterator[str]:
    operand = _operand(cursor) if cursor.kind in CASTS else None
    if operand is not None:
        for kind in (cursor.type.get_canonical(), _bare(operand).type.get_canonical()):
            if kind.kind == TypeKind.POINTER and kind.get_pointee().kind in (TypeKind.FUNCTIONPROTO, TypeKind.FUNCTIONNOPROTO):
                yield "cast to or from a pointer to function"
                return


def pointer_to_integer(cursor: Cursor, above: Path_) -> Iterator[str]:
    operand = _operand(cursor) if cursor.kind in CASTS else None
    if operand is not None and cursor.type.get_canonical().kind in INTEGERS and _kind(operand) in POINTERS:
        yield "pointer cast to an integer"


def unary_minus(cursor: Cursor, above: Path_) -> Iterator[str]:
    operand = _operand(cursor) if cursor.kind == CursorKind.UNARY_OPERATOR and _sign(cursor) == "-" else None
    if operand is not None and _kind(operand) in UNSIGNED:
        yield "minus of an unsigned value"


def unary_plus(cursor: Cursor, above: Path_) -> Iterator[str]:
    if cursor.kind == CursorKind.UNARY_OPERATOR and _sign(cursor) == "+":
        yield "unary plus"


def cast_statement(cursor: Cursor, above: Path_) -> Iterator[str]:
    if cursor.kind in CASTS and above[-1].kind == CursorKind.COMPOUND_STMT and cursor.type.kind != TypeKind.VOID:
        yield "a conversion as a statement"


def else_missing(cursor: Cursor, above: Path_) -> Iterator[str]:
    if cursor.kind == CursorKind.IF_STMT and above[-1].kind == CursorKind.IF_STMT:
        parent = list(above[-1].get_children())
        statements = [child for child in cursor.get_children()]
        if len(parent) > 2 and parent[-1] == cursor and not (len(statements) > 2 and statements[-1].kind.is_statement()):
            yield "if ... else if without a last else"


def range_calls(cursor: Cursor, above: Path_) -> Iterator[str]:
    if cursor.kind == CursorKind.CXX_FOR_RANGE_STMT:
        header = [child for child in cursor.get_children() if child.kind.is_expression()]
        calls = sum(inner.kind == CursorKind.CALL_EXPR for child in header for inner in child.walk_preorder())
        if calls > 1:
            yield "more than one call in the range of a loop"


def indirection(cursor: Cursor, above: Path_) -> Iterator[str]:
    if cursor.kind in (CursorKind.VAR_DECL, CursorKind.PARM_DECL, CursorKind.FIELD_DECL):
        levels, kind = 0, cursor.type.get_canonical()
        while kind.kind in POINTERS:
            levels, kind = levels + 1, kind.get_pointee()
        if levels > 2:
            yield f"{levels} levels of pointers"


def dependent_base(cursor: Cursor, above: Path_) -> Iterator[str]:
    if cursor.kind == CursorKind.CLASS_TEMPLATE:
        names = {child.spelling for child in cursor.get_children()
                 if child.kind in (CursorKind.TEMPLATE_TYPE_PARAMETER, CursorKind.TEMPLATE_NON_TYPE_PARAMETER)}
        for base in cursor.get_children():
            if base.kind == CursorKind.CXX_BASE_SPECIFIER and names & {token.spelling for token in base.get_tokens()}:
                yield "base class that depends on a template parameter"


def symmetric_member(cursor: Cursor, above: Path_) -> Iterator[str]:
    if cursor.kind == CursorKind.CXX_METHOD and cursor.spelling in SYMMETRIC and len(list(cursor.get_arguments())) == 1:
        yield "symmetrical operator as a member"


def character_value(cursor: Cursor, above: Path_) -> Iterator[str]:
    children = list(cursor.get_children())
    if cursor.kind == CursorKind.BINARY_OPERATOR and len(children) == 2 and cursor.binary_operator.name != "Invalid":
        kinds = [_kind(child) for child in children]
        if any(kind in CHARACTERS for kind in kinds) and cursor.binary_operator.name in ("Add", "Sub", "Mul", "Div", "Rem", "Shl", "Shr", "And", "Or", "Xor"):
            yield "arithmetic with a character"
    elif cursor.kind == CursorKind.CXX_STATIC_CAST_EXPR and cursor.type.get_canonical().kind in INTEGERS:
        operand = _operand(cursor)
        if operand is not None and _kind(operand) in CHARACTERS:
            yield "character cast to an integer"


def loop_counter(cursor: Cursor, above: Path_) -> Iterator[str]:
    """A `for` whose counter the body changes as well."""
    children = list(cursor.get_children()) if cursor.kind == CursorKind.FOR_STMT else []
    if not children or children[0].kind != CursorKind.DECL_STMT:
        return
    counters = {child.spelling for child in children[0].get_children() if child.kind == CursorKind.VAR_DECL}
    for inner in children[-1].walk_preorder():
        assigns = inner.kind == CursorKind.COMPOUND_ASSIGNMENT_OPERATOR or (
            inner.kind == CursorKind.BINARY_OPERATOR and inner.binary_operator.name == "Assign")
        if assigns or (inner.kind == CursorKind.UNARY_OPERATOR and {token.spelling for token in inner.get_tokens()} & {"++", "--"}):
            target = next(inner.get_children(), None)
            if target is not None and _bare(target).kind == CursorKind.DECL_REF_EXPR and _bare(target).spelling in counters:
                yield "the body changes the counter of its loop"
                return


CHECKS: dict[str, Callable[[Cursor, Path_], Iterator[str]]] = {
    function.__name__: function for function in (
        local_static, global_name, reference_to_own_object, declared_otherwise, function_as_pointer, function_pointer_cast,
        pointer_to_integer, unary_minus, unary_plus, cast_statement, else_missing, range_calls, indirection, dependent_base,
        symmetric_member, character_value, loop_counter)}


def run(sources: Sources, enabled: set[str], flags: list[str]) -> tuple[list[Finding], list[ParseFailure]]:
    chosen = {name: function for name, function in CHECKS.items() if name in enabled}
    if not chosen or not sources.units:
        return [], []
    if not cindex.Config.loaded:
        cindex.Config.set_library_file(str(LIBRARY))
    index = cindex.Index.create()
    findings: set[Finding] = set()
    failures: list[ParseFailure] = []
    for unit in sources.units:
        name = unit.relative_to(sources.root).as_posix()
        try:
            tree = index.parse(str(unit), args=[*flags, "-xc++"])
        except TranslationUnitLoadError as error:
            failures.append(ParseFailure(name, "own", str(error)))
            continue
        failures += [ParseFailure(name, "own", message.spelling) for message in tree.diagnostics if message.severity >= 3]
        for child in tree.cursor.get_children():
            _walk(child, (tree.cursor,), sources, chosen, findings)
    return sorted(findings), failures


def _walk(cursor: Cursor, above: Path_, sources: Sources, chosen: dict, findings: set[Finding]) -> None:
    place = cursor.location
    if len(above) == 1 and (place.file is None or sources.relative(place.file.name) is None):
        return  # a declaration of a library or of generated code: nothing in it is ours
    for name, function in chosen.items():
        for message in function(cursor, above):
            path = sources.relative(place.file.name) if place.file is not None else None
            if path is not None:
                findings.add(Finding(path, place.line, place.column, f"own:{name}", message))
    for child in cursor.get_children():
        _walk(child, (*above, cursor), sources, chosen, findings)
