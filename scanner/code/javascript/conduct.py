"""How a JavaScript server behaves over time and towards others.

Definitions that change, state that clients share, data that also goes elsewhere, checks that open when they break,
temporary files that stay.
"""

from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.gating import counters, gates
from scanner.code.javascript.index import Place, Scope
from scanner.code.javascript.running import Run, handled
from scanner.code.javascript.servers import Servers
from scanner.code.recipients import EMAIL, TELEMETRY, fixed_host, second_copies
from scanner.code.state import Event
from scanner.code.temporary import CLEANUP
from scanner.code.values import only
from scanner.code.walking import fails_open, walk
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Signal, Weakness

W = Weakness
_REGISTERS: Final = frozenset({"registerTool", "tool", "registerAppTool"})
_TEXTS: Final = frozenset({"description", "title", "callback", "paramsSchema", "handler", "execute"})
_SERVERS: Final = frozenset({"McpServer", "Server", "FastMCP"})
_TRANSPORTS: Final = ("StreamableHTTPServerTransport", "SSEServerTransport")
_ACTS: Final = frozenset({Signal.HTTP, Signal.PROCESS, Signal.FILE_READ, Signal.MESSAGE, Signal.EVAL})
_MUTATES: Final = frozenset({"push", "unshift", "add"})
_MADE: Final = frozenset({"mkdtemp", "mkdtempSync"})
_SESSION: Final = ("session", "transport", "sid")


class Conduct:
    """The findings of one run about what the server does besides answering."""

    def __init__(self, run: Run, servers: Servers, *, networked: bool) -> None:
        self.run = run
        self.reader = run.reader
        self.servers = servers
        self.networked = networked
        self.acting = {id(e.node) for e in run.analysis.events if e.signal in _ACTS}
        self.handlers = {id(t.handler): t.handler for t in run.tools if t.handler is not None}

    def findings(self) -> Iterator[Finding]:
        for event in self.run.analysis.events:
            if self.run.reached(event.module):
                yield from self._of_event(event)
        for index in self.reader.indexes.values():
            if self.run.reached(index.module):
                for function in index.module.functions:
                    for line in fails_open(function):
                        message = f"{function.name} allows when it fails."
                        yield _in(index.module, line, W.FAIL_OPEN, Severity.MEDIUM, message, firm=False)
        for place in self.reader.places():
            if self.run.reached(place.scope.module):
                yield from self._of_place(place)
        yield from self._gated()
        yield from self._copies()
        yield from self._temporary()
        if self.networked:
            yield from self._shared()

    # --- definitions --------------------------------------------------------------------------------------------

    def _of_event(self, event: Event) -> Iterator[Finding]:
        if event.kind == "registration":
            told = [(v.fields or {}).get("description") for v in event.args]
            if event.ref.endswith(".tool"):
                told += [v for v in event.args[1:2] if v.fields is None]
            if any(v is not None and only(v.taint, "network") for v in told):
                message = "A tool's description comes from the network and can change after approval."
                yield _in(event.module, event.line, W.RUG_PULL, Severity.HIGH, message)
        elif event.kind == "sink" and event.signal is Signal.HTTP:
            host = fixed_host(self.run.analysis, event)
            if host is not None and TELEMETRY.search(host):
                yield _in(event.module, event.line, W.TELEMETRY, Severity.MEDIUM, f"Usage data is sent to {host}.")

    def _of_place(self, place: Place) -> Iterator[Finding]:
        node = place.node
        if isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute) and node.callee.name == "update":
            yield from self._updated(node, node.callee, place)
        elif isinstance(node, ir.Assign) and isinstance(node.targets[0], ir.Attribute):
            target = node.targets[0]
            if target.name in _TEXTS and self._is_registered(target.base, place.scope):
                yield from self._rewritten(place)
        elif isinstance(node, ir.Table):
            for key, value in node.entries:
                name = key.value if isinstance(key, ir.Const) else None
                if isinstance(name, str) and name.lower() == "bcc":
                    text = self.reader.text(value, place.scope)
                    if text is not None and EMAIL.match(text):
                        message = f"Every message is also sent to {text}."
                        yield _in(place.scope.module, value.line, W.EXFILTRATION, Severity.HIGH, message)
                elif (
                    name == "enableDnsRebindingProtection"
                    and self.networked
                    and self.reader.constant(value, place.scope) is False
                ):
                    message = "The SDK's protection against DNS rebinding is switched off."
                    yield _in(place.scope.module, value.line, W.DNS_REBINDING, Severity.MEDIUM, message)

    def _updated(self, node: ir.Call, callee: ir.Attribute, place: Place) -> Iterator[Finding]:
        given = self.reader.table(node.args[0], place.scope) if node.args else None
        if given and _TEXTS & set(given) and self._is_registered(callee.base, place.scope):
            yield from self._rewritten(place)

    def _is_registered(self, node: ir.Expr, scope: Scope) -> bool:
        """Whether an expression is what the SDK handed back for a registered tool."""
        thing = self.reader.resolve(node, scope)
        if thing is None or not isinstance(thing.node, ir.Call) or not isinstance(thing.node.callee, ir.Attribute):
            return False
        return thing.node.callee.name in _REGISTERS and len(thing.node.args) > 1

    def _rewritten(self, place: Place) -> Iterator[Finding]:
        if place.scope.function is None:
            return
        severity = Severity.HIGH if self._in_handler(place.scope) else Severity.MEDIUM
        message = "A registered tool is given another text or another handler while the server runs."
        yield _in(place.scope.module, place.line, W.RUG_PULL, severity, message)

    def _in_handler(self, scope: Scope) -> bool:
        current: Scope | None = scope
        while current is not None:
            if id(current) in self.handlers:
                return True
            current = current.parent
        return False

    def _gated(self) -> Iterator[Finding]:
        """What tools/list answers, and what a tool does, must not depend on a count of calls or on a date."""
        for index in self.reader.indexes.values():
            if not self.run.reached(index.module):
                continue
            counted = counters(index.module.functions)
            for scope in index.scopes.values():
                if scope.function is None:
                    continue
                if scope in self.run.listers:
                    for line, _ in gates(scope.function.body, counted):
                        message = "The list of tools changes after a number of calls or on a date."
                        yield _in(index.module, line, W.RUG_PULL, Severity.HIGH, message)
                elif id(scope) in self.handlers:
                    for line, branch in gates(scope.function.body, counted):
                        if self._acts(branch):
                            message = "The tool does something else after a number of calls or on a date."
                            yield _in(index.module, line, W.RUG_PULL, Severity.MEDIUM, message, firm=False)

    def _acts(self, branch: tuple[ir.Stmt | ir.Expr, ...]) -> bool:
        return any(id(node) in self.acting for node in walk(branch))

    # --- third parties and leftovers ----------------------------------------------------------------------------

    def _copies(self) -> Iterator[Finding]:
        wanted: set[int] = set()
        for tool in self.run.tools:
            summary = self.run.summary(handled(self.run, tool))
            wanted |= summary.events if summary is not None else set()
        for event, host in second_copies(self.run.analysis, frozenset(wanted)):
            message = f"What a tool was given is also sent to {host}, whose answer nobody reads."
            yield _in(event.module, event.line, W.EXFILTRATION, Severity.HIGH, message)

    def _temporary(self) -> Iterator[Finding]:
        deletes = (e for e in self.run.analysis.events if e.signal is Signal.FILE_DELETE or e.kind == CLEANUP)
        cleaned = {e.module.name for e in deletes}
        for event in self.run.analysis.events:
            made = event.kind == "sink" and event.ref.rpartition(".")[2] in _MADE
            if made and event.module.name not in cleaned and self.run.reached(event.module):
                message = "The temporary folder is never removed."
                yield _in(event.module, event.line, W.TEMP_LEFTOVER, Severity.LOW, message, firm=False)

    # --- clients ------------------------------------------------------------------------------------------------

    def _shared(self) -> Iterator[Finding]:
        answering = {id(scope): scope for _, scope in self.servers.handlers()}
        answering.update(self.handlers)
        for scope in answering.values():
            if scope.function is None or not self.run.reached(scope.module):
                continue
            inputs = self._from_caller(scope)
            for place in self.reader.indexes[scope.module.name].inside(scope):
                yield from self._kept(place, scope, inputs)
                yield from self._one_server(place, scope)

    def _kept(self, place: Place, handler: Scope, inputs: set[str]) -> Iterator[Finding]:
        """A caller's input in a variable of the module, under no key or a fixed one."""
        node = place.node
        target: ir.Expr | None = None
        value: ir.Expr | None = None
        if isinstance(node, ir.Assign) and not node.augmented:
            target, value = node.targets[0], node.value
            fixed = isinstance(target, ir.Subscript) and isinstance(target.index, ir.Const)
            if isinstance(target, ir.Attribute | ir.Subscript) and (fixed or isinstance(target, ir.Attribute)):
                target = target.base
        elif isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute) and node.callee.name in _MUTATES:
            target, value = node.callee.base, node.args[0] if node.args else None
        if not isinstance(target, ir.Name) or value is None or handler.find(target.id) is None:
            return
        where = handler.find(target.id)
        if where is None or where.function is not None or any(word in target.id.lower() for word in _SESSION):
            return
        if not any(isinstance(n, ir.Name) and n.id in inputs for n in walk(value)):
            return
        name = target.id.partition("~")[0]
        message = f"A caller's input is kept in {name}, which all clients share."
        yield _in(place.scope.module, place.line, W.SESSION_ISOLATION, Severity.MEDIUM, message)

    def _from_caller(self, handler: Scope) -> set[str]:
        """Parameters of the handler, and the names that its patterns bind."""
        first = next(iter(handler.function.params), None) if handler.function is not None else None
        if first is None:
            return set()
        wanted = {first.name}
        for name in set(handler.values) - set(handler.params):
            for value in handler.values.get(name, ()):
                if any(isinstance(n, ir.Name) and n.id == first.name for n in walk(value)):
                    wanted.add(name)
        return wanted

    def _one_server(self, place: Place, handler: Scope) -> Iterator[Finding]:
        """`server.connect(new Transport())` per request, on a server that was made once for all of them."""
        node = place.node
        if not isinstance(node, ir.Call) or not isinstance(node.callee, ir.Attribute) or node.callee.name != "connect":
            return
        base = node.callee.base
        where = handler.find(base.id) if isinstance(base, ir.Name) else None
        if where is None or where.function is not None or not node.args:
            return
        made, given = self.reader.library(base, place.scope) or "", self.reader.library(node.args[0], place.scope) or ""
        if made.removesuffix("()").rpartition(".")[2] in _SERVERS and any(t in given for t in _TRANSPORTS):
            message = "One server object is connected to the transport of every client."
            yield _in(place.scope.module, place.line, W.SESSION_ISOLATION, Severity.MEDIUM, message)


def _in(
    module: ir.Module, line: int, weakness: Weakness, severity: Severity, message: str, *, firm: bool = True
) -> Finding:
    confidence = Confidence.FIRM if firm else Confidence.TENTATIVE
    return Finding("js", weakness, severity, confidence, message, module.path, line, module.text(line))
