"""What a request carries: how code reads a header, a query parameter or a cookie, and which names then hold it.

Told from other values by where it stands (`req.headers[...]`, `request.query_params.get(...)`, `searchParams.get(...)`)
and by the key it is read under; the arguments of a tool call are no part of this.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from scanner.code import ir
from scanner.code.walking import parts_of

CARRIERS: Final = frozenset(
    {
        "headers", "header", "query", "query_params", "queryParams", "searchParams", "params", "path_params", "cookies",
        "body", "match_info", "args", "form", "rel_url", "values",
    }
)  # fmt: skip
REQUESTS: Final = frozenset(
    {"req", "request", "ctx", "c", "context", "http_request", "scope", "event", "url", "httpReq", "extra", "info"}
)
LOOKS_UP: Final = frozenset(
    {"get", "get_session", "getSession", "find", "fetch", "lookup", "load", "getItem", "resolve"}
)
_NOT_HTTP: Final = frozenset({"arguments", "argv", "env", "environ", "process"})
_READS: Final = frozenset({"get", "header", "query", "param", "getlist", "get_all", "pop"})
_ASKS: Final = frozenset({"pop", "has", "delete", "includes", "startswith", "startsWith"})
_ROUTES: Final = frozenset({"get", "post", "put", "delete", "patch", "route", "api_route", "websocket", "head"})
_CONVERTS: Final = frozenset({"dict", "Headers", "QueryParams", "str", "Object", "parse_qs", "decodeURIComponent"})
_FIXPOINT: Final = 4
_FEW: Final = 2


def names_holding(function: ir.Function, key: re.Pattern[str]) -> frozenset[str]:
    """Names of a function that hold what a request carries under a key like this."""
    names = {p.name for p in function.params if key.search(plain(p.name)) and is_route(function)}
    assigned: list[tuple[ir.Expr, ir.Expr]] = []
    for node in own(function.body):
        if isinstance(node, ir.Assign):
            assigned += [(t, node.value) for t in node.targets]
        elif isinstance(node, ir.Assigned):
            assigned.append((node.target, node.value))
    for _ in range(_FIXPOINT):
        before = len(names)
        for target, value in assigned:
            names.update(_bound(target, value, names, key))
        if len(names) == before:
            break
    return frozenset(names)


def _bound(target: ir.Expr, value: ir.Expr, names: set[str], key: re.Pattern[str]) -> Iterator[str]:
    if isinstance(target, ir.Name) and holds(value, names, key):
        yield target.id
    elif isinstance(target, ir.Table) and is_carrier(value):
        for name, inner in target.entries:
            if isinstance(name, ir.Const) and isinstance(inner, ir.Name) and key.search(str(name.value)):
                yield inner.id


def holds(value: ir.Expr, names: Iterable[str], key: re.Pattern[str]) -> bool:
    """Whether a value is what was carried, possibly converted; what a table holds under it is not."""
    if isinstance(value, ir.Name):
        return value.id in names
    if is_read(value, key):
        return True
    if isinstance(value, ir.Call):
        if isinstance(value.callee, ir.Attribute) and value.callee.name in LOOKS_UP | _ASKS:
            return False
        given = (*value.args, *(k.value for k in value.keywords))
        inner = (value.callee.base,) if isinstance(value.callee, ir.Attribute) else ()
        return len(given) <= _FEW and any(holds(p, names, key) for p in (*given, *inner))
    if isinstance(value, ir.Subscript):
        return isinstance(value.index, ir.Const | ir.Opaque) and holds(value.base, names, key)
    if isinstance(value, ir.Concat):
        dynamic = [p for p in value.parts if not isinstance(p, ir.Const)]
        return bool(dynamic) and all(holds(p, names, key) for p in dynamic)
    return any(holds(p, names, key) for p in _alternatives(value))


def _alternatives(value: ir.Expr) -> tuple[ir.Expr, ...]:
    if isinstance(value, ir.Logic):
        return value.values
    if isinstance(value, ir.Conditional):
        return (value.then, value.other)
    return value.parts if isinstance(value, ir.Opaque) else ()


def is_read(node: ir.Expr, key: re.Pattern[str]) -> bool:
    """`req.headers["mcp-session-id"]`, `request.query_params.get("session_id")`, `req.query.sessionId`."""
    if not key.search(read_key(node)):
        return False
    base = node.callee if isinstance(node, ir.Call) else getattr(node, "base", None)
    return base is not None and is_carrier(base)


def read_key(node: ir.Expr) -> str:
    """The key that an access or a getter asks for; empty when it is computed."""
    if isinstance(node, ir.Attribute):
        return node.name
    if isinstance(node, ir.Subscript):
        return _word(node.index)
    if isinstance(node, ir.Call) and node.args and isinstance(node.callee, ir.Attribute) and node.callee.name in _READS:
        return _word(node.args[0])
    return ""


def _word(node: ir.Expr) -> str:
    """The text of a key, or the name of the constant that holds it."""
    if isinstance(node, ir.Const):
        value = node.value
        return value if isinstance(value, str) else value.decode("latin-1") if isinstance(value, bytes) else ""
    if isinstance(node, ir.Name):
        return plain(node.id)
    return node.name if isinstance(node, ir.Attribute) else ""


def is_carrier(node: ir.Expr) -> bool:
    """Whether an expression is the part of a request that carries such values, or a getter of the request."""
    path = path_of(node)
    if not path or _NOT_HTTP & set(path):
        return False
    if set(path) & CARRIERS:
        return path[0] in REQUESTS | CARRIERS | {"self", "this"} or len(path) > 1
    return path[0] in ("req", "request", "c", "ctx") and path[-1] in ("header", "query", "param", "get")


def path_of(node: ir.Expr | None) -> list[str]:
    """The names along `a.b().c["d"]`, first to last."""
    names: list[str] = []
    current = node
    while current is not None:
        if isinstance(current, ir.Attribute):
            names.append(current.name)
            current = current.base
        elif isinstance(current, ir.Subscript):
            if isinstance(current.index, ir.Const):
                names.append(str(current.index.value))
            current = current.base
        elif isinstance(current, ir.Call):
            converted = isinstance(current.callee, ir.Name) and current.callee.id in _CONVERTS and current.args
            current = current.args[0] if converted else current.callee
        elif isinstance(current, ir.Name):
            names.append(plain(current.id))
            current = None
        else:
            parts = _alternatives(current)
            current = parts[0] if parts else None
    names.reverse()
    return names


def root_of(node: ir.Expr) -> str:
    return next(iter(path_of(node)), "")


def is_route(function: ir.Function) -> bool:
    """A function that a decorator of a web framework makes the answer to a path."""
    return any(
        isinstance(d, ir.Call) and isinstance(d.callee, ir.Attribute) and d.callee.name in _ROUTES
        for d in function.decorators
    )


def own(body: Any) -> Iterator[Any]:
    """Every node of a function that does not stand in the body of a function inside it."""
    stack: list[Any] = [body]
    while stack:
        node = stack.pop()
        if type(node) is tuple:
            stack.extend(reversed(node))
        elif type(node) is ir.Function:
            yield node
            stack += (node.decorators, node.params)
        elif type(node).__module__ == ir.__name__:
            yield node
            stack += parts_of(node)


def plain(name: str) -> str:
    """A name as the source spells it; lowering numbers names that shadow others."""
    return name.partition("~")[0]
