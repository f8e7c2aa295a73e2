"""The code of each tool with the names its inputs go by, for questions that ask what a tool does with them.

The flow analysis answers what reaches a dangerous call. Other questions are about meaning: what an input is compared
with, what it looks up. They are asked of the written code, function by function from the handler on, with the inputs
followed through assignments and into the bundle's own functions.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scanner.code import ir
from scanner.code.branches import branch_of
from scanner.code.project import Project, Routine
from scanner.code.secret_names import words
from scanner.code.walking import walk
from trust.facts import Param

_MAX_DEPTH: Final = 4
_MAX_SITES: Final = 60
_WRAPPERS: Final = frozenset({"params", "arguments", "data", "args", "input", "inputs", "body", "request", "kwargs"})
_SAME: Final = frozenset(
    {"str", "String", "int", "Number", "parseInt", "UUID", "strip", "trim", "lower", "upper", "casefold",
     "toLowerCase", "toUpperCase", "toString", "cast", "rstrip", "lstrip", "encode", "decode"}
)  # fmt: skip
"""Calls whose result still is the value they were given, as far as comparing and looking up go."""
_PARSES: Final = frozenset(
    {"parse", "safeParse", "parseAsync", "model_validate", "dict", "cast", "model_dump", "assign"}
)  # fmt: skip
_READS: Final = frozenset({"get", "pop"})
_CONTAINERS: Final = frozenset(
    {"get", "set", "has", "add", "delete", "pop", "find", "filter", "push", "update", "items"}
)  # fmt: skip
_METHOD_LENGTH: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class Handling:
    """One tool: the function that runs for it, cut to its branch where one function serves several tools.

    `given` are the parameters of the function that a caller fills; `bags` those among them that hold all inputs in one
    object. `text` is everything the tool says about itself.
    """

    tool: str
    text: str
    routine: Routine
    given: frozenset[str]
    bags: frozenset[str]
    params: tuple[Param, ...] = ()
    line: int = 0
    path: str = ""
    read_only: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """One function on the way of a tool. `inputs`: local name to the tool's parameter; `bags`: local names that hold
    an object of several inputs; `body`: its statements that belong to the tool.
    """

    handling: Handling
    routine: Routine
    body: tuple[ir.Stmt, ...]
    inputs: Mapping[str, str]
    bags: frozenset[str]
    nodes: tuple[Any, ...]
    """Every node of the body, parents before their parts."""
    depth: int = 0

    def input(self, node: ir.Expr | None) -> str | None:
        """The tool's parameter that an expression is, as it came or trimmed; None when it is something else."""
        if isinstance(node, ir.Name):
            return self.inputs.get(node.id)
        if isinstance(node, ir.Attribute):
            return _named(node.name) if self.holds(node.base) else None
        if isinstance(node, ir.Subscript) and isinstance(node.index, ir.Const):
            return _named(str(node.index.value)) if self.holds(node.base) else None
        if isinstance(node, ir.Logic) and node.op == "or":
            return next((found for value in node.values if (found := self.input(value)) is not None), None)
        if isinstance(node, ir.Call):
            callee = node.callee
            if isinstance(callee, ir.Attribute) and callee.name in _READS and node.args and self.holds(callee.base):
                key = node.args[0]
                return _named(str(key.value)) if isinstance(key, ir.Const) else None
            if isinstance(callee, ir.Attribute) and callee.name in _SAME:
                return self.input(callee.base)
            if isinstance(callee, ir.Name) and callee.id in _SAME and node.args:
                return self.input(node.args[-1] if callee.id == "cast" else node.args[0])
        return None

    def holds(self, node: ir.Expr | None) -> bool:
        """Whether an expression is an object of several inputs: the arguments, or a model made of them."""
        while True:
            if isinstance(node, ir.Name):
                return node.id in self.bags
            if (isinstance(node, ir.Attribute) and node.name in _WRAPPERS) or (
                isinstance(node, ir.Subscript) and isinstance(node.index, ir.Const) and node.index.value in _WRAPPERS
            ):
                node = node.base
            elif isinstance(node, ir.Logic):
                return any(self.holds(value) for value in node.values)
            elif isinstance(node, ir.Call):
                return callee_name(node) in _PARSES and any(self.holds(arg) for arg in (*node.args, _base(node)) if arg)
            else:
                return False

    def mentions(self, node: object) -> frozenset[str]:
        """The tool's parameters anywhere in a piece of code."""
        return frozenset(found for part in walk(node) if (found := self.input(part)) is not None)


@dataclass(slots=True)
class Following:
    """Finds the functions on the way of each tool, once per project."""

    project: Project
    _instances: dict[str, dict[str, str]] = field(default_factory=dict)
    _methods: dict[str, list[Routine]] = field(default_factory=dict)
    _known: dict[Handling, list[Site]] = field(default_factory=dict)
    _walked: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    _resolved: dict[tuple[str, int], Routine | None] = field(default_factory=dict)

    def sites(self, handling: Handling, names: frozenset[str]) -> list[Site]:
        """The handler and what it calls with its inputs, nearest first. `names`: every tool's name, for dispatchers."""
        if handling not in self._known:
            self._known[handling] = self._followed(handling, names)
        return self._known[handling]

    def _followed(self, handling: Handling, names: frozenset[str]) -> list[Site]:
        body = branch_of(handling.routine.function.body, handling.tool, names)
        own = {n: n for n in handling.given - handling.bags}
        first = _site(handling, handling.routine, body, own, handling.bags, self._nodes(body), 0)
        found = [first]
        seen = {handling.routine.ref}
        at = 0
        while at < len(found) and len(found) < _MAX_SITES:
            site = found[at]
            at += 1
            if site.depth >= _MAX_DEPTH:
                continue
            for node in site.nodes:
                routine = self.called(site.routine, node.callee) if isinstance(node, ir.Call) else None
                if routine is None or routine.ref in seen or not isinstance(node, ir.Call):
                    continue
                seen.add(routine.ref)
                inputs, bags = _bound(site, node, routine.function)
                inner = branch_of(routine.function.body, handling.tool, names)
                found.append(_site(handling, routine, inner, inputs, bags, self._nodes(inner), site.depth + 1))
        return found

    def _nodes(self, body: tuple[ir.Stmt, ...]) -> tuple[Any, ...]:
        """Walked once, however many tools come to the function. The sites keep the bodies, so identities stay."""
        if id(body) not in self._walked:
            self._walked[id(body)] = tuple(walk(body))
        return self._walked[id(body)]

    def called(self, at: Routine, callee: ir.Expr) -> Routine | None:
        """The bundle's own function that a call runs, where the written code shows it."""
        key = (at.ref, id(callee))
        if key not in self._resolved:
            self._resolved[key] = self._callee(at, callee)
        return self._resolved[key]

    def _callee(self, at: Routine, callee: ir.Expr) -> Routine | None:
        routines = self.project.routines
        if isinstance(callee, ir.Name):
            scope = at.ref
            while scope:
                own = routines.get(f"{scope}.<locals>.{callee.id}")
                if own is not None:
                    return own
                scope = scope.rpartition(".<locals>.")[0]
            ref = self.project.lookup(at.module, callee.id)
            found = routines.get(ref or "")
            if found is None and ref in self.project.classes:
                return None
            return found
        if not isinstance(callee, ir.Attribute):
            return None
        if isinstance(callee.base, ir.Name):
            owner = at.function.owner
            if callee.base.id in (at.function.receiver, "self", "this") and owner is not None:
                return self.project.method(f"{at.module.name}:{owner}", callee.name)
            made = self.made(at.module).get(callee.base.id)
            if made is not None:
                return self.project.method(made, callee.name)
        ref = self.project.dotted(at.module, callee)
        found = routines.get(ref or "")
        if found is None and callee.name not in _CONTAINERS and len(callee.name) >= _METHOD_LENGTH:
            found = self.project.only_method(callee.name)
        if found is None:
            found = self._by_receiver(callee)
        return found

    def _by_receiver(self, callee: ir.Attribute) -> Routine | None:
        """`provider.reset()`: the one class with such a method whose name ends like the variable."""
        if not isinstance(callee.base, ir.Name | ir.Attribute):
            return None
        base = callee.base.name if isinstance(callee.base, ir.Attribute) else _named(callee.base.id)
        kind = words(base)[-1:]
        if not self._methods:
            for routine in self.project.routines.values():
                if routine.function.owner is not None and routine.function.body:
                    self._methods.setdefault(routine.function.name, []).append(routine)
        fitting = [r for r in self._methods.get(callee.name, ()) if words(r.function.owner or "")[-1:] == kind]
        return fitting[0] if len(fitting) == 1 else None

    def once(self) -> frozenset[str]:
        """The bundle's own classes of which a module keeps an instance: one object for all calls."""
        return frozenset(ref for module in self.project.modules for ref in self.made(module).values())

    def made(self, module: ir.Module) -> dict[str, str]:
        """Module-level variables that hold an instance of one of the bundle's own classes."""
        if module.name not in self._instances:
            made: dict[str, str] = {}
            for statement in module.body:
                if isinstance(statement, ir.Assign) and isinstance(statement.value, ir.Call):
                    ref = self.project.dotted(module, statement.value.callee)
                    if ref in self.project.classes:
                        made.update(
                            (t.id, ref) for t in statement.targets if isinstance(t, ir.Name) and ref is not None
                        )
            self._instances[module.name] = made
        return self._instances[module.name]


def _site(
    handling: Handling,
    routine: Routine,
    body: tuple[ir.Stmt, ...],
    inputs: Mapping[str, str],
    bags: frozenset[str],
    nodes: tuple[Any, ...],
    depth: int,
) -> Site:
    """The site with the names that its assignments and patterns give to inputs."""
    known, held = dict(inputs), set(bags)
    for param in routine.function.params:
        if param.target is not None and param.name in held:
            _unpack(param.target, known, held)
    site = Site(handling, routine, body, known, frozenset(held), nodes, depth)
    for _ in range(2):
        before = (len(known), len(held))
        for node in nodes:
            if isinstance(node, ir.Assign) and len(node.targets) == 1 and not node.augmented:
                _assigned(site, node.targets[0], node.value, known, held)
                if len(held) != len(site.bags):
                    site = Site(handling, routine, body, known, frozenset(held), nodes, depth)
        if before == (len(known), len(held)):
            break
    return Site(handling, routine, body, known, frozenset(held), nodes, depth)


def _assigned(site: Site, target: ir.Expr, value: ir.Expr, known: dict[str, str], held: set[str]) -> None:
    if isinstance(target, ir.Table) and site.holds(value):
        _unpack(target, known, held)
    elif isinstance(target, ir.Name):
        found = site.input(value)
        if found is not None and found in _WRAPPERS:
            held.add(target.id)
        elif found is not None:
            known.setdefault(target.id, found)
        elif site.holds(value):
            held.add(target.id)


def _unpack(target: ir.Expr, known: dict[str, str], held: set[str]) -> None:
    """`{ user_id, limit = 5, ...rest }` and `{ params: { arguments: args } }`."""
    for key, inner in target.entries if isinstance(target, ir.Table) else ():
        name = str(key.value) if isinstance(key, ir.Const) else None
        if isinstance(inner, ir.Table):
            _unpack(inner, known, held)
        elif isinstance(inner, ir.Name):
            if name is None or name in _WRAPPERS:
                held.add(inner.id)
            else:
                known.setdefault(inner.id, name)
        elif isinstance(inner, ir.Opaque | ir.Logic | ir.Assigned) and name is not None:
            known.update((n.id, name) for n in walk(inner) if isinstance(n, ir.Name) and n.id.partition("~")[0] == name)


def _bound(site: Site, call: ir.Call, function: ir.Function) -> tuple[dict[str, str], frozenset[str]]:
    """The parameters of a called function that receive inputs."""
    inputs: dict[str, str] = {}
    bags: set[str] = set()
    by_name = {p.name: p for p in function.params}
    pairs: list[tuple[ir.Param, ir.Expr]] = list(zip(function.params, call.args, strict=False))
    pairs += [(by_name[k.name], k.value) for k in call.keywords if k.name in by_name]
    for param, arg in pairs:
        value = arg.value if isinstance(arg, ir.Spread) else arg
        found = site.input(value)
        if isinstance(value, ir.Table):
            given = {str(k.value): v for k, v in value.entries if isinstance(k, ir.Const)}
            for key, inner in param.target.entries if isinstance(param.target, ir.Table) else ():
                named = site.input(given.get(str(key.value))) if isinstance(key, ir.Const) else None
                if named is not None and isinstance(inner, ir.Name):
                    inputs[inner.id] = named
            if param.target is None and site.mentions(value):
                bags.add(param.name)
        elif site.holds(value) or (found is not None and found in _WRAPPERS):
            bags.add(param.name)
        elif found is not None:
            inputs[param.name] = found
    if any(isinstance(a, ir.Spread) and site.holds(a.value) for a in call.args) or any(
        k.name is None and site.holds(k.value) for k in call.keywords
    ):
        inputs.update((p.name, p.name) for p in function.params if p.name not in inputs)
    return inputs, frozenset(bags)


def _named(name: str) -> str:
    return name.partition("~")[0]


def _base(call: ir.Call) -> ir.Expr | None:
    return call.callee.base if isinstance(call.callee, ir.Attribute) else None


def callee_name(call: ir.Call) -> str:
    """The last word of what is called: `a.b.c()` is c."""
    callee = call.callee
    return callee.name if isinstance(callee, ir.Attribute) else _named(callee.id) if isinstance(callee, ir.Name) else ""


def spelled(node: ir.Expr | None) -> tuple[str, ...]:
    """The words of a name, an attribute chain, fixed keys and calls without arguments: `ctx.session["user"]`."""
    found: list[str] = []
    while node is not None:
        if isinstance(node, ir.Name):
            found[:0] = words(_named(node.id))
            return tuple(found)
        if isinstance(node, ir.Attribute):
            found[:0] = words(node.name)
            node = node.base
        elif isinstance(node, ir.Subscript):
            if isinstance(node.index, ir.Const) and isinstance(node.index.value, str):
                found[:0] = words(node.index.value)
            node = node.base
        elif isinstance(node, ir.Call):
            if node.args and isinstance(node.args[0], ir.Const) and isinstance(node.args[0].value, str):
                found[:0] = words(node.args[0].value)
            node = node.callee
        else:
            return tuple(found)
    return tuple(found)


def refuses(statements: tuple[ir.Stmt, ...]) -> bool:
    """Whether a branch leaves: it returns, raises, or goes on with the next turn."""
    return bool(statements) and isinstance(statements[-1], ir.Return | ir.Raise | ir.Jump)


def tests(body: Iterable[ir.Stmt] | tuple[ir.Stmt, ...]) -> Iterator[ir.Expr]:
    """Everything in a piece of code that decides about something: tests of branches, loops, choices and filters."""
    for node in walk(tuple(body)):
        if isinstance(node, ir.If | ir.Conditional | ir.Loop):
            if node.test is not None:
                yield node.test
        elif isinstance(node, ir.Comprehension):
            yield from node.conditions
        elif isinstance(node, ir.Logic):
            yield from node.values
        elif isinstance(node, ir.Return) and isinstance(node.value, ir.Compare | ir.Logic | ir.Not):
            yield node.value
