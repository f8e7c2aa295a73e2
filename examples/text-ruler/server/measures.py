"""What is measured: pure functions of a text."""

import re
from collections import Counter

WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
SENTENCE_END = re.compile(r"[.!?\u2026]+(?=\s|$)")


def measure(text: str, words_per_minute: int) -> dict[str, int]:
    words = len(WORD.findall(text))
    return {
        "characters": len(text),
        "words": words,
        "sentences": len(SENTENCE_END.findall(text)),
        "paragraphs": sum(1 for block in text.split("\n\n") if block.strip()),
        "reading_seconds": -(-words * 60 // words_per_minute),
    }


def repeated(text: str, shortest: int, limit: int) -> list[dict[str, object]]:
    counts = Counter(word.lower() for word in WORD.findall(text) if len(word) >= shortest)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"word": word, "times": times} for word, times in ordered[:limit] if times > 1]
