"""Where the points went, and what would bring them back."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice

from trust.arithmetic import composite, domain_scores, weighted
from trust.assessment import Answer, Raise
from trust.caps import caps
from trust.control import FULL, Verdict, passed
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

    While a cap hides what single steps gain, the step that earns most below the cap comes first. Steps that gain
    nothing even so are left out. The cost is `STEPS` x controls x controls, a few thousand small sums.
    """
    current, plan = list(answers), []
    for _ in range(STEPS):
        before = standing(current, rubric)
        best: tuple[tuple[int, int], int] | None = None
        for i, a in enumerate(current):
            if a.applies and a.credit < rubric.ceilings[a.control.best]:
                after = standing([*current[:i], met(a, rubric), *current[i + 1 :]], rubric)
                gain = (after[0] - before[0], after[1] - before[1])
                if best is None or gain > best[0]:
                    best = (gain, i)
        if best is None:
            break
        (gained, _), i = best
        plan.append(Raise(current[i].control, gained))
        current[i] = met(current[i], rubric)
    while plan and plan[-1].gain <= 0:
        plan.pop()
    return tuple(plan)


def met(answer: Answer, rubric: Rubric) -> Answer:
    """The same control, answered in full with the best evidence it can have today."""
    verdict: Verdict = passed("", evidence=answer.control.best)
    return replace(answer, verdict=verdict, credit=rubric.ceilings[answer.control.best])


def standing(answers: Sequence[Answer], rubric: Rubric) -> tuple[int, int]:
    """The composite with and without caps, in basis points."""
    domains = domain_scores(answers)
    exact = composite(domains, rubric)
    coverage = weighted(((d.domain, d.coverage) for d in domains), rubric)
    limits = [cap.limit * 100 for cap in caps(answers, domains, coverage, rubric)]
    return min([exact, *limits]), exact
