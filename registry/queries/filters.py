"""What can be asked of the catalog, read from a query string once for the pages and for the API."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from django.http import QueryDict

from registry.errors import FieldError, bad_fields
from trust.permissions import LISTENS, UNKNOWN, WORDS
from trust.vocabulary import Domain

SORTS = ("relevance", "score", "newest", "downloads", "name")
TYPES = ("python", "node", "uv", "binary")
PLATFORMS = ("darwin", "linux", "win32")
PERMISSIONS = (*(word for word, _ in WORDS), LISTENS, UNKNOWN)
DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MAX_SEARCH = 200
MAX_TEXT = 200
MAX_CURSOR = 1000


@dataclass(frozen=True, slots=True)
class ServerQuery:
    """One question to the catalog. None and empty ask for nothing; minimums are inclusive.

    `level` asks for that level or a higher one. `license`, `tool` and `platform` compare without regard to
    case.
    """

    search: str = ""
    min_score: int | None = None
    min_domains: Mapping[str, int] = field(default_factory=dict)
    level: int | None = None
    type: str = ""
    platform: str = ""
    license: str = ""
    tool: str = ""
    permission: str = ""
    sort: str = "relevance"
    limit: int = DEFAULT_LIMIT
    cursor: str = ""

    @property
    def fingerprint(self) -> str:
        """What a cursor is bound to: everything but the cursor itself and the size of a page."""
        asked = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("cursor", "limit")}
        return hashlib.sha256(json.dumps(asked, sort_keys=True, default=dict).encode()).hexdigest()[:16]

    @property
    def narrows(self) -> bool:
        """Whether anything but the order is asked for."""
        return replace(self, sort="relevance", limit=DEFAULT_LIMIT, cursor="") != ServerQuery()


class _UnusableError(ValueError):
    """The value of one parameter cannot be used; the text says what can."""


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 6 and low <= int(text) <= high):
            raise _UnusableError(f"Give a whole number from {low} to {high}.")
        return int(text)

    return read


def _one_of(allowed: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise _UnusableError(f"Give one of: {', '.join(allowed)}.")
        return text

    return read


def _text(limit: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > limit:
            raise _UnusableError(f"Give at most {limit} characters, not {len(text)}.")
        return text.strip()

    return read


_PARAMETERS: Mapping[str, Callable[[str], Any]] = {
    "search": _text(MAX_SEARCH),
    "min_score": _number(0, 100),
    "level": _number(0, 4),
    "type": _one_of(TYPES),
    "platform": _one_of(PLATFORMS),
    "license": _text(MAX_TEXT),
    "tool": _text(MAX_TEXT),
    "permission": _one_of(PERMISSIONS),
    "sort": _one_of(SORTS),
    "limit": _number(1, MAX_LIMIT),
    "cursor": _text(MAX_CURSOR),
}
_DOMAINS: Mapping[str, str] = {f"min_domain.{d}": d.value for d in Domain}


def parse_server_query(parameters: QueryDict, *, strict: bool = True) -> ServerQuery:
    """The question that a query string asks. An empty value asks for nothing, as forms send it.

    Raises RegistryError (400) naming every parameter with an unusable value; when `strict` (the API), also
    every unknown one: a misspelt filter must not answer with more than was asked for. Pages pass
    `strict=False`, because other sites append parameters of their own to links.
    """
    values: dict[str, Any] = {}
    domains: dict[str, int] = {}
    wrong: list[FieldError] = []
    for name, given in parameters.lists():
        if name not in _PARAMETERS and name not in _DOMAINS:
            if strict:
                wrong.append(FieldError(shown(name), f"There is no parameter {shown(name)!r} here."))
            continue
        try:
            text = _single(given)
            if not text:
                continue
            if name in _DOMAINS:
                domains[_DOMAINS[name]] = _number(0, 100)(text)
            else:
                values[name] = _PARAMETERS[name](text)
        except _UnusableError as error:
            wrong.append(FieldError(name, f"{name}: {error}"))
    if wrong:
        raise bad_fields(tuple(wrong))
    return ServerQuery(min_domains=domains, **values)


def _single(given: list[Any]) -> str:
    texts = [str(value) for value in given]
    if len(texts) > 1:
        raise _UnusableError("Give it once.")
    if "\x00" in texts[0]:
        raise _UnusableError("It holds a NUL character.")
    return texts[0]


def shown(name: str) -> str:
    """A name from outside, fit for an error message: printable and short."""
    return "".join(c if c.isprintable() else "?" for c in name[:60])
