"""What differs between two releases of a server: the facts of a comparison, without judgement."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from trust.finding import Gap

ChangeKind = Literal[
    "weakness-added",
    "recipient-added",
    "authentication-weakened",
    "guard-lost",
    "annotation-lost",
    "signature-lost",
    "signer-changed",
    "capability-added",
    "host-added",
    "command-changed",
    "environment-added",
    "tool-added",
    "tool-removed",
    "text-changed",
    "parameter-added",
    "dependency-added",
]
"""Every kind of difference, in the order in which a reader should see them."""


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


def by_urgency(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The same changes in the order of their kinds."""
    return tuple(sorted(changes, key=lambda c: KINDS.index(c.kind)))


KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
FIRST_RELEASE = Changes()
