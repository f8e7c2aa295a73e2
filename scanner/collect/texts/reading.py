"""One text as the model would read it: what is hidden in it, and the plain words that remain.

Sources: Unicode Standard Annex 9 (bidirectional controls), Unicode Technical Report 36 and 39 (invisible
characters,
confusables), Unicode tag characters (block E0000).
"""

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass

LIMIT = 100_000
"""A text longer than this is read up to here, in characters."""

_TAGS = range(0xE0000, 0xE0080)
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ZERO_WIDTH = frozenset("\u200b\u2060\ufeff\u180e\u00ad\u034f\u2061\u2062\u2063\u2064\u115f\u1160\u3164\uffa0")
_JOINERS = frozenset("\u200c\u200d")  # needed by emoji and by Persian, Hindi and others; hidden only between ASCII
_ASCII = 0x80
_SECRET_RUN = 3
# Letters of other scripts that pass for Latin ones, as they occur in disguised words.
_CONFUSABLE = str.maketrans(
    "аеорсухіјѕԁһԛԝАВЕКМНОРСТХІЅЈοναιρτΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijsdhqwABEKMHOPCTXISJovaiptABEZHIKMNOPTYX",
)
_COMMENT = re.compile(r"<!--((?:(?!<!--).){0,4000}?)-->", re.DOTALL)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{24,4000}={0,2}(?![A-Za-z0-9+/=_-])")
_HEX = re.compile(r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{2}){16,2000}(?![0-9a-fA-F])")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]|\x1b\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)")
_READABLE = re.compile(r"[A-Za-z]{2,}(?:[\s,.:;'\"/~_-]+[A-Za-z~./_-]{2,}){2,}")


@dataclass(frozen=True, slots=True)
class Read:
    """`plain` is the visible text with disguises undone; `hidden` what a person does not see, decoded;
    `tricks` how.
    """

    plain: str
    hidden: str
    tricks: tuple[str, ...]


def read(text: str) -> Read:
    """A text taken apart. At most `LIMIT` characters are read."""
    text = text[:LIMIT]
    tricks: list[str] = []
    tagged = "".join(chr(ord(c) - 0xE0000) for c in text if ord(c) in _TAGS and ord(c) > _TAGS.start + 0x1F)
    if len(tagged) > _SECRET_RUN and not _only_flags(text):
        tricks.append("invisible tag characters")
    if any(c in _BIDI for c in text) and not _right_to_left(text):
        tricks.append("characters that reverse the order of the text")
    if _zero_width(text):
        tricks.append("zero-width characters")
    if _ESCAPES.search(text):
        tricks.append("terminal escape sequences")
    comments = " ".join(m[1] for m in _COMMENT.finditer(text))
    decoded = " ".join(_decoded(text))
    visible = "".join(c for c in text if c not in _BIDI and c not in _ZERO_WIDTH and ord(c) not in _TAGS)
    visible = _COMMENT.sub(" ", _ESCAPES.sub("", visible))
    if _disguised(visible):
        tricks.append("letters of another script inside words")
    plain = unicodedata.normalize("NFKC", visible)
    if "letters of another script inside words" in tricks:
        plain = plain.translate(_CONFUSABLE)
    return Read(plain, " ".join(p for p in (tagged, comments, decoded) if p), tuple(tricks))


def _only_flags(text: str) -> bool:
    # Flags of regions are the black flag emoji followed by tags; nothing else uses them.
    return "\U0001f3f4" in text and text.count("\U000e007f") * 7 >= sum(ord(c) in _TAGS for c in text)


def _right_to_left(text: str) -> bool:
    return sum(unicodedata.bidirectional(c) in ("R", "AL") for c in text) >= _SECRET_RUN


def _zero_width(text: str) -> bool:
    body = text.lstrip("\ufeff")
    for place, char in enumerate(body):
        around = body[max(0, place - 1) : place] + body[place + 1 : place + 2]
        if (
            (char in _ZERO_WIDTH or char in _JOINERS)
            and len(around) > 1
            and all(c.isalnum() and ord(c) < _ASCII for c in around)
        ):
            return True
    return sum(c in _ZERO_WIDTH for c in body) > 8 * _SECRET_RUN


_WORDS = re.compile(r"[^\W\d_]{3,}")


def _disguised(text: str) -> bool:
    """A word that mixes Latin with Cyrillic or Greek letters."""
    for match in _WORDS.finditer(text):
        word = match[0]
        if word.isascii():
            continue
        latin = sum("a" <= c.lower() <= "z" for c in word)
        foreign = sum("\u0370" <= c <= "\u04ff" for c in word)
        if latin >= 2 and foreign and latin + foreign == len(word) and "µ" not in word and "Ω" not in word:
            return True
    return False


def _decoded(text: str) -> list[str]:
    """Encoded passages that decode to readable sentences."""
    found: list[str] = []
    for match in _BASE64.finditer(text):
        try:
            raw = base64.b64decode(match[0] + "=" * (-len(match[0]) % 4))
        except (binascii.Error, ValueError):
            continue
        found.append(raw.decode("utf-8", "ignore") if _is_text(raw) else "")
    for match in _HEX.finditer(text):
        raw = bytes.fromhex(match[0])
        found.append(raw.decode("utf-8", "ignore") if _is_text(raw) else "")
    return [f for f in found if f and _READABLE.search(f)]


def _is_text(raw: bytes) -> bool:
    try:
        return all(c.isprintable() or c in "\n\r\t" for c in raw.decode("utf-8"))
    except UnicodeDecodeError:
        return False
