"""Passages of a text that a person cannot read at sight, put back into words.

Invisible alphabets (Unicode tags, variation selectors, zero-width characters as bits), encodings (base64, hexadecimal,
percent, numeric entities, escapes), toy ciphers (ROT13, Morse, backwards, digits for letters, letters set apart) and
places a rendered page does not show (comments, hidden elements, link titles). Nothing decoded is ever executed;
whatever does not come out as readable words is dropped, so that a hash or an image is no finding.

Sources: Unicode blocks Tags (E0000) and Variation Selectors (FE00, E0100); Unicode Standard Annex 9 for overrides.
"""

import base64
import binascii
import codecs
import html
import re
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from typing import Final

from scanner.collect.texts.concepts import folded, known_english

TAGS: Final = range(0xE0000, 0xE0080)
_SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_BITS: Final = re.compile("[\u200b-\u200d\u2060-\u2064\ufeff\u180e]{16,20000}")
_OVERRIDDEN: Final = re.compile("\u202e([^\u202c\u202d\u2069\n]{4,2000})")
_COMMENT: Final = re.compile(r"<!--((?:(?!<!--).){0,4000}?)-->|\[//\]:\s*#\s*[(\"']([^\n]{0,1000})", re.DOTALL)
_UNSEEN: Final = re.compile(
    r"<(span|div|p|font|details|i|b|small|section)\b[^>]{0,200}?(?:display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0|"
    r"font-size\s*:\s*0|color\s*:\s*(?:white|#fff|transparent)|\bhidden\b)[^>]{0,200}>(.{0,2000}?)</\1>",
    re.DOTALL | re.IGNORECASE,
)
_LINK_TITLE: Final = re.compile(r"\]\(\s*\S{1,500}\s+(?:\"([^\"\n]{12,1000})\"|'([^'\n]{12,1000})')\s*\)")
_BASE64: Final = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{24,4000}={0,2}(?![A-Za-z0-9+/=_-])")
_HEX: Final = re.compile(r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{2}[ :]?){16,2000}(?![0-9a-fA-F])")
_ESCAPED: Final = re.compile(
    r"(?:%[0-9a-fA-F]{2}[\w.~-]{0,2}){8,2000}|(?:&#(?:x[0-9a-fA-F]{2,6}|\d{2,7});\s?){8,2000}|(?:\\(?:u00|x)[0-9a-fA-F]{2}){8,2000}"
)
_ESCAPE: Final = re.compile(r"\\(?:u00|x)([0-9a-fA-F]{2})")
_MORSE: Final = re.compile(r"(?:[.\u00b7\u2022-]{1,5}(?:[ \t]+|[ \t]*[/|][ \t]*)){11,3000}[.\u00b7\u2022-]{1,5}")
_APART: Final = re.compile(r"(?:(?<!\w)\w[ \u00a0._*-]{1,4}){8,800}\w(?!\w)")
_READABLE: Final = re.compile(
    r"[^\W\d_]{2,}(?:[\s,.:;'\"/~_-]+[^\W\d_]{2,}[~./_-]*){2,}|[\u0e00-\u9fff\uac00-\ud7a3]{6,}"
)
_LEET: Final = str.maketrans("013457@$", "oleastas")
_LEET_WORD: Final = re.compile(r"(?<![a-z0-9@$])[a-z0-9@$]{3,20}(?![a-z0-9@$])")
_CODE: Final = {
    ".-": "a", "-...": "b", "-.-.": "c", "-..": "d", ".": "e", "..-.": "f", "--.": "g", "....": "h", "..": "i",
    ".---": "j", "-.-": "k", ".-..": "l", "--": "m", "-.": "n", "---": "o", ".--.": "p", "--.-": "q", ".-.": "r",
    "...": "s", "-": "t", "..-": "u", "...-": "v", ".--": "w", "-..-": "x", "-.--": "y", "--..": "z",
}  # fmt: skip
_FEW_WORDS: Final = 4
_FOREIGN_SHARE: Final = 0.13
_ENGLISH_SHARE: Final = 0.4
_LEET_WORDS: Final = 3


def unseen(text: str) -> list[str]:
    """What stands in the text where a person does not look: comments, hidden elements, titles of links."""
    found = [m[1] or m[2] or "" for m in _COMMENT.finditer(text)]
    found += [m[2] for m in _UNSEEN.finditer(text)]
    found += [m[1] or m[2] or "" for m in _LINK_TITLE.finditer(text)]
    return [f for f in found if f.strip()]


def without_comments(text: str) -> str:
    """The text as a page shows it: comments left out, the rest as it stands."""
    return _COMMENT.sub(" ", text)


def invisible(text: str) -> str:
    """Words written in characters that have no shape at all: tags, variation selectors, zero-width bits."""
    tagged = "".join(chr(ord(c) - TAGS.start) for c in text if ord(c) in TAGS and ord(c) > TAGS.start + 0x1F)
    return " ".join(p for p in (tagged, selected(text), _bits(text)) if p)


def selected(text: str) -> str:
    """Bytes hidden as variation selectors (selector n is byte n - 1); empty when they are no text."""
    raw = bytes(n - _SELECTORS[0].start if n in _SELECTORS[0] else n - _SELECTORS[1].start + 16
                for n in map(ord, text) if n in _SELECTORS[0] or n in _SELECTORS[1])  # fmt: skip
    return _text(raw) if len(raw) > _FEW_WORDS else ""


def _bits(text: str) -> str:
    found: list[str] = []
    for match in _BITS.finditer(text):
        common = [c for c, _ in Counter(match[0]).most_common(2)]
        if len(common) < 2:
            continue
        for zero, one in (common, common[::-1]):
            bits = "".join("0" if c == zero else "1" for c in match[0] if c in (zero, one))
            words = _text(bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) - 7, 8)))
            if words:
                found.append(words)
                break
    return " ".join(found)


def decoded(text: str) -> list[str]:
    """Encoded passages that come out as readable words, in the order of the encodings."""
    found = [*_encoded(text), *_ciphered(text)]
    found += [m[1][::-1] for m in _OVERRIDDEN.finditer(text)]
    return [f for f in found if f and _READABLE.search(f)]


def _encoded(text: str) -> Iterator[str]:
    for match in _BASE64.finditer(text):
        try:
            body = match[0].rstrip("=").replace("-", "+").replace("_", "/")
            yield _text(base64.b64decode(body + "=" * (-len(body) % 4)))
        except (binascii.Error, ValueError):
            continue
    for match in _HEX.finditer(text):
        yield _text(bytes.fromhex(re.sub("[ :]", "", match[0])))
    for match in _ESCAPED.finditer(text):
        yield html.unescape(urllib.parse.unquote(_ESCAPE.sub(lambda m: chr(int(m[1], 16)), match[0])))


def _ciphered(text: str) -> Iterator[str]:
    for match in _MORSE.finditer(text):
        signs = match[0].replace("\u00b7", ".").replace("\u2022", ".")
        yield " ".join(
            "".join(_CODE.get(c, "") for c in word.split()) for word in re.split(r"\s*[/|]\s*|\s{3,}", signs)
        )
    for match in _APART.finditer(text):
        yield " ".join(re.sub(r"[\W_]", "", word) for word in re.split(r"[ \u00a0]{2,}|[._*-]{2,}", match[0]))
    for line in text.splitlines():
        passage = line.rpartition(": ")[2] if ": " in line else line
        for part in dict.fromkeys((line, passage)):
            words = folded(part).split()
            if len(words) < _FEW_WORDS or not part.isascii():
                continue
            if known_english(words) < _FOREIGN_SHARE:
                for candidate in (codecs.encode(part, "rot13"), part[::-1]):
                    if known_english(folded(candidate).split()) > _ENGLISH_SHARE:
                        yield candidate
    leet = [w for w in _LEET_WORD.findall(text.lower()) if set(w) & set("013457@$") and re.search("[a-z]", w)]
    if len(leet) >= _LEET_WORDS and known_english([w.translate(_LEET) for w in leet]) > _ENGLISH_SHARE:
        yield _LEET_WORD.sub(lambda m: m[0].translate(_LEET), text.lower())


def _text(raw: bytes) -> str:
    """Bytes as text when every character of them is printable, else nothing."""
    try:
        words = raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return words if all(c.isprintable() or c in "\n\r\t" for c in words) else ""
