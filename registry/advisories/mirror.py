"""What the mirror knows about the components of a bundle: a `Snapshot` made of rows instead of an export.

The matching, the findings and the second witness are those of `scanner.advisories`; only the records come from
elsewhere. The database leaves out of each record's list of versions what nobody asked about, which is most of it.

An import holds the mirror alone until its transaction ends; whoever needs it unchanged while they write, holds it
together with others. Everybody takes this lock before any row's.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from registry.advisories.models import Feed, Import
from scanner.advisories.collect import collect_vulnerabilities, package_of
from scanner.advisories.ordering import VERSION_LIMIT, spelling
from scanner.advisories.records import Advisory, Affected, Event, Package, Range
from scanner.advisories.severity import Rating
from scanner.advisories.snapshot import Feed as FeedValue
from scanner.advisories.snapshot import Quarantined, Snapshot, concerned
from trust.facts import Component, Dependencies, Vulnerabilities
from trust.finding import Gap
from trust.vocabulary import Severity

EMPTY = Gap("No advisory data has been imported here, so known vulnerabilities were not assessed.")
_LOCK = (0x4153415A, 0)
_BETWEEN = "\x1f"

_RECORDS = """
    WITH wanted AS (
        SELECT ecosystem, package, string_to_array(spelled, %(between)s) AS versions
        FROM unnest(%(ecosystems)s::text[], %(packages)s::text[], %(versions)s::text[])
             AS w(ecosystem, package, spelled)
    )
    SELECT a.id, a.modified, a.aliases, a.summary, a.severity, a.basis, p.ecosystem, p.package, p.ranges, p.last_known,
           p.versions <> '{}', ARRAY(SELECT unnest(p.versions) INTERSECT SELECT unnest(w.versions))
    FROM wanted w
    JOIN advisories_affectedpackage p USING (ecosystem, package)
    JOIN advisories_advisory a ON a.id = p.advisory_id
    WHERE a.withdrawn IS NULL
    ORDER BY a.id, p.id
"""


def hold() -> None:
    """Until the transaction ends, no import changes the mirror."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", _LOCK)


def hold_alone() -> None:
    """Until the transaction ends, nobody else changes the mirror or relies on it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)


def state() -> str:
    """The name of the mirror's present state; "" before the first import."""
    return Import.objects.order_by("-id").values_list("snapshot", flat=True).first() or ""


def look_up(dependencies: Dependencies | Gap, now: datetime | None = None) -> Vulnerabilities | Gap:
    """The known vulnerabilities of these components. A Gap where there are no components or nothing was imported."""
    if isinstance(dependencies, Gap):
        return dependencies
    with transaction.atomic():
        hold()
        snapshot = snapshot_for(dependencies.components, now or datetime.now(UTC))
    return EMPTY if snapshot is None else collect_vulnerabilities(dependencies, snapshot)


def outdated(known: Vulnerabilities | Gap) -> bool:
    """Whether an import has changed the mirror since this was looked up in it."""
    now = state()
    if isinstance(known, Vulnerabilities):
        return bool(now) and known.snapshot != now
    return known == EMPTY and bool(now)


def snapshot_for(components: Iterable[Component], now: datetime) -> Snapshot | None:
    """What the mirror has about these components; None before the first import of advisories. `now` with a zone."""
    feeds = {f.ecosystem: f for f in feed_values(now)}
    id = state()
    if not id or not Import.objects.filter(kind="osv").exists():
        return None
    wanted = _wanted(components)
    advisories = _advisories(wanted)
    names = {name for found in advisories.values() for a in found for name in a.names}
    return Snapshot(
        id=id,
        feeds=feeds,
        loaded=sum(f.records for f in feeds.values()),
        advisories=advisories,
        quarantined=_quarantined(wanted),
        exploited=_exploited(names),
    )


def feed_values(now: datetime) -> tuple[FeedValue, ...]:
    """The feeds of vulnerabilities as the matching knows them."""
    return tuple(feed_value(f, now) for f in Feed.objects.filter(records__gt=0).order_by("ecosystem"))


def feed_value(feed: Feed, now: datetime) -> FeedValue:
    since = feed.newest or datetime.fromtimestamp(0, UTC)
    return FeedValue(feed.ecosystem, feed.records, max(0, (now - since).days))  # type: ignore[arg-type]  # a column


def storable(text: str) -> bool:
    """Whether PostgreSQL can hold this text. What it cannot hold is in no advisory here either."""
    return "\x00" not in text and (text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text))


def listed(component: Component) -> bool:
    """Whether a component can be looked for by package and version."""
    version = component.version
    return version is not None and len(version) <= VERSION_LIMIT and storable(version) and storable(component.name)


def ranges_from(text: str) -> tuple[Range, ...]:
    """From the JSON of `ranges_document`."""
    return tuple(
        Range(type, tuple(Event(kind, version) for kind, version in events)) for type, events in json.loads(text)
    )


def ranges_document(ranges: Iterable[Range]) -> list[Any]:
    return [[r.type, [[e.kind, e.version] for e in r.events]] for r in ranges]


def _wanted(components: Iterable[Component]) -> dict[Package, set[str]]:
    """The packages, each with the versions asked about in the one spelling that the rows have too."""
    wanted: dict[Package, set[str]] = {}
    for component in components:
        if storable(component.name):
            versions = wanted.setdefault(package_of(component), set())
            if component.version is not None and listed(component):
                versions.add(spelling(component.ecosystem, component.version))
    return wanted


def _advisories(wanted: Mapping[Package, set[str]]) -> dict[Package, tuple[Advisory, ...]]:
    heads: dict[str, Advisory] = {}
    entries: dict[str, list[Affected]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            _RECORDS,
            {
                "between": _BETWEEN,
                "ecosystems": [ecosystem for ecosystem, _ in wanted],
                "packages": [name for _, name in wanted],
                "versions": [_BETWEEN.join(versions) for versions in wanted.values()],
            },
        )
        for id, modified, aliases, summary, severity, basis, ecosystem, package, ranges, last, lists, named in cursor:
            rating = Rating(Severity(severity) if severity else None, basis)
            heads.setdefault(id, Advisory(id, modified, (), tuple(aliases), None, summary, rating))
            entry = Affected((ecosystem, package), ranges_from(ranges), frozenset(named), last, more=lists)
            entries.setdefault(id, []).append(entry)
    found: dict[Package, list[Advisory]] = {}
    for id, head in heads.items():
        about = tuple(entries[id])
        advisory = Advisory(id, head.modified, about, head.aliases, None, head.summary, head.rating)
        for package in dict.fromkeys(a.package for a in about):
            found.setdefault(package, []).append(advisory)
    return {package: tuple(advisories) for package, advisories in found.items()}


def _quarantined(wanted: Mapping[Package, set[str]]) -> tuple[Quarantined, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT "where", reason, names, decoded FROM advisories_quarantinedrecord '
            "WHERE NOT decoded OR names && %s::text[] ORDER BY id",
            [[name for _, name in wanted]],
        )
        return tuple(
            Quarantined(where, reason, concerned(names, decoded, wanted))
            for where, reason, names, decoded in cursor.fetchall()
        )


def _exploited(names: Iterable[str]) -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cve FROM advisories_exploitedflaw WHERE cve = ANY(%s)", [list(names)])
        return frozenset(cve for (cve,) in cursor.fetchall())
