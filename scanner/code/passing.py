"""Credentials that change hands: a caller's token sent on to another service, the operator's used for anyone.

The MCP specification (2025-06-18, Authorization, "Token Passthrough") forbids a server to hand on the token it was
given: the service behind cannot tell who is calling, and the token was issued for somebody else. A server that falls
back to its own credential for callers who bring none lends its operator's rights to everybody who reaches the port.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from scanner.code import ir
from scanner.code.carried import holds, is_read, names_holding, path_of, plain
from scanner.code.secret_names import is_secret
from scanner.code.sweeping import Look
from scanner.code.units import Unit
from scanner.code.walking import walk
from trust.facts import Listener
from trust.finding import Finding
from trust.vocabulary import Severity, Weakness

_HEADER: Final = re.compile(
    r"^(?:proxy-)?authorization$|^HTTP_AUTHORIZATION$|^AUTH(?:ORIZATION)?_HEADER$", re.IGNORECASE
)
_ANY_TOKEN: Final = re.compile(r"authorization|api[-_]?key|^x-[\w-]*(?:token|key)$|bearer", re.IGNORECASE)
_SENT: Final = re.compile(r"^authorization$|^x-[\w-]*(?:token|key)$|^cookie$", re.IGNORECASE)
_ALL_HEADERS: Final = (["req", "headers"], ["ctx", "request", "headers"], ["c", "req", "headers"])
_OWN_REQUEST: Final = "request.headers"
"""Among the names of a function that answers requests: its `request` is the caller's, not one that it makes."""
_ANSWERED: Final = frozenset({"reply", "res", "response", "h", "next"})
_GIVES_TOKEN: Final = frozenset({"get_access_token", "get_http_headers", "get_authorization_header"})
_PRINCIPALS: Final = frozenset({"auth", "authInfo", "access_token", "accessToken"})
_VERIFIES: Final = re.compile(
    r"verif|introspect|validate|userinfo|authenticat|whoami|exchange|on_?behalf", re.IGNORECASE
)
_HANDED: Final = frozenset({"headers", "token", "access_token", "auth", "bearer_token"})
_ANSWERS: Final = frozenset({"res", "response", "reply", "Response", "JSONResponse", "writeHead", "setHeader", "set"})
_VERBS: Final = frozenset({"get", "post", "put", "patch", "delete", "request", "fetch", "send", "stream", "head"})
_CLIENTS: Final = re.compile(
    r"^[A-Z]\w*(?:Client|Session|Api|API|Sdk|SDK)$|^(?:fetch|axios|got|ky|request|Request|urlopen|Octokit)$"
)


def passing(look: Look, listeners: Sequence[Listener]) -> Iterator[Finding]:
    """Findings about credentials of callers; only where callers come over a network."""
    if not listeners:
        return
    open_ = any(at.auth in ("none", "optional") for at in listeners)
    lent = _own_credentials(look) if open_ else {}
    for unit in look.reached():
        if unit.function is None or _VERIFIES.search(unit.function.name):
            continue
        names = _tokens(unit)
        for line in sorted(_sent_on(look, unit, names)):
            message = "The caller's own token is sent on to another service."
            yield look.at(unit, line, Weakness.TOKEN_PASSTHROUGH, Severity.MEDIUM, message)
        if open_:
            for line, name in _lent(unit, lent.get(unit.module.name, frozenset())):
                message = f"A caller who brings no token is served with the operator's credential {name}."
                yield look.at(unit, line, Weakness.CREDENTIAL_FALLBACK, Severity.MEDIUM, message)


# --- tokens handed on -------------------------------------------------------------------------------------------------


def _tokens(unit: Unit) -> frozenset[str]:
    """Names of a function that hold the token its caller brought."""
    if unit.function is None:
        return frozenset()
    names = set(names_holding(unit.function, _HEADER))
    params = {plain(p.name) for p in unit.function.params}
    if "request" in params and (unit.module.language == "python" or params & _ANSWERED):
        names.add(_OWN_REQUEST)
    for _ in range(2):
        for name, values in unit.names.items():
            if any(_is_token(v, names) for v in values):
                names.add(name)
    return frozenset(names)


def _is_token(node: ir.Expr, names: Iterable[str]) -> bool:
    """The Authorization header, the accepted token of the SDK, or a piece of one of them."""
    if isinstance(node, ir.Attribute | ir.Subscript | ir.Call):
        path = path_of(node)
        if path[-1:] == ["token"] and set(path[:-1]) & (_PRINCIPALS | _GIVES_TOKEN):
            return True
        if isinstance(node, ir.Call) and path[-1:] == ["get_http_headers"]:
            return True
    return (
        holds(node, names, _HEADER)
        or _all_headers(node, names)
        or any(isinstance(p, ir.Subscript | ir.Call | ir.Attribute) and _is_token(p, names) for p in _pieces(node))
    )


def _pieces(node: ir.Expr) -> tuple[ir.Expr, ...]:
    if isinstance(node, ir.Logic):
        return node.values
    if isinstance(node, ir.Conditional):
        return (node.then, node.other)
    if isinstance(node, ir.Concat):
        return node.parts
    if isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute):
        return (
            (node.callee.base,)
            if node.callee.name in ("replace", "slice", "split", "removeprefix", "strip", "trim")
            else ()
        )
    if isinstance(node, ir.Subscript):
        return (node.base,) if isinstance(node.index, ir.Const | ir.Opaque) else ()
    return ()


def _all_headers(node: ir.Expr, names: Iterable[str]) -> bool:
    """`req.headers` as a whole."""
    if not isinstance(node, ir.Attribute):
        return False
    path = path_of(node)
    return path in _ALL_HEADERS or (path == ["request", "headers"] and _OWN_REQUEST in names)


def _sent_on(look: Look, unit: Unit, names: frozenset[str]) -> Iterator[int]:
    for node in unit.nodes:
        if not isinstance(node, ir.Call) or not _goes_out(look, node):
            continue
        given = (*node.args, *(k.value for k in node.keywords))
        if any(_VERIFIES.search(t) for arg in given[:1] for t in look.units.texts(arg, unit)):
            continue
        for arg in given:
            for value, where in look.units.values(arg, unit):
                if where is unit and (line := _carries(value, unit, names)):
                    yield line
        for keyword in node.keywords:
            if keyword.name in _HANDED and _is_token(keyword.value, names):
                yield keyword.value.line


def _carries(value: ir.Expr, unit: Unit, names: frozenset[str]) -> int | None:
    """The line where a table of headers, or options that hold one, carry the token."""
    for table in (n for n in walk(value) if isinstance(n, ir.Table)):
        for key, entry in table.entries:
            word = str(key.value) if isinstance(key, ir.Const) else ""
            inner = unit.names.get(entry.id, [entry]) if isinstance(entry, ir.Name) else [entry]
            if (word == "headers" or key is None) and any(_all_headers(v, names) for v in inner):
                return entry.line
            if _SENT.search(word) and _built_of(entry, names):
                return entry.line
            if word in ("headers", "") and any(_carries(v, unit, names) for v in inner if isinstance(v, ir.Table)):
                return entry.line
    return value.line if _all_headers(value, names) else None


def _built_of(entry: ir.Expr, names: frozenset[str]) -> bool:
    if _is_token(entry, names):
        return True
    return isinstance(entry, ir.Concat) and any(_is_token(p, names) for p in entry.parts)


def _goes_out(look: Look, node: ir.Call) -> bool:
    """A request to elsewhere, or the making of a client for it."""
    if look.sends(node):
        return True
    path = path_of(node.callee)
    if not path or set(path) & _ANSWERS:
        return False
    if path[-1] in _VERBS and len(path) > 1:
        return any(
            _CLIENTS.search(p) or p in ("client", "http", "httpx", "requests", "session", "api") for p in path[:-1]
        )
    made = path[-1] in ("create", "extend", "defaults") and path[0] in ("axios", "got", "ky")
    return made or bool(_CLIENTS.search(path[-1]))


# --- the operator's credential ----------------------------------------------------------------------------------------


def _own_credentials(look: Look) -> dict[str, frozenset[str]]:
    """For each module the names that stand for a credential out of the environment."""
    found: dict[str, set[str]] = {}
    for unit in look.reached():
        for name, values in unit.names.items():
            if any(_environment(v) for v in values):
                found.setdefault(unit.module.name, set()).add(name)
    return {module: frozenset(names) for module, names in found.items()}


def _environment(node: ir.Expr) -> str:
    """The name of the credential that an expression reads from the environment, empty otherwise."""
    path = path_of(node)
    if isinstance(node, ir.Call) and path[-1:] in (["get"], ["getenv"]) and set(path) & {"environ", "getenv"}:
        name = node.args[0].value if node.args and isinstance(node.args[0], ir.Const) else ""
    elif isinstance(node, ir.Attribute | ir.Subscript) and set(path[:-1]) & {"env", "environ"}:
        name = path[-1]
    elif isinstance(node, ir.Logic):
        return next((n for v in node.values if (n := _environment(v))), "")
    else:
        return ""
    return str(name) if is_secret(str(name)) else ""


def _lent(unit: Unit, own: frozenset[str]) -> Iterator[tuple[int, str]]:
    """`token = headers.get("authorization") or os.environ["API_TOKEN"]`, and the same with an if."""
    if unit.function is None:
        return
    names = names_holding(unit.function, _ANY_TOKEN)
    for node in unit.nodes:
        sides: tuple[ir.Expr, ...] = ()
        if isinstance(node, ir.Logic) and node.op == "or":
            sides = node.values
        elif isinstance(node, ir.Conditional):
            sides = (node.then, node.other)
        if sides and any(_brought(s, names) for s in sides[:1]):
            credential = next((c for s in sides[1:] if (c := _spare(s, own))), "")
            if credential:
                yield node.line, credential
        elif isinstance(node, ir.If) and _absent(node.test, names):
            for statement in walk(node.then):
                value = statement.value if isinstance(statement, ir.Assign | ir.Return) else None
                if value is not None and (credential := _spare(value, own)):
                    yield statement.line, credential


def _brought(node: ir.Expr, names: Iterable[str]) -> bool:
    return holds(node, names, _ANY_TOKEN) or any(
        isinstance(n, ir.Attribute | ir.Subscript | ir.Call) and is_read(n, _ANY_TOKEN) for n in walk(node)
    )


def _spare(node: ir.Expr, own: frozenset[str]) -> str:
    if isinstance(node, ir.Name) and node.id in own:
        return plain(node.id)
    return _environment(node)


def _absent(test: ir.Expr, names: Iterable[str]) -> bool:
    """`if not token`, `if token is None`."""
    if isinstance(test, ir.Not):
        return _brought(test.operand, names)
    if isinstance(test, ir.Compare) and test.op in ("==", "is") and isinstance(test.right, ir.Const):
        return test.right.value is None and _brought(test.left, names)
    return False
