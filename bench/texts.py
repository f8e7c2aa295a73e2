"""Poisoned tool texts: found, false alarms and hard negatives, validated on sources that training never saw.

One JSON line per figure. The classifier is trained anew without each held-out repository; the structural
signs are fixed
and were written with the public half of the data in view, so figures on other data are the ones to trust.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scanner.collect.texts.classifier import features, shipped, train
from scanner.collect.texts.features import present
from scanner.collect.texts.reading import read
from scanner.collect.texts.verdict import judge

TOOLS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "tools"


@dataclass(frozen=True)
class Text:
    id: str
    text: str
    source: str
    poisoned: bool
    hard: bool


def load(poisoned: Path, benign: Path) -> list[Text]:
    rows = [
        (json.loads(line), path is poisoned) for path in (poisoned, benign) for line in path.read_text().splitlines()
    ]
    return [
        Text(
            r["id"],
            "\n".join((r["description"], *map(str, r["param_descriptions"].values()))),
            r["source"].partition(":")[0],
            bad,
            bool(r.get("hard_negative")),
        )
        for r, bad in rows
    ]


def grouped(texts: Sequence[Text]) -> Iterator[dict[str, object]]:
    """Leave one repository out: how its texts fare with signs and a classifier that never saw the
    repository.
    """
    rows = {t.id: (features(plain, present(plain)), t.poisoned) for t in texts for plain in (read(t.text).plain,)}
    levels: dict[str, str] = {}
    alone: dict[str, bool] = {}
    for source in sorted({t.source for t in texts}):
        model = train([rows[t.id] for t in texts if t.source != source], rounds=30)
        for t in texts:
            if t.source == source:
                verdict = judge(read(t.text), model)
                levels[t.id] = verdict.level
                alone[t.id] = model.score(rows[t.id][0]) >= 0.5
    for name, flagged in (
        ("critical (clear)", {k for k, v in levels.items() if v == "clear"}),
        ("any finding (clear or near)", {k for k, v in levels.items() if v != "none"}),
        ("classifier alone at 0.5", {k for k, v in alone.items() if v}),
    ):
        for what, group in (
            ("poisoned found", [t for t in texts if t.poisoned]),
            ("benign flagged", [t for t in texts if not t.poisoned]),
            ("hard negatives flagged", [t for t in texts if t.hard]),
        ):
            hits = sum(t.id in flagged for t in group)
            yield {
                "figure": f"texts: {what}, {name}",
                "value": hits,
                "of": len(group),
                "percent": round(100 * hits / len(group), 1),
            }
    for source in sorted({t.source for t in texts if t.poisoned}):
        group = [t for t in texts if t.poisoned and t.source == source]
        yield {
            "figure": f"texts: poisoned found, held-out {source}",
            "value": sum(levels[t.id] != "none" for t in group),
            "of": len(group),
        }


def main() -> None:
    if not TOOLS.exists():
        print(json.dumps({"figure": "texts", "value": None, "reason": "the corpus is not here"}))
        return
    texts = load(TOOLS / "poisoned.jsonl", TOOLS / "benign.jsonl")
    for figure in grouped(texts):
        print(json.dumps(figure))
    model, started = shipped(), time.perf_counter()
    for t in texts:
        judge(read(t.text), model)
    seconds = time.perf_counter() - started
    print(json.dumps({"figure": "texts: judged per second", "value": round(len(texts) / seconds)}))


if __name__ == "__main__":
    main()
