"""The roots of trust for provenance: a file whose digest is pinned, and what of it was valid when a statement was made.

sigstore-python trusts whatever its user cache holds, and enforces `validFor` for time-stamping authorities only; both
are closed here: the file is named by its SHA-256, and entries that were not valid throughout the life of the signing
certificate are taken out before the library sees the root. Source: Sigstore "trusted root", protobuf-specs v1.
"""

import base64
import binascii
import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from sigstore.models import TrustedRoot

SHIPPED: Final = Path(__file__).with_name("sigstore_root.json")
"""The public Sigstore instance's root, as distributed by TUF with sigstore-python 4.5.1."""
SHIPPED_SHA256: Final = "6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66"
_LIMIT: Final = 1 << 20
_RESERVED: Final = (".invalid", ".test", ".example", ".localhost")


class RootError(Exception):
    """The root of trust cannot be used; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Root:
    """A trusted root as read. `test`: one of its services has a name that cannot exist outside a test (RFC 2606)."""

    sha256: str
    document: Mapping[str, Any]
    test: bool


def read_root(path: Path = SHIPPED, sha256: str = SHIPPED_SHA256) -> Root:
    """The root in a file that has exactly this digest. Raises RootError."""
    try:
        body = path.read_bytes()[: _LIMIT + 1]
    except OSError as error:
        raise RootError(f"The trusted root {path} cannot be read ({error.strerror}).") from error
    found = hashlib.sha256(body).hexdigest()
    if found != sha256:
        raise RootError(f"The trusted root {path} has the SHA-256 {found}, not the pinned {sha256}.")
    try:
        document = json.loads(body)
        addresses = [e["baseUrl"] for key in ("tlogs", "ctlogs") for e in document[key]]
        addresses += [ca["uri"] for ca in document["certificateAuthorities"]]
        hosts = [urlsplit(a).hostname or "" for a in addresses]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RootError(f"The trusted root {path} does not have the shape of one ({type(error).__name__}).") from error
    return Root(found, document, any(host.endswith(_RESERVED) for host in hosts))


def valid_between(root: Root, begin: datetime, end: datetime) -> TrustedRoot:
    """The part of a root that was valid during all of this time. Raises RootError where a needed part is empty.

    Given the life of the signing certificate: every verified time of a statement lies inside it.
    """
    kept = {
        **root.document,
        "tlogs": [e for e in root.document["tlogs"] if _covers(e["publicKey"].get("validFor"), begin, end)],
        "ctlogs": [e for e in root.document["ctlogs"] if _covers(e["publicKey"].get("validFor"), begin, end)],
        "certificateAuthorities": [
            ca
            for ca in root.document["certificateAuthorities"]
            if _covers(ca.get("validFor"), begin, end) and _chain_lives(ca, begin, end)
        ],
    }
    missing = [key for key in ("tlogs", "ctlogs", "certificateAuthorities") if not kept[key]]
    if missing:
        raise RootError(f"The trusted root has no {' and no '.join(missing)} that were valid when this was signed.")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(kept, file)
        file.flush()
        try:
            return TrustedRoot.from_file(file.name)
        except Exception as error:
            # Whatever the library raises for a root it cannot read (pydantic's errors escape it): no root, no trust.
            raise RootError(f"The trusted root cannot be used ({type(error).__name__}).") from error


def _covers(period: Mapping[str, str] | None, begin: datetime, end: datetime) -> bool:
    """Whether a `validFor` covers a stretch of time; one without a start covers nothing."""
    if not period or "start" not in period:
        return False
    last = period.get("end")
    return _moment(period["start"]) <= begin and (last is None or end <= _moment(last))


def _chain_lives(authority: Mapping[str, Any], begin: datetime, end: datetime) -> bool:
    """Whether no certificate of the chain, its root included, was expired: the library makes anchors of them all."""
    try:
        chain = [
            x509.load_der_x509_certificate(base64.b64decode(c["rawBytes"], validate=True))
            for c in authority["certChain"]["certificates"]
        ]
    except (ValueError, KeyError, TypeError, binascii.Error):
        return False
    return bool(chain) and all(c.not_valid_before_utc <= begin and end <= c.not_valid_after_utc for c in chain)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RootError(f"The trusted root has a time that is none: {text[:40]!r}.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
