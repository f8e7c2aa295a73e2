"""The life of a scan: claimed, leased, reported on, recorded. The row is the job; messages only ring.

Whoever claims a scan gets a token. Every later write asks for that token, so a worker that was taken for dead and
comes back changes nothing: the scan belongs to whoever claimed it last.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from registry import entries
from registry.advisories import mirror
from registry.advisories.affected import ask_about_bundle
from registry.advisories.components import write_components
from registry.assessments import rfc3339, write_assessment
from registry.earlier import facts_before, release_before
from registry.models import Bundle, FactSet, Release, ReleaseState, Scan, ScanState
from registry.statements import statements_of
from registry.store import StoreError, store
from scanner.context import ADVISORIES, Context, Progress
from scanner.errors import BundleError
from scanner.isolate import ScanError, scan_isolated
from trust.assessment import Assessment
from trust.codec import canonical, to_json
from trust.facts import Facts, Publisher, Vulnerabilities
from trust.finding import Gap
from trust.report import assessment_document
from trust.rubric import rubric
from trust.scoring import assess

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
FORGOTTEN_AFTER = timedelta(seconds=60)
"""A queued scan whose message was sent this long ago gets another one."""
SWEPT_AT_ONCE = 100
TURN_SECONDS = 2
TURN_LIMIT = timedelta(minutes=10)
"""How often a scan asks whether the release before is done, and how long it lets it go first."""
PAUSE_SECONDS = 5
"""Between a failed attempt and the next one, times the number of attempts."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a scan, until the lease lapses."""

    scan_id: UUID
    token: UUID
    attempt: int


@dataclass(frozen=True, slots=True)
class Again:
    """The message must come back in so many seconds."""

    seconds: int


def run(scan_id: UUID) -> Again | None:
    """Carry out one scan, if it is there to be carried out. Returns Again when it must be rung again.

    Never raises for what a bundle contains or for a scan that went wrong: that is recorded in the row.
    """
    if _before_its_turn(scan_id):
        return Again(TURN_SECONDS)
    claim = _claim(scan_id)
    if claim is None:
        return _held(scan_id)
    try:
        with _lease(claim):
            _carry_out(claim)
    except BundleError as error:
        _fail(claim, f"The bundle was refused: {error.detail}")
    except (ScanError, StoreError) as error:
        logger.warning("scan %s, attempt %s: %s", scan_id, claim.attempt, error)
        return _give_back(claim, str(error))
    except Exception as error:
        # The edge of the job: whatever went wrong, the row must say so, or the scan would be begun for ever.
        logger.exception("scan %s, attempt %s failed", scan_id, claim.attempt)
        return _give_back(claim, f"The scan ended with an internal error ({type(error).__name__}).")
    return None


def sweep() -> tuple[UUID, ...]:
    """The scans whose message must be sent again: left by a dead worker, or queued and forgotten.

    Rows that another sweep looks at are passed over. Scans that were begun too often are given up.
    """
    lapsed = Q(state=ScanState.RUNNING, lease_until__lt=Now())
    forgotten = Q(state=ScanState.QUEUED, rung_at__lt=Now() - FORGOTTEN_AFTER)
    with transaction.atomic():
        found = list(
            Scan.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("bundle__release")
            .filter(lapsed | forgotten)
            .order_by("rung_at")[:SWEPT_AT_ONCE]
        )
        worn_out = [scan for scan in found if scan.attempts >= MAX_ATTEMPTS]
        for scan in sorted(worn_out, key=lambda s: s.bundle.release.server_id):  # locked in one order everywhere
            _end_in_failure(scan, "Its scanner ended without an answer each time")
        again = [scan.pk for scan in found if scan.attempts < MAX_ATTEMPTS]
        Scan.objects.filter(pk__in=again).update(rung_at=Now())
    return tuple(again)


# --- claim and lease ---------------------------------------------------------


def _claim(scan_id: UUID) -> Claim | None:
    """Take a queued scan, or one whose lease has lapsed: one conditional UPDATE decides between rivals."""
    token = uuid4()
    free = Q(state=ScanState.QUEUED) | Q(state=ScanState.RUNNING, lease_until__lt=Now())
    with transaction.atomic():
        taken = Scan.objects.filter(free, pk=scan_id, attempts__lt=MAX_ATTEMPTS).update(
            state=ScanState.RUNNING,
            attempts=F("attempts") + 1,
            lease_token=token,
            lease_until=Now() + _lease_time(),
            started_at=Coalesce("started_at", Now()),
            progress=[],
        )
        if not taken:
            return None
        scan = Scan.objects.select_related("bundle__release").get(pk=scan_id)
        entries.refresh(scan.bundle.release.server_id)
    return Claim(scan_id, token, scan.attempts)


def _before_its_turn(scan_id: UUID) -> bool:
    """Whether the release before is being scanned: what changed since it can only be told afterwards."""
    scan = Scan.objects.select_related("bundle__release").filter(pk=scan_id, state=ScanState.QUEUED).first()
    if scan is None or timezone.now() - scan.queued_at > TURN_LIMIT:
        return False
    earlier = release_before(scan.bundle.release)
    unfinished = Scan.objects.filter(bundle__release=earlier, state__in=[ScanState.QUEUED, ScanState.RUNNING])
    return earlier is not None and unfinished.exists()


def _held(scan_id: UUID) -> Again | None:
    """How long the present holder may still work; None when the scan is over, or free for the sweep to end."""
    until = Scan.objects.filter(pk=scan_id, state=ScanState.RUNNING).values_list("lease_until", flat=True).first()
    if until is None:
        return None
    left = (until - timezone.now()).total_seconds()
    return Again(max(1, int(left) + 1)) if left > 0 else None


@contextmanager
def _lease(claim: Claim) -> Iterator[None]:
    """Renew the lease from a thread while the work goes on. The thread dies with the process, and then it lapses."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(settings.ASSAY_SCAN_LEASE_SECONDS / 3):
            try:
                if not _mine(claim).update(lease_until=Now() + _lease_time()):
                    return  # taken over: the record will find out
            except DatabaseError:
                logger.warning("the lease of scan %s could not be renewed", claim.scan_id, exc_info=True)
            finally:
                connection.close()

    thread = threading.Thread(target=renew, name=f"lease-{claim.scan_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _lease_time() -> timedelta:
    return timedelta(seconds=settings.ASSAY_SCAN_LEASE_SECONDS)


def _mine(claim: Claim) -> Any:
    return Scan.objects.filter(pk=claim.scan_id, state=ScanState.RUNNING, lease_token=claim.token)


# --- the work ----------------------------------------------------------------


def _carry_out(claim: Claim) -> None:
    scan = Scan.objects.select_related("bundle__release__server__namespace__owner").get(pk=claim.scan_id)
    bundle = scan.bundle
    progress: dict[str, tuple[str, str]] = {}

    def report(step: Progress) -> None:
        progress[step.step] = (step.state, step.detail)
        _mine(claim).update(progress=[[name, *state] for name, state in progress.items()])

    begun = time.monotonic()
    with store().local(bundle.sha256) as path:
        facts = scan_isolated(path, _context(bundle), lambda step: None if step.step == ADVISORIES else report(step))
    facts = replace(facts, vulnerabilities=_vulnerabilities(facts, report))
    duration_ms = round((time.monotonic() - begun) * 1000)
    _record(claim, facts, assess(facts, rubric()), duration_ms=duration_ms)


def _context(bundle: Bundle) -> Context:
    """What only the catalog knows."""
    namespace = bundle.release.server.namespace
    age = timezone.now() - namespace.owner.date_joined
    return Context(
        publisher=Publisher(namespace.name, namespace.owner.get_username(), max(0, age.days), namespace.proof),
        statements=statements_of(bundle),
        previous=facts_before(bundle),
        platform=bundle.platform,
    )


def _record(claim: Claim, facts: Facts, assessment: Assessment, *, duration_ms: int) -> None:
    """Facts, assessment, state and search entry in one transaction, if the claim still holds; otherwise nothing."""
    scanned_at = datetime.now(UTC)
    # Large bundles make large documents: they are written out before the rows are locked, not under the lock.
    body = canonical(to_json(facts))
    document = assessment_document(assessment, facts, scanned_at=rfc3339(scanned_at), duration_ms=duration_ms)
    with transaction.atomic():
        mirror.hold()
        scan = _mine(claim).select_for_update(of=("self",)).select_related("bundle__release__server__namespace").first()
        if scan is None:
            logger.warning("scan %s was taken over; the answer of attempt %s is dropped", claim.scan_id, claim.attempt)
            return
        release: Release = scan.bundle.release
        fact_set = FactSet.objects.create(
            scan=scan, bundle=scan.bundle, sha256=hashlib.sha256(body).hexdigest(), body=body, components_listed=True
        )
        write_components(scan.bundle_id, facts.dependencies)
        if mirror.outdated(facts.vulnerabilities):  # an import came between the look-up and this
            ask_about_bundle(scan.bundle_id)
        document["subject"]["name"] = str(release.server)
        write_assessment(scan.bundle, fact_set, assessment, document, scanned_at)
        if assessment.blocked:
            Release.objects.filter(pk=release.pk).update(state=ReleaseState.QUARANTINED)
        _end(scan, ScanState.DONE, scanner_version=facts.scanner, error="")
        entries.refresh(release.server_id)


def _vulnerabilities(facts: Facts, report: Callable[[Progress], None]) -> Vulnerabilities | Gap:
    """Looked up here, where the database is; the scanner's process has none."""
    report(Progress(ADVISORIES, "running"))
    try:
        found = mirror.look_up(facts.dependencies)
    except DatabaseError:
        raise
    except Exception as error:
        # Names and versions are the bundle's: what they make fail costs this fact, as in the scanner's own process.
        logger.exception("the look-up of advisories failed")
        found = Gap(f"The {ADVISORIES} collector failed ({type(error).__name__}); this part was not looked at.")
    report(Progress(ADVISORIES, "gap", found.reason) if isinstance(found, Gap) else Progress(ADVISORIES, "done"))
    return found


# --- the end -----------------------------------------------------------------


def _give_back(claim: Claim, reason: str) -> Again | None:
    """After a failure that another attempt may not meet: queue the scan again, or give it up after the last one."""
    if claim.attempt >= MAX_ATTEMPTS:
        _fail(claim, f"{reason} This was attempt {claim.attempt} of {MAX_ATTEMPTS}.")
        return None
    _mine(claim).update(state=ScanState.QUEUED, lease_token=None, lease_until=None, error=reason, rung_at=Now())
    return Again(PAUSE_SECONDS * claim.attempt)


def _fail(claim: Claim, reason: str) -> None:
    with transaction.atomic():
        scan = _mine(claim).select_for_update(of=("self",)).select_related("bundle__release").first()
        if scan is not None:
            _end(scan, ScanState.FAILED, error=reason)
            entries.refresh(scan.bundle.release.server_id)


def _end_in_failure(scan: Scan, reason: str) -> None:
    _end(scan, ScanState.FAILED, error=f"{reason}; it was tried {scan.attempts} times.")
    entries.refresh(scan.bundle.release.server_id)


def _end(scan: Scan, state: ScanState, **changed: str) -> None:
    Scan.objects.filter(pk=scan.pk).update(
        state=state, finished_at=Now(), lease_token=None, lease_until=None, **changed
    )
