"""TypeScript types as expressions, as far as an analysis can use them: names, literals, unions, generics, shapes."""

from tree_sitter import Node

from scanner.code import ir
from scanner.code.javascript.literals import number, unescape
from scanner.code.javascript.state import State, line_of

MAX_TYPE_DEPTH = 12


def annotation(state: State, node: Node | None, depth: int = 0) -> ir.Expr | None:  # noqa: PLR0911  (one case per kind of node)
    """The type below an annotation node; None for a missing type or one that says nothing."""
    if node is None or depth > MAX_TYPE_DEPTH:
        return None
    line = line_of(node)
    inner = [annotation(state, child, depth + 1) for child in node.named_children if child.type != "comment"]
    known = [expr for expr in inner if expr is not None]
    match node.type:
        case "predefined_type" | "type_identifier" | "identifier" | "nested_type_identifier":
            return ir.Name(line, state.text(node))
        case "string":
            return ir.Const(line, unescape(state.text(node)[1:-1]))
        case "number":
            return ir.Const(line, number(state.text(node)))
        case "true" | "false":
            return ir.Const(line, node.type == "true")
        case "null" | "undefined":
            return ir.Const(line, None)
        case "union_type" if len(known) > 1:
            return ir.Binary(line, "|", known[0], known[1])
        case "array_type" if known:
            return ir.Subscript(line, ir.Name(line, "Array"), known[0])
        case "generic_type" if len(known) > 1:
            return ir.Subscript(line, known[0], known[1])
        case "object_type":
            return ir.Table(line, tuple(_members(state, node, depth)))
        case _:
            return known[0] if known else None


def _members(state: State, node: Node, depth: int) -> list[tuple[ir.Expr | None, ir.Expr]]:
    entries: list[tuple[ir.Expr | None, ir.Expr]] = []
    for member in node.named_children:
        name = member.child_by_field_name("name")
        if member.type != "property_signature" or name is None:
            continue
        kind = annotation(state, member.child_by_field_name("type"), depth + 1)
        line = line_of(member)
        entries.append((ir.Const(line, state.text(name).strip("'\"")), kind or ir.Opaque(line)))
    return entries
