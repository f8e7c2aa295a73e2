"""Trains the classifier of tool texts and writes its data file; standard library only.

`python tools/train_texts.py POISONED.jsonl BENIGN.jsonl` writes scanner/collect/texts/weights.json. Each
line of the input is
an object with `description`, `param_descriptions` (a map) and `source`. With `--dry-run` only the
validation is printed.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.texts import grouped, load  # noqa: E402 - the checkout is put on the path first
from scanner.collect.texts.classifier import WEIGHTS, features, packed, train  # noqa: E402
from scanner.collect.texts.features import present  # noqa: E402
from scanner.collect.texts.reading import read  # noqa: E402


def main(arguments: Iterable[str]) -> None:
    paths = [Path(a) for a in arguments if a != "--dry-run"]
    texts = load(*paths)
    for figure in grouped(texts):
        print(json.dumps(figure))
    rows = [(features(plain, present(plain)), t.poisoned) for t in texts for plain in (read(t.text).plain,)]
    if "--dry-run" not in sys.argv:
        WEIGHTS.write_text(packed(train(rows)), encoding="utf-8")
        print(json.dumps({"wrote": WEIGHTS.name, "bytes": WEIGHTS.stat().st_size}))


if __name__ == "__main__":
    main(sys.argv[1:])
