"""What stands left of an assignment: names, members, patterns."""

from abc import ABC, abstractmethod

from tree_sitter import Node

from scanner.code import ir
from scanner.code.javascript.state import MAX_DEPTH, State, line_of


class Targets(ABC):
    """The part of the expression half that lowers assignment targets and property names."""

    def __init__(self, state: State) -> None:
        self.state = state

    @abstractmethod
    def expr(self, node: Node | None) -> ir.Expr:
        """The expression of a node."""

    def name(self, node: Node) -> ir.Expr:
        """An identifier, under the unique name of what it refers to."""
        written = self.state.text(node)
        found = self.state.scope.find(written)
        if found is None and written in {"undefined", "NaN"}:
            return ir.Const(line_of(node), None)
        return ir.Name(line_of(node), found or written)

    def target(self, node: Node) -> ir.Expr:
        """An assignment target; a default inside a pattern is kept as a choice between target and default."""
        line = line_of(node)
        if self.state.depth >= MAX_DEPTH:
            self.state.too_deep = self.state.too_deep or line
            return ir.Opaque(line)
        self.state.depth += 1
        try:
            return self._target(node, line)
        finally:
            self.state.depth -= 1

    def _target(self, node: Node, line: int) -> ir.Expr:
        match node.type:
            case "object_pattern":
                return ir.Table(
                    line, tuple(self._pattern_entry(child) for child in node.named_children if child.type != "comment")
                )
            case "array_pattern":
                return ir.Collection(line, tuple(self.target(c) for c in node.named_children if c.type != "comment"))
            case "assignment_pattern" | "object_assignment_pattern":
                left = node.child_by_field_name("left")
                return self.target(left) if left is not None else ir.Opaque(line)
            case "rest_pattern" | "spread_element":
                return ir.Spread(line, self.target(node.named_children[0]))
            case "shorthand_property_identifier_pattern" | "identifier":
                return ir.Name(line, self.state.local(self.state.text(node)))
            case "required_parameter" | "optional_parameter":
                inner = node.child_by_field_name("pattern")
                return self.target(inner) if inner is not None else ir.Opaque(line)
            case "object" | "array":
                return self._loose_target(node)
            case _:
                return self.expr(node)

    def key(self, node: Node | None) -> ir.Expr:
        """A property name as a constant, or the expression of a computed one."""
        if node is None:
            return ir.Opaque(1)
        if node.type == "computed_property_name":
            return self.expr(node)
        if node.type in {"string", "number"}:
            return self.expr(node)
        return ir.Const(line_of(node), self.state.text(node))

    def _pattern_entry(self, node: Node) -> tuple[ir.Expr | None, ir.Expr]:
        line = line_of(node)
        if node.type == "pair_pattern":
            value = node.child_by_field_name("value")
            return self.key(node.child_by_field_name("key")), self.target(value) if value is not None else ir.Opaque(
                line
            )
        if node.type == "rest_pattern":
            return None, self.target(node.named_children[0])
        named = node.child_by_field_name("left") or node
        return ir.Const(line, self.state.text(named)), self.target(node)

    def _loose_target(self, node: Node) -> ir.Expr:
        """`({a, b: c} = x)` and `[a, b] = x`: patterns that the grammar writes as literals."""
        line = line_of(node)
        if node.type == "array":
            return ir.Collection(
                line, tuple(self.target(child) for child in node.named_children if child.type != "comment")
            )
        entries: list[tuple[ir.Expr | None, ir.Expr]] = []
        for child in node.named_children:
            value = child.child_by_field_name("value")
            if child.type == "pair" and value is not None:
                entries.append((self.key(child.child_by_field_name("key")), self.target(value)))
            elif child.type == "shorthand_property_identifier":
                entries.append((ir.Const(line, self.state.text(child)), self.name(child)))
        return ir.Table(line, tuple(entries))
