"""TypeScript's enumerations, as tables of their members."""

from collections.abc import Iterable

from tree_sitter import Node

from scanner.code import ir
from scanner.code.javascript.expressions import Expressions
from scanner.code.javascript.state import State, line_of


def enumeration(state: State, values: Expressions, node: Node) -> Iterable[ir.Stmt]:
    """`enum Names { A = "a" }` as a variable that holds a table."""
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or body is None:
        return
    entries: list[tuple[ir.Expr | None, ir.Expr]] = []
    for position, member in enumerate(child for child in body.named_children if child.type != "comment"):
        line = line_of(member)
        key = member.child_by_field_name("name") or member
        value = member.child_by_field_name("value")
        entries.append((values.key(key), values.expr(value) if value is not None else ir.Const(line, position)))
    line = line_of(node)
    yield ir.Assign(line, (ir.Name(line, state.scope.declare(state.text(name))),), ir.Table(line, tuple(entries)))
