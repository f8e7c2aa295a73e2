"""How a Python server behaves over time and towards others: lists of tools that change, second copies."""

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


def conduct(flows: Flows) -> Iterator[Finding]:
    """The findings of one server about what it does besides answering."""
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


def _in(
    module: ir.Module, line: int, weakness: Weakness, severity: Severity, message: str, *, firm: bool = True
) -> Finding:
    confidence = Confidence.FIRM if firm else Confidence.TENTATIVE
    return Finding("py", weakness, severity, confidence, message, module.path, line, module.text(line))
