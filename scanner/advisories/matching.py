"""Does an advisory concern this version? OSV's own evaluation, with a third answer: it cannot be told.

A version is affected when a record lists it or one of its ranges contains it. Where neither can be decided (events that
are no versions of the ecosystem, ranges of commits only, a version without a place in the order) the answer is *not
evaluable*, never *not affected*. Source: OSV schema, section "Evaluation".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Literal

from scanner.advisories.ordering import Place, place, spelling
from scanner.advisories.records import Advisory, Affected, Event, Package, Range
from scanner.collect.dependencies.reading import Ecosystem

Answer = Literal["affected", "not affected", "not evaluable"]
Boundary = tuple[str, Place | None, str]
"""An event's kind, its place (None: before all versions, for a limit after all), and its text."""
_ORDERED = ("ECOSYSTEM", "SEMVER")
_LAST_KNOWN = re.compile(r"^\s*(<=?)\s*(\S+)\s*$")


@dataclass(frozen=True, slots=True)
class Match:
    """`fixed`: the first version after this one that the record calls fixed, "" when it names none."""

    answer: Answer
    fixed: str = ""


_CLEAR = Match("not affected")
_UNKNOWN = Match("not evaluable")


def match(advisory: Advisory, package: Package, version: str) -> Match:
    """What a record says about one version of one package, over all its `affected` entries for that package."""
    best = _CLEAR
    for affected in advisory.affected:
        if affected.package != package:
            continue
        found = _one(affected, version)
        if found.answer == "affected":
            return found
        if found.answer == "not evaluable":
            best = found
    return best


def _one(affected: Affected, version: str) -> Match:
    ecosystem = affected.package[0]
    at = place(ecosystem, version)
    ordered = [r for r in affected.ranges if r.type in _ORDERED]
    if spelling(ecosystem, version) in affected.versions:
        read = [b for span in ordered if (b := _boundaries(span.events, ecosystem)) is not None]
        return Match("affected", _first_fix(chain.from_iterable(read), at))
    if at is None:
        return _UNKNOWN
    answers = [_within(r, ecosystem, at, affected.last_known) for r in ordered]
    hit = next((a for a in answers if a.answer == "affected"), None)
    if hit is not None:
        return hit
    if affected.versions or affected.more:
        # The list enumerates what is affected, also where the ranges beside it cannot be read or are of commits.
        return _CLEAR
    return _CLEAR if answers and all(a.answer == "not affected" for a in answers) else _UNKNOWN


def _within(span: Range, ecosystem: Ecosystem, at: Place, last_known: str) -> Match:
    """One range: walk its boundaries in order up to this version, and remember which state the last one left."""
    boundaries = _boundaries(span.events, ecosystem)
    if boundaries is None:
        return _UNKNOWN
    limits = [where for kind, where, _ in boundaries if kind == "limit"]
    if limits and not any(where is None or at < where for where in limits):
        return _CLEAR
    inside, open_ended = False, True
    for kind, where, _ in boundaries:
        if kind == "introduced":
            inside = inside or where is None or where <= at
        elif where is not None and (where <= at if kind == "fixed" else kind == "last_affected" and where < at):
            inside = False
        open_ended = open_ended and kind == "introduced"
    if not inside:
        return _CLEAR
    if open_ended and last_known and _beyond(last_known, ecosystem, at):
        return _UNKNOWN
    return Match("affected", _first_fix(boundaries, at))


@lru_cache(maxsize=1 << 14)
def _boundaries(events: tuple[Event, ...], ecosystem: Ecosystem) -> tuple[Boundary, ...] | None:
    """The events in the order of their versions; events at one version keep the record's order, so that a fix and a new
    introduction at the same version leave it affected. None when an event is no version.
    """
    first: list[Boundary] = []
    rest: list[tuple[str, Place, str]] = []
    for event in events:
        if (event.kind, event.version) in (("introduced", "0"), ("limit", "*")):
            first.append((event.kind, None, event.version))
            continue
        where = place(ecosystem, event.version)
        if where is None:
            return None
        rest.append((event.kind, where, event.version))
    rest.sort(key=lambda boundary: boundary[1])
    return (*first, *rest)


def _first_fix(boundaries: Iterable[Boundary], at: Place | None) -> str:
    """The lowest fixed version after this one, "" when there is none or this one has no place."""
    lowest: tuple[Place, str] | None = None
    for kind, where, text in boundaries:
        if kind == "fixed" and where is not None and at is not None and at < where:
            lowest = (where, text) if lowest is None or where < lowest[0] else lowest
    return lowest[1] if lowest else ""


def _beyond(last_known: str, ecosystem: Ecosystem, at: Place) -> bool:
    """Whether a version lies after the last one that GitHub knows to be affected, in a record that names no fix.

    OSV's evaluation would call all later versions affected, GitHub's own none; the record itself does not know.
    """
    parts = _LAST_KNOWN.match(last_known)
    last = place(ecosystem, parts[2]) if parts else None
    if parts is None or last is None:
        return False
    return last < at if parts[1] == "<=" else last <= at


def alias_groups(advisories: Iterable[Advisory]) -> Mapping[str, str]:
    """Record id -> the group it belongs to: records that share an id or an alias, directly or through others, are one
    flaw. A group is named by the least of its identifiers.
    """
    known = list(advisories)
    above: dict[str, str] = {}

    def top(name: str) -> str:
        above.setdefault(name, name)
        while above[name] != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    for advisory in known:
        for alias in advisory.aliases:
            low, high = sorted((top(advisory.id), top(alias)))
            above[high] = low
    return {advisory.id: top(advisory.id) for advisory in known}
