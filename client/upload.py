"""What is sent when a bundle is published, checked before the first byte leaves."""

import json
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from client.exits import ClientError, Exit

NAMESPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


@dataclass(frozen=True, slots=True)
class Upload:
    """The form of one publication."""

    file_name: str
    fields: Mapping[str, str]


def checked_upload(bundle: Path, namespace: str, platform: str | None, provenance: Sequence[Path] = ()) -> Upload:
    """The upload form. Raises ClientError: exit 2 for a bad argument, 3 for a file that cannot be a bundle."""
    if not NAMESPACE.fullmatch(namespace):
        raise ClientError(
            "usage.namespace", f"--namespace {namespace!r} is not one: letters, digits, dot, dash and underscore."
        )
    try:
        status = bundle.stat()
    except OSError as error:
        raise ClientError("usage.bundle", f"{bundle} cannot be read: {error.strerror}.") from error
    if not stat.S_ISREG(status.st_mode):
        raise ClientError("usage.bundle", f"{bundle} is not a file: pack the folder into a .mcpb bundle first.")
    if status.st_size == 0:
        raise ClientError("archive.not_zip", f"{bundle} is empty: pack it again.", exit_code=Exit.NOTHING_ASSESSED)
    fields = {"namespace": namespace} | ({"platform": platform} if platform else {})
    if provenance:
        fields["provenance"] = "\n".join(_statement(path) for path in provenance)
    return Upload(bundle.name, fields)


def _statement(path: Path) -> str:
    """A Sigstore bundle on one line. Raises ClientError when the file is none."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ClientError("usage.provenance", f"--provenance {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ClientError("usage.provenance", f"--provenance {path} is not JSON: give a Sigstore bundle.") from error
    if not isinstance(document, dict):
        raise ClientError("usage.provenance", f"--provenance {path} is not a JSON object: give a Sigstore bundle.")
    return json.dumps(document, separators=(",", ":"))


def checked_token(token: str | None, registry: str, *, allow_http: bool) -> str:
    """The token from the environment, refused when it is missing, malformed, or about to travel unencrypted."""
    if not token:
        raise ClientError(
            "usage.token", "No token: put a publishing token of the registry into the environment variable ASSAY_TOKEN."
        )
    if not TOKEN.fullmatch(token):
        raise ClientError("usage.token", "ASSAY_TOKEN holds spaces, line breaks or other characters that no token has.")
    address = urlsplit(registry)
    if address.scheme != "https" and address.hostname not in LOOPBACK and not allow_http:
        raise ClientError(
            "usage.plain_http",
            f"{registry} is plain HTTP, and the token would travel readable for everyone on the way. "
            "Use https, or say --allow-http when the network in between is your own.",
        )
    return token
