"""Numbered rubrics: every weight, ceiling, cap and level floor, as data that is never edited once released.

A rubric is a JSON file in `trust/rubrics/`. A control that a rubric does not name is not scored under it, so adding a
control means a new rubric; old assessments keep the number they were made with.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from trust.vocabulary import Confidence, Domain, Evidence, Severity

CURRENT = "1"
"""The rubric that new assessments are made with."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Upper limits of the composite, in whole points; the lowest that applies holds."""

    above_weakest_domain: int
    low_coverage: int
    low_coverage_below: int
    blocking: int
    critical_finding: int
    severe_vulnerability: int
    high_finding: int
    unsigned: int


@dataclass(frozen=True, slots=True)
class Level:
    """A level is reached when every listed control passes or does not apply, and the floors hold."""

    number: int
    name: str
    min_score: int
    min_domain: int
    controls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rubric:
    """Weights are relative integers; ceilings, penalties and confidences are basis points (10000 = 100 %)."""

    number: str
    domains: Mapping[Domain, int]
    controls: Mapping[str, int]
    ceilings: Mapping[Evidence, int]
    penalties: Mapping[Severity, int]
    confidences: Mapping[Confidence, int]
    caps: Caps
    levels: tuple[Level, ...]


class UnknownRubricError(LookupError):
    """No rubric has this number."""


@cache
def rubric(number: str = CURRENT) -> Rubric:
    """The rubric with this number. Raises UnknownRubricError."""
    if not number.isdigit():
        raise UnknownRubricError(f"rubric numbers are digits, not {number!r}")
    source = files("trust").joinpath("rubrics", f"{number}.json")
    if not source.is_file():
        raise UnknownRubricError(f"there is no rubric {number}")
    return read(source.read_text("utf-8"))


def read(text: str) -> Rubric:
    """Parse one rubric document. Raises KeyError, TypeError or ValueError where it is incomplete."""
    raw = json.loads(text)
    return Rubric(
        number=raw["rubric"],
        domains={d: int(raw["domains"][d]) for d in Domain},
        controls={id: int(weight) for id, weight in raw["controls"].items()},
        ceilings={e: int(raw["ceilings"][e]) for e in Evidence},
        penalties={s: int(raw["penalties"][s]) for s in Severity},
        confidences={c: int(raw["confidences"][c]) for c in Confidence},
        caps=Caps(**raw["caps"]),
        levels=tuple(
            Level(level["number"], level["name"], level["min_score"], level["min_domain"], tuple(level["controls"]))
            for level in raw["levels"]
        ),
    )
