"""What goes into a scan and what it reports on the way: small values, to be had without loading any collector."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from trust.facts import Facts, Provenance, Publisher
from trust.finding import Gap

STEPS = (
    "archive",
    "manifest",
    "inventory",
    "malice",
    "code",
    "bandit",
    "secrets",
    "texts",
    "dependencies",
    "advisories",
)
"""The collectors in the order they run; progress is reported under these names."""

NO_REGISTRY = Gap("Only a registry knows the publisher; this was a local scan.")
NO_PREVIOUS = Gap("The release before is not known to this scan, so what changed was not assessed.")
NO_STATEMENTS = Gap("Only a registry receives provenance statements; this was a local scan.")


@dataclass(frozen=True, slots=True)
class Progress:
    """One step's state. `detail` is the reason of a gap, empty otherwise."""

    step: str
    state: Literal["running", "done", "gap"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What the scanner is told rather than finds: facts of the registry, and steps to leave out with the reason why.

    `previous`: the facts of the release before, None for a server's first release.
    `advisories`: an OSV export (see `scanner.advisories.snapshot`); without one, known vulnerabilities are a gap.
    """

    publisher: Publisher | Gap = NO_REGISTRY
    provenance: Provenance | Gap = NO_STATEMENTS
    previous: Facts | Gap | None = NO_PREVIOUS
    platform: str = "any"
    advisories: Path | None = None
    skip: Mapping[str, str] = field(default_factory=dict)
