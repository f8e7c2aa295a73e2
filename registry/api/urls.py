"""The addresses of the API."""

from django.urls import path

from registry.api import bundles, catalog, documentation, gate

SERVER = "servers/<str:namespace>/<str:name>"
VERSION = f"{SERVER}/versions/<str:version>"

app_name = "api"
urlpatterns = [
    path("servers", catalog.ServerList.as_view(), name="servers"),
    path(SERVER, catalog.ServerDetail.as_view(), name="server"),
    path(f"{SERVER}/versions", catalog.VersionList.as_view(), name="versions"),
    path(VERSION, catalog.ReleaseDetail.as_view(), name="release"),
    path(f"{VERSION}/trust", catalog.Trust.as_view(), name="trust"),
    path(f"{VERSION}/facts", catalog.FactDocument.as_view(), name="facts"),
    path(f"{VERSION}/report.sarif", catalog.Sarif.as_view(), name="sarif"),
    path(f"{VERSION}/badge.svg", catalog.BadgeImage.as_view(), name="badge-svg"),
    path(f"{VERSION}/badge.json", catalog.BadgeDocument.as_view(), name="badge-json"),
    path(f"{VERSION}/gate", gate.Gate.as_view(), name="release-gate"),
    path(f"{VERSION}/download", bundles.BundleDownload.as_view(), name="download"),
    path("gate", gate.GateBatch.as_view(), name="gate"),
    path("bundles", bundles.BundleUpload.as_view(), name="bundles"),
    path("scans/<uuid:id>", catalog.ScanDetail.as_view(), name="scan"),
    path("openapi.json", documentation.openapi_json, name="openapi"),
    path("docs", documentation.docs, name="docs"),
]
