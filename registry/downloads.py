"""Which file a client gets, and counting that it did."""

from collections.abc import Mapping, Sequence

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from registry.errors import bad_field, not_found
from registry.models import SearchEntry
from registry.queries.shapes import BundleView

SYSTEMS: Mapping[str, str] = {
    "darwin": "darwin",
    "macos": "darwin",
    "linux": "linux",
    "win32": "win32",
    "windows": "win32",
}
ARCHITECTURES: Mapping[str, str] = {
    "x64": "x64",
    "x86_64": "x64",
    "amd64": "x64",
    "arm64": "arm64",
    "aarch64": "arm64",
}


def choose(bundles: Sequence[BundleView], os: str | None, arch: str | None) -> BundleView:
    """The file for a system: made for exactly it, else for its operating system, else for any.

    Without a system, the file for any, or the only one there is. Raises RegistryError: 400 for words we do not know
    or a choice that is left open, 404 when nothing fits.
    """
    system = _known("os", os, SYSTEMS)
    architecture = _known("arch", arch, ARCHITECTURES)
    by_platform = {bundle.platform: bundle for bundle in bundles}
    if system is not None:
        for platform in (f"{system}-{architecture}", system, "any"):
            if platform in by_platform:
                return by_platform[platform]
        candidates = [b for b in bundles if b.platform.startswith(f"{system}-")] if architecture is None else []
    else:
        candidates = [by_platform["any"]] if "any" in by_platform else list(bundles)
    if len(candidates) == 1:
        return candidates[0]
    available = ", ".join(sorted(by_platform))
    if not candidates:
        raise not_found("platform", f"This release has no file for that system; it has: {available}.")
    raise bad_field("os" if system is None else "arch", f"Name os and arch; this release has: {available}.")


def count_download(sha256: str, namespace: str, name: str, version: str, platform: str) -> None:
    """Count one download, on the day and on the search entry."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COUNT, [timezone.now().date(), namespace, name, version, platform, sha256])
        SearchEntry.objects.filter(namespace=namespace, name=name).update(downloads=F("downloads") + 1)


# One statement, so that two downloads at once both count.
_COUNT = """
INSERT INTO registry_downloadday AS counted (bundle_id, day, count)
SELECT b.id, %s, 1
FROM registry_bundle b
JOIN registry_release r ON r.id = b.release_id
JOIN registry_server s ON s.id = r.server_id
JOIN registry_namespace n ON n.id = s.namespace_id
WHERE n.name = %s AND s.name = %s AND r.version = %s AND b.platform = %s AND b.sha256 = %s
ON CONFLICT (bundle_id, day) DO UPDATE SET count = counted.count + 1
"""


def _known(name: str, word: str | None, words: Mapping[str, str]) -> str | None:
    if word is None:
        return None
    if word.lower() not in words:
        raise bad_field(name, f"{name}: give one of {', '.join(words)}.")
    return words[word.lower()]
