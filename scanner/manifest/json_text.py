"""JSON as RFC 8259 means it, from bytes that somebody else wrote.

Python's parser accepts more than clients do (byte order marks, UTF-16, NaN, duplicate keys, numbers of any length)
and answers some input with RecursionError. Here text is UTF-8 without a mark, keys are unique, numbers are finite, and
depth, number of items and length of texts are bounded before the parser sees the text or anybody walks the result.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Never

from scanner.archive.limits import Limits
from scanner.archive.names import shown
from scanner.errors import BundleError

_BOMS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_UTF8_BOM: Final = b"\xef\xbb\xbf"
_GZIP: Final = b"\x1f\x8b"
_INT_DIGITS: Final = 20

# A string, closed or running to the end of the text, or one bracket; possessive, so that no input makes it backtrack.
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.|\\\Z)*+(?:"|\Z)|[\[\]{}]', re.DOTALL)
_WHITE: Final = " \t\r\n"

# What no field may hold: other control characters than white space, and overrides of the direction of text.
_FORBIDDEN: Final = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Link:
    """One step of the way to a value."""

    parent: "_Link | None"
    step: str


class _Duplicate(Exception):  # noqa: N818 -- carries the key out of the parser, never leaves this module
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def parse_object(data: bytes, limits: Limits, *, file: str = "manifest.json") -> Mapping[str, Any]:
    """The object that ``data`` holds; BundleError "manifest.*" with file, line and column otherwise."""
    if len(data) > limits.manifest:
        raise _error(
            "too_large", file, f"is {len(data):,} bytes, the limit is {limits.manifest:,}: move texts into files"
        )
    text = _decode(data, file)
    _check_depth(text, limits.manifest_depth, file)
    value = _load(text, file)
    if not isinstance(value, dict):
        kind = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}.get(
            type(value), "a number"
        )
        raise _error("not_object", file, f"holds {kind} at its top: it must be an object in braces")
    _check_values(value, limits, file)
    return value


def _decode(data: bytes, file: str) -> str:
    for bom, name in _BOMS:
        if data.startswith(bom):
            raise _error("encoding", file, f"is {name}: save it as UTF-8 without a byte order mark")
    if data.startswith(_UTF8_BOM):
        raise _error("bom", file, "starts with a byte order mark, which clients refuse: save it as UTF-8 without one")
    if data.startswith(_GZIP):
        raise _error("encoding", file, "is gzip data: store the plain text, the archive compresses it anyway")
    # JSON begins with two ASCII characters, so a NUL among the first bytes is a wider encoding (RFC 4627, section 3).
    if 0 in data[:4] and data[:4].strip(b"\x00"):
        raise _error("encoding", file, "looks like UTF-16 or UTF-32: save it as UTF-8 without a byte order mark")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        raise _error(
            "encoding", file, f"is not valid UTF-8 (byte 0x{byte:02x} in line {line}): save it as UTF-8"
        ) from None


def _check_depth(text: str, limit: int, file: str) -> None:
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in "[{":
            depth += 1
            if depth > limit:
                where = _place(text, match.start())
                raise _error("too_deep", file, f"is nested more than {limit} levels deep ({where}): flatten it")
        elif token in "]}":
            depth -= 1


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return f"line {line}, column {column}"


def _load(text: str, file: str) -> object:
    try:
        return json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_int=_bounded_int,
            parse_float=_finite_float,
            object_pairs_hook=_unique,
        )
    except _Duplicate as duplicate:
        raise _error(
            "duplicate_key",
            file,
            f"has the key {shown(duplicate.key)!r} twice in one object"
            f"{_lines_of(text, duplicate.key)}, and readers take different ones: keep one",
        ) from None
    except json.JSONDecodeError as error:
        raise _error("invalid_json", file, _explain(text, error)) from None
    except ValueError as error:
        raise _error("invalid_json", file, f"has {error}: write a plain number") from None


def _explain(text: str, error: json.JSONDecodeError) -> str:
    where = f"line {error.lineno}, column {error.colno}"
    if not text.strip(_WHITE):
        return "is empty: run `mcpb init` to write one"
    before = text[: error.pos].rstrip(_WHITE)
    here = text[error.pos : error.pos + 2]
    if here[:2] in {"//", "/*"} or here[:1] == "#":
        hint = "comments are not allowed in JSON: remove them"
    elif here[:1] == "'":
        hint = "JSON strings use double quotes"
    elif (here[:1] in {"}", "]"} and before.endswith(",")) or (
        before.endswith(",") and error.msg.startswith("Expecting prop")
    ):
        hint = "a comma follows the last item: remove it"
    elif here[:1] == "\x00":
        hint = "NUL bytes follow: remove them"
    elif error.msg == "Extra data":
        hint = "more text follows the closing brace: keep one object"
    else:
        hint = f"{error.msg[0].lower()}{error.msg[1:]}"
    return f"is not valid JSON at {where}: {hint}"


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Duplicate(key)
            seen.add(key)
    return value


def _lines_of(text: str, key: str) -> str:
    pattern = re.compile(re.escape(json.dumps(key)) + r"\s{0,100}:")
    lines = [text.count("\n", 0, m.start()) + 1 for _, m in zip(range(3), pattern.finditer(text), strict=False)]
    return f" (lines {', '.join(map(str, lines))})" if len(lines) > 1 else ""


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name}, which is not JSON")


def _bounded_int(digits: str) -> int:
    if len(digits) > _INT_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def _finite_float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {shown(digits)}, which is too large")
    return value


def _check_values(root: Mapping[str, Any], limits: Limits, file: str) -> None:
    for value, link in _walk(root):
        if isinstance(value, (dict, list)) and len(value) > limits.manifest_items:
            raise _error(
                "too_large",
                file,
                f"has {len(value):,} items in {_spelled(link)}, the limit is {limits.manifest_items:,}: list fewer",
            )
        texts = value if isinstance(value, dict) else (value,) if isinstance(value, str) else ()
        for text in texts:
            if len(text) > limits.manifest_text:
                raise _error(
                    "too_large",
                    file,
                    f"has a text of {len(text):,} characters in {_spelled(link)}, the limit is "
                    f"{limits.manifest_text:,}: shorten it",
                )
            # Line breaks in a name or version get their own, more precise refusal later.
            found = _FORBIDDEN.search(text)
            if found:
                raise _error(
                    "bad_text",
                    file,
                    f"has the character U+{ord(found.group()):04X} in {_spelled(link)}, which cannot be stored or "
                    "changes the direction of text: remove it",
                )


def _walk(root: object) -> Iterator[tuple[Any, _Link | None]]:
    """Every value with the way to it, without recursion; the way is spelled out only when somebody needs it."""
    waiting: list[tuple[Any, _Link | None]] = [(root, None)]
    while waiting:
        value, link = waiting.pop()
        yield value, link
        if isinstance(value, dict):
            waiting.extend((item, _Link(link, f".{shown(key)}")) for key, item in value.items())
        elif isinstance(value, list):
            waiting.extend((item, _Link(link, f"[{index}]")) for index, item in enumerate(value))


def _spelled(link: _Link | None) -> str:
    parts: list[str] = []
    while link:
        parts.append(link.step)
        link = link.parent
    return f"`{''.join(reversed(parts)).removeprefix('.')}`" if parts else "its top level"


def _error(code: str, file: str, what: str) -> BundleError:
    return BundleError(f"manifest.{code}", f"{file} {what}.", path=file)
