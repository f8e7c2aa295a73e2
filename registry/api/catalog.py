"""Servers and releases: lists, details, documents."""

import json
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from registry import queries
from registry.api import payloads, schemas
from registry.api.badge import Badge, badge_for, badge_json, badge_of, badge_svg
from registry.api.parameters import only, platform_from, platform_of
from registry.api.views import ALWAYS_ASK, SETTLED, ApiView, answer, answer_bytes, freshness
from registry.errors import RegistryError
from scanner.sbom import MEDIA_TYPE as CYCLONEDX
from scanner.sbom import sbom
from trust.codec import facts_from_json
from trust.sarif import sarif_document


class ServerList(ApiView):
    @extend_schema(
        operation_id="list_servers",
        summary="Search the catalog",
        parameters=schemas.SEARCH,
        responses={200: schemas.ServerList, **schemas.refusals(400)},
        tags=["servers"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Servers with an active release, each as its latest release stands. `next_cursor` leads to the next page."""
        page = queries.search_servers(queries.parse_server_query(request.query_params))
        return answer(payloads.server_list(page))


class ServerDetail(ApiView):
    @extend_schema(
        operation_id="get_server",
        summary="One server with its releases",
        responses={200: schemas.Server, **schemas.refusals(404)},
        tags=["servers"],
    )
    def get(self, request: Request, namespace: str, name: str) -> HttpResponse:
        only(request.query_params)
        return answer(payloads.server_detail(queries.get_server(namespace, name)))


class VersionList(ApiView):
    @extend_schema(
        operation_id="list_versions",
        summary="The releases of a server, the highest version first",
        responses={200: schemas.VersionList, **schemas.refusals(404)},
        tags=["servers"],
    )
    def get(self, request: Request, namespace: str, name: str) -> HttpResponse:
        """At most 500 releases; the ones in quarantine are left out."""
        only(request.query_params)
        releases = queries.list_releases(namespace, name)
        return answer({"items": payloads.version_items(namespace, name, releases), "next_cursor": None})


class ReleaseDetail(ApiView):
    @extend_schema(
        operation_id="get_release",
        summary="One release; `latest` stands for the highest active version",
        parameters=[schemas.PLATFORM],
        responses={200: schemas.Release, **schemas.refusals(400, 404)},
        tags=["releases"],
    )
    def get(self, request: Request, namespace: str, name: str, version: str) -> HttpResponse:
        page = queries.get_release(namespace, name, version, platform_of(request.query_params))
        return answer(payloads.release_detail(page))


class Trust(ApiView):
    @extend_schema(
        operation_id="get_trust",
        summary="The assessment, with every control, its evidence and what would raise the score",
        parameters=[schemas.PLATFORM],
        responses={200: schemas.Assessment, **schemas.refusals(400, 404)},
        tags=["releases"],
    )
    def get(self, request: Request, namespace: str, name: str, version: str) -> HttpResponse:
        document = queries.get_trust(namespace, name, version, platform_of(request.query_params))
        return answer_bytes(document.body, cache=freshness(version), etag=document.etag)


class FactDocument(ApiView):
    @extend_schema(
        operation_id="get_facts",
        summary="The facts as scanned; their bytes have the digest `facts_sha256`",
        parameters=[schemas.PLATFORM],
        responses={200: schemas.FREE_FORM, **schemas.refusals(400, 404)},
        tags=["releases"],
    )
    def get(self, request: Request, namespace: str, name: str, version: str) -> HttpResponse:
        facts = queries.get_facts(namespace, name, version, platform_of(request.query_params))
        return answer_bytes(facts.body, cache=freshness(version), etag=facts.sha256)


class Sbom(ApiView):
    @extend_schema(
        operation_id="get_sbom",
        summary="The components as CycloneDX 1.6",
        parameters=[schemas.PLATFORM],
        responses={(200, CYCLONEDX): schemas.FREE_FORM, **schemas.refusals(400, 404)},
        tags=["releases"],
    )
    def get(self, request: Request, namespace: str, name: str, version: str) -> HttpResponse:
        """What could not be read is named in the property `assay:not-assessed` of the bundle itself."""
        facts = queries.get_facts(namespace, name, version, platform_of(request.query_params))
        document = sbom(facts_from_json(json.loads(facts.body)), facts.scanned_at)
        return answer_bytes(document.encode(), cache=freshness(version), media_type=CYCLONEDX)


class Statements(ApiView):
    @extend_schema(
        operation_id="get_statements",
        summary="The Sigstore bundles that came beside the file, as they were sent",
        parameters=[schemas.PLATFORM],
        responses={200: schemas.Statements, **schemas.refusals(400, 404)},
        tags=["releases"],
    )
    def get(self, request: Request, namespace: str, name: str, version: str) -> HttpResponse:
        """For anyone to verify. Whether they hold is in the assessment, under SC-07."""
        platform = platform_of(request.query_params)
        return answer({"items": queries.get_statements(namespace, name, version, platform)}, cache=freshness(version))


class Diff(ApiView):
    @extend_schema(
        operation_id="get_diff",
        summary="What the release changed: tools, texts, checks, hosts, recipients, capabilities",
        parameters=[schemas.SINCE, schemas.PLATFORM],
        responses={200: schemas.Diff, **schemas.refusals(400, 404)},
        tags=["releases"],
    )
    def get(self, request: Request, namespace: str, name: str, version: str) -> HttpResponse:
        """Compared from the facts of both releases. Where one has a gap, `gaps` says what was not compared."""
        given = only(request.query_params, "from", "platform")
        found = queries.get_diff(namespace, name, version, given.get("from"), platform_from(given))
        return answer(payloads.diff(found))


class Sarif(ApiView):
    @extend_schema(
        operation_id="get_sarif",
        summary="The findings as SARIF 2.1.0",
        parameters=[schemas.PLATFORM],
        responses={(200, "application/sarif+json"): schemas.FREE_FORM, **schemas.refusals(400, 404)},
        tags=["releases"],
    )
    def get(self, request: Request, namespace: str, name: str, version: str) -> HttpResponse:
        document = queries.get_trust(namespace, name, version, platform_of(request.query_params))
        body = json.dumps(sarif_document(json.loads(document.body)), ensure_ascii=False).encode()
        return answer_bytes(body, cache=freshness(version), media_type="application/sarif+json")


class BadgeImage(ApiView):
    @extend_schema(
        operation_id="get_badge_svg",
        summary="A badge as an image",
        responses={(200, "image/svg+xml"): schemas.TEXT, **schemas.refusals(404)},
        tags=["badges"],
    )
    def get(self, request: Request, namespace: str, name: str, version: str = "latest") -> HttpResponse:
        """What is not assessed, provisional or in quarantine says so in words and is never green."""
        del request  # its parameters are let through: people append their own to break caches
        badge = _badge(namespace, name, version)
        return answer_bytes(badge_svg(badge).encode(), cache=SETTLED, media_type="image/svg+xml; charset=utf-8")


class BadgeDocument(ApiView):
    @extend_schema(
        operation_id="get_badge_json",
        summary="A badge in the shape of a shields.io endpoint",
        responses={200: schemas.Badge, **schemas.refusals(404)},
        tags=["badges"],
    )
    def get(self, request: Request, namespace: str, name: str, version: str = "latest") -> HttpResponse:
        del request
        return answer(badge_json(_badge(namespace, name, version)), cache=SETTLED)


class ScanDetail(ApiView):
    @extend_schema(
        operation_id="get_scan",
        summary="How a scan is going",
        responses={200: schemas.Scan, **schemas.refusals(404)},
        tags=["scans"],
    )
    def get(self, request: Request, id: UUID) -> HttpResponse:
        """States: queued, running, done, failed. `progress` has the collectors in the order they ran."""
        only(request.query_params)
        return answer(payloads.scan_detail(queries.get_scan(id)), cache=ALWAYS_ASK)


def _badge(namespace: str, name: str, version: str) -> Badge:
    try:
        return badge_of(queries.get_release(namespace, name, version))
    except RegistryError as error:
        badge = badge_for(error)
        if badge is None:
            raise
        return badge
