"""What stands before the routes of a JavaScript server: who may call them, and whether the Host header is checked."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from scanner.code import ir
from scanner.code.carried import is_read
from scanner.code.javascript.index import Place, Scope
from scanner.code.javascript.protection import RANK, Auth, Protection, spelled
from scanner.code.javascript.routes import Route
from scanner.code.javascript.running import Run
from scanner.code.surroundings import ends, mentions

_ABOUT: Final = re.compile(
    r"auth|token|secret|passw|api_?key|_key|^key|credential|jwt|oauth|issuer|jwks|bearer", re.IGNORECASE
)
_EVERY: Final = frozenset({"", "/", "*", "/*", "*path", "/*path"})
_FACTORIES: Final = frozenset({"createMcpExpressApp", "createMcpHonoApp"})
_HOST_CHECKS: Final = frozenset(
    {"hostHeaderValidation", "localhostHostValidation", "validateHostHeader", "originValidation"}
)
_HEADER: Final = re.compile(r"^(?:host|origin)$", re.IGNORECASE)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_ROUTES: Final = 400
"""At most this many routes are compared with each other."""
_REFUSED: Final = (401, 403, 421)


class Standing:
    """Judges routes by the middlewares and checks before them."""

    def __init__(self, run: Run, guards: Protection) -> None:
        self.run = run
        self.reader = run.reader
        self.guards = guards
        self._known: dict[int, Auth] = {}

    def auth(self, wanted: list[Route], routes: list[Route], place: Place) -> Auth:
        """The weakest protection among the wanted routes; a middleware for the whole app counts for what follows it."""
        if self._asks_certificates(place):
            return "mtls"
        wanted, routes = wanted[:_ROUTES], routes[:_ROUTES]
        if not wanted:
            first = (r for r in routes if r.method in ("use", "addHook") and r.path in _EVERY)
            everywhere = strongest(self._of(handler, r, place) for r in first for handler in r.handlers)
            return self._inline(place) if everywhere == "none" else everywhere
        found: list[Auth] = [
            strongest((*(self._of(handler, r, place) for handler in r.handlers), *self._before(r, routes, place)))
            for r in wanted
        ]
        return min(found, key=RANK.index)

    def _before(self, route: Route, routes: list[Route], at: Place) -> list[Auth]:
        """Middlewares that every request of a route passes first: registered for its path, and above it."""
        found: list[Auth] = []
        for other in routes:
            if other.method not in ("use", "addHook") or other is route:
                continue
            covers = other.path in _EVERY or route.path.startswith(other.path.rstrip("*").rstrip("/"))
            later = other.place.scope is route.place.scope and other.place.line > route.place.line
            if covers and not (later and other.method == "use"):
                found += [self._of(handler, other, at) for handler in other.handlers]
        return found

    def _of(self, handler: ir.Expr, route: Route, at: Place) -> Auth:
        """How a middleware checks callers of the endpoint that is opened at a place."""
        if id(handler) not in self._known:
            self._known[id(handler)] = self.guards.protection(handler, route.place.scope)
        kind = self._known[id(handler)]
        return "optional" if kind != "none" and self._sometimes(route.place, at) else kind

    def _sometimes(self, place: Place, at: Place) -> bool:
        """Whether a setting decides about it: `if (API_KEY) app.use(...)`. Where the same setting decides whether the
        endpoint is opened at all, there is none without it.
        """
        opened = set()
        around: Place | None = at
        while around is not None:
            opened.add(id(around.node))
            around = around.parent
        current: Place | None = place
        while current is not None and current.parent is not None:
            parent = current.parent.node
            if isinstance(parent, ir.Function):
                return False
            decides = isinstance(parent, ir.If) and current.node is not parent.test and id(parent) not in opened
            if decides and isinstance(parent, ir.If) and mentions((parent.test,), _ABOUT):
                return not ends(parent.other if current.node in parent.then else parent.then)
            current = current.parent
        return False

    def _inline(self, place: Place) -> Auth:
        """A bare http.createServer handler that checks by itself."""
        for index in self.reader.indexes.values():
            if index.module is place.scope.module:
                return strongest(self.guards.checks(scope, 2) for scope in index.scopes.values())
        return "none"

    def _asks_certificates(self, place: Place) -> bool:
        """`https.createServer({ requestCert: true, rejectUnauthorized: true })`."""
        for found in self.reader.indexes[place.scope.module.name].calls:
            if isinstance(found.node, ir.Call) and spelled(found.node.callee) == "createServer" and found.node.args:
                table = self.reader.table(found.node.args[0], found.scope) or {}
                asked = [table[k] for k in ("requestCert", "rejectUnauthorized") if k in table]
                values = [self.reader.constant(t.node, t.scope) for t in asked if isinstance(t.node, ir.Expr)]
                if len(values) == 2 and all(v is True for v in values):
                    return True
        return False

    def host_check(self) -> bool | None:
        """Whether any loaded file checks Host or Origin: by the SDK's option, its middlewares, or by hand. None where
        a setting that cannot be read decides.
        """
        found: bool | None = False
        for index in self.reader.indexes.values():
            if not self.run.reached(index.module):
                continue
            for place in index.places:
                node = place.node
                if isinstance(node, ir.Table):
                    for key, value in node.entries:
                        if isinstance(key, ir.Const) and key.value == "enableDnsRebindingProtection":
                            return self.reader.constant(value, place.scope) is not False
                elif isinstance(node, ir.Call) and not self._inside_sdk(place.scope):
                    found = found or self._checks(node, place.scope, otherwise=found)
            if any(self._refuses_hosts(scope) for scope in index.scopes.values()):
                found = True
        return found

    def _checks(self, node: ir.Call, scope: Scope, *, otherwise: bool | None) -> bool | None:
        """What one call says; `otherwise` when it says nothing."""
        library = self.reader.library(node.callee, scope) or spelled(node.callee)
        name = library.rpartition(".")[2]
        if name in _HOST_CHECKS:
            return True
        if name not in _FACTORIES:
            return otherwise
        # Read in the SDK's server/express.js, 1.25 to 1.32: only a loopback host, the default, switches the check on.
        table = self.reader.table(node.args[0], scope) if node.args else {}
        if table is None or "allowedHosts" in table:
            return True if table is not None else None
        host = table.get("host")
        if host is None:
            return True
        text = self.reader.text(host.node, host.scope) if isinstance(host.node, ir.Expr) else None
        return None if text is None else text in _LOOPBACK

    def _inside_sdk(self, scope: Scope) -> bool:
        """A bundled copy of the SDK's factory contains its check; calling the factory is what counts."""
        return scope.function is not None and scope.function.name.partition("~")[0] in _FACTORIES

    def _refuses_hosts(self, scope: Scope) -> bool:
        """A function that reads Host or Origin and answers 403 or 421."""
        reads = refuses = False
        for node in self._nodes(scope):
            if isinstance(node, ir.Attribute) and node.name == "_enableDnsRebindingProtection":
                return False  # the SDK's own transport, bundled: it does nothing unless it is asked to
            if isinstance(node, ir.Attribute | ir.Subscript | ir.Call):
                reads = reads or is_read(node, _HEADER)
            elif isinstance(node, ir.Const):
                refuses = refuses or node.value in _REFUSED
        return reads and refuses

    def _nodes(self, scope: Scope) -> Iterator[object]:
        return (place.node for place in self.reader.indexes[scope.module.name].here.get(scope, ()))


def strongest(kinds: Iterable[Auth]) -> Auth:
    best: Auth = "none"
    for kind in kinds:
        best = max(best, kind, key=RANK.index)
    return best
