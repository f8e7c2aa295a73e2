"""What differs between two releases of a server: the facts of a comparison, without judgement."""

from dataclasses import dataclass
from typing import Literal

from trust.finding import Gap

ChangeKind = Literal[
    "annotation-lost",
    "authentication-weakened",
    "capability-added",
    "command-changed",
    "dependency-added",
    "environment-added",
    "guard-lost",
    "host-added",
    "parameter-added",
    "recipient-added",
    "signature-lost",
    "signer-changed",
    "text-changed",
    "tool-added",
    "tool-removed",
    "weakness-added",
]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `subject` is what changed (a tool, a host, a rule), `detail` one sentence about it. `path` and
    `line` point into the later release where there is a place.
    """

    kind: ChangeKind
    subject: str
    detail: str
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that differs from the release before. `since` and `since_sha256` name that release; both are empty
    for a server's first one, which has nothing to differ from.
    """

    since: str = ""
    since_sha256: str = ""
    items: tuple[Change, ...] = ()
    gaps: tuple[Gap, ...] = ()

    def of(self, *kinds: ChangeKind) -> tuple[Change, ...]:
        return tuple(c for c in self.items if c.kind in kinds)


FIRST_RELEASE = Changes()
