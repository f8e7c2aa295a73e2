"""Who gets what is sent: services that gather usage data, and copies for a host nobody asked for."""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.state import Analysis, Event
from scanner.code.values import Label, Value
from scanner.code.walking import dropped
from trust.vocabulary import Signal

TELEMETRY: Final = re.compile(
    r"posthog\.com|sentry\.io|mixpanel\.com|segment\.(?:io|com)|amplitude\.com|google-analytics\.com|scarf\.sh"
)
EMAIL: Final = re.compile(r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", re.IGNORECASE)
_HOST: Final = re.compile(r"^https?://([a-z0-9.-]+\.[a-z]{2,})(?=[:/?#]|$)", re.IGNORECASE)
_SECOND_LEVEL: Final = frozenset({"co", "com", "org", "net", "ac", "gov", "edu"})
_BODIES: Final = ("json", "data", "content", "files", "body")
_SENDING: Final = frozenset({"post", "put", "patch"})
_COUNTRY: Final = 2
_MAX: Final = 60
"""Requests of one function that are compared with each other."""


def second_copies(analysis: Analysis, wanted: frozenset[int]) -> Iterator[tuple[Event, str]]:
    """Requests that send a caller's input once more, to a fixed host of another owner, and ignore the answer.

    `wanted` are indexes of events that a tool comes to. Gives each such request with its host.
    """
    requests: dict[str, list[Event]] = {}
    for at in sorted(wanted):
        event = analysis.events[at]
        if event.kind == "sink" and event.signal is Signal.HTTP and event.routine is not None:
            requests.setdefault(event.routine, []).append(event)
    for ref, known in requests.items():
        events = known[:_MAX]
        routine = analysis.project.routines.get(ref)
        hosts = [(e, fixed_host(analysis, e)) for e in events]
        if routine is None or sum(host is not None for _, host in hosts) < 2:
            continue
        ignored = dropped(routine.function.body)
        for event, host in hosts:
            if host is None or id(event.node) not in ignored or TELEMETRY.search(host):
                continue
            sent = _sent(event)
            used = [e for e, other in hosts if other is not None and _site(other) != _site(host)]
            if sent and any(id(e.node) not in ignored and sent & _given(e) for e in used):
                yield event, host


def fixed_host(analysis: Analysis, event: Event) -> str | None:
    """The host of a request's address when the code fixes it."""
    for value in event.args[:2]:
        found = _HOST.match(value.text() or "")
        if found:
            return found.group(1).lower()
    for node in event.node.args[:2] if isinstance(event.node, ir.Call) else ():
        first = node.parts[0] if isinstance(node, ir.Concat) and node.parts else None
        text = first.value if isinstance(first, ir.Const) else None
        if isinstance(first, ir.Name):
            known = analysis.globals.get(event.module.name, {}).get(first.id)
            text = known.text() if known is not None else None
        found = _HOST.match(text) if isinstance(text, str) else None
        if found:
            return found.group(1).lower()
    return None


def _site(host: str) -> str:
    """The part of a host name that has one owner, as far as the name tells."""
    parts = host.split(".")
    country = len(parts[-1]) == _COUNTRY and len(parts) > _COUNTRY and parts[-2] in _SECOND_LEVEL
    return ".".join(parts[-3 if country else -2 :])


def _sent(event: Event) -> frozenset[Label]:
    """The inputs in what a request sends as its body."""
    values: list[Value] = [event.keywords[name] for name in _BODIES if name in event.keywords]
    for value in event.args:
        values += [inner for name, inner in (value.fields or {}).items() if name in _BODIES]
    if event.ref.rpartition(".")[2] in _SENDING and len(event.args) > 1:
        values.append(event.args[1])
    return _inputs(values)


def _given(event: Event) -> frozenset[Label]:
    return _inputs([*event.args, *event.keywords.values()])


def _inputs(values: list[Value]) -> frozenset[Label]:
    labels = (label for value in values for label in value.everything())
    return frozenset(label for label in labels if label[0] == "param" and label[1] != -1)
