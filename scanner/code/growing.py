"""Lists and tables that grow: `x.append(v)` and its kin."""

from dataclasses import replace

from scanner.code import ir
from scanner.code.storing import Evaluates
from scanner.code.values import Value, sequence, union


def grow(evaluator: Evaluates, callee: ir.Attribute, added: tuple[Value, ...]) -> None:
    """`x.append(v)` and its kin change the variable they are called on."""
    base = callee.base
    env = evaluator.frame.env
    if env is None or not isinstance(base, ir.Name):
        return
    known = env.names.get(base.id)
    if known is None:
        return
    if callee.name in ("append", "push", "add") and known.items is not None:
        env.names[base.id] = replace(known, items=sequence((*known.items, *added)).items)
    elif callee.name == "extend" and known.items is not None and added and added[0].items is not None:
        env.names[base.id] = replace(known, items=sequence((*known.items, *added[0].items)).items)
    elif callee.name == "update" and added and added[0].fields is not None:
        env.names[base.id] = replace(known, fields={**(known.fields or {}), **added[0].fields})
    else:
        taint = union([known.taint, *(v.everything() for v in added)])
        if taint:
            env.names[base.id] = replace(known, taint=taint)
    if env.names[base.id].items is None and known.items is not None:
        taint = union([known.everything(), *(v.everything() for v in added)])
        env.names[base.id] = replace(known, taint=taint, items=None)
