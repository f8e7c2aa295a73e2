"""Trains the classifier of tool texts and writes its data file; standard library only.

`python tools/train_texts.py [POISONED.jsonl BENIGN.jsonl]` trains on the two files and on the project's own texts
(`tools/texts`, written for training; those in `tests/unit/held_out` are for measuring and never read here), and writes
scanner/collect/texts/weights.json. Each line of the input is an object with `id`, `description`, `subtype`, `source`
and `param_descriptions` (a map) or `params` (a list). `python bench/texts.py` says what the result is worth.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.texts import OWN, load  # noqa: E402 - the checkout is put on the path first
from scanner.collect.texts.classifier import WEIGHTS, packed, train  # noqa: E402


def main(arguments: list[str]) -> None:
    rows = [*load(OWN / "poisoned.jsonl", poisoned=True, source="own")]
    rows += load(OWN / "benign.jsonl", poisoned=False, source="own")
    if arguments:
        poisoned, benign = map(Path, arguments)
        rows = [*load(poisoned, poisoned=True), *load(benign, poisoned=False), *rows]
    WEIGHTS.write_text(packed(train([(r.x, r.poisoned) for r in rows])), encoding="utf-8")
    print(json.dumps({"wrote": WEIGHTS.name, "texts": len(rows), "bytes": WEIGHTS.stat().st_size}))


if __name__ == "__main__":
    main(sys.argv[1:])
