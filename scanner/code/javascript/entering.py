"""Ways into a server besides its tools: resources, prompts, other requests, and what remote servers name.

Registrations of tools whose name could not be followed, and dispatchers whose tools were not found, are ways in too:
what they reach is known although the tool is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scanner.code import ir
from scanner.code.javascript.dispatching import Dispatching
from scanner.code.javascript.index import Place, Scope
from scanner.code.javascript.reading import Reader
from scanner.code.javascript.requests import requests
from scanner.code.javascript.tools import Registered

_LOADERS: Final = {"addResourceTemplate": "resource", "addResource": "resource", "addPrompt": "prompt"}
_REDIRECTS: Final = frozenset({"redirectToAuthorization"})
"""Methods of the SDK's `OAuthClientProvider` that get an address out of a remote server's metadata."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """A function that others call. `inputs`: positions and paths of the parameters that carry what they send; `remote`:
    what a remote server said, not a caller; `networked`: it answers on the network.
    """

    subject: str
    path: str
    line: int
    scope: Scope
    inputs: tuple[tuple[int, str], ...]
    remote: bool = False
    networked: bool = False

    def takes(self, root: int, where: str) -> bool:
        """Whether this parameter and field come from outside."""
        return any(root == at and (where == path or where.startswith(f"{path}.")) for at, path in self.inputs)


def entrances(reader: Reader, found: Dispatching, tools: tuple[Registered, ...]) -> Iterator[Entrance]:
    """Every way in of one bundle that is no tool of a known name."""
    for place in reader.calls():
        call = place.node
        if isinstance(call, ir.Call) and isinstance(call.callee, ir.Attribute):
            yield from _registered(reader, call, call.callee.name, place)
    for kind, scope in found.answering:
        line = scope.function.line if scope.function is not None else 1
        yield Entrance(f"A part of a {kind} request", scope.module.path, line, scope, ((0, ".params"),))
    for tool in found.unnamed:
        if tool.handler is not None:
            yield Entrance("An argument of a tool", tool.path, tool.line, tool.handler, ((tool.at, ""),))
    for tool in tools:
        if tool.around is not None:
            yield Entrance(f"An argument of the tool {tool.name}", tool.path, tool.line, tool.around, ((0, ""),))
    if not any(tool.handler in found.dispatchers for tool in tools):
        for scope in found.dispatchers:
            line = scope.function.line if scope.function is not None else 1
            inputs = ((0, ".params"), (0, ".arguments"), (0, ".body"))
            yield Entrance("An argument of a tool", scope.module.path, line, scope, inputs)
    yield from _redirects(reader)
    for place, scope, taken in requests(reader):
        subject = "A part of an HTTP request"
        yield Entrance(subject, place.scope.module.path, place.line, scope, taken, networked=True)


def _redirects(reader: Reader) -> Iterator[Entrance]:
    """Methods that the SDK calls with what a remote server said."""
    for index in reader.indexes.values():
        for function, scope in index.scopes.items():
            if function.name in _REDIRECTS and function.owner is not None:
                subject = "The authorization address that a remote server names"
                yield Entrance(subject, index.module.path, function.line, scope, ((0, ""),), remote=True)


def _registered(reader: Reader, call: ir.Call, method: str, place: Place) -> Iterator[Entrance]:
    path, scope = place.scope.module.path, place.scope
    if method in _LOADERS and call.args:
        table = reader.table(call.args[0], scope) or {}
        load = table.get("load")
        handler = reader.function(load.node, load.scope) if load and isinstance(load.node, ir.Expr) else None
        if handler is not None:
            yield Entrance(f"An argument of a {_LOADERS[method]}", path, call.line, handler, ((0, ""),))
    elif method in {"resource", "registerResource"} and len(call.args) > 2:
        handler = reader.function(call.args[-1], scope)
        if handler is not None and _is_template(reader, call.args[1], scope):
            yield Entrance("A part of a resource's address", path, call.line, handler, ((0, ""), (1, "")))
    elif method in {"prompt", "registerPrompt"} and len(call.args) > 1:
        handler = reader.function(call.args[-1], scope)
        if handler is not None and reader.text(call.args[0], scope) is not None:
            yield Entrance("An argument of a prompt", path, call.line, handler, ((0, ""),))


def _is_template(reader: Reader, node: ir.Expr, scope: Scope) -> bool:
    """Whether a resource's address has parts that the client fills in; a fixed text has none."""
    thing = reader.resolve(node, scope)
    return thing is not None and isinstance(thing.node, ir.Call)
