"""Questions about what the code means, the same for every language: who is believed, what is limited, and by what."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from scanner.code import ir
from scanner.code.clock import Questions
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

_Answers: TypeAlias = tuple[Iterable[Finding], Iterable[Observation]]


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
    questions: Questions,
    *,
    networked: bool,
    stdio: bool,
) -> Meaning:
    """`modules`: the code that the entry point reaches; `handlings`: its tools; `networked`: more than one client can
    be connected; `stdio`: standard output carries the protocol.
    """
    reached, tools = tuple(modules), tuple(handlings)
    following = Following(analysis.project)
    findings: list[Finding] = []
    observations: list[Observation] = []

    def principals() -> Iterator[_Answers]:
        asked = Principals(witness, following, reached, tools)
        yield list(asked.findings()), list(asked.observations())

    project = analysis.project
    for about, question in (
        ("callers who are believed", principals),
        ("rights of queries", lambda: [Queries(witness, analysis, following, reached, tools).examine()]),
        ("filters that let through", lambda: [Filters(witness, analysis, following, reached, tools).examine()]),
        ("limits of its own", lambda: [OwnLimits(witness, analysis, following, reached, tools).examine()]),
        ("traces in answers", lambda: [ErrorLeaks(witness, project, following, reached, tools).examine()]),
        ("lists without an end", lambda: [Listings(witness, project, following, reached).examine()]),
        ("answers that pass on foreign text", lambda: [Outputs(witness, project, following, reached, tools).examine()]),
        ("scopes", lambda: [scopes(witness, reached, tools)]),
        ("audit trails", lambda: [([], list(trails(following, reached, tools)))]),
        ("rate limits", lambda: [([], list(throttles(reached)))]),
        ("output beside the protocol", lambda: [Stdout(witness, following, reached, tools).examine()] if stdio else []),
        ("shared state", lambda: [Isolation(witness, following, tools).examine()] if networked else []),
    ):
        for found, seen in questions.ask(about, question):
            findings += found
            observations += seen
    done = next(
        iter(questions.ask("what cannot be undone", lambda: [destroying(witness, analysis, following, tools)])), None
    )
    if done is None:
        return Meaning(tuple(findings), tuple(observations))
    return Meaning((*findings, *done.findings), (*observations, *done.observations), done.irreversible, done.asking)
