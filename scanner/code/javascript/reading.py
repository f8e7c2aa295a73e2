"""What an expression stands for: constants, tables, lists and functions, through names, imports and spreads."""

from collections.abc import Iterable, Iterator, Mapping

from scanner.code import ir
from scanner.code.javascript import naming
from scanner.code.javascript.elements import FILLS, items
from scanner.code.javascript.index import Index, Place, Scope, index_module
from scanner.code.javascript.instances import called_with, instance
from scanner.code.javascript.naming import Thing as Thing

MAX_HOPS = 24
MAX_LOOKUPS = 1_000_000
"""Look-ups of one bundle; a bundle of names that lead to names in ever more ways ends there."""


class Reader:
    """Looks through the names of all modules of one bundle. Read-only after construction."""

    def __init__(self, modules: Iterable[ir.Module]) -> None:
        self.indexes: Mapping[str, Index] = {module.name: index_module(module) for module in modules}
        self.imports: dict[str, dict[str, ir.Import]] = {
            name: {found.local: found for found in index.module.imports if found.local}
            for name, index in self.indexes.items()
        }
        self.class_scopes: dict[ir.Class, Scope] = {}
        self._depth = 0
        self._returned: dict[Scope, list[ir.Expr]] = {}
        self._stored: dict[tuple[ir.Class, str], Thing] = {}
        self.pushes: dict[tuple[object, str], list[Place]] = {}
        self._lookups = 0
        for index in self.indexes.values():
            self.class_scopes.update(index.class_scopes)
            for place in index.places:
                self._note(place)

    def places(self) -> Iterator[Place]:
        for index in self.indexes.values():
            yield from index.places

    def calls(self) -> Iterator[Place]:
        for index in self.indexes.values():
            yield from index.calls

    def resolve(self, node: ir.Expr | None, scope: Scope, hops: int = MAX_HOPS) -> Thing | None:
        """The literal, call, function or class behind an expression; the expression itself when nothing is known.

        Names may lead in circles; a look-up that nests deeper than `MAX_HOPS` ends where it is.
        """
        self._lookups += 1
        if self._depth > MAX_HOPS or self._lookups > MAX_LOOKUPS:
            return None if node is None else Thing(node, scope)
        self._depth += 1
        try:
            return self._resolve(node, scope, hops)
        finally:
            self._depth -= 1

    def _resolve(self, node: ir.Expr | None, scope: Scope, hops: int) -> Thing | None:
        while node is not None and hops > 0:
            hops -= 1
            if isinstance(node, ir.Name):
                found = self.named(node, scope)
                if found is None or found.node is node:
                    return Thing(node, scope)
                if isinstance(found.node, ir.Class):
                    return found
                node, scope = found.node, found.scope
            elif isinstance(node, ir.Attribute):
                found = self._attribute(node, scope, hops)
                if found is None:
                    return Thing(node, scope)
                if isinstance(found.node, ir.Class):
                    return found
                node, scope = found.node, found.scope
            elif (
                isinstance(node, ir.Call)
                and isinstance(node.callee, ir.Attribute)
                and node.callee.name in {"freeze", "seal"}
            ):
                node = node.args[0] if node.args else None
            elif isinstance(node, ir.Subscript) and isinstance(node.index, ir.Const):
                base = self.resolve(node.base, scope, hops)
                if base is None or not isinstance(base.node, ir.Collection) or not isinstance(node.index.value, int):
                    return Thing(node, scope)
                items = base.node.items
                if not 0 <= node.index.value < len(items):
                    return Thing(node, scope)
                node, scope = items[node.index.value], base.scope
            else:
                return Thing(node, scope)
        return None

    def text(self, node: ir.Expr | None, scope: Scope, depth: int = 6) -> str | None:  # noqa: PLR0911  (one case per kind of node)
        """The string an expression is; parts that are not known are left out, None when nothing is known."""
        thing = self.resolve(node, scope)
        if thing is None or depth == 0:
            return None
        match thing.node:
            case ir.Const(value=str() as value):
                return value
            case ir.Concat(parts=parts):
                return "".join(self.text(part, thing.scope, depth - 1) or "" for part in parts)
            case ir.Call(callee=ir.Attribute(base=base, name="trim" | "join" | "dedent" | "trimEnd" | "trimStart")):
                return self.text(base, thing.scope, depth - 1)
            case ir.Attribute(base=ir.Attribute(base=ir.Attribute(base=base, name="shape"), name=field), name="value"):
                # `Schema.shape.name.value`: the literal of a field of a schema.
                made = self.resolve(base, thing.scope)
                args = made.node.args if made is not None and isinstance(made.node, ir.Call) else ()
                entry = (self.table(args[0], made.scope) or {}).get(field) if made is not None and args else None
                literal = entry.node if entry is not None else None
                return (
                    self.text(literal.args[0], entry.scope, depth - 1)
                    if entry is not None and isinstance(literal, ir.Call) and literal.args
                    else None
                )
            case ir.Collection(items=items):
                found = [self.text(item, thing.scope, depth - 1) for item in items]
                return "\n".join(f for f in found if f is not None) or None
            case ir.Conditional(then=then, other=other):
                return self.text(then, thing.scope, depth - 1) or self.text(other, thing.scope, depth - 1)
            case ir.Logic(values=values):
                known = (self.text(value, thing.scope, depth - 1) for value in values)
                return next((v for v in known if v), None)
            case ir.Call(args=args) if len(args) == 1 and isinstance(args[0], ir.Concat):
                return self.text(args[0], thing.scope, depth - 1)
            case ir.Call():
                told = (
                    self.text(t.node, t.scope, depth - 1)
                    for t in self.answers(thing.node, thing.scope)
                    if isinstance(t.node, ir.Expr)
                )
                return next((t for t in told if t), None)
            case _:
                return None

    def constant(self, node: ir.Expr | None, scope: Scope) -> ir.Constant | None:
        """The literal value of an expression, None when it is not one."""
        thing = self.resolve(node, scope)
        return thing.node.value if thing is not None and isinstance(thing.node, ir.Const) else None

    def table(self, node: ir.Expr | None, scope: Scope, depth: int = 6) -> Mapping[str, Thing] | None:
        """The entries of an object literal, spreads and `Object.assign` included; None when it is no object."""
        thing = self.resolve(node, scope)
        if thing is None or depth == 0:
            return None
        found: dict[str, Thing] = {}
        if isinstance(thing.node, ir.Table):
            for key, value in thing.node.entries:
                if key is None:
                    found.update(self.table(value, thing.scope, depth - 1) or {})
                    continue
                name = self.constant(key, thing.scope)
                if isinstance(name, str | int):
                    found[str(name)] = Thing(value, thing.scope)
            return found
        if isinstance(thing.node, ir.Conditional):
            one, two = (self.table(n, thing.scope, depth - 1) for n in (thing.node.then, thing.node.other))
            return None if one is None and two is None else {**(two or {}), **(one or {})}
        if (
            isinstance(thing.node, ir.Call)
            and isinstance(thing.node.callee, ir.Attribute)
            and thing.node.callee.name == "assign"
        ):
            for arg in thing.node.args:
                found.update(self.table(arg, thing.scope, depth - 1) or {})
            return found
        if isinstance(thing.node, ir.Call):
            return self._made_table(thing.node, thing.scope, depth)
        return None

    def _made_table(self, call: ir.Call, scope: Scope, depth: int) -> Mapping[str, Thing] | None:
        """The entries of what a class or a function of the bundle makes."""
        made = self.class_of(call, scope)
        if made is not None:
            return instance(self, made[0], [Thing(arg, scope) for arg in call.args])
        for told in self.answers(call, scope):
            found = self.table(told.node, told.scope, depth - 1) if isinstance(told.node, ir.Expr) else None
            if found is not None:
                return found
        return None

    def answers(self, call: ir.Call, scope: Scope) -> list[Thing]:
        """What a call of a function of the bundle hands back, in the terms of its arguments."""
        thing = self.resolve(call.callee, scope)
        if thing is None or not isinstance(thing.node, ir.Lambda):
            return []
        function = thing.node.function
        inner = self.indexes[thing.scope.module.name].scopes.get(function)
        if inner is None:
            return []
        returned = self._returned.get(inner, ())
        bound = called_with(inner, function.params, [Thing(arg, scope) for arg in call.args])
        # What the function closes over in a turn of a loop, it hands on.
        return [Thing(value, bound) for value in returned]

    def items(self, node: ir.Expr | None, scope: Scope, depth: int = 8) -> list[Thing]:
        """The elements of a list; see `elements.items`."""
        return items(self, node, scope, depth)

    def members(self, node: ir.Expr, scope: Scope) -> Mapping[str, Thing] | None:
        """The entries of an object, or what a module exports when the name is a whole module."""
        if isinstance(node, ir.Name):
            bound = self.imports[scope.module.name].get(node.id)
            if bound is not None and bound.symbol is None and bound.module in self.indexes:
                exporting = self.indexes[bound.module]
                return {
                    shown: Thing(ir.Name(1, local), exporting.root)
                    for shown, local in exporting.module.exports
                    if shown != "default"
                }
        return self.table(node, scope)

    def function(self, node: ir.Expr | None, scope: Scope, depth: int = 6) -> Scope | None:
        """The scope of the function that an expression is, also inside wrappers."""
        thing = self.resolve(node, scope)
        if thing is None or depth == 0:
            return None
        match thing.node:
            case ir.Lambda(function=function):
                return self.indexes[thing.scope.module.name].scopes.get(function)
            case ir.Call(args=args):
                for arg in args:
                    found = self.function(arg, thing.scope, depth - 1)
                    if found is not None:
                        return found
                return self._made(thing.node, thing.scope, depth)
            case _:
                return None

    def returns(self, scope: Scope) -> list[tuple[ir.Expr, Scope]]:
        """What a function hands back, nested functions excluded."""
        return [(value, scope) for value in self._returned.get(scope, ())]

    def class_of(self, node: ir.Expr | None, scope: Scope) -> tuple[ir.Class, Scope] | None:
        """The class that an expression names or makes an instance of."""
        thing = self.resolve(node, scope)
        if thing is not None and isinstance(thing.node, ir.Call):
            thing = self.resolve(thing.node.callee, thing.scope)
        if thing is not None and isinstance(thing.node, ir.Class):
            return thing.node, self.class_scopes[thing.node]
        return None

    def library(self, node: ir.Expr | None, scope: Scope, depth: int = 8) -> str | None:
        """The dotted library name of an expression; see `naming.library`."""
        return naming.library(self, node, scope, depth)

    def bound(self, name: str, scope: Scope) -> ir.Import | None:
        """The import a name means here; a local of the same name would have another name after lowering."""
        found = self.imports[scope.module.name].get(name)
        return found if found is not None and scope.find(name) is None else None

    def values_of(self, name: str, scope: Scope) -> list[ir.Expr]:
        """Everything that is assigned to a name."""
        where = scope.find(name)
        return where.values.get(name, []) if where is not None else []

    def named(self, node: ir.Name, scope: Scope) -> Thing | None:
        bound = self.bound(node.id, scope)
        if bound is not None:
            return self._exported(bound.module, bound.symbol) if bound.symbol is not None else None
        where = scope.find(node.id)
        if where is None:
            return self._starred(scope.module, node.id)
        if node.id in where.given:
            return Thing(*where.given[node.id])
        # What is known of one turn or call around holds for what is written inside too.
        inner = scope if scope.is_turn_within(where) else where
        defined = where.defined.get(node.id)
        if isinstance(defined, ir.Function):
            return Thing(ir.Lambda(defined.line, defined), inner)
        if isinstance(defined, ir.Class):
            return Thing(defined, where)
        values = [v for v in where.values.get(node.id, ()) if not (isinstance(v, ir.Const) and v.value is None)]
        return Thing(values[0], inner) if len(values) == 1 else None

    def _exported(self, module: str, symbol: str, depth: int = 8) -> Thing | None:
        index = self.indexes.get(module)
        if index is None or depth == 0:
            return None
        local = dict(index.module.exports).get(symbol)
        if local is not None:
            bound = self.imports[module].get(local)
            if bound is not None and index.root.find(local) is None:
                return self._exported(bound.module, bound.symbol, depth - 1) if bound.symbol is not None else None
            return Thing(ir.Name(1, local), index.root)
        return self._starred(index.module, symbol, depth - 1)

    def _starred(self, module: ir.Module, symbol: str, depth: int = 8) -> Thing | None:
        for star in module.imports:
            if star.symbol == "*" and depth > 0:
                found = self._exported(star.module, symbol, depth - 1)
                if found is not None:
                    return found
        return None

    def _attribute(self, node: ir.Attribute, scope: Scope, hops: int) -> Thing | None:
        if isinstance(node.base, ir.Name):
            bound = self.bound(node.base.id, scope)
            if bound is not None and bound.symbol is None:
                return self._exported(bound.module, node.name)
            if node.base.id == "this":
                return self.field(scope, node.name)
        base = self.resolve(node.base, scope, hops)
        if base is None:
            return None
        if isinstance(base.node, ir.Class):
            return self._class_member(base.node, node.name)
        if isinstance(base.node, ir.Call):
            return (self._made_table(base.node, base.scope, 4) or {}).get(node.name)
        table = self.table(base.node, base.scope) if isinstance(base.node, ir.Table) else None
        return table.get(node.name) if table else None

    def field(self, scope: Scope, name: str) -> Thing | None:
        """`this.x`: a field or method of the class around, or what its constructor stored there."""
        owner = scope.owner
        return self._class_member(owner, name) if owner is not None else None

    def _class_member(self, owner: ir.Class, name: str) -> Thing | None:
        scope = self.class_scopes.get(owner)
        if scope is None:
            return None
        for statement in owner.body:
            if (
                isinstance(statement, ir.Define)
                and statement.what.name == name
                and isinstance(statement.what, ir.Function)
            ):
                return Thing(ir.Lambda(statement.line, statement.what), scope)
            if (
                isinstance(statement, ir.Assign)
                and isinstance(statement.targets[0], ir.Name)
                and statement.targets[0].id == name
            ):
                if isinstance(statement.value, ir.Const) and statement.value.value is None:
                    break
                return Thing(statement.value, scope)
        return self._stored.get((owner, name))

    def _note(self, place: Place) -> None:
        """Remembers returns, what is stored in `this`, and pushes, so that looking them up costs nothing."""
        node = place.node
        if isinstance(node, ir.Return) and node.value is not None:
            self._returned.setdefault(place.scope, []).append(node.value)
        elif isinstance(node, ir.Assign) and place.scope.owner is not None:
            target = node.targets[0]
            if isinstance(target, ir.Attribute) and isinstance(target.base, ir.Name) and target.base.id == "this":
                self._stored.setdefault((place.scope.owner, target.name), Thing(node.value, place.scope))
        elif isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute) and node.callee.name in FILLS:
            base = node.callee.base
            if isinstance(base, ir.Name):
                self.pushes.setdefault((place.scope.module.name, base.id), []).append(place)
            elif isinstance(base, ir.Attribute) and isinstance(base.base, ir.Name) and base.base.id == "this":
                self.pushes.setdefault((place.scope.owner, base.name), []).append(place)

    def _made(self, call: ir.Call, scope: Scope, depth: int) -> Scope | None:
        """A call of a factory that returns a function."""
        factory = self.function(call.callee, scope, depth - 1)
        if factory is None:
            return None
        for value, inner in self.returns(factory):
            found = self.function(value, inner, depth - 2) if depth > 2 and isinstance(value, ir.Lambda) else None
            if found is not None:
                return found
        return None
