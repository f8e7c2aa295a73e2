"""What a callee is called: the dotted library name behind variables, imports, fields and calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from scanner.code import ir
from scanner.code.javascript.index import Index, Scope


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """An expression with the scope in which its names are to be read."""

    node: ir.Expr | ir.Class
    scope: Scope


class Names(Protocol):
    """What looking names up needs to know of a reader."""

    indexes: Mapping[str, Index]

    def bound(self, name: str, scope: Scope) -> ir.Import | None: ...

    def named(self, node: ir.Name, scope: Scope) -> Thing | None: ...

    def field(self, scope: Scope, name: str) -> Thing | None: ...


def library(reader: Names, node: ir.Expr | None, scope: Scope, depth: int = 8) -> str | None:  # noqa: C901, PLR0911  (one case per kind of node)
    """The dotted library name of a callee: `express`, `child_process.exec`, `express().listen`, or a global's name.

    A call in the chain is written `()`, so `express().post` is the method `post` of what `express()` returns.
    """
    if node is None or depth == 0:
        return None
    if isinstance(node, ir.Name):
        bound = reader.bound(node.id, scope)
        if bound is not None:
            if bound.module in reader.indexes:
                found = reader.named(node, scope)
                inner = None if found is None or isinstance(found.node, ir.Class) or found.node is node else found
                return (
                    library(reader, inner.node, inner.scope, depth - 1)
                    if inner is not None and isinstance(inner.node, ir.Expr)
                    else None
                )
            return bound.module if bound.symbol is None else f"{bound.module}.{bound.symbol}"
        where = scope.find(node.id)
        if where is None:
            return node.id
        values = where.values.get(node.id, ())
        for value in values:
            if value is not node:
                named = library(reader, value, where, depth - 1)
                if named is not None:
                    return named
        return None
    if isinstance(node, ir.Attribute):
        base = library(reader, node.base, scope, depth - 1)
        if base is None and isinstance(node.base, ir.Name) and node.base.id == "this":
            thing = reader.field(scope, node.name)
            return (
                library(reader, thing.node, thing.scope, depth - 1)
                if thing is not None and isinstance(thing.node, ir.Expr)
                else None
            )
        return None if base is None else f"{base}.{node.name}"
    if isinstance(node, ir.Call):
        base = library(reader, node.callee, scope, depth - 1)
        return None if base is None else f"{base}()"
    if isinstance(node, ir.Logic | ir.Opaque):
        parts = node.values if isinstance(node, ir.Logic) else node.parts
        names = (library(reader, part, scope, depth - 1) for part in parts)
        return next((name for name in names if name), None)
    return None
