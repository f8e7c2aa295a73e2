"""What a control is, and what it can answer.

A control is one question of the framework: a pure function of facts, decorated with `@control`. The decorator turns
it into a frozen `Control` that knows which facts it reads, so the engine can answer *not assessed* by itself wherever
a fact is a gap, and so that no control can forget to. Weights live in the numbered rubric, never here: a control may
be asked under many rubrics.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, overload

from trust.drift import Changes
from trust.facts import (
    Archive,
    Code,
    Declaration,
    Dependencies,
    Facts,
    Inventory,
    Malice,
    Probe,
    Publisher,
    Secrets,
    Texts,
    Vulnerabilities,
)
from trust.finding import Finding, Gap
from trust.provenance import Provenance
from trust.vocabulary import Confidence, Domain, Evidence, Severity, Weakness
from trust.wording import counted

FULL = 10_000
"""Full credit, in basis points."""


class Outcome(StrEnum):
    PASS = "pass"
    PARTIAL = "partial"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    NOT_ASSESSED = "not_assessed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One control's answer about one bundle.

    `share` is how much of the question is met, in basis points, before findings are counted: 10000 for a pass, 0 for a
    fail, between them for mechanisms of different strength.
    """

    outcome: Outcome
    summary: str
    evidence: Evidence = Evidence.NONE
    share: int = 0
    findings: tuple[Finding, ...] = ()


def passed(summary: str, *, evidence: Evidence = Evidence.STRUCTURAL) -> Verdict:
    return Verdict(Outcome.PASS, summary, evidence, FULL)


def partial(summary: str, share: int, *findings: Finding, evidence: Evidence = Evidence.STRUCTURAL) -> Verdict:
    """Met in part: `share` in percent, 1 to 99."""
    if not 0 < share < 100:
        raise ValueError(f"a partial share lies between 1 and 99 percent, not {share}")
    return Verdict(Outcome.PARTIAL, summary, evidence, share * 100, findings)


def failed(summary: str, *findings: Finding, evidence: Evidence = Evidence.STRUCTURAL) -> Verdict:
    return Verdict(Outcome.FAIL, summary, evidence, 0, findings)


def not_applicable(summary: str) -> Verdict:
    """Only from a fact that the scanner established, never from what the manifest says about itself."""
    return Verdict(Outcome.NOT_APPLICABLE, summary)


def not_assessed(reason: str) -> Verdict:
    return Verdict(Outcome.NOT_ASSESSED, reason)


def is_serious(finding: Finding) -> bool:
    """Critical or high, and more than a pattern match: enough to fail a control by itself."""
    return finding.severity.rank >= Severity.HIGH.rank and finding.confidence is not Confidence.TENTATIVE


def by_findings(
    findings: Iterable[Finding], *, clean: str, found: str, evidence: Evidence = Evidence.STRUCTURAL
) -> Verdict:
    """The usual shape: nothing found passes, a serious finding or a firm medium one fails, anything weaker is partial.

    `found` is a sentence for `trust.wording.counted`. Findings of severity info never change the outcome.
    """
    harmful = tuple(f for f in findings if f.severity is not Severity.INFO)
    if not harmful:
        return passed(clean, evidence=evidence)
    summary = counted(found, len(harmful))
    firm = [f for f in harmful if f.confidence is not Confidence.TENTATIVE and f.severity.rank >= Severity.MEDIUM.rank]
    if firm:
        return failed(summary, *harmful, evidence=evidence)
    return Verdict(Outcome.PARTIAL, summary, evidence, FULL, harmful)


FIELD_OF: dict[type, str] = {
    Archive: "archive",
    Declaration: "declaration",
    Inventory: "inventory",
    Code: "code",
    Malice: "malice",
    Secrets: "secrets",
    Texts: "texts",
    Dependencies: "dependencies",
    Vulnerabilities: "vulnerabilities",
    Provenance: "provenance",
    Publisher: "publisher",
    Changes: "changes",
    Probe: "probe",
}
"""Which field of `Facts` holds which kind."""


@dataclass(frozen=True, slots=True)
class Control:
    """One question. `judge` is only called with facts, never with gaps; `mtf` names its MTF v0.1 controls.

    `seeks` are the weaknesses whose absence makes it pass: where nobody looked for one of them, it cannot pass.
    `lacks` are further facts that may be missing: `judge` is given them, or the gap in their place, after the others.
    """

    id: str
    title: str
    why: str
    fix: str
    reads: tuple[type, ...]
    judge: Callable[..., Verdict]
    mtf: tuple[str, ...] = ()
    best: Evidence = Evidence.STRUCTURAL
    seeks: tuple[Weakness, ...] = ()
    lacks: tuple[type, ...] = ()

    @property
    def domain(self) -> Domain:
        return DOMAIN_OF[self.id.split("-")[0]]

    def ask(self, facts: Facts) -> Verdict:
        """Judge these facts. A gap among the facts it reads answers *not assessed*.

        A gap inside one of them takes back every answer that rests on absence: a good one, because what was not looked
        at may hide the opposite, and a bad one without a finding, because what is missing may be there. What was found
        stands.
        """
        values = [getattr(facts, FIELD_OF[kind]) for kind in self.reads]
        for value in values:
            if isinstance(value, Gap):
                return not_assessed(value.reason)
        verdict = self.judge(*values, *(getattr(facts, FIELD_OF[kind]) for kind in self.lacks))
        if not verdict.findings and verdict.outcome is not Outcome.PARTIAL:
            gap = next((gap for value in values for gap in getattr(value, "gaps", ())), None)
            if gap is not None:
                where = f"{gap.path}: " if gap.path else ""
                return not_assessed(f"{where}{gap.reason}")
        if verdict.outcome is Outcome.PASS:
            sought = {weakness for value in values for weakness in getattr(value, "sought", ())}
            for weakness in self.seeks:
                if weakness not in sought:
                    return not_assessed(f"No rule looks for this in the server's language yet ({weakness}).")
        return verdict


DOMAIN_OF = {
    "AN": Domain.AUTHENTICATION,
    "AZ": Domain.AUTHORIZATION,
    "DH": Domain.DATA_HANDLING,
    "SC": Domain.SUPPLY_CHAIN,
    "RT": Domain.RUNTIME,
}
"""The prefix of a control's id names its domain."""

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


@overload
def control(
    id: str,
    reads: tuple[type[A]],
    *,
    title: str,
    why: str,
    fix: str,
    lacks: tuple[type[B]],
    mtf: tuple[str, ...] = ...,
    best: Evidence = ...,
    seeks: tuple[Weakness, ...] = ...,
) -> Callable[[Callable[[A, B | Gap], Verdict]], Control]: ...
@overload
def control(
    id: str,
    reads: tuple[type[A]],
    *,
    title: str,
    why: str,
    fix: str,
    mtf: tuple[str, ...] = ...,
    best: Evidence = ...,
    seeks: tuple[Weakness, ...] = ...,
) -> Callable[[Callable[[A], Verdict]], Control]: ...
@overload
def control(
    id: str,
    reads: tuple[type[A], type[B]],
    *,
    title: str,
    why: str,
    fix: str,
    lacks: tuple[type[C]],
    mtf: tuple[str, ...] = ...,
    best: Evidence = ...,
    seeks: tuple[Weakness, ...] = ...,
) -> Callable[[Callable[[A, B, C | Gap], Verdict]], Control]: ...
@overload
def control(
    id: str,
    reads: tuple[type[A], type[B]],
    *,
    title: str,
    why: str,
    fix: str,
    mtf: tuple[str, ...] = ...,
    best: Evidence = ...,
    seeks: tuple[Weakness, ...] = ...,
) -> Callable[[Callable[[A, B], Verdict]], Control]: ...
@overload
def control(
    id: str,
    reads: tuple[type[A], type[B], type[C]],
    *,
    title: str,
    why: str,
    fix: str,
    mtf: tuple[str, ...] = ...,
    best: Evidence = ...,
    seeks: tuple[Weakness, ...] = ...,
) -> Callable[[Callable[[A, B, C], Verdict]], Control]: ...
def control(
    id: str,
    reads: tuple[type[Any], ...],
    *,
    title: str,
    why: str,
    fix: str,
    mtf: tuple[str, ...] = (),
    best: Evidence = Evidence.STRUCTURAL,
    seeks: tuple[Weakness, ...] = (),
    lacks: tuple[type[Any], ...] = (),
) -> Callable[[Callable[..., Verdict]], Control]:
    """Declare a control. `reads` and the function's parameters must agree; the type checker rejects the pair otherwise.

    `best` is the strongest evidence this control can reach today; "what would raise the score" counts with it.
    """

    def declare(judge: Callable[..., Verdict]) -> Control:
        return Control(id, title, why, fix, reads, judge, mtf, best, seeks, lacks)

    return declare
