"""`manage.py import_advisories`: public advisories into the registry's own mirror, and how that mirror stands."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from registry.advisories import feeds, reassess
from registry.advisories.feeds import FeedState, MirrorState
from registry.advisories.importing import AdvisoryImportError, Report, import_from
from registry.advisories.models import QuarantinedRecord
from registry.tasks import ring_for_reassessments

QUARANTINE_SHOWN = 20
_WORDS = {
    "ok": "fresh",
    "sample": "too few records to be all there are: components are not assessed as clean",
    "stale": "too old: components are not assessed as clean",
    "missing": "not loaded: components are not assessed",
}
_COUNTED = (
    ("read", "read"),
    ("new", "new"),
    ("changed", "changed"),
    ("withdrawn", "newly withdrawn"),
    ("unchanged", "unchanged"),
    ("older", "older than what is here, passed over"),
    ("elsewhere", "about other ecosystems, left out"),
    ("quarantined", "put aside because they cannot be used"),
    ("unreadable", "lines that cannot be used, left out"),
    ("vanished", "here but not in this source, kept: what is wrong is withdrawn, not deleted"),
)


class Command(BaseCommand):
    help = (
        "Import OSV exports (zip, folder or single records, PyPI and npm, malicious packages too), CISA's catalog of "
        "exploited flaws (JSON) and EPSS (CSV, also gzipped) from paths or https addresses; each in one transaction. "
        "Without any, show how the mirror stands."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("places", nargs="*", metavar="PATH|URL")
        parser.add_argument("--quarantine", action="store_true", help="list every record that was put aside")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        for place in options["places"]:
            try:
                self._tell(import_from(place))
            except AdvisoryImportError as error:
                raise CommandError(f"Nothing was imported from {error}") from error
        transaction.on_commit(ring_for_reassessments, robust=True)
        self._show(feeds.overview(), everything=options["quarantine"])

    def _tell(self, report: Report) -> None:
        self.stdout.write(f"{report.source}: imported in {report.seconds:.1f} s")
        for kind, counts in report.counts.items():
            for name, words in _COUNTED:
                if counts.get(name):
                    self.stdout.write(f"  {kind:<5} {counts[name]:>9,}  {words}")
        self.stdout.write(f"  {report.bundles:,} published bundles may be concerned and are assessed again")

    def _show(self, state: MirrorState, *, everything: bool) -> None:
        self.stdout.write(f"the mirror is in state {state.snapshot or 'empty'}")
        for feed in state.feeds:
            self.stdout.write(f"  {_line(feed)}")
        self.stdout.write(f"  {state.exploited:,} flaws known to be exploited{_of(state.exploited_released)}")
        self.stdout.write(f"  {state.forecasts:,} EPSS forecasts{_of(state.forecasts_released)}")
        waiting, given_up = reassess.waiting().count(), reassess.given_up()
        self.stdout.write(f"  {waiting:,} bundles wait for a new assessment")
        for row in given_up:
            self.stdout.write(f"  bundle {row.bundle_id} was given up after {row.attempts} attempts: {row.error}")
        self._show_quarantine(state.quarantined, everything=everything)

    def _show_quarantine(self, total: int, *, everything: bool) -> None:
        if not total:
            return
        self.stdout.write(f"  {total:,} records were put aside; what they may concern is not assessed:")
        rows = QuarantinedRecord.objects.order_by("source", "where")
        for row in rows if everything else rows[:QUARANTINE_SHOWN]:
            self.stdout.write(f"    {row.where} ({row.source}): {row.reason}")
        if total > QUARANTINE_SHOWN and not everything:
            self.stdout.write(f"    and {total - QUARANTINE_SHOWN:,} more: add --quarantine to see them")


def _line(feed: FeedState) -> str:
    name = f"{feed.ecosystem:<5}"
    if feed.imported_at is None:
        return f"{name} {_WORDS[feed.standing]}"
    malicious = f" and {feed.malicious:,} about malicious packages" if feed.malicious else ""
    age = "no usable date" if feed.age_days is None else f"newest {feed.age_days} days old"
    return (
        f"{name} {feed.records:,} records{malicious}, {age}, imported {feed.imported_at:%Y-%m-%d %H:%M} UTC "
        f"from {feed.source}: {_WORDS[feed.standing]}"
    )


def _of(released: Any) -> str:
    return f", of {released:%Y-%m-%d}" if released else ""
