"""Signs and classifier together: how clearly a text is an attack on the model that reads it.

Neither decides alone. The classifier has to find the text likely, or to allow what the signs say; only a boast that
puts other tools down is told by its sign, because apart from the boast such a text is an ordinary description.
"""

from dataclasses import dataclass
from typing import Final, Literal

from scanner.collect.texts.classifier import Model, features
from scanner.collect.texts.features import POINTS, present
from scanner.collect.texts.mentions import affirmed
from scanner.collect.texts.reading import Read

Level = Literal["clear", "near", "none"]

LIKELY: Final = 0.65
"""From this score on a text is a finding. Chosen on held-out sources for at most one false alarm in a hundred."""
ALLOWED: Final = {2: 0.5, 4: 0.25}
"""With signs worth so many points a lower score is enough."""
SURE: Final = 0.8
SURE_POINTS: Final = 3
SHORTEST: Final = 12
"""Fewer letters than this say nothing by themselves."""
BOAST: Final = "promotion"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The level, the signs it rests on, the classifier's score, and whether the attack lies in hidden text."""

    level: Level
    signs: tuple[str, ...]
    score: float
    hidden: bool = False

    @property
    def points(self) -> int:
        """What the signs say by themselves."""
        return sum(POINTS[s] for s in self.signs)


def judge(text: Read, model: Model) -> Verdict:
    """The verdict on one text. Hidden text is judged by itself and more strictly: nobody hides what is harmless."""
    visible = _judge(text.plain, model)
    if not text.hidden.strip():
        return visible
    hidden = _judge(text.hidden, model)
    if visible.level != "clear" and (hidden.signs or hidden.score >= ALLOWED[4]):
        level: Level = "clear" if hidden.level != "none" else "near"
        return Verdict(level, hidden.signs, hidden.score, hidden=True)
    return visible


def _judge(plain: str, model: Model) -> Verdict:
    said = affirmed(plain)
    signs = present(said)
    if not signs and sum(map(str.isalpha, said)) < SHORTEST:
        return Verdict("none", (), 0.0)
    score = model.score(features(said, signs))
    points = sum(POINTS[s] for s in signs)
    level: Level = "none"
    if score >= SURE and points >= SURE_POINTS:
        level = "clear"
    elif score >= LIKELY or any(points >= p and score >= s for p, s in ALLOWED.items()) or BOAST in signs:
        level = "near"
    return Verdict(level, tuple(sorted(signs)), score)
