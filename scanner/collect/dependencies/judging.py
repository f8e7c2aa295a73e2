"""Findings about how firmly the components are fixed: loose versions, missing hashes, sources outside the
registries.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from scanner.collect.dependencies.reading import Named, finding
from scanner.collect.members import join, parent, shown
from trust.facts import Component
from trust.finding import Finding
from trust.vocabulary import Severity, Weakness

_COMMIT = re.compile(r"[@#]([0-9a-f]{40}|[0-9a-f]{64})(?:[#&?]|$)")
_EACH = 50


def loose_findings(named: Iterable[Named], sizes: Mapping[str, int]) -> Iterator[Finding]:
    """One finding per loose direct dependency and per foreign source; missing hashes are told once per
    file.
    """
    everything = [n for n in named if n.component.scope != "dev"]
    for count, item in enumerate(n for n in everything if _is_loose(n.component)):
        if count < _EACH:
            yield _loose(item)
    for item in everything:
        if item.component.source in ("git", "url", "file") and not item.component.vendored:
            yield from _foreign(item, sizes)
    yield from _unhashed(n.component for n in everything)


def _is_loose(item: Component) -> bool:
    return item.direct and not item.exact and not item.vendored and item.source == "registry"


def _loose(item: Named) -> Finding:
    component = item.component
    wanted = component.requirement or "any version"
    return finding(
        Weakness.UNPINNED_DEPENDENCY,
        Severity.MEDIUM if component.scope == "runtime" else Severity.LOW,
        f"{shown(component.name, 80)} is asked for as {shown(wanted, 80)}, so every installation may get another "
        "release; ship a lock file with exact versions and hashes.",
        component.declared_in,
        item.line,
        shown(f"{component.name} {wanted}"),
    )


def _foreign(item: Named, sizes: Mapping[str, int]) -> Iterator[Finding]:
    component = item.component
    place = component.requirement
    if (
        component.source == "file"
        and join(parent(component.declared_in), place.removeprefix("file:").removeprefix("link:")) in sizes
    ):
        return  # the file lies in the bundle: its bytes are fixed and examined
    if component.source == "git":
        severity = Severity.LOW if _COMMIT.search(place) else Severity.MEDIUM
    else:
        severity = (
            Severity.HIGH if place.startswith("http://") else Severity.LOW if component.hashed else Severity.MEDIUM
        )
    kind = {"git": "a repository", "url": "a web address", "file": "a path outside the registry"}[component.source]
    yield finding(
        Weakness.UNTRUSTED_SOURCE,
        severity,
        f"{shown(component.name, 80)} comes from {kind} ({shown(place, 120)}), which no registry watches; "
        "use a released version.",
        component.declared_in,
        item.line,
        shown(place),
    )


def _unhashed(components: Iterable[Component]) -> Iterator[Finding]:
    bare: dict[str, list[Component]] = {}
    for component in components:
        if component.exact and not component.hashed and not component.vendored and component.source == "registry":
            bare.setdefault(component.declared_in, []).append(component)
    for path, items in sorted(bare.items()):
        yield finding(
            Weakness.UNHASHED_DEPENDENCY,
            Severity.LOW,
            f"{len(items)} packages in {shown(path)} have a version but no hash (for example "
            f"{shown(items[0].name, 80)}); the bytes behind the version are taken on trust.",
            path,
        )
