"""Secrets that a text names and gives: "API Key: ...", `password = ...`, "Bearer ...", connection strings.

In code only the texts are read, that is, what stands inside quotes; in settings files every line. What is said about a
secret is not one: a value has to look made by chance, or, after a word for password, like one that somebody chose.
"""

# ruff: noqa: E501 - patterns

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final

from scanner.collect.placeholders import entropy, is_placeholder

_WORD: Final = re.compile(
    rb"(?i)passw(?:or)?d|passphrase|\bpwd\b|secret|api[ _-]?key|access[ _-]?key|\bkeys?\b|token|credential|\bapi\b|gateway|service|auth"
)
_LABELLED: Final = re.compile(
    rb"(?i)[ \t]{0,3}(?:\([\w ,.-]{1,40}\)|access key|key|token|id|value)?[\"']?[ \t]{0,3}[:=][ \t]{0,3}(?![:=])([^\s\"'`,;<>(){}\[\]|]{8,120})(?=[\s\"'`,;\\]|$)"
)
_BEARER: Final = re.compile(rb"[\"'`](?:Bearer|Basic|Token|token)[ ]+([A-Za-z0-9._~+/-]{16,400}={0,2})[\"'`]")
_CONNECTION: Final = re.compile(
    rb"(?i)(?:server|data source|host|uid|user id|username)=[^\"'`\n]{1,200}?;\s{0,3}(?:password|pwd)=([^;\"'`\s]{6,80})"
)
_MARKED: Final = re.compile(
    r"^(?:[a-z]{2,6}[-_])?(?:live|prod|production)[-_][A-Za-z0-9]{12,64}$|^[a-z]{2,5}_(?:live|prod)_\w{12,64}$"
)
"""A key that says which environment it opens, as many services make them."""
_PASSWORD: Final = re.compile(rb"(?i)passw|pwd|passphrase")
_KEY_WORD: Final = re.compile(rb"(?i)secret|key|token|credential")
_REFERENCE: Final = re.compile(
    r"^(?:https?:|/|\.|~|\$|%|@|process\.|os\.|env\.|config\.|settings\.|self\.|this\.|args\.|options\.|req\.|data\.|user\.)"
    r"|^[A-Za-z_]\w*(?:\.\w+)+$|^[A-Z][A-Z0-9_]+$|[(){}\[\]]"
)
_TRIPLE: Final = re.compile(rb"\"\"\"[\s\S]*?(?:\"\"\"|\Z)|'''[\s\S]*?(?:'''|\Z)|`[^`]*(?:`|\Z)")
_LINE_TEXT: Final = re.compile(rb"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_SETTINGS: Final = re.compile(r"(?i)\.(?:ya?ml|ini|cfg|conf|properties|toml|sh|bash|env\.\w+|tf|tfvars|service)$")
_MAX: Final = 20_000
_RANDOM_BITS: Final = 3.2
_RANDOM_LENGTH: Final = 12
_CHANGES: Final = 3


@dataclass(frozen=True, slots=True)
class Named:
    """One value that a text gives: where it starts, and whether chance made it (`random`) or somebody chose it."""

    start: int
    value: str
    what: str
    random: bool


def named_values(path: str, kind: str, data: bytes) -> Iterator[Named]:
    """The secrets that the texts of one file name, in reading order per kind."""
    for match in islice(_BEARER.finditer(data), _MAX):
        value = match[1].decode("ascii", "replace")
        if is_made(value) or _is_login(value):
            yield Named(match.start(1), value, "token in an Authorization header", random=True)
    for match in islice(_CONNECTION.finditer(data), _MAX):
        value = match[1].decode("utf-8", "replace")
        if not is_placeholder(value) and not _REFERENCE.search(value):
            yield Named(match.start(1), value, "password in a connection string", random=is_made(value))
    for begin, end in _texts(path, kind, data):
        for word in islice(_WORD.finditer(data, begin, end), _MAX):
            found = _LABELLED.match(data, word.end(), end)
            if found is not None:
                named = _judge(data, word, found)
                if named is not None:
                    yield named


def _texts(path: str, kind: str, data: bytes) -> Iterator[tuple[int, int]]:
    if kind == "text":
        if _SETTINGS.search(path):
            yield 0, len(data)
        return
    last = 0
    for match in islice(_TRIPLE.finditer(data), _MAX):
        yield from ((m.start(), m.end()) for m in _LINE_TEXT.finditer(data, last, match.start()))
        yield match.start(), match.end()
        last = match.end()
    yield from ((m.start(), m.end()) for m in _LINE_TEXT.finditer(data, last))


def _judge(data: bytes, word: re.Match[bytes], found: re.Match[bytes]) -> Named | None:
    value = found[1].decode("utf-8", "replace").rstrip(".")
    if is_placeholder(value) or _REFERENCE.search(value):
        return None
    if _MARKED.match(value):
        return Named(found.start(1), value, "production key", random=True)
    label = word[0] + data[word.end() : found.start(1)]
    if _PASSWORD.search(label):
        return Named(found.start(1), value, "password", random=False) if _is_password(value) else None
    if _KEY_WORD.search(label) and is_made(value):
        return Named(found.start(1), value, "secret key or token", random=True)
    return None


def is_made(value: str) -> bool:
    """Whether chance made this value: letters and digits in turn, many different ones."""
    if len(value) < _RANDOM_LENGTH or entropy(value) < _RANDOM_BITS or is_placeholder(value):
        return False
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" if c.islower() else "-" for c in value]
    digits = "".join("d" if k == "d" else "a" for k in kinds if k != "-")
    changes = sum(a != b for a, b in pairwise(digits))
    return changes >= _CHANGES and kinds.count("d") >= _CHANGES


def _is_password(value: str) -> bool:
    """Letters and digits, and something more than a word with a number that code would use as a name."""
    letters, digits = any(c.isalpha() for c in value), any(c.isdigit() for c in value)
    return letters and digits and (not value.isalnum() or is_made(value))


def _is_login(value: str) -> bool:
    """`Basic` and then a name and a password in base64."""
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("utf-8")
    except (ValueError, binascii.Error):
        return False
    name, colon, password = text.partition(":")
    return bool(colon and name.isprintable() and password.isprintable()) and not is_placeholder(password)
