"""The root of trust for provenance: a file whose digest is pinned.

sigstore-python trusts whatever its user cache holds; here the file is named by its SHA-256 and by nothing else. This
module is light: settings and the web process read it without loading any verification.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

STATEMENTS: Final = 10
"""Statements that one bundle may have."""
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
