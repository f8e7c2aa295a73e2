"""The smallest facts: a gap, a finding, a neutral observation, a notice from the readers.

Paths are bundle-relative with forward slashes; lines count from 1.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from trust.vocabulary import CLASSIFICATIONS, Confidence, Severity, Signal, Weakness


@dataclass(frozen=True, slots=True)
class Gap:
    """What could not be looked at, and why, in one sentence for a reader. `path` when it is one file."""

    reason: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One stop on the way from a source to a sink."""

    path: str
    line: int
    note: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact that points at a place to mend.

    `witness` says who saw it ("py", "js", "text", "bandit", ...), `snippet` is the source line, at most 200 characters,
    `aliases` are public identifiers (CVE, GHSA, bandit test ids), `steps` the flow from source to sink.
    """

    witness: str
    weakness: Weakness
    severity: Severity
    confidence: Confidence
    message: str
    path: str | None = None
    line: int | None = None
    snippet: str = ""
    aliases: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def rule(self) -> str:
        return f"{self.witness}.{self.weakness}"

    @property
    def cwe(self) -> str:
        return CLASSIFICATIONS[self.weakness].cwe

    @property
    def owasp(self) -> str:
        return CLASSIFICATIONS[self.weakness].owasp

    @property
    def fingerprint(self) -> str:
        """Stable across line moves and re-indentation: rule, path and the snippet without its blanks."""
        parts = (self.rule, self.path or "", "".join(self.snippet.split()), ",".join(sorted(self.aliases)))
        return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Observation:
    """A neutral thing seen in code: which signal, where, and a detail such as a host, a variable or a library name.

    `tool` names the tool whose handler reaches the place, `reachable` whether the entry point reaches it at all.
    """

    signal: Signal
    path: str
    line: int
    detail: str = ""
    tool: str | None = None
    reachable: bool = True


@dataclass(frozen=True, slots=True)
class Notice:
    """What the archive or manifest reader wants the publisher to know. Tiers: warning, strict_client, hint."""

    code: str
    detail: str
    tier: Literal["warning", "strict_client", "hint"] = "warning"
    path: str | None = None


def found(findings: Iterable[Finding], *weaknesses: Weakness) -> tuple[Finding, ...]:
    """The findings of any of these weaknesses, in order."""
    return tuple(f for f in findings if f.weakness in weaknesses)
