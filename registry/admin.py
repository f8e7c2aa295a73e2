"""For staff: who owns what, and how scans went. Scans are evidence, so they cannot be changed here."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from registry.models import ApiToken, AssessmentRecord, Namespace, Release, Scan, Server


class _ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 -- Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


@admin.register(Namespace)
class NamespaceAdmin(_ReadOnly):
    list_display = ["name", "owner", "proof", "signer", "created_at"]
    search_fields = ["name"]
    actions = ["forget_signer"]

    @admin.action(description="Forget the signing key: the next signed bundle sets it again", permissions=["forget"])
    def forget_signer(self, request: HttpRequest, queryset: QuerySet[Namespace]) -> None:  # noqa: ARG002
        queryset.update(signer="")

    def has_forget_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


@admin.register(Server)
class ServerAdmin(_ReadOnly):
    list_display = ["namespace", "name", "title", "created_at"]
    search_fields = ["name", "title"]


@admin.register(Release)
class ReleaseAdmin(_ReadOnly):
    list_display = ["server", "version", "state", "published_by", "published_at"]
    list_filter = ["state"]


@admin.register(Scan)
class ScanAdmin(_ReadOnly):
    list_display = ["id", "bundle", "state", "attempts", "queued_at", "finished_at", "error"]
    list_filter = ["state"]


@admin.register(AssessmentRecord)
class AssessmentAdmin(_ReadOnly):
    list_display = ["bundle", "rubric", "score", "coverage", "level", "blocked", "scanned_at"]
    list_filter = ["rubric", "level", "blocked"]
    exclude = ["body"]


@admin.register(ApiToken)
class TokenAdmin(_ReadOnly):
    list_display = ["prefix", "name", "user", "scopes", "expires_at", "last_used_at"]
    exclude = ["sha256"]
