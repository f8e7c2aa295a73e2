"""Which function really answers a tool's call: behind wrappers, factories, objects and the loop that registers it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from scanner.code import ir
from scanner.code.javascript.index import Scope
from scanner.code.javascript.reading import Reader, Thing
from scanner.code.walking import walk

HANDLER_KEYS: Final = (
    "execute", "handler", "run", "callback", "cb", "call", "invoke", "func", "fn", "implementation", "action", "handle",
    "logic", "handleRequest", "process", "handleCall", "toolHandler", "executor", "resolve", "onCall", "handleTool",
)  # fmt: skip
"""What the function that answers is called, in objects and classes that describe tools."""
_DEPTH: Final = 5
_MAX_CALLS: Final = 200


@dataclass(frozen=True, slots=True, eq=False)
class Handler:
    """A function that answers, with the position of its parameter that takes the tool's arguments. `around`: the
    function that calls it, which is answered first.
    """

    scope: Scope
    at: int = 0
    around: Scope | None = None


class Handlers:
    """Finds what answers."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def find(self, node: ir.Expr | ir.Class, scope: Scope, depth: int = _DEPTH) -> Handler | None:
        """The function that an expression stands for: itself, or inside a wrapper, a factory or an object."""
        thing = self.reader.resolve(node, scope) if isinstance(node, ir.Expr) else None
        if thing is None or depth == 0:
            return None
        if isinstance(thing.node, ir.Lambda):
            return self._of_function(thing.node.function, thing.scope, depth)
        if isinstance(thing.node, ir.Call):
            return self._of_call(thing.node, thing.scope, depth)
        if isinstance(thing.node, ir.Conditional | ir.Logic):
            ways = thing.node.values if isinstance(thing.node, ir.Logic) else (thing.node.then, thing.node.other)
            return next((h for way in ways if (h := self.find(way, thing.scope, depth - 1)) is not None), None)
        if isinstance(thing.node, ir.Table):
            return self.inside(self.reader.table(thing.node, thing.scope), depth)
        return None

    def inside(self, table: Mapping[str, Thing] | None, depth: int = _DEPTH) -> Handler | None:
        """The function that answers among the entries of an object."""
        for key in HANDLER_KEYS:
            if table and key in table:
                found = self.find(table[key].node, table[key].scope, depth - 1)
                if found is not None:
                    return found
        return None

    def _of_call(self, call: ir.Call, scope: Scope, depth: int) -> Handler | None:
        for arg in call.args:
            thing = self.reader.resolve(arg, scope)
            if thing is not None and isinstance(thing.node, ir.Lambda | ir.Call):
                found = self.find(thing.node, thing.scope, depth - 1)
                if found is not None:
                    return found
        for told in self.reader.answers(call, scope):
            found = self.find(told.node, told.scope, depth - 1)
            if found is not None:
                return found
        table = self.reader.table(call, scope)
        found = self.inside(table, depth) if table is not None else None
        if found is not None:
            return found
        return next(
            (h for arg in call.args if (h := self.inside(self.reader.table(arg, scope), depth)) is not None), None
        )

    def _of_function(self, function: ir.Function, scope: Scope, depth: int) -> Handler | None:
        own = self.reader.indexes[scope.module.name].scopes.get(function)
        if own is None:
            return None
        given = _given(scope)
        if given:
            for found in self._calls(own, function, given, depth):
                return found
        return Handler(own)

    def _calls(
        self, own: Scope, function: ir.Function, given: dict[str, tuple[ir.Expr | ir.Class, Scope]], depth: int
    ) -> Iterator[Handler]:
        """Functions that a wrapper calls with what it is called with, known only in the turn or call it was made in."""
        first = function.params[0] if function.params else None
        wanted = _derived(function, first) if first is not None else set()
        calls = [p for p in self.reader.indexes[own.module.name].inside(own) if isinstance(p.node, ir.Call)]
        for place in calls[:_MAX_CALLS]:
            call = place.node
            if not isinstance(call, ir.Call) or not _mentions(call.callee, set(given)):
                continue
            thing = self.reader.resolve(call.callee, place.scope.turn(given))
            if thing is None or not isinstance(thing.node, ir.Lambda) or thing.node.function is function:
                continue
            at = next((i for i, arg in enumerate(call.args) if _mentions(arg, wanted)), None)
            inner = self._of_function(thing.node.function, thing.scope, depth - 1) if depth > 1 else None
            if at is not None and inner is not None:
                yield Handler(inner.scope, at if inner.at == 0 else inner.at, own)


def _given(scope: Scope) -> dict[str, tuple[ir.Expr | ir.Class, Scope]]:
    """What the turns and calls around a function say about its names."""
    found: dict[str, tuple[ir.Expr | ir.Class, Scope]] = {}
    current: Scope | None = scope
    while current is not None:
        found = {**current.given, **found}
        current = current.parent
    return found


def _derived(function: ir.Function, first: ir.Param) -> set[str]:
    """The first parameter, and the variables that are made from it."""
    found = (
        {first.name, *(n.id for n in walk(first.target) if isinstance(n, ir.Name))}
        if first.target is not None
        else {first.name}
    )
    for node in walk(function.body):
        if isinstance(node, ir.Assign) and _mentions(node.value, found):
            found.update(n.id for target in node.targets for n in walk(target) if isinstance(n, ir.Name))
    return found


def _mentions(node: ir.Expr, names: set[str]) -> bool:
    return any(isinstance(n, ir.Name) and n.id in names for n in walk(node))
