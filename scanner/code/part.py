"""What the analysis of one language adds to the code facts of a bundle."""

from dataclasses import dataclass

from trust.facts import Import, Listener, Tool
from trust.finding import Finding, Gap, Observation


@dataclass(frozen=True, slots=True)
class Part:
    """The facts that one language's own code shows, each in reading order. `loaded`: paths of the files that the entry
    point comes to by imports.
    """

    tools: tuple[Tool, ...] = ()
    listeners: tuple[Listener, ...] = ()
    observations: tuple[Observation, ...] = ()
    findings: tuple[Finding, ...] = ()
    imports: tuple[Import, ...] = ()
    gaps: tuple[Gap, ...] = ()
    loaded: frozenset[str] = frozenset()
