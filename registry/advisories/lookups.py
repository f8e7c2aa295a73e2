"""One advisory for a reader: what it says, how it is rated, and which releases it concerns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from registry.advisories.affected import affected_components, related
from registry.advisories.models import Advisory, AffectedPackage, ExploitedFlaw, ExploitLikelihood
from scanner.advisories.records import LABELS

MOST_RELEASES = 100
_LABELS: Mapping[str, str] = {str(ours): theirs for ours, theirs in LABELS.items()}

_RELEASES = """
    SELECT DISTINCT n.name, s.name, r.version, c.package || ' ' || c.version
    FROM advisories_bundlecomponent e
    JOIN advisories_component c ON c.id = e.component_id
    JOIN registry_bundle b ON b.id = e.bundle_id
    JOIN registry_release r ON r.id = b.release_id
    JOIN registry_server s ON s.id = r.server_id
    JOIN registry_namespace n ON n.id = s.namespace_id
    WHERE e.component_id = ANY(%s) AND r.state = 'active'
    ORDER BY 1, 2, 3, 4 LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class AffectedRelease:
    """A release and the component that is concerned."""

    namespace: str
    server: str
    version: str
    component: str


@dataclass(frozen=True, slots=True)
class AdvisoryView:
    """One record. `aliases` are all identifiers of the flaw; `epss` is the highest forecast for any of them."""

    id: str
    aliases: tuple[str, ...]
    summary: str
    severity: str | None
    basis: str
    modified: datetime
    withdrawn: datetime | None
    packages: tuple[str, ...]
    exploited: bool
    epss: float | None
    releases: tuple[AffectedRelease, ...]


def find_advisory(id: str) -> AdvisoryView | None:
    """By the id of the record, or by another identifier of the flaw, the least id first. None when it is not known."""
    row = Advisory.objects.defer("raw").filter(pk=id).first()
    row = row or Advisory.objects.defer("raw").filter(aliases__contains=[id]).order_by("pk").first()
    if row is None:
        return None
    group = related([row.pk])
    names = set(group)
    for aliases in Advisory.objects.filter(pk__in=group).values_list("aliases", flat=True):
        names.update(aliases)
    packages = AffectedPackage.objects.filter(advisory=row).values_list("ecosystem", "package").distinct()
    return AdvisoryView(
        id=row.pk,
        aliases=tuple(sorted(names - {row.pk})),
        summary=row.summary,
        severity=row.severity,
        basis=row.basis,
        modified=row.modified,
        withdrawn=row.withdrawn,
        packages=tuple(sorted(f"{_LABELS[ecosystem]}: {package}" for ecosystem, package in packages)),
        exploited=ExploitedFlaw.objects.filter(pk__in=names).exists(),
        epss=ExploitLikelihood.objects.filter(pk__in=names)
        .order_by("-probability")
        .values_list("probability", flat=True)
        .first(),
        releases=_releases(affected_components([row.pk])),
    )


def _releases(components: list[int]) -> tuple[AffectedRelease, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_RELEASES, [components, MOST_RELEASES])
        return tuple(AffectedRelease(*row) for row in cursor.fetchall())
