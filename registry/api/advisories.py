"""What is known against components: how fresh that knowledge is, one advisory, and how assessments changed with it."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from registry.advisories import feeds
from registry.advisories.feeds import FeedState
from registry.advisories.lookups import AdvisoryView, find_advisory
from registry.api import advisory_schemas, schemas
from registry.api.parameters import only, platform_of
from registry.api.payloads import release_url
from registry.api.views import ApiView, answer, freshness
from registry.assessments import rfc3339
from registry.errors import not_found
from registry.queries.filters import shown
from registry.queries.history import HistoryEntry, get_history

_LONGEST_ID = 100


class Mirror(ApiView):
    @extend_schema(
        operation_id="get_advisory_mirror",
        summary="How fresh the advisory data is, for each ecosystem",
        responses={200: advisory_schemas.AdvisoryMirror, **schemas.refusals(400)},
        tags=["advisories"],
    )
    def get(self, request: Request) -> HttpResponse:
        """A feed that is missing, too small or too old still accuses, but calls no component clean."""
        only(request.query_params)
        state = feeds.overview()
        return answer(
            {
                "snapshot": state.snapshot or None,
                "stale_after_days": state.stale_after_days,
                "feeds": [_feed(f) for f in state.feeds],
                "quarantined": state.quarantined,
                "known_exploited": {"records": state.exploited, "released": _time(state.exploited_released)},
                "epss": {"records": state.forecasts, "released": _time(state.forecasts_released)},
            }
        )


class AdvisoryDetail(ApiView):
    @extend_schema(
        operation_id="get_advisory",
        summary="One advisory, and the active releases it concerns",
        responses={200: advisory_schemas.Advisory, **schemas.refusals(400, 404)},
        tags=["advisories"],
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        """By its own id or by another identifier of the flaw, such as a CVE."""
        only(request.query_params)
        found = find_advisory(id) if len(id) <= _LONGEST_ID and id.isprintable() else None
        if found is None:
            raise not_found("advisory", f"No advisory {shown(id)} about a package of PyPI or npm is known here.")
        return answer(_advisory(found))


class AssessmentHistory(ApiView):
    @extend_schema(
        operation_id="get_history",
        summary="Every assessment of the release over time, the newest first, with the reason for each",
        parameters=[schemas.PLATFORM],
        responses={200: advisory_schemas.History, **schemas.refusals(400, 404)},
        tags=["releases"],
    )
    def get(self, request: Request, namespace: str, name: str, version: str) -> HttpResponse:
        """A release is assessed when it is scanned, and again from the same facts when other advisories are known."""
        found = get_history(namespace, name, version, platform_of(request.query_params))
        return answer(
            {
                "name": found.name,
                "version": found.version,
                "platform": found.platform,
                "items": [_entry(e) for e in found.entries],
            },
            cache=freshness(version),
        )


def _feed(state: FeedState) -> dict[str, Any]:
    return {
        "ecosystem": state.ecosystem,
        "standing": state.standing,
        "records": state.records,
        "malicious": state.malicious,
        "newest": _time(state.newest),
        "age_days": state.age_days,
        "imported_at": _time(state.imported_at),
    }


def _advisory(view: AdvisoryView) -> dict[str, Any]:
    return {
        "id": view.id,
        "aliases": list(view.aliases),
        "summary": view.summary,
        "severity": view.severity,
        "basis": view.basis or None,
        "modified": _time(view.modified),
        "withdrawn": _time(view.withdrawn),
        "packages": list(view.packages),
        "known_exploited": view.exploited,
        "epss": view.epss,
        "releases": [
            {
                "name": f"{r.namespace}/{r.server}",
                "version": r.version,
                "component": r.component,
                "url": release_url(r.namespace, r.server, r.version),
            }
            for r in view.releases
        ],
    }


def _entry(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "assessed_at": _time(entry.assessed_at),
        "scanned_at": _time(entry.scanned_at),
        "reason": entry.reason,
        "rubric": entry.rubric,
        "score": entry.score,
        "potential": entry.potential,
        "coverage": entry.coverage,
        "provisional": entry.provisional,
        "level": entry.level,
        "level_name": entry.level_name,
        "domains": [{"id": id, "score": score} for id, score in entry.domains],
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
