"""Checks that a client makes of every request it sends, redirected ones included: hooks, transports, agents, lookups.

Sources: www.python-httpx.org/advanced/event-hooks, requests.readthedocs.io (transport adapters), undici's `connect`
option and Node's `lookup`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from scanner.code import ir
from scanner.code.addresses import RANGES
from scanner.code.state import Analysis
from scanner.code.values import Value
from scanner.code.walking import walk

_SETTINGS: Final = frozenset({
    "event_hooks", "transport", "mounts", "hooks", "dispatcher", "agent", "httpAgent", "httpsAgent", "lookup",
    "connect", "beforeRequest", "beforeRedirect", "connector", "resolver",
})  # fmt: skip
_FILTERS: Final = ("ssrf-req-filter", "request-filtering-agent", "ssrf-agent", "ssrf-filter", "private-address-check")
_DEPTH: Final = 4


def judges_every_hop(
    analysis: Analysis, args: tuple[Value, ...], keywords: Mapping[str, Value], receiver: Value | None
) -> bool:
    """Whether the call, or the client it is made with, hands every address to a function that refuses private ones."""
    tables = [keywords, *(v.fields for v in (*args, receiver) if v is not None and v.fields is not None)]
    return any(
        _refuses(analysis, ref)
        for table in tables
        for name in _SETTINGS & table.keys()
        for ref in _refs(table[name], _DEPTH)
    )


def settings_of(args: tuple[Value, ...]) -> dict[str, Value] | None:
    """The settings among a constructor's options that say how requests are made; None when there are none."""
    found = {n: v for a in args if a.fields is not None for n, v in a.fields.items() if n in _SETTINGS}
    return found or None


def _refs(value: Value, depth: int) -> Iterator[str]:
    """The names of everything in a setting."""
    if value.ref is not None:
        yield value.ref
    if depth:
        for inner in (*(value.items or ()), *(value.fields or {}).values()):
            yield from _refs(inner, depth - 1)


def _refuses(analysis: Analysis, ref: str) -> bool:
    if ref.startswith(_FILTERS):
        return True
    name = ref.removesuffix("()")
    names = [name] if name in analysis.project.routines else []
    if name in analysis.project.classes:
        names = [r for r in analysis.project.routines if r.startswith(f"{name}.")]
    for own in names:
        routine = analysis.project.routines[own]
        summary = analysis.summarise(analysis, routine, ())
        if summary is not None and RANGES in summary.marks and _gives_up(analysis, routine.function, 2):
            return True
    return False


def _gives_up(analysis: Analysis, function: ir.Function, depth: int) -> bool:
    """Whether the function, or one it calls by name, can end in a refusal."""
    called: set[str] = set()
    for node in walk(function.body):
        if isinstance(node, ir.Raise) or _calls_back(node):
            return True
        if isinstance(node, ir.Call):
            called.add(getattr(node.callee, "id", "") or getattr(node.callee, "name", ""))
    return depth > 0 and any(
        r.function is not function and r.function.name in called and _gives_up(analysis, r.function, depth - 1)
        for r in analysis.project.routines.values()
    )


def _calls_back(node: object) -> bool:
    """Node's way to refuse: a callback, or an error handed to it."""
    return isinstance(node, ir.Call) and getattr(node.callee, "id", "").partition("~")[0] in (
        "callback",
        "cb",
        "reject",
    )
