"""How the corpus of hostile, real and labelled bundles comes out: counts, and seconds a scan.

``python bench/corpus.py`` prints one JSON line per figure; without the corpus beside the project it says "not here".
"""

import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scanner.bundle import BundleError, open_bundle
from scanner.context import Context
from scanner.isolate import scan_isolated
from trust.report import assessment_document
from trust.rubric import rubric
from trust.scoring import assess

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


def figure(name: str, value: object, unit: str) -> None:
    print(json.dumps({"figure": name, "value": value, "unit": unit}), flush=True)


def verdict(path: Path) -> tuple[str, set[str]]:
    """accept, accept_warn or reject, with the codes that were given."""
    try:
        with open_bundle(path) as bundle:
            codes = {n.code for n in bundle.notices if n.tier != "hint"}
            return ("accept_warn" if codes else "accept"), codes
    except BundleError as error:
        return "reject", {error.code}


def hostile() -> tuple[int, int]:
    cases = json.loads((CORPUS / "hostile" / "expected.json").read_text("utf-8"))
    right = 0
    for case in cases.values():
        got, codes = verdict(CORPUS / "hostile" / case["file"])
        wanted = {case["code"], *case.get("alt_codes", ())} if "code" in case else set()
        right += got == case["expect"] and (got == "accept" or bool(codes & wanted))
    return right, len(cases)


def scans() -> Iterator[tuple[str, dict[str, Any], float]]:
    for entry in json.loads((CORPUS / "bundles" / "index.json").read_text("utf-8")):
        started = time.monotonic()
        facts = scan_isolated(CORPUS / "bundles" / entry["file"], Context())
        seconds = time.monotonic() - started
        document = assessment_document(assess(facts, rubric()), facts, scanned_at="", duration_ms=round(seconds * 1000))
        yield Path(entry["file"]).stem, document, seconds


def main() -> None:
    if not CORPUS.is_dir():
        print("The corpus is not here.", file=sys.stderr)
        return
    right, every = hostile()
    figure("hostile cases as expected", f"{right}/{every}", "cases")
    seconds = []
    for name, document, took in scans():
        seconds.append(took)
        domains = " ".join(str(d["score"]) for d in document["domains"])
        figure(
            f"scan {name}",
            f"{document['score']} ({domains}) at {document['coverage']} %",
            "score (domains) at coverage",
        )
        figure(f"seconds {name}", round(took, 2), "s")
    figure("real bundles scanned", len(seconds), "bundles")
    figure("seconds a scan, median", round(statistics.median(seconds), 2), "s")
    figure("seconds a scan, slowest", round(max(seconds), 2), "s")


if __name__ == "__main__":
    main()
