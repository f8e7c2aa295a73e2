"""Imports and exports: ESM, CommonJS, and what TypeScript and esbuild make of the one in the other."""

from collections.abc import Iterable

from tree_sitter import Node

from scanner.code import ir
from scanner.code.javascript.expressions import WRAPPERS, Expressions
from scanner.code.javascript.literals import unescape
from scanner.code.javascript.scopes import CLASSES, FUNCTIONS
from scanner.code.javascript.state import MAX_DEPTH, State, line_of

WAITING = frozenset({"await_expression", "parenthesized_expression", "non_null_expression", "as_expression"})


class Linking:
    """Records what one file binds from others and offers to them."""

    def __init__(self, state: State, values: Expressions) -> None:
        self.state = state
        self.values = values

    def import_statement(self, node: Node) -> None:
        """`import ... from "x"` in all its forms; `import type` binds nothing that runs."""
        source = node.child_by_field_name("source")
        if any(child.type == "type" for child in node.children):
            return
        line = line_of(node)
        clauses = [child for child in node.named_children if child.type in {"import_clause", "import_require_clause"}]
        if not clauses:
            if source is not None:
                self.values.bind_import(self._string(source), None, "", line)
            return
        for part in clauses[0].named_children:
            if clauses[0].type == "import_require_clause":
                wanted = clauses[0].child_by_field_name("source")
                if part.type == "identifier" and wanted is not None:
                    self.values.bind_import(self._string(wanted), None, self._local(part), line)
            elif source is not None:
                self._clause(part, self._string(source), line)

    def required(self, name: Node, value: Node) -> bool:
        """Whether a variable is bound to a module by `require` or `import()`; if so it is recorded as an import."""
        property_name: str | None = None
        current: Node | None = value
        while current is not None:
            if current.type in WAITING and current.named_children:
                current = current.named_children[0]
            elif current.type == "member_expression" and property_name is None:
                found = current.child_by_field_name("property")
                property_name = self.state.text(found) if found is not None else None
                current = current.child_by_field_name("object")
            elif current.type == "call_expression":
                callee, arguments = current.child_by_field_name("function"), current.child_by_field_name("arguments")
                written = self.state.text(callee) if callee is not None else ""
                if arguments is None or not arguments.named_children:
                    return False
                if written in {"require", "import"} and self.state.scope.find(written) is None:
                    return self._bind_required(name, arguments.named_children[0], property_name)
                if written.rpartition(".")[2] not in WRAPPERS:
                    return False
                current = arguments.named_children[0]
            else:
                return False
        return False

    def exported(self, node: Node) -> tuple[ir.Stmt, ...] | None:
        """`module.exports = x`, `module.exports.a = x`, `exports.a = x` as definitions of exported names."""
        if node.type != "assignment_expression":
            return None
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or left.type != "member_expression":
            return None
        path = self.state.text(left).split(".")
        if path[:2] == ["module", "exports"] and len(path) <= 3:
            path = ["exports", *path[2:]]
        if path[0] != "exports" or len(path) > 2 or self.state.scope.find("exports") is not None:
            return None
        if len(path) == 1:
            return self._export_whole(right)
        return self._export_one(path[1], right)

    def compiled_export(self, node: Node) -> tuple[ir.Stmt, ...] | None:
        """Exports as compilers write them: `__exportStar`, `__export` and `Object.defineProperty`."""
        if node.type != "call_expression":
            return None
        callee, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        name = self.state.text(callee) if callee is not None else ""
        args = [child for child in arguments.named_children if child.type != "comment"] if arguments is not None else []
        if len(args) < 2:
            return None
        if name.endswith("__exportStar"):
            specifier = self._required_text(args[0])
            if specifier is not None:
                self.values.bind_import(specifier, "*", "*", line_of(node))
                return ()
        elif name in {"__export", "__reExport"} and args[1].type == "object":
            return self._export_getters(args[1])
        elif name == "Object.defineProperty" and self.state.text(args[0]) == "exports" and len(args) > 2:
            return self._export_property(args[1], args[2])
        return None

    def export_declared(self, made: Iterable[ir.Stmt], *, default: bool) -> None:
        """Lists the names that an exported declaration defined."""
        for statement in made:
            names: list[str] = []
            if isinstance(statement, ir.Define):
                names = [statement.what.name]
            elif isinstance(statement, ir.Assign):
                names = [name for target in statement.targets for name in bound_names(target)]
            for name in names:
                if "~" not in name or default:
                    self.state.exports.append(("default" if default else name, name))

    def export_list(self, node: Node) -> None:
        """`export {a as b}`, `export {a} from "x"`, `export * from "x"`, `export * as n from "x"`."""
        source = node.child_by_field_name("source")
        line = line_of(node)
        if any(child.type == "type" for child in node.children):
            return
        specifiers = [s for child in node.named_children if child.type == "export_clause" for s in child.named_children]
        for specifier in specifiers:
            name, alias = specifier.child_by_field_name("name"), specifier.child_by_field_name("alias")
            if name is None:
                continue
            symbol = self.state.text(name).strip("'\"")
            shown = self.state.text(alias).strip("'\"") if alias is not None else symbol
            if source is None:
                self.state.exports.append((shown, self.state.local(symbol)))
            else:
                local = self.state.unique(shown)
                self._bind(self._string(source), symbol, local, line)
                self.state.exports.append((shown, local))
        if source is None or specifiers:
            return
        spaced = next((child for child in node.named_children if child.type == "namespace_export"), None)
        if spaced is None:
            self.values.bind_import(self._string(source), "*", "*", line)
            return
        shown = self.state.text(spaced.named_children[0])
        local = self.state.unique(shown)
        self.values.bind_import(self._string(source), None, local, line)
        self.state.exports.append((shown, local))

    def _clause(self, part: Node, source: str, line: int) -> None:
        if part.type == "identifier":
            self._bind(source, "default", self._local(part), line)
        elif part.type == "namespace_import":
            self.values.bind_import(source, None, self._local(part.named_children[0]), line)
        elif part.type == "named_imports":
            for specifier in part.named_children:
                name = specifier.child_by_field_name("name")
                if name is not None and not any(child.type == "type" for child in specifier.children):
                    local = specifier.child_by_field_name("alias") or name
                    self._bind(source, self.state.text(name).strip("'\""), self._local(local), line)

    def _bind(self, source: str, symbol: str, local: str, line: int) -> None:
        """`default` of a package means the package; of a file of the bundle it is that file's default export."""
        own = symbol == "default" and self.values.is_own(source)
        self.values.bind_import(source, symbol if symbol != "default" or own else None, local, line)

    def _bind_required(self, name: Node, argument: Node, property_name: str | None) -> bool:
        if argument.type != "string":
            return False
        source, line = self._string(argument), line_of(name)
        if property_name == "default":
            property_name = "default" if self.values.is_own(source) else None
        if name.type == "identifier":
            self.values.bind_import(source, property_name, self._local(name), line)
            return True
        if name.type != "object_pattern" or property_name is not None:
            return False
        for child in name.named_children:
            symbol, local = self._destructured(child)
            if symbol is not None and local is not None:
                self._bind(source, symbol, self._local(local), line)
        return True

    def _destructured(self, child: Node) -> tuple[str | None, Node | None]:
        if child.type == "shorthand_property_identifier_pattern":
            return self.state.text(child), child
        if child.type == "pair_pattern":
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is not None and value is not None and value.type == "identifier":
                return self.state.text(key).strip("'\""), value
        return None, None

    def _export_whole(self, right: Node) -> tuple[ir.Stmt, ...]:
        line = line_of(right)
        if right.type == "identifier":
            self.state.exports.append(("default", self.state.local(self.state.text(right))))
            return ()
        if right.type != "object":
            return self._export_one("default", right)
        made: list[ir.Stmt] = []
        for child in right.named_children:
            if child.type == "shorthand_property_identifier":
                name = self.state.text(child)
                self.state.exports.append((name, self.state.local(name)))
            elif child.type == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if key is not None and value is not None:
                    made.extend(self._export_one(self.state.text(key).strip("'\""), value))
            elif child.type == "method_definition":
                name_node = child.child_by_field_name("name")
                if name_node is not None:
                    made.extend(self._export_one(self.state.text(name_node), child))
            elif child.type == "spread_element":
                specifier = self._required_text(child.named_children[0]) if child.named_children else None
                if specifier is not None:
                    self.values.bind_import(specifier, "*", "*", line)
        return tuple(made)

    def _export_one(self, name: str, right: Node) -> tuple[ir.Stmt, ...]:
        line = line_of(right)
        if right.type == "identifier":
            written = self.state.text(right)
            local = self.state.scope.find(written)
            if local is not None:
                self.state.exports.append((name, local))
                return ()
        inner = None
        if right.type == "assignment_expression" and self.state.depth < MAX_DEPTH:
            self.state.depth += 1
            inner = self.exported(right)
            self.state.depth -= 1
        if inner is not None:
            if self.state.exports:
                self.state.exports.append((name, self.state.exports[-1][1]))
            return inner
        if right.type == "unary_expression":
            # TypeScript first writes `exports.a = void 0`.
            return ()
        local = self.state.unique(name)
        self.state.exports.append((name, local))
        if right.type in FUNCTIONS:
            return (ir.Define(line, self.values.definer.lower_function(right, local)),)
        if right.type in CLASSES:
            return (ir.Define(line, self.values.definer.lower_class(right, local)),)
        specifier = self._required_text(right)
        if specifier is not None:
            self.values.bind_import(specifier, None, local, line)
            return ()
        return (ir.Assign(line, (ir.Name(line, local),), self.values.expr(right)),)

    def _export_getters(self, table: Node) -> tuple[ir.Stmt, ...]:
        for child in table.named_children:
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            body = value.child_by_field_name("body") if value is not None and value.type == "arrow_function" else None
            if key is not None and body is not None and body.type == "identifier":
                self.state.exports.append((self.state.text(key).strip("'\""), self.state.local(self.state.text(body))))
        return ()

    def _export_property(self, key: Node, descriptor: Node) -> tuple[ir.Stmt, ...]:
        """`Object.defineProperty(exports, "a", { get: function () { return b.a; } })`."""
        stack = list(descriptor.named_children)
        while stack:
            node = stack.pop()
            if node.type == "return_statement" and node.named_children:
                name, line = self._string(key), line_of(node)
                local = self.state.unique(name)
                value = self.values.expr(node.named_children[0])
                self.state.exports.append((name, local))
                return (ir.Assign(line, (ir.Name(line, local),), value),)
            stack.extend(node.named_children)
        return ()

    def _required_text(self, node: Node) -> str | None:
        while node.type == "call_expression":
            callee, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            if callee is None or arguments is None or not arguments.named_children:
                return None
            name, first = self.state.text(callee), arguments.named_children[0]
            if name == "require":
                return self._string(first) if first.type == "string" else None
            if name.rpartition(".")[2] not in WRAPPERS:
                return None
            node = first
        return None

    def _string(self, node: Node) -> str:
        return unescape(self.state.text(node)[1:-1])

    def _local(self, node: Node) -> str:
        return (
            self.state.scope.declare(self.state.text(node))
            if self.state.scope.find(self.state.text(node)) is None
            else self.state.local(self.state.text(node))
        )


def bound_names(target: ir.Expr) -> Iterable[str]:
    """The variables that an assignment target binds."""
    if isinstance(target, ir.Name):
        yield target.id
    elif isinstance(target, ir.Collection):
        for item in target.items:
            yield from bound_names(item)
    elif isinstance(target, ir.Table):
        for _key, value in target.entries:
            yield from bound_names(value)
    elif isinstance(target, ir.Spread):
        yield from bound_names(target.value)
