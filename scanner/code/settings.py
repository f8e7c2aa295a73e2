"""Parameters that a function only asks whether they are set: what a caller inside the project passes on from the
operator (a flag, an allowed folder or none) decides whether a check is made, and nobody outside can.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import Final

from scanner.code import ir
from scanner.code.values import Value
from scanner.code.walking import walk

_EMPTY: Final = (None, 0, "", False, True)


@lru_cache(maxsize=4096)
def asked_about(function: ir.Function) -> frozenset[int]:
    """Positions of the parameters that a test of the function asks about as a whole, and nothing but whether; also of
    those that may be asked about by a function they are handed on to.
    """
    names = {p.name: at for at, p in enumerate(function.params)}
    found: set[int] = set()
    for node in walk(function.body):
        if isinstance(node, ir.If | ir.Conditional):
            found |= {names[n] for n in _asked(node.test) if n in names}
        elif isinstance(node, ir.Call):
            handed = {a.id for a in (*node.args, *(k.value for k in node.keywords)) if isinstance(a, ir.Name)}
            found |= {names[n] for n in handed & names.keys() if _is_flag(function.params[names[n]])}
    return frozenset(found)


def _is_flag(param: ir.Param) -> bool:
    """Whether a parameter is one that may be left out, or true or false: it may be asked about further on."""
    if isinstance(param.default, ir.Const) and (param.default.value is None or isinstance(param.default.value, bool)):
        return True
    return any(getattr(n, "id", "") in ("bool", "boolean") or _is_none(n) for n in walk(param.annotation))


def _is_none(node: object) -> bool:
    return isinstance(node, ir.Const) and node.value is None


def _asked(test: ir.Expr) -> set[str]:
    if isinstance(test, ir.Name):
        return {test.id}
    if isinstance(test, ir.Not):
        return _asked(test.operand)
    if isinstance(test, ir.Logic):
        return {name for value in test.values for name in _asked(value)}
    if isinstance(test, ir.Compare) and isinstance(test.right, ir.Const) and test.right.value in _EMPTY:
        left = test.left
        if isinstance(left, ir.Attribute) and left.name in ("length", "size"):
            left = left.base
        elif isinstance(left, ir.Call) and getattr(left.callee, "id", "") == "len" and left.args:
            left = left.args[0]
        return _asked(left) if isinstance(left, ir.Name) else set()
    return set()


def is_own(value: Value, own: Collection[int] = ()) -> bool:
    """Whether no caller from outside can have chosen the value. `own` are the parameters of which that is known."""
    return not any(
        kind in ("request", "network") or (kind == "param" and root not in own) for kind, root, _ in value.everything()
    )


def is_asked_for(test: ir.Expr) -> bool:
    """Whether a test holds only once the operator has set something: a variable of the environment, a list that is not
    empty, a value that is not None.
    """
    if isinstance(test, ir.Logic):
        return test.op == "and" and any(is_asked_for(v) for v in test.values)
    if isinstance(test, ir.Compare):
        counted = test.op == ">" and isinstance(test.right, ir.Const) and test.right.value == 0
        given = test.op in ("is-not", "!=") and isinstance(test.right, ir.Const) and test.right.value is None
        return counted or given
    if isinstance(test, ir.Call):
        alone = len(test.args) + len(test.keywords) == 1
        return alone and getattr(test.callee, "name", "") in ("getenv", "get") and _is_environment(test.callee)
    return isinstance(test, ir.Attribute | ir.Subscript) and _is_environment(test.base)


def _is_environment(node: ir.Expr) -> bool:
    while isinstance(node, ir.Attribute | ir.Subscript):
        if isinstance(node, ir.Attribute) and node.name in ("env", "environ", "getenv"):
            return True
        node = node.base
    return isinstance(node, ir.Name) and node.id.partition("~")[0] in ("environ", "getenv", "env")
