"""The assessment document (docs/API.md) arranged for a reader: what failed, what nobody looked at, what to do next.

Nothing is judged or added up here but the running total of the steps, whose gains the framework worked out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trust.vocabulary import Domain

Json = Mapping[str, Any]

FINDINGS_SHOWN = 8
FINDINGS_ON_PAGE = 60
"""Findings printed per control and in all; the whole list is one link away, and a page must stay a page. Every control
that has findings shows one at least."""

ORDER = ("fail", "partial", "not_assessed", "pass", "not_applicable")


@dataclass(frozen=True, slots=True)
class Answer:
    """One control as the page shows it; `more` counts the findings that are only in the JSON document."""

    control: Json
    findings: tuple[Json, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Group:
    """One domain with its controls, worst first. `tally` is (outcome, how many), without zeros."""

    id: str
    label: str
    score: int
    potential: int
    coverage: int
    answers: tuple[Answer, ...]
    tally: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """One reason why something was not assessed, with the controls it leaves open."""

    reason: str
    controls: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: what it gains and where the score stands after it and the steps before."""

    control: str
    title: str
    do: str
    gain: float
    after: int


@dataclass(frozen=True, slots=True)
class Report:
    groups: tuple[Group, ...]
    failed: tuple[Json, ...]
    unknown: tuple[Unknown, ...]
    steps: tuple[Step, ...]
    next_level: Json | None
    cap: Json | None
    counts: Mapping[str, int]

    @property
    def unknown_count(self) -> int:
        return self.counts["not_assessed"]


def report(document: Json) -> Report:
    """Arrange an assessment document. `cap` is the cap that binds: without it the score would be higher."""
    controls: Sequence[Json] = document["controls"]
    levels: Sequence[Json] = document.get("levels", ())
    caps: Sequence[Json] = document["caps"]
    shown = shares(controls)
    binds = bool(caps) and caps[0]["limit"] < document.get("uncapped", 100)
    return Report(
        groups=tuple(group(domain, controls, shown) for domain in document["domains"]),
        failed=tuple(worst_first(c for c in controls if c["outcome"] in ("fail", "partial"))),
        unknown=unknowns(controls),
        steps=steps(document),
        next_level=next((level for level in levels if level["level"] == document["level"] + 1), None),
        cap=caps[0] if binds else None,
        counts={outcome: sum(c["outcome"] == outcome for c in controls) for outcome in ORDER},
    )


def group(domain: Json, controls: Sequence[Json], shown: Mapping[str, int]) -> Group:
    mine = [c for c in controls if c["domain"] == domain["id"]]
    ordered = sorted(mine, key=lambda c: (ORDER.index(c["outcome"]), -c["points_lost"]))
    counted = ((outcome, sum(c["outcome"] == outcome for c in mine)) for outcome in ORDER)
    return Group(
        id=domain["id"],
        label=Domain(domain["id"]).label,
        score=domain["score"],
        potential=domain["potential"],
        coverage=domain["coverage"],
        answers=tuple(answer(c, shown[c["id"]]) for c in ordered),
        tally=tuple((outcome, n) for outcome, n in counted if n),
    )


def answer(control: Json, shown: int) -> Answer:
    findings: Sequence[Json] = control["findings"]
    return Answer(control, tuple(findings[:shown]), max(0, len(findings) - shown))


def shares(controls: Sequence[Json]) -> dict[str, int]:
    """How many findings each control may print: the costliest controls choose first."""
    left, given = FINDINGS_ON_PAGE, {}
    for control in worst_first(controls):
        given[control["id"]] = min(FINDINGS_SHOWN, max(1, left))
        left -= min(len(control["findings"]), given[control["id"]])
    return given


def worst_first(controls: Iterable[Json]) -> list[Json]:
    return sorted(controls, key=lambda c: (c["outcome"] != "fail", -c["points_lost"]))


def unknowns(controls: Iterable[Json]) -> tuple[Unknown, ...]:
    """Grouped by reason, the reason that hides most controls first."""
    reasons: dict[str, list[Json]] = {}
    for control in controls:
        if control["outcome"] == "not_assessed":
            reasons.setdefault(control["summary"], []).append(control)
    listed = (Unknown(reason, tuple(blocked)) for reason, blocked in reasons.items())
    return tuple(sorted(listed, key=lambda u: -len(u.controls)))


def steps(document: Json) -> tuple[Step, ...]:
    """The `raise` list with a running total: every gain counts after the steps before it."""
    titles = {c["id"]: c["title"] for c in document["controls"]}
    total, listed = float(document["score"]), []
    for item in document["raise"]:
        total += item["gain"]
        id = item["control"]
        listed.append(Step(id, titles.get(id, id), item["do"], item["gain"], min(100, int(total))))
    return tuple(listed)
