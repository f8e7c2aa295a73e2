"""Where a registration stands: once per turn of the loops around it, and once per call of the function it is in."""

from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.javascript.index import Place, Scope, pattern
from scanner.code.javascript.instances import called_with
from scanner.code.javascript.reading import Reader, Thing

_MAX: Final = 400
_LEVELS: Final = 3
_SITES: Final = 200
Given = dict[str, tuple[ir.Expr | ir.Class, Scope]]


class Contexts:
    """The turns and calls in which a place of the bundle is run."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._by_word: dict[str, list[Place]] | None = None

    def of(self, place: Place) -> Iterator[Scope]:
        """Scopes in which the place may be read, the nearest explanations first: loops, then callers, then theirs."""
        for level in range(_LEVELS + 1):
            for given in self._given(place, level):
                if given:
                    yield place.scope.turn(given)

    def _given(self, place: Place, level: int) -> list[Given]:
        around: list[Place] = []
        current = place.parent
        inside: Place = place
        while current is not None and not self._is_function(current):
            if not isinstance(current.node, ir.Loop) or inside.node in current.node.body:
                around.append(current)
            inside, current = current, current.parent
        found = self._called(current, level) if current is not None and level > 0 else [Given()]
        for outer in reversed(around):
            found = [wider for given in found for wider in self._turns(outer, given)][:_MAX]
        return found

    def _is_function(self, place: Place) -> bool:
        """A function that is not called on the spot; one that is takes its arguments from there."""
        outer = place.parent.parent if place.parent is not None else None
        called = outer.node if outer is not None and isinstance(place.node, ir.Function) else None
        on_the_spot = isinstance(called, ir.Call) and isinstance(called.callee, ir.Lambda)
        return isinstance(place.node, ir.Function) and not (
            on_the_spot and isinstance(called, ir.Call) and _lambda_of(called) is place.node
        )

    def _turns(self, outer: Place, given: Given) -> list[Given]:
        node = outer.node
        if isinstance(node, ir.Loop) and node.target is not None and node.iterable is not None:
            pairs: tuple[tuple[ir.Expr, ir.Expr], ...] = ((node.target, node.iterable),)
        elif isinstance(node, ir.Comprehension):
            pairs = node.bindings
        else:
            return [given]
        found = [given]
        for target, iterable in pairs:
            found = [
                {**known, **pattern(target, item.node, item.scope)}
                for known in found
                for item in self._elements(iterable, outer.scope.turn(known))
            ]
        return found[:_MAX] or [given]

    def _elements(self, iterable: ir.Expr, scope: Scope) -> list[Thing]:
        found = self.reader.items(iterable, scope)
        if found:
            return found
        # `for (const key in table)`
        table = self.reader.members(iterable, scope)
        return [Thing(ir.Const(iterable.line, key), scope) for key in table or ()]

    def _called(self, function: Place, level: int) -> list[Given]:
        node = function.node
        if not isinstance(node, ir.Function):
            return [Given()]
        found: list[Given] = []
        canonical = self.reader.indexes[function.scope.module.name].scopes[node]
        for site in self.sites(node):
            if len(found) >= _MAX or not isinstance(site.node, ir.Call):
                break
            for given in self._given(site, level - 1):
                scope = site.scope.turn(given) if given else site.scope
                made = called_with(canonical, node.params, [Thing(arg, scope) for arg in site.node.args])
                found.append(dict(made.given))
        if found:
            return found
        # A function that is handed to another one is read where it is written.
        return self._given(function, level)

    def sites(self, function: ir.Function) -> list[Place]:
        """The calls of a function of the bundle, by what their callees resolve to."""
        found = []
        for place in self._words().get(_word(function.name), ())[:_SITES]:
            if isinstance(place.node, ir.Call):
                thing = self.reader.resolve(place.node.callee, place.scope)
                known = thing is not None and isinstance(thing.node, ir.Lambda)
                if known and isinstance(thing, Thing) and isinstance(thing.node, ir.Lambda):
                    if thing.node.function is function:
                        found.append(place)
                elif function.owner is not None and isinstance(place.node.callee, ir.Attribute):
                    found.append(place)
        return found

    def _words(self) -> dict[str, list[Place]]:
        """All calls by the last word of their callee, and by the names under which that was imported."""
        if self._by_word is None:
            self._by_word = {}
            for place in self.reader.calls():
                callee = place.node.callee if isinstance(place.node, ir.Call) else None
                if isinstance(callee, ir.Attribute):
                    self._by_word.setdefault(callee.name, []).append(place)
                elif isinstance(callee, ir.Name):
                    for word in self._names(callee, place.scope):
                        self._by_word.setdefault(word, []).append(place)
        return self._by_word

    def _names(self, callee: ir.Name, scope: Scope) -> set[str]:
        words = {_word(callee.id)}
        bound = self.reader.bound(callee.id, scope)
        if bound is not None and bound.symbol is not None:
            words.add(bound.symbol)
            exporting = self.reader.indexes.get(bound.module)
            local = dict(exporting.module.exports).get(bound.symbol) if exporting is not None else None
            if local is not None:
                words.add(_word(local))
        return words


def _lambda_of(call: ir.Call) -> ir.Function | None:
    return call.callee.function if isinstance(call.callee, ir.Lambda) else None


def _word(name: str) -> str:
    return name.partition("~")[0]
