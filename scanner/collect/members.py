"""What a collector needs of a bundle, and the few ways in which every collector reads one.

`scanner.bundle.Bundle` satisfies `Members`. Nothing here opens a file on disk: members are read through the
bundle,
with a limit each time, and a name from a bundle is shown only through `shown`.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from trust.finding import Gap

TEXT_LIMIT = 16 * 1024 * 1024
"""A member larger than this is not read as text, in bytes; the reader says so in a Gap."""

_NAME_SHOWN = 200
_INVISIBLE = ((0xE0000, 0xE0FFF), (0xFE00, 0xFE0F))  # tag characters and variation selectors count as printable


class Entry(Protocol):
    """One member of the archive. `mode` holds the unix mode bits, None where the archive does not say."""

    @property
    def path(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def mode(self) -> int | None: ...
    @property
    def is_dir(self) -> bool: ...


class Members(Protocol):
    """A bundle as the collectors see it."""

    @property
    def members(self) -> Sequence[Entry]: ...
    def has(self, path: str) -> bool: ...
    def read(self, path: str, max_bytes: int) -> bytes: ...
    def stream(self, path: str) -> Iterable[bytes]: ...
    def member_sha256(self, path: str) -> str: ...


def files(bundle: Members) -> tuple[Entry, ...]:
    """The members that are files, in the order of their paths."""
    return tuple(sorted((m for m in bundle.members if not m.is_dir), key=lambda m: m.path))


def head(bundle: Members, path: str, count: int) -> bytes:
    """The first `count` bytes of a member, without inflating the rest."""
    collected = bytearray()
    for chunk in bundle.stream(path):
        collected += chunk
        if len(collected) >= count:
            break
    return bytes(collected[:count])


def decoded(data: bytes) -> str | None:
    """UTF-8 text, a byte order mark dropped; None when the bytes are not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def read_text(bundle: Members, path: str, size: int, limit: int = TEXT_LIMIT) -> str | Gap:
    """A member as text, or the Gap that says why not. `size` is the member's own; no more than `limit`
    bytes are read.
    """
    if size > limit:
        return Gap(f"The file has {size} bytes; at most {limit} are read as text.", path)
    text = decoded(bundle.read(path, limit))
    return text if text is not None else Gap("The file is not UTF-8 text.", path)


def shown(text: str, limit: int = _NAME_SHOWN) -> str:
    """Text from a bundle, safe to print: whatever is not plainly printable is escaped, the length is
    bounded.
    """
    cut = text[: limit + 1]
    plain = "".join(c if c.isprintable() and not _disguised(c) else _escape(c) for c in cut[:limit])
    return plain + ("…" if len(cut) > limit else "")


def _disguised(char: str) -> bool:
    code = ord(char)
    return char == "\\" or any(first <= code <= last for first, last in _INVISIBLE)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def parent(path: str) -> str:
    """The folder of a path, "" for the root."""
    return path.rpartition("/")[0]


def basename(path: str) -> str:
    return path.rpartition("/")[2]


def join(folder: str, path: str) -> str | None:
    """`path` seen from `folder`, dots resolved; None when it leaves the bundle."""
    parts = folder.split("/") if folder else []
    for part in path.replace("\\", "/").split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if not parts:
                return None
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def under(path: str, folder: str) -> bool:
    return folder == "" or path.startswith(folder + "/")
