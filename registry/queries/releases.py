"""Reading releases: one with everything a page shows, the list of a server, its documents."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from registry.assessments import facts_behind
from registry.earlier import release_before
from registry.errors import RegistryError, not_found
from registry.models import (
    NAMESPACE_PATTERN,
    SERVER_PATTERN,
    AssessmentRecord,
    Bundle,
    Release,
    ReleaseState,
    SearchEntry,
    Server,
    Statement,
)
from registry.queries.filters import shown
from registry.queries.rows import release_row, server_row
from registry.queries.scans import scan_view
from registry.queries.shapes import BundleView, Comparison, Facts, ReleasePage, ReleaseRow, TrustDocument
from registry.standing import BundleStanding, ReleaseStanding, standing, standings
from registry.versions import LATEST_FIRST, latest
from trust.codec import facts_from_json
from trust.comparing import compare

LATEST = "latest"
MOST_RELEASES = 500
"""Releases of one server that are listed, newest versions first."""


def get_release(namespace: str, name: str, version: str, platform: str | None = None) -> ReleasePage:
    """One release by its version, or by the word "latest".

    Raises RegistryError (404): `server.not_found`, `release.not_found`, `release.no_platform`, and for what is in
    quarantine `server.quarantined` or `release.quarantined`.
    """
    stands = find_release(namespace, name, version)
    chosen = choose(stands, platform)
    release = stands.release
    entry = SearchEntry.objects.get(server=release.server_id)
    document = _document(chosen.record)
    bundle = Bundle.objects.get(pk=chosen.bundle.pk)
    scan = chosen.scan
    if scan is not None:
        scan.bundle = chosen.bundle
        scan.bundle.release = release
    return ReleasePage(
        server=server_row(entry),
        version=release.version,
        state=release.state,
        status=chosen.status if release.state == ReleaseState.ACTIVE else stands.status,
        manifest=bundle.manifest,
        notices=tuple(bundle.notices),
        tools=_tools(document, bundle),
        bundles=tuple(bundle_view(b.bundle) for b in stands.bundles),
        bundle=bundle_view(bundle),
        trust=document,
        trust_etag=chosen.record.etag if chosen.record else None,
        scan=scan_view(scan) if scan else None,
        published_at=release.published_at,
        published_by=release.published_by.get_username(),
        facts_sha256=document["facts_sha256"] if document else None,
        is_latest=entry.listed and entry.release_id == release.pk,
    )


def list_releases(namespace: str, name: str) -> tuple[ReleaseRow, ...]:
    """The releases of a server that may be read, the highest version first. Raises RegistryError (404)."""
    return release_rows(find_server(namespace, name))


def get_trust(namespace: str, name: str, version: str, platform: str | None = None) -> TrustDocument:
    """The assessment document as bytes. Raises RegistryError (404), `trust.not_assessed` where there is none."""
    chosen = choose(find_release(namespace, name, version), platform)
    if chosen.record is None:
        raise _nothing_yet(chosen, "assessment")
    return TrustDocument(chosen.record.etag, bytes(chosen.record.body))


def get_facts(namespace: str, name: str, version: str, platform: str | None = None) -> Facts:
    """The facts behind the newest assessment: as scanned, with the vulnerabilities that it knew of.

    Raises RegistryError (404).
    """
    chosen = choose(find_release(namespace, name, version), platform)
    if chosen.record is None:
        raise _nothing_yet(chosen, "facts")
    body = facts_behind(AssessmentRecord.objects.select_related("fact_set").get(pk=chosen.record.pk))
    return Facts(hashlib.sha256(body).hexdigest(), body, chosen.record.scanned_at)


def get_statements(namespace: str, name: str, version: str, platform: str | None = None) -> list[Any]:
    """The provenance statements that came beside a bundle, oldest first. Raises RegistryError (404)."""
    chosen = choose(find_release(namespace, name, version), platform)
    bodies = Statement.objects.filter(bundle=chosen.bundle.pk).order_by("pk").values_list("body", flat=True)
    return [json.loads(bytes(body)) for body in bodies]


def get_diff(
    namespace: str, name: str, version: str, since: str | None = None, platform: str | None = None
) -> Comparison:
    """What a release changed since another one, by default the one before. Raises RegistryError (400, 404)."""
    stands = find_release(namespace, name, version)
    if since is None:
        earlier = release_before(stands.release)
        if earlier is None:
            raise not_found("release", f"There is no release before {stands.release}; name one with from=.")
        since = earlier.version
    old, new = (
        facts_from_json(json.loads(get_facts(namespace, name, v, platform).body))
        for v in (since, stands.release.version)
    )
    return Comparison(f"{namespace}/{name}", stands.release.version, compare(old, new))


def find_server(namespace: str, name: str) -> Server:
    """The row of a server that may be read. Raises RegistryError (404)."""
    server = None
    if re.fullmatch(NAMESPACE_PATTERN, namespace) and re.fullmatch(SERVER_PATTERN, name):
        server = Server.objects.select_related("namespace").filter(namespace__name=namespace, name=name).first()
    if server is None:
        raise not_found(
            "server",
            f"There is no server {shown(namespace)}/{shown(name)}; search for it by a part of its name.",
        )
    return server


def find_release(namespace: str, name: str, version: str) -> ReleaseStanding:
    """A release that may be read, and how it stands. Raises RegistryError (404)."""
    server = find_server(namespace, name)
    release = _latest(server) if version == LATEST else _exactly(server, version)
    if release.state == ReleaseState.QUARANTINED:
        raise _quarantined("release", f"{server} {release.version}")
    return standing(release)


def release_rows(server: Server) -> tuple[ReleaseRow, ...]:
    """The releases of a server that are not in quarantine."""
    releases = list(server.releases.exclude(state=ReleaseState.QUARANTINED).order_by("-version_key")[:MOST_RELEASES])
    newest = latest(r for r in releases if r.state == ReleaseState.ACTIVE)
    return tuple(release_row(s, is_latest=s.release == newest) for s in standings(releases))


def choose(stands: ReleaseStanding, platform: str | None) -> BundleStanding:
    """The bundle of a platform, or the one that stands for the release. Raises RegistryError (404)."""
    chosen = stands.of(platform)
    if chosen is None:
        available = ", ".join(sorted(b.bundle.platform for b in stands.bundles))
        raise not_found("platform", f"This release has no file for {shown(platform or '')}; it has: {available}.")
    return chosen


def bundle_view(bundle: Bundle) -> BundleView:
    return BundleView(bundle.platform, bundle.sha256, bundle.size, bundle.filename, bundle.server_type)


def _latest(server: Server) -> Release:
    releases = server.releases.select_related("server__namespace", "published_by").order_by(*LATEST_FIRST)
    found = releases.filter(state=ReleaseState.ACTIVE).first()
    if found is not None:
        return found
    if releases.filter(state=ReleaseState.QUARANTINED).exists():
        raise quarantined_server(server)
    raise not_found("release", f"{server} has no active release; name a version to read a yanked one.")


def quarantined_server(server: Server) -> RegistryError:
    return _quarantined("server", str(server))


def _quarantined(what: str, name: str) -> RegistryError:
    return RegistryError(
        f"{what}.quarantined",
        "In quarantine",
        HTTPStatus.NOT_FOUND,
        f"{name} is in quarantine: its scan found something that must not be installed.",
    )


def _exactly(server: Server, version: str) -> Release:
    releases = server.releases.select_related("server__namespace", "published_by")
    found = releases.filter(version=version).first() if version.isprintable() else None
    if found is None:
        raise not_found("release", f"{server} has no version {shown(version)}; see the list of its versions.")
    return found


def _document(record: AssessmentRecord | None) -> Mapping[str, Any] | None:
    if record is None:
        return None
    document: Mapping[str, Any] = json.loads(bytes(record.body))
    return document


def _tools(document: Mapping[str, Any] | None, bundle: Bundle) -> tuple[Mapping[str, Any], ...]:
    declared: Sequence[Mapping[str, Any]] = bundle.manifest.get("tools") or ()
    found: Sequence[Mapping[str, Any]] = document["tools"] if document else declared
    return tuple({"description": ""} | dict(tool) for tool in found)


def _nothing_yet(chosen: BundleStanding, what: str) -> RegistryError:
    return not_found(
        "trust",
        f"There is no {what} of this release yet: its scan is {chosen.status.value.replace('_', ' ')}.",
    )
