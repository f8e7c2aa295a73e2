"""Which member names a bundle may hold, and which of them are one file on another system.

A name is checked before anything is unpacked, and against every system the bundle may be installed on: Windows strips
trailing dots and spaces and reads ``:`` as a stream, macOS and Windows ignore case, macOS stores accents decomposed.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from scanner.archive.limits import Limits
from scanner.errors import BundleError
from scanner.notice import Notebook

_SHOWN: Final = 120
_CONTROL_END: Final = 0x20

# Bidirectional controls, zero-width characters, line separators and tag characters: they change what a reader sees.
_INVISIBLE: Final = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_JOINERS: Final = re.compile("[\u00ad\u200c\u200d]")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_NOT_ON_WINDOWS: Final = re.compile(r'[<>"|?*]')
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?\Z", re.IGNORECASE)


def shown(name: bytes | str) -> str:
    """A name for a message: control and invisible characters escaped, cut to a readable length."""
    text = name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else name
    text = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}\u2026"
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def member_name(raw: bytes, *, utf8_flag: bool, limits: Limits) -> str:
    """The name of one member as text; BundleError "archive.bad_name" or "archive.path_traversal"."""
    label = shown(raw)
    if not raw:
        raise _bad("A member", "has no name", "")
    if len(raw) > limits.name_bytes:
        raise _bad(label, f"is {len(raw):,} bytes long, the limit is {limits.name_bytes:,}", label)
    try:
        name = raw.decode("utf-8" if utf8_flag else "ascii")
    except UnicodeDecodeError:
        what = "is not valid UTF-8" if utf8_flag else "is not ASCII and not marked as UTF-8, so readers disagree on it"
        raise _bad(label, what, label) from None
    if not name.isascii() or not name.isprintable():
        _check_characters(name, label)
    _check_path(name, label, limits)
    return name


def _check_characters(name: str, label: str) -> None:
    found = _INVISIBLE.search(name)
    if found:
        code = ord(found.group())
        kind = "a control character" if code < _CONTROL_END else "an invisible or direction-changing character"
        raise _bad(label, f"contains {kind} (U+{code:04X})", label)


def _check_path(name: str, label: str, limits: Limits) -> None:
    parts = name.removesuffix("/").split("/")
    if "\\" in name:
        if name.startswith("\\") or ".." in name.replace("\\", "/").split("/") or _DRIVE.match(name):
            raise _escape(label)
        raise _bad(label, "uses backslashes, which are a path on Windows only", label)
    if name.startswith("/") or ".." in parts or _DRIVE.match(name):
        raise _escape(label)
    if len(parts) > limits.depth:
        raise _bad(label, f"is {len(parts)} levels deep, the limit is {limits.depth}", label)
    for part in parts:
        if part in {"", "."}:
            raise _bad(label, "has an empty or '.' component", label)
        if part[-1] in ". ":
            raise _bad(label, "has a component that ends in a dot or a space, which Windows strips", label)
        if ":" in part:
            raise _bad(label, "contains ':', which is a data stream on Windows", label)
        if len(part) > limits.component_bytes // 4 and len(part.encode()) > limits.component_bytes:
            raise _bad(label, f"has a component over {limits.component_bytes} bytes", label)


def note_portability(name: str, notes: Notebook) -> None:
    """Notices for names that are legal but that some system cannot hold."""
    label = shown(name)
    for part in name.removesuffix("/").split("/"):
        if _DEVICES.match(part):
            notes.add(
                "archive.bad_name",
                f"{label} is a device name on Windows and cannot be unpacked there: rename it.",
                path=label,
            )
            return
    if _NOT_ON_WINDOWS.search(name):
        notes.add(
            "archive.bad_name",
            f'{label} contains one of < > " | ? *, which Windows does not allow in file names: rename it.',
            path=label,
        )
    elif not name.isascii() and _JOINERS.search(name):
        notes.add("archive.bad_name", f"{label} contains an invisible joining character: rename it.", path=label)


def check_collisions(names: Iterable[str], notes: Notebook) -> None:
    """Refuse a second file of one name, names that are equal on other systems, and a name that is file and directory.

    ``names`` in archive order, directories ending in ``/``. The same directory twice is only noted.
    """
    files: dict[str, str] = {}
    directories: dict[str, str] = {}
    entries: set[str] = set()
    for name in names:
        if name in entries:
            if not name.endswith("/"):
                raise BundleError(
                    "archive.duplicate_entry",
                    f"{shown(name)} is in the archive twice, and readers take different ones: re-pack with "
                    "`mcpb pack`.",
                    path=shown(name),
                )
            notes.add(
                "archive.duplicate_entry",
                f"The directory {shown(name)} is listed twice: harmless, but `mcpb pack` would not do it.",
                path=shown(name),
            )
            continue
        entries.add(name)
        path = name.removesuffix("/")
        parent = path if name.endswith("/") else path.rpartition("/")[0]
        _claim_directories(parent, directories)
        if not name.endswith("/"):
            _claim(files, path)
    for key, path in files.items():
        if key in directories:
            raise _collision(path, directories[key] + "/", "one is a file, the other a directory")


def _claim_directories(parent: str, directories: dict[str, str]) -> None:
    while parent:
        if directories.get(_folded(parent)) == parent:
            return  # then its own parents are claimed too
        _claim(directories, parent)
        parent = parent.rpartition("/")[0]


def _claim(taken: dict[str, str], path: str) -> None:
    other = taken.setdefault(_folded(path), path)
    if other != path:
        raise _collision(other, path, "they are the same name on macOS and Windows")


def _folded(path: str) -> str:
    """One key for all spellings that case-insensitive or normalising file systems take for the same name."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _collision(first: str, second: str, why: str) -> BundleError:
    return BundleError(
        "archive.name_collision",
        f"{shown(first)} and {shown(second)} cannot both be unpacked, because {why}: rename one.",
        path=shown(second),
    )


def _bad(label: str, what: str, path: str) -> BundleError:
    return BundleError(
        "archive.bad_name",
        f"{label} {what}: rename it, use forward slashes and plain characters, and re-pack with `mcpb pack`.",
        path=path or None,
    )


def _escape(label: str) -> BundleError:
    return BundleError(
        "archive.path_traversal",
        f"{label} would be written outside the bundle's folder: use relative names without '..' "
        "and re-pack with `mcpb pack`.",
        path=label,
    )
