"""The search entry of a server: written again whenever something that a reader would see has changed."""

import json
from typing import Any

from django.db.models import Sum

from registry.models import DownloadDay, Release, ReleaseState, SearchEntry, Server
from registry.search import quality, vector
from registry.standing import BundleStanding, ReleaseStanding, standing
from registry.versions import LATEST_FIRST
from trust.vocabulary import Domain

MOST_TOOLS = 500
_LONGEST_TOOL = 200
_TYPO_TEXT = 4_000
"""Characters that typing errors are looked for in."""


def refresh(server_id: int) -> None:
    """Write the entry of a server from what its rows say now. Call it inside the transaction of the change.

    The server's row is locked first: of two changes at once the second waits and then sees both.
    """
    server = Server.objects.select_for_update(of=("self",)).select_related("namespace__owner").get(pk=server_id)
    release = shown_release(server)
    if release is None:
        SearchEntry.objects.filter(server=server).delete()
        return
    values = _values(server, release, standing(release))
    SearchEntry.objects.update_or_create(server=server, defaults=values)


def shown_release(server: Server) -> Release | None:
    """The release a server is shown by: the latest active one, else the highest yanked one."""
    releases = server.releases.order_by(*LATEST_FIRST)
    for state in (ReleaseState.ACTIVE, ReleaseState.YANKED):
        found = releases.filter(state=state).first()
        if found is not None:
            return found
    return None


def _values(server: Server, release: Release, stands: ReleaseStanding) -> dict[str, Any]:
    worst = stands.bundles[0]
    manifest = worst.bundle.manifest
    document = _document(worst)
    tools = _tool_names(document or manifest)
    downloads = DownloadDay.objects.filter(bundle__release__server=server).aggregate(n=Sum("count"))["n"] or 0
    namespace = server.namespace
    texts = {
        "title": server.title,
        "description": server.description,
        "publisher": namespace.owner.get_username(),
    }
    return {
        **texts,
        "release": release,
        "namespace": namespace.name,
        "name": server.name,
        "publisher_verified": bool(namespace.proof),
        "version": release.version,
        "listed": release.state == ReleaseState.ACTIVE,
        "status": stands.status,
        **_numbers(worst),
        "server_type": worst.bundle.server_type,
        "licence": str(manifest.get("license") or "")[:100],
        "tools": [name.lower() for name in tools],
        "tools_count": len(tools),
        "permissions": document["permissions"] if document else [],
        "platforms": _platforms(stands, manifest),
        "downloads": downloads,
        "updated_at": release.published_at,
        "quality": quality(worst.record.score if worst.record else None, downloads),
        "text": " ".join((server.name, server.title, namespace.name, *texts.values(), *tools))[:_TYPO_TEXT].lower(),
        "vector": vector(
            names=(server.name, server.declared_name, server.title),
            tools=tools,
            description=server.description,
            publisher=f"{namespace.name} {texts['publisher']}",
        ),
    }


def _numbers(stands: BundleStanding) -> dict[str, Any]:
    record = stands.record
    names = ("score", "coverage", "level", *(domain.value for domain in Domain))
    numbers: dict[str, Any] = {name: getattr(record, name) if record else None for name in names}
    return numbers | {"level_name": record.level_name if record else ""}


def _document(stands: BundleStanding) -> dict[str, Any] | None:
    if stands.record is None:
        return None
    document: dict[str, Any] = json.loads(bytes(stands.record.body))
    return document


def _tool_names(source: dict[str, Any]) -> list[str]:
    """From the assessment, or from the manifest until there is one; a text column cannot hold NUL."""
    names = (str(tool["name"]).replace("\x00", "")[:_LONGEST_TOOL] for tool in source.get("tools") or ())
    return list(dict.fromkeys(names))[:MOST_TOOLS]


def _platforms(stands: ReleaseStanding, manifest: dict[str, Any]) -> list[str]:
    """Operating systems the release serves: of its files, or what the manifest says of a file for any."""
    named = {b.bundle.platform.partition("-")[0] for b in stands.bundles}
    if "any" not in named:
        return sorted(named)
    declared = (manifest.get("compatibility") or {}).get("platforms")
    return sorted({*declared, *named} - {"any"}) if declared else ["darwin", "linux", "win32"]
