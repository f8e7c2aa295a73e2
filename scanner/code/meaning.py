"""Questions about what the code means, the same for every language: who is believed, what is limited, and by what."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from scanner.code import ir
from scanner.code.destroying import destroying
from scanner.code.error_leaks import ErrorLeaks
from scanner.code.filters import Filters
from scanner.code.handling import Following, Handling
from scanner.code.isolation import Isolation
from scanner.code.listings import Listings
from scanner.code.outputs import Outputs
from scanner.code.own_limits import OwnLimits
from scanner.code.principals import Principals
from scanner.code.queries import Queries
from scanner.code.scopes import scopes
from scanner.code.state import Analysis
from scanner.code.stdout import Stdout
from scanner.code.throttles import throttles
from scanner.code.trails import trails
from trust.facts import Tool
from trust.finding import Finding, Observation
from trust.vocabulary import Signal


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the questions of this package answer about one language's code."""

    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]
    irreversible: frozenset[str] = frozenset()
    asking: frozenset[str] = frozenset()

    def told(self, tools: Iterable[Tool]) -> Iterator[Tool]:
        """The tools with what is known here about undoing and asking."""
        for tool in tools:
            lasting = (Signal.IRREVERSIBLE,) if tool.name in self.irreversible else ()
            asks = tool.confirms or tool.name in self.asking
            yield replace(tool, reaches=(*tool.reaches, *lasting), confirms=asks)


def meaning(
    witness: str,
    analysis: Analysis,
    modules: Iterable[ir.Module],
    handlings: Iterable[Handling],
    *,
    networked: bool,
    stdio: bool,
) -> Meaning:
    """`modules`: the code that the entry point reaches; `handlings`: its tools; `networked`: more than one client can
    be connected; `stdio`: standard output carries the protocol.
    """
    reached, tools = tuple(modules), tuple(handlings)
    following = Following(analysis.project)
    principals = Principals(witness, following, reached, tools)
    findings = [*principals.findings()]
    observations = [*principals.observations()]
    for question in (
        Queries(witness, analysis, following, reached, tools),
        Filters(witness, analysis, following, reached, tools),
        OwnLimits(witness, analysis, following, reached, tools),
        ErrorLeaks(witness, analysis.project, following, reached, tools),
        Listings(witness, analysis.project, following, reached),
        Outputs(witness, analysis.project, following, reached, tools),
    ):
        found, seen = question.examine()
        findings += found
        observations += seen
    asked, seen = scopes(witness, reached, tools)
    findings += asked
    observations += seen
    observations += trails(following, reached, tools)
    observations += throttles(reached)
    if stdio:
        findings += Stdout(witness, following, reached, tools).examine()[0]
    if networked:
        findings += Isolation(witness, following, tools).examine()[0]
    done = destroying(witness, analysis, following, tools)
    return Meaning((*findings, *done.findings), (*observations, *done.observations), done.irreversible, done.asking)
