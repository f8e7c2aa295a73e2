"""Functions, methods and classes to the intermediate form."""

from typing import Protocol

from tree_sitter import Node

from scanner.code import ir
from scanner.code.javascript.expressions import Expressions
from scanner.code.javascript.scopes import FUNCTIONS, declared_by_var, declared_in_block, names_of_pattern
from scanner.code.javascript.state import State, end_of, line_of

HOLDS_A_FUNCTION = frozenset({"export_statement", "variable_declarator", "lexical_declaration"})
MAX_DOC = 2000


class Blocks(Protocol):
    """The statement half, as functions see it."""

    def block(self, node: Node | None) -> tuple[ir.Stmt, ...]: ...

    def scoped(self, node: Node | None) -> tuple[ir.Stmt, ...]: ...


class Callables:
    """Lowers one file's functions and classes."""

    def __init__(self, state: State, blocks: Blocks) -> None:
        self.state = state
        self.blocks = blocks
        self.values = Expressions(state, self)

    def lower_function(
        self, node: Node, name: str, *, owner: str | None = None, decorators: tuple[ir.Expr, ...] = ()
    ) -> ir.Function:
        """A function, method or arrow with everything in it."""
        state = self.state
        outer, outer_before, branches = state.scope, state.before, state.branches
        state.scope, state.before, state.branches = outer.child(), [], 0
        qualname = state.qualname(name)
        state.qualnames.extend((name, "<locals>"))
        try:
            params = self._params(node)
            body = node.child_by_field_name("body")
            if body is not None:
                for found in declared_by_var(body):
                    state.scope.declare(state.text(found))
            if body is None or body.type == "statement_block":
                if body is not None:
                    for found in declared_in_block(body):
                        state.scope.declare(state.text(found))
                statements = self.blocks.block(body)
            else:
                value = self.values.expr(body)
                statements = (*state.before, ir.Return(line_of(body), value))
            statements = (*self._parameter_properties(node), *statements)
        finally:
            del state.qualnames[-2:]
            state.scope, state.before, state.branches = outer, outer_before, branches
        function = ir.Function(
            name,
            qualname,
            line_of(node),
            end_of(node),
            params,
            statements,
            decorators,
            doc=self._doc(node),
            receiver=None if node.type == "arrow_function" else "this",
            owner=owner,
            is_async=any(child.type == "async" for child in node.children[:3]),
        )
        state.functions.append(function)
        return function

    def lower_class(self, node: Node, name: str) -> ir.Class:
        """A class; fields become assignments to the field's name, methods definitions."""
        state = self.state
        qualname = state.qualname(name)
        state.qualnames.append(name)
        bases: list[ir.Expr] = []
        members: list[ir.Stmt] = []
        try:
            for child in node.named_children:
                if child.type == "class_heritage":
                    bases.extend(self._heritage(child))
            body = node.child_by_field_name("body")
            decorators: list[ir.Expr] = []
            for member in body.named_children if body is not None else ():
                if member.type == "decorator":
                    decorators.append(self.values.expr(member.named_children[0] if member.named_children else None))
                    continue
                members.extend(self._member(member, qualname, tuple(decorators)))
                decorators = []
        finally:
            state.qualnames.pop()
        lowered = ir.Class(name, qualname, line_of(node), tuple(bases), tuple(members), doc=self._doc(node))
        state.classes.append(lowered)
        return lowered

    def _heritage(self, node: Node) -> list[ir.Expr]:
        clause = next((child for child in node.named_children if child.type == "extends_clause"), None)
        if clause is not None:
            return [self.values.expr(clause.child_by_field_name("value"))]
        return [
            self.values.expr(child)
            for child in node.named_children
            if child.type not in {"comment", "implements_clause"}
        ]

    def _member(self, node: Node, owner: str, decorators: tuple[ir.Expr, ...]) -> list[ir.Stmt]:
        line = line_of(node)
        if node.type == "method_definition":
            name = node.child_by_field_name("name")
            written = self.state.text(name).strip("'\"") if name is not None else "<method>"
            return [ir.Define(line, self.lower_function(node, written, owner=owner, decorators=decorators))]
        if node.type in {"field_definition", "public_field_definition"}:
            name = node.child_by_field_name("property") or node.child_by_field_name("name")
            value = node.child_by_field_name("value")
            if name is None:
                return []
            written = self.state.text(name)
            declared = self.values.declared_type(node)
            if value is not None and value.type in FUNCTIONS:
                return [ir.Define(line, self.lower_function(value, written, owner=owner))]
            lowered = self.values.expr(value) if value is not None else ir.Const(line, None)
            return [ir.Assign(line, (ir.Name(line, written),), lowered, declared)]
        if node.type == "class_static_block":
            return list(self.blocks.scoped(node.child_by_field_name("body")))
        return []

    def _params(self, node: Node) -> tuple[ir.Param, ...]:
        single = node.child_by_field_name("parameter")
        listed = node.child_by_field_name("parameters")
        nodes = [single] if single is not None else (listed.named_children if listed is not None else [])
        params = [
            p for p in nodes if p.type != "comment" and not (p.named_children and p.named_children[0].type == "this")
        ]
        for param in params:
            for found in names_of_pattern(param):
                self.state.scope.declare(self.state.text(found))
        return tuple(self._param(param) for param in params)

    def _param(self, node: Node) -> ir.Param:
        line = line_of(node)
        declared = (
            self.values.declared_type(node) if node.type in {"required_parameter", "optional_parameter"} else None
        )
        default = node.child_by_field_name("value") or node.child_by_field_name("right")
        pattern = node.child_by_field_name("pattern") or node.child_by_field_name("left") or node
        kind = "rest" if pattern.type == "rest_pattern" else "plain"
        if kind == "rest":
            pattern = pattern.named_children[0]
        lowered = self.values.expr(default) if default is not None else None
        if pattern.type == "identifier":
            name = self.state.local(self.state.text(pattern))
            return ir.Param(name, line, declared, lowered, "rest" if kind == "rest" else "plain")
        target = self.values.target(pattern)
        return ir.Param(
            self.state.unique("param"), line, declared, lowered, "rest" if kind == "rest" else "plain", target
        )

    def _parameter_properties(self, node: Node) -> list[ir.Stmt]:
        """TypeScript's `constructor(private x: T)`, which stores the parameter in a field."""
        listed = node.child_by_field_name("parameters")
        stored: list[ir.Stmt] = []
        for param in listed.named_children if listed is not None else ():
            if any(child.type in {"accessibility_modifier", "readonly"} for child in param.children):
                pattern = param.child_by_field_name("pattern")
                if pattern is not None and pattern.type == "identifier":
                    line, name = line_of(param), self.state.text(pattern)
                    field = ir.Attribute(line, ir.Name(line, "this"), name)
                    stored.append(ir.Assign(line, (field,), ir.Name(line, self.state.local(name))))
        return stored

    def _doc(self, node: Node) -> str:
        outer: Node | None = node
        while (
            outer is not None
            and outer.parent is not None
            and outer.parent.type in {"export_statement", "variable_declarator", "lexical_declaration"}
        ):
            outer = outer.parent
        before = outer.prev_named_sibling if outer is not None else None
        return self.state.text(before)[:MAX_DOC] if before is not None and before.type == "comment" else ""
