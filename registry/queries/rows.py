"""Small translations from table rows to the values of `shapes` that several queries share."""

from registry.models import AssessmentRecord, SearchEntry
from registry.queries.shapes import Domains, ReleaseRow, ServerRow
from registry.standing import ReleaseStanding
from trust.vocabulary import Domain

DOMAIN_IDS = tuple(domain.value for domain in Domain)


def server_row(entry: SearchEntry) -> ServerRow:
    return ServerRow(
        namespace=entry.namespace,
        name=entry.name,
        title=entry.title,
        description=entry.description,
        version=entry.version,
        score=entry.score,
        domains=tuple((id, getattr(entry, id)) for id in DOMAIN_IDS),
        coverage=entry.coverage,
        level=entry.level,
        level_name=entry.level_name,
        status=entry.status,
        server_type=entry.server_type,
        tools_count=entry.tools_count,
        downloads=entry.downloads,
        updated_at=entry.updated_at,
        publisher=entry.publisher,
        publisher_verified=entry.publisher_verified,
        permissions=tuple(entry.permissions),
        licence=entry.licence,
    )


def release_row(stands: ReleaseStanding, *, is_latest: bool) -> ReleaseRow:
    release, record = stands.release, stands.bundles[0].record
    return ReleaseRow(
        version=release.version,
        state=release.state,
        status=stands.status,
        prerelease=release.prerelease,
        is_latest=is_latest,
        score=record.score if record else None,
        coverage=record.coverage if record else None,
        level=record.level if record else None,
        level_name=record.level_name if record else "",
        domains=_domains(record),
        published_at=release.published_at,
        platforms=tuple(sorted(b.bundle.platform for b in stands.bundles)),
    )


def _domains(record: AssessmentRecord | None) -> Domains:
    return tuple((id, getattr(record, id) if record else None) for id in DOMAIN_IDS)
