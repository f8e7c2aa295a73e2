"""Network endpoints that JavaScript servers open: where they listen, what stands before them, and when they start."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from scanner.code import ir
from scanner.code.javascript.index import Place, Scope
from scanner.code.javascript.opening import Opening
from scanner.code.javascript.protection import Protection, spelled
from scanner.code.javascript.routes import Route
from scanner.code.javascript.running import Run
from scanner.code.javascript.standing import Standing
from trust.facts import Listener
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Weakness

Transport = Literal["http", "sse", "streamable-http", "websocket"]
ROUTE_METHODS = frozenset({"get", "post", "put", "patch", "delete", "all", "use", "route", "options", "on", "addHook"})
MCP_PATHS = re.compile(r"mcp|sse|messages?|rpc", re.IGNORECASE)
ALL_INTERFACES = frozenset({"0.0.0.0", "::", "", "[::]", "*"})  # noqa: S104  (what is looked for)
MAX_CLIMB = 5


class Servers:
    """Finds listeners and routes."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.reader = run.reader
        self.guards = Protection(run.reader)
        self.opening = Opening(run.reader)
        self.standing = Standing(run, self.guards)
        self.routes = tuple(self._routes())

    def listeners(self) -> Iterator[Listener]:
        checked = self.standing.host_check()
        for place in self.reader.calls():
            call = place.node
            if not isinstance(call, ir.Call) or not self.run.reached(place.scope.module):
                continue
            found = self.opening.opened(call, place)
            if found is None:
                continue
            host, configurable = found
            routes = self._routes_of(place)
            mcp = [r for r in routes if MCP_PATHS.search(r.path) or self._handles_mcp(r)]
            if not mcp and not self._near_transport(place):
                continue
            yield Listener(
                place.scope.module.path,
                call.line,
                self._transport(place, mcp),
                host,
                configurable,
                self.standing.auth([r for r in mcp if self._handles_mcp(r)] or mcp or routes, routes, place),
                checked,
                not self._conditional(place),
            )

    def findings(self, listeners: Iterable[Listener]) -> Iterator[Finding]:
        """Listeners that are open to every interface, and callback servers that are."""
        known = {(at.path, at.line): at for at in listeners}
        for place in self.reader.calls():
            call = place.node
            if not isinstance(call, ir.Call) or not self.run.reached(place.scope.module):
                continue
            found = self.opening.opened(call, place)
            if found is None or (found[1] if found[0] is None else found[0] not in ALL_INTERFACES):
                continue
            path, at = place.scope.module.path, known.get((place.scope.module.path, call.line))
            explicit = found[0] is not None
            severity = Severity.HIGH if explicit else Severity.MEDIUM
            if at is None or not at.on_by_default:
                # Whoever can reach the end of a login can finish it with a code of his own.
                severity = Severity.MEDIUM if explicit or self.opening.is_callback(place) else Severity.LOW
            how = (
                f"listens on {found[0] or 'every interface'}"
                if explicit
                else "names no host, so Node.js listens on every interface"
            )
            yield Finding(
                "js",
                Weakness.OPEN_BIND,
                severity,
                Confidence.FIRM,
                f"The server {how}.",
                path,
                call.line,
                place.scope.module.text(call.line),
            )

    def is_open(self, route: Route) -> bool:
        """Whether a route answers callers who show no credential."""
        if self._handles_mcp(route):
            return False
        return self.standing.auth([route], self._routes_of(route.place), route.place) in {"none", "optional"}

    def handlers(self) -> Iterator[tuple[Route, Scope]]:
        """The last function of each route, which answers the request."""
        for route in self.routes:
            for handler in route.handlers[-1:]:
                found = self.reader.function(handler, route.place.scope)
                if found is not None and found.function is not None:
                    yield route, found

    def _routes(self) -> Iterator[Route]:
        for place in self.reader.calls():
            call = place.node
            if (
                not isinstance(call, ir.Call)
                or not isinstance(call.callee, ir.Attribute)
                or call.callee.name not in ROUTE_METHODS
            ):
                continue
            if not call.args or not self._is_app(call.callee.base, place.scope):
                continue
            first = self.reader.text(call.args[0], place.scope)
            if first is not None and first.startswith(("/", "*")):
                yield Route(first, call.callee.name, call.args[1:], place)
            elif call.callee.name == "use":
                yield Route("", "use", call.args, place)
            elif call.callee.name == "addHook" and first in {"onRequest", "preHandler", "preValidation"}:
                yield Route("", "addHook", call.args[1:], place)
            elif isinstance(call.args[0], ir.Collection):
                for item in self.reader.items(call.args[0], place.scope):
                    text = self.reader.text(item.node, item.scope) if isinstance(item.node, ir.Expr) else None
                    yield Route(text or "", call.callee.name, call.args[1:], place)

    def _is_app(self, base: ir.Expr, scope: Scope) -> bool:
        library = self.reader.library(base, scope) or ""
        if re.match(
            r"(express|express\.Router|fastify|fastify\.fastify|hono\.Hono|koa|@koa/router|polka|restify|@modelcontextprotocol)",
            library,
        ):
            return library.endswith("()") or "createMcp" in library
        return (
            library in ("", f"this.{spelled(base)}")
            and isinstance(base, ir.Name | ir.Attribute)
            and spelled(base) in {"app", "router", "expressApp", "httpApp", "fastify"}
        )

    def _routes_of(self, place: Place) -> list[Route]:
        """The routes in the listener's own file; of all loaded files when it has none."""
        loaded = [r for r in self.routes if self.run.reached(r.place.scope.module)]
        near = [r for r in loaded if r.place.scope.module is place.scope.module]
        return near or loaded

    def _handles_mcp(self, route: Route) -> bool:
        for handler in route.handlers[-1:]:
            scope = self.reader.function(handler, route.place.scope)
            if scope is not None and any(
                isinstance(p.node, ir.Attribute) and p.node.name in {"handleRequest", "handlePostMessage"}
                for p in self.reader.indexes[scope.module.name].inside(scope)
            ):
                return True
        return False

    def _near_transport(self, place: Place) -> bool:
        names = {i.symbol for i in place.scope.module.imports if i.symbol}
        if names & {"StreamableHTTPServerTransport", "SSEServerTransport", "NodeStreamableHTTPServerTransport"}:
            return True
        callee = place.node.callee if isinstance(place.node, ir.Call) else None
        return isinstance(callee, ir.Attribute) and callee.name == "start"

    def _transport(self, place: Place, routes: list[Route]) -> Transport:
        names = {i.symbol for i in place.scope.module.imports if i.symbol}
        if "StreamableHTTPServerTransport" in names or any("mcp" in r.path.lower() for r in routes):
            return "streamable-http"
        if "SSEServerTransport" in names or any("sse" in r.path.lower() for r in routes):
            return "sse"
        return "http"

    def has_stdio(self) -> bool:
        for place in self.reader.calls():
            if (
                isinstance(place.node, ir.Call)
                and self.run.reached(place.scope.module)
                and self.is_stdio(place.node, place.scope)
            ):
                return True
        return False

    def stdio_sides(self) -> dict[int, bool]:
        """For each branch that decides about it, by the identity of its `If`: whether stdio is on the `then` side."""
        sides: dict[int, bool] = {}
        for place in self.reader.calls():
            if isinstance(place.node, ir.Call) and self.is_stdio(place.node, place.scope):
                current: Place | None = place
                while current is not None and current.parent is not None:
                    parent = current.parent.node
                    if isinstance(parent, ir.If) and current.node is not parent.test:
                        sides[id(parent)] = current.node in parent.then
                    current = current.parent
        return sides

    def is_stdio(self, call: ir.Call, scope: Scope) -> bool:
        """Whether a call starts the protocol on standard input and output."""
        library = self.reader.library(call.callee, scope) or spelled(call.callee)
        if library.rpartition(".")[2] == "StdioServerTransport":
            return True
        if isinstance(call.callee, ir.Attribute) and call.callee.name == "start" and call.args:
            return self.opening.text((self.reader.table(call.args[0], scope) or {}).get("transportType")) == "stdio"
        return False

    def _conditional(self, place: Place, depth: int = MAX_CLIMB) -> bool:
        """Whether the place runs only on a condition, looking out through the functions it stands in."""
        current: Place | None = place
        while current is not None and current.parent is not None:
            parent = current.parent
            if (
                isinstance(parent.node, ir.If)
                and current.node is not parent.node.test
                and not self._asks_for_main(parent)
            ):
                return True
            if isinstance(parent.node, ir.Function) and depth > 0:
                sites = [p for p in self.reader.calls() if isinstance(p.node, ir.Call) and self._calls(p, parent.node)]
                if sites:
                    return all(self._conditional(site, depth - 1) for site in sites)
            current = parent
        module = place.scope.module.name
        loads = [i for index in self.reader.indexes.values() for i in index.module.imports if i.module == module]
        return bool(loads) and all(i.optional for i in loads)

    def _asks_for_main(self, place: Place) -> bool:
        """`if (require.main === module)` is no option of the user."""
        line = place.scope.module.text(place.line)
        return bool(re.search(r"main|import\.meta|argv\[1\]|NODE_ENV|VITEST|JEST", line))

    def _calls(self, place: Place, function: ir.Function) -> bool:
        if not isinstance(place.node, ir.Call):
            return False
        if spelled(place.node.callee).partition("~")[0] not in {
            function.name.partition("~")[0],
            "",
        } and not isinstance(place.node.callee, ir.Lambda):
            return False
        found = self.reader.function(place.node.callee, place.scope)
        return found is not None and found.function is function
