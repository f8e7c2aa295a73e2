"""The framework in the open: every control, and how a score is made. All figures come from the rubric."""

from dataclasses import dataclass
from operator import attrgetter

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry.marks import bands
from trust.control import Control
from trust.controls import CATALOG
from trust.rubric import CURRENT, rubric
from trust.vocabulary import Confidence, Domain, Evidence, Severity

CEILING_WORDS = {
    Evidence.OBSERVED: "seen while the server ran in the sandbox",
    Evidence.PROVED: "decided by the bundle's own bytes, or by a verified signature",
    Evidence.STRUCTURAL: "followed in code that the entry point reaches",
    Evidence.DECLARED: "somebody says so",
    Evidence.NONE: "nothing was established",
}
CONFIDENCE_WORDS = {
    Confidence.CONFIRMED: "decided by the bytes themselves, or observed",
    Confidence.FIRM: "the flow or the structure was followed",
    Confidence.TENTATIVE: "a pattern that a careful reader may reject",
}
STATE_WORDS = (
    ("provisional", "scored, but too little could be assessed"),
    ("scanning", "being examined now"),
    ("not_assessed", "nothing could be assessed; not zero, not good"),
    ("quarantined", "a blocking finding; the bundle is not served"),
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A control with the levels that need it and its weight, None where the current rubric does not ask it."""

    control: Control
    weight: int | None
    levels: tuple[str, ...]

    @property
    def reads(self) -> str:
        return ", ".join(kind.__name__.lower() for kind in self.control.reads)


@dataclass(frozen=True, slots=True)
class DomainControls:
    domain: Domain
    share: int
    controls: tuple[Weighed, ...]


@require_safe
def controls(request: HttpRequest) -> HttpResponse:
    """Every control of the catalog, by domain."""
    context = {"section": "controls", "domains": catalog(), "count": len(CATALOG), "rubric": CURRENT}
    return render(request, "framework/controls.html", context)


@require_safe
def control(request: HttpRequest, id: str) -> HttpResponse:
    """One control: the question, why it is asked, how to meet it, and what it counts."""
    found = next((c for c in CATALOG if c.id == id.upper()), None)
    if found is None:
        raise Http404(id)
    siblings = [c for c in CATALOG if c.domain is found.domain]
    place = siblings.index(found)
    context = {
        "section": "controls",
        "it": weighed(found),
        "rubric": CURRENT,
        "before": siblings[place - 1] if place else None,
        "after": siblings[place + 1] if place + 1 < len(siblings) else None,
    }
    return render(request, "framework/control.html", context)


@require_safe
def methodology(request: HttpRequest) -> HttpResponse:
    """How a score is made, with the numbers of the current rubric."""
    table = rubric()
    context = {
        "section": "methodology",
        "rubric": table,
        "bands": bands(),
        "shares": [(d, table.domains[d]) for d in Domain],
        "ceilings": [(e, CEILING_WORDS[e], table.ceilings[e]) for e in Evidence],
        "penalties": [(s, table.penalties[s]) for s in Severity],
        "confidences": [(c, CONFIDENCE_WORDS[c], table.confidences[c]) for c in Confidence],
        "states": STATE_WORDS,
        "count": len(CATALOG),
    }
    return render(request, "framework/methodology.html", context)


def weighed(control: Control) -> Weighed:
    table = rubric()
    needed = (f"{level.number} {level.name}" for level in table.levels if control.id in level.controls)
    return Weighed(control, table.controls.get(control.id), tuple(needed))


def catalog() -> tuple[DomainControls, ...]:
    share = rubric().domains
    return tuple(
        DomainControls(
            domain,
            share[domain],
            tuple(weighed(c) for c in sorted(CATALOG, key=attrgetter("id")) if c.domain is domain),
        )
        for domain in Domain
    )
