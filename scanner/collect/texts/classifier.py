"""A linear classifier over hashed words, word pairs and structural signs: logistic regression, its weights
shipped as data.

The weights are made by `tools/train_texts.py`. Hashing uses CRC-32, so that training and reading agree on
every machine.
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

BUCKETS = 4096
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[~$<>|&`\[\]]")
_MOST = 4000
WEIGHTS = Path(__file__).with_name("weights.json")


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
    """Bucket to value: words and pairs share a length of one, each sign adds a value of its own."""
    words = _WORD.findall(plain.lower())[:_MOST]
    grams = {*words, *(f"{a} {b}" for a, b in pairwise(words))}
    found: dict[int, float] = {}
    for gram in grams:
        bucket = zlib.crc32(gram.encode()) % BUCKETS
        found[bucket] = found.get(bucket, 0.0) + 1.0
    length = math.sqrt(sum(v * v for v in found.values())) or 1.0
    found = {k: v / length for k, v in found.items()}
    for sign in signs:
        bucket = zlib.crc32(f"sign:{sign}".encode()) % BUCKETS
        found[bucket] = found.get(bucket, 0.0) + 0.5
    return found


def train(
    rows: Sequence[tuple[Mapping[int, float], bool]], *, rounds: int = 60, rate: float = 0.5, decay: float = 1e-4
) -> Model:
    """Logistic regression by stochastic gradient descent in a fixed order, the rarer class weighted up to
    the other.
    """
    weights = [0.0] * BUCKETS
    bias = 0.0
    bad = sum(label for _, label in rows) or 1
    heavy = min(4.0, (len(rows) - bad) / bad)
    order = sorted(range(len(rows)), key=lambda i: zlib.crc32(str(i).encode()))
    for step in range(rounds):
        pace = rate / (1 + step * 0.1)
        for i in order:
            values, label = rows[i]
            total = bias + sum(weights[k] * v for k, v in values.items())
            error = (1 / (1 + math.exp(-max(-30.0, min(30.0, total)))) - label) * (heavy if label else 1.0)
            bias -= pace * error * 0.1
            for k, v in values.items():
                weights[k] -= pace * (error * v + decay * weights[k])
    return Model(bias, tuple(weights))


@cache
def shipped() -> Model:
    """The model that the package ships. Raises OSError or ValueError when the data file is missing or
    broken.
    """
    data = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    weights = [0.0] * BUCKETS
    for bucket, value in data["weights"].items():
        weights[int(bucket)] = value / 1000
    return Model(data["bias"], tuple(weights))


def packed(model: Model) -> str:
    """A model as the text of its data file: thousandths, zeros left out."""
    kept = {str(k): round(w * 1000) for k, w in enumerate(model.weights) if round(w * 1000)}
    return json.dumps({"bias": round(model.bias, 4), "weights": kept}, separators=(",", ":"), sort_keys=True) + "\n"
