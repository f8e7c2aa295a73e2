"""How a Python server behaves over time and towards others: lists of tools that change, second copies, session ids."""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.gating import counters, gates
from scanner.code.recipients import second_copies
from scanner.code.taint import Flows
from scanner.code.walking import walk
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Signal, Weakness

_ACTS: Final = frozenset({Signal.HTTP, Signal.PROCESS, Signal.FILE_READ, Signal.MESSAGE, Signal.EVAL})
_SESSION: Final = re.compile(r"session_?id$|^sid$", re.IGNORECASE)
_MAKES: Final = re.compile(r"(?:new|make|create|generate|gen|next)_session_?id$", re.IGNORECASE)
_GUESSABLE: Final = re.compile(
    r"^random\.(?!SystemRandom)|^time\.(?:time|time_ns|monotonic)$|^datetime\.(?:datetime\.)?(?:utc)?now$|^uuid\.uuid1$"
)
_SAFE: Final = re.compile(r"^secrets\.|^os\.urandom$|^uuid\.uuid4$|^random\.SystemRandom")


def conduct(flows: Flows, *, networked: bool) -> Iterator[Finding]:
    """`networked`: more than one client can be connected, so that a session can be stolen."""
    for name in sorted(flows.modules):
        yield from _sessions(flows, flows.project.by_name[name], networked=networked)
    yield from _gated(flows)
    wanted = frozenset(i for entry, summary in flows.summaries if entry.kind == "tool" for i in summary.events)
    for event, host in second_copies(flows.analysis, wanted):
        message = f"What a tool was given is also sent to {host}, whose answer nobody reads."
        yield _in(event.module, event.line, Weakness.EXFILTRATION, Severity.HIGH, message)


def _gated(flows: Flows) -> Iterator[Finding]:
    """What list_tools answers, and what a tool does, must not depend on a count of calls or on a date."""
    acting = {id(e.node) for e in flows.analysis.events if e.signal in _ACTS}
    counted = {name: counters(flows.project.by_name[name].functions) for name in flows.modules}
    for routine in flows.project.routines.values():
        lists = any(_last_name(d) == "list_tools" for d in routine.function.decorators)
        if lists and routine.module.name in flows.modules:
            for line, _ in gates(routine.function.body, counted[routine.module.name]):
                message = "The list of tools changes after a number of calls or on a date."
                yield _in(routine.module, line, Weakness.RUG_PULL, Severity.HIGH, message)
    handlers = {e.routine.ref: e.routine for e in flows.entries if e.kind == "tool" and e.routine is not None}
    for routine in handlers.values():
        for line, branch in gates(routine.function.body, counted.get(routine.module.name, frozenset())):
            if any(id(node) in acting for node in walk(branch)):
                message = "The tool does something else after a number of calls or on a date."
                yield _in(routine.module, line, Weakness.RUG_PULL, Severity.MEDIUM, message, firm=False)


def _last_name(node: ir.Expr) -> str:
    target = node.callee if isinstance(node, ir.Call) else node
    return target.name if isinstance(target, ir.Attribute) else ""


def _sessions(flows: Flows, module: ir.Module, *, networked: bool) -> Iterator[Finding]:
    """Session identifiers from a clock or from a generator that can be computed backwards."""
    severity = Severity.HIGH if networked else Severity.LOW
    made: list[tuple[int, ir.Expr]] = []
    for node in walk(module.body):
        if isinstance(node, ir.Assign) and _SESSION.search(_name(node.targets[0])):
            made.append((node.line, node.value))
        elif isinstance(node, ir.Function) and _MAKES.search(node.name):
            made += [(s.line, s.value) for s in walk(node.body) if isinstance(s, ir.Return) and s.value is not None]
    for line, value in made:
        called = [flows.project.dotted(module, n.callee) or "" for n in walk(value) if isinstance(n, ir.Call)]
        if any(_GUESSABLE.search(ref) for ref in called) and not any(_SAFE.search(ref) for ref in called):
            message = "Session identifiers come from a guessable source."
            yield _in(module, line, Weakness.SESSION_ID, severity, message)


def _name(target: ir.Expr) -> str:
    if isinstance(target, ir.Subscript) and isinstance(target.index, ir.Const):
        return str(target.index.value)
    return target.id if isinstance(target, ir.Name) else target.name if isinstance(target, ir.Attribute) else ""


def _in(
    module: ir.Module, line: int, weakness: Weakness, severity: Severity, message: str, *, firm: bool = True
) -> Finding:
    confidence = Confidence.FIRM if firm else Confidence.TENTATIVE
    return Finding("py", weakness, severity, confidence, message, module.path, line, module.text(line))
