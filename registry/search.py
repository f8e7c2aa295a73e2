"""Full text search: how texts become words, what a question matches, and how hits are ranked.

Words are indexed twice (migration 0001): by stem, and as written, so that a server called "who" is found. A
question matches entries that hold all its words, the last one also as a beginning, because people type.
When that finds next to nothing, entries with any of the words and entries whose text resembles them are
taken: trigrams forgive typing errors.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.contrib.postgres.search import (
    CombinedSearchQuery,
    CombinedSearchVector,
    SearchQuery,
    SearchRank,
    SearchVector,
    TrigramWordSimilarity,
)
from django.db import connection, transaction
from django.db.models import Case, F, FloatField, IntegerField, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Greatest

STEMS = "assay_stems"
WORDS = "assay_words"

MOST_WORDS = 12
FEW_HITS = 3
"""With fewer hits than this the question is relaxed."""

_LONGEST_WORD = 60
_SIMILAR = 0.45
_TYPO_LETTERS = 4
"""Shorter words have too few trigrams to compare."""
_EVERYWHERE = frozenset({"mcp", "server", "servers", "model", "context", "protocol"})
"""Words of the subject itself: nearly every entry has them, so they tell nothing."""
_RUNS = re.compile(r"[^\W_]+")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words_of(text: str) -> list[str]:
    """The words of a text, lower-case.

    `readFile` and `read_file` both give read and file, the first also readfile.
    """
    found: list[str] = []
    for run in _RUNS.findall(text.replace("\x00", " ")):
        parts = _HUMPS.split(run)
        if len(parts) > 1:
            found += [part.lower()[:_LONGEST_WORD] for part in parts]
        found.append(run.lower()[:_LONGEST_WORD])
    return found


def asked_words(search: str) -> tuple[str, ...]:
    """What a reader's search asks for: its words without those that are everywhere; empty means "browse"."""
    words = (run.lower()[:_LONGEST_WORD] for run in _RUNS.findall(search))
    return tuple(dict.fromkeys(word for word in words if word not in _EVERYWHERE))[:MOST_WORDS]


def vector(
    *, names: Iterable[str], tools: Iterable[str], description: str, publisher: str
) -> CombinedSearchVector | SearchVector:
    """The value of `SearchEntry.vector`: names weigh most (A), then tools, description, publisher (D)."""
    weighted = (
        (" ".join(names), "A"),
        (" ".join(tools), "B"),
        (description, "C"),
        (publisher, "D"),
    )
    parts = [
        SearchVector(Value(" ".join(words_of(text))), config=config, weight=weight)
        for text, weight in weighted
        for config in (STEMS, WORDS)
    ]
    combined: CombinedSearchVector | SearchVector = parts[0]
    for part in parts[1:]:
        combined = combined + part  # type: ignore[assignment]  # the stubs lose the type of `+`
    return combined


def quality(score: int | None, downloads: int) -> int:
    """0..10000: what decides between equally relevant hits. Trust counts most, use a little."""
    trust = 0 if score is None else score
    used = min(1.0, math.log10(1 + downloads) / 6)
    return round(7000 * trust / 100 + 3000 * used)


def holds_all(words: Sequence[str]) -> Q:
    """Entries with every word, the last one also as the beginning of a longer word."""
    return Q(vector=_query(words, " & "))


@contextmanager
def forgiving() -> Iterator[None]:
    """Inside, `resembles` takes a misspelt word of seven letters for the right one. PostgreSQL's own threshold of 0.6
    forgives long words only; the index serves the operator, not a comparison of our own.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(_SIMILAR)])
        yield


def resembles(words: Sequence[str]) -> Q:
    """Entries with any of the words, or with a word that differs from one of them by a typing error."""
    found = Q(vector=_query(words, " | "))
    for word in words:
        if len(word) >= _TYPO_LETTERS:
            found |= Q(text__trigram_word_similar=word)
    return found


def named(words: Sequence[str]) -> Q:
    """Entries whose name is exactly what was asked for."""
    return Q(name__in=["-".join(words), "_".join(words), "".join(words), ".".join(words)])


def relevance(words: Sequence[str], *, relaxed: bool) -> Combinable:
    """A whole number to sort by, highest first. Whole, so that a cursor can name the place exactly.

    `relaxed`: entries that only resemble the question are among the hits; they come after those that hold all of it.
    """
    rank: Combinable = SearchRank(
        F("vector"), _query(words, " | " if relaxed else " & "), weights=_WEIGHTS, normalization=Value(1)
    )
    whole: Combinable = Value(0.0)
    if relaxed:
        whole = Case(When(holds_all(words), then=Value(10.0)), default=Value(0.0), output_field=FloatField())
        joined = " ".join(words)
        rank = rank + 0.5 * Greatest(
            TrigramWordSimilarity(joined, "name"),
            TrigramWordSimilarity(joined, "title"),
            TrigramWordSimilarity(joined, "text") * 0.5,
        )
    trusted = rank * (0.4 + Cast(F("quality"), FloatField()) * 0.00006)
    bonus = Case(
        When(named(words), then=Value(2.0)),
        When(name__startswith=words[0], then=Value(0.3)),
        default=Value(0.0),
        output_field=FloatField(),
    )
    return Cast((trusted + bonus + whole) * 1_000_000, IntegerField())


_WEIGHTS = [0.1, 0.2, 0.4, 1.0]
"""D, C, B, A: the order PostgreSQL wants."""


def _query(words: Sequence[str], operator: str) -> SearchQuery | CombinedSearchQuery:
    """Both readings of the words. They hold letters and digits only, so nothing in them is an operator."""
    text = operator.join((*words[:-1], f"{words[-1]}:*"))
    return SearchQuery(text, config=STEMS, search_type="raw") | SearchQuery(text, config=WORDS, search_type="raw")
