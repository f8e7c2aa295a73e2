"""Neutral observations: what the events of the analysis say in the shared vocabulary."""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.secret_names import is_secret
from scanner.code.state import Event
from scanner.code.taint import Flows
from scanner.code.temporary import CLEANUP
from scanner.code.values import Value
from scanner.code.walking import walk
from trust.finding import Observation
from trust.vocabulary import Signal

_SIGNALS: Final = {
    "environment": Signal.ENV_READ,
    "environment-secret": Signal.CREDENTIAL_FROM_ENV,
    "constant-time": Signal.CONSTANT_TIME_COMPARE,
    "keyring": Signal.CREDENTIAL_FROM_KEYRING,
    "encrypted": Signal.ENCRYPTED_STORAGE,
    "temp-managed": Signal.TEMP_CLEANUP,
    CLEANUP: Signal.TEMP_CLEANUP,
    "tls-context": Signal.TLS_CONFIGURED,
    "timeout": Signal.TIMEOUT,
    "rate-limit": Signal.RATE_LIMIT,
    "telemetry": Signal.TELEMETRY_SDK,
    "metrics": Signal.METRICS,
    "native": Signal.NATIVE_CODE,
    "elicit": Signal.CONFIRMATION,
    "refresh": Signal.CREDENTIAL_REFRESH,
    "oauth-flow": Signal.OAUTH_FLOW,
    "jwt-verified": Signal.JWT_VERIFIED,
    "stdio": Signal.STDIO_TRANSPORT,
    "bearer-auth": Signal.AUTH_CHECK,
    "jwt-auth": Signal.AUTH_CHECK,
    "oauth-auth": Signal.AUTH_CHECK,
    "audit-middleware": Signal.AUDIT_TOOL_CALL,
}
_AUDIT: Final = re.compile(r"\btool|_tool\b|tool[_-]call|invok|\baudit", re.IGNORECASE)
_READ_ONLY: Final = re.compile(r"read[_-]?only|readonly|no[_-]?write|allow[_-]?write|enable[_-]?write", re.IGNORECASE)
_FILTER: Final = re.compile(
    r"(enabled?|disabled?|allowed|denied|include|exclude|blocked)[_-]?(tools?|toolsets?|commands?)|tool[_-]?(sets?|areas?|filter|allow|deny)",
    re.IGNORECASE,
)
_PRIVATE: Final = 0o077
_DETAIL: Final = 120


class Records:
    """The fixed words in what each function puts together under a name before it is logged."""

    def __init__(self, flows: Flows) -> None:
        self._flows = flows
        self._known: dict[str, dict[str, list[str]]] = {}

    def words(self, ref: str | None) -> dict[str, list[str]]:
        routine = self._flows.project.routines.get(ref or "")
        if routine is None:
            return {}
        if routine.ref not in self._known:
            found: dict[str, list[str]] = {}
            for node in walk(routine.function.body):
                if isinstance(node, ir.Assign) and isinstance(node.value, ir.Table | ir.Concat):
                    texts = [n.value for n in walk(node.value) if isinstance(n, ir.Const) and isinstance(n.value, str)]
                    for target in node.targets:
                        if isinstance(target, ir.Name):
                            found.setdefault(target.id, []).extend(texts)
            self._known[routine.ref] = found
        return self._known[routine.ref]


def observations(flows: Flows) -> list[Observation]:
    """Every event as an observation, with the tool that comes to it and whether the entry point does."""
    touched = flows.tools_touching()
    records = Records(flows)
    result: list[Observation] = []
    for at, event in enumerate(flows.analysis.events):
        reachable = flows.is_reached(event.module, event.routine)
        tools = touched.get(at, [])
        for signal, detail in _meaning(records, event):
            if signal is Signal.AUDIT_TOOL_CALL and event.kind == "sink":
                result += [Observation(signal, event.module.path, event.line, detail, t, reachable) for t in tools]
                continue
            tool = tools[0] if tools else None
            result.append(Observation(signal, event.module.path, event.line, detail[:_DETAIL], tool, reachable))
    result += _audited_by_decorator(flows)
    result += _audited_by_dispatcher(flows, records)
    result += _handled_errors(flows)
    return result


def _meaning(records: Records, event: Event) -> Iterator[tuple[Signal, str]]:
    """The signals of one event, each with its detail."""
    if event.kind == "sink" and event.signal is not None:
        if event.ref != "print":
            yield event.signal, _detail(event)
        if event.signal is Signal.LOG_CALL and _is_audit(records, event):
            yield Signal.AUDIT_TOOL_CALL, event.ref
        if event.signal in (Signal.HTTP, Signal.PROCESS) and _waits_limited(event):
            yield Signal.TIMEOUT, event.ref
        if event.signal is Signal.FILE_DELETE:
            yield Signal.TEMP_CLEANUP, event.ref
        return
    signal = _SIGNALS.get(event.kind)
    if signal is not None:
        yield signal, event.ref.partition(".")[0] if signal is Signal.TELEMETRY_SDK else event.ref
    name = _option(event)
    if name and _READ_ONLY.search(name):
        yield Signal.READ_ONLY_MODE, name
    if name and _FILTER.search(name):
        yield Signal.TOOL_FILTER, name
    if event.kind in ("os-open", "chmod", "umask") and is_private_mode(event):
        yield Signal.PRIVATE_FILE_MODE, event.ref
    if event.kind == "jwt-decode" and not unverified(event):
        yield Signal.JWT_VERIFIED, event.ref
    if event.kind == "http-client" and (event.ref.startswith("httpx.") or _waits_limited(event)):
        yield Signal.TIMEOUT, event.ref


def _option(event: Event) -> str:
    if event.kind in ("environment", "environment-secret"):
        return event.ref
    return option_name(event) if event.kind == "option" else ""


def option_name(event: Event) -> str:
    """The long name of a command-line option, without its dashes."""
    names = [v.const for v in event.args if isinstance(v.const, str) and v.const.startswith("--")]
    return names[0].lstrip("-") if names else ""


def _detail(event: Event) -> str:
    """A constant host for network sinks, the program for processes, the call otherwise."""
    first = event.args[0] if event.args else None
    if event.signal is Signal.HTTP:
        url = next((v.const for v in event.args[:2] if isinstance(v.const, str) and "://" in v.const), None)
        return url.split("://", 1)[1].split("/", 1)[0] if url else event.ref
    if event.signal is Signal.PROCESS and first is not None:
        program = first.items[0].const if first.items else first.const
        return str(program)[:40] if isinstance(program, str) else event.ref
    return event.ref.replace("$", "")


def _waits_limited(event: Event) -> bool:
    value = event.keywords.get("timeout")
    return value is not None and value.const is not None


def _is_audit(records: Records, event: Event) -> bool:
    """Whether what is logged tells of a tool's call, by the logger's name, the function's, or the entry's words."""
    if "audit" in f"{event.ref} {event.routine or ''}".lower() or _logger_of(event):
        return True
    texts = (t for v in (*event.args, *event.keywords.values()) for t in _texts(v))
    return any(_AUDIT.search(t) for t in texts) or any(_AUDIT.search(t) for t in _literal_parts(records, event))


def _logger_of(event: Event) -> bool:
    if event.receiver is None:
        return False
    name = (event.receiver.fields or {}).get("name")
    return "audit" in (event.receiver.ref or "").lower() or (
        name is not None and "audit" in (name.text() or "").lower()
    )


def _literal_parts(records: Records, event: Event) -> Iterator[str]:
    """Fixed words of the messages, also where values are built in, and of records that are put together before."""
    if not isinstance(event.node, ir.Call):
        return
    for node in walk(event.node.args):
        if isinstance(node, ir.Const) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ir.Name):
            yield from records.words(event.routine).get(node.id, ())


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value.const, str):
        yield value.const
    for name, inner in (value.fields or {}).items():
        yield name
        if isinstance(inner.const, str):
            yield inner.const


def is_private_mode(event: Event) -> bool:
    """Whether a call gives a file a mode that only its owner can use."""
    given = [v.const for v in (*event.args, *event.keywords.values())]
    modes = [m for m in given if isinstance(m, int) and not isinstance(m, bool)]
    if event.kind == "umask":
        return any(m & _PRIVATE == _PRIVATE for m in modes)
    return any(0 < m <= 0o777 and not m & _PRIVATE for m in modes[-1:])


def unverified(event: Event) -> bool:
    """Whether a decoding call says that nothing is to be verified."""
    options = event.keywords.get("options")
    fields = options.fields if options is not None and options.fields is not None else {}
    flags = [event.keywords.get("verify"), fields.get("verify_signature")]
    if any(f is not None and f.const is False for f in flags):
        return True
    algorithms = event.keywords.get("algorithms")
    names = algorithms.items if algorithms is not None and algorithms.items is not None else ()
    return any(isinstance(n.const, str) and n.const.lower() == "none" for n in names)


def _audited_by_decorator(flows: Flows) -> Iterator[Observation]:
    """A decorator of the project that logs calls logs those of every tool it is put on."""
    logging = [e for e in flows.analysis.events if e.kind == "sink" and e.signal is Signal.LOG_CALL and e.routine]
    for entry in flows.entries:
        if entry.kind != "tool" or entry.routine is None:
            continue
        for decorator in entry.routine.function.decorators:
            target = decorator.callee if isinstance(decorator, ir.Call) else decorator
            ref = flows.project.dotted(entry.routine.module, target)
            if ref is None or ":" not in ref:
                continue
            for event in logging:
                if (event.routine or "").startswith(f"{ref}.<locals>"):
                    path, line = event.module.path, event.line
                    yield Observation(Signal.AUDIT_TOOL_CALL, path, line, event.ref, entry.name, reachable=True)
                    break


def _audited_by_dispatcher(flows: Flows, records: Records) -> Iterator[Observation]:
    """What the one function around all handlers logs, it logs of every tool."""
    for entry in flows.entries:
        summary = flows.analysis.summaries.get((entry.dispatcher.ref, ())) if entry.dispatcher is not None else None
        for at in sorted(summary.events) if summary is not None and entry.kind == "tool" else ():
            event = flows.analysis.events[at]
            if event.signal is Signal.LOG_CALL and _is_audit(records, event):
                yield Observation(Signal.AUDIT_TOOL_CALL, event.module.path, event.line, event.ref, entry.name)
                break


def _handled_errors(flows: Flows) -> Iterator[Observation]:
    for entry in flows.entries:
        if (
            entry.kind == "tool"
            and entry.routine is not None
            and any(isinstance(s, ir.Try) for s in entry.routine.function.body)
        ):
            at = entry.routine
            yield Observation(Signal.ERROR_HANDLED, at.module.path, at.function.line, "", entry.name)


def credential_option(event: Event) -> str:
    """The option's name when it takes a credential as its value, empty otherwise."""
    name = option_name(event)
    action = event.keywords.get("action")
    flag = event.keywords.get("is_flag")
    if action is not None and action.text() not in (None, "store", "append"):
        return ""
    return name if name and flag is None and is_secret(name) else ""
