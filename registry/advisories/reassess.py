"""New assessments from stored facts, because something else is known now. Nothing is scanned again.

The row is the job. It is claimed for a while, counted, and worked on in one transaction that writes the assessment,
the search entry and the notification, and deletes the row: killed at any moment, either all of that happened or the
row is still there and somebody else begins after the lease. Two workers with one row follow each other, and the second
finds it gone. Where the newer knowledge changes no finding and no gap, nothing is written.

Locks are taken in the order mirror, job, server, as everywhere.
"""

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from registry import entries
from registry.advisories import mirror
from registry.advisories.models import Advisory, Notification, Reassessment
from registry.assessments import facts_behind, rfc3339, write_assessment
from registry.models import AssessmentRecord, Release, ReleaseState, Scan, ScanState
from trust.assessment import Assessment
from trust.codec import CodecError, canonical, facts_from_json, to_json
from trust.facts import Facts, Vulnerabilities
from trust.finding import Finding, Gap
from trust.report import assessment_document
from trust.rubric import rubric
from trust.scoring import assess

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
CHUNK = 50
"""Bundles worked on for one message; a longer list is cut so that workers share it and a scan need not wait long."""
KIND = "assessment.changed"
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Done:
    """What one message led to: bundles looked at, assessments written, and whether more are waiting."""

    looked_at: int
    written: int
    more: bool


def run(at_most: int = CHUNK) -> Done:
    """Work through bundles that are waiting. Never raises for one of them: that is recorded in its row."""
    looked_at = written = 0
    while looked_at < at_most:
        bundle_id = _claim()
        if bundle_id is None:
            return Done(looked_at, written, more=False)
        looked_at += 1
        try:
            written += _carry_out(bundle_id)
        except Exception as error:
            # The edge of the job: whatever went wrong, the row must say so, and the others must have their turn.
            logger.exception("the new assessment of bundle %s failed", bundle_id)
            Reassessment.objects.filter(pk=bundle_id).update(error=f"{type(error).__name__}: {error}"[:500])
    return Done(looked_at, written, more=waiting().exists())


def waiting() -> "models.QuerySet[Reassessment]":
    """The rows that somebody may begin with."""
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    return Reassessment.objects.filter(free, attempts__lt=MAX_ATTEMPTS)


def idle() -> bool:
    """Whether rows wait and nobody seems to be at work on any."""
    return waiting().exists() and not Reassessment.objects.filter(lease_until__gte=Now()).exists()


def given_up() -> "models.QuerySet[Reassessment]":
    """The rows that were begun too often; a later import that concerns the bundle begins anew."""
    return Reassessment.objects.filter(attempts__gte=MAX_ATTEMPTS)


def _claim() -> int | None:
    lease = timedelta(seconds=settings.ASSAY_SCAN_LEASE_SECONDS)
    with transaction.atomic():
        row = waiting().select_for_update(skip_locked=True).order_by("attempts", "asked_at", "bundle_id").first()
        if row is None:
            return None
        Reassessment.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1, lease_until=Now() + lease)
        return int(row.pk)


@transaction.atomic
def _carry_out(bundle_id: int) -> bool:
    """Assess one bundle anew. Returns whether that made a difference."""
    mirror.hold()
    job = Reassessment.objects.select_for_update(of=("self",)).filter(pk=bundle_id).first()
    if job is None:  # somebody else did it
        return False
    record = (
        AssessmentRecord.objects.select_related("fact_set", "bundle__release__server__namespace")
        .filter(bundle=bundle_id)
        .order_by("-id")
        .first()
    )
    written = record is not None and _renew(record)
    job.delete()
    return written


def _renew(record: AssessmentRecord) -> bool:
    try:
        facts = facts_from_json(json.loads(facts_behind(record)))
    except CodecError as error:
        logger.warning("the facts of bundle %s are in a form that is no longer read: %s", record.bundle_id, error)
        _scan_again(record.bundle_id)
        return False
    fresh = mirror.look_up(facts.dependencies)
    if told(fresh) == told(facts.vulnerabilities):
        return False
    _write(record, facts, replace(facts, vulnerabilities=fresh))
    return True


def _scan_again(bundle_id: int) -> None:
    """The sweep of scans rings for it. One that is open already will do."""
    if not Scan.objects.filter(bundle=bundle_id, state__in=[ScanState.QUEUED, ScanState.RUNNING]).exists():
        Scan.objects.create(bundle_id=bundle_id)


def _write(record: AssessmentRecord, old: Facts, new: Facts) -> None:
    assessment = assess(new, rubric(record.rubric))
    reason = because(old.vulnerabilities, new.vulnerabilities)
    before = json.loads(bytes(record.body))
    release: Release = record.bundle.release
    document = assessment_document(assessment, new, scanned_at=before["scanned_at"], duration_ms=before["duration_ms"])
    document["subject"]["name"] = str(release.server)
    write_assessment(
        record.bundle,
        record.fact_set,
        assessment,
        document,
        record.scanned_at,
        revision=record.revision + 1,
        reason=reason,
        vulnerabilities=canonical(to_json(new.vulnerabilities)),
    )
    if assessment.blocked:
        Release.objects.filter(pk=release.pk).update(state=ReleaseState.QUARANTINED)
    entries.refresh(release.server_id)
    _notify(release, record, assessment, reason)


def _notify(release: Release, record: AssessmentRecord, assessment: Assessment, reason: str) -> None:
    """A row for the publisher, to be sent by whoever sends mail one day."""
    Notification.objects.create(
        account_id=release.server.namespace.owner_id,
        release=release,
        kind=KIND,
        body={
            "platform": record.bundle.platform,
            "reason": reason,
            "score": {"before": record.score, "after": assessment.score},
            "level": {"before": record.level, "after": assessment.level},
            "scanned_at": rfc3339(record.scanned_at),
        },
    )


# --- what changed --------------------------------------------------------------


def told(known: Vulnerabilities | Gap) -> tuple[tuple[Finding, ...], tuple[Gap, ...]]:
    """What a reader learns, without the name and the age of the data it was learnt from."""
    return ((), (known,)) if isinstance(known, Gap) else (known.findings, known.gaps)


def because(old: Vulnerabilities | Gap, new: Vulnerabilities | Gap) -> str:
    """One or more sentences about what is known now and was not, and the other way round."""
    before, after = (told(known)[0] for known in (old, new))
    came, gone = _without(after, before), _without(before, after)
    rated = [
        f"{_name(now)} from {was.severity} to {now.severity}"
        for now, was in _pairs(after, before)
        if was.severity is not now.severity
    ]
    withdrawn = set(
        Advisory.objects.filter(pk__in={a for f in gone for a in f.aliases}, withdrawn__isnull=False).values_list(
            "pk", flat=True
        )
    )
    parts = []
    if came:
        parts.append(f"Newly known: {_listed(map(_name, came))}.")
    if gone:
        notes = (_name(f) + (" (withdrawn)" if withdrawn.intersection(f.aliases) else "") for f in gone)
        parts.append(f"No longer known: {_listed(notes)}.")
    if rated:
        parts.append(f"Rated anew: {_listed(rated)}.")
    if told(old)[1] != told(new)[1]:
        parts.append("What could and could not be looked up has changed.")
    return "The advisory data changed. " + (" ".join(parts) or "The texts about known vulnerabilities are new.")


def _pairs(some: Iterable[Finding], others: Iterable[Finding]) -> Iterator[tuple[Finding, Finding]]:
    """Findings about the same flaw of the same component, whatever aliases were added to it meanwhile."""
    by_place: dict[tuple[str, str | None], list[Finding]] = {}
    for other in others:
        by_place.setdefault((other.snippet, other.path), []).append(other)
    for one in some:
        for other in by_place.get((one.snippet, one.path), ()):
            if not set(one.aliases).isdisjoint(other.aliases):
                yield one, other


def _without(some: Iterable[Finding], others: Iterable[Finding]) -> list[Finding]:
    known = list(some)
    there = {id(one) for one, _ in _pairs(known, others)}
    return [one for one in known if id(one) not in there]


def _name(finding: Finding) -> str:
    """The package and version, and the identifier that most people know the flaw by."""
    names = sorted(finding.aliases, key=lambda a: (not a.startswith("MAL-"), not a.startswith("CVE-"), a))
    return f"{names[0]} in {finding.snippet}" if names else finding.snippet


def _listed(names: Iterable[str]) -> str:
    every = list(dict.fromkeys(names))
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return ", ".join(every[:_NAMED]) + more
