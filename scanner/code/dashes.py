"""Whether an argument begins with a dash, asked in one of the ways there are."""

import re
from typing import Final

from scanner.code import ir

_PATTERN: Final = re.compile(r"(?:\^|\\A)?(?:-\{1,2\}|--?\??|\[-\]|-\+|\(\?:-\|--\))")
_ANCHORED: Final = ("^", "\\A")


def asked_about(test: ir.Expr) -> ir.Expr | None:
    """The argument whose first character the test compares with a dash, so that it has none where the test fails:
    `x[0] == "-"`, `x[:1] == "-"`, `x.charAt(0) === "-"`, `/^-/.test(x)`, `re.match("-", x)`.
    """
    if isinstance(test, ir.Compare) and test.op in ("==", "!="):
        for one, other in ((test.left, test.right), (test.right, test.left)):
            if isinstance(other, ir.Const) and other.value == "-":
                return _first_of(one)
        return None
    if not isinstance(test, ir.Call) or not isinstance(test.callee, ir.Attribute):
        return None
    base, name = test.callee.base, test.callee.name
    if name == "test" and test.args and _begins(base, anchored=True):
        return test.args[0]
    python = isinstance(base, ir.Name) and base.id == "re"
    if python and name in ("match", "search") and len(test.args) > 1:
        return test.args[1] if _begins(test.args[0], anchored=name == "search") else None
    return None


def _first_of(node: ir.Expr) -> ir.Expr | None:
    if isinstance(node, ir.Subscript):
        index = node.index
        first = isinstance(index, ir.Const) and index.value == 0
        return node.base if first or (isinstance(index, ir.Opaque) and _is_one(index)) else None
    if isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute) and node.callee.name in ("charAt", "at"):
        first = all(isinstance(a, ir.Const) and a.value == 0 for a in node.args)
        return node.callee.base if first else None
    return None


def _is_one(index: ir.Opaque) -> bool:
    """The bounds of `[:1]` and `[0:1]`."""
    bounds = [p.value for p in index.parts if isinstance(p, ir.Const) and p.value is not None]
    return bounds in ([1], [0, 1])


def _begins(pattern: ir.Expr, *, anchored: bool) -> bool:
    text = pattern.value if isinstance(pattern, ir.Const) and isinstance(pattern.value, str) else ""
    return bool(_PATTERN.fullmatch(text)) and (text.startswith(_ANCHORED) or not anchored)
