"""Functions that hold a path inside a folder, recognised by what they consist of.

Such a function resolves the path, compares it with the folder *including the separator* (or through `path.relative`
and `..`),
and refuses. `startsWith(folder)` without a separator is none: `/data-private` begins with `/data`.
"""

from scanner.code import ir
from scanner.code.javascript.index import Scope
from scanner.code.javascript.reading import Reader
from scanner.code.safety import Safe

RESOLVING = frozenset({"resolve", "normalize", "realpath", "realpathSync", "join", "native"})
REAL = frozenset({"realpath", "realpathSync", "native"})
MAX_DEPTH = 4


def holding(reader: Reader, names: frozenset[str]) -> dict[str, Safe]:
    """Those of the functions of these names through which a value comes out contained: on its real path, or by its
    spelling only.
    """
    checks: dict[Scope, bool] = {}
    found: dict[str, Safe] = {}
    for index in reader.indexes.values():
        for function, scope in index.scopes.items():
            if (
                function.name in names
                and _refuses(reader, scope)
                and _checks(reader, scope, checks, MAX_DEPTH)
                and _resolves(reader, scope)
            ):
                found[function.name] = Safe.PATH if _follows_links_first(reader, scope, checks) else Safe.LEXICAL
    return found


def _follows_links_first(reader: Reader, scope: Scope, checks: dict[Scope, bool], depth: int = MAX_DEPTH) -> bool:
    """Whether the real path is worked out before (one of) the comparisons is made."""
    real: list[int] = []
    compared: list[int] = []
    for place in reader.indexes[scope.module.name].inside(scope):
        call = place.node
        if not isinstance(call, ir.Call) or place.scope.function is not scope.function:
            continue
        inner = reader.function(call.callee, place.scope)
        if _named(call.callee) in REAL or (inner is not None and inner is not scope and _follows_links(reader, inner)):
            real.append(call.line)
        if inner is not None and inner is not scope and checks.get(inner):
            if depth and _refuses(reader, inner) and _resolves(reader, inner) and not _only_says(reader, inner):
                return _follows_links_first(reader, inner, checks, depth - 1)
            compared.append(call.line)
        elif _named(call.callee) in ("startsWith", "relative"):
            compared.append(call.line)
    return bool(real) and (not compared or min(real) <= max(compared))


def _only_says(reader: Reader, scope: Scope) -> bool:
    """Whether a function answers yes or no and leaves it to its caller what to compare."""
    return any(
        isinstance(p.node, ir.Return) and isinstance(p.node.value, ir.Const) and isinstance(p.node.value.value, bool)
        for p in reader.indexes[scope.module.name].inside(scope)
    )


def _follows_links(reader: Reader, scope: Scope) -> bool:
    return any(
        isinstance(p.node, ir.Call) and _named(p.node.callee) in REAL
        for p in reader.indexes[scope.module.name].inside(scope)
    )


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
