"""Which declaration a name means.

Minified code gives the same short name to a dozen variables, so every variable that hides an outer one of its file
gets a name
of its own (`t~3`). After that a plain look-up by name is right everywhere, closures included.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from tree_sitter import Node

FUNCTIONS = frozenset(
    {
        "function_declaration",
        "function_expression",
        "generator_function_declaration",
        "generator_function",
        "arrow_function",
        "method_definition",
    }
)
CLASSES = frozenset({"class_declaration", "class", "abstract_class_declaration"})
PATTERNS = frozenset(
    {"object_pattern", "array_pattern", "assignment_pattern", "object_assignment_pattern", "rest_pattern"}
)
BLOCKS = frozenset({"statement_block", "switch_body", "for_statement", "for_in_statement", "catch_clause"})

IGNORED = frozenset(
    {
        "comment", "empty_statement", "debugger_statement", "hash_bang_line", "interface_declaration",
        "type_alias_declaration", "ambient_declaration", "ERROR", "import_alias", "function_signature",
    }
)  # fmt: skip


@dataclass(slots=True)
class Scope:
    """One level of names. `renamed` maps the written name to the one used in the intermediate form. `own`: every name
    gets one of its own, for modules that a bundler put side by side.
    """

    parent: "Scope | None"
    counter: Iterator[int] = field(default_factory=lambda: count(1))
    renamed: dict[str, str] = field(default_factory=dict)
    own: bool = False

    def child(self, *, own: bool = False) -> "Scope":
        return Scope(self, self.counter, own=own)

    def declare(self, name: str) -> str:
        """The unique name of a variable declared on this level; declaring it twice gives the same one."""
        known = self.renamed.get(name)
        if known is None:
            known = name if self.find(name) is None and not self.own else f"{name}~{next(self.counter)}"
            self.renamed[name] = known
        return known

    def find(self, name: str) -> str | None:
        """The unique name of the nearest declaration, or None for a global or undeclared name."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.renamed.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None


def names_of_pattern(pattern: Node) -> Iterator[Node]:
    """The identifier nodes that a parameter or declaration pattern binds, in order."""
    stack = [pattern]
    while stack:
        node = stack.pop()
        kind = node.type
        if kind in {"identifier", "shorthand_property_identifier_pattern"}:
            yield node
        elif kind == "pair_pattern":
            value = node.child_by_field_name("value")
            if value is not None:
                stack.append(value)
        elif kind in {"assignment_pattern", "object_assignment_pattern"}:
            left = node.child_by_field_name("left")
            if left is not None:
                stack.append(left)
        elif kind in {"required_parameter", "optional_parameter"}:
            inner = node.child_by_field_name("pattern")
            if inner is not None:
                stack.append(inner)
        elif kind in {"object_pattern", "array_pattern", "rest_pattern", "formal_parameters"}:
            stack.extend(reversed(node.named_children))


def declared_in_block(block: Node) -> Iterator[Node]:
    """Identifier nodes of `let`, `const`, `class`, `function`, `enum` and imports written directly in this block."""
    for statement in block.named_children:
        node: Node | None = statement
        if statement.type == "export_statement":
            node = statement.child_by_field_name("declaration")
        if statement.type in {"switch_case", "switch_default"}:
            yield from declared_in_block(statement)
            continue
        if node is None:
            continue
        if node.type == "ambient_declaration":
            continue
        if node.type in {"lexical_declaration", "variable_declaration"}:
            for declarator in node.named_children:
                name = declarator.child_by_field_name("name")
                if name is not None:
                    yield from names_of_pattern(name)
        elif node.type in FUNCTIONS or node.type in CLASSES or node.type in {"enum_declaration", "internal_module"}:
            name = node.child_by_field_name("name")
            if name is not None:
                yield name
        elif node.type == "import_statement":
            yield from imported_names(node)


def declared_by_var(body: Node) -> Iterator[Node]:
    """Identifier nodes of every `var` below this function body, nested functions excluded."""
    stack = [body]
    while stack:
        node = stack.pop()
        if node.type == "variable_declaration":
            for declarator in node.named_children:
                name = declarator.child_by_field_name("name")
                if name is not None:
                    yield from names_of_pattern(name)
            continue
        stack.extend(child for child in node.named_children if child.type in NESTING)


NESTING = frozenset(
    {
        "statement_block",
        "if_statement",
        "else_clause",
        "for_statement",
        "for_in_statement",
        "while_statement",
        "do_statement",
        "try_statement",
        "catch_clause",
        "finally_clause",
        "switch_statement",
        "switch_body",
        "switch_case",
        "switch_default",
        "labeled_statement",
        "with_statement",
        "variable_declaration",
        "export_statement",
    }
)
"""Statements that can hold a `var`; expressions cannot, so they are not entered."""


def imported_names(statement: Node) -> Iterator[Node]:
    """The local identifier nodes that one import statement binds."""
    stack = [child for child in statement.named_children if child.type in {"import_clause", "import_require_clause"}]
    while stack:
        node = stack.pop()
        if node.type == "identifier":
            yield node
        elif node.type == "import_specifier":
            name = node.child_by_field_name("alias") or node.child_by_field_name("name")
            if name is not None:
                yield name
        elif node.type == "import_require_clause":
            stack.extend(child for child in node.named_children if child.type == "identifier")
        elif node.type in {"import_clause", "named_imports", "namespace_import"}:
            stack.extend(node.named_children)


def called_on_the_spot(node: Node) -> Node | None:
    """The body of `(() => { ... })()` and its kin without parameters, when no `return` ends it early."""
    while node.type in {"parenthesized_expression", "await_expression", "unary_expression"} and node.named_children:
        node = node.named_children[0]
    if node.type != "call_expression":
        return None
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    while function is not None and function.type == "parenthesized_expression" and function.named_children:
        function = function.named_children[0]
    if function is None or function.type not in FUNCTIONS or (arguments is not None and arguments.named_children):
        return None
    listed, body = function.child_by_field_name("parameters"), function.child_by_field_name("body")
    if body is None or body.type != "statement_block" or (listed is not None and listed.named_children):
        return None
    stack = list(body.named_children)
    while stack:
        inner = stack.pop()
        if inner.type == "return_statement":
            return None
        stack.extend(child for child in inner.named_children if child.type in NESTING)
    return body
