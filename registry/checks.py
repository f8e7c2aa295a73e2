"""System checks: settings that would start and then misbehave, each with an id and what to do."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import Warning as Caution

from scanner.provenance.pinned import RootError, read_root

OURS = "assay"  # `manage.py check --tag assay`


def store(**_: Any) -> list[CheckMessage]:
    """assay.E001, E002: the bundle store is named completely and can be written to."""
    if settings.ASSAY_STORE == "s3":
        if settings.ASSAY_S3_BUCKET:
            return []
        return [Error("ASSAY_STORE is s3 but no bucket is named.", hint="Set ASSAY_S3_BUCKET.", id="assay.E001")]
    place = _nearest_existing(settings.ASSAY_STORE_PATH)
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"Bundles cannot be stored: {place} is not a directory this user may write to.",
            hint="Set ASSAY_STORE_PATH (or ASSAY_VAR) to a directory you own, or change its owner.",
            id="assay.E002",
        )
    ]


def queue_times(**_: Any) -> list[CheckMessage]:
    """assay.E003, E004: a message must not return while its task may run; leases outlive sweeps."""
    found: list[CheckMessage] = []
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("visibility_timeout")
    if visibility is not None and visibility <= settings.CELERY_TASK_TIME_LIMIT:
        found.append(
            Error(
                f"A task may run {settings.CELERY_TASK_TIME_LIMIT} s; its message returns at {visibility} s.",
                hint="Keep the visibility timeout above the hard time limit.",
                id="assay.E003",
            )
        )
    if settings.ASSAY_SCAN_LEASE_SECONDS < 2 * settings.ASSAY_SWEEP_SECONDS:
        found.append(
            Error(
                f"A lease of {settings.ASSAY_SCAN_LEASE_SECONDS} s is shorter than two sweeps "
                f"({settings.ASSAY_SWEEP_SECONDS} s each).",
                hint="Raise ASSAY_SCAN_LEASE_SECONDS or lower ASSAY_SWEEP_SECONDS.",
                id="assay.E004",
            )
        )
    return found


def shared_cache(**_: Any) -> list[CheckMessage]:
    """assay.W001: rate limits count per process when no cache is shared."""
    if settings.CACHES["default"]["BACKEND"] != "django.core.cache.backends.locmem.LocMemCache":
        return []
    return [
        Caution(
            "No shared cache: rate limits are counted by each process on its own.",
            hint="Set CACHE_URL to a redis:// URL when the broker is not Redis or Valkey.",
            id="assay.W001",
        )
    ]


def trusted_root(**_: Any) -> list[CheckMessage]:
    """assay.E005, E006: provenance is verified against the pinned file, and not against a test instance's."""
    try:
        root = read_root(settings.ASSAY_TRUSTED_ROOT, settings.ASSAY_TRUSTED_ROOT_SHA256)
    except RootError as error:
        hint = "Set ASSAY_TRUSTED_ROOT to the file and ASSAY_TRUSTED_ROOT_SHA256 to its digest, or leave both unset."
        return [Error(str(error), hint=hint, id="assay.E005")]
    if root.test and not settings.ASSAY_TEST_ROOT:
        hint = "Use the public instance's root or your own; ASSAY_TEST_ROOT=1 is for development."
        return [Error("The root of trust is that of a test instance.", hint=hint, id="assay.E006")]
    return []


def base_url(**_: Any) -> list[CheckMessage]:
    """assay.W002 (deploy): the address in links, badges and attestations is a public https one."""
    parts = urlsplit(settings.ASSAY_BASE_URL)
    if parts.scheme == "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        return []
    return [
        Caution(
            f"ASSAY_BASE_URL is {settings.ASSAY_BASE_URL}, which nobody else can reach safely.",
            hint="Set ASSAY_BASE_URL to the public https address.",
            id="assay.W002",
        )
    ]


def register() -> None:
    """Hand the checks to Django. Called once, when the app is ready."""
    always: tuple[Callable[..., list[CheckMessage]], ...] = (store, queue_times, shared_cache, trusted_root)
    for check in always:
        checks.register(check, OURS)
    checks.register(base_url, Tags.security, deploy=True)


def _nearest_existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())
