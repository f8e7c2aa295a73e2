"""The addresses of the API."""

from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema, extend_schema_view

from registry.api import advisories, bundles, catalog, documentation, gate
from registry.api.views import ApiView

SERVER = "servers/<str:namespace>/<str:name>"
VERSION = f"{SERVER}/versions/<str:version>"


def latest(tail: str, view: type[ApiView]) -> URLPattern:
    """The same answer at the server's own address, for its latest release; the description lists it by version only."""
    alias: type[ApiView] = type(f"Latest{view.__name__}", (view,), {})
    extend_schema_view(get=extend_schema(exclude=True))(alias)
    return path(f"{SERVER}/{tail}", alias.as_view(), {"version": "latest"}, name=f"latest-{tail}")


app_name = "api"
urlpatterns = [
    path("servers", catalog.ServerList.as_view(), name="servers"),
    path(SERVER, catalog.ServerDetail.as_view(), name="server"),
    path(f"{SERVER}/versions", catalog.VersionList.as_view(), name="versions"),
    path(VERSION, catalog.ReleaseDetail.as_view(), name="release"),
    path(f"{VERSION}/trust", catalog.Trust.as_view(), name="trust"),
    path(f"{VERSION}/facts", catalog.FactDocument.as_view(), name="facts"),
    path(f"{VERSION}/sbom.cdx.json", catalog.Sbom.as_view(), name="sbom"),
    path(f"{VERSION}/statements", catalog.Statements.as_view(), name="statements"),
    path(f"{VERSION}/diff", catalog.Diff.as_view(), name="diff"),
    path(f"{VERSION}/history", advisories.AssessmentHistory.as_view(), name="history"),
    path(f"{VERSION}/report.sarif", catalog.Sarif.as_view(), name="sarif"),
    path(f"{VERSION}/badge.svg", catalog.BadgeImage.as_view(), name="badge-svg"),
    path(f"{VERSION}/badge.json", catalog.BadgeDocument.as_view(), name="badge-json"),
    path(f"{VERSION}/gate", gate.Gate.as_view(), name="release-gate"),
    path(f"{VERSION}/download", bundles.BundleDownload.as_view(), name="download"),
    latest("trust", catalog.Trust),
    latest("facts", catalog.FactDocument),
    latest("sbom.cdx.json", catalog.Sbom),
    latest("statements", catalog.Statements),
    latest("diff", catalog.Diff),
    latest("history", advisories.AssessmentHistory),
    latest("report.sarif", catalog.Sarif),
    latest("badge.svg", catalog.BadgeImage),
    latest("badge.json", catalog.BadgeDocument),
    latest("gate", gate.Gate),
    latest("download", bundles.BundleDownload),
    path("gate", gate.GateBatch.as_view(), name="gate"),
    path("advisories", advisories.Mirror.as_view(), name="advisories"),
    path("advisories/<str:id>", advisories.AdvisoryDetail.as_view(), name="advisory"),
    path("bundles", bundles.BundleUpload.as_view(), name="bundles"),
    path("scans/<uuid:id>", catalog.ScanDetail.as_view(), name="scan"),
    path("openapi.json", documentation.openapi_json, name="openapi"),
    path("docs", documentation.docs, name="docs"),
]
