"""Every address: the API, the pages, health, and the administration."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from registry.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("api/v1/", include("registry.api.urls")),
    path("admin/login/", RedirectView.as_view(pattern_name="web:sign-in")),  # one door for passwords, with its limits
    path("admin/", admin.site.urls),
    path("", include("registry.web.urls")),
]
