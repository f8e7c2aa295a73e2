"""What the templates draw with. Everything returned is plain text or a context: autoescaping does the rest."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django import template

from registry import marks
from registry.web.radar import Radar
from registry.web.radar import radar as draw_radar
from trust.permissions import WORDS
from trust.vocabulary import Domain, Signal

register = template.Library()

QUOTED = re.compile(r"`([^`]+)`")

LABELS = {domain.value: domain.label for domain in Domain}

SIGNALS = {signal.value: words for words, signals in WORDS for signal in signals}
SIGNALS[Signal.IRREVERSIBLE.value] = "does what cannot be undone"

OUTCOMES = {
    "pass": "Pass",
    "partial": "Partial",
    "fail": "Fail",
    "not_assessed": "Not assessed",
    "not_applicable": "Not applicable",
}

TIERS = {
    "strict_client": "Strict clients will not install it",
    "warning": "Warning",
    "hint": "Hint",
}
"""What a notice of the readers asks for, the most pressing first."""

EVIDENCE = {
    "observed": "observed while it ran",
    "proved": "proved by the bundle's bytes",
    "structural": "followed in the code",
    "declared": "declared only",
    "none": "no evidence",
}


@register.inclusion_tag("parts/mark.html")
def hallmark(score: int | None, status: str = "scored", size: str = "") -> dict[str, Any]:
    """The hallmark of a score or a status. `size`: empty, `large` or `small`."""
    return {"mark": marks.mark(score, status), "size": size}


@register.inclusion_tag("parts/bar.html")
def bar(score: int | None, potential: int | None = None) -> dict[str, Any]:
    """A bar without words; the number stands beside it in the page."""
    return {
        "score": score,
        "rest": max(0, (potential or 0) - (score or 0)),
        "kind": marks.band_class(score),
    }


@register.inclusion_tag("parts/prose.html")
def prose(text: str) -> dict[str, Any]:
    """A sentence whose `words between backticks` are set as code. Everything stays text."""
    return {"parts": [(n % 2 == 1, part) for n, part in enumerate(QUOTED.split(text)) if part]}


@register.simple_tag
def radar(domains: list[dict[str, Any]]) -> Radar:
    """The radar's geometry for the domains of an assessment."""
    return draw_radar([(domain_label(d["id"]), int(d["score"]), int(d["potential"])) for d in domains])


@register.filter
def domain_label(id: str) -> str:
    return LABELS.get(id, id)


@register.filter
def band_word(score: int) -> str:
    return marks.band_of(score).word


@register.filter
def plain_signals(signals: list[str]) -> str:
    """The sinks a tool's code reaches, in the words of the permission badges."""
    return ", ".join(dict.fromkeys(SIGNALS.get(signal, signal) for signal in signals))


@register.filter
def outcome_word(outcome: str) -> str:
    return OUTCOMES.get(outcome, outcome)


@register.filter
def evidence_words(evidence: str) -> str:
    return EVIDENCE.get(evidence, evidence)


@register.filter
def points(value: float) -> str:
    """Points with one decimal, two where one would round a loss away to nothing."""
    return f"{value:.1f}" if value >= 0.05 or value == 0 else f"{value:.2f}"


@register.filter
def web_link(value: object) -> str:
    """The address when it is a plain http(s) one, else empty: nothing else from a bundle becomes a link."""
    text = value if isinstance(value, str) else ""
    if not text.isprintable() or " " in text:
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.hostname else ""


@register.filter
def percent(basis_points: int) -> str:
    """Basis points as percent without needless decimals."""
    return f"{basis_points / 100:g}"


@register.filter
def digest(value: str) -> str:
    """The first twelve characters of a SHA-256, for reading; the whole one stands in the title or a copy field."""
    return value[:12]


@register.filter
def thousands(value: int) -> str:
    """A whole number with a thin space between thousands."""
    return f"{value:,}".replace(",", "\u202f")


@register.filter
def bytes_words(value: int) -> str:
    """A size as people read it: decimal units, one decimal."""
    size = float(value)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


@register.filter
def tier(name: str) -> str:
    """The words for the tier of a notice; its own name where there are none."""
    return TIERS.get(name, name)


@register.filter
def by_tier(notices: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Notices with the most pressing ones first."""
    order = list(TIERS)
    return sorted(notices, key=lambda n: order.index(n["tier"]) if n.get("tier") in TIERS else len(order))
