"""Findings that one call or one assignment shows: transport security, tokens, timeouts, storage, hidden recipients."""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.python.observations import credential_option, is_private_mode, unverified
from scanner.code.python.transports import assignments
from scanner.code.recipients import EMAIL, TELEMETRY
from scanner.code.state import Event
from scanner.code.taint import Flows
from scanner.code.temporary import CLEANUP
from scanner.code.values import UNKNOWN, only
from scanner.code.walking import fails_open
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Signal, Weakness

_LOCAL: Final = re.compile(
    r"^(?:localhost|127\.|0\.0\.0\.0|\[?::1|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|host\.docker\.internal|[^.:/]+(?::|/|$)|[^/]*\.(?:local|localhost|internal|test|lan)(?::|/|$)|169\.254\.)"
)
_NAMESPACES: Final = re.compile(
    r"w3\.org|schemas?\.|xmlsoap|purl\.org|xmlns|openxmlformats|json-schema|ns\.adobe|example\.(?:com|org|net)"
)
_ADDRESS_NAME: Final = re.compile(r"url|uri|endpoint|host|api|base|server|address", re.IGNORECASE)
_UNLIMITED: Final = re.compile(
    r"^(?:requests|niquests)\.(?!Session$)|^requests\.[Ss]ession\(\)\.|^urllib\.request\.urlopen$"
)
_WAITING: Final = ("subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output")
_PIPE_TO_SHELL: Final = re.compile(r"\b(?:curl|wget)\b[^|;]*\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b")
_INSTALLERS: Final = (("pip", "install"), ("npm", "install"), ("uv", "install"), ("pip3", "install"))


def habits(flows: Flows) -> Iterator[Finding]:
    """Findings of the places that the entry point reaches."""
    for event in flows.analysis.events:
        if not flows.is_reached(event.module, event.routine):
            continue
        yield from _of_event(flows, event)
    for name in sorted(flows.modules):
        yield from _of_module(flows, flows.project.by_name[name])
    yield from _temporary(flows)


def private_places(flows: Flows) -> frozenset[str | None]:
    """Functions that give a file a private mode: what they store is readable by its owner only."""
    kinds = ("os-open", "chmod", "umask")
    events = flows.analysis.events
    tight = {e.routine for e in events if e.kind in kinds and is_private_mode(e)}
    # An opener is there to choose the mode.
    return frozenset(tight | {e.routine for e in events if e.kind == "sink" and "opener" in e.keywords})


def _at(event: Event, weakness: Weakness, severity: Severity, message: str, *, firm: bool = True) -> Finding:
    confidence = Confidence.FIRM if firm else Confidence.TENTATIVE
    place = (event.module.path, event.line, event.module.text(event.line))
    return Finding("py", weakness, severity, confidence, message, *place)


def _in(
    module: ir.Module, line: int, weakness: Weakness, severity: Severity, message: str, *, firm: bool = True
) -> Finding:
    confidence = Confidence.FIRM if firm else Confidence.TENTATIVE
    return Finding("py", weakness, severity, confidence, message, module.path, line, module.text(line))


def _of_event(flows: Flows, event: Event) -> Iterator[Finding]:
    if event.kind == "sink" and event.signal is Signal.HTTP:
        yield from _request(flows, event)
    elif event.kind == "sink" and event.signal is Signal.PROCESS:
        yield from _process(flows, event)
    elif event.kind == "http-client":
        yield from _client(event)
    elif event.kind in ("jwt-decode", "jwt-unverified"):
        yield from _token(flows, event)
    elif event.kind in ("tool-object", "add-tool"):
        described = event.keywords.get("description")
        if described is not None and only(described.everything(), "network"):
            message = "A tool's description comes from the network and can change after approval."
            yield _at(event, Weakness.RUG_PULL, Severity.HIGH, message)
    else:
        yield from _plain(event)


def _token(flows: Flows, event: Event) -> Iterator[Finding]:
    if event.kind != "jwt-unverified" and not unverified(event):
        return
    known = any(e.kind in ("jwt-decode", "jwt-verified") and not unverified(e) for e in flows.analysis.events)
    severity = Severity.MEDIUM if known else Severity.CRITICAL
    message = "A token is decoded without verifying its signature."
    yield _at(event, Weakness.TOKEN_VALIDATION, severity, message, firm=not known)


def _plain(event: Event) -> Iterator[Finding]:
    """Calls that are findings by themselves."""
    if event.kind == "compare-secret" and only(event.args[1].everything(), "param", "free", "request"):
        message = "A secret is compared with input in variable time; use hmac.compare_digest."
        yield _at(event, Weakness.TIMING_COMPARE, Severity.LOW, message)
    elif event.kind == "pip":
        yield _at(event, Weakness.REMOTE_CODE, Severity.HIGH, "Packages are installed while the server runs.")
    elif event.kind == "option" and (name := credential_option(event)):
        message = f"The option --{name} takes a credential on the command line, where other users can read it."
        yield _at(event, Weakness.CREDENTIAL_ARGUMENT, Severity.MEDIUM, message)


def _request(flows: Flows, event: Event) -> Iterator[Finding]:
    url = next((v.const for v in event.args[:2] if isinstance(v.const, str)), None) or _prefix(flows, event)
    if url is not None and is_plain(url):
        yield _at(event, Weakness.PLAIN_HTTP, Severity.HIGH, f"A remote address is reached without TLS ({url[:60]}).")
    if url is not None and TELEMETRY.search(url):
        yield _at(event, Weakness.TELEMETRY, Severity.MEDIUM, f"Usage data is sent to {url[:60]}.")
    timeout = event.keywords.get("timeout")
    missing = (
        timeout is None
        and bool(_UNLIMITED.match(event.ref))
        and not (event.ref.endswith("urlopen") and len(event.args) > 2)
    )
    if (missing or (timeout is not None and timeout.const is None)) and not _limited_around(flows, event):
        yield _at(event, Weakness.NO_TIMEOUT, Severity.MEDIUM, "The request waits without a limit.")
    for name in ("json", "data", "params", "content", "files"):
        value = event.keywords.get(name)
        if value is not None and only(value.everything(), "environ"):
            yield _at(event, Weakness.ENV_DUMP, Severity.CRITICAL, "The whole environment is sent over the network.")


def _prefix(flows: Flows, event: Event) -> str | None:
    """The fixed beginning of an address that is built from pieces."""
    node = event.node
    if not isinstance(node, ir.Call) or not node.args:
        return None
    for arg in node.args[:2]:
        if isinstance(arg, ir.Concat) and arg.parts:
            first = arg.parts[0]
            if isinstance(first, ir.Const) and isinstance(first.value, str):
                return first.value + "x"
            if isinstance(first, ir.Name):
                known = flows.analysis.globals.get(event.module.name, {}).get(first.id)
                return known.text() if known is not None else None
    return None


def is_plain(url: str) -> bool:
    """Whether an address is remote and without TLS."""
    if not url.startswith("http://"):
        return False
    host = url.removeprefix("http://")
    return (
        bool(host)
        and not host.startswith(("{", "$", "%", "<"))
        and not _LOCAL.match(host)
        and not _NAMESPACES.search(host)
    )


def _limited_around(flows: Flows, event: Event) -> bool:
    return any(
        e.kind == "timeout" and e.routine == event.routine and e.module is event.module for e in flows.analysis.events
    )


def _client(event: Event) -> Iterator[Finding]:
    timeout = event.keywords.get("timeout")
    if timeout is not None and timeout.const is None:
        yield _at(event, Weakness.NO_TIMEOUT, Severity.MEDIUM, "The client waits without a limit.")


def _process(flows: Flows, event: Event) -> Iterator[Finding]:
    first = event.args[0] if event.args else event.keywords.get("args")
    if first is None:
        return
    if isinstance(first.const, str):
        words = tuple(first.const.split())
    else:
        items = first.items if first.items is not None else event.args
        words = tuple(str(v.const) for v in items if isinstance(v.const, str))
    text = " ".join(words)
    if _PIPE_TO_SHELL.search(text):
        yield _at(event, Weakness.REMOTE_CODE, Severity.CRITICAL, "A downloaded script is run by a shell.")
    elif any(a in words and b in words for a, b in _INSTALLERS):
        yield _at(event, Weakness.REMOTE_CODE, Severity.HIGH, "Packages are installed while the server runs.")
    if event.ref in _WAITING and event.keywords.get("timeout") is None and not _limited_around(flows, event):
        yield _at(event, Weakness.NO_TIMEOUT, Severity.LOW, "The program that is started may run without a limit.")


# --- assignments and shapes -----------------------------------------------------------------------------------------


def _of_module(flows: Flows, module: ir.Module) -> Iterator[Finding]:
    fetches = any(e.module is module and e.signal is Signal.HTTP for e in flows.analysis.events)
    for statement in assignments(module.body):
        yield from _assignment(module, statement, fetches=fetches)
    for routine in flows.project.routines.values():
        if routine.module is module and routine.ref in flows.functions:
            yield from _function(module, routine.function)


def _assignment(module: ir.Module, statement: ir.Assign, *, fetches: bool) -> Iterator[Finding]:
    target = statement.targets[0]
    value = statement.value
    const = value.value if isinstance(value, ir.Const) else UNKNOWN
    if fetches and isinstance(const, str) and is_plain(const):
        name = target.id if isinstance(target, ir.Name) else target.name if isinstance(target, ir.Attribute) else ""
        if _ADDRESS_NAME.search(name):
            yield _in(
                module,
                statement.line,
                Weakness.PLAIN_HTTP,
                Severity.HIGH,
                f"A remote address is reached without TLS ({const[:60]}).",
            )
    if isinstance(target, ir.Subscript):
        yield from _blind_copy(module, statement.line, target.index, value)
    for key, entry in value.entries if isinstance(value, ir.Table) else ():
        yield from _blind_copy(module, entry.line, key, entry)


def _blind_copy(module: ir.Module, line: int, key: ir.Expr | None, value: ir.Expr) -> Iterator[Finding]:
    """A fixed address among the blind copies of a message."""
    if not (isinstance(key, ir.Const) and str(key.value).lower() == "bcc" and isinstance(value, ir.Const)):
        return
    if isinstance(value.value, str) and EMAIL.match(value.value):
        message = f"Every message is also sent to {value.value}."
        yield _in(module, line, Weakness.EXFILTRATION, Severity.HIGH, message)


def _rewrites(module: ir.Module, function: ir.Function, target: ir.Attribute, value: ir.Expr) -> bool:
    """Whether a docstring gets a new text: a copy of another one, or a text for the function that it makes, is what
    decorators do.
    """
    if isinstance(target.base, ir.Name):
        inner = f"{function.qualname}.<locals>.{target.base.id}"
        if any(f.qualname == inner for f in module.functions):
            return False
    if isinstance(value, ir.Const):
        return isinstance(target.base, ir.Name) and any(f.qualname == target.base.id for f in module.functions)
    return not isinstance(value, ir.Attribute)


def _function(module: ir.Module, function: ir.Function) -> Iterator[Finding]:
    for statement in assignments(function.body):
        target = statement.targets[0]
        if (
            isinstance(target, ir.Attribute)
            and target.name == "__doc__"
            and _rewrites(module, function, target, statement.value)
        ):
            message = "A function rewrites its own description while the server runs."
            yield _in(module, statement.line, Weakness.RUG_PULL, Severity.HIGH, message)
    for line in fails_open(function):
        message = f"{function.name} allows when it fails."
        yield _in(module, line, Weakness.FAIL_OPEN, Severity.MEDIUM, message, firm=False)


def _temporary(flows: Flows) -> Iterator[Finding]:
    deletes = (e for e in flows.analysis.events if e.signal is Signal.FILE_DELETE or e.kind == CLEANUP)
    modules = {e.module.name for e in deletes}
    for event in flows.analysis.events:
        kept = event.kind == "temp-made" or (
            event.kind == "temp-file" and (d := event.keywords.get("delete")) is not None and d.const is False
        )
        if kept and event.module.name not in modules and flows.is_reached(event.module, event.routine):
            yield _at(event, Weakness.TEMP_LEFTOVER, Severity.LOW, "The temporary file is never removed.", firm=False)
