"""Every way a JavaScript server registers tools: which ones, with what inputs and handlers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scanner.code import ir
from scanner.code.javascript.index import Place, Scope
from scanner.code.javascript.reading import Reader, Thing
from scanner.code.javascript.schemas import SHAPE_KEYS, Field, Schemas
from trust.facts import Annotations

HANDLER_KEYS = (
    "execute",
    "handler",
    "run",
    "callback",
    "cb",
    "call",
    "invoke",
    "func",
    "fn",
    "implementation",
    "action",
    "handle",
)
MAX_NAME = 128


@dataclass(frozen=True, slots=True)
class Registered:
    """A tool as it is registered. `handler` is the function that gets the arguments.

    `via`: "arguments" when the handler's first parameter is the arguments object, "request" when it is the request
    that holds them in `params.arguments`. `fields` is None when the schema cannot be read. `branch`: for a dispatcher
    shared by several tools, the statements that belong to this one.
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


class Tools:
    """Finds the registrations of one bundle."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.schemas = Schemas(reader)
        self.dispatchers: list[Scope] = []
        self.listers: list[Scope] = []
        self.nameless = 0

    def find(self) -> tuple[Registered, ...]:
        """Every tool once, the description with the most detail first."""
        found: dict[str, Registered] = {}
        loose = False
        for place in self.reader.calls():
            call = place.node
            if not isinstance(call, ir.Call) or not isinstance(call.callee, ir.Attribute):
                continue
            for tool in self._registered(call, place):
                if tool.name:
                    _keep(found, tool)
                else:
                    loose = True
                    self.nameless += 1
        for tool in self._classes():
            _keep(found, tool)
        if not found and not self.dispatchers:
            self.dispatchers.extend(self._handmade())
        if loose or (self.dispatchers and not found):
            for tool in self._described():
                _keep(found, tool)
        return tuple(self._with_branches(found))

    def _registered(self, call: ir.Call, place: Place) -> Iterator[Registered]:
        method = call.callee.name if isinstance(call.callee, ir.Attribute) else ""
        if method in {"tool", "registerTool", "registerAppTool", "registerToolTask"} and len(call.args) >= 2:
            yield from self._by_arguments(call, place, method)
        elif method == "addTool" and call.args:
            for arg in call.args:
                thing = Thing(arg, place.scope)
                yield self._from_table(thing, place) or Registered("", place.scope.module.path, call.line)
        elif method in {"addTools", "registerTools"} and call.args:
            for thing in self.reader.items(call.args[0], place.scope):
                tool = self._from_table(thing, place)
                if tool is not None:
                    yield tool
        elif method in {"setRequestHandler", "method"} and len(call.args) >= 2:
            kind = self._request_kind(call.args[0], place.scope)
            handler = self.reader.function(call.args[-1], place.scope)
            if kind == "list" and handler is not None:
                self.listers.append(handler)
                yield from self._listed(handler)
            elif kind == "call" and handler is not None:
                self.dispatchers.append(handler)

    def _by_arguments(self, call: ir.Call, place: Place, method: str) -> Iterator[Registered]:
        scope = place.scope
        args = call.args if method != "registerAppTool" else call.args[1:]
        name = self.reader.text(args[0], scope)
        functions = [(arg, self._handler(arg, scope)) for arg in reversed(args[1:])]
        last, handler = next(((arg, found) for arg, found in functions if found is not None), (args[-1], None))
        path = scope.module.path
        if not name or len(name) > MAX_NAME:
            single = self._from_table(Thing(args[0], scope), place) if len(args) == 1 else None
            yield single or Registered("", path, call.line, handler=handler)
            return
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
        yield Registered(name, path, call.line, description, fields, annotations, handler)

    def _details(self, table: Mapping[str, Thing]) -> tuple[tuple[Field, ...] | None, Annotations | None]:
        shape = next((table[key] for key in SHAPE_KEYS if key in table), None)
        fields: tuple[Field, ...] | None = ()
        if shape is not None:
            fields = self.schemas.fields(shape.node, shape.scope) if isinstance(shape.node, ir.Expr) else None
        hints = table.get("annotations")
        annotations = (
            self.schemas.annotations(hints.node, hints.scope) if hints and isinstance(hints.node, ir.Expr) else None
        )
        return fields, annotations

    def _from_table(self, thing: Thing, place: Place | None) -> Registered | None:
        """A tool written as one object: name, description, schema, and often its handler."""
        if not isinstance(thing.node, ir.Expr):
            return None
        table = self.reader.table(thing.node, thing.scope)
        name = self._text(table, "name") if table else None
        if not table or not name or len(name) > MAX_NAME:
            return None
        resolved = self.reader.resolve(thing.node, thing.scope) or thing
        fields, annotations = self._details(table)
        handler = next(
            (
                h
                for key in HANDLER_KEYS
                if key in table and (h := self._handler(table[key].node, table[key].scope)) is not None
            ),
            None,
        )
        line = getattr(resolved.node, "line", place.line if place else 0)
        path = resolved.scope.module.path
        return Registered(name, path, line, self._text(table, "description") or "", fields, annotations, handler)

    def _listed(self, handler: Scope) -> Iterator[Registered]:
        """The tools that a tools/list handler answers with."""
        for value, scope in self.reader.returns(handler):
            table = self.reader.table(value, scope)
            listed = table.get("tools") if table else None
            if listed is None or not isinstance(listed.node, ir.Expr):
                continue
            for thing in self.reader.items(listed.node, listed.scope):
                tool = self._from_table(thing, None)
                if tool is not None:
                    yield tool

    def _classes(self) -> Iterator[Registered]:
        """Tools written as classes: `name`, a schema and a method that runs it."""
        for owner, scope in self.reader.class_scopes.items():
            fields: dict[str, Thing] = {}
            methods: dict[str, ir.Function] = {}
            for statement in owner.body:
                if isinstance(statement, ir.Assign) and isinstance(statement.targets[0], ir.Name):
                    fields[statement.targets[0].id] = Thing(statement.value, scope)
                elif isinstance(statement, ir.Define) and isinstance(statement.what, ir.Function):
                    methods[statement.what.name] = statement.what
            name = self._text(fields, "name") or self._text(fields, "toolName")
            run = next((methods[key] for key in HANDLER_KEYS if key in methods), None)
            if not name or run is None or not (SHAPE_KEYS | {"description"}) & set(fields):
                continue
            inputs, annotations = self._details(fields)
            index = self.reader.indexes[scope.module.name]
            yield Registered(
                name,
                scope.module.path,
                owner.line,
                self._text(fields, "description") or "",
                inputs,
                annotations,
                index.scopes.get(run),
            )

    def _described(self) -> Iterator[Registered]:
        """Objects that look like tools, for servers that register them in a loop."""
        for place in self.reader.places():
            node = place.node
            if isinstance(node, ir.Table):
                keys = {key.value for key, _ in node.entries if isinstance(key, ir.Const)}
                if {"name", "description"} <= keys and keys & (SHAPE_KEYS | set(HANDLER_KEYS)):
                    tool = self._from_table(Thing(node, place.scope), place)
                    if tool is not None:
                        yield tool

    def _handmade(self) -> Iterator[Scope]:
        """Functions that answer "tools/call" themselves, in servers that speak the protocol without a library."""
        answering: dict[str, list[Scope]] = {"tools/list": [], "tools/call": []}
        for place in self.reader.places():
            node = place.node
            sides = (node.left, node.right) if isinstance(node, ir.Compare) and node.op == "==" else ()
            for side in sides:
                if isinstance(side, ir.Const) and side.value in answering and place.scope.function is not None:
                    answering[str(side.value)].append(place.scope)
            if isinstance(node, ir.Table):
                for key, value in node.entries:
                    handler = self.reader.function(value, place.scope) if isinstance(key, ir.Const) else None
                    if isinstance(key, ir.Const) and key.value in answering and handler is not None:
                        answering[str(key.value)].append(handler)
        if answering["tools/list"]:
            self.listers.extend(answering["tools/list"])
            yield from dict.fromkeys(answering["tools/call"])

    def _with_branches(self, found: Mapping[str, Registered]) -> Iterator[Registered]:
        """Gives tools without a handler of their own the branch of the dispatcher that names them."""
        for tool in found.values():
            if tool.handler is not None:
                yield tool
                continue
            yield next(
                (made for made in (self._dispatched(tool, d) for d in self.dispatchers) if made is not None), tool
            )

    def _dispatched(self, tool: Registered, dispatcher: Scope) -> Registered | None:
        from_table = self._table_handler(tool.name, dispatcher)
        branch = self._branch(tool.name, dispatcher)
        base = {
            "name": tool.name,
            "path": tool.path,
            "line": tool.line,
            "description": tool.description,
            "fields": tool.fields,
            "annotations": tool.annotations,
        }
        if branch:
            return Registered(**base, handler=dispatcher, via="request", branch=branch)  # type: ignore[arg-type]
        if from_table is not None:
            return Registered(**base, handler=from_table)  # type: ignore[arg-type]
        return Registered(**base, handler=dispatcher, via="request")  # type: ignore[arg-type]

    def _branch(self, name: str, dispatcher: Scope) -> tuple[ir.Stmt, ...]:
        """The statements that run for this tool only, in the dispatcher or in what it calls."""
        for scope in (dispatcher, *self._helpers(dispatcher)):
            for place in self.reader.indexes[scope.module.name].inside(scope):
                node = place.node
                if isinstance(node, ir.If) and self._tests_name(node.test, name, place.scope):
                    return node.then
        return ()

    def _helpers(self, dispatcher: Scope) -> Iterator[Scope]:
        for place in self.reader.indexes[dispatcher.module.name].inside(dispatcher):
            if isinstance(place.node, ir.Call):
                found = self.reader.function(place.node.callee, place.scope)
                if found is not None and found is not dispatcher:
                    yield found

    def _tests_name(self, test: ir.Expr, name: str, scope: Scope) -> bool:
        if isinstance(test, ir.Logic) and test.op == "or":
            return any(self._tests_name(value, name, scope) for value in test.values)
        if not isinstance(test, ir.Compare) or test.op != "==":
            return False
        return name in {self.reader.text(test.left, scope), self.reader.text(test.right, scope)}

    def _table_handler(self, name: str, dispatcher: Scope) -> Scope | None:
        """`handlers[name](args)`: the entry of the table that the dispatcher looks up."""
        for place in self.reader.indexes[dispatcher.module.name].inside(dispatcher):
            node = place.node
            base: ir.Expr | None = None
            if isinstance(node, ir.Subscript) and not isinstance(node.index, ir.Const):
                base = node.base
            elif isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute) and node.callee.name == "get":
                base = node.callee.base
            if base is None:
                continue
            table = self.reader.table(base, place.scope)
            if table and name in table:
                return self._handler(table[name].node, table[name].scope)
            made = self.reader.resolve(base, place.scope)
            if made is not None and isinstance(made.node, ir.Call) and made.node.args:
                for pair in self.reader.items(made.node.args[0], made.scope):
                    if isinstance(pair.node, ir.Collection) and len(pair.node.items) == 2:
                        key, value = pair.node.items
                        if self.reader.text(key, pair.scope) == name:
                            return self._handler(value, pair.scope)
        return None

    def _handler(self, node: ir.Expr | ir.Class, scope: Scope) -> Scope | None:
        """A function, or the handling function inside an object or wrapper."""
        if isinstance(node, ir.Class):
            return None
        found = self.reader.function(node, scope)
        if found is not None:
            return found
        table = self.reader.table(node, scope)
        for key in HANDLER_KEYS:
            if table and key in table and isinstance(table[key].node, ir.Expr):
                return self._handler(table[key].node, table[key].scope)
        return None

    def _request_kind(self, node: ir.Expr, scope: Scope) -> str | None:
        text = self.reader.text(node, scope) or self.reader.library(node, scope) or ""
        if text in {"tools/list", "tools/call"}:
            return text.removeprefix("tools/")
        name = text.rpartition(".")[2]
        return {"ListToolsRequestSchema": "list", "CallToolRequestSchema": "call"}.get(name)

    def _text(self, table: Mapping[str, Thing] | None, key: str) -> str | None:
        thing = table.get(key) if table else None
        return (
            self.reader.text(thing.node, thing.scope) if thing is not None and isinstance(thing.node, ir.Expr) else None
        )


def _keep(found: dict[str, Registered], tool: Registered) -> None:
    """A later mention of a known tool fills in what the first one lacked."""
    known = found.get(tool.name)
    if known is None:
        found[tool.name] = tool
        return
    richer = (tool.handler is not None) > (known.handler is not None) or (
        known.fields is None and tool.fields is not None
    )
    if richer:
        found[tool.name] = tool
