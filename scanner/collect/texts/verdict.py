"""Signs and classifier together: how clearly a text is an attack on the model that reads it."""

from dataclasses import dataclass
from typing import Literal

from scanner.collect.texts.classifier import Model, features
from scanner.collect.texts.features import POINTS, present
from scanner.collect.texts.reading import Read

Level = Literal["clear", "near", "none"]

CLEAR_POINTS = 4
NEAR_POINTS = 3
HINT_POINTS = 2
LIKELY = 0.85
POSSIBLE = 0.2


@dataclass(frozen=True, slots=True)
class Verdict:
    """The level, the signs it rests on, the classifier's score, and whether the attack lies in hidden
    text.
    """

    level: Level
    signs: tuple[str, ...]
    score: float
    hidden: bool = False


def judge(text: Read, model: Model) -> Verdict:
    """The verdict on one text. Hidden text is judged by itself and more strictly: nobody hides what is
    harmless.
    """
    visible = _judge(text.plain, model)
    if not text.hidden:
        return visible
    hidden = _judge(text.hidden, model)
    if hidden.signs and visible.level != "clear":
        return Verdict("clear" if hidden.level != "none" else "near", hidden.signs, hidden.score, hidden=True)
    return visible


def _judge(plain: str, model: Model) -> Verdict:
    signs = present(plain)
    score = model.score(features(plain, signs))
    points = sum(POINTS[s] for s in signs)
    level: Level = "none"
    if points >= CLEAR_POINTS or (points >= NEAR_POINTS and score >= LIKELY):
        level = "clear"
    elif points >= NEAR_POINTS or (points >= HINT_POINTS and score >= POSSIBLE) or (points and score >= LIKELY):
        level = "near"
    return Verdict(level, tuple(sorted(signs)), score)
