"""What the rules share that read code as it is written, in both languages: where they look, and what a call does."""

import time
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final

from scanner.code import ir
from scanner.code.state import Analysis
from scanner.code.units import Unit, Units
from scanner.code.walking import dropped
from trust.finding import Finding, Gap
from trust.vocabulary import Confidence, Severity, Signal, Weakness

_SECONDS: Final = 30.0
"""For all rules over one language together."""
_ADDRESSED: Final = frozenset({Weakness.SSRF})


class Look:
    """One project under one analysis. `reached`: whether the entry point comes to a function or top level."""

    def __init__(
        self,
        witness: str,
        analysis: Analysis,
        is_reached: Callable[[ir.Module, str | None], bool],
        handlers: frozenset[str] = frozenset(),
    ) -> None:
        self.witness = witness
        self.analysis = analysis
        self.units = Units(analysis.project, analysis.project.modules)
        self.handlers = handlers
        self._is_reached = is_reached
        self.gaps: list[Gap] = []
        self._end = 0.0
        self._ignored: dict[ir.Function, frozenset[int]] = {}
        self._signals: dict[int, set[Signal]] = {}
        for event in analysis.events:
            if event.kind == "sink" and event.signal is not None:
                self._signals.setdefault(id(event.node), set()).add(event.signal)

    def reached(self) -> Iterator[Unit]:
        """The units that the entry point comes to."""
        if not self._end:
            self._end = min(self.analysis.deadline, time.thread_time() + _SECONDS)
        for unit in self._units:
            if time.thread_time() > self._end:
                reason = "The time for reading the code as it is written was used up; some of it was not looked at."
                self.gaps[:] = [Gap(reason)]
                return
            yield unit

    def loaded(self) -> Iterator[Unit]:
        """The units of every file that the entry point loads, those included that only a library calls."""
        return (u for u in self.units.all if self._is_reached(u.module, None))

    @cached_property
    def _units(self) -> tuple[Unit, ...]:
        return tuple(u for u in self.units.all if self._is_reached(u.module, u.ref))

    def does(self, node: object, *signals: Signal) -> bool:
        """Whether the analysis saw this call do any of these."""
        return not self._signals.get(id(node), set()).isdisjoint(signals)

    def sends(self, node: ir.Call) -> bool:
        return self.does(node, Signal.HTTP)

    def starts_program(self, node: ir.Call) -> bool:
        return self.does(node, Signal.PROCESS)

    def logs(self, node: ir.Call) -> bool:
        return self.does(node, Signal.LOG_CALL)

    def addressed(self, unit: Unit, node: ir.Call) -> list[ir.Expr]:
        """The arguments of a call that a function of the project uses as the address of a request."""
        ref = self.analysis.project.dotted(unit.module, node.callee) if isinstance(node.callee, ir.Name) else None
        summary = self.analysis.summaries.get((ref, ())) if ref is not None else None
        if summary is None:
            return []
        at = {h.label[1] for h in summary.hits if h.weakness in _ADDRESSED and h.label[0] == "param"}
        return [arg for index, arg in enumerate(node.args) if index in at]

    def ignored(self, unit: Unit) -> frozenset[int]:
        """Identities of the calls in a function whose result nobody looks at."""
        if unit.function is None:
            return frozenset()
        if unit.function not in self._ignored:
            self._ignored[unit.function] = dropped(unit.function.body)
        return self._ignored[unit.function]

    def at(
        self,
        unit: Unit,
        line: int,
        weakness: Weakness,
        severity: Severity,
        message: str,
        confidence: Confidence = Confidence.FIRM,
    ) -> Finding:
        """A finding at a line of the unit's file."""
        module = unit.module
        return Finding(self.witness, weakness, severity, confidence, message, module.path, line, module.text(line))
