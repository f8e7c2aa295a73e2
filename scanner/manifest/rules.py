"""Rules that need the archive."""

from collections.abc import Collection
from typing import Protocol

from scanner.archive.limits import Limits
from scanner.manifest.view import Manifest
from scanner.notice import Notice


class Contents(Protocol):
    """What the rules may look at in a bundle."""

    def mode(self, path: str) -> int | None: ...
    def head(self, path: str) -> bytes: ...
    def read(self, path: str, max_bytes: int) -> bytes: ...


def check_manifest(
    manifest: Manifest, names: Collection[str], contents: Contents | None = None, limits: Limits | None = None
) -> tuple[Notice, ...]:
    return ()
