"""The JavaScript of one bundle as facts: tools, listeners, observations, findings, imports."""

import re
from collections.abc import Iterable, Iterator, Sequence

from scanner.code import ir
from scanner.code.clock import Questions
from scanner.code.javascript.audits import Audits
from scanner.code.javascript.conduct import Conduct
from scanner.code.javascript.declared import Declared
from scanner.code.javascript.flows import (
    direct_findings,
    exposed_findings,
    route_findings,
    tool_findings,
)
from scanner.code.javascript.habits import Habits, private_mode
from scanner.code.javascript.handled import handlings
from scanner.code.javascript.modules import package
from scanner.code.javascript.openings import entrance_findings
from scanner.code.javascript.running import TEST_FILE, Run, handled, run
from scanner.code.javascript.servers import Servers
from scanner.code.javascript.sessions import Sessions
from scanner.code.javascript.side_routes import side_routes
from scanner.code.javascript.tools import Registered
from scanner.code.meaning import meaning
from scanner.code.oauth import oauth
from scanner.code.part import Part
from scanner.code.passing import passing
from scanner.code.state import Event
from scanner.code.sweep import sweep
from scanner.code.sweeping import Look
from scanner.code.temporary import CLEANUP, tidy
from scanner.code.tokens import tokens
from trust.facts import Import, Tool
from trust.finding import Finding, Gap, Observation
from trust.vocabulary import Signal, Weakness

S = Signal
HABITS = {
    "jwt-verify": S.JWT_VERIFIED, "constant-time": S.CONSTANT_TIME_COMPARE, "timeout": S.TIMEOUT,
    "rate-limit": S.RATE_LIMIT,
    "confirmation": S.CONFIRMATION, "keyring": S.CREDENTIAL_FROM_KEYRING, "encrypted": S.ENCRYPTED_STORAGE,
    "stdio": S.STDIO_TRANSPORT,
    CLEANUP: S.TEMP_CLEANUP,
    "environment": S.ENV_READ, "environment-secret": S.CREDENTIAL_FROM_ENV,
}  # fmt: skip
TELEMETRY = (
    "posthog-node", "posthog-js", "@sentry/", "mixpanel", "@segment/analytics-node", "@amplitude/",
    "applicationinsights", "rudder-sdk", "bugsnag",
    "@bugsnag/", "rollbar", "@scarf/", "analytics-node", "universal-analytics", "@datadog/browser", "logrocket",
    "heap-api",
)  # fmt: skip
METRICS = ("@opentelemetry/", "prom-client", "dd-trace", "hot-shots", "statsd-client")
CONFIRM_PARAM = re.compile(r"^(confirm(ed|ation)?|acknowledged?|approved?|i_?am_?sure|yes)$", re.IGNORECASE)
READ_ONLY = re.compile(
    r"read_?only|allow_?(write|delete|insert|update|ddl|destructive)|disable_?(write|destructive)|non_destructive",
    re.IGNORECASE,
)
TOOL_LIST = re.compile(
    r"(allow|enable|disable|deny|block|exclude|include|allowed|enabled|disabled)e?d?_?tools?|toolsets?|tools?_(allow|deny|filter)",
    re.IGNORECASE,
)


def examine(modules: Sequence[ir.Module], entries: Iterable[str], deadline: float) -> Part:
    """Facts about lowered modules. `entries`: paths the manifest starts; `deadline`: time.thread_time() to stop at."""
    if not modules:
        return Part()
    found = run(modules, entries, deadline)
    tidy(found.analysis)
    servers = Servers(found)
    listeners = tuple(servers.listeners())
    stdio = servers.has_stdio()
    tools = _Tools(found)
    habits = Habits(found, servers, stdio=stdio or not listeners)
    routes = []
    for route, scope in servers.handlers():
        summary = found.summary(found.routine(scope)) if found.reached(scope.module) else None
        if summary is not None:
            routes.append((route.place.scope.module.path, route.place.line, summary))
    networked = any(at.on_by_default and at.auth in {"none", "optional"} for at in listeners)
    look = Look("js", found.analysis, lambda module, _: found.reached(module), _handlers(found))
    reached = (m for m in found.analysis.project.modules if found.reached(m))
    questions = Questions(deadline)
    ask = questions.ask
    meant = meaning(
        "js",
        found.analysis,
        reached,
        handlings(found),
        questions,
        networked=bool(listeners),
        stdio=stdio or not listeners,
    )
    logins = ask("faults of logins", lambda: oauth(look))
    opened = {(f.path, f.line): f for f in logins if f.weakness is Weakness.URL_OPENED}
    findings = (
        *ask("dangerous inputs of tools", lambda: tool_findings(found, networked=networked)),
        *route_findings(found, routes),
        *entrance_findings(found, opened, networked=networked),
        *direct_findings(found, opened),
        *exposed_findings(found),
        *ask("bad habits", habits.findings),
        *ask("tools that do what they do not say", Declared(found, tools.reaches, tools.own_acts).findings),
        *ask("missing limits", Conduct(found, servers, networked=bool(listeners)).findings),
        *ask("open listeners", lambda: servers.findings(listeners)),
        *ask("faults of sessions", Sessions(found, listeners).findings),
        *sweep(look, questions),
        *ask("credentials passed on", lambda: passing(look, listeners)),
        *ask("faults of tokens", lambda: tokens(look, listeners)),
        *logins,
        *ask("open routes", lambda: side_routes(servers, look, listeners)),
        *meant.findings,
    )
    if found.computed:
        reason = f"{found.computed} tool registration(s) take their name from somewhere that could not be followed."
        found.gaps.append(Gap(reason))
    # A test that nothing loads is no part of what runs, so what of it could not be read hides nothing.
    read = [m for m in modules if found.reached(m) or not TEST_FILE.search(m.path)]
    gaps = (*(gap for module in read for gap in module.gaps), *found.gaps, *look.gaps, *questions.gaps)
    return Part(
        tuple(meant.told(tools.facts)),
        listeners,
        (*_observations(found, tools), *meant.observations),
        _distinct(findings),
        tuple(_imports(modules)),
        tuple(dict.fromkeys(gaps)),
        frozenset(m.path for m in found.analysis.project.modules if m.name in found.loaded),
    )


def _handlers(found: Run) -> frozenset[str]:
    """The functions that answer tool calls."""
    routines = (found.routine(tool.handler) for tool in found.tools if tool.handler is not None)
    return frozenset(routine.ref for routine in routines if routine is not None)


class _Tools:
    """The tools with what their code reaches."""

    def __init__(self, found: Run) -> None:
        self.found = found
        self.reaches: dict[str, set[Signal]] = {}
        self.own_acts: dict[str, set[Signal]] = {}
        self.touched: dict[int, str] = {}
        self.audited: list[Observation] = []
        self.audits = Audits(found)
        self.facts = tuple(self._fact(tool) for tool in found.tools)

    def _fact(self, tool: Registered) -> Tool:
        routine = handled(self.found, tool)
        summary = self.found.summary(routine)
        events = [self.found.analysis.events[i] for i in sorted(summary.events)] if summary is not None else []
        reaches: set[Signal] = {
            e.signal for e in events if e.kind == "sink" and e.signal is not None and e.signal != S.LOG_CALL
        }
        self.reaches[tool.name] = reaches
        inner = f"{routine.ref}" if routine is not None else "-"
        self.own_acts[tool.name] = {
            e.signal
            for e in events
            if e.kind == "sink"
            and e.signal is not None
            and (e.routine or "").startswith(inner)
            and (e.signal is S.FILE_DELETE or _chosen(e))
        }
        for event in events:
            self.touched.setdefault(id(event), tool.name)
        self.audited.extend(self.audits.of(tool))
        confirms = any(e.kind == "confirmation" for e in events) or self._checked_param(tool)
        at = tool.handler.function if tool.handler is not None and not tool.branch else None
        path = tool.handler.module.path if tool.handler is not None and not tool.branch else tool.path
        line = tool.branch[0].line if tool.branch else at.line if at is not None else tool.line
        if tool.branch and tool.handler is not None:
            path = tool.handler.module.path
        params = tuple(f.param for f in tool.fields) if tool.fields is not None else None
        return Tool(
            tool.name,
            "code",
            tool.description,
            params,
            tool.annotations,
            path,
            line,
            tuple(sorted(reaches, key=lambda s: s.value)),
            confirms,
        )

    def _checked_param(self, tool: Registered) -> bool:
        """A boolean such as `confirmed` that the handler tests."""
        names = {f.param.name for f in tool.fields or () if CONFIRM_PARAM.match(f.param.name)}
        if not names or tool.handler is None:
            return False
        for place in self.found.reader.indexes[tool.handler.module.name].inside(tool.handler):
            node = place.node
            if isinstance(node, ir.If) and _mentions(node.test, names):
                return True
        return False


def _chosen(event: Event) -> bool:
    """Whether a parameter of the function decides about the first argument."""
    return bool(event.args) and any(label[0] == "param" and label[1] != -1 for label in event.args[0].everything())


def _observations(found: Run, tools: _Tools) -> Iterator[Observation]:
    analysis = found.analysis
    for index, event in enumerate(analysis.events):
        reachable = found.reached(event.module) and (
            index in found.touched or event.kind in {"environment", "environment-secret"}
        )
        yield from _observed(
            event,
            tools.touched.get(id(event)),
            reachable=reachable or (found.reached(event.module) and event.routine is None),
        )
    yield from tools.audited
    for module_name, index_ in found.reader.indexes.items():
        for bound in index_.module.imports:
            library = bound.module
            reachable = module_name in found.loaded
            if library.startswith(TELEMETRY):
                yield Observation(S.TELEMETRY_SDK, index_.module.path, bound.line, library, reachable=reachable)
            elif library.startswith(METRICS):
                yield Observation(S.METRICS, index_.module.path, bound.line, library, reachable=reachable)
            elif library.endswith(".node"):
                yield Observation(S.NATIVE_CODE, index_.module.path, bound.line, library, reachable=reachable)


def _observed(event: Event, tool: str | None, *, reachable: bool) -> Iterator[Observation]:
    at = (event.module.path, event.line)
    if event.kind == "sink" and event.signal is not None:
        yield Observation(event.signal, *at, event.ref.replace("$", "").replace("()", ""), tool, reachable)
        if event.signal is S.FILE_WRITE and private_mode(event.args[1:]):
            yield Observation(S.PRIVATE_FILE_MODE, *at, "", tool, reachable)
        if event.signal is S.HTTP and any((v.fields or {}).keys() & {"timeout"} for v in event.args):
            yield Observation(S.TIMEOUT, *at, "", tool, reachable)
        return
    signal = HABITS.get(event.kind)
    if signal is None:
        return
    detail = event.ref
    yield Observation(signal, *at, detail, tool, reachable)
    if signal is S.ENV_READ and READ_ONLY.search(detail):
        yield Observation(S.READ_ONLY_MODE, *at, detail, tool, reachable)
    if signal is S.ENV_READ and TOOL_LIST.search(detail):
        yield Observation(S.TOOL_FILTER, *at, detail, tool, reachable)


def _imports(modules: Iterable[ir.Module]) -> Iterator[Import]:
    """Packages that own files load; files of the bundle itself are not listed."""
    for module in modules:
        for bound in module.imports:
            name = None if bound.module.startswith("./") else package(bound.module)
            if name is not None:
                yield Import(name, module.path, bound.line, bound.optional)


def _distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding per weakness and line, the surest and worst one."""
    best: dict[tuple[Weakness, str | None, int | None], Finding] = {}
    order = ("confirmed", "firm", "tentative")
    for finding in findings:
        key = (finding.weakness, finding.path, finding.line)
        known = best.get(key)
        if known is None or (finding.severity.rank, -order.index(finding.confidence)) > (
            known.severity.rank,
            -order.index(known.confidence),
        ):
            best[key] = finding
    return tuple(best.values())


def _mentions(node: ir.Expr, names: set[str]) -> bool:
    stack: list[ir.Expr] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, ir.Name) and current.id.partition("~")[0] in names:
            return True
        if isinstance(current, ir.Attribute):
            if current.name in names:
                return True
            stack.append(current.base)
        elif isinstance(current, ir.Not):
            stack.append(current.operand)
        elif isinstance(current, ir.Compare):
            stack.extend((current.left, current.right))
        elif isinstance(current, ir.Logic):
            stack.extend(current.values)
    return False
