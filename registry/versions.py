"""Semantic versions: how they are read, how they sort, and which one is the latest.

Source: Semantic Versioning 2.0.0, sections 2, 9, 10 and 11 (precedence).
"""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from semver import Version

MAX_LENGTH = 128
"""Characters; the specification asks for "good judgment" about the length (its FAQ), and so do we."""

_FINAL = "~"
_PRERELEASE = "-"


class VersionError(ValueError):
    """The text is not a semantic version; the message is a sentence for its publisher."""


def parse(text: str) -> Version:
    """The version a text spells. Raises VersionError."""
    if len(text) > MAX_LENGTH:
        raise VersionError(f"The version has {len(text)} characters; use at most {MAX_LENGTH}.")
    try:
        return Version.parse(text)
    except ValueError:
        raise VersionError(
            f"The version {text!r} is not a semantic version; use three numbers such as 1.4.0, with an "
            "optional -pre.release part."
        ) from None


def sort_key(version: Version) -> str:
    """A text whose byte order is the precedence of versions (section 11); build metadata does not count.

    Numbers are preceded by their length, so that 10 sorts behind 9. The separators sort below every
    character an identifier may hold, so that a shorter list of identifiers sorts first.
    """
    core = " ".join(_number(n) for n in (version.major, version.minor, version.patch))
    if version.prerelease is None:
        return core + _FINAL
    identifiers = (_identifier(part) for part in version.prerelease.split("."))
    return core + _PRERELEASE + " ".join(identifiers)


def _number(value: int) -> str:
    digits = str(value)
    return f"{len(digits):03d}{digits}"


def _identifier(part: str) -> str:
    """Numeric identifiers sort below the others (11.4.3)."""
    return f"0{_number(int(part))}" if part.isdigit() else f"1{part}"


class Ordered(Protocol):
    """Anything that stands for a release: its key and whether it is a pre-release."""

    @property
    def version_key(self) -> str: ...
    @property
    def prerelease(self) -> bool: ...


T = TypeVar("T", bound=Ordered)


def latest(active: Iterable[T]) -> T | None:
    """The one definition of "latest": the highest version that is no pre-release, else the highest.

    Only active releases may be handed in: yanked and quarantined ones are never the latest.
    """
    return max(active, key=lambda r: (not r.prerelease, r.version_key), default=None)


LATEST_FIRST = ("prerelease", "-version_key")
"""The same order for a database query; `tests/integration` holds the two together."""
