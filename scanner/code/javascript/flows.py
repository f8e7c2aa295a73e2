"""Flows from what a caller sends to places that act, as findings."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from scanner.code import ir
from scanner.code.guards import pattern_proves
from scanner.code.javascript.containment import holding
from scanner.code.javascript.running import Run, handled
from scanner.code.javascript.schemas import Field
from scanner.code.javascript.tools import Registered
from scanner.code.lessening import UNDECLARED, is_told_there, places, remains, split, told, weighed
from scanner.code.safety import Safe
from scanner.code.state import Hit, Summary
from scanner.code.values import only
from trust.finding import Finding, Step
from trust.vocabulary import Confidence, Severity, Signal, Weakness

W = Weakness
SEVERITY = {
    W.COMMAND_INJECTION: Severity.CRITICAL, W.CODE_INJECTION: Severity.CRITICAL, W.DESERIALIZATION: Severity.CRITICAL,
    W.REMOTE_CODE: Severity.CRITICAL, W.TEMPLATE_INJECTION: Severity.HIGH, W.SQL_INJECTION: Severity.HIGH,
    W.PATH_TRAVERSAL: Severity.HIGH, W.SSRF: Severity.HIGH, W.ARGUMENT_INJECTION: Severity.MEDIUM,
    W.SECRET_LOGGING: Severity.HIGH, W.ENV_DUMP: Severity.HIGH, W.INSECURE_STORAGE: Severity.MEDIUM,
    W.EXCESSIVE_AGENCY: Severity.MEDIUM, W.REDOS: Severity.MEDIUM,
}  # fmt: skip
SAYS = {
    W.COMMAND_INJECTION: "reaches a shell command or names the program that is run",
    W.CODE_INJECTION: "is evaluated as code",
    W.DESERIALIZATION: "is deserialized into objects",
    W.TEMPLATE_INJECTION: "is compiled as a template",
    W.SQL_INJECTION: "is built into a query",
    W.PATH_TRAVERSAL: "is used as a path without being held inside a folder",
    W.SSRF: "chooses the host that is contacted",
    W.ARGUMENT_INJECTION: "can be read as an option of the program",
    W.REDOS: "can make a regular expression run for ages",
    W.EXCESSIVE_AGENCY: "is run as it stands",
    W.ENV_DUMP: "chooses which variable of the environment is read out",
}  # fmt: skip
REQUEST_PARTS = ("body", "query", "params", "headers", "url", "cookies", "path", "originalUrl", "rawBody")
ARBITRARY = frozenset({W.COMMAND_INJECTION, W.CODE_INJECTION})
OWN_CHOICE = frozenset({W.PATH_TRAVERSAL, W.SSRF})
EXECUTORS = ("exec", "command", "shell", "terminal", "bash", "run_", "execute", "eval", "code", "script", "process")


def finding(
    run: Run, hit: Hit, message: str, severity: Severity, confidence: Confidence, steps: tuple[Step, ...] | None = None
) -> Finding:
    """A hit with its source line."""
    return Finding(
        "js",
        hit.weakness,
        severity,
        confidence,
        message,
        hit.path,
        hit.line,
        snippet(run, hit.path, hit.line),
        steps=hit.steps if steps is None else steps,
    )


def snippet(run: Run, path: str, line: int) -> str:
    """The source line, at most 200 characters."""
    index = run.reader.indexes.get(f"./{path}")
    return index.module.text(line) if index is not None else ""


def tool_findings(run: Run, *, networked: bool) -> Iterator[Finding]:
    """What the parameters of each tool reach. `networked`: strangers can call the tools."""
    known = [(tool, routine, run.summary(routine)) for tool in run.tools for routine in (handled(run, tool),)]
    notes = {
        step.note
        for _, _, summary in known
        for hit in (summary.hits if summary is not None else ())
        if hit.weakness is W.PATH_TRAVERSAL
        for step in hit.steps
    }
    names = frozenset(note.removeprefix("passed to ").removesuffix("()") for note in notes)
    held = {f"passed to {name}()": safe for name, safe in holding(run.reader, names).items()}
    for tool, routine, summary in known:
        if routine is None or summary is None:
            continue
        opened, faults = split(h for h in (_through(h, held) for h in summary.hits) if _is_open(run, h, tool))
        for fault, worst, message in places(faults, opened):
            for finding in _told(run, tool, replace(fault, safe=worst.safe), networked=networked):
                yield replace(finding, message=message)
        for hit in opened:
            if is_told_there(hit, faults):
                continue
            yield from _told(run, tool, hit, networked=networked)


def _through(hit: Hit, held: Mapping[str, Safe]) -> Hit:
    """The hit with what the functions it came through are known to make sure of."""
    if hit.weakness is not W.PATH_TRAVERSAL:
        return hit
    safe = Safe.NONE
    for step in hit.steps:
        safe |= held.get(step.note, Safe.NONE)
    return replace(hit, safe=hit.safe | safe) if safe else hit


def _is_open(run: Run, hit: Hit, tool: Registered) -> bool:
    """Whether the origin is an input of the tool whose schema does not exclude the danger."""
    name = _parameter(hit, tool)
    if name is None or (hit.safe & hit.needs == hit.needs) or _harmless(run, hit):
        return False
    if hit.needs == Safe.PATH and hit.safe & Safe.NO_DOTS and hit.safe & Safe.NOT_ABSOLUTE:
        return False
    field = next((f for f in tool.fields or () if f.param.name == name), None)
    return field is None or not _bounded(run, field, hit)


def _told(run: Run, tool: Registered, hit: Hit, *, networked: bool) -> Iterator[Finding]:
    name = _parameter(hit, tool)
    of = f"parameter {name} of the tool {tool.name}" if name else ""
    source = Step(tool.path, tool.line, f"the {of}" if of else f"the arguments of the tool {tool.name}")
    subject = f"The {of}" if of else f"An argument of the tool {tool.name}"
    undeclared = bool(name) and bool(tool.fields) and name not in {f.param.name for f in tool.fields or ()}
    yield from _reported(run, hit, subject, source, tool, networked=networked, undeclared=undeclared)


def route_findings(run: Run, routes: Iterable[tuple[str, int, Summary]]) -> Iterator[Finding]:
    """What the requests to HTTP routes reach: path and line of the route with the summary of its handler."""
    for path, line, summary in routes:
        sent = [h for h in summary.hits if _is_of_request(h) and not _harmless(run, h)]
        source = Step(path, line, "an HTTP request")
        yield from sent_findings(run, sent, "A part of an HTTP request", source, networked=True)


def sent_findings(run: Run, hits: Iterable[Hit], subject: str, source: Step, *, networked: bool) -> Iterator[Finding]:
    """What these hits of one way in mean. A comparison alone opens nothing: `pathname.startsWith("/mcp")` tells one
    route from another.
    """
    opened, faults = split(hits)
    for fault, worst, message in places(faults, opened):
        for found in _reported(run, replace(fault, safe=worst.safe), subject, source, None, networked=networked):
            yield replace(found, message=message)
    for hit in opened:
        if not is_told_there(hit, faults):
            yield from _reported(run, hit, subject, source, None, networked=networked)


def _is_of_request(hit: Hit) -> bool:
    """Whether the origin is a part of a request that its sender chooses."""
    kind, root, where = hit.label
    parts = where.split(".")[1:]
    if hit.weakness not in SAYS or hit.weakness is W.EXCESSIVE_AGENCY or kind != "param" or root != 0 or not parts:
        return False
    return parts[0] in REQUEST_PARTS or (parts[0] == "req" and len(parts) > 1)


def direct_findings(run: Run, opened: Mapping[tuple[str | None, int | None], Finding]) -> Iterator[Finding]:
    """Secrets into logs and files, the environment into logs, and text from the network into evaluation. `opened`: the
    places where an address of a remote server is opened unseen.
    """
    texts = {
        W.SECRET_LOGGING: "The credential {name} is written to a log.",
        W.ENV_DUMP: "The whole environment is written to a log.",
        W.REMOTE_CODE: "Text received from the network is run as code.",
        W.COMMAND_INJECTION: "Text received from the network becomes part of a command.",
        W.DESERIALIZATION: "Data received from the network is deserialized into objects.",
    }
    for hit, _ in run.analysis.direct.values():
        weakness = _by_origin(hit)
        index = run.reader.indexes.get(f"./{hit.path}")
        if weakness not in texts or index is None or not run.reached(index.module):
            continue
        confidence = Confidence.TENTATIVE if hit.weak else Confidence.FIRM
        severity, text = SEVERITY[weakness], texts[weakness]
        if weakness is W.COMMAND_INJECTION:
            unseen = opened.get((hit.path, hit.line))
            if unseen is not None:
                severity = min(unseen.severity, Severity.MEDIUM, key=lambda s: s.rank)
                confidence, text = unseen.confidence, unseen.message
            elif hit.signal is Signal.OPEN_URL:
                continue
            else:
                # What the service that a server was made for answers is mostly what it should be.
                severity, confidence = Severity.MEDIUM, Confidence.TENTATIVE
        told = replace(hit, weakness=weakness)
        yield finding(run, told, text.format(name=hit.label[1]), severity, confidence)


def exposed_findings(run: Run) -> Iterator[Finding]:
    """Credentials in what a tool answers."""
    for tool in run.tools:
        routine = handled(run, tool)
        summary = run.summary(routine)
        if routine is None or summary is None:
            continue
        for label, (safe, steps) in only(summary.result.everything(), "secret").items():
            if safe & Safe.LOG or not safe & Safe.FAITHFUL:
                continue
            at = steps[-1] if steps else Step(routine.module.path, routine.function.line, "")
            final = Step(at.path, at.line, f"returned by the tool {tool.name}")
            hit = Hit(
                W.SECRET_EXPOSURE, Signal.MESSAGE, label, safe, Safe.LOG, (*steps, final), at.path, at.line, "return"
            )
            message = f"The credential {label[1]} can appear in the answer of the tool {tool.name}."
            yield finding(run, hit, message, Severity.HIGH, Confidence.FIRM)


def _by_origin(hit: Hit) -> Weakness:
    """What an origin that is no caller makes of a hit."""
    if hit.label[0] == "environ" and hit.weakness is W.SECRET_LOGGING:
        return W.ENV_DUMP
    if hit.label[0] == "network" and hit.weakness in {W.CODE_INJECTION, W.COMMAND_INJECTION}:
        # A command that is made elsewhere is another's code; a piece of one, or an address to open, is put into ours.
        piece = hit.signal is Signal.OPEN_URL or (hit.weakness is W.COMMAND_INJECTION and not hit.arbitrary)
        return W.COMMAND_INJECTION if piece else W.REMOTE_CODE
    return hit.weakness


def _reported(
    run: Run,
    hit: Hit,
    subject: str,
    source: Step,
    tool: Registered | None,
    *,
    networked: bool,
    undeclared: bool = False,
) -> Iterator[Finding]:
    if hit.weakness not in SAYS:
        return
    severity = SEVERITY[hit.weakness]
    confidence = Confidence.TENTATIVE if hit.weak else Confidence.FIRM
    weakness = hit.weakness
    if hit.weak:
        severity = min(severity, Severity.MEDIUM, key=lambda s: s.rank)
    if weakness in OWN_CHOICE and hit.arbitrary and not networked:
        # On a local server the file or page that is named in one piece is the user's own choice.
        severity = Severity.MEDIUM
    left = remains(hit, *([UNDECLARED] if undeclared else ()))
    severity, confidence = weighed(severity, confidence, left)
    whole_query = weakness is W.SQL_INJECTION and hit.arbitrary
    if whole_query or (weakness in ARBITRARY and hit.arbitrary and tool is not None and _meant_to_run(tool)):
        # A tool that is made to run what it is given is a matter of consent, not of injection.
        yield Finding(
            "js", W.EXCESSIVE_AGENCY, Severity.MEDIUM, confidence, f"{subject} is run as it stands.", hit.path,
            hit.line, snippet(run, hit.path, hit.line),
            steps=(source, *hit.steps),
        )  # fmt: skip
        return
    message = told(f"{subject} {SAYS[weakness]}.", left)
    yield finding(run, hit, message, severity, confidence, (source, *hit.steps))


def _meant_to_run(tool: Registered) -> bool:
    return any(word in f"{tool.name} {tool.description[:200]}".lower() for word in EXECUTORS)


def _parameter(hit: Hit, tool: Registered) -> str | None:
    """The tool's parameter behind a hit; empty: the arguments as a whole, None: not theirs."""
    kind, root, where = hit.label
    if kind != "param":
        return None
    parts = where.split(".")[1:]
    if tool.via == "request":
        if parts[:1] == ["params"]:
            parts = parts[1:]
        if parts[:1] == ["arguments"]:
            parts = parts[1:]
            if parts[:1] == ["data"] and tool.fields and "data" not in {f.param.name for f in tool.fields}:
                parts = parts[1:]
            return parts[0] if parts else ""
        return None if parts else ""
    if root != tool.at:
        return None
    if (
        parts[:1] in (["params"], ["arguments"], ["args"], ["input"], ["data"])
        and tool.fields
        and parts[0] not in {f.param.name for f in tool.fields}
    ):
        parts = parts[1:]
    return parts[0] if parts else ""


def _bounded(run: Run, field: Field, hit: Hit) -> bool:
    """Whether the schema already excludes the danger."""
    if field.narrow:
        return True
    proved = pattern_proves(field.pattern) if field.pattern is not None else Safe.NONE
    for asked in field.refined:
        summary = run.summary(run.routine(asked))
        proved |= summary.truthy.get(("param", 0, ""), Safe.NONE) if summary is not None else Safe.NONE
    return bool(hit.needs) and (hit.safe | proved) & hit.needs == hit.needs


def _harmless(run: Run, hit: Hit) -> bool:
    """A query given as an object holds its values apart from its text."""
    if hit.signal is not Signal.SQL:
        return False
    index = run.reader.indexes.get(f"./{hit.path}")
    for place in index.calls if index is not None else ():
        node = place.node
        if (
            isinstance(node, ir.Call)
            and node.line == hit.line
            and node.args
            and run.reader.library(node.callee, place.scope)
        ):
            first = run.reader.resolve(node.args[0], place.scope)
            if (
                first is not None
                and isinstance(first.node, ir.Table)
                and isinstance(node.callee, ir.Attribute)
                and node.callee.name in {"query", "execute"}
            ):
                text = run.reader.table(first.node, first.scope) or {}
                known = text.get("text") or text.get("sql")
                return known is not None and isinstance(known.node, ir.Const)
    return False
