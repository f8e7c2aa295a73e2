"""Files that are no zip archive at all, and what they are instead, so that the refusal can say it."""

import re
from typing import Final

from scanner.archive.source import Source
from scanner.errors import BundleError

_HEAD_SIZE: Final = 512

_KINDS: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\x1f\x8b", "a gzip file (perhaps a .tar.gz)"),
    (257, b"ustar", "a tar archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"BZh", "a bzip2 file"),
    (0, b"\xfd7zXZ\x00", "an xz file"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd file"),
    (0, b"MSCF", "a Windows cabinet file"),
    (0, b"\x7fELF", "a Linux program"),
    (0, b"MZ", "a Windows program"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"xar!", "a macOS package"),
)
_TEXT_KINDS: Final[tuple[tuple[re.Pattern[bytes], str], ...]] = (
    (
        re.compile(rb"version https://git-lfs\.github\.com/"),
        "a Git LFS pointer, not the file it points to (run `git lfs pull` and upload the real file)",
    ),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|\?xml|head|body)", re.IGNORECASE), "an HTML or XML page"),
    (re.compile(rb"\s*[{\[]"), "a JSON text (perhaps the manifest alone)"),
    (re.compile(rb"#!"), "a script"),
)


def _kind(head: bytes) -> str | None:
    for offset, magic, kind in _KINDS:
        if head[offset : offset + len(magic)] == magic:
            return kind
    for pattern, kind in _TEXT_KINDS:
        if pattern.match(head):
            return kind
    return None


def starts_like_another_format(source: Source) -> bool:
    """Whether the first bytes are those of a known other kind of file."""
    return _kind(source.read(0, min(source.size, _HEAD_SIZE))) is not None


def not_a_zip(source: Source) -> BundleError:
    """The refusal for a file without any trace of a zip archive, naming what it is where that can be told."""
    kind = _kind(source.read(0, min(source.size, _HEAD_SIZE)))
    found = f"it is {kind}" if kind else f"its first bytes are {source.read(0, min(source.size, 4)).hex(' ')}"
    return BundleError(
        "archive.not_zip",
        f"This is not a bundle: {found}, and an .mcpb file is a zip archive. Upload what `mcpb pack` wrote.",
    )
