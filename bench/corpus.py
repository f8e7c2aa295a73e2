"""How the corpus of hostile and real bundles comes out: counts, seconds a scan, own source per second, memory.

``python bench/corpus.py`` prints one JSON line per figure; without the corpus beside the project it says "not here".
"""

import json
import resource
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scanner.bundle import BundleError, open_bundle
from scanner.context import Context, Progress
from scanner.isolate import scan_isolated
from trust.finding import Gap
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


@dataclass(frozen=True)
class Scanned:
    name: str
    document: dict[str, Any]
    seconds: float
    code_seconds: float
    code_bytes: int
    unpacked_bytes: int
    serious: tuple[str, ...]


def scans() -> Iterator[Scanned]:
    for entry in json.loads((CORPUS / "bundles" / "index.json").read_text("utf-8")):
        begun: dict[str, float] = {}
        took: dict[str, float] = {}

        def report(step: Progress, begun: dict[str, float] = begun, took: dict[str, float] = took) -> None:
            if step.state == "running":
                begun[step.step] = time.monotonic()
            elif step.step in begun:
                took[step.step] = time.monotonic() - begun[step.step]

        started = time.monotonic()
        facts = scan_isolated(CORPUS / "bundles" / entry["file"], Context(), report)
        seconds = time.monotonic() - started
        document = assessment_document(assess(facts, rubric()), facts, scanned_at="", duration_ms=round(seconds * 1000))
        languages = () if isinstance(facts.code, Gap) else facts.code.languages
        yield Scanned(
            Path(entry["file"]).stem,
            document,
            seconds,
            took.get("code", 0.0),
            sum(language.bytes for language in languages),
            0 if isinstance(facts.archive, Gap) else facts.archive.unpacked_bytes,
            tuple(
                f"{control['id']} {found['rule']} {found['path']}:{found['line']}"
                for control in document["controls"]
                for found in control["findings"]
                if found["severity"] in ("critical", "high") and found["confidence"] != "tentative"
            ),
        )


def main() -> None:
    if not CORPUS.is_dir():
        print("The corpus is not here.", file=sys.stderr)
        return
    right, every = hostile()
    figure("hostile cases as expected", f"{right}/{every}", "cases")
    done = []
    for one in scans():
        done.append(one)
        domains = " ".join(str(d["score"]) for d in one.document["domains"])
        value = f"{one.document['score']} ({domains}) at {one.document['coverage']} %"
        figure(f"scan {one.name}", value, "score (domains) at coverage")
        figure(f"seconds {one.name}", round(one.seconds, 2), "s")
        for finding in one.serious:
            figure(f"serious {one.name}", finding, "control rule place")
    figure("real bundles scanned", len(done), "bundles")
    figure("seconds a scan, median", round(statistics.median(one.seconds for one in done), 2), "s")
    slowest = max(done, key=lambda one: one.seconds)
    figure("seconds a scan, slowest", round(slowest.seconds, 2), f"s, {slowest.unpacked_bytes / 1e6:.1f} MB unpacked")
    read, took = sum(one.code_bytes for one in done), sum(one.code_seconds for one in done)
    figure("own source read", round(read / 1e6 / took, 2), "MB/s on one core")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    figure("peak memory of a scan", round(peak / 1024), "MiB")


if __name__ == "__main__":
    main()
