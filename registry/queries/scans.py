"""Reading scans."""

import json
from uuid import UUID

from registry.errors import not_found
from registry.models import AssessmentRecord, ReleaseState, Scan, ScanState
from registry.queries.shapes import ReleaseRef, ScanView


def get_scan(id: UUID) -> ScanView:
    """Raises RegistryError (404)."""
    scan = Scan.objects.select_related("bundle__release__server__namespace").filter(pk=id).first()
    if scan is None:
        raise not_found("scan", f"There is no scan {id}; check the address.")
    return scan_view(scan)


def scan_view(scan: Scan) -> ScanView:
    """A scan whose bundle, release, server and namespace have been fetched."""
    release = scan.bundle.release
    return ScanView(
        id=scan.id,
        state=scan.state,
        progress=tuple((str(c), str(s), str(d)) for c, s, d in scan.progress),
        error=scan.error,
        quarantined_because=_reasons(scan) if release.state == ReleaseState.QUARANTINED else (),
        attempts=scan.attempts,
        queued_at=scan.queued_at,
        started_at=scan.started_at,
        finished_at=scan.finished_at,
        release=ReleaseRef(
            release.server.namespace.name,
            release.server.name,
            release.version,
            scan.bundle.platform,
            release.state,
        ),
    )


def _reasons(scan: Scan) -> tuple[str, ...]:
    """What the assessment of this scan says about the caps that put the score to zero."""
    if scan.state != ScanState.DONE:
        return ()
    record = AssessmentRecord.objects.filter(fact_set__scan=scan, blocked=True).order_by("-id").first()
    if record is None:
        return ()
    return tuple(cap["because"] for cap in json.loads(bytes(record.body))["caps"] if cap["limit"] == 0)
