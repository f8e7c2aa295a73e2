"""What of a root of trust was valid when a statement was made.

sigstore-python enforces `validFor` for time-stamping authorities only, and takes an expired root for an anchor when
the intermediate is valid; entries that were not valid throughout the life of the signing certificate are therefore
taken out before the library sees the root. Source: Sigstore "trusted root", protobuf-specs v1.
"""

import base64
import binascii
import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from sigstore.models import TrustedRoot

from scanner.provenance.pinned import Root, RootError


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
