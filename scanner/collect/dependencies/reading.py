"""What every reader of a dependency file returns, and how a component is named."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from trust.facts import Component
from trust.finding import Finding, Gap
from trust.vocabulary import Confidence, Severity, Weakness

Ecosystem = Literal["pypi", "npm"]
Scope = Literal["runtime", "dev", "optional"]
Origin = Literal["registry", "git", "url", "file", "bundle"]

WITNESS = "deps"
FILE_LIMIT = 24 * 1024 * 1024
"""A dependency file larger than this is a Gap, in bytes."""
COMPONENT_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class Named:
    """A component as one file names it, the line it stands on, and whether it lies at the top of its tree
    (npm).
    """

    component: Component
    line: int | None = None
    top: bool = True


@dataclass(slots=True)
class Reading:
    """What one file says. `lock`: it fixes versions; `own`: the bundle's own name in that ecosystem."""

    path: str
    named: list[Named] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    lock: Ecosystem | None = None
    own: str = ""


def purl(ecosystem: Ecosystem, name: str, version: str | None) -> str:
    """The package URL of a component (package-url specification, types `pypi` and `npm`)."""
    if ecosystem == "pypi":
        path = quote(canonical(ecosystem, name), safe=".-_~")
    else:
        path = "/".join(quote(part, safe=".-_~") for part in canonical(ecosystem, name).split("/"))
    return f"pkg:{ecosystem}/{path}" + (f"@{quote(version, safe='.-_~')}" if version else "")


def canonical(ecosystem: Ecosystem, name: str) -> str:
    """The name under which a registry knows a package: PEP 503 for PyPI, lower case for npm."""
    return re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "pypi" else name.lower()


def component(
    ecosystem: Ecosystem,
    name: str,
    version: str | None,
    declared_in: str,
    *,
    requirement: str = "",
    exact: bool = False,
    hashed: bool = False,
    vendored: bool = False,
    direct: bool = False,
    scope: Scope = "runtime",
    source: Origin = "registry",
    marker: str = "",
    licence: str = "",
    install_script: bool = False,
) -> Component:
    """A component with its package URL; texts from the bundle are cut to a reasonable length."""
    return Component(
        ecosystem,
        name[:214],
        version[:100] if version else None,
        purl(ecosystem, name[:214], version[:100] if version else None),
        declared_in,
        requirement[:300],
        exact,
        hashed,
        vendored,
        direct,
        scope,
        source,
        marker[:300],
        licence[:200],
        install_script,
    )


def finding(
    weakness: Weakness,
    severity: Severity,
    message: str,
    path: str,
    line: int | None = None,
    snippet: str = "",
    confidence: Confidence = Confidence.FIRM,
) -> Finding:
    return Finding(WITNESS, weakness, severity, confidence, message, path, line, snippet)


def line_of(text: str, needle: str) -> int | None:
    """The first line that contains `needle`, from 1; None when no line does."""
    place = text.find(needle)
    return None if place < 0 else text.count("\n", 0, place) + 1


def table(value: object) -> Mapping[str, object]:
    """A mapping with text keys; anything else counts as empty."""
    return {str(k): v for k, v in value.items()} if isinstance(value, Mapping) else {}


def rows(value: object) -> Iterable[Mapping[str, object]]:
    """The mappings in a list; anything else is left out."""
    return [table(v) for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def word(value: object) -> str:
    """A text, or "" when the value is none."""
    return value if isinstance(value, str) else ""
