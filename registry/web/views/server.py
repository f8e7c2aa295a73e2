"""The page of a server or of one of its releases: trust report, tools, install, versions."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from registry.queries import BundleView, ReleasePage, get_release, get_server
from registry.web.install import Install, install
from registry.web.problems import as_page
from registry.web.report import report
from trust.vocabulary import Domain

TOOLS_SHOWN = 100
INPUTS_SHOWN = 80
"""Tools printed with their texts, and inputs of tools printed in all; the rest is one link away."""


@dataclass(frozen=True, slots=True)
class ShownTool:
    """A tool; `inputs` are those that are printed: all of them or, where the page is full, none."""

    tool: Mapping[str, Any]
    inputs: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class BundleLink:
    view: BundleView
    url: str


@dataclass(frozen=True, slots=True)
class ManifestFact:
    label: str
    value: str


@require_safe
@as_page
def server(request: HttpRequest, namespace: str, name: str, version: str = "latest") -> HttpResponse:
    """One release with everything known about it; without a version, the latest."""
    shown = get_server(namespace, name)
    release = get_release(namespace, name, version)
    latest = next((r.version for r in shown.releases if r.is_latest), "")
    urls = addresses(release)
    return render(
        request,
        "server/page.html",
        {
            "section": "servers",
            "release": release,
            "releases": shown.releases,
            "latest": latest,
            "report": report(release.trust) if release.trust else None,
            "urls": urls,
            "absolute": {
                "badge": f"{settings.ASSAY_BASE_URL}{urls['badge']}",
                "page": settings.ASSAY_BASE_URL + reverse("web:server", args=[namespace, name]),
            },
            "install": instructions(release, urls["download"]),
            "shell_filename": shlex.quote(release.bundle.filename),
            "bundles": tuple(BundleLink(b, download(release, b.platform)) for b in release.bundles),
            "manifest_facts": manifest_facts(release.manifest),
            "tools": shown_tools(release.tools),
            "tools_more": max(0, len(release.tools) - TOOLS_SHOWN),
            "domain_labels": tuple((d.value, d.label) for d in Domain),
        },
    )


def api(release: ReleasePage, view: str) -> str:
    """The address of one of the API's documents about this release."""
    return reverse(f"api:{view}", args=[release.server.namespace, release.server.name, release.version])


def download(release: ReleasePage, platform: str) -> str:
    os, _, arch = platform.partition("-")
    asked = {} if os == "any" else {"os": os, **({"arch": arch} if arch else {})}
    return api(release, "download") + (f"?{urlencode(asked)}" if asked else "")


def addresses(release: ReleasePage) -> dict[str, str]:
    return {
        "release": api(release, "release"),
        "trust": api(release, "trust"),
        "facts": api(release, "facts"),
        "sarif": api(release, "sarif"),
        "badge": api(release, "badge-svg"),
        "download": download(release, release.bundle.platform),
    }


def instructions(release: ReleasePage, path: str) -> Install:
    return install(
        manifest=release.manifest,
        slug=f"{release.server.namespace}/{release.server.name}",
        version=release.version,
        filename=release.bundle.filename,
        sha256=release.bundle.sha256,
        url=settings.ASSAY_BASE_URL + path,
    )


def shown_tools(tools: Sequence[Mapping[str, Any]]) -> tuple[ShownTool, ...]:
    left, shown = INPUTS_SHOWN, []
    for tool in tools[:TOOLS_SHOWN]:
        inputs = tuple(tool.get("params") or ())
        fitting = inputs if len(inputs) <= left else ()
        left -= len(fitting)
        shown.append(ShownTool(tool, fitting))
    return tuple(shown)


def manifest_facts(manifest: Mapping[str, Any]) -> tuple[ManifestFact, ...]:
    """What the manifest claims, in reading order; only what is there and is text."""
    author, server = nested(manifest, "author"), nested(manifest, "server")
    compatibility = nested(manifest, "compatibility")
    listed = (
        ("Name", manifest.get("name")),
        ("Manifest version", manifest.get("manifest_version") or manifest.get("dxt_version")),
        ("Author", author.get("name")),
        ("Author's site", author.get("url")),
        ("Licence", manifest.get("license")),
        ("Server type", server.get("type")),
        ("Entry point", server.get("entry_point")),
        ("Repository", nested(manifest, "repository").get("url")),
        ("Homepage", manifest.get("homepage")),
        ("Documentation", manifest.get("documentation")),
        ("Support", manifest.get("support")),
        ("Platforms", compatibility.get("platforms")),
        ("Keywords", manifest.get("keywords")),
        ("Privacy policies", manifest.get("privacy_policies")),
    )
    return tuple(ManifestFact(label, text) for label, value in listed if (text := as_text(value)))


def nested(manifest: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = manifest.get(key)
    return value if isinstance(value, Mapping) else {}


def as_text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return value if isinstance(value, str) else ""
