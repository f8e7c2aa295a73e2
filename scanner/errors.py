"""The one error that reading a bundle raises, and the titles of its codes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from scanner.notice import Notice

Warning_ = Notice

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "archive.ambiguous_eocd": "More than one end of archive",
        "archive.bad_name": "A file name that not every system can hold",
        "archive.changed": "The file changed while it was read",
        "archive.corrupt": "Damaged archive",
        "archive.crc": "A checksum does not match",
        "archive.duplicate_entry": "Two files with the same name",
        "archive.encrypted": "Encrypted archive",
        "archive.header_mismatch": "Two headers of one file disagree",
        "archive.hidden_data": "Bytes that belong to no file",
        "archive.member_too_large": "A file larger than the reader may load",
        "archive.multi_disk": "Part of a split archive",
        "archive.name_collision": "Two names that are one file elsewhere",
        "archive.no_such_member": "No such file in the bundle",
        "archive.not_zip": "Not a bundle",
        "archive.overlap": "Files that share bytes",
        "archive.path_traversal": "A file name that leaves the bundle",
        "archive.prefix_data": "Data before the archive",
        "archive.size_mismatch": "A declared size is wrong",
        "archive.special_file": "A device, pipe or socket",
        "archive.symlink": "A symbolic link",
        "archive.too_large": "Bundle too large",
        "archive.too_large_uncompressed": "Unpacked size too large",
        "archive.too_many_entries": "Too many files",
        "archive.trailing_data": "Data after the archive",
        "archive.truncated": "Incomplete upload",
        "archive.unsupported_compression": "Unsupported compression",
        "entry_point.missing": "The entry point is not in the bundle",
        "icon.missing": "The icon is not in the bundle",
        "icon.not_png": "The icon is not a PNG image",
        "icon.path": "The icon is not a plain path",
        "icon.too_large": "The icon is too large",
        "manifest.bad_text": "Text that cannot be stored or shown",
        "manifest.bom": "The manifest starts with a byte order mark",
        "manifest.duplicate_key": "A key is given twice",
        "manifest.encoding": "The manifest is not UTF-8",
        "manifest.invalid_json": "The manifest is not valid JSON",
        "manifest.missing": "No manifest.json",
        "manifest.name": "The name cannot be used",
        "manifest.not_at_root": "manifest.json is not at the top of the archive",
        "manifest.not_object": "The manifest is not an object",
        "manifest.path_escape": "A path leaves the bundle",
        "manifest.schema": "The manifest does not follow the format",
        "manifest.too_deep": "The manifest is nested too deeply",
        "manifest.too_large": "The manifest is too large",
        "manifest.url_scheme": "A link that is not http or https",
        "manifest.version_not_semver": "The version is not a semantic version",
        "manifest.version_unsupported": "Unknown manifest version",
        "signature.digest_mismatch": "The signature is for other bytes",
        "signature.invalid": "The signature is wrong",
        "signature.malformed": "Unreadable signature block",
        "uv.pyproject_missing": "No pyproject.toml",
    }
)

_FAMILIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "archive": "The archive was refused",
        "manifest": "The manifest was refused",
        "signature": "The signature was refused",
    }
)


class BundleError(Exception):
    """A bundle that cannot be accepted.

    ``code``: dotted family, e.g. "archive.trailing_data". ``title``: a few words. ``detail``: one sentence with the
    place, the reason and what to do, safe to show (names are escaped and cut). ``path``: the member it is about.
    ``warnings``: notices gathered before the refusal.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        path: str | None = None,
        title: str | None = None,
        warnings: tuple[Notice, ...] = (),
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.title = title or TITLES.get(code) or _FAMILIES.get(code.partition(".")[0], "The bundle was refused")
        self.detail = detail
        self.path = path
        self.warnings = warnings

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class MemberTooLarge(BundleError):  # noqa: N818 -- read() callers name the condition, and it is a BundleError
    """A member is longer than the caller of ``Bundle.read`` is ready to hold in memory."""

    def __init__(self, path: str, size: int, max_bytes: int) -> None:
        super().__init__(
            "archive.member_too_large",
            f"{path} is {size:,} bytes, more than the {max_bytes:,} that can be read at once.",
            path=path,
        )
        self.size = size
        self.max_bytes = max_bytes
