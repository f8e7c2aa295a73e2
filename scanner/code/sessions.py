"""Sessions that are found by their identifier alone, in any language.

A server that knows its callers must also know whose a session is: who copies the identifier of another caller from a
log, a link or a header otherwise speaks as that caller (CWE-384, CWE-639; CVE-2026-52869 in the MCP Python SDK, whose
fix compares the credential that opened a session with the one that uses it).

Looked for: a value that a request carries as its session identifier, a table in which a session is found by it, and a
use of what was found. Taken as the owner's check: a comparison of something the server keeps for this session with
something else that is no constant; a table that is already the caller's own; a key that names the caller too.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scanner.code import ir
from scanner.code.carried import (
    LOOKS_UP,
    REQUESTS,
    holds,
    is_carrier,
    is_read,
    names_holding,
    own,
    path_of,
    plain,
    read_key,
    root_of,
)
from scanner.code.walking import walk

_ID: Final = re.compile(r"session.?(?:id|header|key|token)|(?:^|[_-])sid$|^mcp.?session|^sid\b", re.IGNORECASE)
_GETTER: Final = re.compile(
    r"^_?(?:get|find|lookup|fetch|load|resolve)_?(?:\w*_)?(?:session|transport|client|connection)s?(?:_?by_?(?:session_?)?id)?$",
    re.IGNORECASE,
)
_OWNER_CHECK: Final = re.compile(
    r"(?:own|principal|belongs|bound|bind|same_?(?:user|caller)|authori[sz]e|check_?(?:session|access|user)|"
    r"(?:verify|validate|assert|ensure|require|can)_?\w*(?:session|access|user|owner|caller|tenant))",
    re.IGNORECASE,
)
_CONSTANT_TIME: Final = frozenset({"compare_digest", "timingSafeEqual", "safeCompare", "isEqual", "equals"})
_USER_FIELDS: Final = frozenset(
    {"user", "auth", "principal", "identity", "authInfo", "account", "currentUser", "current_user", "claims", "userId",
     "user_id", "tenant"}
)  # fmt: skip
_USER_CALLS: Final = frozenset(
    {"get_access_token", "get_current_user", "getAuth", "getServerSession", "currentUser", "current_user",
     "requireBearerAuth", "AuthenticatedUser", "BearerAuthBackend", "mcpAuth", "withMcpAuth", "jwtVerify",
     "get_authorization_header"}
)  # fmt: skip
_FIXPOINT: Final = 4
_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class Lookup:
    """A session found by its identifier and used without asking whose it is."""

    line: int
    table: str


class Owners:
    """What all functions of a project do about the owners of sessions; built once."""

    def __init__(self, functions: Iterable[ir.Function]) -> None:
        self.checking: set[str] = set()
        self.guarded = False
        for function in functions:
            ids = names_holding(function, _ID)
            given = frozenset(p.name for p in function.params if _ID.search(plain(p.name)))
            if compares_owner(function, ids | given):
                self.checking.add(plain(function.name))
                # A middleware that reads the identifier itself and refuses stands before every handler.
                self.guarded = self.guarded or (
                    bool(ids) and not list(_lookups(function, ids)) and _passes_on(function)
                )


def unbound(function: ir.Function, owners: Owners) -> Iterator[Lookup]:
    """The places of one function that use a session by its identifier only."""
    ids = names_holding(function, _ID)
    found = list(_lookups(function, ids))
    if not found or owners.guarded or compares_owner(function, ids) or _asks(function, ids, owners):
        return
    seen: set[str] = set()
    for lookup in found:
        if lookup.table not in seen:
            seen.add(lookup.table)
            yield lookup


def knows_callers(trees: Iterable[Any]) -> bool:
    """Whether code looks at who its caller is: a principal on the request, or a function that is known to give it."""
    for tree in trees:
        for node in walk(tree):
            if isinstance(node, ir.Attribute) and node.name in _USER_FIELDS and root_of(node) in REQUESTS:
                return True
            if isinstance(node, ir.Name) and plain(node.id) in _USER_CALLS:
                return True
            if (
                isinstance(node, ir.Subscript | ir.Call)
                and read_key(node) in _USER_FIELDS
                and root_of(node) in REQUESTS
            ):
                return True
    return False


# --- the table --------------------------------------------------------------------------------------------------------


def _lookups(function: ir.Function, ids: Iterable[str]) -> Iterator[Lookup]:
    """Uses of what a table holds under the identifier; asking whether it is there, and storing, are none."""
    mine = _derived(function)
    for node in own(function.body):
        for value in _used(node):
            table = _table(value, ids)
            if table is not None and not (isinstance(table, ir.Name) and table.id in mine):
                yield Lookup(value.line, ".".join(path_of(table)) or "table")


def _used(node: Any) -> Iterator[ir.Expr]:
    """The values that a piece of code goes on with."""
    if isinstance(node, ir.Assign | ir.Assigned | ir.Return):
        yield from _choices(node.value) if node.value is not None else ()
    elif isinstance(node, ir.Attribute):
        yield from _choices(node.base)
    elif isinstance(node, ir.Call):
        for arg in node.args:
            yield from _choices(arg)


def _choices(node: ir.Expr) -> Iterator[ir.Expr]:
    if isinstance(node, ir.Logic):
        for value in node.values:
            yield from _choices(value)
    elif isinstance(node, ir.Conditional):
        yield from _choices(node.then)
        yield from _choices(node.other)
    elif isinstance(node, ir.Opaque) and len(node.parts) == 1:
        yield from _choices(node.parts[0])
    else:
        yield node


def _table(node: ir.Expr | None, ids: Iterable[str]) -> ir.Expr | None:
    """The table when an expression is one of its entries, found by the identifier alone."""
    if isinstance(node, ir.Subscript):
        base, key = node.base, node.index
    elif isinstance(node, ir.Call) and node.args and isinstance(node.callee, ir.Attribute):
        if node.callee.name not in LOOKS_UP and not _GETTER.search(node.callee.name):
            return None
        if any(not isinstance(a, ir.Const) for a in node.args[1:]) and _GETTER.search(node.callee.name):
            return None
        base, key = node.callee.base, node.args[0]
    elif isinstance(node, ir.Call) and len(node.args) == 1 and isinstance(node.callee, ir.Name):
        if not _GETTER.search(plain(node.callee.id)):
            return None
        base, key = node.callee, node.args[0]
    else:
        return None
    if not holds(key, ids, _ID) or is_carrier(base) or is_read(node, _ID):
        return None
    nested = isinstance(base, ir.Subscript) and not isinstance(base.index, ir.Const)
    called = isinstance(base, ir.Call) and bool(base.args)
    return None if nested or called else base


def _derived(function: ir.Function) -> frozenset[str]:
    """Names of tables that were themselves found by a key: the caller's own."""
    found = set()
    for node in own(function.body):
        if isinstance(node, ir.Assign) and isinstance(node.targets[0], ir.Name):
            for value in _choices(node.value):
                keyed = isinstance(value, ir.Subscript) and not isinstance(value.index, ir.Const)
                asked = (
                    isinstance(value, ir.Call) and isinstance(value.callee, ir.Attribute)
                    and value.callee.name in LOOKS_UP and bool(value.args) and not isinstance(value.args[0], ir.Const)
                )  # fmt: skip
                if keyed or asked:
                    found.add(node.targets[0].id)
    return frozenset(found)


# --- the owner --------------------------------------------------------------------------------------------------------


def compares_owner(function: ir.Function, ids: Iterable[str]) -> bool:
    """Whether something kept for the session is compared with something that is no constant."""
    kept = _kept(function, ids)
    for node in walk(function.body):
        if isinstance(node, ir.Compare) and node.op in ("==", "!=", "in", "not-in"):
            sides = (node.left, node.right)
        elif (
            isinstance(node, ir.Call)
            and len(node.args) == _PAIR
            and path_of(node.callee)[-1:]
            and path_of(node.callee)[-1] in _CONSTANT_TIME
        ):
            sides = (node.args[0], node.args[1])
        else:
            continue
        for one, other in (sides, sides[::-1]):
            theirs = not _fixed(other) and not _from_kept(other, kept, ids) and not holds(other, ids, _ID)
            if theirs and _from_kept(one, kept, ids):
                return True
    return False


def _kept(function: ir.Function, ids: Iterable[str]) -> Mapping[str, bool]:
    """Names that hold what is stored under the identifier, or a part of it."""
    names: dict[str, bool] = {}
    for _ in range(_FIXPOINT):
        before = len(names)
        for node in walk(function.body):
            if isinstance(node, ir.Assign | ir.Assigned):
                targets = node.targets if isinstance(node, ir.Assign) else (node.target,)
                if any(_from_kept(v, names, ids, whole=True) for v in _choices(node.value)):
                    for target in targets:
                        names.update((n.id, True) for n in walk(target) if isinstance(n, ir.Name))
        if len(names) == before:
            break
    return names


def _from_kept(node: ir.Expr, kept: Mapping[str, bool], ids: Iterable[str], *, whole: bool = False) -> bool:
    """`owners[sid]`, `session.user_id`, `owner`: something the server remembers of this session."""
    if isinstance(node, ir.Name):
        return node.id in kept
    if isinstance(node, ir.Attribute):
        return node.name not in ("length", "size") and _from_kept(node.base, kept, ids, whole=True)
    if _table(node, ids) is not None:
        return True
    if isinstance(node, ir.Subscript):
        return _from_kept(node.base, kept, ids, whole=True)
    if isinstance(node, ir.Call):
        inner = node.callee.base if isinstance(node.callee, ir.Attribute) else None
        return (inner is not None and _from_kept(inner, kept, ids)) or (
            not whole and any(_from_kept(a, kept, ids) for a in node.args)
        )
    return False


def _fixed(node: ir.Expr) -> bool:
    """A literal, or a member of an enumeration by the convention of its name."""
    if isinstance(node, ir.Const | ir.Collection | ir.Table):
        return True
    if isinstance(node, ir.Attribute):
        return root_of(node)[:1].isupper()
    return isinstance(node, ir.Name) and (plain(node.id) == "undefined" or plain(node.id).isupper())


def _asks(function: ir.Function, ids: Iterable[str], owners: Owners) -> bool:
    """Whether the identifier or the session is handed to a function that checks the owner."""
    kept = _kept(function, ids)
    for node in walk(function.body):
        if not isinstance(node, ir.Call) or not node.args:
            continue
        name = (path_of(node.callee) or [""])[-1]
        given = (*node.args, *(k.value for k in node.keywords))
        about = any(holds(a, ids, _ID) or _from_kept(a, kept, ids) for a in given)
        if about and (name in owners.checking or (_OWNER_CHECK.search(name) and len(given) > 1)):
            return True
    return False


def _passes_on(function: ir.Function) -> bool:
    """A middleware: it hands the request to the next one."""
    names = {plain(p.name) for p in function.params}
    return bool(names & {"next", "call_next", "handler", "send"})
