"""What a file in an archive is, told from its name and first bytes: other archives, and files that hold secrets."""

import re
from typing import Final

from scanner.archive.names import shown
from scanner.notice import Notebook

_ARCHIVES: Final = (
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"MSCF", "cabinet"),
)
_BY_NAME: Final = re.compile(
    r"\.(?:zip|jar|war|whl|egg|mcpb|dxt|tar|t[gbx]z|gz|bz2|xz|zst|7z|rar|cab|iso|dmg|deb|rpm)\Z", re.IGNORECASE
)
# Documents that are zip archives by format; opening one is no unpacking.
_DOCUMENTS: Final = re.compile(r"\.(?:docx|xlsx|pptx|odt|ods|odp|epub|xltx|dotx|potx|vsix)\Z", re.IGNORECASE)

_SECRET_FILES: Final = re.compile(
    r"(?:\A|/)(?:\.env(?:\.(?!example|sample|template|dist|defaults?\Z)[^/]*)?|\.npmrc|\.pypirc|\.netrc|\.git-credentials"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)|credentials\.json|[^/]*\.(?:p12|pfx|jks|keystore))\Z",
    re.IGNORECASE,
)


def note_contents(name: str, head: bytes, notes: Notebook) -> None:
    """Notices about one file. Nested archives are not opened: what is in them was not examined, and that is said."""
    label = shown(name)
    kind = next((kind for magic, kind in _ARCHIVES if head.startswith(magic)), None)
    if (kind or _BY_NAME.search(name)) and not _DOCUMENTS.search(name):
        notes.add(
            "archive.nested",
            f"{label} is an archive inside the bundle ({kind or 'by its name'}); its content is not examined: "
            "ship the unpacked files.",
            path=label,
        )
    if _SECRET_FILES.search(name):
        notes.add(
            "scan.secret",
            f"{label} is a kind of file that usually holds credentials: leave it out of the bundle.",
            path=label,
        )
