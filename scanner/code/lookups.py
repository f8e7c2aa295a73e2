"""What tables with known entries give when they are looked into: by an unknown key, and as a whole."""

from dataclasses import replace
from typing import Final

from scanner.code import ir
from scanner.code.values import UNKNOWN, Value, join, sequence, union
from scanner.code.walking import walk

_MAX: Final = 64
"""Entries of a table whose values are joined."""
_APART: Final = 32


def chosen(base: Value, key: Value) -> Value | None:
    """An entry of a table by a key that is not known: one of its values, and nothing of the key."""
    if not base.fields or base.ref is not None or key.const is not UNKNOWN or len(base.fields) > _MAX:
        return None
    values = list(base.fields.values())
    result = values[0]
    for value in values[1:]:
        result = join(result, value)
    return replace(result, taint=union([result.taint, base.taint]))


def listed(base: Value, method: str) -> Value | None:
    """What `.items()`, `.values()` and `.keys()` of a table give, in order."""
    if base.fields is None or base.ref is not None:
        return None
    if method == "values":
        found = sequence(base.fields.values())
    elif method == "items":
        found = sequence(Value(items=(Value(const=k), v)) for k, v in base.fields.items())
    elif method == "keys":
        found = sequence(Value(const=k) for k in base.fields)
    else:
        return None
    return replace(found, taint=union([found.taint, base.taint]))


def separately(iterated: Value | None, body: tuple[ir.Stmt, ...]) -> tuple[Value, ...]:
    """The elements of a list that are worth looking at one by one: functions, classes and instances of the project, and
    names by which the loop gets them.
    """
    items = iterated.items if iterated is not None and not iterated.taint else None
    if not items or not 1 < len(items) <= _APART:
        return ()
    if all(isinstance(item.const, str) for item in items):
        named = (n.id for n in walk(body) if isinstance(n, ir.Name))
        return items if "getattr" in named else ()
    return items if any(":" in (v.ref or "") for item in items for v in _parts(item)) else ()


def _parts(value: Value) -> tuple[Value, ...]:
    return (value, *(value.items or ()), *(value.fields or {}).values())
