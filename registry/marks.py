"""The hallmark: how a score, or the lack of one, is shown. Number, word and shape together, never colour alone.

The bands are not chosen by taste: each begins one point above a cap of the rubric, so a band's word always says
something that the caps guarantee: nothing is Strong with a high finding that is more than a pattern match, and nothing
is Exemplary without verified provenance.
"""

from dataclasses import dataclass
from functools import cache

from trust.rubric import CURRENT, Rubric, rubric


@dataclass(frozen=True, slots=True)
class Band:
    """A range of scores: `low` to `high`, both included, in whole points."""

    kind: str
    word: str
    low: int
    high: int
    meaning: str

    @property
    def example(self) -> int:
        return (self.low + self.high) // 2


@dataclass(frozen=True, slots=True)
class Mark:
    """What is struck. `kind` picks the shape, `text` stands inside it, `word` below, `sentence` is for listeners."""

    kind: str
    text: str
    word: str
    sentence: str
    note: str = ""
    """Only what is provisional has one: a band's word alone would accuse or praise on too little evidence."""

    @property
    def provisional(self) -> bool:
        return bool(self.note)

    @property
    def scored(self) -> bool:
        return self.text.isdigit()


UNSCORED: dict[str, tuple[str, str]] = {
    "scanning": ("Scanning", "No score yet: the scan is running"),
    "queued": ("Queued", "No score yet: waiting for a scanner"),
    "failed": ("Scan failed", "No score: the scan failed"),
    "not_assessed": ("Not assessed", "No score: nothing could be assessed"),
    "quarantined": ("Quarantined", "Quarantined: not served, a blocking finding was made"),
}
"""Word and sentence of every status that has no score to show."""


def bands_of(table: Rubric) -> tuple[Band, ...]:
    """The four bands under a rubric, highest first."""
    caps = table.caps
    unsigned, high, critical = caps.unsigned, caps.high_finding, caps.critical_finding
    return (
        Band("exemplary", "Exemplary", unsigned + 1, 100, "verified provenance and hardly a point lost"),
        Band("strong", "Strong", high + 1, unsigned, "no established finding of high severity"),
        Band("fair", "Fair", critical + 1, high, "no established critical finding, but much unproved or unmet"),
        Band("weak", "Weak", 0, critical, "a critical finding, or too little shown to rely on"),
    )


@cache
def bands() -> tuple[Band, ...]:
    return bands_of(rubric(CURRENT))


def band_of(score: int) -> Band:
    """The band a score of 0 to 100 lies in."""
    return next((band for band in bands() if score >= band.low), bands()[-1])


def mark(score: int | None, status: str = "scored") -> Mark:
    """The hallmark of a release. A score beside a status that has none is not shown: the status decides.

    A status this page does not know is shown as not assessed, never as a score.
    """
    if status in ("scored", "provisional") and score is not None:
        band = band_of(score)
        word, number = band.word.lower(), f"Score {score} of 100"
        if status == "provisional":
            note = f"{word} so far"
            return Mark(band.kind, str(score), "Provisional", f"{number}, provisional, {note}", note)
        return Mark(band.kind, str(score), band.word, f"{number}, {word}")
    kind = status if status in UNSCORED else "not_assessed"
    word, sentence = UNSCORED[kind]
    return Mark(kind, "", word, sentence)


def band_class(score: int | None) -> str:
    """The band's kind for a bar, `none` where there is no number."""
    return "none" if score is None else band_of(score).kind
