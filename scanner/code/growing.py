"""Lists, tables, queues and buffers that grow: `x.append(v)` and its kin, also `self.items.append(v)`."""

from dataclasses import replace

from scanner.code import ir
from scanner.code.safety import Safe
from scanner.code.storing import Evaluates, change
from scanner.code.values import Value, adjust, sequence, union


def grow(evaluator: Evaluates, callee: ir.Attribute, added: tuple[Value, ...]) -> None:
    """Changes the variable, or the member of one, that the method is called on."""
    if isinstance(callee.base, ir.Attribute) and callee.base.name == "searchParams":
        # The query of an address stands behind its host, and is encoded there.
        added = tuple(Value(adjust(v.everything(), Safe.URL, Safe.FRESH)) for v in added)
    if evaluator.frame.env is not None and added:
        change(evaluator, callee.base, lambda known: _grown(known, callee.name, added))


def _grown(known: Value, method: str, added: tuple[Value, ...]) -> Value:
    first = added[0]
    items = None
    if method in ("append", "push", "add") and known.items is not None:
        items = sequence((*known.items, *added)).items
    elif method == "extend" and known.items is not None and first.items is not None:
        items = sequence((*known.items, *first.items)).items
    elif method == "update" and first.fields is not None:
        return replace(known, fields={**(known.fields or {}), **first.fields})
    elif method == "setdefault" and first.text() is not None and len(added) > 1:
        return replace(known, fields={str(first.text()): added[1], **(known.fields or {})})
    if items is not None:
        return replace(known, items=items)
    inner = known.everything() if known.items is not None else known.taint
    taint = union([inner, *(v.everything() for v in added)])
    return replace(known, taint=taint, items=None) if taint or known.items is not None else known
