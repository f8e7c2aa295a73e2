"""From facts to an assessment. Pure: the same facts under the same rubric give the same answer, forever.

The reasons for each rule are in docs/SCORING.md; its properties are tested in tests/unit/test_scoring_properties.py.
"""

from collections.abc import Iterable

from trust.arithmetic import composite, credit, domain_scores, weighted
from trust.assessment import Answer, Assessment
from trust.caps import caps, is_blocking, potential_limit
from trust.control import Control, Verdict
from trust.controls import CATALOG
from trust.facts import Facts
from trust.levels import standings
from trust.points import raises, with_points_lost
from trust.rubric import Rubric


def assess(facts: Facts, rubric: Rubric) -> Assessment:
    """Ask every control of the rubric about these facts, and add up."""
    return score(((control, control.ask(facts)) for control in CATALOG if control.id in rubric.controls), rubric)


def score(verdicts: Iterable[tuple[Control, Verdict]], rubric: Rubric) -> Assessment:
    """Add up verdicts under a rubric: the arithmetic of `assess`, without the asking."""
    answers = with_points_lost(
        [Answer(control, v, rubric.controls[control.id], credit(v, rubric)) for control, v in verdicts], rubric
    )
    domains = domain_scores(answers)
    exact = composite(domains, rubric)
    coverage = weighted(((d.domain, d.coverage) for d in domains), rubric)
    applying = caps(answers, domains, coverage, rubric)
    result = min([exact // 100, *(cap.limit for cap in applying)])
    best = weighted(((d.domain, d.exact_potential) for d in domains), rubric) // 100
    return Assessment(
        rubric=rubric.number,
        score=result,
        potential=min(best, potential_limit(answers, domains, rubric)),
        coverage=coverage,
        provisional=coverage < rubric.caps.low_coverage_below,
        blocked=any(is_blocking(f) for a in answers for f in a.verdict.findings),
        uncapped=exact,
        caps=applying,
        domains=domains,
        answers=answers,
        raises=raises(answers, rubric),
        levels=standings(answers, domains, result, rubric),
    )
