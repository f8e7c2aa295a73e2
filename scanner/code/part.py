"""What the analysis of one language adds to the code facts of a bundle."""

from dataclasses import dataclass
from typing import Literal

from trust.facts import Import, Listener, Tool
from trust.finding import Finding, Gap, Observation

Auth = Literal["none", "optional", "shared-secret", "bearer", "jwt", "oauth", "mtls"]


@dataclass(frozen=True, slots=True)
class Part:
    """The facts that one language's own code shows, each in reading order. `loaded`: paths of the files that the entry
    point comes to by imports; `auth`, `host_check`: what the code asks of callers, whoever starts it.
    """

    tools: tuple[Tool, ...] = ()
    listeners: tuple[Listener, ...] = ()
    observations: tuple[Observation, ...] = ()
    findings: tuple[Finding, ...] = ()
    imports: tuple[Import, ...] = ()
    gaps: tuple[Gap, ...] = ()
    loaded: frozenset[str] = frozenset()
    auth: Auth = "none"
    host_check: bool | None = None
