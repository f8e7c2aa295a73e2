"""One Python server: modules in, tools, listeners, observations and findings out."""

from collections.abc import Iterable
from typing import Final

from scanner.code import ir
from scanner.code.clock import Questions
from scanner.code.meaning import meaning
from scanner.code.oauth import oauth
from scanner.code.part import Part
from scanner.code.passing import passing
from scanner.code.python.conduct import conduct
from scanner.code.python.habits import habits, private_places
from scanner.code.python.handled import handlings
from scanner.code.python.observations import observations
from scanner.code.python.sessions import sessions
from scanner.code.python.side_routes import side_routes
from scanner.code.python.tables import RULES, resolve
from scanner.code.python.tool_habits import described, tool_habits
from scanner.code.python.tools import entries
from scanner.code.python.transports import transports
from scanner.code.python.vouching import vouched
from scanner.code.sweep import sweep
from scanner.code.sweeping import Look
from scanner.code.taint import Flows, Language, findings, run
from scanner.code.temporary import tidy
from scanner.code.tokens import tokens
from trust.facts import Import
from trust.finding import Finding

PYTHON: Final = Language("py", RULES, resolve, lambda analysis: vouched(analysis, entries(analysis)))


def examine(modules: Iterable[ir.Module], starts: Iterable[str], deadline: float) -> Part:
    """Analyses the Python modules of a bundle. `starts`: what a client starts; `deadline`: in `time.thread_time()`."""
    known = tuple(modules)
    flows = run(PYTHON, known, starts, deadline)
    tidy(flows.analysis)
    served = transports(flows)
    networked = bool(served.listeners)
    reached = (flows.project.by_name[name] for name in sorted(flows.modules))
    questions = Questions(deadline)
    ask = questions.ask
    stdio = served.stdio or not networked
    meant = meaning("py", flows.analysis, reached, handlings(flows), questions, networked=networked, stdio=stdio)
    exposed = any(at.on_by_default for at in served.listeners)
    handlers = frozenset(e.routine.ref for e in flows.entries if e.routine is not None)
    look = Look(PYTHON.witness, flows.analysis, flows.is_reached, handlers)
    found = [
        *findings(flows, networked=exposed, private=private_places(flows)),
        *ask("bad habits", lambda: habits(flows)),
        *ask("bad habits of tools", lambda: tool_habits(flows, stdio=served.stdio, networked=networked)),
        *ask("missing limits", lambda: conduct(flows)),
        *ask("faults of sessions", lambda: sessions(flows, served.listeners)),
        *served.findings,
        *sweep(look, questions),
        *ask("credentials passed on", lambda: passing(look, served.listeners)),
        *ask("faults of tokens", lambda: tokens(look, served.listeners)),
        *ask("faults of logins", lambda: oauth(look)),
        *ask("open routes", lambda: side_routes(flows, look, served.listeners)),
        *meant.findings,
    ]
    return Part(
        tuple(meant.told(described(flows))),
        tuple(served.listeners),
        (*observations(flows), *served.observations, *meant.observations),
        _once(found),
        tuple(i for module in known for i in _imports(flows, module)),
        (*flows.gaps, *look.gaps, *questions.gaps),
        frozenset(m.path for m in flows.project.modules if m.name in flows.modules),
        served.auth,
        served.host_check,
    )


def _once(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding per place and class, the gravest; in order of place."""
    best: dict[tuple[object, ...], Finding] = {}
    for finding in found:
        key = (finding.weakness, finding.path, finding.line)
        other = best.get(key)
        if other is None or (finding.severity.rank, len(finding.steps)) > (other.severity.rank, len(other.steps)):
            best[key] = finding
    return tuple(sorted(best.values(), key=lambda f: (f.path or "", f.line or 0, f.weakness)))


def _imports(flows: Flows, module: ir.Module) -> Iterable[Import]:
    """Absolute imports of packages that are not the server's own modules."""
    for bound in module.imports:
        if bound.module and flows.project.target(module, bound.module) is None and not bound.module.startswith("."):
            yield Import(bound.module, module.path, bound.line, bound.optional)
