"""What verified statements say about where a bundle comes from."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from trust.finding import Gap


@dataclass(frozen=True, slots=True)
class Attestation:
    """One statement whose signature, certificate and log entry were verified and whose subject is this bundle.

    Everything but `builder` comes from the certificate, which the identity provider answers for; `builder` is the
    builder's own name in an SLSA statement that agrees with the certificate. `kind` "signature" is a bare signature:
    it says who, not from what. `signed_at` is RFC 3339; ids are the forge's numbers, which survive a rename.
    """

    kind: Literal["provenance", "signature"]
    issuer: str
    identity: str
    signed_at: str
    repository: str = ""
    repository_id: str = ""
    owner_id: str = ""
    commit: str = ""
    ref: str = ""
    workflow: str = ""
    runner: str = ""
    builder: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """The statements that came with a bundle. `refused` has a sentence for each that did not verify; a statement of a
    kind that cannot be read here is a gap.
    """

    attestations: tuple[Attestation, ...] = ()
    refused: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def built(self) -> tuple[Attestation, ...]:
        """The statements that name a source and a builder."""
        return tuple(a for a in self.attestations if a.kind == "provenance")

    @property
    def builders(self) -> tuple[str, ...]:
        """The distinct builders, in order."""
        return tuple(dict.fromkeys(a.builder for a in self.built))


def source_key(address: str) -> str:
    """A repository's address in one spelling, empty for anything else: `host/owner/name`, lower case.

    `git+https://github.com/Owner/Name.git`, `git@github.com:Owner/Name` and `github:Owner/Name` are the same; more or
    fewer path parts than a forge has for a repository make it none, so no sub-path can pass for another repository.
    """
    text = address.strip().removeprefix("git+")
    shorthand = re.fullmatch(r"(?:(github|gitlab):)?([\w.-]+/[\w.-]+)", text)
    if shorthand:
        text = f"https://{shorthand[1] or 'github'}.com/{shorthand[2]}"
    scp = re.fullmatch(r"(?:ssh://)?git@([\w.-]+)[:/](.+)", text)
    if scp:
        text = f"https://{scp[1]}/{scp[2]}"
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return ""
    path = parts.path.strip("/").removesuffix(".git")
    pieces = path.split("/")
    plain = all(re.fullmatch(r"[\w.-]+", piece) and piece not in (".", "..") for piece in pieces)
    enough = len(pieces) == 2 if host == "github.com" else len(pieces) >= 2
    if parts.scheme not in ("https", "http", "ssh", "git") or not plain or not enough or parts.query or parts.fragment:
        return ""
    return f"{host}/{path}".lower()
