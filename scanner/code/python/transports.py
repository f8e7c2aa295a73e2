"""Which transports a Python server opens: where it listens, behind what, and whether by default.

Without a transport, `FastMCP.run()` of the MCP Python SDK and of fastmcp serves stdio.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from scanner.code import ir
from scanner.code.carried import is_read, names_holding, own
from scanner.code.python.gatekeeping import Auth, Gatekeeping, refuses
from scanner.code.state import Event
from scanner.code.taint import Flows
from scanner.code.values import UNKNOWN, Value
from trust.facts import Listener
from trust.finding import Finding, Observation
from trust.vocabulary import Confidence, Severity, Signal, Weakness

Transport = Literal["http", "sse", "streamable-http", "websocket"]

_NAMES: Final[dict[str, Transport]] = {
    "sse": "sse", "http": "streamable-http", "streamable-http": "streamable-http", "streamable_http": "streamable-http",
    "streamablehttp": "streamable-http", "websocket": "websocket", "ws": "websocket",
}  # fmt: skip
_METHODS: Final[dict[str, Transport | Literal["stdio"]]] = {
    "run_stdio_async": "stdio", "run_sse_async": "sse", "run_streamable_http_async": "streamable-http",
    "run_http_async": "streamable-http",
}  # fmt: skip
_EVERYWHERE: Final = ("0.0.0.0", "::", "")  # noqa: S104 -- searched for, not bound
_CHECKS_HOST: Final = re.compile(r"TrustedHost\w*Middleware$|HostOriginGuard\w*$|TransportSecurityMiddleware$")
_HOST_HEADER: Final = re.compile(r"^(?:host|origin)$", re.IGNORECASE)
_DEFAULTS: Final = {
    "uvicorn.run": "127.0.0.1", "uvicorn.Config": "127.0.0.1", "flask.Flask().run": "127.0.0.1",
    "quart.Quart().run": "127.0.0.1", "hypercorn.asyncio.serve": "127.0.0.1",
    "aiohttp.web.run_app": "0.0.0.0", "waitress.serve": "0.0.0.0", "sanic.Sanic().run": "127.0.0.1",  # noqa: S104
    "websockets.serve": "", "websockets.asyncio.server.serve": "", "tornado.web.Application().listen": "",
}  # fmt: skip
"""Where these listen when the code names no host (uvicorn `Config.host`, Flask `run`, aiohttp `run_app`, waitress
`Adjustments.host`, hypercorn `Config.bind`, each at its published default)."""
_FASTMCP: Final = "127.0.0.1"
"""fastmcp `Settings.host`, 2.0 to 4.2."""
_OF_PROTOCOL: Final = ("server", "sse-transport", "http-transport", "asgi-app", "serve")
_CALLBACK: Final = re.compile(r"callback|redirect_uri|authorization_code|oauth", re.IGNORECASE)
_PROTOCOL: Final = re.compile(r"jsonrpc|[\"']/(?:mcp|sse)\b|tools/(?:call|list)", re.IGNORECASE)
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


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
    auth: Auth = "none"
    host_check: bool | None = None


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
    opening = [e for e, (offered, _) in serving if set(offered) - {"stdio"}]
    auth, host_check = Gatekeeping(flows, events, opening).auth(), _host_check(events)
    if host_check is None:
        host_check = _own_host_check(flows)
    result.auth, result.host_check = auth, host_check
    hosts = _configured_hosts(flows, events)
    stateless = any(
        e.keywords[k].const is True for e in events for k in ("stateless_http", "stateless") if k in e.keywords
    )
    for event, (offered, default) in serving:
        names: list[Transport] = [k for k in offered if k != "stdio"]
        if not names:
            continue
        sdk = _sdk(event, events)
        host = _host_of(flows, event) or _unnamed(event, sdk, hosts)
        if event.kind == "http-server" and _is_callback(event.module):
            if host.name in _EVERYWHERE:
                result.findings.append(_open(flows, host, on=False, auth="none"))
            continue
        if event.kind == "uvicorn" and host.name in LOOPBACK and _is_sign_in(event, events):
            continue
        on = default != "stdio" if default is not None else not result.stdio
        transport = next((n for n in names if n == default), names[0])
        checked = host_check if host_check is not None else _sdk_check(sdk, events)
        place = (event.module.path, event.line)
        result.listeners.append(
            Listener(*place, transport, host.name, host.configurable, auth, checked, on, sdk, stateless)
        )
        if host.name in _EVERYWHERE:
            result.findings.append(_open(flows, host, on=on, auth=auth))
    if host_check is False and result.listeners:
        result.findings += [_rebinding(e) for e in events if e.kind == "transport-security" and _switched_off(e)]
    return result


def _sdk(event: Event, events: list[Event]) -> str:
    """The library whose defaults hold for an endpoint: `mcp` (its FastMCP), `mcp.lowlevel`, `fastmcp`, or none."""
    made = [e.ref for e in events if e.kind == "server"]
    own = (event.receiver.ref or "") if event.receiver is not None else ""
    if event.kind == "uvicorn" and not any(e.kind == "asgi-app" for e in events):
        made = []
        if any(e.kind in ("sse-transport", "http-transport") for e in events):
            return "mcp.lowlevel"
    elif event.kind not in ("uvicorn", "serve"):
        return ""
    for ref in (own, *made):
        if ref.startswith("mcp."):
            return "mcp"
        if ref.startswith("fastmcp."):
            return "fastmcp"
    return ""


def _sdk_check(sdk: str, events: list[Event]) -> bool | None:
    """What the library does by itself; None where that depends on its version (see `scanner.collect.sdk_defaults`)."""
    if sdk != "mcp":
        return False
    given = [e.keywords["host"] for e in events if e.kind == "server" and "host" in e.keywords]
    hosts = [(v.fields or {}).get("default", v).text() for v in given]
    return False if any(host is not None and host not in LOOPBACK for host in hosts) else None


def _own_host_check(flows: Flows) -> bool | None:
    """A function of the server that reads Host or Origin and refuses."""
    for ref in flows.functions:
        routine = flows.project.routines.get(ref)
        if routine is None or routine.module.name not in flows.modules or not refuses(routine.function):
            continue
        read = names_holding(routine.function, _HOST_HEADER)
        if read or any(
            isinstance(n, ir.Call | ir.Subscript) and is_read(n, _HOST_HEADER) for n in own(routine.function.body)
        ):
            return True
    return None


def _unnamed(event: Event, sdk: str, hosts: list[_Host]) -> _Host:
    """The host of an endpoint that names none: the server's settings, or the library's default."""
    if event.kind == "serve" and hosts:
        return hosts[0]
    known = _DEFAULTS.get(event.ref) or (_FASTMCP if sdk == "fastmcp" and event.kind == "serve" else None)
    return _Host(known, configurable=False, path=event.module.path, line=event.line)


def _is_callback(module: ir.Module) -> bool:
    """A small server that waits for the browser to come back from a login, not for clients of the protocol."""
    text = "\n".join(module.lines)
    return bool(_CALLBACK.search(text)) and not _PROTOCOL.search(text)


def _is_sign_in(event: Event, events: list[Event]) -> bool:
    """Where the browser that this module opens for a login comes back to; nothing of the protocol is made here."""
    text = "\n".join(event.module.lines)
    here = any(e.kind in _OF_PROTOCOL and e.module is event.module for e in events)
    return not here and "redirect_uri" in text and "webbrowser.open" in text


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
    """The value that applies when nobody chooses: of an environment variable, a command-line option, a parameter of
    the function around, or a field of a settings class.
    """
    stated = (value.fields or {}).get("default")
    if stated is not None and stated.text() is not None:
        return stated.text()
    spelled = _spelled(event.node, keyword)
    if not spelled:
        return None
    for option in flows.analysis.events:
        if option.kind != "option":
            continue
        names = {str(v.const).lstrip("-").replace("-", "_") for v in option.args if isinstance(v.const, str)}
        default = option.keywords.get("default")
        if spelled in names and default is not None:
            inner = (default.fields or {}).get("default", default)
            if inner.text() is not None:
                return inner.text()
    return _declared(flows, event, spelled)


def _declared(flows: Flows, event: Event, name: str) -> str | None:
    """`def main(host: str = "0.0.0.0")`, `class Settings: host: str = Field(default="0.0.0.0")`."""
    routine = flows.project.routines.get(event.routine or "")
    given = [p.default for p in routine.function.params if p.name == name] if routine is not None else []
    for module_name in sorted(flows.modules):
        for class_ in flows.project.by_name[module_name].classes:
            given += [
                s.value
                for s in class_.body
                if isinstance(s, ir.Assign) and isinstance(s.targets[0], ir.Name) and s.targets[0].id == name
            ]
    for node in given:
        inner = node
        if isinstance(inner, ir.Call):
            inner = next((k.value for k in inner.keywords if k.name == "default"), next(iter(inner.args), None))
        if isinstance(inner, ir.Const) and isinstance(inner.value, str):
            return inner.value
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


def _host_check(events: list[Event]) -> bool | None:
    """Whether the code checks the Host header, None when it says nothing about it."""
    for event in events:
        if event.kind == "trusted-host" and not _any_host(event):
            return True
        if event.kind == "add-middleware" and not _any_host(event):
            named = (*event.args, *(event.keywords.get(k, Value()) for k in ("cls", "middleware_class")))
            if any(_CHECKS_HOST.search(v.ref or "") for v in named):
                return True
        if event.kind == "transport-security":
            return not _switched_off(event)
        asked = event.keywords.get("host_origin_protection")
        if asked is not None and asked.const not in (False, None):
            return True
    return None


def _any_host(event: Event) -> bool:
    """`allowed_hosts=["*"]` checks nothing."""
    allowed = event.keywords.get("allowed_hosts")
    return allowed is not None and any(v.const == "*" for v in allowed.items or ())


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
