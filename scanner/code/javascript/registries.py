"""Modules that a bundler wrapped in functions: webpack's and ncc's tables, esbuild's `__commonJS` and `__esm`.

Each wrapped module is written out in place, under names of its own, with one variable that holds what it exports;
asking for the module is then that variable.
"""

import re
from collections.abc import Callable
from typing import Final

from tree_sitter import Node

from scanner.code import ir
from scanner.code.javascript.literals import unescape
from scanner.code.javascript.scopes import FUNCTIONS, declared_by_var, declared_in_block
from scanner.code.javascript.state import State, line_of

_WRAPPERS: Final = frozenset({"__commonJS", "__commonJSMin", "__esm", "__esmMin"})
_PATH: Final = re.compile(r"[./\\]|^\d+$")
_MAX_MODULES: Final = 5000
_PARAMS: Final = 3
_ASKED: Final = re.compile(r"[\w$]+\(\s*(?:(\d+)|[\"']([^\"'\n]{1,200})[\"'])\s*\)")
Block = Callable[[Node | None], tuple[ir.Stmt, ...]]


class Registries:
    """Writes out the wrapped modules of one file."""

    def __init__(self, state: State, block: Block) -> None:
        self.state = state
        self.block = block

    def written_out(self, local: str, name: Node, value: Node) -> tuple[ir.Stmt, ...] | None:
        """The statements of the modules in a variable's value; None when it holds none."""
        while value.type == "parenthesized_expression" and value.named_children:
            value = value.named_children[0]
        if value.type == "call_expression":
            return self._wrapped(local, value)
        if value.type == "object" and value.named_children:
            return self._table(name, value)
        return None

    def _wrapped(self, local: str, call: Node) -> tuple[ir.Stmt, ...] | None:
        callee, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
        if callee is None or arguments is None or self.state.text(callee) not in _WRAPPERS:
            return None
        table = next((c for c in arguments.named_children if c.type == "object"), None)
        factory = _factory(table.named_children[0]) if table is not None and table.named_children else None
        if factory is None and arguments.named_children and arguments.named_children[0].type in FUNCTIONS:
            factory = arguments.named_children[0]
        if factory is None:
            return None
        exports = f"{local}~exports"
        self.state.wrapped[local] = exports
        return self._body(factory, exports, ("exports", "module"))

    def _table(self, name: Node, table: Node) -> tuple[ir.Stmt, ...] | None:
        """Webpack's table of modules by number or path; what the others ask for comes first."""
        factories: dict[str, Node] = {}
        for entry in table.named_children:
            if entry.type == "comment":
                continue
            factory = _factory(entry)
            named = entry.child_by_field_name("key") or entry.child_by_field_name("name")
            written = unescape(self.state.text(named).strip("\"'`")) if named is not None else ""
            if factory is None or not _PATH.search(written) or len(_params(factory)) > _PARAMS:
                return None
            factories[written] = factory
        if not factories or len(factories) > _MAX_MODULES or not self._asks(name):
            return None
        stem = self.state.unique("modules")
        self.state.numbered.update({key: f"{stem}~{key}" for key in factories})
        made: list[ir.Stmt] = []
        for key in self._ordered(factories):
            exports = self.state.numbered[key]
            made.append(ir.Assign(line_of(factories[key]), (ir.Name(1, exports),), ir.Table(1, ())))
            made.extend(self._body(factories[key], exports, ("module", "exports", "require")))
        return tuple(made)

    def _asks(self, name: Node) -> bool:
        """Whether a function beside the table looks modules up in it; its name is how they are asked for."""
        table = self.state.text(name)
        block = name.parent
        while block is not None and block.type not in {"program", "statement_block"}:
            block = block.parent
        found = False
        for sibling in block.named_children if block is not None else ():
            text = self.state.text(sibling)[:2000] if sibling.type == "function_declaration" else ""
            if f"{table}[" in text and ".exports" in text:
                asked = sibling.child_by_field_name("name")
                if asked is not None:
                    self.state.requirers.add(self.state.local(self.state.text(asked)))
                    found = True
        return found

    def _ordered(self, factories: dict[str, Node]) -> list[str]:
        asked = {
            key: [a or b for a, b in _ASKED.findall(self.state.text(node)) if (a or b) in factories]
            for key, node in factories.items()
        }
        ordered: dict[str, None] = {}
        begun: set[str] = set()
        for start in factories:
            stack = [start]
            while stack:
                key = stack[-1]
                following = next((k for k in asked[key] if k not in begun), None)
                begun.add(key)
                if following is not None and following not in begun:
                    stack.append(following)
                    continue
                ordered.setdefault(stack.pop(), None)
        return list(ordered)

    def _body(self, factory: Node, exports: str, roles: tuple[str, ...]) -> tuple[ir.Stmt, ...]:
        """The statements of one wrapped module, in a scope of its own."""
        state = self.state
        outer, outer_late, branches = state.scope, state.late, state.branches
        state.scope, state.late, state.branches = outer.child(own=True), [], 0
        try:
            for role, param in zip(roles, _params(factory), strict=False):
                written = state.text(param)
                if role == "exports":
                    state.scope.renamed[written] = exports
                else:
                    state.scope.renamed[written] = f"{exports}~{role}"
                    if role == "require":
                        state.requirers.add(f"{exports}~{role}")
            body = factory.child_by_field_name("body")
            if body is None:
                return ()
            for found in (*declared_by_var(body), *declared_in_block(body)):
                state.scope.declare(state.text(found))
            return (*self.block(body), *state.late)
        finally:
            state.scope, state.late, state.branches = outer, outer_late, branches


def _factory(entry: Node) -> Node | None:
    """The function of one entry of a table of modules."""
    if entry.type == "method_definition":
        return entry
    value = entry.child_by_field_name("value")
    while value is not None and value.type == "parenthesized_expression" and value.named_children:
        value = next((c for c in value.named_children if c.type != "comment"), None)
    return value if value is not None and value.type in FUNCTIONS else None


def _params(factory: Node) -> list[Node]:
    single = factory.child_by_field_name("parameter")
    listed = factory.child_by_field_name("parameters")
    return (
        [single]
        if single is not None
        else [p for p in (listed.named_children if listed else ()) if p.type == "identifier"]
    )
