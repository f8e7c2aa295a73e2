"""What the lowering of one file gathers on its way."""

from dataclasses import dataclass, field
from itertools import count

from tree_sitter import Node

from scanner.code import ir
from scanner.code.javascript.scopes import Scope
from scanner.code.javascript.syntax import Source

MAX_DEPTH = 110
"""Nesting of expressions and statements that is followed; deeper parts become `Opaque` and a gap."""


@dataclass(slots=True)
class State:
    """The file, the current scope, and everything the `Module` will list."""

    source: Source
    files: frozenset[str]
    module: str
    scope: Scope = field(default_factory=lambda: Scope(None))
    imports: list[ir.Import] = field(default_factory=list)
    functions: list[ir.Function] = field(default_factory=list)
    classes: list[ir.Class] = field(default_factory=list)
    exports: list[tuple[str, str]] = field(default_factory=list)
    libraries: dict[str, str] = field(default_factory=dict)
    """Unique local name to the dotted library name it is bound to, for the few rewrites that need it here."""
    before: list[ir.Stmt] = field(default_factory=list)
    """Definitions that an expression needs in front of its statement."""
    late: list[ir.Stmt] = field(default_factory=list)
    """What a wrapped module offers, written after its statements."""
    wrapped: dict[str, str] = field(default_factory=dict)
    """Functions that give a wrapped module, to the variable that holds its exports."""
    numbered: dict[str, str] = field(default_factory=dict)
    """The same for modules that are asked for by number or path."""
    requirers: set[str] = field(default_factory=set)
    awaiting: int = 0
    qualnames: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    fresh: "count[int]" = field(default_factory=lambda: count(1))
    depth: int = 0
    branches: int = 0
    too_deep: int | None = None

    def text(self, node: Node) -> str:
        return self.source.text(node)

    def unique(self, stem: str) -> str:
        """A name that no source can contain."""
        return f"{stem}~{next(self.fresh)}"

    def qualname(self, name: str) -> str:
        """The dotted place of a function or class, made unique by its number when the place is taken."""
        place = ".".join((*self.qualnames, name))
        if place in self.taken:
            place = f"{place}#{next(self.fresh)}"
        self.taken.add(place)
        return place

    def local(self, name: str) -> str:
        """The unique name of an identifier; globals keep theirs."""
        return self.scope.find(name) or name

    def dotted(self, expr: ir.Expr) -> str | None:
        """The library name of a name or attribute chain that begins at an import, for example `util.promisify`."""
        tail: list[str] = []
        while isinstance(expr, ir.Attribute):
            tail.append(expr.name)
            expr = expr.base
        if not isinstance(expr, ir.Name):
            return None
        head = self.libraries.get(expr.id)
        return None if head is None else ".".join((head, *reversed(tail)))


def line_of(node: Node) -> int:
    return node.start_point.row + 1


def end_of(node: Node) -> int:
    return node.end_point.row + 1
