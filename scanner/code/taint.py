"""From sources to findings: runs the flow analysis over a project and reports what reaches where.

A finding needs an origin that a caller of a tool, a route, a resource or a prompt controls, or data that came from the
network or a credential; a dangerous call that no such origin reaches is an observation.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from scanner.code import ir
from scanner.code.clock import OutOfTimeError
from scanner.code.entries import Entry
from scanner.code.flow import flow_end, module_values, summarise
from scanner.code.lessening import is_told_there, places, remains, split, told, weighed
from scanner.code.project import Project, Resolve
from scanner.code.reach import callees_first, reached_functions, reached_modules
from scanner.code.rules import Rules
from scanner.code.safety import Safe
from scanner.code.secret_names import is_secret, words
from scanner.code.state import JOINED, SECRETS_ONLY, Analysis, Hit, Summary
from scanner.code.values import only
from trust.finding import Finding, Gap, Step
from trust.vocabulary import Confidence, Severity, Signal, Weakness

_SEVERITY: Final = {
    Weakness.COMMAND_INJECTION: Severity.CRITICAL,
    Weakness.CODE_INJECTION: Severity.CRITICAL,
    Weakness.DESERIALIZATION: Severity.CRITICAL,
    Weakness.REMOTE_CODE: Severity.CRITICAL,
    Weakness.TEMPLATE_INJECTION: Severity.HIGH,
    Weakness.SQL_INJECTION: Severity.HIGH,
    Weakness.PATH_TRAVERSAL: Severity.HIGH,
    Weakness.SSRF: Severity.HIGH,
    Weakness.SECRET_LOGGING: Severity.HIGH,
    Weakness.SECRET_EXPOSURE: Severity.HIGH,
    Weakness.ENV_DUMP: Severity.HIGH,
    Weakness.ARGUMENT_INJECTION: Severity.MEDIUM,
    Weakness.INSECURE_STORAGE: Severity.MEDIUM,
    Weakness.EXCESSIVE_AGENCY: Severity.MEDIUM,
}
_PURPOSE: Final = frozenset({"command", "cmd", "code", "script", "shell", "program", "snippet", "statement", "bash"})
"""Words by which an input says that it is a program: running it is what the tool is for."""
_ADDRESS: Final = frozenset(
    {"url", "uri", "link", "href", "urls", "address", "website", "site", "page", "scheme", "netloc"}
)
_OWN_CHOICE: Final = (Weakness.PATH_TRAVERSAL, Weakness.SSRF)
"""Weaknesses where an input used in one piece, on a local server, is the user's own choice of file or page."""
_FAR: Final = 12
_RUNS: Final = (Weakness.COMMAND_INJECTION, Weakness.CODE_INJECTION)
_TEXTS: Final = {
    Weakness.COMMAND_INJECTION: "{source} becomes part of a command that a shell or the system runs",
    Weakness.ARGUMENT_INJECTION: "{source} becomes an argument that may begin with a dash",
    Weakness.CODE_INJECTION: "{source} is evaluated as code",
    Weakness.DESERIALIZATION: "{source} is deserialized into objects",
    Weakness.TEMPLATE_INJECTION: "{source} is used as a template",
    Weakness.SQL_INJECTION: "{source} is built into a query",
    Weakness.PATH_TRAVERSAL: "{source} chooses a file without being confined to a folder",
    Weakness.SSRF: "{source} chooses the address that the server fetches",
    Weakness.REDOS: "{source} can make a regular expression run for ages",
    Weakness.EXCESSIVE_AGENCY: "{source} is run as it is given",
    Weakness.REMOTE_CODE: "{source} is run as code",
    Weakness.SECRET_LOGGING: "{source} is written to a log",
    Weakness.INSECURE_STORAGE: "{source} is written to a file that others may read",
    Weakness.SECRET_EXPOSURE: "{source} can appear in the tool's result",
    Weakness.ENV_DUMP: "{source} is read out as a whole",
}


@dataclass(frozen=True, slots=True)
class Language:
    """A front-end as the analysis needs it. `entries` finds the ways in once the top levels have been evaluated."""

    witness: str
    rules: Rules
    resolve: Resolve
    entries: Callable[[Analysis], tuple[Entry, ...]]


@dataclass(slots=True)
class Flows:
    """What the analysis of one language found."""

    language: Language
    project: Project
    analysis: Analysis
    entries: tuple[Entry, ...] = ()
    summaries: list[tuple[Entry, Summary]] = field(default_factory=list)
    modules: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    gaps: list[Gap] = field(default_factory=list)

    def is_reached(self, module: ir.Module, routine: str | None) -> bool:
        """Whether the entry point can come to a place in this function, or in the module's top level."""
        return module.name in self.modules and (routine is None or routine in self.functions)

    def tools_touching(self) -> dict[int, list[str]]:
        """For each event the names of the tools whose handlers come to it."""
        touched: dict[int, list[str]] = {}
        for entry, summary in self.summaries:
            if entry.kind == "tool":
                for event in summary.events:
                    touched.setdefault(event, []).append(entry.name)
        return touched


def run(language: Language, modules: Iterable[ir.Module], starts: Iterable[str], deadline: float) -> Flows:
    """Analyses one language's modules. `starts` are the files a client starts, `deadline` is `time.thread_time()`."""
    project = Project(modules, language.resolve)
    analysis = Analysis(project, language.rules, flow_end(deadline), summarise, module_values)
    flows = Flows(language, project, analysis)
    try:
        _run(flows, starts)
    except OutOfTimeError:
        done = len({ref for ref, _ in analysis.summaries})
        flows.gaps.append(Gap(f"Time ran out: {done} of {len(project.routines)} functions were followed."))
    flows.gaps.extend(analysis.gaps.values())
    analysis.deadline = deadline
    return flows


def _run(flows: Flows, starts: Iterable[str]) -> None:
    analysis, project = flows.analysis, flows.project
    flows.modules = reached_modules(project, starts)
    flows.functions = frozenset(project.routines)
    for module in project.modules:
        module_values(analysis, module)
    # Callees before callers keeps the analysis shallow; nested functions need what their outer ones captured.
    for ref in callees_first(project):
        summarise(analysis, project.routines[ref], ())
    flows.entries = flows.language.entries(analysis)
    analysis.words = frozenset(e.name for e in flows.entries)
    roots = [e.routine.ref for e in flows.entries if e.routine is not None and e.routine.module.name in flows.modules]
    flows.functions = reached_functions(project, flows.modules, roots)
    for entry in flows.entries:
        if entry.routine is not None:
            summary = summarise(analysis, entry.routine, entry.hints)
            if summary is not None:
                flows.summaries.append((entry, summary))


def findings(flows: Flows, *, networked: bool, private: frozenset[str | None] = frozenset()) -> list[Finding]:
    """Everything that flows from where it must not to where it must not. `networked`: strangers can call the tools;
    `private`: functions that store files for their owner only.
    """
    best: dict[tuple[object, ...], Finding] = {}

    def keep(finding: Finding) -> None:
        key = (finding.weakness, finding.path, finding.line)
        other = best.get(key)
        if other is None or _weight(finding) > _weight(other):
            best[key] = finding

    for entry, summary in flows.summaries:
        if entry.routine is None or not flows.is_reached(entry.routine.module, entry.routine.ref):
            continue
        for finding in (*_from_hits(flows, entry, summary, networked=networked), *_exposed(flows, entry, summary)):
            keep(finding)
    for hit, routine in flows.analysis.direct.values():
        module = next((m for m in flows.project.modules if m.path == hit.path), None)
        if hit.weakness is Weakness.INSECURE_STORAGE and routine in private:
            continue
        if module is not None and flows.is_reached(module, routine):
            weakness = _by_origin(hit)
            severity = _SEVERITY.get(weakness, Severity.MEDIUM)
            finding = _finding(flows, hit, _origin(hit), severity, weakness, hit.steps)
            if hit.label[0] == "network" and hit.signal is Signal.OPEN_URL:
                # Signing in works by opening what a service answers; whose answer it is, is not known here.
                finding = replace(finding, severity=Severity.MEDIUM, confidence=Confidence.TENTATIVE)
            keep(finding)
    return list(best.values())


def _weight(finding: Finding) -> tuple[int, bool]:
    return finding.severity.rank, finding.confidence is not Confidence.TENTATIVE


def _from_hits(flows: Flows, entry: Entry, summary: Summary, *, networked: bool) -> Iterator[Finding]:
    """What the inputs of one entry reach."""
    opened, faults = split(hit for hit in summary.hits if _is_open(entry, hit))
    for fault, worst, message in places(faults, opened):
        finding = _from_entry(flows, entry, replace(fault, safe=worst.safe), networked=networked)
        if finding is not None:
            yield replace(finding, message=message)
    for hit in opened:
        finding = None if is_told_there(hit, faults) else _from_entry(flows, entry, hit, networked=networked)
        if finding is None:
            continue
        yield finding
        if finding.severity is Severity.MEDIUM and finding.weakness in _RUNS:
            text = _TEXTS[Weakness.EXCESSIVE_AGENCY].format(source=f"An input of tool {entry.name}")
            yield replace(finding, weakness=Weakness.EXCESSIVE_AGENCY, message=f"{text}.")


def _is_open(entry: Entry, hit: Hit) -> bool:
    """Whether the origin is an input of the entry whose declared type does not exclude the danger."""
    kind, root, path = hit.label
    if kind != "param" or not isinstance(root, int) or root < 0 or root in entry.trusted or entry.routine is None:
        return False
    safe = hit.safe | entry.safe(root, path)
    named = safe & Safe.NO_DOTS and safe & Safe.NOT_ABSOLUTE and hit.needs == Safe.PATH
    return safe & hit.needs != hit.needs and not named


def _from_entry(flows: Flows, entry: Entry, hit: Hit, *, networked: bool) -> Finding | None:
    """What an open hit means; nothing when its input is no danger there."""
    _, root, path = hit.label
    if not isinstance(root, int) or entry.routine is None:
        return None
    safe = hit.safe | entry.safe(root, path)
    params = entry.routine.function.params
    name = path.rpartition(".")[2] or (params[root].name if root < len(params) else "input")
    weakness = hit.weakness
    if weakness in SECRETS_ONLY and not is_secret(name):
        return None
    if weakness is Weakness.SQL_INJECTION and safe & Safe.WHOLE:
        # A query handed over in one piece is what a query tool is for; how it is limited is another question.
        return None
    purposeful = bool(_PURPOSE & set(words(name)))
    severity = _SEVERITY.get(weakness, Severity.MEDIUM)
    if weakness in (Weakness.COMMAND_INJECTION, Weakness.CODE_INJECTION) and hit.arbitrary and purposeful:
        # A program that is asked for by name is what the tool was made for; it is still whatever a caller says.
        severity = Severity.MEDIUM
    if weakness is Weakness.SQL_INJECTION and "sql" in words(name):
        # A statement that is asked for by name, with something put around it, such as EXPLAIN.
        severity = Severity.MEDIUM
    own_choice = hit.arbitrary or (weakness is Weakness.SSRF and bool(_ADDRESS & set(words(name))))
    if weakness in _OWN_CHOICE and own_choice and not networked and entry.kind != "route":
        severity = Severity.MEDIUM
    line = entry.routine.function.line
    first = Step(entry.routine.module.path, line, f"{entry.kind} {entry.name} takes {name} from its caller")
    return _finding(
        flows, hit, f"{entry.kind.capitalize()} {entry.name}: input {name}", severity, weakness, (first, *hit.steps)
    )


def _by_origin(hit: Hit) -> Weakness:
    """The weakness that an origin other than a caller makes of a hit."""
    if hit.label[0] == "environ":
        return Weakness.ENV_DUMP
    runs = hit.weakness is not Weakness.DESERIALIZATION and hit.signal is not Signal.OPEN_URL
    if hit.label[0] == "network" and runs:
        return Weakness.REMOTE_CODE
    return hit.weakness


def _origin(hit: Hit) -> str:
    kind, name, _ = hit.label
    words_for = {
        "secret": f"The credential {name}", "environ": "The whole environment",
        "network": "Data received from the network",
    }  # fmt: skip
    return words_for.get(kind, "A value")


def _exposed(flows: Flows, entry: Entry, summary: Summary) -> Iterable[Finding]:
    """Credentials in what a tool returns."""
    if entry.tool is None or entry.routine is None:
        return
    for label, (safe, steps) in only(summary.result.everything(), "secret", "environ").items():
        if safe & Safe.LOG or (label[0] == "secret" and not safe & Safe.FAITHFUL):
            continue
        weakness = Weakness.SECRET_EXPOSURE if label[0] == "secret" else Weakness.ENV_DUMP
        at = steps[-1] if steps else Step(entry.routine.module.path, entry.routine.function.line, "")
        final = Step(at.path, at.line, f"returned by tool {entry.name}")
        hit = Hit(weakness, Signal.MESSAGE, label, safe, Safe.LOG, (*steps, final), at.path, at.line, "return")
        yield _finding(flows, hit, _origin(hit), _SEVERITY[weakness], weakness, hit.steps)


def _finding(
    flows: Flows, hit: Hit, source: str, severity: Severity, weakness: Weakness, steps: tuple[Step, ...]
) -> Finding:
    path, line = (hit.path, hit.line) if hit.check else _place(hit, weakness, steps)
    module = next((m for m in flows.project.modules if m.path == path), None)
    confidence = Confidence.TENTATIVE if hit.weak else Confidence.FIRM
    if hit.weak and severity in (Severity.CRITICAL, Severity.HIGH):
        severity = Severity.MEDIUM
    left = remains(hit)
    severity, confidence = weighed(severity, confidence, left)
    text = _TEXTS.get(weakness, "{source} reaches a dangerous place").format(source=source)
    sink = hit.sink.replace("$", "").replace("()", "")
    snippet = module.text(line) if module is not None else ""
    message = told(f"{text} ({sink}).", left)
    return Finding(flows.language.witness, weakness, severity, confidence, message, path, line, snippet, steps=steps)


def _place(hit: Hit, weakness: Weakness, steps: tuple[Step, ...]) -> tuple[str, int]:
    """Where to mend it: a path that a helper puts together is confined there, not in each of its users."""
    if weakness is Weakness.PATH_TRAVERSAL:
        for step in reversed(steps):
            if step.note == JOINED:
                far = step.path != hit.path or abs(step.line - hit.line) > _FAR
                return (step.path, step.line) if far else (hit.path, hit.line)
    return hit.path, hit.line
