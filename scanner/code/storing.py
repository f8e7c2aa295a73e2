"""What an assignment changes: local names, fields of the receiver, entries of containers."""

from dataclasses import replace
from typing import Protocol

from scanner.code import ir
from scanner.code.credentials import environment
from scanner.code.state import Frame
from scanner.code.values import UNKNOWN, Value, join, only, union


class Evaluates(Protocol):
    """What is needed of the evaluator."""

    frame: Frame

    def value(self, node: ir.Expr) -> Value: ...
    def attribute(self, base: Value, name: str, spelled: str | None = None, *, called: bool = False) -> Value: ...


def assign(evaluator: Evaluates, target: ir.Expr, value: Value) -> None:
    """Binds a target: a name, a field of the receiver, an entry of a container, or a pattern of these."""
    frame = evaluator.frame
    env = frame.here()
    if isinstance(target, ir.Name):
        frame.tests.pop(target.id, None)
        env.names[target.id] = value
    elif isinstance(target, ir.Collection):
        for at, part in enumerate(target.items):
            inner = value.items[at] if value.items is not None and at < len(value.items) else None
            assign(evaluator, part, inner or Value(value.everything()))
    elif isinstance(target, ir.Table):
        for key, part in target.entries:
            name = key.value if isinstance(key, ir.Const) and isinstance(key.value, str) else None
            if name and value.ref in frame.analysis.rules.whole_environment:
                read = ir.Subscript(key.line if key is not None else 0, part, ir.Const(0, name))
                assign(evaluator, part, environment(frame, read, Value(const=name)))
                continue
            assign(evaluator, part, evaluator.attribute(value, name) if name else Value(value.everything()))
    elif isinstance(target, (ir.Attribute, ir.Subscript)):
        _member(evaluator, target, value)
    elif isinstance(target, ir.Spread):
        assign(evaluator, target.value, Value(value.everything()))


def _member(evaluator: Evaluates, target: ir.Attribute | ir.Subscript, value: Value) -> None:
    frame = evaluator.frame
    receiver = frame.routine.function.receiver if frame.routine else None
    key = target.name if isinstance(target, ir.Attribute) else evaluator.value(target.index).text()
    if isinstance(target.base, ir.Name) and target.base.id == receiver and isinstance(target, ir.Attribute):
        _store(frame, target.name, value)
    if not isinstance(target.base, ir.Name):
        return
    env = frame.here()
    base = env.names.get(target.base.id)
    if base is None:
        return
    if key is not None:
        env.names[target.base.id] = replace(base, fields={**(base.fields or {}), key: value})
    else:
        env.names[target.base.id] = replace(base, taint=union([base.taint, value.everything()]))


def _store(frame: Frame, name: str, value: Value) -> None:
    frame.fields[name] = join(frame.fields[name], value) if name in frame.fields else value
    owner = frame.routine.function.owner if frame.routine else None
    if owner is None:
        return
    kept = _lasting(value)
    stored = frame.analysis.fields.setdefault(f"{frame.module.name}:{owner}", {})
    stored[name] = join(stored[name], kept) if name in stored else kept


def _lasting(value: Value, depth: int = 3) -> Value:
    """What of a field's value does not depend on a caller."""
    fields = {k: _lasting(v, depth - 1) for k, v in value.fields.items()} if depth and value.fields else None
    return Value(only(value.taint, "secret", "environ"), value.ref, UNKNOWN, None, fields, value.private)
