"""What a sentence is about, in any of some thirty languages: words of each become the same few notions.

An attack on the model is made of few notions ("not", "tell", "user"; "read", "credential", "pass"), and they are the
same in every language. `concepts.json` lists, per notion and language, the beginnings of its words: `stem` matches
every word that begins so (English: only itself), `word=` only itself, `two_words` a phrase. In scripts that do not put
blanks around every word (Arabic, Hebrew, Devanagari, Thai, Chinese, Japanese, Korean) an entry matches anywhere, with a
final `_` only before a blank. A key of two notions ("not tell") is for words that mean both. Accents are dropped on
both sides.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

WORDS: Final = Path(__file__).with_name("concepts.json")
SPACED: Final = 0x0590  # Latin, Greek and Cyrillic lie below; the scripts from here on are searched as running text
_SPLIT: Final = re.compile(r"(?<=[.!?;])\s+|[\u3002\uff01\uff1f\uff1b\u061b\u061f\u0964\n]+|\s+[-\u2013\u2014]+\s+")
_TOKEN: Final = re.compile(r"[^\W\d_]+(?:['\u2019\u02bc-][^\W\d_]+)*")
_SHORTEST: Final = 2
_LONGEST_STEM: Final = 24
_UNBOUND: Final = (range(0x0E00, 0x0E80), range(0x2E80, 0xE000), range(0xF900, 0xFB00))
_PROCLITICS: Final = "\u0648\u05d5\u0641"  # "and" is written together with its word in Arabic and Hebrew

# Words that carry no notion but tell which language a sentence is in.
_PLAIN_ENGLISH: Final = frozenset(
    {
        "the",
        "of",
        "and",
        "a",
        "an",
        "to",
        "is",
        "are",
        "in",
        "for",
        "with",
        "that",
        "this",
        "these",
        "it",
        "its",
        "or",
        "on",
        "by",
        "be",
        "as",
        "from",
        "at",
        "will",
        "can",
        "which",
        "if",
        "one",
        "get",
        "list",
        "returns",
        "return",
        "given",
        "name",
        "id",
        "using",
        "used",
        "only",
        "new",
        "more",
        "than",
        "has",
        "have",
    }
)

Sequence = tuple[str, ...]


def folded(text: str) -> str:
    """Lower case, without accents on Latin, Greek, Cyrillic, Hebrew and Arabic letters."""
    if text.isascii():
        return text.lower()
    out: list[str] = []
    base = ""
    for char in unicodedata.normalize("NFD", text.casefold()):
        if not unicodedata.combining(char):
            base = char
        elif base < "\u0700":
            continue
        out.append(char)
    return unicodedata.normalize("NFC", "".join(out)).translate(_LETTERS)


_LETTERS: Final = str.maketrans(
    {
        "\u0131": "i",
        "ł": "l",
        "đ": "d",
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "ß": "ss",
        "\u2019": "'",
        "\u02bc": "'",
        "\u200c": "",
    }
)


@dataclass(frozen=True, slots=True)
class _Tables:
    exact: dict[str, list[tuple[str, Sequence]]]
    stems: dict[str, list[tuple[str, Sequence]]]
    phrases: dict[str, list[tuple[Sequence, str, Sequence]]]
    running: re.Pattern[str]
    meanings: dict[str, Sequence]


@cache
def _tables() -> _Tables:
    """The word lists, indexed. Raises OSError or ValueError when the data file is missing or broken."""
    data = json.loads(WORDS.read_text(encoding="utf-8"))
    tables = _Tables({}, {}, {}, re.compile(""), {})
    running: dict[str, str] = {}
    for key, languages in data.items():
        meaning = tuple(key.split())
        for language, words in languages.items():
            for word in words.split():
                entry = folded(word)
                if any(ord(c) >= SPACED for c in entry):
                    text = entry.rstrip("_").replace("_", " ")
                    running[text] = _pattern(entry)
                    tables.meanings.setdefault(text, meaning)
                elif "_" in entry.rstrip("_"):
                    parts = tuple(entry.rstrip("_=").split("_"))
                    tables.phrases.setdefault(parts[0], []).append((parts, language, meaning))
                elif entry.endswith(("=", "_")):
                    tables.exact.setdefault(entry[:-1], []).append((language, meaning))
                else:
                    tables.stems.setdefault(entry, []).append((language, meaning))
    # English lists are written as whole words: no English entry is a mere beginning.
    for stem in list(tables.stems):
        for language, meaning in [e for e in tables.stems[stem] if e[0] == "en"]:
            tables.stems[stem].remove((language, meaning))
            tables.exact.setdefault(stem, []).append((language, meaning))
    ordered = sorted(running, key=lambda w: (-len(w), w))
    return _Tables(
        tables.exact,
        tables.stems,
        tables.phrases,
        re.compile("|".join(running[w] for w in ordered)),
        tables.meanings,
    )


def _pattern(entry: str) -> str:
    word = re.escape(entry.rstrip("_")).replace("_", r"\s?")
    unbound = any(ord(entry[0]) in block for block in _UNBOUND)
    if unbound:
        return word
    # Arabic, Hebrew, Devanagari: a short word only as a word; others wherever they stand, as prefixes join them.
    return rf"(?<![^\W{_PROCLITICS}]){word}(?=\s|$)" if entry.endswith("_") else word


def known_english(words: Iterable[str]) -> float:
    """The share of words that plain English sentences are made of, for telling a cipher from a text."""
    exact = _tables().exact
    bare = [w.strip(".,:;!?'\"()`") for w in words]
    known = sum(w in _PLAIN_ENGLISH or any(language == "en" for language, _ in exact.get(w, ())) for w in bare)
    return known / max(1, len(bare))


def sentences(text: str) -> list[str]:
    """A text cut where one thought ends: at stops, line ends and dashes."""
    return [s for s in _SPLIT.split(text) if s and not s.isspace()]


def concepts(sentence: str) -> list[tuple[int, str]]:
    """The notions of one sentence in order, each with the place of its word (counted in words or half characters)."""
    text = folded(sentence)
    found = _spaced(text)
    if any(ord(c) >= SPACED for c in text):
        tables = _tables()
        for match in tables.running.finditer(text):
            word = match[0]
            meaning = tables.meanings.get(word) or tables.meanings.get(re.sub(r"\s", "", word)) or ()
            found.extend((match.start() // 2, notion) for notion in meaning)
        found.sort(key=lambda pair: pair[0])
    return found


def _spaced(text: str) -> list[tuple[int, str]]:
    tokens = [t for t in _TOKEN.findall(text) if t[0] < "\u0590"]
    if not tokens:
        return []
    hits: list[tuple[int, str, Sequence]] = []
    counts: dict[str, float] = {"en": 0.0}
    for place, token in enumerate(tokens):
        seen: set[str] = set()
        for language, meaning in (*_of_word(token), *_of_phrase(tokens, place)):
            hits.append((place, language, meaning))
            seen.add(language)
        if token in _PLAIN_ENGLISH:
            seen.add("en")
        for language in seen:
            counts[language] = counts.get(language, 0.0) + 1.0
    language = max(counts, key=lambda name: (counts[name], name == "en"))
    return [(place, notion) for place, of, meaning in hits if of == language for notion in meaning]


@lru_cache(maxsize=65536)
def _of_word(token: str) -> tuple[tuple[str, Sequence], ...]:
    tables = _tables()
    found = list(tables.exact.get(token, ()))
    for end in range(_SHORTEST, min(len(token), _LONGEST_STEM) + 1):
        found.extend(tables.stems.get(token[:end], ()))
    return tuple(dict.fromkeys(found))


def _of_phrase(tokens: list[str], place: int) -> Iterable[tuple[str, Sequence]]:
    for parts, language, meaning in _tables().phrases.get(tokens[place], ()):
        if tuple(tokens[place : place + len(parts)]) == parts:
            yield language, meaning
