"""Syntax nodes of expressions to the intermediate form.

Functions and classes are handed to the statement half, so that the two files do not import each other.
"""

from collections.abc import Callable
from typing import Protocol

from tree_sitter import Node

from scanner.code import ir
from scanner.code.javascript import modules
from scanner.code.javascript.annotations import annotation
from scanner.code.javascript.asking import asked, awaited, awaiter, module_member
from scanner.code.javascript.literals import number, unescape
from scanner.code.javascript.operators import COMPARISONS, LOGIC, add, combine, statement_of
from scanner.code.javascript.scopes import CLASSES, FUNCTIONS
from scanner.code.javascript.state import MAX_DEPTH, State, end_of, line_of
from scanner.code.javascript.targets import Targets

TRANSPARENT = frozenset(
    {
        "parenthesized_expression",
        "await_expression",
        "as_expression",
        "satisfies_expression",
        "non_null_expression",
        "computed_property_name",
        "template_substitution",
        "jsx_expression",
        "expression_statement",
        "instantiation_expression",
    }
)
WRAPPERS = frozenset(
    {"__importStar", "__importDefault", "__toESM", "__toCommonJS", "_interopRequireWildcard", "_interopRequireDefault"}
)
"""What compilers put around `require`; the value is the module."""
OVER_ITEMS = frozenset({"map", "flatMap", "forEach", "filter", "find", "findLast", "some", "every"})
PASS_ON = frozenset({"util.promisify", "promisify", "es6-promisify.promisify", "pify", "util.callbackify"})
"""A call that gives back the function it is given, with another way of waiting."""


class Definer(Protocol):
    """The statement half, as the expression half sees it."""

    def lower_function(self, node: Node, name: str, *, owner: str | None = None) -> ir.Function: ...

    def lower_class(self, node: Node, name: str) -> ir.Class: ...


class Expressions(Targets):
    """Lowers one file's expressions. One instance per file; `expr` is the way in."""

    def __init__(self, state: State, definer: Definer) -> None:
        super().__init__(state)
        self.definer = definer
        self.table: dict[str, Callable[[Node], ir.Expr]] = {
            "identifier": self.name,
            "shorthand_property_identifier": self.name,
            "undefined": lambda n: ir.Const(line_of(n), None),
            "null": lambda n: ir.Const(line_of(n), None),
            "true": lambda n: ir.Const(line_of(n), True),
            "false": lambda n: ir.Const(line_of(n), False),
            "this": lambda n: ir.Name(line_of(n), "this"),
            "super": lambda n: ir.Name(line_of(n), "super"),
            "number": lambda n: ir.Const(line_of(n), number(state.text(n))),
            "string": lambda n: ir.Const(line_of(n), unescape(state.text(n)[1:-1])),
            "regex": self._regex,
            "template_string": self._template,
            "member_expression": self._chain,
            "subscript_expression": self._chain,
            "call_expression": self._chain,
            "new_expression": self._new,
            "binary_expression": self._binary,
            "unary_expression": self._unary,
            "update_expression": self._update,
            "assignment_expression": self._assignment,
            "augmented_assignment_expression": self._assignment,
            "ternary_expression": self._ternary,
            "array": lambda n: ir.Collection(line_of(n), self.items(n)),
            "object": self._object,
            "spread_element": lambda n: ir.Spread(line_of(n), self.expr(n.named_children[0])),
            "sequence_expression": self._sequence,
            "yield_expression": self._yield,
            "type_assertion": lambda n: self.expr(n.named_children[-1]),
            "import": lambda n: ir.Name(line_of(n), "import"),
            "meta_property": lambda n: ir.Name(line_of(n), state.text(n)),
        }

    def expr(self, node: Node | None) -> ir.Expr:
        """The expression of a node. Nothing, or something nested too deep, is an `Opaque` without parts."""
        state = self.state
        while node is not None and node.type in TRANSPARENT:
            children = [child for child in node.named_children if child.type != "comment"]
            if not children:
                return ir.Opaque(line_of(node))
            node = children[0]
        if node is None:
            return ir.Opaque(1)
        if state.depth >= MAX_DEPTH:
            state.too_deep = state.too_deep or line_of(node)
            return ir.Opaque(line_of(node))
        state.depth += 1
        try:
            if node.type in FUNCTIONS:
                return ir.Lambda(line_of(node), self.definer.lower_function(node, self._function_name(node)))
            if node.type in CLASSES:
                return self._class(node)
            return self.table.get(node.type, self._parts)(node)
        finally:
            state.depth -= 1

    def items(self, node: Node) -> tuple[ir.Expr, ...]:
        """Every element or argument of a bracketed list."""
        return tuple(self.expr(child) for child in node.named_children if child.type != "comment")

    def _template(self, node: Node) -> ir.Expr:
        parts: list[ir.Expr] = []
        text = ""
        for child in node.named_children:
            if child.type == "template_substitution":
                if text:
                    parts.append(ir.Const(line_of(child), text))
                    text = ""
                parts.append(self.expr(child))
            else:
                text += unescape(self.state.text(child)) if child.type == "escape_sequence" else self.state.text(child)
        if not parts:
            return ir.Const(line_of(node), text)
        if text:
            parts.append(ir.Const(end_of(node), text))
        return ir.Concat(line_of(node), tuple(parts))

    def _regex(self, node: Node) -> ir.Expr:
        """The pattern alone; with the flag `m` it keeps its slashes and so counts as not anchored."""
        text = self.state.text(node)
        pattern, _, flags = text[1:].rpartition("/")
        return ir.Const(line_of(node), text if "m" in flags else pattern)

    def _chain(self, node: Node) -> ir.Expr:
        """`a.b().c[d]()` unwound from the outside in, so that a chain of two hundred options is no deep recursion."""
        links: list[Node] = []
        inner: Node | None = node
        while inner is not None and inner.type in {"member_expression", "subscript_expression", "call_expression"}:
            links.append(inner)
            inner = inner.child_by_field_name("function" if inner.type == "call_expression" else "object")
            while inner is not None and inner.type in {
                "parenthesized_expression",
                "await_expression",
                "non_null_expression",
            }:
                inner = inner.named_children[0] if inner.named_children else None
        value = self.expr(inner)
        for link in reversed(links):
            value = self._link(link, value)
        return value

    def _link(self, link: Node, base: ir.Expr) -> ir.Expr:
        line = line_of(link)
        if link.type == "member_expression":
            found = link.child_by_field_name("property")
            name = self.state.text(found) if found is not None else ""
            if name == "default" and isinstance(base, ir.Name) and base.id in self.state.libraries:
                return base
            if found is not None:
                line = line_of(found)
            if (
                isinstance(base, ir.Attribute)
                and base.name == "env"
                and isinstance(base.base, ir.Name)
                and base.base.id == "process"
            ):
                return ir.Subscript(line, base, ir.Const(line, name))
            return module_member(base, name, line) or ir.Attribute(line, base, name)
        if link.type == "subscript_expression":
            index = self.expr(link.child_by_field_name("index"))
            if isinstance(index, ir.Const) and isinstance(index.value, str) and index.value.isidentifier():
                return ir.Attribute(line, base, index.value)
            return ir.Subscript(line, base, index)
        return self._call(link, base)

    def _call(self, node: Node, callee: ir.Expr) -> ir.Expr:  # noqa: PLR0911  (one case per kind of callee)
        arguments = node.child_by_field_name("arguments")
        if arguments is None:
            return ir.Call(line_of(callee_node(node)), callee, (), (), end_of(node))
        runs = awaiter(callee)
        self.state.awaiting += runs
        args = (self._template(arguments),) if arguments.type == "template_string" else self.items(arguments)
        self.state.awaiting -= runs
        line = callee.line if isinstance(callee, ir.Attribute) else line_of(node)
        meant = awaited(self.state, args, line) if runs else asked(self.state, callee, args)
        if meant is not None:
            return meant
        if isinstance(callee, ir.Name):
            if callee.id == "await" and len(args) == 1:
                # The grammar takes `await (x)` for a call.
                return args[0]
            module = self._imported(callee.id, args, line)
            if module is not None:
                return module
            if callee.id in WRAPPERS and args:
                return args[0]
        if len(args) == 1 and self.state.dotted(callee) in PASS_ON:
            return args[0]
        if isinstance(callee, ir.Attribute):
            if callee.name == "bind" and len(args) == 1:
                return callee.base
            if callee.name in {"includes", "has"} and len(args) == 1 and not isinstance(args[0], ir.Spread):
                return ir.Compare(line, "in", args[0], callee.base)
            if callee.name in OVER_ITEMS and args and isinstance(args[0], ir.Lambda):
                return self._over_items(line, callee, args[0])
        return ir.Call(line, callee, args, options_of(args), end_of(node))

    def _over_items(self, line: int, callee: ir.Attribute, called: ir.Lambda) -> ir.Expr:
        """`xs.map(f)` and its kin as a comprehension; an arrow that is one expression is written in its place."""
        function = called.function
        first = function.params[0] if function.params else None
        body = function.body[0] if len(function.body) == 1 else None
        target: ir.Expr
        element: ir.Expr
        if first is not None and first.kind == "plain" and isinstance(body, ir.Return) and body.value is not None:
            target, element = first.target or ir.Name(first.line, first.name), body.value
        else:
            target = ir.Name(line, self.state.unique("item"))
            element = ir.Call(called.line, called, (target,), (), function.end)
        bindings = ((target, callee.base),)
        if callee.name in {"filter", "find", "findLast"}:
            kept = ir.Comprehension(line, target, bindings, (element,))
            return kept if callee.name == "filter" else ir.Subscript(line, kept, ir.Const(line, 0))
        over = ir.Comprehension(line, element, bindings)
        if callee.name in {"some", "every"}:
            return ir.Call(line, ir.Name(line, "any" if callee.name == "some" else "all"), (over,))
        return over

    def _imported(self, callee: str, args: tuple[ir.Expr, ...], line: int) -> ir.Expr | None:
        """`require("x")` or `import("x")` in the middle of an expression: a name of its own, bound by an import."""
        if callee not in {"require", "import"} or len(args) != 1:
            return None
        specifier = args[0]
        if not isinstance(specifier, ir.Const) or not isinstance(specifier.value, str):
            return None
        local = self.state.unique("module")
        self.bind_import(specifier.value, None, local, line)
        return ir.Name(line, local)

    def bind_import(self, specifier: str, symbol: str | None, local: str, line: int) -> None:
        """Records one imported name, with the file or library that the specifier means."""
        state = self.state
        own = modules.resolve(specifier, state.source.path, state.files)
        module = modules.module_name(own) if own is not None else modules.library(specifier)
        state.imports.append(ir.Import(line, module, symbol, local, state.branches > 0))
        if own is None and local and symbol != "*":
            state.libraries[local] = module if symbol is None else f"{module}.{symbol}"

    def is_own(self, specifier: str) -> bool:
        """Whether the specifier means a file of the bundle."""
        return modules.resolve(specifier, self.state.source.path, self.state.files) is not None

    def _new(self, node: Node) -> ir.Expr:
        callee = self.expr(node.child_by_field_name("constructor"))
        arguments = node.child_by_field_name("arguments")
        args = self.items(arguments) if arguments is not None else ()
        return ir.Call(line_of(node), callee, args, options_of(args), end_of(node))

    def _binary(self, node: Node) -> ir.Expr:
        line = line_of(node)
        op = self._operator(node)
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if op in COMPARISONS:
            return ir.Compare(line, COMPARISONS[op], self.expr(left), self.expr(right))
        operands = self._operands(node, op)
        values = [self.expr(operand) for operand in operands]
        if op in LOGIC:
            return ir.Logic(line, "and" if op == "&&" else "or", tuple(values))
        if op == "+":
            return add(line, values)
        result = values[0]
        for value in values[1:]:
            result = ir.Binary(line, op, result, value)
        return result

    def _operands(self, node: Node, op: str) -> list[Node | None]:
        """The operands of a left-leaning run of one operator, in reading order."""
        found: list[Node | None] = []
        current: Node | None = node
        while current is not None and current.type == "binary_expression" and self._operator(current) == op:
            found.append(current.child_by_field_name("right"))
            current = current.child_by_field_name("left")
        found.append(current)
        return found[::-1]

    def _operator(self, node: Node) -> str:
        operator = node.child_by_field_name("operator")
        return operator.type if operator is not None else ""

    def _unary(self, node: Node) -> ir.Expr:
        line = line_of(node)
        op = self._operator(node)
        value = self.expr(node.child_by_field_name("argument"))
        if op == "void":
            return ir.Opaque(line, (value,)) if isinstance(value, ir.Call) else ir.Const(line, None)
        if op == "!":
            if isinstance(value, ir.Const) and isinstance(value.value, int):
                return ir.Const(line, not value.value)
            return ir.Not(line, value)
        if op == "-" and isinstance(value, ir.Const) and isinstance(value.value, int | float):
            return ir.Const(line, -value.value)
        if op in {"typeof", "delete"}:
            return ir.Call(line, ir.Name(line, op), (value,), (), end_of(node))
        if op == "+":
            return ir.Call(line, ir.Name(line, "Number"), (value,), (), end_of(node))
        return ir.Opaque(line, (value,))

    def _update(self, node: Node) -> ir.Expr:
        line = line_of(node)
        value = self.expr(node.child_by_field_name("argument"))
        return ir.Assigned(
            line, value, ir.Binary(line, "-" if "-" in self._operator(node) else "+", value, ir.Const(line, 1))
        )

    def _assignment(self, node: Node) -> ir.Expr:
        line = line_of(node)
        left = node.child_by_field_name("left")
        target = self.target(left) if left is not None else ir.Opaque(line)
        value = self.expr(node.child_by_field_name("right"))
        if node.type == "augmented_assignment_expression":
            value = combine(line, self._operator(node).removesuffix("="), target, value)
        return ir.Assigned(line, target, value)

    def _ternary(self, node: Node) -> ir.Expr:
        field = node.child_by_field_name
        test, then = self.expr(field("condition")), self.expr(field("consequence"))
        return ir.Conditional(line_of(node), test, then, self.expr(field("alternative")))

    def _object(self, node: Node) -> ir.Expr:
        entries: list[tuple[ir.Expr | None, ir.Expr]] = []
        for child in node.named_children:
            line = line_of(child)
            if child.type == "pair":
                value = child.child_by_field_name("value")
                entries.append((self.key(child.child_by_field_name("key")), self.expr(value)))
            elif child.type == "shorthand_property_identifier":
                entries.append((ir.Const(line, self.state.text(child)), self.name(child)))
            elif child.type == "spread_element":
                entries.append((None, self.expr(child.named_children[0] if child.named_children else None)))
            elif child.type == "method_definition":
                entries.append((self.key(child.child_by_field_name("name")), self.expr(child)))
        return ir.Table(line_of(node), tuple(entries))

    def _sequence(self, node: Node) -> ir.Expr:
        """`(0, x.y)` is x.y; of a longer run the earlier parts are kept as definitions in front of the statement."""
        children = [child for child in node.named_children if child.type != "comment"]
        for child in children[:-1]:
            value = self.expr(child)
            if not isinstance(value, ir.Const):
                self.state.before.append(statement_of(value))
        return self.expr(children[-1] if children else None)

    def _class(self, node: Node) -> ir.Expr:
        name = node.child_by_field_name("name")
        local = self.state.unique(self.state.text(name) if name is not None else "class")
        self.state.before.append(ir.Define(line_of(node), self.definer.lower_class(node, local)))
        return ir.Name(line_of(node), local)

    def _yield(self, node: Node) -> ir.Expr:
        children = [child for child in node.named_children if child.type != "comment"]
        return self.expr(children[0]) if self.state.awaiting and children else self._parts(node)

    def _parts(self, node: Node) -> ir.Expr:
        parts = tuple(self.expr(child) for child in node.named_children if child.type not in NO_VALUE)
        return ir.Opaque(line_of(node), parts)

    def _function_name(self, node: Node) -> str:
        name = node.child_by_field_name("name")
        return self.state.text(name) if name is not None else f"<function:{line_of(node)}>"

    def declared_type(self, node: Node) -> ir.Expr | None:
        """The TypeScript type written at a declaration or parameter."""
        return annotation(self.state, node.child_by_field_name("type"))


NO_VALUE = frozenset(
    {"comment", "property_identifier", "type_annotation", "type_arguments", "jsx_text", "private_property_identifier"}
)


NAMED_OPTIONS = frozenset({"shell", "url", "uri", "baseURL", "hostname", "host", "sql", "text", "cmd"})


def options_of(args: tuple[ir.Expr, ...]) -> tuple[ir.Keyword, ...]:
    """Options that decide about a danger, as the named arguments they stand for."""
    if not args or not isinstance(args[-1], ir.Table):
        return ()
    named = ((key.value, value) for key, value in args[-1].entries if isinstance(key, ir.Const))
    return tuple(ir.Keyword(name, value) for name, value in named if isinstance(name, str) and name in NAMED_OPTIONS)


def callee_node(node: Node) -> Node:
    return node.child_by_field_name("function") or node
