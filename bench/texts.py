"""Poisoned tool texts: found, false alarms and hard negatives, validated on sources that training never saw.

One JSON line per figure. Three measurements, none of which judges a text by a model that was trained on its source:

- *held-out source*: the public corpus, each source (a repository) judged by a model trained on all others and the
  project's own training texts (`tools/texts`). The structural signs are fixed and were written with the public texts
  in view, so the classifier's figures without signs are printed beside it.
- *own held-out*: texts in `tests/unit/held_out`, for measuring and never trained on; by the shipped model. One set
  was written before anything was tuned, one after; what was learned from their first runs is in both figures.
- *own training texts by fold*: a quarter of `tools/texts` judged by a model trained on the other three and the corpus.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scanner.collect.texts.classifier import Model, features, shipped, train
from scanner.collect.texts.features import present
from scanner.collect.texts.gathering import tool_text
from scanner.collect.texts.mentions import affirmed
from scanner.collect.texts.reading import Read, read
from scanner.collect.texts.verdict import Verdict, judge
from trust.facts import Param

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT.parent / "shared" / "corpus" / "tools"
OWN = ROOT / "tools" / "texts"
HELD_OUT = ROOT / "tests" / "unit" / "held_out"
FOLDS = 4


@dataclass(frozen=True)
class Row:
    """One text of a data set, read, with what a classifier sees of it (`x`, and `bare` without the signs)."""

    id: str
    source: str
    subtype: str
    language: str
    poisoned: bool
    hard: bool
    read: Read
    x: Mapping[int, float]
    bare: Mapping[int, float]


def load(path: Path, *, poisoned: bool, source: str = "") -> list[Row]:
    """The rows of one file of JSON lines, `params` or `param_descriptions` per line. Raises OSError, ValueError."""
    rows = []
    for at, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        data = json.loads(line)
        params = [_param(p) for p in data.get("params", ())]
        params += [Param(k, description=str(v)) for k, v in data.get("param_descriptions", {}).items()]
        taken = read(tool_text(data["description"], params))
        said = affirmed(taken.plain)
        named = source and f"{source} {at % FOLDS}"
        rows.append(
            Row(
                data["id"],
                named or data.get("source", "").partition(":")[0],
                data["subtype"],
                data.get("language", "en"),
                poisoned,
                bool(data.get("hard_negative")),
                taken,
                features(said, present(said)),
                features(said, ()),
            )
        )
    return rows


def _param(data: Mapping[str, object]) -> Param:
    enum = data.get("enum", [])
    words = (str(data.get(k, "")) for k in ("title", "description", "default"))
    values = tuple(str(v) for v in enum) if isinstance(enum, list) else ()
    return Param(str(data["name"]), description=" ".join(w for w in words if w), enum=values)


def folds(rows: Sequence[Row]) -> list[set[str]]:
    """Sources to hold out together: each with poisoned texts alone, the others spread over these."""
    bad = sorted({r.source for r in rows if r.poisoned})
    groups = [{source} for source in bad]
    for at, source in enumerate(sorted({r.source for r in rows} - set(bad))):
        groups[at % len(groups)].add(source)
    return groups


def validated(rows: Sequence[Row]) -> tuple[dict[str, Verdict], dict[str, float]]:
    """The verdict on every row, and the score of a classifier without signs, by models that never saw its source."""
    verdicts: dict[str, Verdict] = {}
    alone: dict[str, float] = {}
    for group in folds(rows):
        known = [r for r in rows if r.source not in group]
        model = train([(r.x, r.poisoned) for r in known])
        bare = train([(r.bare, r.poisoned) for r in known])
        for row in (r for r in rows if r.source in group):
            verdicts[row.id] = judge(row.read, model)
            alone[row.id] = bare.score(row.bare)
    return verdicts, alone


def figure(name: str, hits: int, of: int) -> None:
    print(
        json.dumps({"figure": f"texts: {name}", "value": hits, "of": of, "percent": round(100 * hits / max(1, of), 1)})
    )


def report(title: str, rows: Sequence[Row], found: Callable[[Row], bool]) -> None:
    for what, group in (
        ("poisoned found", [r for r in rows if r.poisoned]),
        ("benign flagged", [r for r in rows if not r.poisoned]),
        ("hard negatives flagged", [r for r in rows if r.hard]),
    ):
        if group:
            figure(f"{what}, {title}", sum(map(found, group)), len(group))


def by(title: str, rows: Iterable[Row], found: Callable[[Row], bool], key: Callable[[Row], str]) -> None:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    for name, group in sorted(groups.items()):
        figure(f"{title} {name}", sum(map(found, group)), len(group))


def missed(rows: Iterable[Row], found: Callable[[Row], bool]) -> Iterator[str]:
    return (r.id for r in rows if found(r) != r.poisoned)


def finder(verdicts: Mapping[str, Verdict]) -> Callable[[Row], bool]:
    """Any finding at all: poisoned by the verdict, or hidden characters."""
    return lambda row: verdicts[row.id].level != "none" or bool(row.read.tricks)


def corpus(model: Model) -> None:
    own = [
        *load(OWN / "poisoned.jsonl", poisoned=True, source="own"),
        *load(OWN / "benign.jsonl", poisoned=False, source="own"),
    ]
    held, second = (
        [
            *load(HELD_OUT / f"{name}poisoned.jsonl", poisoned=True),
            *load(HELD_OUT / f"{name}benign.jsonl", poisoned=False),
        ]
        for name in ("", "second-")
    )
    if TOOLS.exists():
        public = [*load(TOOLS / "poisoned.jsonl", poisoned=True), *load(TOOLS / "benign.jsonl", poisoned=False)]
    else:
        public = []
        print(json.dumps({"figure": "texts: public corpus", "value": None, "reason": "the corpus is not here"}))
    verdicts, alone = validated([*public, *own])
    found = finder(verdicts)
    if public:
        report("held-out source", public, found)
        report("held-out source, critical", public, lambda r: verdicts[r.id].level == "clear")
        report("held-out source, classifier without signs at 0.5", public, lambda r: alone[r.id] >= 0.5)
        by("poisoned found, held-out source", (r for r in public if r.poisoned), found, lambda r: r.source)
        by("poisoned found, subtype", (r for r in public if r.poisoned), found, lambda r: r.subtype)
    report("own training texts by fold", own, found)
    told = finder({r.id: judge(r.read, model) for r in (*held, *second)})
    report("own held-out, shipped model", held, told)
    report("second own held-out, shipped model", second, told)
    by("own held-out found, subtype", (r for r in held if r.poisoned), told, lambda r: r.subtype)
    by("own held-out found, language", (r for r in held if r.poisoned), told, lambda r: r.language)
    by("own held-out flagged, subtype", (r for r in held if not r.poisoned), told, lambda r: r.subtype)
    for title, rows, told_by in (("corpus", public, found), ("own held-out", [*held, *second], told)):
        print(json.dumps({"figure": f"texts: wrong in {title}", "value": list(missed(rows, told_by))}))
    texts, started = [r.read.plain for r in (*public, *held)], time.perf_counter()
    for text in texts:
        judge(read(text), model)
    seconds = time.perf_counter() - started
    print(json.dumps({"figure": "texts: judged per second", "value": round(len(texts) / seconds)}))


if __name__ == "__main__":
    corpus(shipped())
