"""Paths that a manifest names, brought to the form that members have."""

import difflib
import re
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Final

DIRNAME: Final = "${__dirname}"
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SEPARATORS: Final = ("${/}", "${pathSeparator}")
_NEAR: Final = 0.75
_LENGTH: Final = 120
_COMPARED: Final = 500


class PathEscapeError(ValueError):
    """A path that leads out of the bundle."""


def is_remote(path: str) -> bool:
    return path.lower().startswith(("https://", "http://"))


def has_scheme(path: str) -> bool:
    """``data:``, ``file:``, ``https:``, and drive letters."""
    return _SCHEME.match(path) is not None


def inside(path: str) -> str:
    """``./a//b`` as ``a/b``; PathEscapeError for absolute paths, URLs and anything that climbs out by ``..``."""
    plain = path
    for variable in _SEPARATORS:
        plain = plain.replace(variable, "/")
    if plain.startswith(DIRNAME):
        plain = plain.removeprefix(DIRNAME).lstrip("/")
    if plain.startswith(("/", "\\", "~")) or has_scheme(plain):
        raise PathEscapeError(path)
    parts: list[str] = []
    for part in plain.replace("\\", "/").split("/"):
        if part == "..":
            if not parts:
                raise PathEscapeError(path)
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    # A path with backslashes is not a path on other systems; it is kept as written and so matches no member.
    return plain if "\\" in plain else "/".join(parts)


def escapes(path: str) -> bool:
    try:
        inside(path)
    except PathEscapeError:
        return True
    return False


def is_directory(path: str, names: Iterable[str]) -> bool:
    prefix = f"{path}/" if path else ""
    return any(name.startswith(prefix) for name in names)


def nearest(path: str, names: Collection[str]) -> str | None:
    """The member that was probably meant: the same without regard to case and slashes, or a similar one."""
    folded = path.replace("\\", "/").casefold()
    for name in names:
        if name.casefold() == folded:
            return name
    last = folded.rpartition("/")[2]
    same_file = [name for name in names if name.rpartition("/")[2].casefold() == last and "node_modules/" not in name]
    if len(same_file) == 1:
        return same_file[0]
    compared = islice((name for name in names if len(name) <= _LENGTH), _COMPARED)
    close = difflib.get_close_matches(path[:_LENGTH], list(compared), n=1, cutoff=_NEAR)
    return close[0] if close else None
