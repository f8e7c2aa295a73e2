"""Every way a JavaScript server registers tools: which ones, with what inputs and handlers."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace

from scanner.code import ir
from scanner.code.javascript.contexts import Contexts
from scanner.code.javascript.handlers import HANDLER_KEYS, Handler, Handlers
from scanner.code.javascript.index import Place, Scope
from scanner.code.javascript.instances import instance
from scanner.code.javascript.reading import Reader, Thing
from scanner.code.javascript.schemas import SHAPE_KEYS, Field, Schemas
from trust.facts import Annotations

MAX_NAME = 128
REGISTERS = frozenset({"tool", "registerTool", "registerAppTool", "registerToolTask"})
NAME_KEYS = ("name", "toolName", "id")
DESCRIBING = ("definition", "schema", "config", "spec", "tool", "toolDefinition", "metadata", "def")
"""Entries under which an object keeps the description of a tool beside its handler."""
RESOURCES = frozenset({"uri", "uriTemplate", "mimeType"})
"""Entries that resources have and tools do not."""
SHAPES_OF_TOOLS = SHAPE_KEYS - {"schema", "input"}
"""The words for a tool's inputs that other things with a name and a description do not use."""
DECORATORS = frozenset({"Tool", "tool", "McpTool", "MCPTool", "mcpTool", "mcp_tool"})


@dataclass(frozen=True, slots=True)
class Registered:
    """A tool as it is registered. `handler` is the function that gets the arguments.

    `via`: "arguments" when the handler's parameter `at` is the arguments object, "request" when it is the request
    that holds them in `params.arguments`. `fields` is None when the schema cannot be read. `branch`: for a dispatcher
    shared by several tools, the statements that belong to this one. `around`: a wrapper that calls the handler.
    """

    name: str
    path: str
    line: int
    description: str = ""
    fields: tuple[Field, ...] | None = None
    annotations: Annotations | None = None
    handler: Scope | None = None
    via: str = "arguments"
    branch: tuple[ir.Stmt, ...] = ()
    at: int = 0
    around: Scope | None = None

    def answered_by(self, found: Handler | None) -> "Registered":
        """The same tool with what answers it."""
        if found is None:
            return self
        return replace(self, handler=found.scope, at=found.at, around=found.around)


class Tools:
    """Finds the registrations in the modules of these names. `unnamed`: those whose name could not be followed."""

    def __init__(self, reader: Reader, within: Container[str]) -> None:
        self.reader = reader
        self.within = within
        self.schemas = Schemas(reader)
        self.handlers = Handlers(reader)
        self.contexts = Contexts(reader)
        self.unnamed: list[Registered] = []

    def registered(self) -> Iterator[Registered]:
        """The tools that are registered by a call, and those that classes and decorators describe."""
        for place in self.reader.calls():
            call = place.node
            known = place.scope.module.name in self.within
            if known and isinstance(call, ir.Call) and isinstance(call.callee, ir.Attribute):
                yield from self._of_place(call, place)
        yield from self._classes()
        yield from self._decorated()

    def _of_place(self, call: ir.Call, place: Place) -> Iterator[Registered]:
        found = list(self._registered(call, place.scope))
        missing = [tool for tool in found if not tool.name]
        yield from (tool for tool in found if tool.name)
        if not missing:
            return
        named: dict[str, Registered] = {}
        for scope in self.contexts.of(place):
            for tool in self._registered(call, scope):
                if tool.name:
                    named.setdefault(tool.name, tool)
        yield from named.values()
        if not named:
            self.unnamed.extend(missing)

    def _registered(self, call: ir.Call, scope: Scope) -> Iterator[Registered]:
        method = call.callee.name if isinstance(call.callee, ir.Attribute) else ""
        if method in REGISTERS and len(call.args) >= 2:
            yield self._by_arguments(call, scope, method)
        elif method == "addTool" and call.args:
            for arg in call.args:
                known = self.from_table(Thing(arg, scope))
                # Agents and clients have an `addTool` of their own, with a name or a list.
                yield known or Registered("", scope.module.path, call.line).answered_by(self.handlers.find(arg, scope))
        elif method in {"addTools", "registerTools"} and call.args:
            for thing in self.reader.items(call.args[0], scope):
                tool = self.from_table(thing)
                if tool is not None:
                    yield tool

    def _by_arguments(self, call: ir.Call, scope: Scope, method: str) -> Registered:
        args = call.args if method != "registerAppTool" else call.args[1:]
        name = self.reader.text(args[0], scope)
        functions = [(arg, self.handlers.find(arg, scope)) for arg in reversed(args[1:])]
        last, handler = next(((arg, found) for arg, found in functions if found is not None), (args[-1], None))
        path = scope.module.path
        if not name or len(name) > MAX_NAME:
            single = self.from_table(Thing(args[0], scope)) if len(args) == 1 else None
            return single or Registered("", path, call.line).answered_by(handler)
        description, shape, hints = "", None, None
        if method == "tool":
            for arg in (a for a in args[1:] if a is not last):
                text = self.reader.text(arg, scope)
                if text is not None:
                    description = description or text
                elif self.schemas.annotations(arg, scope) is not None:
                    hints = arg
                elif shape is None:
                    shape = arg
            fields = self.schemas.fields(shape, scope) if shape is not None else ()
            annotations = self.schemas.annotations(hints, scope)
        else:
            config = self.reader.table(args[1], scope) or {}
            description = self._text(config, "description") or self._text(config, "title") or ""
            fields, annotations = self._details(config)
        return Registered(name, path, call.line, description, fields, annotations).answered_by(handler)

    def _details(self, table: Mapping[str, Thing]) -> tuple[tuple[Field, ...] | None, Annotations | None]:
        shape = next((table[key] for key in SHAPE_KEYS if key in table), None)
        fields: tuple[Field, ...] | None = ()
        if shape is not None:
            fields = self._shape(shape)
        hints = table.get("annotations")
        annotations = (
            self.schemas.annotations(hints.node, hints.scope) if hints and isinstance(hints.node, ir.Expr) else None
        )
        return fields, annotations

    def _shape(self, shape: Thing) -> tuple[Field, ...] | None:
        if not isinstance(shape.node, ir.Expr):
            return None
        if isinstance(shape.node, ir.Lambda):
            # A getter, or a function that answers with the schema.
            own = self.reader.function(shape.node, shape.scope)
            told = self.reader.returns(own) if own is not None else []
            return next((f for v, s in told if (f := self.schemas.fields(v, s)) is not None), None)
        return self.schemas.fields(shape.node, shape.scope)

    def from_table(self, thing: Thing) -> Registered | None:
        """A tool written as one object: name, description, schema, and often its handler."""
        table = self._table(thing)
        if not table or not isinstance(thing.node, ir.Expr) or set(table) & RESOURCES:
            return None
        described = table
        if not self._name(table):
            inner = next((self._table(table[key]) for key in DESCRIBING if key in table), None)
            described = {**table, **inner} if inner else table
        name = self._name(described)
        if not name or len(name) > MAX_NAME:
            return None
        resolved = self.reader.resolve(thing.node, thing.scope) or thing
        fields, annotations = self._details(described)
        line = getattr(resolved.node, "line", 0)
        text = self._text(described, "description") or ""
        tool = Registered(name, resolved.scope.module.path, line, text, fields, annotations)
        return tool.answered_by(self.handlers.inside(table))

    def _table(self, thing: Thing) -> Mapping[str, Thing] | None:
        """The entries of an object, also of one that a library's `defineTool({...})` is given."""
        if not isinstance(thing.node, ir.Expr):
            return None
        table = self.reader.table(thing.node, thing.scope)
        resolved = self.reader.resolve(thing.node, thing.scope)
        if not table and resolved is not None and isinstance(resolved.node, ir.Call):
            given = (self.reader.table(arg, resolved.scope) for arg in resolved.node.args)
            table = next((t for t in given if t and set(t) & {*HANDLER_KEYS, *NAME_KEYS}), None)
        return table

    def _name(self, table: Mapping[str, Thing]) -> str | None:
        return next((text for key in NAME_KEYS if (text := self._text(table, key))), None)

    def _classes(self) -> Iterator[Registered]:
        """Tools written as classes: `name`, a schema and a method that runs it, also from their base classes."""
        for owner, scope in self.reader.class_scopes.items():
            own = {s.what.name for s in owner.body if isinstance(s, ir.Define)}
            if not own & set(HANDLER_KEYS) or scope.module.name not in self.within:
                continue
            members = instance(self.reader, owner)
            inner = next((self._table(members[key]) for key in DESCRIBING if key in members), None)
            described = {**members, **(inner or {})} if not self._name(members) else members
            name = self._name(described)
            if not name or len(name) > MAX_NAME or not (SHAPE_KEYS | {"description"}) & set(described):
                continue
            inputs, annotations = self._details(described)
            text = self._text(described, "description") or ""
            tool = Registered(name, scope.module.path, owner.line, text, inputs, annotations)
            run = next((members[key] for key in HANDLER_KEYS if key in own and key in members), None)
            found = self.handlers.find(run.node, run.scope) if run is not None else None
            if found is not None:
                yield tool.answered_by(found)

    def _decorated(self) -> Iterator[Registered]:
        """`@Tool({ name, description, parameters })` before a method."""
        for index in (i for name, i in self.reader.indexes.items() if name in self.within):
            for function, scope in index.scopes.items():
                for decorator in function.decorators:
                    called = decorator.callee if isinstance(decorator, ir.Call) else decorator
                    word = called.name if isinstance(called, ir.Attribute) else getattr(called, "id", "")
                    if word.partition("~")[0] not in DECORATORS:
                        continue
                    args = decorator.args if isinstance(decorator, ir.Call) else ()
                    table = (self.reader.table(args[0], index.root) if args else None) or {}
                    name = self._name(table) or (self.reader.text(args[0], index.root) if args else None)
                    fields, annotations = self._details(table)
                    text = self._text(table, "description") or ""
                    path = index.module.path
                    yield Registered(name or function.name, path, function.line, text, fields, annotations, scope)

    def described(self) -> Iterator[Registered]:
        """Objects that look like tools, for servers that register them in a way that could not be followed."""
        for place in self.reader.places():
            node = place.node
            if isinstance(node, ir.Table) and place.scope.module.name in self.within:
                keys = {key.value for key, _ in node.entries if isinstance(key, ir.Const)}
                if {"name", "description"} <= keys and keys & (SHAPES_OF_TOOLS | set(HANDLER_KEYS)):
                    tool = self.from_table(Thing(node, place.scope))
                    if tool is not None:
                        yield tool

    def _text(self, table: Mapping[str, Thing] | None, key: str) -> str | None:
        thing = table.get(key) if table else None
        if thing is None or not isinstance(thing.node, ir.Expr):
            return None
        if isinstance(thing.node, ir.Lambda) and not thing.node.function.params:
            own = self.reader.function(thing.node, thing.scope)
            told = self.reader.returns(own) if own is not None else []
            return next((text for value, scope in told if (text := self.reader.text(value, scope))), None)
        return self.reader.text(thing.node, thing.scope)
