"""What the rules of a manifest may look at in a bundle, so that they need not know the bundle itself."""

from typing import Protocol


class Contents(Protocol):
    def mode(self, path: str) -> int | None:
        """Unix mode bits of a file, None when unknown."""

    def head(self, path: str) -> bytes:
        """The first bytes of a file."""

    def read(self, path: str, max_bytes: int) -> bytes:
        """The whole file; BundleError when it is longer than ``max_bytes``."""
