"""Findings about tools as a whole: annotations against code, credentials as inputs, shared state, prints on stdout."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from scanner.code import ir
from scanner.code.entries import Entry
from scanner.code.project import Routine
from scanner.code.reach import mentioned
from scanner.code.secret_names import is_secret, words
from scanner.code.state import Event, Summary
from scanner.code.taint import Flows
from trust.facts import Tool
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Signal, Weakness

_SINKS: Final = tuple(s for s in Signal if s.value.startswith("sink."))
_CHANGES: Final = (Signal.FILE_DELETE, Signal.MESSAGE)
_CHANGING_VERBS: Final = ("put", "patch", "delete")
_ASKS: Final = frozenset({"confirm", "confirmed", "confirmation", "approve", "approved", "force", "yes"})
_MUTATES: Final = ("append", "add", "update", "extend", "insert", "setdefault", "push")
_SESSIONS: Final = frozenset({"session", "session_id", "client_id", "request_id", "ctx", "context"})
_DIRECT: Final = ("param",)
_ABOUT_ACCESS: Final = re.compile(r"auth|access|api|bearer|secret|credential|personal|login|password", re.IGNORECASE)


def described(flows: Flows) -> list[Tool]:
    """Every tool with the sinks its handler reaches and whether it asks before it acts."""
    by_entry = {id(entry): summary for entry, summary in flows.summaries}
    tools: dict[str, Tool] = {}
    for entry in flows.entries:
        if entry.tool is None or (entry.routine is not None and entry.routine.module.name not in flows.modules):
            continue
        summary = by_entry.get(id(entry))
        events = [flows.analysis.events[i] for i in sorted(summary.events)] if summary is not None else []
        signals = {e.signal for e in events if e.signal in _SINKS}
        confirms = any(e.kind == "elicit" for e in events) or _checks_confirmation(entry)
        other = tools.get(entry.tool.name)
        if other is not None:
            # Two servers of the bundle share a tool, or a second registration replaces the first: it may do either.
            signals |= set(other.reaches)
            confirms = confirms and other.confirms
        reaches = tuple(s for s in _SINKS if s in signals)
        tools[entry.tool.name] = replace(other or entry.tool, reaches=reaches, confirms=confirms)
    return list(tools.values())


def _checks_confirmation(entry: Entry) -> bool:
    """Whether an input that asks for confirmation decides about leaving before the work."""
    if entry.routine is None:
        return False
    asks = {p.name for p in entry.tool.params or () if set(words(p.name)) & _ASKS} if entry.tool is not None else set()
    for statement in entry.routine.function.body:
        if isinstance(statement, ir.If) and mentioned(statement.test, into_functions=True) & asks:
            ways = (statement.then, statement.other)
            if any(way and isinstance(way[-1], (ir.Return, ir.Raise)) for way in ways):
                return True
    return False


def tool_habits(flows: Flows, *, stdio: bool, networked: bool) -> Iterator[Finding]:
    """`stdio`: standard output carries the protocol; `networked`: more than one client can be connected."""
    for entry, summary in flows.summaries:
        if entry.tool is None or entry.routine is None or entry.routine.module.name not in flows.modules:
            continue
        events = [flows.analysis.events[i] for i in sorted(summary.events)]
        yield from _contradictions(entry, summary, events)
        yield from _credentials(entry, entry.routine)
        if networked:
            yield from _shared(entry, entry.routine)
    if stdio or not networked:
        yield from _printed(flows)


def _contradictions(entry: Entry, summary: Summary, events: list[Event]) -> Iterator[Finding]:
    said = entry.tool.annotations if entry.tool is not None else None
    if said is None or entry.routine is None or not (said.read_only or said.destructive is False):
        return
    changing = [e for e in events if e.signal in _CHANGES]
    if said.read_only:
        verbs = [e for e in events if e.signal is Signal.HTTP and e.ref.rpartition(".")[2] in _CHANGING_VERBS]
        writes = [e for e in events if e.signal is Signal.FILE_WRITE and e.routine == entry.routine.ref]
        chosen = {(h.path, h.line) for h in summary.hits if h.signal is Signal.FILE_WRITE and h.label[0] in _DIRECT}
        writes += [e for e in events if (e.module.path, e.line) in chosen]
        changing += verbs + writes
    if not changing:
        return
    event = changing[0]
    claim = "read-only" if said.read_only else "not destructive"
    message = (
        f"Tool {entry.name} says it is {claim}, and its code calls {event.ref.replace('$', '').replace('()', '')}."
    )
    yield Finding(
        "py", Weakness.ANNOTATION_MISMATCH, Severity.MEDIUM, Confidence.FIRM, message, entry.routine.module.path,
        _place(entry.routine), entry.routine.module.text(_place(entry.routine)),
    )  # fmt: skip


def _place(routine: Routine) -> int:
    """The line of the first decorator, where tools are described; of the function when there is none."""
    decorators = routine.function.decorators
    return decorators[0].line if decorators else routine.function.line


def _credentials(entry: Entry, routine: Routine) -> Iterator[Finding]:
    for param in (entry.tool.params or ()) if entry.tool is not None else ():
        if not is_secret(param.name) or param.type not in ("string", "unknown", "any"):
            continue
        if param.name == "token" and param.description and not _ABOUT_ACCESS.search(param.description):
            continue
        own = next((p.line for p in routine.function.params if p.name == param.name), routine.function.line)
        message = f"Tool {entry.name} takes the credential {param.name} as an input, so the model and its logs see it."
        snippet = routine.module.text(own)
        yield Finding(
            "py",
            Weakness.CREDENTIAL_PARAM,
            Severity.MEDIUM,
            Confidence.FIRM,
            message,
            routine.module.path,
            own,
            snippet,
        )


def _printed(flows: Flows) -> Iterator[Finding]:
    """Prints that happen while the protocol is spoken: in what tools, prompts and resources come to."""
    touched = {i for _, summary in flows.summaries for i in summary.events}
    for at, event in enumerate(flows.analysis.events):
        stream = event.keywords.get("file") or event.keywords.get("stream")
        elsewhere = stream is not None and stream.ref != "sys.stdout"
        during = event.kind == "print" and at in touched and not elsewhere
        to_stdout = event.kind in ("log-config", "log-handler") and any(
            v.ref == "sys.stdout" for v in (*event.args, *event.keywords.values())
        )
        if (during or to_stdout) and flows.is_reached(event.module, event.routine):
            message = "Text is written to standard output, where the protocol is spoken."
            yield Finding(
                "py", Weakness.STDOUT_POLLUTION, Severity.MEDIUM, Confidence.FIRM, message, event.module.path,
                event.line, event.module.text(event.line),
            )  # fmt: skip


def _shared(entry: Entry, routine: Routine) -> Iterator[Finding]:
    """What a caller gave is kept in a module's variable under a fixed name, where the next caller finds it."""
    function = routine.function
    inputs = {p.name for p in function.params} - _SESSIONS
    local = {
        t.id
        for s in _statements(function.body)
        if isinstance(s, ir.Assign)
        for t in s.targets
        if isinstance(t, ir.Name)
    }
    local -= set(function.shared)
    globals_ = {
        t.id for s in routine.module.body if isinstance(s, ir.Assign) for t in s.targets if isinstance(t, ir.Name)
    } - local  # fmt: skip
    for statement in _statements(function.body):
        kept = _kept(statement, globals_, set(function.shared))
        if kept is None:
            continue
        name, key, value = kept
        given = mentioned(value, into_functions=True)
        by_session = key is not None and not isinstance(key, ir.Const)
        if given & inputs and not by_session and not given & _SESSIONS:
            message = f"Tool {entry.name} keeps a caller's input in {name}, which all clients share."
            yield Finding(
                "py", Weakness.SESSION_ISOLATION, Severity.MEDIUM, Confidence.FIRM, message, routine.module.path,
                statement.line,
                routine.module.text(statement.line),
            )  # fmt: skip


def _kept(statement: ir.Stmt, globals_: set[str], shared: set[str]) -> tuple[str, ir.Expr | None, ir.Expr] | None:
    if isinstance(statement, ir.Assign):
        target = statement.targets[0]
        if isinstance(target, ir.Name) and target.id in shared:
            return target.id, None, statement.value
        if isinstance(target, ir.Subscript) and isinstance(target.base, ir.Name) and target.base.id in globals_:
            return target.base.id, target.index, statement.value
        if isinstance(target, ir.Attribute) and isinstance(target.base, ir.Name) and target.base.id in globals_:
            return target.base.id, None, statement.value
    if isinstance(statement, ir.Do) and isinstance(statement.value, ir.Call) and statement.value.args:
        callee = statement.value.callee
        if not (isinstance(callee, ir.Attribute) and isinstance(callee.base, ir.Name)):
            return None
        if callee.base.id in globals_ and callee.name in _MUTATES:
            return callee.base.id, None, statement.value.args[-1]
    return None


def _statements(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Stmt]:
    stack: list[ir.Stmt] = list(reversed(body))
    while stack:
        statement = stack.pop()
        yield statement
        if isinstance(statement, (ir.If, ir.Loop, ir.Try, ir.With)):
            inner = [*getattr(statement, "then", ()), *getattr(statement, "body", ()), *statement_rest(statement)]
            stack.extend(reversed(inner))


def statement_rest(statement: ir.If | ir.Loop | ir.Try | ir.With) -> list[ir.Stmt]:
    """The other branches of a compound statement."""
    rest: list[ir.Stmt] = list(getattr(statement, "other", ()))
    if isinstance(statement, ir.Try):
        rest += [s for h in statement.handlers for s in h.body]
        rest += statement.final
    return rest
