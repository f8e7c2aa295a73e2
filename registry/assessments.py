"""Assessments as rows: written once each, and the facts that each one rests on.

The facts of a scan stay as they were scanned. What is known against the components changes later, so an assessment
that was made from newer knowledge keeps that one part itself, and its facts are the scanned ones with it put in their
place. Whoever fetches them gets exactly the bytes whose digest the assessment names, and can compute its score again.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from registry.models import AssessmentRecord, Bundle, FactSet
from trust.assessment import Assessment
from trust.codec import canonical

SCANNED = "The bundle was scanned."


def write_assessment(
    bundle: Bundle,
    fact_set: FactSet,
    assessment: Assessment,
    document: dict[str, Any],
    scanned_at: datetime,
    *,
    revision: int = 0,
    reason: str = SCANNED,
    vulnerabilities: bytes | None = None,
) -> AssessmentRecord:
    """One more assessment of these facts. `vulnerabilities`: what stands in the place of the scanned ones, canonical.

    The database refuses a second one with the same revision. Call it inside the transaction of the change.
    """
    told = {**document, "assessed_at": rfc3339(datetime.now(UTC)), "reason": reason}
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return AssessmentRecord.objects.create(
        bundle=bundle,
        fact_set=fact_set,
        rubric=assessment.rubric,
        revision=revision,
        reason=reason,
        vulnerabilities=vulnerabilities,
        score=assessment.score,
        potential=assessment.potential,
        coverage=assessment.coverage,
        provisional=assessment.provisional,
        blocked=assessment.blocked,
        level=assessment.level,
        level_name=assessment.level_name,
        **{d.domain.value: d.score for d in assessment.domains},
        body=body,
        etag=hashlib.sha256(body).hexdigest(),
        scanned_at=scanned_at,
    )


def facts_behind(record: AssessmentRecord) -> bytes:
    """The facts of an assessment whose `fact_set` has been fetched, in the canonical form of `trust.codec`."""
    scanned = bytes(record.fact_set.body)
    if record.vulnerabilities is None:
        return scanned
    return canonical({**json.loads(scanned), "vulnerabilities": json.loads(bytes(record.vulnerabilities))})


def rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
