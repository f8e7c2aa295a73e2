"""Branches that open after so many calls or after a date: how a server shows one face while it is looked at."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from scanner.code import ir
from scanner.code.walking import walk

_ORDER: Final = frozenset({">", ">=", "<", "<=", "==", "!="})
_CLOCK: Final = re.compile(r"^(?:now|utcnow|today|time|Date|getTime)$")
_DATE: Final = re.compile(r"^20\d\d-\d\d(?:-\d\d)?")
_EPOCH: Final = 1_000_000_000
Branch = tuple[int, tuple[ir.Stmt | ir.Expr, ...]]


def counters(functions: Iterable[ir.Function]) -> frozenset[str]:
    """Names that a function counts up and never sets: what it keeps from one call to the next."""
    found: set[str] = set()
    for function in functions:
        grown: set[str] = set()
        plain = {p.name for p in function.params}
        for node in walk(function.body):
            if isinstance(node, ir.Assign | ir.Assigned):
                for target in node.targets if isinstance(node, ir.Assign) else (node.target,):
                    name = _spelled(target)
                    if name:
                        (grown if _grows(node, name) else plain).add(name)
        found |= grown - plain
    return frozenset(found)


def _grows(node: ir.Assign | ir.Assigned, name: str) -> bool:
    if isinstance(node, ir.Assign) and node.augmented:
        return node.augmented.startswith("+") and isinstance(node.value, ir.Const) and node.value.value == 1
    value = node.value
    if not isinstance(value, ir.Binary) or value.op != "+":
        return False
    return _spelled(value.left) == name and isinstance(value.right, ir.Const) and value.right.value == 1


def _spelled(node: ir.Expr) -> str:
    """A variable, `self.x`, `this.x`, or an entry of a table under a fixed key, as one word."""
    if isinstance(node, ir.Name):
        return node.id
    if isinstance(node, ir.Attribute) and isinstance(node.base, ir.Name):
        return f"{node.base.id}.{node.name}"
    if isinstance(node, ir.Subscript) and isinstance(node.base, ir.Name) and isinstance(node.index, ir.Const):
        return f"{node.base.id}[{node.index.value!r}]"
    return ""


def gates(body: tuple[ir.Stmt, ...], counted: frozenset[str]) -> Iterator[Branch]:
    """The branches in a piece of code that a counter or a fixed date opens: line of the test, and what it opens."""
    for node in walk(body):
        if isinstance(node, ir.If) and _is_gate(node.test, counted):
            yield node.line, (*node.then, *node.other)
        elif isinstance(node, ir.Conditional) and _is_gate(node.test, counted):
            yield node.line, (node.then, node.other)


def _is_gate(test: ir.Expr, counted: frozenset[str]) -> bool:
    if isinstance(test, ir.Logic):
        return any(_is_gate(value, counted) for value in test.values)
    if isinstance(test, ir.Not):
        return _is_gate(test.operand, counted)
    if not isinstance(test, ir.Compare) or test.op not in _ORDER:
        return False
    for one, other in ((test.left, test.right), (test.right, test.left)):
        if _counts(one, counted) and _is_number(other):
            return True
        if _is_now(one) and _is_date(other):
            return True
    return False


def _counts(node: ir.Expr, counted: frozenset[str]) -> bool:
    if isinstance(node, ir.Assigned):
        return _spelled(node.target) in counted
    if isinstance(node, ir.Binary) and node.op == "%":
        return _counts(node.left, counted)
    return _spelled(node) in counted


def _is_number(node: ir.Expr) -> bool:
    return isinstance(node, ir.Const) and isinstance(node.value, int) and not isinstance(node.value, bool)


def _is_now(node: ir.Expr) -> bool:
    if not isinstance(node, ir.Call) or node.args:
        return False
    callee = node.callee
    name = callee.name if isinstance(callee, ir.Attribute) else callee.id if isinstance(callee, ir.Name) else ""
    return bool(_CLOCK.match(name))


def _is_date(node: ir.Expr) -> bool:
    if isinstance(node, ir.Const):
        if isinstance(node.value, str):
            return bool(_DATE.match(node.value))
        return isinstance(node.value, int | float) and node.value > _EPOCH
    if not isinstance(node, ir.Call) or not node.args:
        return False
    return all(isinstance(arg, ir.Const) for arg in node.args) and _names_date(node.callee)


def _names_date(callee: ir.Expr) -> bool:
    name = callee.name if isinstance(callee, ir.Attribute) else callee.id if isinstance(callee, ir.Name) else ""
    return name in ("date", "datetime", "Date", "parse", "fromisoformat", "UTC")
