"""Sessions of a JavaScript server: identifiers that can be guessed, and sessions that are anybody's who names them."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from scanner.code import ir
from scanner.code.carried import plain
from scanner.code.javascript.index import Place, Scope
from scanner.code.javascript.protection import PER_CALLER
from scanner.code.javascript.running import Run
from scanner.code.sessions import Owners, knows_callers, unbound
from trust.facts import Listener
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Weakness

_SESSION: Final = re.compile(r"session_?id$|^sid$|session_?(?:token|key)$", re.IGNORECASE)
_MAKES: Final = re.compile(r"^(?:new|make|create|generate|gen|next)_?(?:session_?id|sid)$", re.IGNORECASE)
_GUESSABLE: Final = frozenset(
    {
        "Math.random",
        "Date.now",
        "performance.now",
        "process.hrtime",
        "Date",
        "process.hrtime.bigint",
        "uuid.v1",
        "uuid.v6",
    }
)
_SAFE: Final = re.compile(r"randomUUID|randomBytes|getRandomValues|uuid\.v[47]|nanoid|webcrypto|randomInt")
_COUNTER: Final = re.compile(r"count|next|last|seq|num|index|total", re.IGNORECASE)
_DEEP: Final = 3
_PARTS: Final = 60


class Sessions:
    """The findings of one run about sessions."""

    def __init__(self, run: Run, listeners: Sequence[Listener]) -> None:
        self.run = run
        self.reader = run.reader
        self.listeners = listeners

    def findings(self) -> Iterator[Finding]:
        exposed = any(at.on_by_default for at in self.listeners)
        severity = Severity.HIGH if exposed else Severity.MEDIUM if self.listeners else Severity.LOW
        for place in self.reader.places():
            if self.run.reached(place.scope.module):
                for value, scope in self._made(place):
                    if self._guessable(value, scope):
                        message = "Session identifiers come from a guessable source."
                        yield _in(scope.module, value.line, Weakness.SESSION_ID, severity, message)
        yield from self._unbound()

    def _unbound(self) -> Iterator[Finding]:
        modules = [index.module for index in self.reader.indexes.values() if self.run.reached(index.module)]
        kept = [m for m in modules if any("ession" in line for line in m.lines)]
        if not kept or not self.listeners:
            return
        if not any(at.auth in PER_CALLER for at in self.listeners) and not knows_callers(m.body for m in modules):
            return
        owners = Owners(f for m in kept for f in m.functions)
        for module in kept:
            for function in module.functions:
                for lookup in unbound(function, owners):
                    message = f"A session is taken from {lookup.table} by its identifier alone, whoever is calling."
                    yield _in(module, lookup.line, Weakness.SESSION_BINDING, Severity.MEDIUM, message)

    def _made(self, place: Place) -> Iterator[tuple[ir.Expr, Scope]]:
        """Expressions that give a new session its identifier."""
        node = place.node
        if isinstance(node, ir.Assign) and not node.augmented and _SESSION.search(_name(node.targets[0])):
            yield node.value, place.scope
        elif isinstance(node, ir.Function) and _MAKES.search(plain(node.name)):
            index = self.reader.indexes[place.scope.module.name]
            if (inner := index.scopes.get(node)) is not None:
                yield from self.reader.returns(inner)
        elif isinstance(node, ir.Table):
            for key, value in node.entries:
                if not isinstance(key, ir.Const):
                    continue
                function = self.reader.function(value, place.scope)
                if key.value == "sessionIdGenerator" and function is not None:
                    yield from self.reader.returns(function)
                elif isinstance(key.value, str) and _SESSION.search(key.value):
                    yield value, place.scope

    def _guessable(self, node: ir.Expr, scope: Scope, depth: int = _DEEP) -> bool:
        if _counted(node):
            return True
        weak = False
        stack: list[ir.Expr] = [node]
        for _ in range(_PARTS):
            if not stack:
                break
            current = stack.pop()
            if isinstance(current, ir.Call):
                library = self.reader.library(current.callee, scope) or ""
                if _SAFE.search(library):
                    return False
                weak = weak or library in _GUESSABLE
                stack += [current.callee, *current.args]
                inner = self.reader.function(current.callee, scope) if depth > 0 and not library else None
                if inner is not None and inner.function is not None:
                    weak = weak or any(self._guessable(v, s, depth - 1) for v, s in self.reader.returns(inner))
            elif isinstance(current, ir.Attribute):
                stack.append(current.base)
            elif isinstance(current, ir.Name) and depth > 0:
                found = self.reader.named(current, scope)
                known = found.node if found is not None else None
                if found is not None and isinstance(known, ir.Call | ir.Concat | ir.Binary):
                    weak = weak or self._guessable(known, found.scope, depth - 1)
            elif isinstance(current, ir.Concat):
                stack += current.parts
            elif isinstance(current, ir.Binary):
                stack += [current.left, current.right]
        return weak


def _counted(value: ir.Expr) -> bool:
    """`String(++counter)`, `session-${next++}`, `sessions.size + 1`: numbers that go up by one."""
    inner = value
    while isinstance(inner, ir.Call) and len(inner.args) <= 1:
        if isinstance(inner.callee, ir.Name) and plain(inner.callee.id) == "String" and inner.args:
            inner = inner.args[0]
        elif isinstance(inner.callee, ir.Attribute) and inner.callee.name == "toString":
            inner = inner.callee.base
        else:
            return False
    parts = inner.parts if isinstance(inner, ir.Concat) else (inner,)
    changing = [p for p in parts if not isinstance(p, ir.Const)]
    return bool(changing) and all(_is_counter(p) for p in changing)


def _is_counter(node: ir.Expr) -> bool:
    if isinstance(node, ir.Binary):
        return any(_is_counter(side) for side in (node.left, node.right))
    if isinstance(node, ir.Opaque):
        return len(node.parts) == 1 and _is_counter(node.parts[0])
    if isinstance(node, ir.Assigned):
        return _is_counter(node.target)
    name = _name(node)
    return name in ("size", "length") or (bool(_COUNTER.search(name)) and "account" not in name.lower())


def _name(target: ir.Expr) -> str:
    if isinstance(target, ir.Subscript) and isinstance(target.index, ir.Const):
        return str(target.index.value)
    return plain(target.id) if isinstance(target, ir.Name) else target.name if isinstance(target, ir.Attribute) else ""


def _in(module: ir.Module, line: int, weakness: Weakness, severity: Severity, message: str) -> Finding:
    return Finding("js", weakness, severity, Confidence.FIRM, message, module.path, line, module.text(line))
