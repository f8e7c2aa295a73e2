"""Every address: the API, the pages, health, and the administration."""

from django.contrib import admin
from django.urls import include, path

from registry.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("api/v1/", include("registry.api.urls")),
    path("admin/", admin.site.urls),
    path("", include("registry.web.urls")),
]
