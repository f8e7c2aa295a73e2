"""How bundles and releases stand: the newest assessment and the newest scan, and the word a reader is told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from registry.models import (
    AssessmentRecord,
    Bundle,
    Release,
    ReleaseState,
    Scan,
    ScanState,
    ServerStatus,
)


@dataclass(frozen=True, slots=True)
class BundleStanding:
    """One bundle with its newest assessment and its newest scan, where there are any.

    The record comes without its `body`; whoever needs the document asks for it.
    """

    bundle: Bundle
    record: AssessmentRecord | None
    scan: Scan | None

    @property
    def status(self) -> ServerStatus:
        """An assessment counts until the next one replaces it; without one, the scan's own state."""
        if self.record is not None:
            return ServerStatus.PROVISIONAL if self.record.provisional else ServerStatus.SCORED
        return _OF_SCAN[self.scan.state] if self.scan is not None else ServerStatus.NOT_ASSESSED

    @property
    def rank(self) -> int:
        """The score; below every score where nothing was assessed, what failed last of all."""
        if self.record is not None:
            return self.record.score
        return -2 if self.status is ServerStatus.FAILED else -1


_OF_SCAN: Mapping[str, ServerStatus] = {
    ScanState.QUEUED: ServerStatus.QUEUED,
    ScanState.RUNNING: ServerStatus.SCANNING,
    ScanState.FAILED: ServerStatus.FAILED,
    ScanState.DONE: ServerStatus.NOT_ASSESSED,  # done without an assessment cannot be written; never call it good
}


@dataclass(frozen=True, slots=True)
class ReleaseStanding:
    """One release with its bundles, the least trusted first: a release is as good as its worst file."""

    release: Release
    bundles: tuple[BundleStanding, ...]

    @property
    def status(self) -> ServerStatus:
        if self.release.state == ReleaseState.QUARANTINED:
            return ServerStatus.QUARANTINED
        return self.bundles[0].status

    def of(self, platform: str | None) -> BundleStanding | None:
        """The bundle of one platform, or the least trusted one when none is named."""
        if platform is None:
            return self.bundles[0]
        return next((b for b in self.bundles if b.bundle.platform == platform), None)


def standings(releases: Iterable[Release]) -> tuple[ReleaseStanding, ...]:
    """How these releases stand, in their order: three queries, however many there are."""
    wanted = tuple(releases)
    bundles = list(Bundle.objects.filter(release__in=wanted).defer("manifest", "notices"))
    ids = [b.pk for b in bundles]
    records = {
        record.bundle_id: record
        for record in AssessmentRecord.objects.filter(bundle__in=ids)
        .defer("body")
        .order_by("bundle_id", "-id")
        .distinct("bundle_id")
    }
    scans = {
        scan.bundle_id: scan
        for scan in Scan.objects.filter(bundle__in=ids).order_by("bundle_id", "-queued_at").distinct("bundle_id")
    }
    by_release: dict[int, list[BundleStanding]] = {release.pk: [] for release in wanted}
    for bundle in bundles:
        by_release[bundle.release_id].append(BundleStanding(bundle, records.get(bundle.pk), scans.get(bundle.pk)))
    return tuple(
        ReleaseStanding(release, _worst_first(by_release[release.pk])) for release in wanted if by_release[release.pk]
    )


def standing(release: Release) -> ReleaseStanding:
    """How one release stands. It has a bundle from the transaction that created it."""
    (found,) = standings([release])
    return found


def _worst_first(bundles: Sequence[BundleStanding]) -> tuple[BundleStanding, ...]:
    return tuple(sorted(bundles, key=lambda b: (b.rank, b.bundle.platform != "any", b.bundle.platform)))
