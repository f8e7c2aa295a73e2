"""What the gate needs to know of releases, fetched for one or for many: a fixed number of queries either way."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When
from django.utils import timezone

from registry.models import AssessmentRecord, Bundle, Release, ReleaseState
from registry.names import is_namespace, is_server
from registry.standing import BundleStanding, ReleaseStanding, standings
from registry.versions import LATEST_FIRST
from trust.gate import Policy, Standing
from trust.vocabulary import Domain

LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing a decision is wanted about: a release by name and version, or a file by its digest."""

    name: str = ""
    version: str = LATEST
    sha256: str = ""
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalog knows about it; `standing` is None when it knows nothing."""

    asked: Asked
    standing: Standing | None = None
    name: str | None = None
    version: str | None = None
    sha256: str | None = None
    platform: str | None = None


def look_up(asked: Sequence[Asked], policy: Policy) -> tuple[Known, ...]:
    """What is known about each, in order. Documents are read only when the policy asks about findings."""
    found = _Found.of(asked)
    stands = {s.release.pk: s for s in standings(found.releases)}
    chosen = [_choose(one, found, stands) for one in asked]
    records = [choice[1].record.pk for choice in chosen if choice and choice[1].record]
    documents = _documents(records) if policy.max_severity is not None else {}
    return tuple(
        _known(one, *choice, documents) if choice else Known(one) for one, choice in zip(asked, chosen, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """The releases that may be meant; quarantined ones too, because a gate must say so instead of saying nothing."""

    latest: Mapping[str, Release]
    exact: Mapping[tuple[str, str], Release]
    holding: Mapping[str, tuple[int, ...]]
    releases: tuple[Release, ...]

    @classmethod
    def of(cls, asked: Iterable[Asked]) -> "_Found":
        wanted = tuple(asked)
        named = [one for one in wanted if _is_name(one.name)]
        newest = _any_of(_server(one.name) for one in named if one.version == LATEST)
        numbered = _any_of(
            _server(one.name) & Q(version=one.version)
            for one in named
            if one.version != LATEST and one.version.isprintable()
        )
        digests = {one.sha256 for one in wanted if one.sha256}
        pairs = Bundle.objects.filter(sha256__in=digests).values_list("sha256", "release_id") if digests else ()
        holding: dict[str, tuple[int, ...]] = {}
        for sha256, release_id in pairs:
            holding[sha256] = (*holding.get(sha256, ()), release_id)
        ids = [id for group in holding.values() for id in group]
        releases = Release.objects.select_related("server__namespace")
        exact = tuple(releases.filter(numbered | Q(pk__in=ids)))
        inactive = Case(When(state=ReleaseState.ACTIVE, then=Value(0)), default=Value(1), output_field=IntegerField())
        latest = tuple(releases.filter(newest).order_by("server_id", inactive, *LATEST_FIRST).distinct("server_id"))
        return cls(
            latest={str(r.server): r for r in latest},
            exact={(str(r.server), r.version): r for r in exact},
            holding=holding,
            releases=tuple({r.pk: r for r in (*exact, *latest)}.values()),
        )


def _is_name(name: str) -> bool:
    namespace, _, server = name.partition("/")
    return is_namespace(namespace) and is_server(server)


def _server(full_name: str) -> Q:
    namespace, _, name = full_name.partition("/")
    return Q(server__namespace__name=namespace, server__name=name)


def _any_of(conditions: Iterable[Q]) -> Q:
    found = Q(pk__in=[])
    for condition in conditions:
        found |= condition
    return found


def _choose(
    one: Asked, found: _Found, stands: Mapping[int, ReleaseStanding]
) -> tuple[ReleaseStanding, BundleStanding] | None:
    """The release and the file that are meant; of several releases with the same bytes the worst one."""
    if one.sha256:
        files = [
            (stands[id], bundle)
            for id in found.holding.get(one.sha256, ())
            for bundle in stands[id].bundles
            if bundle.bundle.sha256 == one.sha256
        ]
        return min(files, key=lambda f: (f[0].release.state == ReleaseState.ACTIVE, f[1].rank), default=None)
    release = found.latest.get(one.name) if one.version == LATEST else found.exact.get((one.name, one.version))
    if release is None:
        return None
    bundle = stands[release.pk].of(one.platform)
    return (stands[release.pk], bundle) if bundle is not None else None


def _documents(records: Iterable[int]) -> dict[int, dict[str, Any]]:
    bodies = AssessmentRecord.objects.filter(pk__in=list(records)).values_list("pk", "body")
    return {pk: json.loads(bytes(body)) for pk, body in bodies}


def _known(
    one: Asked, stands: ReleaseStanding, chosen: BundleStanding, documents: Mapping[int, dict[str, Any]]
) -> Known:
    record = chosen.record
    age = timezone.now() - record.scanned_at if record else None
    standing = Standing(
        state=stands.release.state,
        scan=chosen.scan.state if chosen.scan else "none",
        document=(documents.get(record.pk) or _summary(record)) if record else None,
        age_days=age.days if age else 0,
    )
    return Known(
        asked=one,
        standing=standing,
        name=str(stands.release.server),
        version=stands.release.version,
        sha256=chosen.bundle.sha256,
        platform=chosen.bundle.platform,
    )


def _summary(record: AssessmentRecord) -> dict[str, Any]:
    """The members of the assessment document that a policy without `max_severity` looks at, from the columns."""
    return {
        "score": record.score,
        "coverage": record.coverage,
        "level": record.level,
        "domains": [{"id": domain.value, "score": getattr(record, domain.value)} for domain in Domain],
        "rubric": record.rubric,
        "scanned_at": rfc3339(record.scanned_at),
        "controls": [],
    }


def rfc3339(moment: datetime) -> str:
    """UTC, whole seconds, as every document of the catalog writes a time."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
