"""Reading how an assessment came to be what it is: every one of a bundle, with the reason for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from registry.assessments import SCANNED
from registry.models import AssessmentRecord
from registry.queries.releases import choose, find_release
from registry.queries.rows import DOMAIN_IDS
from registry.queries.shapes import Domains

MOST_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One assessment. `reason` is a sentence about what made it necessary; `scanned_at` is when the facts were had."""

    assessed_at: datetime
    scanned_at: datetime
    reason: str
    rubric: str
    score: int
    potential: int
    coverage: int
    provisional: bool
    level: int
    level_name: str
    domains: Domains


@dataclass(frozen=True, slots=True)
class History:
    """The assessments of one file of a release, the newest first."""

    name: str
    version: str
    platform: str
    entries: Sequence[HistoryEntry]


def get_history(namespace: str, name: str, version: str, platform: str | None = None) -> History:
    """Raises RegistryError (404) as for the release; one that was not assessed yet has no entries."""
    stands = find_release(namespace, name, version)
    bundle = choose(stands, platform).bundle
    records = AssessmentRecord.objects.filter(bundle=bundle).defer("body", "vulnerabilities").order_by("-id")
    return History(
        f"{namespace}/{name}",
        stands.release.version,
        bundle.platform,
        tuple(_entry(record) for record in records[:MOST_ENTRIES]),
    )


def _entry(record: AssessmentRecord) -> HistoryEntry:
    return HistoryEntry(
        assessed_at=record.created_at,
        scanned_at=record.scanned_at,
        reason=record.reason or SCANNED,
        rubric=record.rubric,
        score=record.score,
        potential=record.potential,
        coverage=record.coverage,
        provisional=record.provisional,
        level=record.level,
        level_name=record.level_name,
        domains=tuple((id, getattr(record, id)) for id in DOMAIN_IDS),
    )
