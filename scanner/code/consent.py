"""Whether somebody has to switch something on before a place in the code is reached."""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.sweeping import Look
from scanner.code.units import Unit, dotted
from scanner.code.walking import walk

_ABOUT: Final = re.compile(
    r"telemetr|analytic|track|usage|stats|report|metric|consent|posthog|sentry|opt_?(?:in|out)|do_?not|share",
    re.IGNORECASE,
)
_ON: Final = re.compile(r"enable|opt_?in|allow|consent|agree|share", re.IGNORECASE)
_OFF: Final = re.compile(r"disable|opt_?out|(?:^|_)no_|do_?not|skip|without|off$", re.IGNORECASE)
_YES: Final = frozenset({"1", "true", "on", "yes", "enabled"})


def asked(look: Look, unit: Unit, node: object) -> bool:
    """Whether every way to a node is closed until the operator opens it."""
    current: Unit | None = unit
    inner = node
    while current is not None:
        if any(_opens(look, current, test, truth=truth) for test, truth in _tests(current, inner)):
            return True
        inner, current = current.function, current.outer
    return False


def _tests(unit: Unit, node: object) -> Iterator[tuple[ir.Expr, bool]]:
    """Tests that must come out this way before the node is reached: branches around it, and ways out before it."""
    line = getattr(node, "line", 0)
    for branch in unit.nodes:
        if not isinstance(branch, ir.If):
            continue
        if any(n is node for n in walk(branch.then)):
            yield branch.test, True
        elif any(n is node for n in walk(branch.other)) or (
            branch.line <= line and branch.then and isinstance(branch.then[-1], ir.Return) and not branch.other
        ):
            yield branch.test, False


def _opens(look: Look, unit: Unit, test: ir.Expr, *, truth: bool) -> bool:
    if isinstance(test, ir.Not):
        return _opens(look, unit, test.operand, truth=not truth)
    if isinstance(test, ir.Logic):
        every = (test.op == "and") == truth
        return every and any(_opens(look, unit, value, truth=truth) for value in test.values)
    words = " ".join(_words(test))
    compared = isinstance(test, ir.Compare) and test.op in ("==", "!=")
    if isinstance(test, ir.Compare) and test.op == "!=":
        truth = not truth
    if not _ABOUT.search(words) or _OFF.search(words):
        return False
    if compared and isinstance(test, ir.Compare):
        consts = [str(v.value).lower() for v in (test.left, test.right) if isinstance(v, ir.Const)]
        return truth and any(c in _YES for c in consts)
    default = {v.value for v, _ in look.units.values(test, unit) if isinstance(v, ir.Const)}
    environment = any(isinstance(n, ir.Subscript | ir.Call) or "env" in dotted(n) for n in walk(test))
    return truth and (bool(_ON.search(words)) or environment or False in default)


def _words(test: ir.Expr) -> Iterator[str]:
    for node in walk(test):
        if isinstance(node, ir.Const) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ir.Name | ir.Attribute):
            yield dotted(node)
