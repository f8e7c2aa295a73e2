"""One text as the model would read it: what is hidden in it, and the plain words that remain.

Sources: Unicode Standard Annex 9 (bidirectional controls), Unicode Technical Report 36 and 39 (invisible characters,
confusables), Unicode tag characters (block E0000).
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from scanner.collect.texts.decoding import TAGS, decoded, invisible, selected, unseen, without_comments

LIMIT: Final = 100_000
"""A text longer than this is read up to here, in characters."""

_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ZERO_WIDTH: Final = frozenset("\u200b\u2060\ufeff\u180e\u00ad\u034f\u2061\u2062\u2063\u2064\u115f\u1160\u3164\uffa0")
_JOINERS: Final = frozenset(
    "\u200c\u200d"
)  # needed by emoji and by Persian, Hindi and others; hidden only between ASCII
_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3,}")
_RUN: Final = re.compile("[\u200b-\u200d\u2060-\u2064\ufeff]{4,}")
_ASCII: Final = 0x80
_SECRET_RUN: Final = 3
# Letters of other scripts that pass for Latin ones, as they occur in disguised words.
_CONFUSABLE: Final = str.maketrans(
    "аеорсухіјѕԁһԛԝАВЕКМНОРСТХІЅЈοναιρτΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijsdhqwABEKMHOPCTXISJovaiptABEZHIKMNOPTYX",
)
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]|\x1b\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)")


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
    if text.isascii() and "\x1b" not in text:
        shown = without_comments(text)
        return Read(shown, " \n".join((*unseen(text), *decoded(shown))), ())
    tricks: list[str] = []
    if sum(ord(c) in TAGS for c in text) > _SECRET_RUN and not _only_flags(text):
        tricks.append("invisible tag characters")
    if _SELECTORS.search(text) or selected(text):
        tricks.append("invisible variation selectors")
    if any(c in _BIDI for c in text) and not _right_to_left(text):
        tricks.append("characters that reverse the order of the text")
    if _zero_width(text):
        tricks.append("zero-width characters")
    if _ESCAPES.search(text):
        tricks.append("terminal escape sequences")
    kept = "".join(c for c in text if c not in _BIDI and c not in _ZERO_WIDTH and ord(c) not in TAGS)
    visible = without_comments(_ESCAPES.sub("", _SELECTORS.sub("", kept)))
    if _disguised(visible):
        tricks.append("letters of another script inside words")
    plain = unicodedata.normalize("NFKC", visible)
    if "letters of another script inside words" in tricks:
        plain = plain.translate(_CONFUSABLE)
    shapeless = "" if _only_flags(text) else invisible(text)
    hidden = " \n".join(p for p in (shapeless, *unseen(text), *decoded(text)) if p)
    return Read(plain, hidden, tuple(tricks))


def _only_flags(text: str) -> bool:
    # Flags of regions are the black flag emoji followed by tags; nothing else uses them.
    return "\U0001f3f4" in text and text.count("\U000e007f") * 7 >= sum(ord(c) in TAGS for c in text)


def _right_to_left(text: str) -> bool:
    return sum(unicodedata.bidirectional(c) in ("R", "AL") for c in text) >= _SECRET_RUN


def _zero_width(text: str) -> bool:
    body = text.lstrip("\ufeff")
    if _RUN.search(body):
        return True
    for place, char in enumerate(body):
        if char not in _ZERO_WIDTH and char not in _JOINERS:
            continue
        around = body[max(0, place - 1) : place] + body[place + 1 : place + 2]
        if len(around) > 1 and all(c.isalnum() and ord(c) < _ASCII for c in around):
            return True
    return sum(c in _ZERO_WIDTH for c in body) > 8 * _SECRET_RUN


_WORDS: Final = re.compile(r"[^\W\d_]{3,}")


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
