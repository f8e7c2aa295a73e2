"""How a server judges the credentials its callers show: what it leaves out, what it takes for enough, and what happens
when the judgement breaks.

Sources: RFC 8725 (JSON Web Token best current practices), 3.1 algorithms, 3.8 and 3.9 issuer and audience; the MCP
specification (2025-06-18, Authorization): a server accepts only tokens that were issued for it; PyJWT, python-jose,
Authlib, jsonwebtoken and jose as they document their options.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from scanner.code import ir
from scanner.code.carried import holds, is_read, names_holding, path_of, plain
from scanner.code.secret_names import is_secret
from scanner.code.state import Event
from scanner.code.sweeping import Look
from scanner.code.units import Unit
from scanner.code.walking import walk
from trust.facts import Listener
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Weakness

CREDENTIAL: Final = re.compile(
    r"^authorization$|api[-_]?key|^x-[\w-]*(?:token|key|auth)|^(?:auth|access|bearer)[-_]?token$", re.IGNORECASE
)
_VERIFIES: Final = re.compile(
    r"verif|decode|authenticat|validat|check_?(?:token|key|auth)|introspect|compare", re.IGNORECASE
)
_NEXT: Final = frozenset({"next", "call_next", "get_response"})
_GATE: Final = re.compile(
    r"auth|verif|gate|guard|token|middleware|dispatch|check|protect|require|api_?key", re.IGNORECASE
)
_ACCEPTS: Final = re.compile(
    r"^_?(?:verify_?(?:access_?)?token|load_access_token|verifyAccessToken|authenticate_token)$"
)
_HARMLESS: Final = frozenset(
    {"startswith", "startsWith", "strip", "trim", "lower", "toLowerCase", "split", "slice", "substring", "replace",
     "len", "removeprefix", "partition", "get", "header", "info", "debug", "log", "warn", "warning", "error", "str",
     "String", "match", "test", "append", "push"}
)  # fmt: skip
_DECODES: Final = frozenset(
    {"urlsafe_b64decode", "b64decode", "standard_b64decode", "from", "atob", "decode", "toBuffer"}
)
_LOOSENED: Final = {
    "verify_aud": "audience", "verify_exp": "expiry", "verify_iss": "issuer", "verify_nbf": "start of validity",
}  # fmt: skip
_ASYMMETRIC: Final = re.compile(r"^(?:RS|ES|PS|EdDSA)|jwks|public", re.IGNORECASE)


def tokens(look: Look, listeners: Sequence[Listener]) -> Iterator[Finding]:
    """Findings about the judgement of tokens and keys; what matters to strangers only, only where there are any."""
    # In JavaScript to decode is one call and to verify another; in Python options of one call tell them apart.
    kinds = ("jwt-verify",) if look.witness == "js" else ("jwt-decode", "jwt-verified")
    verified = [e for e in look.analysis.events if e.kind in kinds]
    validating = {id(u) for u in look.reached() if _calls(u, "validate")} if verified else set[int]()
    units = {id(n): u for u in look.reached() for n in u.nodes if isinstance(n, ir.Call)}
    for event in verified:
        unit = units.get(id(event.node))
        if unit is not None:
            yield from _options(look, unit, event, exposed=bool(listeners), validates=id(unit) in validating)
    for unit in look.reached():
        if unit.function is None:
            continue
        carried = names_holding(unit.function, CREDENTIAL)
        yield from _compared(look, unit, carried)
        if listeners:
            yield from _gate(look, unit, carried)
            yield from _read_by_hand(look, unit, carried)
    for unit in look.loaded():
        name = plain(unit.function.name) if unit.function is not None else ""
        if unit.function is not None and _ACCEPTS.match(name) and _accepts_all(unit):
            message = "Every token is accepted: nothing is compared, looked up or verified."
            yield _bad(look, unit, unit.function.line, Severity.HIGH, message)


# --- options of the libraries -----------------------------------------------------------------------------------------


def _options(look: Look, unit: Unit, event: Event, *, exposed: bool, validates: bool) -> Iterator[Finding]:
    if not isinstance(event.node, ir.Call):
        return
    given = _given(look, unit, event.node)
    if (given.get("verify_signature", None) is False) or ("verify" in given and given["verify"] is False):
        return
    for key, what in _LOOSENED.items():
        if given.get(key) is False:
            yield _bad(look, unit, event.line, Severity.MEDIUM, f"A token's {what} is not checked.")
    if given.get("ignoreExpiration") is True:
        yield _bad(look, unit, event.line, Severity.MEDIUM, "A token's expiry is not checked.")
    if _chosen_by_token(unit, event.node):
        message = "The token itself chooses the algorithm it is verified with."
        yield _bad(look, unit, event.line, Severity.HIGH, message)
    key_node = event.node.args[1] if len(event.node.args) > 1 else None
    if event.kind == "jwt-verify" and isinstance(key_node, ir.Const) and not key_node.value:
        yield _bad(look, unit, event.line, Severity.CRITICAL, "A token is verified with an empty key.")
    if event.kind == "jwt-verified" and not validates:
        message = "A token's claims are read without validating them (Authlib checks expiry only in validate())."
        yield _bad(look, unit, event.line, Severity.MEDIUM, message)
    if (
        exposed
        and event.kind != "jwt-verified"
        and not set(given) & {"audience", "aud", "verify_aud"}
        and None not in given
    ):
        public = any(_ASYMMETRIC.search(t) for t in _words(event.node))
        severity = Severity.MEDIUM if public else Severity.LOW
        yield _bad(
            look, unit, event.line, severity, "A token that was issued for another service is accepted (no audience)."
        )


def _given(look: Look, unit: Unit, node: ir.Call) -> dict[str | None, ir.Constant | ir.Expr]:
    """The options of a call by name, nested tables included; None among the names when some could not be read."""
    found: dict[str | None, ir.Constant | ir.Expr] = {}
    tables: list[ir.Expr] = [*node.args[2:]]
    for keyword in node.keywords:
        if keyword.name is None:
            found[None] = keyword.value
            continue
        found[keyword.name] = keyword.value.value if isinstance(keyword.value, ir.Const) else keyword.value
        if keyword.name in ("options", "claims_options"):
            tables.append(keyword.value)
    for given in tables:
        values = list(look.units.values(given, unit))
        if not any(isinstance(v, ir.Table) for v, _ in values):
            found[None] = given
        for value, _ in values:
            for key, entry in value.entries if isinstance(value, ir.Table) else ():
                name = str(key.value) if isinstance(key, ir.Const) else None
                found[name] = entry.value if isinstance(entry, ir.Const) else entry
    return found


def _chosen_by_token(unit: Unit, node: ir.Call) -> bool:
    """`algorithms=[jwt.get_unverified_header(token)["alg"]]`."""
    asked = [k.value for k in node.keywords if k.name in ("algorithms", "algorithm")]
    asked += [
        v
        for a in node.args[2:]
        if isinstance(a, ir.Table)
        for k, v in a.entries
        if isinstance(k, ir.Const) and k.value == "algorithms"
    ]
    for value in asked:
        for inner in walk(value):
            if isinstance(inner, ir.Subscript | ir.Attribute) and path_of(inner)[-1:] == ["alg"]:
                return True
            if isinstance(inner, ir.Name) and any(path_of(v)[-1:] == ["alg"] for v in unit.names.get(inner.id, ())):
                return True
    return False


def _words(node: ir.Call) -> Iterator[str]:
    for inner in walk((node.args, node.keywords)):
        if isinstance(inner, ir.Const) and isinstance(inner.value, str):
            yield inner.value
        elif isinstance(inner, ir.Name | ir.Attribute):
            yield from path_of(inner)


# --- comparisons ------------------------------------------------------------------------------------------------------


def _compared(look: Look, unit: Unit, carried: Iterable[str]) -> Iterator[Finding]:
    """A shown key and a kept one: compared in variable time, or only by a part."""
    for node in unit.nodes:
        if isinstance(node, ir.Compare):
            left, right, op = node.left, node.right, node.op
        elif (
            isinstance(node, ir.Call)
            and isinstance(node.callee, ir.Attribute)
            and node.callee.name in ("includes", "indexOf", "has")
            and node.args
        ):
            left, right, op = node.args[0], node.callee.base, "in"
        else:
            continue
        if op in ("==", "!=") and (
            (_shown(left, carried) and _kept(look, unit, right)) or (_shown(right, carried) and _kept(look, unit, left))
        ):
            yield _slow(look, unit, node.line)
        elif op in ("in", "not-in") and _shown(left, carried) and _kept(look, unit, right):
            if _is_text(look, unit, right):
                message = "A shown key passes when it is any part of the kept one, even an empty one."
                yield _bad(look, unit, node.line, Severity.HIGH, message)
            else:
                yield _slow(look, unit, node.line)
        elif op in ("in", "not-in") and _kept(look, unit, left) and _shown(right, carried):
            yield _slow(look, unit, node.line)


def _slow(look: Look, unit: Unit, line: int) -> Finding:
    message = "A shown key is compared with the kept one in variable time."
    return look.at(unit, line, Weakness.TIMING_COMPARE, Severity.LOW, message)


def _shown(node: ir.Expr, carried: Iterable[str]) -> bool:
    return holds(node, carried, CREDENTIAL) and not isinstance(node, ir.Const)


def _kept(look: Look, unit: Unit, node: ir.Expr) -> bool:
    """A credential of the server: out of the environment, or by its name."""
    if isinstance(node, ir.Const):
        return False
    for value, _ in (*look.units.values(node, unit), (node, unit)):
        for inner in walk(value):
            if any(is_secret(w) or is_secret(w.rstrip("sS")) for w in _named(inner)):
                return True
    return False


def _named(node: object) -> list[str]:
    """The name under which a value is kept: a variable, a field, a variable of the environment."""
    if isinstance(node, ir.Call) and path_of(node.callee)[-1:] in (["getenv"], ["get"]) and node.args:
        first = node.args[0]
        return [str(first.value)] if isinstance(first, ir.Const) else []
    return path_of(node)[-1:] if isinstance(node, ir.Name | ir.Attribute | ir.Subscript) else []


def _is_text(look: Look, unit: Unit, node: ir.Expr) -> bool:
    """One text out of the environment, not a list of them."""
    values = [v for v, _ in look.units.values(node, unit)]
    texts = [
        v
        for v in values
        if path_of(v)[:2] in (["os", "environ"], ["os", "getenv"], ["process", "env"]) and "split" not in path_of(v)
    ]
    return bool(texts) and len(texts) == len(values)


# --- functions that let callers in ------------------------------------------------------------------------------------


def _gate(look: Look, unit: Unit, carried: frozenset[str]) -> Iterator[Finding]:
    function = unit.function
    if function is None:
        return
    name = plain(function.name)
    middleware = bool({plain(p.name) for p in function.params} & _NEXT)
    if not middleware and not _GATE.search(name):
        return
    if middleware or _VERIFIES.search(name):
        for line in _ignored(function, middleware=middleware):
            yield _bad(
                look,
                unit,
                line,
                Severity.HIGH,
                "When the verification of a token fails, the caller is let in all the same.",
            )
    if middleware and (carried or _reads(unit)) and _only_asked_for(unit, carried):
        message = "Any credential is accepted: it must be there, and nobody looks at it."
        yield _bad(look, unit, function.line, Severity.MEDIUM, message)


def _read_by_hand(look: Look, unit: Unit, carried: frozenset[str]) -> Iterator[Finding]:
    """`json.loads(base64.urlsafe_b64decode(token.split(".")[1]))`: the claims of a shown token, taken as they are."""
    if not carried or any(_calls(unit, name) for name in ("verify", "jwtVerify", "compare_digest", "timingSafeEqual")):
        return
    pieces = {n for n, values in unit.names.items() if any(_payload(v) for v in values)}
    for node in unit.nodes:
        decodes = isinstance(node, ir.Call) and (path_of(node.callee) or [""])[-1] in _DECODES
        if not decodes or not node.args:
            continue
        given = list(walk(node.args))
        if any(_payload(n) for n in given) or any(isinstance(n, ir.Name) and n.id in pieces for n in given):
            message = "The claims of a shown token are read without verifying its signature."
            yield _bad(look, unit, node.line, Severity.HIGH, message)
            return


def _payload(node: object) -> bool:
    """The second part of what was split at dots."""
    if not isinstance(node, ir.Subscript) or not isinstance(node.index, ir.Const) or node.index.value != 1:
        return False
    split = node.base
    cut = isinstance(split, ir.Call) and (path_of(split.callee) or [""])[-1] == "split" and bool(split.args)
    return cut and isinstance(split, ir.Call) and isinstance(split.args[0], ir.Const) and split.args[0].value == "."


def _ignored(function: ir.Function, *, middleware: bool) -> Iterator[int]:
    """Handlers after a failed verification that go on, or answer yes."""
    body = function.body
    for at, statement in enumerate(body):
        if not isinstance(statement, ir.Try) or not any(_verifying(c) for c in walk(statement.body)):
            continue
        rest = body[at + 1 :]
        for handler in statement.handlers:
            if _says_yes(handler.body) or (middleware and _goes_on(handler.body)):
                yield handler.line
                continue
            # What the tried part keeps, and a later test asks for, may still refuse.
            asked = _leaves(handler.body) or any(isinstance(n, ir.If) for n in rest)
            if not asked and (_says_yes(rest) or (middleware and _goes_on((*rest, *statement.final)))):
                yield handler.line


def _verifying(node: object) -> bool:
    return isinstance(node, ir.Call) and bool(_VERIFIES.search((path_of(node.callee) or [""])[-1]))


def _says_yes(body: Iterable[ir.Stmt]) -> bool:
    last = list(body)[-1:]
    value = last[0].value if last and isinstance(last[0], ir.Return) else None
    return isinstance(value, ir.Const) and value.value is True


def _leaves(body: Iterable[ir.Stmt]) -> bool:
    return any(isinstance(n, ir.Return | ir.Raise | ir.Jump) for n in walk(tuple(body)))


def _goes_on(body: Iterable[ir.Stmt]) -> bool:
    """`next()` without an error, `return await call_next(request)`."""
    statements = tuple(body)
    refused = any(isinstance(n, ir.Const) and n.value in (401, 403) for n in walk(statements))
    return not refused and any(
        isinstance(n, ir.Call) and isinstance(n.callee, ir.Name) and plain(n.callee.id) in _NEXT
        and not (plain(n.callee.id) == "next" and n.args)
        for n in walk(statements)
    )  # fmt: skip


def _reads(unit: Unit) -> bool:
    return any(isinstance(n, ir.Attribute | ir.Subscript | ir.Call) and is_read(n, CREDENTIAL) for n in unit.nodes)


def _only_asked_for(unit: Unit, carried: frozenset[str]) -> bool:
    """A credential that is tested for being there, and used for nothing."""
    function = unit.function
    refuses = any(isinstance(n, ir.Const) and n.value in (401, 403) for n in walk(function.body if function else ()))
    if not refuses:
        return False
    for node in unit.nodes:
        if isinstance(node, ir.Compare) and node.op in ("==", "!=", "in", "not-in"):
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if _about(one, carried) and not (isinstance(other, ir.Const) and _empty(other)):
                    return False
        elif isinstance(node, ir.Call) and (path_of(node.callee) or [""])[-1] not in _HARMLESS | _NEXT:
            if any(_about(a, carried) for a in (*node.args, *(k.value for k in node.keywords))):
                return False
        elif isinstance(node, ir.Assign) and isinstance(node.targets[0], ir.Attribute | ir.Subscript):
            if _about(node.value, carried):
                return False
        elif isinstance(node, ir.Table | ir.Subscript):
            parts = [v for _, v in node.entries] if isinstance(node, ir.Table) else [node.index]
            if any(_about(p, carried) for p in parts):
                return False
    return True


def _about(node: ir.Expr, carried: frozenset[str]) -> bool:
    return any(isinstance(n, ir.Name) and n.id in carried for n in walk(node)) or any(
        isinstance(n, ir.Attribute | ir.Subscript | ir.Call) and is_read(n, CREDENTIAL) for n in walk(node)
    )


def _empty(node: ir.Const) -> bool:
    return not node.value or (isinstance(node.value, str) and node.value.strip().lower() == "bearer")


def _accepts_all(unit: Unit) -> bool:
    """A verifier whose every way ends in an accepted token."""
    function = unit.function
    if function is None or not function.params:
        return False
    decides = (ir.If, ir.Raise, ir.Conditional, ir.Compare, ir.Logic, ir.Try)
    if any(isinstance(n, decides) for n in unit.nodes):
        return False
    given = {p.name for p in function.params}
    for node in unit.nodes:
        if isinstance(node, ir.Call):
            name = (path_of(node.callee) or [""])[-1]
            used = any(isinstance(n, ir.Name) and n.id in given for n in walk(node.args))
            if (used and not name[:1].isupper() and name not in _HARMLESS) or _VERIFIES.search(name):
                return False
        elif isinstance(node, ir.Subscript) and any(isinstance(n, ir.Name) and n.id in given for n in walk(node.index)):
            return False
    ends = [n.value for n in unit.nodes if isinstance(n, ir.Return) and n.value is not None]
    return bool(ends) and all(isinstance(v, ir.Call | ir.Table) for v in ends)


def _calls(unit: Unit, name: str) -> bool:
    return any(isinstance(n, ir.Call) and (path_of(n.callee) or [""])[-1] == name for n in unit.nodes)


def _bad(look: Look, unit: Unit, line: int, severity: Severity, message: str) -> Finding:
    return look.at(unit, line, Weakness.TOKEN_VALIDATION, severity, message, Confidence.FIRM)
