"""Questions about what the code means, the same for every language: who is believed, what is limited, and by what."""

from collections.abc import Iterable
from dataclasses import dataclass

from scanner.code import ir
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
from trust.finding import Finding, Observation


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the questions of this package answer about one language's code."""

    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]


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
    return Meaning(tuple(findings), tuple(observations))
