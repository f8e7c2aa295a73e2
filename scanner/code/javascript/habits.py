"""Habits of JavaScript servers, each a small question to the calls the analysis noted."""

import re
from collections.abc import Iterator

from scanner.code import ir
from scanner.code.javascript.index import Place, Scope
from scanner.code.javascript.running import Run
from scanner.code.javascript.servers import Servers
from scanner.code.secret_names import is_secret, words
from scanner.code.state import Event
from scanner.code.values import Value
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Signal, Weakness

W = Weakness
STDOUT = frozenset({"console-log", "console-info", "console-debug", "console-dir", "console-table", "stdout-write"})
LOCAL_HOST = re.compile(
    r"^(localhost|127\.|0\.0\.0\.0|\[?::1|host\.docker\.internal|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|[^./:]+(:\d+)?(/|$))|\.(local|internal|lan|test)$",
    re.IGNORECASE,
)
PLAIN = re.compile(r"^(?:http|ws|ftp)://([^/?#]*)", re.IGNORECASE)
WRITES = frozenset(
    {
        "writeFile",
        "writeFileSync",
        "appendFile",
        "appendFileSync",
        "outputFile",
        "outputFileSync",
        "writeJson",
        "writeJsonSync",
        "createWriteStream",
    }
)
NEEDS_TIMEOUT = ("fetch", "globalThis.fetch", "node-fetch", "axios", "got", "undici.fetch", "cross-fetch", "needle")
PRIVATE = 0o077


class Habits:
    """The findings that the calls noted by the analysis give. `stdio`: standard output carries the protocol."""

    def __init__(self, run: Run, servers: Servers, *, stdio: bool) -> None:
        self.run = run
        self.reader = run.reader
        self.stdio_sides = servers.stdio_sides()
        self.stdio = stdio
        self._remapped: bool | None = None
        self.events = [e for e in run.analysis.events if run.reached(e.module)]

    def findings(self) -> Iterator[Finding]:
        for event in self.events:
            yield from self._of_event(event)

    def _of_event(self, event: Event) -> Iterator[Finding]:
        if event.kind == "sink":
            if event.signal is Signal.HTTP:
                yield from self._plain_http(event)
                yield from self._timeout(event)
            elif event.signal is Signal.FILE_WRITE:
                yield from self._storage(event)
        elif event.kind == "compare-secret":
            yield self._made(
                event,
                W.TIMING_COMPARE,
                Severity.LOW,
                "A secret is compared with === instead of crypto.timingSafeEqual.",
            )
        elif event.kind == "jwt-decode":
            yield from self._decoded(event)
        elif event.kind == "jwt-verify":
            yield from self._verified(event)
        elif event.kind in STDOUT:
            yield from self._stdout(event)

    # --- network ------------------------------------------------------------------------------------------------

    def _plain_http(self, event: Event) -> Iterator[Finding]:
        place = self.run.place(event)
        node = event.node
        if place is None or not isinstance(node, ir.Call) or not node.args or event.ref.endswith(("goto",)):
            return
        address = self.reader.text(node.args[0], place.scope) or self._option_text(node.args[0], place.scope, "url")
        found = PLAIN.match(address or "")
        if found and found.group(1) and not LOCAL_HOST.search(found.group(1).rpartition("@")[2]):
            yield self._made(
                event, W.PLAIN_HTTP, Severity.HIGH, f"The remote host {found.group(1)[:80]} is contacted without TLS."
            )

    def _timeout(self, event: Event) -> Iterator[Finding]:
        if not event.ref.startswith(NEEDS_TIMEOUT) or "()" in event.ref:
            return
        options = [v for v in event.args if v.fields is not None]
        unknown = [v for v in event.args[1:] if v.fields is None and v.items is None and v.text() is None]
        named = {name for v in options for name in (v.fields or {})}
        if named & {"signal", "timeout", "dispatcher", "agent", "cancelToken"} or unknown or self._spread(event):
            return
        # Node's own fetch gives up after five minutes; the other libraries never do.
        own = event.ref in ("fetch", "globalThis.fetch", "undici.fetch")
        yield self._made(
            event,
            W.NO_TIMEOUT,
            Severity.LOW if own else Severity.MEDIUM,
            f"{event.ref} waits for an answer without a limit of its own (no signal, no timeout).",
            Confidence.FIRM,
        )

    def _spread(self, event: Event) -> bool:
        """Options that are passed through or spread in may hold the limit."""
        node = event.node
        args = node.args[1:] if isinstance(node, ir.Call) else ()
        return any(isinstance(arg, ir.Table) and any(key is None for key, _ in arg.entries) for arg in args)

    def _option_text(self, node: ir.Expr, scope: Scope, name: str) -> str | None:
        thing = (self.reader.table(node, scope) or {}).get(name)
        return (
            self.reader.text(thing.node, thing.scope) if thing is not None and isinstance(thing.node, ir.Expr) else None
        )

    # --- secrets ------------------------------------------------------------------------------------------------

    def _storage(self, event: Event) -> Iterator[Finding]:
        """A credential written into a file that others may read."""
        if event.ref.rpartition(".")[2] not in WRITES or len(event.args) < 2:
            return
        held = event.args[1].everything()
        names = sorted(str(label[1]) for label in held if label[0] == "secret")
        if not names:
            names = self._secret_keys(event)
        if not names or private_mode(event.args[2:]) or self._tightened(event):
            return
        yield self._made(
            event,
            W.INSECURE_STORAGE,
            Severity.MEDIUM,
            f"{names[0]} is stored in a file that other users may read (no mode 0o600).",
        )

    def _secret_keys(self, event: Event) -> list[str]:
        """Names of credentials in an object that is written out, `{access_token: t}`."""
        place = self.run.place(event)
        node = event.node
        if place is None or not isinstance(node, ir.Call):
            return []
        stack: list[ir.Expr] = [node.args[1]]
        found: list[str] = []
        for _ in range(20):
            if not stack:
                break
            inner = stack.pop()
            if isinstance(inner, ir.Call):
                stack.extend(inner.args[:1])
            elif isinstance(inner, ir.Name) and is_secret(inner.id.partition("~")[0]):
                found.append(inner.id.partition("~")[0])
            elif isinstance(inner, ir.Table):
                found.extend(
                    str(k.value)
                    for k, v in inner.entries
                    if isinstance(k, ir.Const) and is_secret(str(k.value)) and not isinstance(v, ir.Const)
                )
        words_ = {w for name in found for w in words(name)}
        return found if words_ & {"token", "secret", "password", "credential", "credentials", "key", "jwt"} else []

    def _tightened(self, event: Event) -> bool:
        """The same function sets the mode afterwards, or the module a mask for all files before."""
        for place in self.reader.places():
            call = place.node
            if place.scope.module is event.module and isinstance(call, ir.Call) and call.args:
                mask = call.args[0].value if isinstance(call.args[0], ir.Const) else None
                if getattr(call.callee, "name", "") == "umask" and isinstance(mask, int) and mask & PRIVATE == PRIVATE:
                    return True
        return any(
            other.routine == event.routine
            and other.ref.rpartition(".")[2] in {"chmod", "chmodSync"}
            and private_mode(other.args[1:])
            for other in self.events
        )

    def _decoded(self, event: Event) -> Iterator[Finding]:
        if any(e.kind == "jwt-verify" and e.module is event.module for e in self.events):
            return
        callers = any(label[0] in ("param", "request") for value in event.args for label in value.everything())
        severity = Severity.CRITICAL if callers else Severity.HIGH
        yield self._made(
            event, W.TOKEN_VALIDATION, severity, "The token's claims are used without verifying its signature."
        )

    def _verified(self, event: Event) -> Iterator[Finding]:
        options = next((v for v in event.args[2:] if v.fields is not None), None)
        algorithms = (options.fields or {}).get("algorithms") if options is not None else None
        if algorithms is not None and any(v.text() == "none" for v in algorithms.items or ()):
            yield self._made(
                event, W.TOKEN_VALIDATION, Severity.CRITICAL, "The token is accepted with the algorithm none."
            )

    def _stdout(self, event: Event) -> Iterator[Finding]:
        place = self.run.place(event)
        if not self.stdio or place is None or self._is_remapped():
            return
        if self._serves_only_http(event.module):
            return
        index = self.run.analysis.event_index.get((id(event.node), event.kind))
        if index not in self.run.touched or self._ends_or_serves(place):
            return
        what = "process.stdout.write" if event.kind == "stdout-write" else event.ref
        yield self._made(
            event, W.STDOUT_POLLUTION, Severity.MEDIUM, f"{what} writes on stdout, which belongs to the protocol."
        )

    def _serves_only_http(self, module: ir.Module) -> bool:
        symbols = {i.symbol or i.module for i in module.imports}
        return (
            bool(symbols & {"StreamableHTTPServerTransport", "SSEServerTransport", "express"})
            and "StdioServerTransport" not in symbols
        )

    def _is_remapped(self) -> bool:
        if self._remapped is None:
            self._remapped = self._remaps()
        return self._remapped

    def _remaps(self) -> bool:
        for place in self.reader.places():
            node = place.node
            if (
                isinstance(node, ir.Assign)
                and isinstance(node.targets[0], ir.Attribute)
                and node.targets[0].name in {"log", "write"}
            ):
                base = node.targets[0].base
                if (isinstance(base, ir.Name) and base.id == "console") or (
                    isinstance(base, ir.Attribute) and base.name == "stdout"
                ):
                    return True
        return False

    def _ends_or_serves(self, place: Place) -> bool:
        """Help texts before an exit, and messages of an HTTP server, do not meet the protocol on stdout."""
        current: Place | None = place
        while current is not None and current.parent is not None:
            parent = current.parent.node
            bodies: tuple[tuple[ir.Stmt, ...], ...] = ()
            if isinstance(parent, ir.If):
                bodies = (parent.then, parent.other)
                side = current.node in parent.then
                if self.stdio_sides.get(id(parent), side) != side:
                    return True
            elif isinstance(parent, ir.Function):
                bodies = (parent.body,)
            for body in bodies:
                if current.node in body and any(self._quits(s) for s in body):
                    return True
            if (
                isinstance(parent, ir.Call)
                and isinstance(parent.callee, ir.Attribute)
                and (
                    parent.callee.name in {"listen", "use", "post", "get", "delete", "put", "all"}
                    or self._signal(parent)
                )
            ):
                return True
            current = current.parent
        return False

    def _signal(self, call: ir.Call) -> bool:
        first = call.args[0] if call.args else None
        return isinstance(first, ir.Const) and isinstance(first.value, str) and first.value.startswith("SIG")

    def _quits(self, statement: ir.Stmt) -> bool:
        value = statement.value if isinstance(statement, ir.Do | ir.Return | ir.Assign) else None
        if not isinstance(value, ir.Call):
            return False
        name = value.callee.name if isinstance(value.callee, ir.Attribute) else getattr(value.callee, "id", "")
        return name in {"exit", "listen"} or bool(re.search(r"start.*(http|sse|server)", name, re.IGNORECASE))

    def _made(
        self,
        event: Event,
        weakness: Weakness,
        severity: Severity,
        message: str,
        confidence: Confidence = Confidence.FIRM,
    ) -> Finding:
        return Finding(
            "js", weakness, severity, confidence, message, event.module.path, event.line, event.module.text(event.line)
        )


def private_mode(values: tuple[Value, ...]) -> bool:
    """Whether an options argument or a mode lets only the owner read."""
    for value in values:
        mode = (value.fields or {}).get("mode", value).const
        if isinstance(mode, str) and mode.isdigit():
            mode = int(mode, 8)
        if isinstance(mode, int) and not isinstance(mode, bool) and mode and not mode & PRIVATE:
            return True
    return False
