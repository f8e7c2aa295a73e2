"""The order of versions as OSV asks for it: PEP 440 for PyPI, Semantic Versioning 2.0.0 for npm.

Pre-releases take part in the plain order (4.19.2-rc.1 comes before 4.19.2 and is affected by what 4.19.2 fixed), as the
OSV schema prescribes. Source: OSV schema, sections "affected[].ranges[].events" and "Evaluation".
"""

import re
from functools import lru_cache
from typing import Any, Protocol

from packaging.utils import canonicalize_version
from packaging.version import InvalidVersion
from packaging.version import Version as PythonVersion
from semver import Version as NodeVersion

from scanner.collect.dependencies.reading import Ecosystem

VERSION_LIMIT = 256
"""A version text longer than this is none, in characters (npm's own limit)."""

_NODE = re.compile(
    r"^[v=\s]*(?P<major>\d{1,16})(?:\.(?P<minor>\d{1,16}))?(?:\.(?P<patch>\d{1,16}))?"
    r"(?P<pre>-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?\s*$",
    re.ASCII,
)
_REMEMBERED = 1 << 16


class Place(Protocol):
    """Where a version stands; only places of one ecosystem may be compared."""

    def __lt__(self, other: Any, /) -> bool: ...
    def __le__(self, other: Any, /) -> bool: ...


@lru_cache(maxsize=_REMEMBERED)
def place(ecosystem: Ecosystem, version: str) -> Place | None:
    """Where a version stands in its ecosystem's order; None for a text that has no place in it.

    A local part (`1.0+cu118`) and build metadata are left out: a rebuilt version has the flaws of what it rebuilds.
    """
    if len(version) > VERSION_LIMIT:
        return None
    return _python(version) if ecosystem == "pypi" else _node(version)


@lru_cache(maxsize=_REMEMBERED)
def spelling(ecosystem: Ecosystem, version: str) -> str:
    """One spelling for all texts that mean the same version (`1.0`, `1.0.0`, `v1`); others stay as they are."""
    found = place(ecosystem, version)
    if isinstance(found, PythonVersion):
        return canonicalize_version(found)
    return version if found is None else str(found)


def _python(version: str) -> PythonVersion | None:
    try:
        parsed = PythonVersion(version)
    except InvalidVersion:
        return None
    return PythonVersion(parsed.public) if parsed.local else parsed


def _node(version: str) -> NodeVersion | None:
    """Strict versions, and the short and prefixed forms that advisories and old packages use (`1.0`, `v1.2.3`)."""
    parts = _NODE.match(version)
    if parts is None:
        return None
    numbers = ".".join(parts[name] or "0" for name in ("major", "minor", "patch"))
    try:
        return NodeVersion.parse(numbers + (parts["pre"] or ""))
    except ValueError:
        return None
