"""Geometry of the five-domain radar. Pure: numbers in, SVG point lists out."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

SIZE = 320
CENTRE = SIZE / 2
RADIUS = 124
LABEL = RADIUS + 14
RINGS = (25, 50, 75, 100)


@dataclass(frozen=True, slots=True)
class Spoke:
    """One axis: its end, where its label stands and how the label is anchored."""

    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str
    label: str
    value: int


@dataclass(frozen=True, slots=True)
class Radar:
    rings: tuple[str, ...]
    spokes: tuple[Spoke, ...]
    score: str
    potential: str
    dots: tuple[tuple[float, float], ...]


def point(index: int, count: int, distance: float) -> tuple[float, float]:
    """The place at `distance` from the centre on axis `index`, the first axis pointing up."""
    angle = 2 * pi * index / count - pi / 2
    return round(CENTRE + distance * cos(angle), 1), round(CENTRE + distance * sin(angle), 1)


def outline(values: Sequence[float]) -> str:
    """A closed outline as an SVG point list; values in percent of the radius."""
    points = (point(i, len(values), RADIUS * v / 100) for i, v in enumerate(values))
    return " ".join(f"{x},{y}" for x, y in points)


def radar(domains: Sequence[tuple[str, int, int]]) -> Radar:
    """Draw (label, score, potential) per domain."""
    count = len(domains)
    spokes = []
    for i, (label, score, _) in enumerate(domains):
        x, y = point(i, count, RADIUS)
        label_x, label_y = point(i, count, LABEL)
        anchor = "middle" if abs(label_x - CENTRE) < 1 else "start" if label_x > CENTRE else "end"
        spokes.append(Spoke(x, y, label_x, label_y, anchor, label, score))
    return Radar(
        rings=tuple(outline([ring] * count) for ring in RINGS),
        spokes=tuple(spokes),
        score=outline([score for _, score, _ in domains]),
        potential=outline([potential for _, _, potential in domains]),
        dots=tuple(point(i, count, RADIUS * score / 100) for i, (_, score, _) in enumerate(domains)),
    )
