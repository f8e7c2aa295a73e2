"""Functions that hold a path inside a folder, recognised by what they consist of.

Such a function resolves the path, compares it with the folder *including the separator* (or through `path.relative`
and `..`),
and refuses. `startsWith(folder)` without a separator is none: `/data-private` begins with `/data`.
"""

import re

from scanner.code import ir
from scanner.code.javascript.index import Scope
from scanner.code.javascript.reading import Reader

RESOLVING = frozenset({"resolve", "normalize", "realpath", "realpathSync", "join", "native"})
MAX_DEPTH = 4


def holding(reader: Reader) -> frozenset[str]:
    """The names of the functions through which a value comes out contained."""
    checks: dict[Scope, bool] = {}
    found: set[str] = set()
    for index in reader.indexes.values():
        for function, scope in index.scopes.items():
            if _refuses(reader, scope) and _checks(reader, scope, checks, MAX_DEPTH) and _resolves(reader, scope):
                found.add(function.name)
    return frozenset(found)


def weak_checks(reader: Reader) -> dict[str, list[tuple[str, int]]]:
    """By function name, where it compares a resolved path with a folder but without the separator: path and line."""
    found: dict[str, list[tuple[str, int]]] = {}
    for index in reader.indexes.values():
        for function, scope in index.scopes.items():
            for place in index.inside(scope):
                call = place.node
                if not isinstance(call, ir.Call) or _named(call.callee) != "startsWith" or len(call.args) != 1:
                    continue
                folder = call.args[0]
                if isinstance(folder, ir.Name | ir.Attribute) and not _closed(folder, reader, place.scope):
                    known = reader.constant(folder, place.scope)
                    if (
                        known is None
                        and _named(folder) != "sep"
                        and re.search(r"dir|root|base|folder|path|allowed", _named(folder), re.IGNORECASE)
                    ):
                        found.setdefault(function.name, []).append((index.module.path, call.line))
    return found


def _checks(reader: Reader, scope: Scope, known: dict[Scope, bool], depth: int) -> bool:
    """Whether the function, or one that it calls, makes the comparison."""
    if scope in known:
        return known[scope]
    known[scope] = False
    relative = dotted = False
    for place in reader.indexes[scope.module.name].inside(scope):
        call = place.node
        if not isinstance(call, ir.Call):
            continue
        library = reader.library(call.callee, place.scope) or ""
        if library == "is-path-inside" or (
            _named(call.callee) == "startsWith" and call.args and _closed(call.args[0], reader, place.scope)
        ):
            known[scope] = True
            return True
        relative = relative or library.endswith("path.relative") or library in {"path.relative", "path.posix.relative"}
        dotted = dotted or (
            _named(call.callee) == "startsWith"
            and bool(call.args)
            and reader.constant(call.args[0], place.scope) in {"..", "../"}
        )
        if depth > 0 and library == "":
            inner = reader.function(call.callee, place.scope)
            if inner is not None and inner is not scope and _checks(reader, inner, known, depth - 1):
                known[scope] = True
                return True
    known[scope] = relative and dotted
    return known[scope]


def _closed(node: ir.Expr, reader: Reader, scope: Scope) -> bool:
    """Whether a prefix ends with the separator."""
    thing = reader.resolve(node, scope)
    if thing is None:
        return False
    inner = thing.node
    last: ir.Expr | None = None
    if isinstance(inner, ir.Concat):
        last = inner.parts[-1]
    elif isinstance(inner, ir.Binary) and inner.op == "+":
        last = inner.right
    elif isinstance(inner, ir.Conditional):
        return _closed(inner.then, reader, thing.scope) or _closed(inner.other, reader, thing.scope)
    if last is None:
        return False
    value = reader.constant(last, thing.scope)
    return _named(last) == "sep" or (isinstance(value, str) and value.endswith(("/", "\\")))


def _resolves(reader: Reader, scope: Scope) -> bool:
    for place in reader.indexes[scope.module.name].inside(scope):
        if isinstance(place.node, ir.Call):
            if _named(place.node.callee) in RESOLVING:
                return True
            inner = reader.function(place.node.callee, place.scope)
            if (
                inner is not None
                and inner is not scope
                and any(
                    isinstance(p.node, ir.Call) and _named(p.node.callee) in RESOLVING
                    for p in reader.indexes[inner.module.name].inside(inner)
                )
            ):
                return True
    return False


def _refuses(reader: Reader, scope: Scope) -> bool:
    """Whether the function can end without giving the path out: it throws, or answers with nothing."""
    for place in reader.indexes[scope.module.name].inside(scope):
        node = place.node
        if isinstance(node, ir.Raise):
            return True
        if isinstance(node, ir.Return) and isinstance(node.value, ir.Const) and node.value.value is None:
            return True
    return False


def _named(node: ir.Expr) -> str:
    if isinstance(node, ir.Attribute):
        return node.name
    return node.id.partition("~")[0] if isinstance(node, ir.Name) else ""
