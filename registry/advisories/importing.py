"""One import: everything at one place goes into the mirror in one transaction, or nothing does.

The bundles that a change concerns are asked about in the same transaction, so that none is forgotten when the process
dies right after it. Ringing for them is up to the caller, and to the sweep where the caller is gone.
"""

import hashlib
import logging
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from registry.advisories import affected, feeds, mirror, osv
from registry.advisories.components import catch_up
from registry.advisories.exploited import import_catalog, import_forecast
from registry.advisories.models import Import
from registry.advisories.sources import fetched, kinds, source_name
from scanner.advisories.feeds import SnapshotError
from scanner.advisories.snapshot import ID_LENGTH

_RENEWING = (0x4153415A, 1)
logger = logging.getLogger(__name__)


class AdvisoryImportError(Exception):
    """Nothing was imported; the sentence says from where and why."""


@dataclass(slots=True)
class Report:
    """What an import did. `counts` by kind of data, `bundles` how many are to be assessed again, `seconds` it took."""

    source: str
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    turned: list[str] = field(default_factory=list)
    bundles: int = 0
    seconds: float = 0.0


def import_from(place: str, now: datetime | None = None) -> Report:
    """Import what lies at a path or URL (see `registry.advisories.sources`). `now` with a zone.

    Raises AdvisoryImportError; then the mirror is as it was.
    """
    started = now or datetime.now(UTC)
    begun = datetime.now(UTC)
    try:
        with fetched(place) as (path, source), transaction.atomic():
            report = _import(path, source, started)
    except SnapshotError as error:
        raise AdvisoryImportError(f"{source_name(place)}: {error}.") from error
    report.seconds = (datetime.now(UTC) - begun).total_seconds()
    logger.info("advisories imported from %s: %s, %s bundles", report.source, report.counts, report.bundles)
    return report


def renew_due(now: datetime | None = None) -> None:
    """Import from every place of ASSAY_ADVISORIES whose last import is older than ASSAY_ADVISORIES_SECONDS.

    One process at a time; a place that cannot be used is logged and tried again the next time.
    """
    if not settings.ASSAY_ADVISORIES:
        return
    at = now or datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _RENEWING)
        if not (cursor.fetchone() or (False,))[0]:
            return
        try:
            for place in settings.ASSAY_ADVISORIES:
                _renew(place, at)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _RENEWING)


def _renew(place: str, now: datetime) -> None:
    recent = now - timedelta(seconds=settings.ASSAY_ADVISORIES_SECONDS)
    if Import.objects.filter(source=source_name(place), started_at__gt=recent).exists():
        return
    try:
        import_from(place, now)
    except AdvisoryImportError as error:
        logger.error("advisories were not renewed: %s", error)  # noqa: TRY400  # the sentence says it all


def _import(path: Path, source: str, now: datetime) -> Report:
    mirror.hold_alone()
    catch_up()
    report = Report(source)
    for kind, file in kinds(path):
        released = None
        if kind == "osv":
            counts, change = osv.import_records(file, source)
            report.counts[kind] = asdict(counts)
            report.turned = feeds.renew(change.ecosystems, source, now)
            affected.ask_about_ecosystems(report.turned)
            if not change.ecosystems <= set(report.turned):
                affected.ask_about(change.ids, change.before)
        else:
            listing = _READERS[kind](file, feeds.released(kind))
            report.counts[kind] = {
                "read": listing.read,
                "new": listing.new,
                "unreadable": listing.bad,
                "vanished": listing.vanished,
            }
            affected.ask_about((), names=listing.names)
            released = listing.released
        Import.objects.create(
            kind=kind, source=source, snapshot=_state(), released=released, counts=report.counts[kind], started_at=now
        )
    report.bundles = affected.asked_now()
    return report


_READERS = {"kev": import_catalog, "epss": import_forecast}


def _state() -> str:
    """A name for everything in the mirror that a finding may rest on."""
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        cursor.execute("SELECT decode(sha256, 'hex') FROM advisories_advisory ORDER BY sha256")
        for (one,) in cursor:
            digest.update(bytes(one))
        cursor.execute("SELECT cve FROM advisories_exploitedflaw ORDER BY cve")
        for (cve,) in cursor:
            digest.update(cve.encode())
    return digest.hexdigest()[:ID_LENGTH]
