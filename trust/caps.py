"""Upper limits: facts that a good average must not outweigh. The lowest limit that applies holds.

Model: SSL Labs' hard caps, where one severe flaw bounds the grade whatever else is good.
"""

from collections.abc import Callable, Iterable, Sequence

from trust.assessment import Answer, Cap, DomainScore
from trust.control import is_serious
from trust.finding import Finding
from trust.rubric import Rubric
from trust.vocabulary import Severity, Weakness

PROVENANCE = "SC-07"
"""The control whose pass lifts the `unsigned` cap."""


def caps(answers: Sequence[Answer], domains: Sequence[DomainScore], coverage: int, rubric: Rubric) -> tuple[Cap, ...]:
    """Every cap that applies, lowest first; ties keep this order."""
    limits = rubric.caps
    applying = list(finding_caps(answers, rubric))
    weakest = min(domains, key=lambda d: d.exact)
    if weakest.score + limits.above_weakest_domain < 100:
        because = (
            f"{weakest.domain.label} scores {weakest.score}; the composite may lie at most"
            f" {limits.above_weakest_domain} points above the weakest domain."
        )
        applying.append(Cap("weakest_domain", weakest.score + limits.above_weakest_domain, because))
    if coverage < limits.low_coverage_below:
        because = (
            f"Only {coverage} % of the applicable weight could be assessed;"
            f" below {limits.low_coverage_below} % a score is provisional."
        )
        applying.append(Cap("low_coverage", limits.low_coverage, because))
    if not is_signed(answers):
        because = "No verified provenance says who built these bytes and from which source."
        applying.append(Cap("unsigned", limits.unsigned, because))
    return tuple(sorted(applying, key=lambda cap: cap.limit))


def finding_caps(answers: Iterable[Answer], rubric: Rubric) -> tuple[Cap, ...]:
    """The caps that single findings set. A pattern match (tentative) never caps."""
    limits = rubric.caps
    serious = [f for a in answers for f in a.verdict.findings if is_serious(f)]
    table: tuple[tuple[str, int, Callable[[Finding], bool]], ...] = (
        ("blocking_finding", limits.blocking, is_blocking),
        ("severe_vulnerability", limits.severe_vulnerability, is_severe_vulnerability),
        (
            "critical_finding",
            limits.critical_finding,
            lambda f: f.severity is Severity.CRITICAL and not is_severe_vulnerability(f),
        ),
        ("high_finding", limits.high_finding, lambda f: f.severity is Severity.HIGH),
    )
    found = []
    for id, limit, matches in table:
        first = next((f for f in serious if matches(f)), None)
        if first is not None:
            found.append(Cap(id, limit, sentence(first)))
    return tuple(found)


def sentence(finding: Finding) -> str:
    place = f" ({finding.path}{f':{finding.line}' if finding.line else ''})" if finding.path else ""
    return f"{finding.message.rstrip('.')}{place}."


def is_blocking(finding: Finding) -> bool:
    """Malware that more than a pattern points at: quarantine, whatever else is good about the bundle."""
    return finding.weakness is Weakness.MALWARE and finding.severity is Severity.CRITICAL and is_serious(finding)


def is_severe_vulnerability(finding: Finding) -> bool:
    """An advisory with CVSS 9.0 or more, or known to be exploited; the scanner gives those severity critical."""
    return finding.weakness is Weakness.KNOWN_VULNERABILITY and finding.severity is Severity.CRITICAL


def is_signed(answers: Iterable[Answer]) -> bool:
    return any(a.control.id == PROVENANCE and a.passes for a in answers)


def potential_limit(answers: Sequence[Answer], domains: Sequence[DomainScore], rubric: Rubric) -> int:
    """The lowest cap that would remain if every gap turned out well, in whole points."""
    limits = [100, *(cap.limit for cap in finding_caps(answers, rubric))]
    limits.append(min(d.potential for d in domains) + rubric.caps.above_weakest_domain)
    unknown = any(a.control.id == PROVENANCE and a.applies and not a.assessed for a in answers)
    if not unknown and not is_signed(answers):
        limits.append(rubric.caps.unsigned)
    return min(limits)
