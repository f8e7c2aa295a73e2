"""The functions and top levels of one module, each with its own nodes and with what its names are set to.

The flow analysis knows what a value may come from; here is only what the code writes down: which text an address has,
what a table holds. Names that are set more than once stand for each of their values. Both languages.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Final

from scanner.code import ir
from scanner.code.project import Project
from scanner.code.walking import parts_of

_ENVIRONMENT: Final = frozenset({"getenv", "get", "pop", "setdefault", "config", "str"})
_SAME_TEXT: Final = frozenset(
    {"strip", "rstrip", "lstrip", "trim", "trimEnd", "toString", "lower", "decode", "encode", "geturl", "toLowerCase"}
)
_WRAPS: Final = frozenset(
    {"urljoin", "str", "String", "Request", "encodeURI", "HttpUrl", "AnyUrl", "urlparse", "Field", "url"}
)
_DEPTH: Final = 12
_MAX_VALUES: Final = 6
_MAX_SEEN: Final = 60
_MAX_WORK: Final = 400
"""Expressions that are looked at for one text."""
_MAX_TEXTS: Final = 8
GAP: Final = "\x00"
"""Stands in a text for a piece that the code does not fix."""


@dataclass(slots=True, eq=False)
class Unit:
    """One function, class body or top level. `nodes` are its own, without those of functions inside."""

    module: ir.Module
    function: ir.Function | None
    owner: ir.Class | None
    outer: "Unit | None"
    nodes: list[Any] = field(default_factory=list)
    names: dict[str, list[ir.Expr]] = field(default_factory=dict)

    @property
    def ref(self) -> str | None:
        """The name of the function in the flow analysis, None for a top level."""
        return f"{self.module.name}:{self.function.qualname}" if self.function is not None else None


class Units:
    """Everything of one project. Built once; read-only afterwards."""

    def __init__(self, project: Project, modules: Iterable[ir.Module]) -> None:
        self.project = project
        self._fields: dict[str, dict[str, list[tuple[ir.Expr, Unit]]]] = {}
        self._tops: dict[str, Unit] = {}
        self._functions: dict[str, list[Unit]] = {}
        self._by_name: dict[str, list[Unit]] = {}
        self.all: list[Unit] = []
        self._work = 0
        for module in modules:
            first = len(self.all)
            self._tops[module.name] = self._read(module, module.body, None, None, None)
            for unit in self.all[first:]:
                self._bind(unit)
                if unit.function is not None:
                    self._functions.setdefault(f"{module.name}:{unit.function.name}", []).append(unit)
                    self._by_name.setdefault(unit.function.name, []).append(unit)

    def _read(
        self, module: ir.Module, body: object, function: ir.Function | None, owner: ir.Class | None, outer: Unit | None
    ) -> Unit:
        top = Unit(module, function, owner, outer)
        todo: list[tuple[Unit, object]] = [(top, body)]
        while todo:
            unit, tree = todo.pop()
            self.all.append(unit)
            stack: list[Any] = [tree]
            while stack:
                node = stack.pop()
                if isinstance(node, tuple):
                    stack.extend(reversed(node))
                elif isinstance(node, ir.Function):
                    stack.extend((node.decorators, tuple(p.default for p in node.params if p.default is not None)))
                    todo.append((Unit(module, node, unit.owner, unit), node.body))
                elif isinstance(node, ir.Class):
                    stack.append(node.decorators)
                    todo.append((Unit(module, unit.function, node, unit), node.body))
                elif node is not None:
                    unit.nodes.append(node)
                    stack.extend(parts_of(node))
        return top

    def _bind(self, unit: Unit) -> None:
        receiver = unit.function.receiver if unit.function is not None else None
        in_class = unit.owner is not None and (unit.outer is None or unit.outer.owner is not unit.owner)
        for node in unit.nodes:
            for target, value in _bindings(node):
                if isinstance(target, ir.Name):
                    unit.names.setdefault(target.id, []).append(value)
                    if in_class and unit.owner is not None:
                        self._field(unit, unit.owner, target.id, value)
                elif (
                    isinstance(target, ir.Attribute)
                    and isinstance(target.base, ir.Name)
                    and unit.owner is not None
                    and target.base.id in (receiver, "self", "this", "cls")
                ):
                    self._field(unit, unit.owner, target.name, value)

    def _field(self, unit: Unit, owner: ir.Class, name: str, value: ir.Expr) -> None:
        self._fields.setdefault(f"{unit.module.name}:{owner.qualname}", {}).setdefault(name, []).append((value, unit))

    # --- what an expression is written as --------------------------------------------------------------------------

    def behind(
        self, node: ir.Expr, unit: Unit, through: type | UnionType, most: int, *, calls: bool = False
    ) -> Iterator[tuple[Any, Unit]]:
        """The pieces of an expression and of what stands behind it, each once with the unit it stands in.

        `through` are the kinds of piece whose values are followed, `most` how many expressions are opened; with `calls`
        what the module's own functions return is followed as well.
        """
        stack: list[tuple[ir.Expr, Unit]] = [(node, unit)]
        seen: set[int] = set()
        for _ in range(most):
            if not stack:
                return
            current, where = stack.pop()
            for inner in pieces(current):
                if id(inner) in seen:
                    continue
                seen.add(id(inner))
                yield inner, where
                follow = isinstance(inner, through)
                if follow:
                    stack.extend((v, w) for v, w in self.values(inner, where) if v is not inner)
                elif calls and isinstance(inner, ir.Call) and isinstance(inner.callee, ir.Name):
                    stack.extend(self.returned(inner.callee.id, where))

    def values(self, node: ir.Expr, unit: Unit, depth: int = _DEPTH) -> Iterator[tuple[ir.Expr, Unit]]:
        """The expressions that a name, a field or a choice may stand for; the expression itself when it is none."""
        # Names lead to names, and every value may have several: each is looked at once, and only so many.
        stack = [(node, unit, depth)]
        seen: set[int] = set()
        while stack and len(seen) < _MAX_SEEN:
            current, where, left = stack.pop()
            if left <= 0 or id(current) in seen:
                continue
            seen.add(id(current))
            found = self.steps(current, where)
            if not found:
                yield current, where
            stack.extend((value, at, left - 1) for value, at in reversed(found[:_MAX_VALUES]) if value is not current)

    def steps(self, node: ir.Expr, unit: Unit) -> list[tuple[ir.Expr, Unit]]:
        """What a name, a field or a choice may stand for, one step on; empty for anything else."""
        if isinstance(node, ir.Name):
            return self._named(node.id, unit)
        if isinstance(node, ir.Attribute) and isinstance(node.base, ir.Name):
            own = unit.owner is not None and node.base.id in ("self", "this", "cls", unit.owner.name)
            owner = unit.owner.qualname if own and unit.owner is not None else ""
            return self._fields.get(f"{unit.module.name}:{owner}", {}).get(node.name, [])
        if isinstance(node, ir.Logic):
            return [(value, unit) for value in node.values]
        if isinstance(node, ir.Conditional):
            return [(node.then, unit), (node.other, unit)]
        if isinstance(node, ir.Assigned):
            return [(node.value, unit)]
        return []

    def _named(self, name: str, unit: Unit) -> list[tuple[ir.Expr, Unit]]:
        current: Unit | None = unit
        while current is not None:
            if name in current.names and (current.function is not None or current.owner is None or current is unit):
                return [(value, current) for value in current.names[name]]
            for param in current.function.params if current.function is not None else ():
                if param.name == name:
                    return [(param.default, current)] if param.default is not None else []
            current = current.outer
        ref = self.project.lookup(unit.module, name)
        where, colon, symbol = (ref or "").partition(":=")
        top = self._tops.get(where) if colon else None
        return [(value, top) for value in top.names.get(symbol, ())] if top is not None else []

    def fields(self, module: ir.Module, class_name: str) -> frozenset[str]:
        """Names of the fields that a class of the module declares or sets."""
        return frozenset(self._fields.get(f"{module.name}:{class_name}", {}))

    def named(self, name: str) -> list[Unit]:
        """The functions of this name, in any module."""
        return self._by_name.get(name, [])

    def returned(self, name: str, unit: Unit) -> list[tuple[ir.Expr, Unit]]:
        """What the functions of this name in the module hand back."""
        return [
            (node.value, other)
            for other in self._functions.get(f"{unit.module.name}:{name}", ())
            for node in other.nodes
            if isinstance(node, ir.Return) and node.value is not None
        ]

    def text(self, node: ir.Expr, unit: Unit) -> str | None:
        """The text of an expression, pieces that are not fixed as `GAP`; None when nothing of it is known."""
        found = self.texts(node, unit)
        return found[0] if found else None

    def texts(self, node: ir.Expr, unit: Unit, depth: int = _DEPTH) -> list[str]:
        """Every text that an expression may have, as far as the code writes it down; a few at most."""
        if depth == _DEPTH:
            self._work = 0
        self._work += 1
        found: list[str] = []
        for value, where in self.values(node, unit, depth) if self._work < _MAX_WORK else ():
            found += self._texts(value, where, depth)
            if len(found) >= _MAX_TEXTS:
                break
        return list(dict.fromkeys(found))[:_MAX_TEXTS]

    def _texts(self, node: ir.Expr, unit: Unit, depth: int) -> list[str]:  # noqa: PLR0911  (one case per kind of node)
        if depth <= 0:
            return []
        match node:
            case ir.Const(value=str() as text):
                return [text]
            case ir.Const(value=bytes() as data):
                return [data.decode("utf-8", "replace")]
            case ir.Concat(parts=parts):
                return self._joined(parts, unit, depth)
            case ir.Binary(op="+", left=left, right=right):
                return self._joined((left, right), unit, depth)
            case ir.Binary(op="%", left=left):
                return [t.replace("%s", GAP) for t in self.texts(left, unit, depth - 1)]
            case ir.Call(callee=ir.Attribute(base=base, name=name)) if name in _SAME_TEXT:
                return self.texts(base, unit, depth - 1)
            case ir.Attribute(base=base, name="href" | "origin" | "url" | "value"):
                return self.texts(base, unit, depth - 1)
            case ir.Call(callee=callee, args=args) if args:
                return self._called(last_name(callee), args, unit, depth)
            case _:
                return []

    def _called(self, name: str, args: tuple[ir.Expr, ...], unit: Unit, depth: int) -> list[str]:
        if name == "URL":
            first = self.texts(args[0], unit, depth - 1)
            if len(args) > 1 and not any("://" in t for t in first):
                end = (first or [GAP])[0].lstrip("/")
                return [base.rstrip("/") + "/" + end for base in self.texts(args[1], unit, depth - 1)]
            return first
        if name in _WRAPS:
            return self.texts(args[0], unit, depth - 1)
        if name in _ENVIRONMENT and len(args) > 1:
            return self.texts(args[1], unit, depth - 1)
        return []

    def _joined(self, parts: tuple[ir.Expr, ...], unit: Unit, depth: int) -> list[str]:
        known = [_number(part) or self.texts(part, unit, depth - 1) for part in parts]
        if not any(known):
            return []
        made = [""]
        for texts in known:
            made = [m + t for m in made for t in (texts or [GAP])][:_MAX_TEXTS]
        return made


def _number(node: ir.Expr) -> list[str]:
    number = isinstance(node, ir.Const) and isinstance(node.value, int | float) and not isinstance(node.value, bool)
    return [str(node.value)] if isinstance(node, ir.Const) and number else []


def pieces(tree: Any, most: int = 400) -> Iterator[Any]:
    """The nodes of an expression without what functions in it do; only so many, since bundled code has huge ones."""
    stack = [tree]
    while stack and most:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(reversed(node))
        elif node is not None and not isinstance(node, ir.Function | ir.Class):
            most -= 1
            yield node
            stack.extend(parts_of(node))


def last_name(node: ir.Expr | None) -> str:
    """`get` for `client.get`, `Path` for `Path`, empty for anything without a name."""
    if isinstance(node, ir.Attribute):
        return node.name
    return node.id.partition("~")[0] if isinstance(node, ir.Name) else ""


def last_name_of(node: ir.Expr) -> str:
    """The last name of a call's callee, or of the expression itself."""
    return last_name(node.callee) if isinstance(node, ir.Call) else last_name(node)


def dotted(node: ir.Expr | None) -> str:
    """`a.b.c` as it is written, calls and indexes left out; empty for what has no name at its root."""
    names: list[str] = []
    while True:
        if isinstance(node, ir.Attribute):
            names.append(node.name)
            node = node.base
        elif isinstance(node, ir.Call):
            node = node.callee
        elif isinstance(node, ir.Subscript):
            node = node.base
        else:
            break
    if isinstance(node, ir.Name):
        names.append(node.id.partition("~")[0])
    return ".".join(reversed(names))


def _bindings(node: object) -> Iterator[tuple[ir.Expr, ir.Expr]]:
    if isinstance(node, ir.Assign):
        for target in node.targets:
            if node.augmented and isinstance(target, ir.Name):
                yield target, ir.Opaque(node.line, (node.value,))
            else:
                yield from _pattern(target, node.value)
    elif isinstance(node, ir.Assigned):
        yield from _pattern(node.target, node.value)
    elif isinstance(node, ir.With):
        for value, with_target in node.items:
            if with_target is not None:
                yield with_target, value
    elif isinstance(node, ir.Loop) and node.target is not None and node.iterable is not None:
        yield from _pattern(node.target, ir.Subscript(node.line, node.iterable, ir.Opaque(node.line)))
    elif isinstance(node, ir.Comprehension):
        for target, iterable in node.bindings:
            yield from _pattern(target, ir.Subscript(node.line, iterable, ir.Opaque(node.line)))


def _pattern(target: ir.Expr, value: ir.Expr) -> Iterator[tuple[ir.Expr, ir.Expr]]:
    if isinstance(target, ir.Collection) and isinstance(value, ir.Collection) and len(target.items) == len(value.items):
        for inner, part in zip(target.items, value.items, strict=True):
            yield from _pattern(inner, part)
    elif isinstance(target, ir.Collection):
        for at, inner in enumerate(target.items):
            yield from _pattern(inner, ir.Subscript(inner.line, value, ir.Const(inner.line, at)))
    elif isinstance(target, ir.Table):
        for key, inner in target.entries:
            if isinstance(key, ir.Const) and isinstance(key.value, str):
                yield from _pattern(inner, ir.Attribute(key.line, value, key.value))
    else:
        yield target, value
