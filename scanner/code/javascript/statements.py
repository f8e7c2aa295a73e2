"""Syntax nodes of statements to the intermediate form."""

from collections.abc import Callable, Iterable

from tree_sitter import Node

from scanner.code import ir
from scanner.code.javascript.callables import Callables
from scanner.code.javascript.enumerations import enumeration
from scanner.code.javascript.linking import Linking
from scanner.code.javascript.operators import statement_of
from scanner.code.javascript.registries import Registries
from scanner.code.javascript.scopes import (
    CLASSES,
    FUNCTIONS,
    IGNORED,
    Scope,
    called_on_the_spot,
    declared_in_block,
    names_of_pattern,
)
from scanner.code.javascript.state import MAX_DEPTH, State, line_of

Body = tuple[ir.Stmt, ...]


class Statements:
    """Lowers one file's statements. One instance per file; `block` is the way in."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.callables = Callables(state, self)
        self.values = self.callables.values
        self.linking = Linking(state, self.values)
        self.registries = Registries(state, self.block)
        self.table: dict[str, Callable[[Node], Iterable[ir.Stmt]]] = {
            "expression_statement": self._expression,
            "lexical_declaration": self._declaration,
            "variable_declaration": self._declaration,
            "if_statement": self._if,
            "for_statement": self._for,
            "for_in_statement": self._for_in,
            "while_statement": self._while,
            "do_statement": self._while,
            "switch_statement": self._switch,
            "try_statement": self._try,
            "return_statement": self._return,
            "throw_statement": self._throw,
            "break_statement": lambda n: [ir.Jump(line_of(n))],
            "continue_statement": lambda n: [ir.Jump(line_of(n))],
            "statement_block": self.scoped,
            "labeled_statement": lambda n: self.statement(n.child_by_field_name("body")),
            "with_statement": lambda n: self.statement(n.child_by_field_name("body")),
            "import_statement": self._import,
            "export_statement": self._export,
            "enum_declaration": self._enum,
            "internal_module": lambda n: self.scoped(n.child_by_field_name("body")),
            "module": lambda n: self.scoped(n.child_by_field_name("body")),
        }

    def block(self, node: Node | None) -> Body:
        """The statements directly in a block; function declarations come first, as they are hoisted."""
        if node is None:
            return ()
        children = node.named_children if node.type in {"program", "statement_block", "class_body"} else [node]
        hoisted = [c for c in children if c.type in {"function_declaration", "generator_function_declaration"}]
        rest = [c for c in children if c not in hoisted] if hoisted else children
        return tuple(s for child in (*hoisted, *rest) for s in self.statement(child))

    def scoped(self, node: Node | None) -> Body:
        """The same in a scope of its own."""
        if node is None:
            return ()
        outer = self._enter(node)
        try:
            return self.block(node)
        finally:
            self.state.scope = outer

    def statement(self, node: Node | None) -> Body:
        """One statement, with the definitions its expressions need in front of it."""
        state = self.state
        if node is None or node.type in IGNORED:
            return ()
        if state.depth >= MAX_DEPTH:
            state.too_deep = state.too_deep or line_of(node)
            return ()
        state.depth += 1
        outer, state.before = state.before, []
        try:
            if node.type in FUNCTIONS:
                made: Iterable[ir.Stmt] = [self._define_function(node)]
            elif node.type in CLASSES:
                made = [self._define_class(node)]
            else:
                lower = self.table.get(node.type)
                made = lower(node) if lower is not None else [ir.Do(line_of(node), self.values.expr(node))]
            made = tuple(made)
            return (*state.before, *made)
        finally:
            state.before = outer
            state.depth -= 1

    def _enter(self, node: Node) -> Scope:
        """Opens the scope of a block with the names declared in it, and gives back the outer one."""
        outer = self.state.scope
        self.state.scope = outer.child()
        for found in declared_in_block(node):
            self.state.scope.declare(self.state.text(found))
        return outer

    def _define_function(self, node: Node) -> ir.Stmt:
        name = node.child_by_field_name("name")
        local = self.state.scope.declare(self.state.text(name)) if name is not None else self.state.unique("function")
        return ir.Define(line_of(node), self.callables.lower_function(node, local))

    def _define_class(self, node: Node) -> ir.Stmt:
        name = node.child_by_field_name("name")
        local = self.state.scope.declare(self.state.text(name)) if name is not None else self.state.unique("class")
        return ir.Define(line_of(node), self.callables.lower_class(node, local))

    def _expression(self, node: Node) -> Iterable[ir.Stmt]:
        children = [child for child in node.named_children if child.type != "comment"]
        if not children:
            return
        inner = children[0]
        body = called_on_the_spot(inner)
        if body is not None and not self.state.qualnames:
            yield from self.scoped(body)
            return
        if inner.type == "sequence_expression":
            # Minified code joins statements with commas.
            for part in inner.named_children:
                if part.type != "comment":
                    yield from self._one(part)
            return
        yield from self._one(inner)

    def _one(self, node: Node) -> Iterable[ir.Stmt]:
        """One expression in statement position, after whatever its parts need in front."""
        line = line_of(node)
        state = self.state
        start = len(state.before)
        linked = self.linking.exported(node) or self.linking.compiled_export(node)
        if linked is not None:
            made: list[ir.Stmt] = list(linked)
        elif node.type == "yield_expression" and not state.awaiting:
            made = [ir.Return(line, self.values.expr(node), final=False)]
        elif node.type == "unary_expression" and node.children[0].type == "delete":
            made = [ir.Delete(line, (self.values.expr(node.child_by_field_name("argument")),))]
        elif node.type == "binary_expression" and node.child_by_field_name("operator") is not None:
            made = self._short_circuit(node)
        elif node.type == "ternary_expression":
            field = node.child_by_field_name
            test = self.values.expr(field("condition"))
            then, other = self._nested(field("consequence")), self._nested(field("alternative"))
            made = [ir.If(line, test, then, other)]
        else:
            made = [statement_of(self.values.expr(node))]
        needed, state.before[start:] = state.before[start:], []
        return [*needed, *made]

    def _short_circuit(self, node: Node) -> list[ir.Stmt]:
        """`a && b()` and `a || b()` as statements are branches."""
        line = line_of(node)
        operator = node.child_by_field_name("operator")
        kind = operator.type if operator is not None else ""
        if kind not in {"&&", "||"}:
            return [statement_of(self.values.expr(node))]
        test = self.values.expr(node.child_by_field_name("left"))
        body = self._nested(node.child_by_field_name("right"))
        return [ir.If(line, test if kind == "&&" else ir.Not(line, test), body)]

    def _nested(self, node: Node | None) -> Body:
        while node is not None and node.type == "parenthesized_expression" and node.named_children:
            node = node.named_children[0]
        if node is None:
            return ()
        if node.type == "sequence_expression":
            return tuple(s for part in node.named_children if part.type != "comment" for s in self._nested(part))
        state = self.state
        if state.depth >= MAX_DEPTH:
            return (statement_of(self.values.expr(node)),)
        state.depth += 1
        state.branches += 1
        try:
            return tuple(self._one(node))
        finally:
            state.branches -= 1
            state.depth -= 1

    def _declaration(self, node: Node) -> Iterable[ir.Stmt]:
        for declarator in node.named_children:
            if declarator.type != "variable_declarator":
                continue
            name, value = declarator.child_by_field_name("name"), declarator.child_by_field_name("value")
            if name is None:
                continue
            start = len(self.state.before)
            made = self._variable(declarator, name, value)
            needed, self.state.before[start:] = self.state.before[start:], []
            yield from needed
            yield from made

    def _variable(self, declarator: Node, name: Node, value: Node | None) -> list[ir.Stmt]:
        line = line_of(declarator)
        for found in names_of_pattern(name):
            self.state.scope.declare(self.state.text(found))
        if value is None:
            declared = self.values.declared_type(declarator)
            return (
                []
                if declared is None
                else [ir.Assign(line, (self.values.target(name),), ir.Const(line, None), declared)]
            )
        if name.type == "identifier":
            local = self.state.local(self.state.text(name))
            if value.type in FUNCTIONS:
                return [ir.Define(line, self.callables.lower_function(value, local))]
            if value.type in CLASSES:
                return [ir.Define(line, self.callables.lower_class(value, local))]
            written = self.registries.written_out(local, name, value)
            if written is not None:
                return list(written)
        if self.linking.required(name, value):
            return []
        lowered = self.values.expr(value)
        if name.type == "identifier":
            self._remember(self.state.local(self.state.text(name)), lowered)
        return [ir.Assign(line, (self.values.target(name),), lowered, self.values.declared_type(declarator))]

    def _remember(self, local: str, value: ir.Expr) -> None:
        """`const run = promisify(exec)`: the variable is one more name for the library's function."""
        dotted = self.state.dotted(value)
        if dotted is not None:
            self.state.libraries[local] = dotted

    def _if(self, node: Node) -> Iterable[ir.Stmt]:
        """An `else if` chain is walked, not nested, until the end."""
        chain: list[tuple[int, ir.Expr, Body]] = []
        current: Node | None = node
        other: Body = ()
        while current is not None:
            test = self.values.expr(current.child_by_field_name("condition"))
            chain.append((line_of(current), test, self._branch(current.child_by_field_name("consequence"))))
            alternative = current.child_by_field_name("alternative")
            inner = alternative.named_children[-1] if alternative is not None and alternative.named_children else None
            if inner is not None and inner.type == "if_statement" and len(chain) < MAX_DEPTH:
                current = inner
                continue
            other = self._branch(inner)
            current = None
        for line, test, then in reversed(chain):
            other = (ir.If(line, test, then, other),)
        return other

    def _branch(self, node: Node | None) -> Body:
        if node is None:
            return ()
        self.state.branches += 1
        try:
            return self.scoped(node) if node.type == "statement_block" else self.statement(node)
        finally:
            self.state.branches -= 1

    def _for(self, node: Node) -> Iterable[ir.Stmt]:
        outer = self.state.scope
        self.state.scope = outer.child()
        try:
            first = node.child_by_field_name("initializer")
            yield from (
                self.statement(first) if first is not None and first.type.endswith(("declaration", "statement")) else ()
            )
            condition = node.child_by_field_name("condition")
            step = node.child_by_field_name("increment")
            test = (
                self.values.expr(condition) if condition is not None and condition.type != "empty_statement" else None
            )
            body = self._branch(node.child_by_field_name("body"))
            after = (statement_of(self.values.expr(step)),) if step is not None else ()
            yield ir.Loop(line_of(node), (*body, *after), test=test)
        finally:
            self.state.scope = outer

    def _for_in(self, node: Node) -> Iterable[ir.Stmt]:
        iterable = self.values.expr(node.child_by_field_name("right"))
        outer = self.state.scope
        self.state.scope = outer.child()
        try:
            left = node.child_by_field_name("left")
            if left is not None and node.child_by_field_name("kind") is not None:
                for found in names_of_pattern(left):
                    self.state.scope.declare(self.state.text(found))
            target = self.values.target(left) if left is not None else ir.Opaque(line_of(node))
            yield ir.Loop(
                line_of(node), self._branch(node.child_by_field_name("body")), target=target, iterable=iterable
            )
        finally:
            self.state.scope = outer

    def _while(self, node: Node) -> Iterable[ir.Stmt]:
        test = self.values.expr(node.child_by_field_name("condition"))
        yield ir.Loop(line_of(node), self._branch(node.child_by_field_name("body")), test=test)

    def _switch(self, node: Node) -> Iterable[ir.Stmt]:
        """A chain of `If`; labels without a body share the next one, a closing `break` disappears."""
        subject = self.values.expr(node.child_by_field_name("value"))
        body = node.child_by_field_name("body")
        if body is None:
            return ()
        outer = self._enter(body)
        self.state.branches += 1
        arms: list[tuple[int, ir.Expr, Body]] = []
        other: Body = ()
        waiting: list[ir.Expr] = []
        try:
            for case in body.named_children:
                if case.type not in {"switch_case", "switch_default"}:
                    continue
                line = line_of(case)
                value = case.child_by_field_name("value")
                if value is not None:
                    waiting.append(ir.Compare(line, "==", subject, self.values.expr(value)))
                inner = [child for child in case.named_children if child != value and child.type != "comment"]
                if not inner:
                    continue
                statements = tuple(s for child in inner for s in self.statement(child))
                if statements and isinstance(statements[-1], ir.Jump):
                    statements = statements[:-1]
                if case.type == "switch_default":
                    other = statements
                elif waiting:
                    test = waiting[0] if len(waiting) == 1 else ir.Logic(line, "or", tuple(waiting))
                    arms.append((waiting[0].line, test, statements))
                waiting = []
        finally:
            self.state.scope = outer
            self.state.branches -= 1
        for line, test, then in reversed(arms):
            other = (ir.If(line, test, then, other),)
        return other

    def _try(self, node: Node) -> Iterable[ir.Stmt]:
        body = self._branch(node.child_by_field_name("body"))
        handler = node.child_by_field_name("handler")
        finalizer = node.child_by_field_name("finalizer")
        handlers: tuple[ir.Handler, ...] = ()
        if handler is not None:
            outer = self.state.scope
            self.state.scope = outer.child()
            try:
                parameter = handler.child_by_field_name("parameter")
                names = (
                    [self.state.scope.declare(self.state.text(n)) for n in names_of_pattern(parameter)]
                    if parameter is not None
                    else []
                )
                caught = self._branch(handler.child_by_field_name("body"))
                handlers = (ir.Handler(line_of(handler), None, names[0] if names else None, caught),)
            finally:
                self.state.scope = outer
        final = self._branch(finalizer.child_by_field_name("body")) if finalizer is not None else ()
        yield ir.Try(line_of(node), body, handlers, (), final)

    def _return(self, node: Node) -> Iterable[ir.Stmt]:
        children = [child for child in node.named_children if child.type != "comment"]
        yield ir.Return(line_of(node), self.values.expr(children[0]) if children else None)

    def _throw(self, node: Node) -> Iterable[ir.Stmt]:
        children = [child for child in node.named_children if child.type != "comment"]
        yield ir.Raise(line_of(node), self.values.expr(children[0]) if children else None)

    def _import(self, node: Node) -> Iterable[ir.Stmt]:
        self.linking.import_statement(node)
        return ()

    def _enum(self, node: Node) -> Iterable[ir.Stmt]:
        return enumeration(self.state, self.values, node)

    def _export(self, node: Node) -> Iterable[ir.Stmt]:
        line = line_of(node)
        declaration, value = node.child_by_field_name("declaration"), node.child_by_field_name("value")
        default = any(child.type == "default" for child in node.children)
        if declaration is not None:
            made = self.statement(declaration)
            self.linking.export_declared(made, default=default)
            return made
        if value is not None:
            local = self.state.unique("default")
            self.state.exports.append(("default", local))
            if value.type in FUNCTIONS:
                return [ir.Define(line, self.callables.lower_function(value, local))]
            if value.type in CLASSES:
                return [ir.Define(line, self.callables.lower_class(value, local))]
            return [ir.Assign(line, (ir.Name(line, local),), self.values.expr(value))]
        self.linking.export_list(node)
        return ()
