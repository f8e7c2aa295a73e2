"""Sessions of a Python server: identifiers that can be guessed, and sessions that are anybody's who names them."""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.carried import own
from scanner.code.sessions import Owners, knows_callers, unbound
from scanner.code.taint import Flows
from scanner.code.walking import walk
from trust.facts import Listener
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Weakness

_SESSION: Final = re.compile(r"session_?id$|^sid$|session_?(?:token|key)$", re.IGNORECASE)
_MAKES: Final = re.compile(r"(?:new|make|create|generate|gen|next)_(?:session_?id|sid)$", re.IGNORECASE)
_GUESSABLE: Final = re.compile(
    r"^random\.(?!SystemRandom)|^numpy\.random\.|^time\.(?:time|time_ns|monotonic|perf_counter)$|"
    r"^datetime\.(?:datetime\.)?(?:utc)?now$|^uuid\.(?:uuid1|uuid3|uuid5|getnode)$|^os\.getpid$"
)
_SAFE: Final = re.compile(r"^secrets\.|^os\.urandom$|^uuid\.uuid4$|^random\.SystemRandom")
_COUNTER: Final = re.compile(r"count|next|last|seq|num|index|total", re.IGNORECASE)
PER_CALLER: Final = frozenset({"bearer", "jwt", "oauth", "mtls"})
"""Mechanisms that tell one caller from another; behind one shared key everybody is the same caller."""


def sessions(flows: Flows, listeners: list[Listener]) -> Iterator[Finding]:
    """Findings about sessions; `listeners`: where more than one client can be connected."""
    modules = [flows.project.by_name[name] for name in sorted(flows.modules)]
    exposed = any(at.on_by_default for at in listeners)
    severity = Severity.HIGH if exposed else Severity.MEDIUM if listeners else Severity.LOW
    for module in modules:
        for line in _guessable(flows, module):
            message = "Session identifiers come from a guessable source."
            yield _in(module, line, Weakness.SESSION_ID, severity, message)
    kept = [m for m in modules if any("ession" in line for line in m.lines)]
    if not kept:
        return
    told_apart = any(at.auth in PER_CALLER for at in listeners) or knows_callers(m.body for m in modules)
    if not told_apart:
        return
    owners = Owners(f for m in kept for f in m.functions)
    for module in kept:
        for function in module.functions:
            for lookup in unbound(function, owners):
                message = f"A session is taken from {lookup.table} by its identifier alone, whoever is calling."
                yield _in(module, lookup.line, Weakness.SESSION_BINDING, Severity.MEDIUM, message)


def _guessable(flows: Flows, module: ir.Module) -> Iterator[int]:
    """Lines where an identifier is made by a clock, a counter, or a generator that can be computed backwards."""
    made: list[tuple[int, ir.Expr]] = []
    for node in walk(module.body):
        if isinstance(node, ir.Assign) and not node.augmented and _SESSION.search(_name(node.targets[0])):
            made.append((node.line, node.value))
        elif isinstance(node, ir.Function) and _MAKES.search(node.name):
            made += _returned(node)
        elif isinstance(node, ir.Call):
            made += [(k.value.line, k.value) for k in node.keywords if k.name and _SESSION.search(k.name)]
    for line, value in made:
        called = [flows.project.dotted(module, n.callee) or "" for n in walk(value) if isinstance(n, ir.Call)]
        if any(_SAFE.search(ref) for ref in called):
            continue
        if any(_GUESSABLE.search(ref) for ref in called) or _counted(value):
            yield line


def _returned(function: ir.Function) -> list[tuple[int, ir.Expr]]:
    """What a function hands back, through the names it gives it before."""
    values = {
        t.id: s.value
        for s in own(function.body)
        if isinstance(s, ir.Assign)
        for t in s.targets
        if isinstance(t, ir.Name)
    }
    found: list[tuple[int, ir.Expr]] = []
    for node in own(function.body):
        if isinstance(node, ir.Return) and node.value is not None:
            named = values.get(node.value.id) if isinstance(node.value, ir.Name) else None
            value = node.value if named is None else named
            found.append((value.line, value))
    return found


def _counted(value: ir.Expr) -> bool:
    """`str(counter)`, `f"session-{self._next}"`, `len(sessions) + 1`: numbers that go up by one."""
    inner = value
    while isinstance(inner, ir.Call) and len(inner.args) == 1 and isinstance(inner.callee, ir.Name):
        if inner.callee.id == "len":
            return True
        if inner.callee.id not in ("str", "repr", "hex", "int"):
            return False
        inner = inner.args[0]
    parts = inner.parts if isinstance(inner, ir.Concat) else (inner,)
    changing = [p for p in parts if not isinstance(p, ir.Const)]
    return bool(changing) and all(_is_counter(p) for p in changing)


def _is_counter(node: ir.Expr) -> bool:
    if isinstance(node, ir.Binary):
        return any(_is_counter(side) for side in (node.left, node.right))
    if isinstance(node, ir.Call):
        known = node.callee.id if isinstance(node.callee, ir.Name) else ""
        return known == "len" or (known == "next" and bool(node.args) and bool(_COUNTER.search(_name(node.args[0]))))
    return bool(_COUNTER.search(_name(node))) and "account" not in _name(node)


def _name(target: ir.Expr) -> str:
    if isinstance(target, ir.Subscript) and isinstance(target.index, ir.Const):
        return str(target.index.value)
    return target.id if isinstance(target, ir.Name) else target.name if isinstance(target, ir.Attribute) else ""


def _in(module: ir.Module, line: int, weakness: Weakness, severity: Severity, message: str) -> Finding:
    return Finding("py", weakness, severity, Confidence.FIRM, message, module.path, line, module.text(line))
