"""What an assignment changes: local names, fields of the receiver, entries of containers, however deep they lie."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Protocol

from scanner.code import ir
from scanner.code.credentials import environment
from scanner.code.project import CONSTRUCTORS
from scanner.code.safety import Safe
from scanner.code.state import Frame
from scanner.code.values import NOTHING, UNKNOWN, Value, adjust, join, only, project, union

_BEHIND_HOST: Final = frozenset({"pathname", "search", "hash"})
"""Parts of an address that stand behind its host and end there, whatever is set."""
_DEEP: Final = 4
_KEPT: Final = 200


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
            if key is None and value.fields is not None:
                named = {k.value for k, _ in target.entries if isinstance(k, ir.Const)}
                left = {k: v for k, v in value.fields.items() if k not in named}
                assign(evaluator, part, Value(value.taint, fields=left))
                continue
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
    if isinstance(target, ir.Attribute) and isinstance(target.base, ir.Name) and target.base.id == _receiver(frame):
        _store(frame, target.name, value)
        base = frame.here().names.get(target.base.id)
        if base is not None:
            frame.here().names[target.base.id] = replace(base, fields={**(base.fields or {}), target.name: value})
        return
    change(evaluator, target, lambda _: value)


def change(evaluator: Evaluates, place: ir.Expr, by: Callable[[Value], Value]) -> None:
    """Changes what a place holds: a variable, or a member of one, `x.a["b"]`; not what other functions hold."""
    keys: list[str | None] = []
    node = place
    while isinstance(node, (ir.Attribute, ir.Subscript)) and len(keys) < _DEEP:
        keys.append(node.name if isinstance(node, ir.Attribute) else evaluator.value(node.index).text())
        node = node.base
    if not isinstance(node, ir.Name):
        return
    frame = evaluator.frame
    base = frame.here().names.get(node.id)
    if base is None:
        return
    keys.reverse()
    changed = _changed(evaluator, base, keys, by)
    frame.here().names[node.id] = changed
    if node.id == _receiver(frame) and keys and keys[0] is not None and changed.fields is not None:
        _store(frame, keys[0], changed.fields.get(keys[0], NOTHING))


def _changed(evaluator: Evaluates, base: Value, keys: list[str | None], by: Callable[[Value], Value]) -> Value:
    if not keys:
        return by(base)
    key, *rest = keys
    known = base.fields.get(key) if base.fields is not None and key is not None else None
    if known is None:
        known = evaluator.attribute(base, key) if key is not None and base.ref is not None else NOTHING
        if key is not None and base.ref is None:
            known = Value(project(base.taint, key))
    inner = _changed(evaluator, known, rest, by)
    if key is not None:
        if key in _BEHIND_HOST and base.ref == "URL()":
            inner = replace(inner, taint=adjust(inner.everything(), Safe.URL, Safe.WHOLE), items=None, fields=None)
        return replace(base, fields={**(base.fields or {}), key: inner})
    return replace(base, taint=union([base.taint, inner.everything()]))


def put(evaluator: Evaluates, place: ir.Expr, name: str | None, value: Value) -> None:
    """Sets a member of what a place holds, by a name that may not be known."""

    def member(base: Value) -> Value:
        if name is not None:
            return replace(base, fields={**(base.fields or {}), name: value})
        return replace(base, taint=union([base.taint, value.everything()]))

    change(evaluator, place, member)


def remember(evaluator: Evaluates, called_on: ir.Expr, fields: Mapping[str, Value]) -> None:
    """What a method left in its receiver is there for the caller too."""
    frame = evaluator.frame
    if isinstance(called_on, ir.Name) and called_on.id == _receiver(frame):
        for name, value in fields.items():
            _store(frame, name, value)
    kept = {name: value for name, value in fields.items() if value.everything()}
    if not kept:
        return

    def told(receiver: Value) -> Value:
        before = receiver.fields or {}
        return replace(
            receiver, fields={**before, **{n: join(before[n], v) if n in before else v for n, v in kept.items()}}
        )

    change(evaluator, called_on, told)


def _receiver(frame: Frame) -> str | None:
    return frame.routine.function.receiver if frame.routine else None


def _store(frame: Frame, name: str, value: Value) -> None:
    frame.fields[name] = join(frame.fields[name], value) if name in frame.fields else value
    owner = frame.routine.function.owner if frame.routine else None
    if frame.routine is None or owner is None:
        return
    kept = _lasting(value)
    made = frame.routine.function.name in CONSTRUCTORS and not frame.hinted
    text = value.text()
    if made and text is not None and len(text) < _KEPT and name not in frame.analysis.project.reassigned():
        kept = replace(kept, const=text)
    stored = frame.analysis.fields.setdefault(f"{frame.module.name}:{owner}", {})
    stored[name] = join(stored[name], kept) if name in stored else kept


def _lasting(value: Value, depth: int = 3) -> Value:
    """What of a field's value does not depend on a caller."""
    fields = {k: _lasting(v, depth - 1) for k, v in value.fields.items()} if depth and value.fields else None
    taint = only(value.taint, "secret", "environ")
    return Value(taint, value.ref, UNKNOWN, None, fields, value.private, value.others)
