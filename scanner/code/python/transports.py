"""Which transports a Python server opens: where it listens, behind what, and whether by default.

Defaults: MCP Python SDK, `FastMCP.run(transport="stdio")`; fastmcp likewise.
"""

from dataclasses import dataclass
from typing import Final, Literal

from scanner.code import ir
from scanner.code.reach import mentioned
from scanner.code.state import Event
from scanner.code.taint import Flows
from scanner.code.values import UNKNOWN, Value
from trust.facts import Listener
from trust.finding import Finding, Observation
from trust.vocabulary import Confidence, Severity, Signal, Weakness

Transport = Literal["http", "sse", "streamable-http", "websocket"]
Auth = Literal["none", "optional", "shared-secret", "bearer", "jwt", "oauth", "mtls"]

_NAMES: Final[dict[str, Transport]] = {
    "sse": "sse", "http": "streamable-http", "streamable-http": "streamable-http", "streamable_http": "streamable-http",
    "streamablehttp": "streamable-http", "websocket": "websocket", "ws": "websocket",
}  # fmt: skip
_METHODS: Final[dict[str, Transport | Literal["stdio"]]] = {
    "run_stdio_async": "stdio", "run_sse_async": "sse", "run_streamable_http_async": "streamable-http",
    "run_http_async": "streamable-http",
}  # fmt: skip
_EVERYWHERE: Final = ("0.0.0.0", "::", "")  # noqa: S104 -- searched for, not bound
_HEADERS: Final = frozenset({"authorization", "Authorization", "x-api-key", "X-API-Key", "headers"})
_RANK: Final[tuple[Auth, ...]] = ("none", "optional", "shared-secret", "bearer", "jwt", "oauth", "mtls")


@dataclass(frozen=True, slots=True)
class _Host:
    """A host as the code gives it: the literal or default, whether somebody can change it, and where it stands."""

    name: str | None
    configurable: bool
    path: str
    line: int


@dataclass(slots=True)
class Transports:
    """The result: listeners, whether stdio is served, and the findings and observations that go with them."""

    listeners: list[Listener]
    stdio: bool
    findings: list[Finding]
    observations: list[Observation]


def transports(flows: Flows) -> Transports:
    events = [e for e in flows.analysis.events if flows.is_reached(e.module, e.routine)]
    result = Transports([], stdio=False, findings=[], observations=[])
    serving = [(e, kinds) for e in events if (kinds := _kinds(flows, e)) is not None]
    for event, (offered, _) in serving:
        if "stdio" in offered or event.kind == "stdio":
            result.stdio = True
            place = (event.module.path, event.line)
            result.observations.append(Observation(Signal.STDIO_TRANSPORT, *place, event.ref.replace("$", "")))
    result.stdio = result.stdio or any(e.kind == "stdio" for e in events)
    auth, host_check = _auth(flows, events), _host_check(events)
    hosts = _configured_hosts(flows, events)
    for event, (offered, default) in serving:
        names: list[Transport] = [k for k in offered if k != "stdio"]
        if not names:
            continue
        host = _host_of(flows, event) or (
            hosts[0] if hosts else _Host(None, configurable=False, path=event.module.path, line=event.line)
        )
        on = default != "stdio" if default is not None else not result.stdio
        transport = next((n for n in names if n == default), names[0])
        result.listeners.append(
            Listener(event.module.path, event.line, transport, host.name, host.configurable, auth, host_check, on)
        )
        if host.name in _EVERYWHERE:
            result.findings.append(_open(flows, host, on=on, auth=auth))
    if host_check is False and result.listeners:
        result.findings += [_rebinding(e) for e in events if e.kind == "transport-security" and _switched_off(e)]
    return result


def _kinds(flows: Flows, event: Event) -> tuple[list[Transport | Literal["stdio"]], str | None] | None:
    """The transports that a serving call may open, and the default when it can be chosen."""
    if event.kind in ("uvicorn", "http-server"):
        return ["sse" if _uses_sse(flows) else "http"], None
    if event.kind != "serve":
        return None
    method = event.ref.rpartition(".")[2]
    if method in _METHODS:
        return [_METHODS[method]], None
    value = event.keywords.get("transport") or (event.args[0] if event.args else None)
    if value is None:
        return ["stdio"], None
    text = value.text()
    if text is not None:
        return ["stdio"] if text == "stdio" else [_NAMES.get(text, "http")], None
    default = _default(flows, value, event, "transport")
    return ["stdio", _NAMES.get(default or "", "streamable-http")], default


def _uses_sse(flows: Flows) -> bool:
    return any(e.kind == "sse-transport" or e.ref.endswith(".sse_app") for e in flows.analysis.events)


def _default(flows: Flows, value: Value, event: Event, keyword: str) -> str | None:
    """The value that applies when nobody chooses: of an environment variable, of a command-line option."""
    stated = (value.fields or {}).get("default")
    if stated is not None and stated.text() is not None:
        return stated.text()
    spelled = _spelled(event.node, keyword)
    for option in flows.analysis.events:
        if option.kind != "option":
            continue
        names = {str(v.const).lstrip("-").replace("-", "_") for v in option.args if isinstance(v.const, str)}
        default = option.keywords.get("default")
        if spelled in names and default is not None:
            inner = (default.fields or {}).get("default", default)
            return inner.text()
    return None


def _spelled(node: ir.Expr, keyword: str) -> str:
    if isinstance(node, ir.Call):
        value = next((k.value for k in node.keywords if k.name == keyword), node.args[0] if node.args else None)
        if isinstance(value, ir.Attribute):
            return value.name
        if isinstance(value, ir.Name):
            return value.id
    return ""


def _host_of(flows: Flows, event: Event) -> _Host | None:
    value = event.keywords.get("host")
    if value is None and event.kind == "http-server" and event.args and event.args[0].items:
        value = event.args[0].items[0]
    return None if value is None else _as_host(flows, value, event)


def _as_host(flows: Flows, value: Value, event: Event) -> _Host:
    if isinstance(value.const, str):
        return _Host(value.const, configurable=False, path=event.module.path, line=event.line)
    return _Host(_default(flows, value, event, "host"), configurable=True, path=event.module.path, line=event.line)


def _configured_hosts(flows: Flows, events: list[Event]) -> list[_Host]:
    """Hosts given to the server object, and assignments to its settings."""
    found = [
        _as_host(flows, e.keywords["host"], e)
        for e in events
        if e.kind in ("server", "uvicorn") and "host" in e.keywords
    ]
    for name in flows.modules:
        module = flows.project.by_name[name]
        for statement in assignments(module.body):
            target = statement.targets[0]
            if not (isinstance(target, ir.Attribute) and target.name == "host" and _is_settings(target.base)):
                continue
            const = statement.value.value if isinstance(statement.value, ir.Const) else UNKNOWN
            if isinstance(const, str):
                found.append(_Host(const, configurable=False, path=module.path, line=statement.line))
            else:
                found.append(_Host(None, configurable=True, path=module.path, line=statement.line))
    return found


def _is_settings(base: ir.Expr) -> bool:
    return isinstance(base, ir.Attribute) and base.name == "settings"


def assignments(body: tuple[ir.Stmt, ...]) -> list[ir.Assign]:
    """Every assignment in a piece of code, also in branches and in functions."""
    found: list[ir.Assign] = []
    stack: list[object] = [body]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(node)
        elif isinstance(node, ir.Assign):
            found.append(node)
        elif isinstance(node, (ir.If, ir.Loop, ir.Try, ir.With, ir.Define, ir.Function, ir.Class, ir.Handler)):
            stack.extend(getattr(node, part, ()) for part in ("body", "then", "other", "final", "handlers", "what"))
    found.reverse()
    return found


def _auth(flows: Flows, events: list[Event]) -> Auth:
    """The strongest mechanism that the code sets up."""
    found: set[Auth] = {"none"}
    for event in events:
        if event.kind in ("oauth-auth", "jwt-auth", "bearer-auth"):
            kinds: dict[str, Auth] = {"oauth-auth": "oauth", "jwt-auth": "jwt", "bearer-auth": "bearer"}
            found.add(kinds[event.kind])
        elif event.kind == "server" and any(
            _given(event, k) for k in ("auth", "token_verifier", "auth_server_provider")
        ):
            found.add("bearer")
        elif event.kind == "uvicorn" and _given(event, "ssl_ca_certs") and _given(event, "ssl_cert_reqs"):
            found.add("mtls")
        elif event.kind in ("constant-time", "compare-secret") and event.routine in flows.project.routines:
            body = flows.project.routines[event.routine].function.body if event.routine else ()
            if mentioned(body, into_functions=True) & _HEADERS:
                found.add("shared-secret")
    return max(found, key=_RANK.index)


def _given(event: Event, keyword: str) -> bool:
    value = event.keywords.get(keyword)
    return value is not None and value.const is UNKNOWN


def _host_check(events: list[Event]) -> bool | None:
    for event in events:
        if event.kind == "trusted-host":
            return True
        if event.kind == "add-middleware" and any((v.ref or "").endswith("TrustedHostMiddleware") for v in event.args):
            return True
        if event.kind == "transport-security":
            return not _switched_off(event)
    return None


def _switched_off(event: Event) -> bool:
    value = event.keywords.get("enable_dns_rebinding_protection")
    return value is not None and value.const is False


def _open(flows: Flows, host: _Host, *, on: bool, auth: Auth) -> Finding:
    exposed = on and auth in ("none", "optional")
    severity = Severity.HIGH if exposed and not host.configurable else Severity.MEDIUM
    message = "The server listens on every network interface" + (" by default." if host.configurable else ".")
    module = next((m for m in flows.project.modules if m.path == host.path), None)
    snippet = module.text(host.line) if module is not None else ""
    return Finding("py", Weakness.OPEN_BIND, severity, Confidence.FIRM, message, host.path, host.line, snippet)


def _rebinding(event: Event) -> Finding:
    message = "The SDK's protection against DNS rebinding is switched off."
    place = (event.module.path, event.line, event.module.text(event.line))
    return Finding("py", Weakness.DNS_REBINDING, Severity.MEDIUM, Confidence.FIRM, message, *place)
