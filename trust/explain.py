"""An assessment as prose: ordered sentences for a terminal, a page's head, or a mail."""

from collections.abc import Mapping
from typing import Any

from trust.vocabulary import Domain


def headline(document: Mapping[str, Any]) -> str:
    """One sentence: the number, how sure it is, and the level."""
    sure = "provisional, " if document["provisional"] else ""
    level = f"level {document['level']} {document['level_name']}" if document["level"] else "no level reached"
    seen = f"{sure}{document['coverage']} % assessed, could be up to {document['potential']}"
    return f"{document['score']} of 100 ({seen}), {level}."


def sentences(document: Mapping[str, Any]) -> tuple[str, ...]:
    """What a reader should know, most important first: the number, what caps it, what failed, what nobody looked at."""
    controls = document["controls"]
    failed = [c for c in controls if c["outcome"] == "fail"]
    unknown = [c for c in controls if c["outcome"] == "not_assessed"]
    lines = [headline(document)]
    if document["caps"] and document["caps"][0]["limit"] < document["uncapped"]:
        cap = document["caps"][0]
        lines.append(f"Capped at {cap['limit']}: {cap['because']}")
    lines += [f"{c['id']} {c['title']}: {c['summary']}" for c in sorted(failed, key=lambda c: -c["points_lost"])]
    if unknown:
        lines.append(f"{len(unknown)} controls could not be assessed: {', '.join(c['id'] for c in unknown)}.")
    return tuple(lines)


def domain_label(id: str) -> str:
    return Domain(id).label
