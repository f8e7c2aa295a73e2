"""One registered route of a web framework."""

from dataclasses import dataclass

from scanner.code import ir
from scanner.code.javascript.index import Place


@dataclass(frozen=True, slots=True)
class Route:
    """One registered route: its path, its handlers in order, and the place that registers it."""

    path: str
    method: str
    handlers: tuple[ir.Expr, ...]
    place: Place
