"""What can be asked about: a server by name and version, a bundle by digest, or something that maps to neither."""

import re
from dataclasses import dataclass

from client.exits import ClientError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}/[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,127}")


@dataclass(frozen=True, slots=True)
class ByName:
    """A release in the catalog; version None means the latest one."""

    label: str
    """How the user wrote it: a name on the command line, or the entry's key in a configuration file."""
    name: str
    version: str | None = None
    platform: str | None = None
    """Which file of the release; None lets the registry choose."""

    @property
    def item(self) -> dict[str, str]:
        return {"name": self.name, "version": self.version or "latest"}


@dataclass(frozen=True, slots=True)
class ByDigest:
    """A bundle on this machine, by the SHA-256 of its bytes."""

    label: str
    sha256: str

    @property
    def item(self) -> dict[str, str]:
        return {"sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Unmapped:
    """An entry that names nothing a registry could look up; `reason` says why and what to do about it."""

    label: str
    reason: str


Reference = ByName | ByDigest | Unmapped


def parse_name(text: str, *, label: str | None = None) -> ByName:
    """`namespace/name`, optionally followed by `@version`. Raises ClientError for anything else."""
    name, at, version = text.partition("@")
    if not NAME.fullmatch(name):
        raise ClientError(
            "usage.name", f"{text!r} is not a server name: write NAMESPACE/NAME or NAMESPACE/NAME@VERSION."
        )
    if at and not VERSION.fullmatch(version):
        raise ClientError(
            "usage.version", f"{text!r} has no usable version after the @: write for example {name}@1.2.0."
        )
    return ByName(label or text, name, version if at and version != "latest" else None)
