"""Levels: sets of controls that must all be met, plus floors. A gap blocks a level as a failure does."""

from collections.abc import Sequence

from trust.assessment import Answer, DomainScore, LevelStanding
from trust.control import Outcome
from trust.rubric import Level, Rubric


def standings(
    answers: Sequence[Answer], domains: Sequence[DomainScore], score: int, rubric: Rubric
) -> tuple[LevelStanding, ...]:
    """For every level of the rubric, lowest first, what stands between these answers and it."""
    return tuple(
        LevelStanding(level.number, level.name, blockers(level, answers, domains, score)) for level in rubric.levels
    )


def blockers(level: Level, answers: Sequence[Answer], domains: Sequence[DomainScore], score: int) -> tuple[str, ...]:
    """Sentences; empty when the level's own conditions hold. A control that was never asked blocks too."""
    by_id = {a.control.id: a for a in answers}
    found: list[str] = []
    for id in level.controls:
        asked = by_id.get(id)
        if asked is None:
            found.append(f"{id} was not asked.")
        elif asked.verdict.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE):
            found.append(f"{id} {asked.control.title}: {asked.verdict.outcome.replace('_', ' ')}.")
    if score < level.min_score:
        found.append(f"The score is {score}; the level asks for {level.min_score}.")
    found += [
        f"{d.domain.label} scores {d.score}; the level asks for {level.min_domain}."
        for d in domains
        if d.score < level.min_domain
    ]
    return tuple(found)
