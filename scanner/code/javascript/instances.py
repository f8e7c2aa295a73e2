"""What an instance of a class holds: fields, methods and what constructors store, base classes included."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from scanner.code import ir
from scanner.code.javascript.index import Index, Scope, pattern
from scanner.code.javascript.naming import Thing

_BASES: Final = 6
_MAX_MEMBERS: Final = 400


class Classes(Protocol):
    """What reading an instance needs of a reader."""

    indexes: Mapping[str, Index]
    class_scopes: dict[ir.Class, Scope]

    def class_of(self, node: ir.Expr | None, scope: Scope) -> tuple[ir.Class, Scope] | None: ...


def called_with(scope: Scope, params: Sequence[ir.Param], args: Sequence[Thing]) -> Scope:
    """The scope of a function in one call: what its parameters stand for."""
    given: dict[str, tuple[ir.Expr | ir.Class, Scope]] = {}
    for at, param in enumerate(params):
        if param.kind != "plain":
            break
        value: Thing | None = args[at] if at < len(args) else None
        if value is None or (isinstance(value.node, ir.Const) and value.node.value is None):
            value = Thing(param.default, scope) if param.default is not None else value
        if value is not None:
            given[param.name] = (value.node, value.scope)
            if param.target is not None:
                given |= pattern(param.target, value.node, value.scope)
    return scope.turn(given) if given else scope


def instance(reader: Classes, owner: ir.Class, args: Sequence[Thing] = (), depth: int = _BASES) -> dict[str, Thing]:
    """The members of an instance made with these arguments, by name."""
    scope = reader.class_scopes.get(owner)
    if scope is None or depth == 0:
        return {}
    own, passed = _constructed(reader, owner, scope, args)
    found: dict[str, Thing] = {}
    for base in owner.bases[:1]:
        known = reader.class_of(base, scope)
        if known is not None and known[0] is not owner:
            found.update(instance(reader, known[0], passed, depth - 1))
    for statement in owner.body[:_MAX_MEMBERS]:
        if isinstance(statement, ir.Assign) and isinstance(statement.targets[0], ir.Name):
            if not (isinstance(statement.value, ir.Const) and statement.value.value is None):
                found[statement.targets[0].id] = Thing(statement.value, scope)
        elif isinstance(statement, ir.Define) and isinstance(statement.what, ir.Function):
            found[statement.what.name] = Thing(ir.Lambda(statement.line, statement.what), scope)
    found.update(own)
    return found


def _constructed(
    reader: Classes, owner: ir.Class, scope: Scope, args: Sequence[Thing]
) -> tuple[dict[str, Thing], Sequence[Thing]]:
    """What the constructor stores in `this`, and what it hands to that of the base class."""
    constructor = next((f for f in _methods(owner) if f.name == "constructor"), None)
    inner = reader.indexes[scope.module.name].scopes.get(constructor) if constructor is not None else None
    own: dict[str, Thing] = {}
    if inner is None or constructor is None:
        return own, args
    inner = called_with(inner, constructor.params, args)
    passed: Sequence[Thing] = ()
    for statement in constructor.body[:_MAX_MEMBERS]:
        value = statement.value if isinstance(statement, ir.Do | ir.Assign) else None
        if isinstance(statement, ir.Assign):
            target = statement.targets[0]
            if isinstance(target, ir.Attribute) and isinstance(target.base, ir.Name) and target.base.id == "this":
                own[target.name] = Thing(statement.value, inner)
        elif isinstance(value, ir.Call) and isinstance(value.callee, ir.Name) and value.callee.id == "super":
            passed = [Thing(arg, inner) for arg in value.args]
    return own, passed


def _methods(owner: ir.Class) -> list[ir.Function]:
    return [s.what for s in owner.body if isinstance(s, ir.Define) and isinstance(s.what, ir.Function)]
