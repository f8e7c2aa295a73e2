"""The flow analysis run over the JavaScript of one bundle, and which of its files the server really loads."""

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scanner.code import ir
from scanner.code.clock import OutOfTimeError
from scanner.code.flow import flow_end, module_values, summarise
from scanner.code.javascript.dispatching import Dispatching
from scanner.code.javascript.entering import Entrance, entrances
from scanner.code.javascript.index import Place, Scope
from scanner.code.javascript.interop import interop
from scanner.code.javascript.modules import module_name
from scanner.code.javascript.reading import Reader
from scanner.code.javascript.tables import RULES
from scanner.code.javascript.tools import Registered
from scanner.code.project import Project, Routine
from scanner.code.reach import callees_first
from scanner.code.state import Analysis, Event, Summary
from trust.finding import Gap

TEST_FILE = re.compile(
    r"(^|/)(__tests__|tests?|spec|__mocks__|fixtures|examples?)/|\.(test|spec|stories|config|bench)\.[cm]?[jt]sx?$"
)
SERVERS = ("@modelcontextprotocol/sdk/server", "@modelcontextprotocol/server", "fastmcp", "mcp-handler", "mcp-lite")
FINDS_TOOLS = ("mcp-framework", "xmcp", "@rekog/mcp-nest")


@dataclass(slots=True)
class Run:
    """Everything the fact makers look at. `loaded`: names of the modules that the entry point reaches by imports."""

    reader: Reader
    analysis: Analysis
    tools: tuple[Registered, ...]
    loaded: frozenset[str]
    places: dict[int, Place]
    gaps: list[Gap] = field(default_factory=list)
    touched: frozenset[int] = frozenset()
    computed: int = 0
    listers: tuple[Scope, ...] = ()
    """The functions that answer tools/list."""
    entrances: tuple[Entrance, ...] = ()
    """Ways in that are no tool of a known name."""

    def place(self, event: Event) -> Place | None:
        return self.places.get(id(event.node))

    def routine(self, scope: Scope) -> Routine | None:
        """The function of a scope as the flow analysis knows it."""
        function = scope.function
        return (
            self.analysis.project.routines.get(f"{scope.module.name}:{function.qualname}")
            if function is not None
            else None
        )

    def summary(self, routine: Routine | None) -> Summary | None:
        if routine is None:
            return None
        try:
            return summarise(self.analysis, routine, ())
        except OutOfTimeError:
            return None

    def reached(self, module: ir.Module) -> bool:
        return module.name in self.loaded


def resolve(project: Project, _importer: ir.Module, name: str) -> ir.Module | None:
    """Lowering has resolved every import already: a module of the bundle is named by its marked path."""
    return project.by_name.get(name)


def run(modules: Sequence[ir.Module], entries: Iterable[str], deadline: float) -> Run:
    """Analyses all modules until `deadline` (time.thread_time()); what was not reached in time is a gap.

    `entries` are the paths that the manifest starts; without one that exists, every file that is no test counts as
    loaded.
    """
    reconciled = interop(modules)
    reader = Reader(reconciled)
    analysis = Analysis(Project(reconciled, resolve), RULES, flow_end(deadline), summarise, module_values)
    loaded = _loaded(reconciled, entries, _searching(reader))
    found = Run(
        reader,
        analysis,
        (),
        loaded,
        {id(p.node): p for p in reader.places() if isinstance(p.node, ir.Call | ir.Compare | ir.Subscript)},
    )
    first = sorted(reconciled, key=lambda m: m.name not in loaded)
    try:
        for module in first:
            module_values(analysis, module)
        # What a handler closes over is best known where the start-up code called the function around it.
        started = dict(analysis.captured)
        for ref in callees_first(analysis.project):
            summarise(analysis, analysis.project.routines[ref], ())
        analysis.captured.update(started)
        for ref in started:
            analysis.summaries.pop((ref, ()), None)
    except OutOfTimeError:
        found.gaps.append(Gap("The time for following JavaScript was used up; what came after was not followed."))
    found.gaps.extend(analysis.gaps.values())
    analysis.deadline = deadline
    tools = Dispatching(reader, loaded)
    found.tools = tools.find()
    if not found.tools and not tools.dispatchers and not _serves(reconciled, loaded):
        # What registers the tools is loaded in a way that no import shows.
        wider = loaded | {m.name for m in reconciled if not TEST_FILE.search(m.path)}
        tools = Dispatching(reader, wider)
        found.tools = tools.find()
        if found.tools:
            found.loaded = loaded = wider
    found.listers = tuple(tools.listers)
    found.entrances = tuple(e for e in entrances(reader, tools, found.tools) if e.scope.module.name in loaded)
    found.computed = 0 if found.tools else len(tools.unnamed)
    touched: set[int] = set()
    for module in reconciled:
        if module.name in loaded:
            touched |= analysis.module_events.get(module.name, set())
    for tool in found.tools:
        summary = found.summary(handled(found, tool))
        touched |= summary.events if summary is not None else set()
    for entrance in found.entrances:
        summary = found.summary(found.routine(entrance.scope))
        touched |= summary.events if summary is not None else set()
    found.touched = frozenset(touched)
    return found


def _serves(modules: Iterable[ir.Module], loaded: frozenset[str]) -> bool:
    """Whether what is loaded makes a server of its own; a framework that finds tools by their folder makes none."""
    names = {i.module for module in modules if module.name in loaded for i in module.imports}
    return not any(n.startswith(FINDS_TOOLS) for n in names) and any(n.startswith(SERVERS) for n in names)


def _searching(reader: Reader) -> frozenset[str]:
    """Modules that load others by a name they put together: any file below their folder may be meant."""
    found = set()
    for place in reader.calls():
        call = place.node
        if isinstance(call, ir.Call) and isinstance(call.callee, ir.Name) and call.callee.id in ("import", "require"):
            found.add(place.scope.module.name)
    return frozenset(found)


def _loaded(modules: Sequence[ir.Module], entries: Iterable[str], searching: frozenset[str]) -> frozenset[str]:
    """Modules reachable from the entry points by imports, `await import()` and `require` included."""
    known = {module.name: module for module in modules}
    starts = [name for name in (module_name(posixpath.normpath(entry)) for entry in entries) if name in known]
    if not starts:
        return frozenset(name for name, module in known.items() if not TEST_FILE.search(module.path))
    seen: set[str] = set()
    stack = starts
    while stack:
        name = stack.pop()
        if name not in seen:
            seen.add(name)
            stack.extend(i.module for i in known[name].imports if i.module in known)
            if name in searching:
                folder = posixpath.dirname(known[name].path)
                below = (n for n, m in known.items() if not folder or m.path.startswith(f"{folder}/"))
                stack.extend(n for n in below if not TEST_FILE.search(known[n].path))
    return frozenset(seen)


def handled(found: Run, tool: Registered) -> Routine | None:
    """The code that runs for one tool: its handler, or a dispatcher cut down to the branch that belongs to the tool."""
    if tool.handler is None:
        return None
    routine = found.routine(tool.handler)
    if routine is None or not tool.branch:
        return routine
    cut = _cut(routine.function.body, tool.branch)
    if cut is None:
        return routine
    function = routine.function
    made = ir.Function(
        function.name,
        f"{function.qualname}@{tool.name}",
        function.line,
        function.end,
        function.params,
        cut,
        receiver=function.receiver,
        owner=function.owner,
        is_async=function.is_async,
    )
    captured = found.analysis.captured
    ref = f"{routine.module.name}:{function.qualname}"
    if ref in captured:
        captured[f"{routine.module.name}:{made.qualname}"] = captured[ref]
    return Routine(routine.module, made)


def _cut(statements: tuple[ir.Stmt, ...], branch: tuple[ir.Stmt, ...]) -> tuple[ir.Stmt, ...] | None:
    """The statements up to the branch and the branch itself, its test and everything beside it left out."""
    before: list[ir.Stmt] = []
    for statement in statements:
        inner: tuple[ir.Stmt, ...] | None = None
        if isinstance(statement, ir.If):
            inner = (
                branch if statement.then is branch else _cut(statement.then, branch) or _cut_chain(statement, branch)
            )
        elif isinstance(statement, (ir.Try, ir.Loop | ir.With)):
            inner = _cut(statement.body, branch)
        if inner is not None:
            others = _subject(statement.test) if isinstance(statement, ir.If) else None
            kept = [s for s in before if others is None or not (isinstance(s, ir.If) and _subject(s.test) == others)]
            return (*kept, *inner)
        before.append(statement)
    return None


def _subject(test: ir.Expr) -> str | None:
    """What a test compares with a fixed text: branches that ask the same of another name are other tools."""
    if not isinstance(test, ir.Compare) or test.op != "==":
        return None
    for one, other in ((test.left, test.right), (test.right, test.left)):
        if isinstance(other, ir.Const) and isinstance(other.value, str):
            if isinstance(one, ir.Name):
                return one.id
            if isinstance(one, ir.Attribute):
                return f".{one.name}"
    return None


def _cut_chain(statement: ir.If, branch: tuple[ir.Stmt, ...]) -> tuple[ir.Stmt, ...] | None:
    """The branch in an `else if` chain, however long."""
    current: ir.Stmt = statement
    while isinstance(current, ir.If) and len(current.other) == 1 and isinstance(current.other[0], ir.If):
        current = current.other[0]
        if current.then is branch:
            return branch
        inner = _cut(current.then, branch)
        if inner is not None:
            return inner
    return _cut(current.other, branch) if isinstance(current, ir.If) and current.other else None
