"""A linear classifier over words, notions and structural signs: logistic regression, its weights shipped as data.

Words are seen as they stand; notions (`concepts`) are seen in pairs and runs within one sentence, so that what was
learned in one language holds in the others. The weights are made by `tools/train_texts.py`. Hashing uses CRC-32, so
that training and reading agree on every machine.
"""

import json
import math
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from scanner.collect.texts.concepts import concepts, sentences

BUCKETS: Final = 1 << 14
WEIGHTS: Final = Path(__file__).with_name("weights.json")
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[~$<>|&`\[\]]")
_MOST: Final = 4000
_MOST_SENTENCES: Final = 400
_NEAR: Final = 14  # words between two notions that may still belong together
_WORDS: Final = 1.3
_NOTIONS: Final = 1.3
_SIGN: Final = 0.7


@dataclass(frozen=True, slots=True)
class Model:
    """Bias and one weight per bucket."""

    bias: float
    weights: tuple[float, ...]

    def score(self, features: Mapping[int, float]) -> float:
        """The probability that a text is poisoned, as far as this model can tell, from 0 to 1."""
        total = self.bias + sum(self.weights[k] * v for k, v in features.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def features(plain: str, signs: Iterable[str]) -> dict[int, float]:
    """Bucket to value: words and pairs of them share one length, notions another, each sign has a value of its own."""
    words = _WORD.findall(plain.lower())[:_MOST]
    found: dict[int, float] = {}
    _add(found, {*words, *(f"{a} {b}" for a, b in pairwise(words))}, _WORDS)
    _add(found, notions(plain), _NOTIONS)
    for sign in signs:
        bucket = _bucket(f"sign:{sign}")
        found[bucket] = found.get(bucket, 0.0) + _SIGN
    return found


def notions(plain: str) -> set[str]:
    """Which notions meet in a sentence: alone, in pairs near each other, and three in a row."""
    found: set[str] = set()
    for sentence in sentences(plain)[:_MOST_SENTENCES]:
        placed = concepts(sentence)
        found.update(f"1:{notion}" for _, notion in placed)
        for at, (place, first) in enumerate(placed):
            for other, second in placed[at + 1 : at + 12]:
                if other - place <= _NEAR and first != second:
                    found.add(f"2:{min(first, second)}+{max(first, second)}")
        run = [n for i, (_, n) in enumerate(placed) if i == 0 or placed[i - 1][1] != n]
        found.update(f"3:{a}>{b}>{c}" for a, b, c in zip(run, run[1:], run[2:], strict=False))
    return found


def _bucket(name: str) -> int:
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) % BUCKETS


def _add(found: dict[int, float], names: Iterable[str], length: float) -> None:
    mine: dict[int, float] = {}
    for name in names:
        bucket = _bucket(name)
        mine[bucket] = mine.get(bucket, 0.0) + 1.0
    size = math.sqrt(sum(v * v for v in mine.values())) or 1.0
    for bucket, value in mine.items():
        found[bucket] = found.get(bucket, 0.0) + length * value / size


def train(
    rows: Sequence[tuple[Mapping[int, float], bool]], *, rounds: int = 20, rate: float = 0.5, decay: float = 1e-4
) -> Model:
    """Logistic regression by stochastic gradient descent in a fixed order, the rarer class weighted up to the other."""
    weights = [0.0] * BUCKETS
    bias = 0.0
    bad = sum(label for _, label in rows) or 1
    heavy = min(4.0, max(1.0, (len(rows) - bad) / bad))
    order = sorted(range(len(rows)), key=lambda i: zlib.crc32(str(i).encode()))
    kept: list[tuple[float, list[float]]] = []
    for step in range(rounds):
        pace = rate / (1 + step * 0.1)
        for i in order:
            values, label = rows[i]
            total = bias + sum(weights[k] * v for k, v in values.items())
            error = (1 / (1 + math.exp(-max(-30.0, min(30.0, total)))) - label) * (heavy if label else 1.0)
            bias -= pace * error * 0.1
            for k, v in values.items():
                weights[k] -= pace * (error * v + decay * weights[k])
        if step >= rounds // 2:
            kept.append((bias, weights[:]))
    # The mean of the later rounds: steadier than wherever the last step happened to land.
    columns = zip(*(w for _, w in kept), strict=True)
    return Model(sum(b for b, _ in kept) / len(kept), tuple(sum(column) / len(kept) for column in columns))


@cache
def shipped() -> Model:
    """The model that the package ships. Raises OSError or ValueError when the data file is missing or broken."""
    data = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    weights = [0.0] * BUCKETS
    for bucket, value in data["weights"].items():
        weights[int(bucket)] = value / 100
    return Model(data["bias"], tuple(weights))


def packed(model: Model) -> str:
    """A model as the text of its data file: hundredths, zeros left out."""
    kept = {str(k): round(w * 100) for k, w in enumerate(model.weights) if round(w * 100)}
    return json.dumps({"bias": round(model.bias, 4), "weights": kept}, separators=(",", ":"), sort_keys=True) + "\n"
