"""From the values of `registry.queries` to the JSON objects of the API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.urls import reverse

from registry.gating import Known, rfc3339
from registry.publishing import Published
from registry.queries import BundleView, Comparison, Page, ReleasePage, ReleaseRow, ScanView, ServerPage, ServerRow
from registry.queries.shapes import Domains
from trust.gate import Decision, decision_document
from trust.report import change_document

API = "/api/v1"


def url(path: str) -> str:
    return f"{settings.ASSAY_BASE_URL}{path}"


def server_url(namespace: str, name: str) -> str:
    return url(f"{API}/servers/{namespace}/{name}")


def release_url(namespace: str, name: str, version: str) -> str:
    return f"{server_url(namespace, name)}/versions/{quote(version, safe='+')}"


def report_url(namespace: str, name: str, version: str) -> str:
    """The page with the evidence."""
    return url(reverse("web:release", args=[namespace, name, version]))


def scan_url(id: object) -> str:
    return url(f"{API}/scans/{id}")


def diff(found: Comparison) -> dict[str, Any]:
    """What changed, in the order tools, contacts, capabilities, weaknesses, checks."""
    changes = found.changes
    return {
        "name": found.name,
        "from": {"version": changes.since, "sha256": changes.since_sha256},
        "to": {"version": found.version},
        "changes": [change_document(c) for c in changes.items],
        "gaps": [{"reason": g.reason, "path": g.path} for g in changes.gaps],
    }


def server_item(row: ServerRow) -> dict[str, Any]:
    """One server of a list. `name` is the full one, as the gate and the command line take it."""
    return {
        "name": f"{row.namespace}/{row.name}",
        "title": row.title,
        "description": row.description,
        "latest_version": row.version,
        "status": row.status,
        "score": row.score,
        "domains": domains(row.domains),
        "coverage": row.coverage,
        "level": row.level,
        "level_name": row.level_name or None,
        "server_type": row.server_type,
        "tools_count": row.tools_count,
        "permissions": list(row.permissions),
        "license": row.licence or None,
        "downloads": row.downloads,
        "updated_at": rfc3339(row.updated_at),
        "publisher": {"namespace": row.namespace, "account": row.publisher, "verified": row.publisher_verified},
        "url": server_url(row.namespace, row.name),
        "report": url(reverse("web:server", args=[row.namespace, row.name])),
    }


def server_list(page: Page[ServerRow]) -> dict[str, Any]:
    """`total` is exact up to 1000; 1001 means that there are more."""
    return {
        "items": [server_item(row) for row in page.items],
        "next_cursor": page.next_cursor,
        "total": page.total,
        "facets": {
            name: [{"value": value.value, "count": value.count} for value in values]
            for name, values in page.facets.items()
        },
    }


def server_detail(page: ServerPage) -> dict[str, Any]:
    return server_item(page.row) | {
        "declared_name": page.declared_name,
        "created_at": rfc3339(page.created_at),
        "namespace_proof": page.namespace_proof or None,
        "versions": version_items(page.namespace, page.name, page.releases),
        "latest": release_url(page.namespace, page.name, "latest"),
    }


def version_items(namespace: str, name: str, releases: tuple[ReleaseRow, ...]) -> list[dict[str, Any]]:
    return [
        {
            "version": row.version,
            "state": row.state,
            "status": row.status,
            "prerelease": row.prerelease,
            "is_latest": row.is_latest,
            "score": row.score,
            "domains": domains(row.domains),
            "coverage": row.coverage,
            "level": row.level,
            "level_name": row.level_name or None,
            "published_at": rfc3339(row.published_at),
            "platforms": list(row.platforms),
            "url": release_url(namespace, name, row.version),
        }
        for row in releases
    ]


def release_detail(page: ReleasePage) -> dict[str, Any]:
    namespace, name = page.server.namespace, page.server.name
    return {
        "name": f"{namespace}/{name}",
        "version": page.version,
        "title": page.server.title,
        "description": page.manifest["description"],
        "state": page.state,
        "status": page.status,
        "is_latest": page.is_latest,
        "published_at": rfc3339(page.published_at),
        "published_by": page.published_by,
        "server_type": page.bundle.server_type,
        "manifest": page.manifest,
        "tools": list(page.tools),
        "bundles": [bundle_item(namespace, name, page.version, bundle) for bundle in page.bundles],
        "warnings": list(page.notices),
        "trust": trust_summary(page.trust) if page.trust else None,
        "facts_sha256": page.facts_sha256,
        "scan": scan_summary(page.scan) if page.scan else None,
        "url": release_url(namespace, name, page.version),
        "report": report_url(namespace, name, page.version),
    }


def bundle_item(namespace: str, name: str, version: str, bundle: BundleView) -> dict[str, Any]:
    return {
        "platform": bundle.platform,
        "sha256": bundle.sha256,
        "bytes": bundle.size,
        "filename": bundle.filename,
        "download_url": release_url(namespace, name, version) + "/download" + _platform_query(bundle.platform),
    }


def trust_summary(document: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of an assessment; the whole of it is at /trust."""
    members = ("score", "potential", "coverage", "provisional", "level", "level_name", "domains", "caps", "rubric")
    return {name: document[name] for name in (*members, "scanned_at")}


def scan_summary(scan: ScanView) -> dict[str, Any]:
    return {"id": str(scan.id), "state": scan.state, "url": scan_url(scan.id)}


def scan_detail(scan: ScanView) -> dict[str, Any]:
    release = scan.release
    return {
        "id": str(scan.id),
        "state": scan.state,
        "progress": [{"collector": c, "state": state, "detail": detail} for c, state, detail in scan.progress],
        "error": scan.error or None,
        "attempts": scan.attempts,
        "queued_at": rfc3339(scan.queued_at),
        "started_at": _moment(scan.started_at),
        "finished_at": _moment(scan.finished_at),
        "release": {
            "name": f"{release.namespace}/{release.name}",
            "version": release.version,
            "platform": release.platform,
            "state": release.state,
            "url": release_url(release.namespace, release.name, release.version),
        },
        "quarantined_because": list(scan.quarantined_because),
        "url": scan_url(scan.id),
    }


def published(result: Published) -> dict[str, Any]:
    """The answer to an upload."""
    return {
        "release": {
            "name": f"{result.namespace}/{result.name}",
            "version": result.version,
            "platform": result.platform,
            "sha256": result.sha256,
            "url": release_url(result.namespace, result.name, result.version),
            "report": report_url(result.namespace, result.name, result.version),
        },
        "scan": {"id": result.scan_id, "url": scan_url(result.scan_id)},
        "scan_url": scan_url(result.scan_id),
        "created": result.created,
        "warnings": list(result.warnings),
    }


def decision(known: Known, made: Decision) -> dict[str, Any]:
    """A gate's answer about one release; for one that nobody knows, `subject` repeats what was asked."""
    asked = known.asked
    subject = {
        "name": known.name or asked.name or None,
        "version": known.version or (asked.version if asked.name else None),
        "sha256": known.sha256 or asked.sha256 or None,
        "platform": known.platform or asked.platform,
    }
    report = None
    if known.name is not None and known.version is not None:
        namespace, _, name = known.name.partition("/")
        report = report_url(namespace, name, known.version)
    return decision_document(made, known.standing) | {"subject": subject, "report": report}


def domains(scores: Domains) -> list[dict[str, Any]]:
    return [{"id": id, "score": score} for id, score in scores]


def _platform_query(platform: str) -> str:
    if platform == "any":
        return ""
    system, _, arch = platform.partition("-")
    return "?" + urlencode({"os": system} | ({"arch": arch} if arch else {}))


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
