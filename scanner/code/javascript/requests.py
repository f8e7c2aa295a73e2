"""HTTP requests that servers answer, where the frameworks hand them over in other ways than Express does.

Hono and Koa give one context with the request in it, Fastify also takes routes as objects, Node.js, Bun, Deno and the
edge runtimes call one function for every request.
"""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.javascript.index import Place, Scope
from scanner.code.javascript.reading import Reader

_CONTEXT: Final = re.compile(r"^(?:hono|@hono/|koa|@koa/|koa-router|itty-router|elysia|h3)")
_VERBS: Final = frozenset({"get", "post", "put", "patch", "delete", "all", "use", "route", "on", "del", "options"})
_REQUEST: Final = ("body", "query", "params", "headers", "url", "cookies", "path", "originalUrl", "rawBody", "raw")
_IN_CONTEXT: Final = ("req", "request", "query", "params", "headers", "url", "path", "body", "header")
_SERVERS: Final = frozenset(
    {"http.createServer", "https.createServer", "http2.createServer", "http2.createSecureServer", "http.Server"}
)
_LISTENING: Final = frozenset({"Bun.serve", "Deno.serve", "@hono/node-server.serve"})
Inputs = tuple[tuple[int, str], ...]


def requests(reader: Reader) -> Iterator[tuple[Place, Scope, Inputs]]:
    """Functions that answer HTTP requests: where they are set, their scope, and the inputs that a request fills."""
    for place in reader.calls():
        call = place.node
        if isinstance(call, ir.Call):
            for node, inputs in _handed(reader, call, place.scope):
                handler = reader.function(node, place.scope)
                if handler is not None and handler.function is not None:
                    yield place, handler, inputs


def _handed(reader: Reader, call: ir.Call, scope: Scope) -> Iterator[tuple[ir.Expr, Inputs]]:
    callee = call.callee
    method = callee.name if isinstance(callee, ir.Attribute) else ""
    if isinstance(callee, ir.Attribute) and method in _VERBS and call.args:
        base = reader.library(callee.base, scope) or ""
        if _CONTEXT.match(base):
            yield from ((arg, _fields(_IN_CONTEXT)) for arg in call.args[-1:])
        elif method == "route" and base.startswith("fastify"):
            table = reader.table(call.args[0], scope) or {}
            for key in ("handler", "preHandler"):
                if key in table and isinstance(table[key].node, ir.Expr):
                    yield table[key].node, _fields(_REQUEST)  # type: ignore[misc]
        elif method == "on" and base.removesuffix("()") in _SERVERS and reader.text(call.args[0], scope) == "request":
            yield call.args[-1], _fields(_REQUEST)
        return
    library = reader.library(callee, scope) or ""
    if library in _SERVERS and call.args:
        yield call.args[-1], _fields(_REQUEST)
    elif library in _LISTENING and call.args:
        table = reader.table(call.args[0], scope) or {}
        fetch = table.get("fetch")
        if fetch is not None and isinstance(fetch.node, ir.Lambda):
            yield fetch.node, ((0, ""),)
        elif library == "Deno.serve":
            yield call.args[-1], ((0, ""),)


def _fields(names: tuple[str, ...]) -> Inputs:
    return tuple((0, f".{name}") for name in names)
