"""Where the points went, and what would bring them back."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice

from trust.arithmetic import composite, domain_scores, weighted
from trust.assessment import Answer, Raise
from trust.caps import PROVENANCE, finding_caps, is_signed
from trust.control import FULL, Outcome
from trust.rubric import Rubric
from trust.vocabulary import Domain

STEPS = 8
"""How many raises are worked out: more than anyone reads, few enough to stay cheap."""


def with_points_lost(answers: Sequence[Answer], rubric: Rubric) -> tuple[Answer, ...]:
    """Split what is missing to 100 over the answers, in hundredths of a point, by largest remainder: it adds up.

    A domain without applicable controls has nobody to lose its points to; they stay outside the sum.
    """
    total = sum(rubric.domains.values())
    weight = {d: sum(a.weight for a in answers if a.control.domain is d and a.applies) for d in Domain}
    parts = [
        divmod(rubric.domains[a.control.domain] * a.weight * (FULL - a.credit), total * weight[a.control.domain])
        if a.applies and weight[a.control.domain]
        else (0, 0)
        for a in answers
    ]
    whole = weighted(((d, FULL if weight[d] else 0) for d in Domain), rubric)
    left = whole - composite(domain_scores(answers), rubric) - sum(points for points, _ in parts)
    losers = sorted((i for i, a in enumerate(answers) if a.applies and a.credit < FULL), key=lambda i: -parts[i][1])
    lost = [points for points, _ in parts]
    for i in islice(cycle(losers), max(0, left)) if losers else ():
        lost[i] += 1
    return tuple(replace(a, points_lost=points) for a, points in zip(answers, lost, strict=True))


def raises(answers: Sequence[Answer], rubric: Rubric) -> tuple[Raise, ...]:
    """The best next steps in order: each is the control whose full answer gains most after the steps before it.

    A gap is no step, since its reason says who could close it, and neither is a pass that stronger evidence would
    improve. While a cap hides what single steps gain, the step that earns most below the cap comes first. Steps at the
    end that gain nothing are left out. The cost is `STEPS` x controls small sums over five domains.
    """
    tally = Tally(answers, rubric)
    plan: list[Raise] = []
    short = (Outcome.PARTIAL, Outcome.FAIL)
    open_ = {
        i for i, a in enumerate(answers) if a.verdict.outcome in short and a.credit < rubric.ceilings[a.control.best]
    }
    while open_ and len(plan) < STEPS:
        before = tally.standing()
        best = max(sorted(open_), key=lambda i: tally.standing(mended=i))
        tally.mend(best)
        open_.remove(best)
        plan.append(Raise(answers[best].control, tally.standing()[0] - before[0]))
    while plan and plan[-1].gain <= 0:
        plan.pop()
    return tuple(plan)


class Tally:
    """The sums behind a composite, kept so that one mended control costs one addition and not a whole assessment.

    Only what was assessed can be mended, so coverage stays as it is. The rules are those of `trust.arithmetic` and
    `trust.caps`; a property test holds the two against each other.
    """

    def __init__(self, answers: Sequence[Answer], rubric: Rubric) -> None:
        self.answers, self.rubric = answers, rubric
        self.weight = dict.fromkeys(Domain, 0)
        self.earned = dict.fromkeys(Domain, 0)
        for a in answers:
            if a.applies:
                domain = a.control.domain
                self.weight[domain] += a.weight
                self.earned[domain] += a.weight * a.credit
        self.limit_of = {i: limit for i, a in enumerate(answers) if (limit := finding_limit(a, rubric)) is not None}
        self.signed = is_signed(answers)
        coverage = weighted(((d.domain, d.coverage) for d in domain_scores(answers)), rubric)
        self.provisional = coverage < rubric.caps.low_coverage_below

    def mend(self, index: int) -> None:
        """Count the control at `index` as met in full from now on."""
        answer = self.answers[index]
        self.earned[answer.control.domain] += self._gain(answer)
        self.limit_of.pop(index, None)
        self.signed = self.signed or answer.control.id == PROVENANCE

    def standing(self, mended: int | None = None) -> tuple[int, int]:
        """The composite with and without caps, in basis points; `mended` as if that control were met as well."""
        extra = None if mended is None else self.answers[mended]
        earned = dict(self.earned)
        if extra is not None:
            earned[extra.control.domain] += self._gain(extra)
        exact = {domain: earned[domain] // weight if weight else 0 for domain, weight in self.weight.items()}
        uncapped = weighted(exact.items(), self.rubric)
        limits, caps = [limit for i, limit in self.limit_of.items() if i != mended], self.rubric.caps
        limits.append(min(exact.values()) // 100 + caps.above_weakest_domain)
        if self.provisional:
            limits.append(caps.low_coverage)
        if not (self.signed or (extra is not None and extra.control.id == PROVENANCE)):
            limits.append(caps.unsigned)
        return min([uncapped, *(limit * 100 for limit in limits)]), uncapped

    def _gain(self, answer: Answer) -> int:
        return answer.weight * (self.rubric.ceilings[answer.control.best] - answer.credit)


def finding_limit(answer: Answer, rubric: Rubric) -> int | None:
    """The lowest cap that this answer's findings set, in whole points."""
    return min((cap.limit for cap in finding_caps([answer], rubric)), default=None)
