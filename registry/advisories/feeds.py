"""How fresh the mirror is, for each ecosystem: what every assessment rests on, shown and watched.

A feed's age counts from the newest record it holds, not from the day somebody imported it. When a feed comes, turns
old, or is renewed, what was and was not assessed changes for every bundle with a component of that ecosystem, and they
are assessed again: `standing` is the word under which that happened last.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction

from registry.advisories import mirror
from registry.advisories.affected import ask_about_ecosystems
from registry.advisories.models import ExploitedFlaw, ExploitLikelihood, Feed, Import, QuarantinedRecord
from scanner.advisories.records import LABELS
from scanner.advisories.snapshot import CLOCKS_DIFFER, STALE_AFTER_DAYS

MISSING = "missing"


@dataclass(frozen=True, slots=True)
class FeedState:
    """One ecosystem. `standing`: ok, or sample, stale, missing, in which case its components are not assessed."""

    ecosystem: str
    standing: str
    records: int = 0
    malicious: int = 0
    newest: datetime | None = None
    age_days: int | None = None
    imported_at: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class MirrorState:
    """The whole mirror, for a reader."""

    snapshot: str
    feeds: tuple[FeedState, ...]
    quarantined: int
    exploited: int
    exploited_released: datetime | None
    forecasts: int
    forecasts_released: datetime | None
    stale_after_days: int = STALE_AFTER_DAYS


def overview(now: datetime | None = None) -> MirrorState:
    """How things stand. `now` with a zone."""
    at = now or datetime.now(UTC)
    rows = {f.ecosystem: f for f in Feed.objects.all()}
    return MirrorState(
        mirror.state(),
        tuple(_state(ecosystem, rows.get(ecosystem), at) for ecosystem in LABELS),
        QuarantinedRecord.objects.count(),
        ExploitedFlaw.objects.count(),
        released("kev"),
        ExploitLikelihood.objects.count(),
        released("epss"),
    )


def released(kind: str) -> datetime | None:
    """When the newest imported file of this kind was made, by its publisher."""
    return Import.objects.filter(kind=kind).order_by("-id").values_list("released", flat=True).first()


def renew(ecosystems: Iterable[str], source: str, now: datetime) -> list[str]:
    """Count the records of these ecosystems anew. Returns those whose standing changed."""
    turned = []
    for ecosystem in sorted(ecosystems):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE NOT malicious), count(*) FILTER (WHERE malicious), "
                "       max(modified) FILTER (WHERE NOT malicious AND modified <= %s) "
                "FROM (SELECT modified, id LIKE 'MAL-%%' AS malicious FROM advisories_advisory "
                "      WHERE %s = ANY(ecosystems)) AS a",
                [now + CLOCKS_DIFFER, ecosystem],
            )
            records, malicious, newest = cursor.fetchone() or (0, 0, None)
        values = {"records": records, "malicious": malicious, "newest": newest, "imported_at": now, "source": source}
        old = Feed.objects.filter(pk=ecosystem).values_list("standing", flat=True).first() or MISSING
        row, _ = Feed.objects.update_or_create(
            ecosystem=ecosystem, defaults=values, create_defaults={**values, "standing": MISSING}
        )
        standing = standing_of(row, now)
        if standing != old:
            Feed.objects.filter(pk=ecosystem).update(standing=standing)
            turned.append(ecosystem)
    return turned


def watch(now: datetime | None = None) -> int:
    """Notice the feeds that turned old since they were last looked at. Returns how many bundles are asked about."""
    at = now or datetime.now(UTC)
    if not any(standing_of(f, at) != f.standing for f in Feed.objects.all()):
        return 0
    with transaction.atomic():
        mirror.hold_alone()
        turned = [f for f in Feed.objects.all() if standing_of(f, at) != f.standing]
        for feed in turned:
            Feed.objects.filter(pk=feed.pk).update(standing=standing_of(feed, at))
        return ask_about_ecosystems(f.ecosystem for f in turned)


def standing_of(feed: Feed, now: datetime) -> str:
    return mirror.feed_value(feed, now).standing if feed.records else MISSING


def _state(ecosystem: str, feed: Feed | None, now: datetime) -> FeedState:
    if feed is None:
        return FeedState(ecosystem, MISSING)
    value = mirror.feed_value(feed, now)
    age = value.age_days if feed.newest else None
    return FeedState(
        ecosystem,
        standing_of(feed, now),
        feed.records,
        feed.malicious,
        feed.newest,
        age,
        feed.imported_at,
        feed.source,
    )
