"""What goes into a scan and what it reports on the way: small values, to be had without loading any collector."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from trust.facts import Facts, Publisher
from trust.finding import Gap

ADVISORIES = "advisories"
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
    ADVISORIES,
    "provenance",
)
"""The collectors in the order they run; progress is reported under these names."""

NO_REGISTRY = Gap("Only a registry knows the publisher; this was a local scan.")
NO_PREVIOUS = Gap("The release before is not known to this scan, so what changed was not assessed.")
NO_STATEMENTS = Gap("No provenance statement was given to this scan.")


@dataclass(frozen=True, slots=True)
class Progress:
    """One step's state. `detail` is the reason of a gap, empty otherwise."""

    step: str
    state: Literal["running", "done", "gap"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Statements:
    """The Sigstore bundles that came beside a bundle, and the file with the root to verify them against, whose digest
    is pinned. No files at all is a fact as well: nobody says where the bundle comes from.
    """

    files: tuple[bytes, ...]
    root: Path
    root_sha256: str


@dataclass(frozen=True, slots=True)
class Context:
    """What the scanner is told rather than finds: facts of the registry, and steps to leave out with the reason why.

    `previous`: the facts of the release before, None for a server's first release.
    `advisories`: an OSV export (see `scanner.advisories.snapshot`); without one, known vulnerabilities are a gap.
    """

    publisher: Publisher | Gap = NO_REGISTRY
    statements: Statements | Gap = NO_STATEMENTS
    previous: Facts | Gap | None = NO_PREVIOUS
    platform: str = "any"
    advisories: Path | None = None
    skip: Mapping[str, str] = field(default_factory=dict)
