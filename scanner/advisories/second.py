"""A second witness on PyPI components: pip-audit, in this process, on the same records.

pip-audit asks a vulnerability service about every dependency of a source and joins what shares an alias. Both ends are
ours here: no network, no requirements file (its own reader drops what is marked for another system), and a dependency
that cannot be looked up is skipped with a reason instead of being answered with "no vulnerabilities". The service
decides with intervals built beforehand, not with the walk of `matching`, so that the two can disagree; where they do,
neither is believed.

`pip_audit._audit` and its neighbours are private: tests/unit/test_advisories_second.py holds what is used of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NoReturn

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from pip_audit._audit import Auditor
from pip_audit._dependency_source import DependencyFixError, DependencySource
from pip_audit._fix import ResolvedFixVersion
from pip_audit._service import (
    Dependency,
    ResolvedDependency,
    SkippedDependency,
    VulnerabilityResult,
    VulnerabilityService,
)
from pip_audit._service.interface import VulnerabilityID

from scanner.advisories.records import Advisory, Affected, Event
from scanner.advisories.snapshot import Snapshot
from scanner.collect.members import shown
from trust.facts import Component
from trust.finding import Gap

Interval = tuple[Version | None, Version | None, bool]
"""From (None: the first), to (None: for ever), and whether the end itself belongs to it."""


class Components(DependencySource):  # type: ignore[misc]  # pip-audit ships no types
    """The PyPI components of a bundle as pip-audit's dependencies, one each, in order."""

    def __init__(self, components: Iterable[Component]) -> None:
        self._components = tuple(components)

    def collect(self) -> Iterator[Dependency]:
        for component in self._components:
            try:
                version = Version(component.version or "")
            except InvalidVersion:
                yield SkippedDependency(component.name, "the version is not one of PEP 440")
            else:
                yield ResolvedDependency(component.name, version)

    def fix(self, fix_version: ResolvedFixVersion) -> NoReturn:
        raise DependencyFixError(f"{fix_version.dep.name}: a bundle is examined, never changed")


class SnapshotService(VulnerabilityService):  # type: ignore[misc]  # pip-audit ships no types
    """Answers pip-audit's questions from a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def query(self, spec: Dependency) -> tuple[Dependency, list[VulnerabilityResult]]:
        if not isinstance(spec, ResolvedDependency):
            return spec, []
        name = canonicalize_name(spec.name)
        version = Version(spec.version.public)
        return spec, [
            VulnerabilityResult(
                VulnerabilityID(advisory.id),
                advisory.summary,
                [],
                {VulnerabilityID(alias) for alias in advisory.aliases},
            )
            for advisory in self._snapshot.advisories.get(("pypi", name), ())
            if _concerns(advisory, name, version)
        ]


def second_opinion(components: Iterable[Component], snapshot: Snapshot) -> list[frozenset[str] | None]:
    """The flaws (by group) that pip-audit reports for each PyPI component, in order; None for one it skipped."""
    answers: list[frozenset[str] | None] = []
    for dependency, results in Auditor(SnapshotService(snapshot)).audit(Components(components)):
        groups = snapshot.groups(("pypi", canonicalize_name(dependency.name)))
        found = frozenset(groups[str(result.id)] for result in results)
        answers.append(None if dependency.is_skipped() else found)
    return answers


def differences(ours: Sequence[tuple[Component, frozenset[str]]], snapshot: Snapshot) -> Iterator[Gap]:
    """A gap when the two witnesses do not answer for the same components, or do not say the same about one.

    `ours`: PyPI components with a version, each with the flaws (groups of `Snapshot.groups`) that we found.
    """
    theirs = second_opinion((component for component, _ in ours), snapshot)
    if len(theirs) != len(ours):
        yield Gap(
            f"pip-audit was asked about {len(ours)} components and answered for {len(theirs)}, so its answers were "
            "not used and the look-up is not confirmed."
        )
        return
    apart = [
        f"{shown(component.name, 60)} {shown(component.version or '', 30)}"
        for (component, groups), other in zip(ours, theirs, strict=True)
        if other is not None and other != groups
    ]
    if apart:
        yield Gap(f"Our matching and pip-audit disagree about {len(apart)} component(s), first: {apart[0]}.")


def _concerns(advisory: Advisory, name: str, version: Version) -> bool:
    for affected in advisory.affected:
        if affected.package == ("pypi", name) and (_listed(affected, version) or _inside(affected, version)):
            return True
    return False


def _listed(affected: Affected, version: Version) -> bool:
    return any(parsed is not None and parsed == version for parsed in map(_parse, affected.versions))


def _inside(affected: Affected, version: Version) -> bool:
    for span in affected.ranges:
        if span.type in ("ECOSYSTEM", "SEMVER"):
            for start, end, closed in _intervals(span.events, affected.last_known):
                after = start is None or start <= version
                if after and (end is None or version < end or (closed and version == end)):
                    return True
    return False


def _intervals(events: tuple[Event, ...], last_known: str) -> list[Interval]:
    """Each introduction with the next end after it; none where an event is no version. GitHub's last known affected
    range bounds what the record leaves open.
    """
    ends: list[tuple[Version, bool]] = []
    starts: list[Version | None] = []
    for event in events:
        if event.kind == "introduced" and event.version == "0":
            starts.append(None)
            continue
        version = _parse(event.version)
        if version is None:
            return []
        if event.kind == "introduced":
            starts.append(version)
        else:
            ends.append((version, event.kind == "last_affected"))
    if not ends and last_known.startswith("<"):
        known = _parse(last_known.lstrip("<= "))
        ends = [] if known is None else [(known, last_known.startswith("<="))]
    ends.sort()
    found: list[Interval] = []
    for start in starts:
        end = next(((v, closed) for v, closed in ends if start is None or v > start or (closed and v == start)), None)
        found.append((start, None, False) if end is None else (start, *end))
    return found


@lru_cache(maxsize=1 << 15)
def _parse(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
