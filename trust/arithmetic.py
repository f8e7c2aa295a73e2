"""The sums of the framework. Integers only: basis points (10000 = 100 %) inside, whole points outside, rounded down.

credit of a control   = ceiling(evidence) x share x product over its findings of (1 - severity x confidence)
domain score          = weighted mean of the credits of its applicable controls, a gap counting as zero
composite             = weighted mean of the domains
"""

from collections.abc import Iterable

from trust.assessment import Answer, DomainScore
from trust.control import FULL, Outcome, Verdict
from trust.finding import Finding
from trust.rubric import Rubric
from trust.vocabulary import Domain


def credit(verdict: Verdict, rubric: Rubric) -> int:
    """What a verdict earns, in basis points. Every distinct finding multiplies it down; a duplicate counts once."""
    if verdict.outcome not in (Outcome.PASS, Outcome.PARTIAL):
        return 0
    earned = rubric.ceilings[verdict.evidence] * verdict.share // FULL
    worst: dict[object, int] = {}
    for finding in verdict.findings:
        key = finding.aliases or finding.fingerprint
        worst[key] = max(worst.get(key, 0), penalty(finding, rubric))
    for taken in sorted(worst.values(), reverse=True):
        earned = earned * (FULL - taken) // FULL
    return earned


def penalty(finding: Finding, rubric: Rubric) -> int:
    """The share of a control's credit that one finding takes, in basis points."""
    return rubric.penalties[finding.severity] * rubric.confidences[finding.confidence] // FULL


def domain_scores(answers: Iterable[Answer]) -> tuple[DomainScore, ...]:
    """Every domain, in framework order."""
    listed = tuple(answers)
    return tuple(domain_score(domain, listed) for domain in Domain)


def domain_score(domain: Domain, answers: Iterable[Answer]) -> DomainScore:
    """A domain without any applicable control has nothing to show for itself: zero, with no coverage."""
    mine = [a for a in answers if a.control.domain is domain and a.applies]
    weight = sum(a.weight for a in mine)
    if weight == 0:
        return DomainScore(domain, 0, 0, 0, 0, 0)
    earned = sum(a.weight * a.credit for a in mine)
    unknown = sum(a.weight * FULL for a in mine if not a.assessed)
    assessed = sum(a.weight for a in mine if a.assessed)
    return DomainScore(
        domain=domain,
        score=earned // weight // 100,
        potential=(earned + unknown) // weight // 100,
        coverage=100 * assessed // weight,
        exact=earned // weight,
        exact_potential=(earned + unknown) // weight,
    )


def weighted(values: Iterable[tuple[Domain, int]], rubric: Rubric) -> int:
    """Mean of one value per domain, weighted as the rubric weighs domains, rounded down."""
    return sum(rubric.domains[domain] * value for domain, value in values) // sum(rubric.domains.values())


def composite(domains: Iterable[DomainScore], rubric: Rubric) -> int:
    """The composite before caps, in basis points."""
    return weighted(((d.domain, d.exact) for d in domains), rubric)
