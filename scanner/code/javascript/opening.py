"""Calls by which a JavaScript server begins to listen, and the host they name."""

import re

from scanner.code import ir
from scanner.code.javascript.index import Place, Scope
from scanner.code.javascript.protection import spelled
from scanner.code.javascript.reading import Reader, Thing

SERVER_NAMES = frozenset({"app", "server", "httpServer", "expressApp", "fastify", "http_server", "webServer", "srv"})
CALLBACK = re.compile(
    r"/(?:oauth|auth|callback|login)|auth_?callback|redirect_?uri|authorization.code|query\.code|get\(.code.\)",
    re.IGNORECASE,
)


class Opening:
    """Recognises listening calls."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def opened(self, call: ir.Call, place: Place) -> tuple[str | None, bool] | None:
        """The host a call listens on and whether it can be configured; None when the call opens nothing."""
        scope = place.scope
        callee = call.callee
        if isinstance(callee, ir.Attribute) and callee.name == "listen":
            library = self.reader.library(callee.base, scope) or ""
            server = library.endswith("()") and not library.startswith(("readline", "events"))
            named = server or spelled(callee.base) in SERVER_NAMES
            if not named or self._answers_nobody(callee.base, scope):
                return None
            found = self._listen_host(call, scope)
            # Fastify's own default is localhost (its reference, `server.listen`).
            return ("localhost", False) if found == (None, False) and library.startswith("fastify") else found
        library = self.reader.library(callee, scope) or ""
        if library in {"@hono/node-server.serve", "Bun.serve", "Deno.serve"} and call.args:
            table = self.reader.table(call.args[0], scope) or {}
            return self._host(table.get("hostname") or table.get("host"))
        if isinstance(callee, ir.Attribute) and callee.name == "start" and call.args:
            table = self.reader.table(call.args[0], scope) or {}
            kind = self.text(table.get("transportType"))
            if kind in {"httpStream", "sse", "streamable-http"}:
                inner = next((table[key] for key in ("httpStream", "sse") if key in table), None)
                options = (
                    self.reader.table(inner.node, inner.scope)
                    if inner is not None and isinstance(inner.node, ir.Expr)
                    else {}
                )
                return self._host((options or {}).get("host"))
        return None

    def _answers_nobody(self, base: ir.Expr, scope: Scope) -> bool:
        """A server without a handler, opened to find a free port or to hold one."""
        if isinstance(base, ir.Call):
            return self.reader.library(base, scope) == "express()"
        made = self.reader.resolve(base, scope)
        if made is None or not isinstance(made.node, ir.Call) or made.node.args or not isinstance(base, ir.Name):
            return False
        if self.reader.library(made.node.callee, made.scope) not in {"net.createServer", "http.createServer"}:
            return False
        calls = self.reader.indexes[scope.module.name].calls
        return not any(self._hears(p.node, base.id, p.scope) for p in calls if isinstance(p.node, ir.Call))

    def _hears(self, call: ir.Call, name: str, scope: Scope) -> bool:
        """Whether a call is `server.on("request", ...)` or its like."""
        callee = call.callee
        if not isinstance(callee, ir.Attribute) or callee.name not in {"on", "once", "addListener"} or not call.args:
            return False
        asked = self.reader.constant(call.args[0], scope) in {"request", "connection", "upgrade"}
        return asked and isinstance(callee.base, ir.Name) and callee.base.id == name

    def _listen_host(self, call: ir.Call, scope: Scope) -> tuple[str | None, bool] | None:
        if not call.args:
            return None
        options = self.reader.table(call.args[0], scope)
        if options:
            if "path" in options or "port" not in options:
                return None
            return self._host(options.get("host") or options.get("hostname"))
        text = self.reader.constant(call.args[0], scope)
        if isinstance(text, str) and not text.isdigit():
            return None
        second = call.args[1] if len(call.args) > 1 else None
        if second is None or isinstance(second, ir.Lambda) or self.reader.function(second, scope) is not None:
            return None, False
        return self._host(Thing(second, scope))

    def _host(self, thing: Thing | None) -> tuple[str | None, bool]:
        if thing is None or not isinstance(thing.node, ir.Expr):
            return None, False
        found = self.reader.resolve(thing.node, thing.scope)
        if found is None:
            return None, True
        if isinstance(found.node, ir.Const):
            return (found.node.value if isinstance(found.node.value, str) else None), False
        default = self.reader.text(found.node, found.scope) if isinstance(found.node, ir.Expr) else None
        return default, True

    def text(self, thing: Thing | None) -> str | None:
        return (
            self.reader.text(thing.node, thing.scope) if thing is not None and isinstance(thing.node, ir.Expr) else None
        )

    def is_callback(self, place: Place) -> bool:
        """Whether the listener waits for a browser that comes back from a login."""
        around = place.scope.function
        first, last = (around.line, around.end) if around is not None else (1, len(place.scope.module.lines))
        return bool(CALLBACK.search("\n".join(place.scope.module.lines[first - 1 : last])))
