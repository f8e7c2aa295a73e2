"""All nodes of a module with the scope they stand in, and what names mean in that scope.

The intermediate form keeps names; registrations, schemas and servers are recognised by what those names hold. Built
once per
module, without recursion.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from scanner.code import ir

Node = ir.Expr | ir.Stmt | ir.Function | ir.Class | ir.Param | ir.Handler | ir.Keyword
NODES = (
    ir.Const, ir.Name, ir.Attribute, ir.Subscript, ir.Keyword, ir.Call, ir.Concat, ir.Binary, ir.Compare, ir.Logic,
    ir.Not,
    ir.Conditional, ir.Collection, ir.Table, ir.Spread, ir.Lambda, ir.Comprehension, ir.Assigned, ir.Opaque,
    ir.Assign, ir.Do,
    ir.If, ir.Loop, ir.Handler, ir.Try, ir.With, ir.Return, ir.Raise, ir.Jump, ir.Delete, ir.Define, ir.Param,
    ir.Function,
    ir.Class,
)  # fmt: skip
_SLOTS: dict[type, tuple[str, ...]] = {
    kind: tuple(s for s in kind.__slots__ if s not in {"line", "end", "qualname", "doc", "owner", "receiver", "op"})
    for kind in NODES
}


@dataclass(slots=True, eq=False)
class Scope:
    """The names of one function or of the module. `values` holds every expression assigned to a name; `given` what a
    name stands for in one turn of a loop or one call of the function, with the scope in which that is to be read.
    """

    module: ir.Module
    function: ir.Function | None
    parent: "Scope | None"
    values: dict[str, list[ir.Expr]] = field(default_factory=dict)
    defined: dict[str, ir.Function | ir.Class] = field(default_factory=dict)
    params: dict[str, ir.Param] = field(default_factory=dict)
    owner: ir.Class | None = None
    given: "dict[str, tuple[ir.Expr | ir.Class, Scope]]" = field(default_factory=dict)

    def find(self, name: str) -> "Scope | None":
        """The nearest scope that knows the name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values or name in scope.defined or name in scope.params or name in scope.given:
                return scope
            scope = scope.parent
        return None

    def is_turn_within(self, outer: "Scope") -> bool:
        """Whether something is given between here and a scope around."""
        scope: Scope | None = self
        while scope is not None and scope is not outer:
            if scope.given:
                return True
            scope = scope.parent
        return False

    def turn(self, given: "dict[str, tuple[ir.Expr | ir.Class, Scope]]") -> "Scope":
        """The same scope where some names stand for what they are in one turn or call."""
        return Scope(self.module, self.function, self, owner=self.owner, given=given)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A node where it stands: scope, and the branch tests that lead to it."""

    node: Node
    scope: Scope
    parent: "Place | None" = None

    @property
    def line(self) -> int:
        return getattr(self.node, "line", 0)


@dataclass(slots=True, eq=False)
class Index:
    """The places of one module."""

    module: ir.Module
    root: Scope
    calls: list[Place] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    scopes: dict[ir.Function, Scope] = field(default_factory=dict)
    class_scopes: dict[ir.Class, Scope] = field(default_factory=dict)
    here: dict[Scope, list[Place]] = field(default_factory=dict)
    nested: dict[Scope, list[Scope]] = field(default_factory=dict)

    def inside(self, scope: Scope) -> Iterator[Place]:
        """Every place in a function, the functions in it included."""
        stack = [scope]
        while stack:
            current = stack.pop()
            yield from self.here.get(current, ())
            stack.extend(self.nested.get(current, ()))


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below a node, in reading order."""
    for slot in _SLOTS[type(node)]:
        found = getattr(node, slot)
        if isinstance(found, tuple):
            for item in found:
                if isinstance(item, NODES):
                    yield item
                elif isinstance(item, tuple):
                    yield from (part for part in item if isinstance(part, NODES))
        elif isinstance(found, NODES):
            yield found


def index_module(module: ir.Module) -> Index:  # noqa: C901, PLR0912  (one case per kind of node)
    """Every call, comparison and definition of the module, each with its scope."""
    root = Scope(module, None, None)
    index = Index(module, root)
    stack: list[Place] = [Place(statement, root) for statement in reversed(module.body)]
    called: dict[ir.Function, tuple[ir.Expr, ...]] = {}
    while stack:
        place = stack.pop()
        node, scope = place.node, place.scope
        index.places.append(place)
        index.here.setdefault(scope, []).append(place)
        inner = scope
        if isinstance(node, ir.Call):
            index.calls.append(place)
            if isinstance(node.callee, ir.Lambda):
                called[node.callee.function] = node.args
        elif isinstance(node, ir.Comprehension):
            for target, iterable in node.bindings:
                bind(scope, target, ir.Subscript(node.line, iterable, ir.Opaque(node.line)))
        elif isinstance(node, ir.Assign):
            for target in node.targets:
                bind(scope, target, node.value)
        elif isinstance(node, ir.Assigned):
            bind(
                scope.find(node.target.id) or scope if isinstance(node.target, ir.Name) else scope,
                node.target,
                node.value,
            )
        elif isinstance(node, ir.Loop) and node.target is not None and node.iterable is not None:
            bind(scope, node.target, ir.Subscript(node.line, node.iterable, ir.Opaque(node.line)))
        elif isinstance(node, ir.Define):
            scope.defined[node.what.name] = node.what
        elif isinstance(node, ir.Function):
            inner = Scope(module, node, scope, owner=scope.owner)
            index.scopes[node] = inner
            index.nested.setdefault(scope, []).append(inner)
            for param, arg in zip_longest(node.params, called.get(node, ())[: len(node.params)]):
                inner.params[param.name] = param
                if arg is not None and param.kind == "plain":
                    inner.values[param.name] = [arg]
                if param.target is not None:
                    bind(inner, param.target, ir.Name(param.line, param.name))
        elif isinstance(node, ir.Class):
            inner = Scope(module, scope.function, scope, owner=node)
            index.class_scopes[node] = inner
            index.nested.setdefault(scope, []).append(inner)
        below = [Place(child, inner, place) for child in children(node)]
        stack.extend(reversed(below))
    return index


def bind(scope: Scope, target: ir.Expr, value: ir.Expr) -> None:
    """What an assignment makes of the names in its target; a field of a pattern becomes the attribute it reads."""
    if isinstance(target, ir.Name):
        owner = scope.find(target.id) or scope
        owner.values.setdefault(target.id, []).append(value)
    elif isinstance(target, ir.Table):
        for key, inner in target.entries:
            if isinstance(key, ir.Const) and isinstance(key.value, str):
                bind(scope, inner, ir.Attribute(key.line, value, key.value))
            elif key is None:
                bind(scope, inner, value)
    elif isinstance(target, ir.Collection):
        for position, inner in enumerate(target.items):
            bind(scope, inner, ir.Subscript(inner.line, value, ir.Const(inner.line, position)))
    elif isinstance(target, ir.Spread):
        bind(scope, target.value, value)


def pattern(target: ir.Expr, value: ir.Expr | ir.Class, scope: Scope) -> dict[str, tuple[ir.Expr | ir.Class, Scope]]:
    """What the names in a target stand for when it takes this value, read in `scope`."""
    if isinstance(target, ir.Name):
        return {target.id: (value, scope)}
    found: dict[str, tuple[ir.Expr | ir.Class, Scope]] = {}
    if isinstance(value, ir.Class):
        return found
    if isinstance(target, ir.Table):
        for key, inner in target.entries:
            if isinstance(key, ir.Const) and isinstance(key.value, str):
                found |= pattern(inner, ir.Attribute(key.line, value, key.value), scope)
            elif key is None:
                found |= pattern(inner, value, scope)
    elif isinstance(target, ir.Collection):
        for position, inner in enumerate(target.items):
            found |= pattern(inner, ir.Subscript(inner.line, value, ir.Const(inner.line, position)), scope)
    return found
