"""The badge: a small SVG with words, number and colour, and the same for shields.io.

Colour never carries the meaning alone, the text says it too; what is not assessed is grey and says so. Source of the
JSON shape: shields.io endpoint schema, version 1.
"""

from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from registry.errors import RegistryError
from registry.marks import band_of
from registry.queries import ReleasePage

LABEL = "assay"
CACHE_SECONDS = 300

_GREY, _RED = "#5c6370", "#a3262d"
# White text on each of these has a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3).
_COLOURS = {"exemplary": "#1f7a3d", "strong": "#1f5f8b", "fair": "#8a5a00", "weak": "#a3262d"}
_UNSCORED = {
    "scanning": ("scanning", _GREY),
    "queued": ("scan queued", _GREY),
    "failed": ("scan failed", _GREY),
    "not_assessed": ("not assessed", _GREY),
    "quarantined": ("quarantined", _RED),
}
# Advance widths of Verdana at 11 px, in tenths of a pixel; other characters count as wide.
_WIDTHS = {**dict.fromkeys("ijl. ", 38), **dict.fromkeys("frt/", 46), **dict.fromkeys("mw", 95)}
_WIDE = 72
_PAD = 12


@dataclass(frozen=True, slots=True)
class Badge:
    """What a badge says: the words and the colour of its right half, and whether there is an assessment behind it."""

    message: str
    colour: str
    assessed: bool


def badge_of(release: ReleasePage) -> Badge:
    if release.trust is None or release.status not in ("scored", "provisional"):
        message, colour = _UNSCORED.get(release.status, ("not assessed", _GREY))
        return Badge(message, colour, assessed=False)
    score = release.trust["score"]
    colour = _COLOURS[band_of(score).kind]
    if release.state == "yanked":
        return Badge(f"{score}/100 yanked", _GREY, assessed=True)
    if release.status == "provisional":
        return Badge(f"{score}/100 provisional", _GREY, assessed=True)
    level = f" {release.trust['level_name'].lower()}" if release.trust["level"] else ""
    return Badge(f"{score}/100{level}", colour, assessed=True)


def badge_for(error: RegistryError) -> Badge | None:
    """A badge for what is in quarantine: a missing image would tell a reader nothing. None for other refusals."""
    if error.code.endswith(".quarantined"):
        return Badge(*_UNSCORED["quarantined"], assessed=False)
    return None


def badge_json(badge: Badge) -> dict[str, Any]:
    return {
        "schemaVersion": 1,
        "label": LABEL,
        "message": badge.message,
        "color": badge.colour,
        "isError": not badge.assessed,
        "cacheSeconds": CACHE_SECONDS,
    }


def badge_svg(badge: Badge) -> str:
    """A self-contained image: no script, no style sheet, no font to fetch."""
    left, right = _width(LABEL), _width(badge.message)
    total = left + right
    spoken = f"{LABEL}: {badge.message}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="20" role="img" '
        f"aria-label={quoteattr(spoken)}>"
        f"<title>{escape(spoken)}</title>"
        f'<rect width="{total}" height="20" rx="3" fill="{badge.colour}"/>'
        f'<path d="M3 0h{left - 3}v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#33373d"/>'
        '<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle" '
        'aria-hidden="true">'
        f'<text x="{left / 2:g}" y="14">{escape(LABEL)}</text>'
        f'<text x="{left + right / 2:g}" y="14">{escape(badge.message)}</text>'
        "</g></svg>"
    )


def _width(text: str) -> int:
    return round(sum(_WIDTHS.get(c, _WIDE) for c in text.lower()) / 10) + _PAD
