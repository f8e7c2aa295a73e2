"""What a list, a map or an object holds, element by element, through the ways of writing, filling and walking one."""

from collections.abc import Mapping
from typing import Final, Protocol

from scanner.code import ir
from scanner.code.javascript.index import Place, Scope, pattern
from scanner.code.javascript.naming import Thing

MAX_ITEMS: Final = 400
SAME_LIST: Final = frozenset(
    {"filter", "map", "flatMap", "sort", "slice", "concat", "flat", "toSorted", "reverse", "toReversed", "assign"}
)
"""Methods whose result holds (something of) the elements they are called on."""
FILLS: Final = frozenset({"push", "unshift", "set", "add"})
"""Methods that put something into a list or map."""
_PAIR: Final = 2


class Reads(Protocol):
    """What listing elements needs of a reader."""

    pushes: dict[tuple[object, str], list[Place]]

    def resolve(self, node: ir.Expr | None, scope: Scope, hops: int = ...) -> Thing | None: ...
    def table(self, node: ir.Expr | None, scope: Scope, depth: int = ...) -> Mapping[str, Thing] | None: ...
    def members(self, node: ir.Expr, scope: Scope) -> Mapping[str, Thing] | None: ...
    def answers(self, call: ir.Call, scope: Scope) -> list[Thing]: ...
    def values_of(self, name: str, scope: Scope) -> list[ir.Expr]: ...


def items(reader: Reads, node: ir.Expr | None, scope: Scope, depth: int = 8) -> list[Thing]:  # noqa: C901, PLR0912  (one case per kind of node)
    """The elements of a list, through spreads, choices, calls and the methods that keep elements."""
    thing = reader.resolve(node, scope)
    if thing is None or depth == 0:
        return []
    found: list[Thing] = []
    match thing.node:
        case ir.Collection(items=parts):
            for part in parts[:MAX_ITEMS]:
                if isinstance(part, ir.Spread):
                    found.extend(items(reader, part.value, thing.scope, depth - 1))
                else:
                    found.append(Thing(part, thing.scope))
        case ir.Call():
            found.extend(_of_call(reader, thing.node, thing.scope, depth))
        case ir.Comprehension(element=element, bindings=((target, iterable), *_)):
            walked = items(reader, iterable, thing.scope, depth - 1)
            found.extend(Thing(element, thing.scope.turn(_turn(target, item))) for item in walked)
        case ir.Conditional(then=then, other=other):
            found.extend(items(reader, then, thing.scope, depth - 1))
            found.extend(items(reader, other, thing.scope, depth - 1))
        case ir.Logic(values=values):
            for value in values:
                found.extend(items(reader, value, thing.scope, depth - 1))
        case ir.Name(id=name):
            for value in reader.values_of(name, thing.scope):
                if not isinstance(value, ir.Name):
                    found.extend(items(reader, value, thing.scope, depth - 1))
        case _:
            pass
    found.extend(_filled(reader, node, scope, depth))
    return found[:MAX_ITEMS]


def _turn(target: ir.Expr, item: Thing) -> dict[str, tuple[ir.Expr | ir.Class, Scope]]:
    """What the names of a loop stand for in one turn; the element itself keeps a name that no source can have."""
    return {"<element>": (item.node, item.scope), **pattern(target, item.node, item.scope)}


def _of_call(reader: Reads, call: ir.Call, scope: Scope, depth: int) -> list[Thing]:
    callee, args = call.callee, call.args
    if isinstance(callee, ir.Name) and callee.id in ("Map", "Set"):
        return items(reader, args[0], scope, depth - 1) if args else []
    if isinstance(callee, ir.Attribute):
        base, name = callee.base, callee.name
        of_object = isinstance(base, ir.Name) and base.id == "Object"
        if of_object and name in ("values", "entries") and args:
            members = reader.members(args[0], scope) or {}
            return list(members.values()) if name == "values" else [_pair(k, v) for k, v in members.items()]
        if name == "from" and args:
            return items(reader, args[0], scope, depth - 1)
        if name in ("values", "entries") and not args:
            pairs = items(reader, base, scope, depth - 1)
            return [_second(p) for p in pairs] if name == "values" else pairs
        if name in SAME_LIST:
            found = items(reader, base, scope, depth - 1)
            for arg in args if name == "concat" else ():
                found.extend(items(reader, arg, scope, depth - 1))
            return found
    return [item for told in reader.answers(call, scope) for item in _inside(reader, told, depth)]


def _inside(reader: Reads, thing: Thing, depth: int) -> list[Thing]:
    return items(reader, thing.node, thing.scope, depth - 1) if isinstance(thing.node, ir.Expr) else []


def _pair(key: str, value: Thing) -> Thing:
    if isinstance(value.node, ir.Class):
        return value
    return Thing(ir.Collection(value.node.line, (ir.Const(value.node.line, key), value.node)), value.scope)


def _second(pair: Thing) -> Thing:
    if isinstance(pair.node, ir.Collection) and len(pair.node.items) == _PAIR:
        return Thing(pair.node.items[1], pair.scope)
    return pair


def _filled(reader: Reads, node: ir.Expr | None, scope: Scope, depth: int) -> list[Thing]:
    """What `name.push(...)`, `this.tools.set(...)` and their kin put in anywhere in the module."""
    key: tuple[object, str] | None = None
    where: Scope | None = None
    if isinstance(node, ir.Name):
        key, where = (scope.module.name, node.id), scope.find(node.id)
    elif isinstance(node, ir.Attribute) and isinstance(node.base, ir.Name) and node.base.id == "this":
        key = (scope.owner, node.name)
    found: list[Thing] = []
    for place in reader.pushes.get(key, ()) if key is not None and depth > 1 else ():
        call = place.node
        if not isinstance(call, ir.Call) or not isinstance(call.callee, ir.Attribute):
            continue
        if isinstance(node, ir.Name) and place.scope.find(node.id) is not where:
            continue
        if call.callee.name == "set" and len(call.args) == _PAIR:
            found.append(Thing(ir.Collection(call.line, call.args), place.scope))
            continue
        for arg in call.args:
            if isinstance(arg, ir.Spread):
                found.extend(items(reader, arg.value, place.scope, min(depth - 1, 4)))
            else:
                found.append(Thing(arg, place.scope))
    return found
