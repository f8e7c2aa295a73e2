"""Requests that a server answers by hand: lists of tools, and the dispatchers that hand calls to what answers them."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import replace

from scanner.code import ir
from scanner.code.javascript.contexts import Given
from scanner.code.javascript.handlers import HANDLER_KEYS, Handler
from scanner.code.javascript.index import Place, Scope
from scanner.code.javascript.reading import Reader, Thing
from scanner.code.javascript.tools import Registered, Tools
from scanner.code.walking import walk

SCHEMAS = {
    "ListToolsRequestSchema": "tools/list", "CallToolRequestSchema": "tools/call",
    "ReadResourceRequestSchema": "resources/read", "GetPromptRequestSchema": "prompts/get",
    "CompleteRequestSchema": "completion/complete", "SubscribeRequestSchema": "resources/subscribe",
}  # fmt: skip
"""The SDK's schemas of requests, and the methods that they stand for."""
_ARGUMENTS = frozenset(
    {"arguments", "args", "toolArgs", "input", "params", "parsedArgs", "validatedArgs", "parameters"}
)
METHODS = frozenset(SCHEMAS.values())


class Dispatching:
    """The tools of these modules with what answers each; `answering` holds the functions that answer other requests."""

    def __init__(self, reader: Reader, within: Container[str]) -> None:
        self.reader = reader
        self.within = within
        self.tools = Tools(reader, within)
        self.dispatchers: list[Scope] = []
        self.listers: list[Scope] = []
        self.answering: list[tuple[str, Scope]] = []

    @property
    def unnamed(self) -> tuple[Registered, ...]:
        """Registrations whose name could not be followed."""
        return tuple(self.tools.unnamed)

    def find(self) -> tuple[Registered, ...]:
        """Every tool once, the description with the most detail first."""
        found: dict[str, Registered] = {}
        for tool in self.tools.registered():
            _keep(found, tool)
        for tool in self._requested():
            _keep(found, tool)
        if not found and not self.dispatchers:
            self.dispatchers.extend(self._handmade())
        if self.unnamed or (self.dispatchers and not found):
            for tool in self.tools.described():
                _keep(found, tool)
        return tuple(self._with_branches(found))

    def _requested(self) -> Iterator[Registered]:
        for place in self.reader.calls():
            call = place.node
            if not isinstance(call, ir.Call) or not isinstance(call.callee, ir.Attribute) or len(call.args) < 2:
                continue
            if call.callee.name not in {"setRequestHandler", "method"} or place.scope.module.name not in self.within:
                continue
            kind = self._kind(call.args[0], place.scope)
            handler = self.reader.function(call.args[-1], place.scope)
            if handler is None:
                continue
            if kind == "tools/list":
                self.listers.append(handler)
                yield from self._listed(handler, place)
            elif kind == "tools/call":
                self.dispatchers.append(handler)
            elif kind is not None:
                self.answering.append((kind, handler))

    def _kind(self, node: ir.Expr, scope: Scope) -> str | None:
        """The method that a request handler is set for."""
        text = self.reader.text(node, scope) or self.reader.library(node, scope) or ""
        if text in METHODS:
            return text
        name = text.rpartition(".")[2]
        if name in SCHEMAS:
            return SCHEMAS[name]
        # In a bundle the schema has lost its name, not the method it is for.
        thing = self.reader.resolve(node, scope)
        for part in walk(thing.node) if thing is not None and isinstance(thing.node, ir.Call) else ():
            if isinstance(part, ir.Const) and part.value in METHODS:
                return str(part.value)
        return None

    def _listed(self, handler: Scope, place: Place) -> Iterator[Registered]:
        """The tools that a tools/list handler answers with, also those that the function around it is given."""
        found = list(self._listed_in(handler, {}))
        for scope in () if found else self.tools.contexts.of(place):
            found.extend(self._listed_in(handler, scope.given))
        yield from found

    def _listed_in(self, handler: Scope, given: Given) -> Iterator[Registered]:
        for value, own in self.reader.returns(handler):
            scope = own.turn(given) if given else own
            table = self.reader.table(value, scope)
            listed = table.get("tools") if table else None
            if listed is None or not isinstance(listed.node, ir.Expr):
                continue
            for thing in self.reader.items(listed.node, listed.scope):
                tool = self.tools.from_table(thing)
                if tool is not None:
                    yield self._from_turn(tool, thing)

    def _from_turn(self, tool: Registered, thing: Thing) -> Registered:
        """The listed description was made from an object that holds the handler too."""
        for node, scope in () if tool.handler is not None else thing.scope.given.values():
            source = self.tools.from_table(Thing(node, scope)) if not isinstance(node, ir.Class) else None
            if source is not None and source.name == tool.name and source.handler is not None:
                return replace(tool, handler=source.handler, at=source.at, around=source.around)
        return tool

    def _handmade(self) -> Iterator[Scope]:
        """Functions that answer "tools/call" themselves, in servers that speak the protocol without a library."""
        answering: dict[str, list[Scope]] = {"tools/list": [], "tools/call": []}
        for place in (p for p in self.reader.places() if p.scope.module.name in self.within):
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
                at = self._position() if tool.at == 0 and tool.around is None else None
                yield tool if at is None else replace(tool, at=at)
                continue
            yield next(
                (made for made in (self._dispatched(tool, d) for d in self.dispatchers) if made is not None), tool
            )

    def _position(self) -> int | None:
        """`tool.handle(context, args)`: which of what a dispatcher hands to handlers are the arguments of the tool."""
        for dispatcher in self.dispatchers:
            for place in self.reader.indexes[dispatcher.module.name].inside(dispatcher):
                call = place.node
                named = isinstance(call, ir.Call) and isinstance(call.callee, ir.Attribute)
                if not named or not isinstance(call, ir.Call) or getattr(call.callee, "name", "") not in HANDLER_KEYS:
                    continue
                for at, arg in enumerate(call.args):
                    words = {n.name if isinstance(n, ir.Attribute) else getattr(n, "id", "") for n in walk(arg)}
                    if {w.partition("~")[0] for w in words} & _ARGUMENTS:
                        return at
        return None

    def _dispatched(self, tool: Registered, dispatcher: Scope) -> Registered | None:
        branch = self._branch(tool.name, dispatcher)
        if branch:
            return replace(tool, handler=dispatcher, via="request", branch=branch)
        from_table = self._table_handler(tool.name, dispatcher)
        if from_table is not None:
            return tool.answered_by(from_table)
        return replace(tool, handler=dispatcher, via="request")

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

    def _table_handler(self, name: str, dispatcher: Scope) -> Handler | None:
        """`handlers[name](args)`: the entry of the table or map that the dispatcher looks up."""
        for place in self.reader.indexes[dispatcher.module.name].inside(dispatcher):
            node = place.node
            base: ir.Expr | None = None
            if isinstance(node, ir.Subscript) and not isinstance(node.index, ir.Const):
                base = node.base
            elif isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute) and node.callee.name == "get":
                base = node.callee.base
            if base is None:
                continue
            table = self.reader.members(base, place.scope)
            if table and name in table:
                return self.tools.handlers.find(table[name].node, table[name].scope)
            for pair in self.reader.items(base, place.scope):
                if isinstance(pair.node, ir.Collection) and len(pair.node.items) == 2:
                    key, value = pair.node.items
                    if self.reader.text(key, pair.scope) == name:
                        return self.tools.handlers.find(value, pair.scope)
        return None


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
