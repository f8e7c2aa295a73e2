"""What the mirror knows about the components of a bundle: a `Snapshot` made of rows instead of an export.

The matching, the findings and the second witness are those of `scanner.advisories`; only the records come from
elsewhere. The database leaves out of each record's list of versions what nobody asked about, which is most of it.

An import holds the mirror alone until its transaction ends; whoever needs it unchanged while they write, holds it
together with others. Everybody takes this lock before any row's.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import connection, transaction

from registry.advisories.models import ExploitedFlaw, Feed, Import
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
    SELECT a.id, extract(epoch FROM a.modified)::float8, a.aliases, a.summary, a.severity, a.basis,
           p.ecosystem, p.package, p.ranges, p.last_known, p.enumerates,
           ARRAY(SELECT v FROM unnest(w.versions) AS v WHERE v = ANY(p.versions))
    FROM wanted w
    JOIN advisories_affectedpackage p USING (ecosystem, package)
    JOIN advisories_advisory a ON a.id = p.advisory_id
    WHERE a.withdrawn IS NULL
    ORDER BY p.id
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
    rows = list(Feed.objects.all())
    if not rows:
        return None
    id = state()
    values = [feed_value(row, now) for row in rows if row.records]
    wanted = _wanted(components)
    return Snapshot(
        id=id,
        feeds={value.ecosystem: value for value in values},
        loaded=sum(value.records for value in values),
        advisories=_advisories(wanted),
        quarantined=_quarantined(wanted),
        exploited=_exploited(id),
    )


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


@lru_cache(maxsize=1 << 14)
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
    """The live records about these packages, by package; each holds only what it says about that one."""
    heads: dict[str, tuple[Any, ...]] = {}
    entries: dict[tuple[Package, str], list[Affected]] = {}
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
        rows = cursor.fetchall()
    for id, modified, aliases, summary, severity, basis, ecosystem, name, ranges, last, lists, named in rows:
        package: Package = (ecosystem, name)
        heads[id] = (modified, aliases, summary, severity, basis)
        entry = Affected(package, ranges_from(ranges), frozenset(named), last, more=lists)
        entries.setdefault((package, id), []).append(entry)
    found: dict[Package, list[Advisory]] = {}
    for (package, id), about in entries.items():
        modified, aliases, summary, severity, basis = heads[id]
        at, rating = datetime.fromtimestamp(modified, UTC), _rating(severity, basis)
        found.setdefault(package, []).append(Advisory(id, at, tuple(about), tuple(aliases), None, summary, rating))
    return {package: tuple(sorted(some, key=lambda a: a.id)) for package, some in found.items()}


@lru_cache(maxsize=1 << 10)
def _rating(severity: str | None, basis: str) -> Rating:
    return Rating(Severity(severity) if severity else None, basis)


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


@lru_cache(maxsize=4)
def _exploited(state: str) -> frozenset[str]:
    """All flaws known to be exploited; their list is part of what the state is named after."""
    del state
    return frozenset(ExploitedFlaw.objects.values_list("cve", flat=True))
