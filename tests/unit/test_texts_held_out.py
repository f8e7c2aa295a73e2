"""The texts written for measuring: none is in the training data, and the shipped classifier still tells them apart."""

import json
from pathlib import Path

import pytest

from scanner.collect.texts import collect_texts
from scanner.manifest.view import view
from tests.unit.collect_members import declaration
from tests.unit.test_collect_texts import RAW, Opened
from trust.facts import Code, Param, Texts, Tool
from trust.vocabulary import Severity, Weakness

HERE = Path(__file__).with_name("held_out")
TRAINING = Path(__file__).resolve().parents[2] / "tools" / "texts"
Row = dict[str, object]


def rows(name: str) -> list[Row]:
    return [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def examined(row: Row) -> Texts:
    params = row["params"]
    assert isinstance(params, list)
    read = tuple(
        Param(
            p["name"],
            description=" ".join(str(p.get(k, "")) for k in ("title", "description", "default")).strip(),
            enum=tuple(p.get("enum", ())),
        )
        for p in params
    )
    tool = Tool("t", "code", str(row["description"]), params=read, path="a.py", line=1)
    return collect_texts(Opened({}, {}, view(RAW, "0.3")), declaration(), Code((), tools=(tool,)))


@pytest.mark.parametrize(
    ("name", "at_least"),
    [("poisoned", 0.94), ("second-poisoned", 0.8)],
)
def test_poisoned_texts_are_found(name: str, at_least: float) -> None:
    all_rows = rows(name)
    found = [r for r in all_rows if examined(r).findings]
    missed = [r["id"] for r in all_rows if r not in found]
    assert len(found) >= at_least * len(all_rows), missed


@pytest.mark.parametrize("name", ["benign", "second-benign"])
def test_hard_negatives_are_left_alone_and_never_seriously_accused(name: str) -> None:
    all_rows = rows(name)
    told = {str(r["id"]): examined(r).findings for r in all_rows}
    flagged = [i for i, findings in told.items() if findings]
    assert len(flagged) <= 0.04 * len(all_rows), flagged
    assert not [i for i in flagged if any(f.severity is Severity.CRITICAL for f in told[i])]


@pytest.mark.parametrize(
    "language",
    ["ar", "cs", "de", "el", "es", "fa", "fr", "he", "hi", "id", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "th",
     "tr", "uk", "vi", "zh"],
)  # fmt: skip
def test_a_language_is_understood(language: str) -> None:
    mine = [r for r in rows("poisoned") if r["language"] == language]
    assert mine
    assert all(any(f.weakness is Weakness.TOOL_POISONING for f in examined(r).findings) for r in mine)


@pytest.mark.parametrize(
    "subtype",
    ["base64", "hex", "rot13", "morse", "reversed", "unicode-tags", "variation-selectors", "zero-width", "bidi",
     "homoglyph", "html-comment", "markdown-title", "ansi", "leetspeak", "spaced", "html-hidden"],
)  # fmt: skip
def test_an_encoding_is_seen_through(subtype: str) -> None:
    (row,) = [r for r in rows("poisoned") if r["subtype"] == subtype]
    assert examined(row).findings


def test_measuring_and_training_share_no_text() -> None:
    held = {r["description"] for n in ("poisoned", "benign", "second-poisoned", "second-benign") for r in rows(n)}
    lines = (line for f in TRAINING.glob("*.jsonl") for line in f.read_text(encoding="utf-8").splitlines())
    assert not held & {json.loads(line)["description"] for line in lines}
