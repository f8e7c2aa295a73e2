"""Advisory export: loading it, matching a large lock against it, and pip-audit's part. One JSON line per figure."""

import json
import statistics
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from scanner.advisories.collect import answer, collect_vulnerabilities, look_up, package_of
from scanner.advisories.records import Advisory, Package, parse_record
from scanner.advisories.snapshot import load_snapshot
from scanner.collect.dependencies.reading import purl
from trust.facts import Component, Dependencies, Vulnerabilities

EXPORT = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "advisories" / "PyPI-all.zip"
ROUNDS = 15


def lock(records: list[Advisory], *, worst: bool, size: int = 300) -> Dependencies:
    """A lock file's worth of packages at versions that were listed as affected once: two thirds have advisories, one
    third has none. Those with advisories are spread over the alphabet, or the `worst`: with the most listed versions.
    """
    versions: dict[str, list[str]] = {}
    for record in records:
        for affected in record.affected:
            versions.setdefault(affected.package[1], []).extend(affected.versions)
    listed = sorted(name for name, v in versions.items() if v)
    count = size * 2 // 3
    if worst:
        known = sorted(listed, key=lambda name: -len(versions[name]))[:count]
    else:
        known = listed[:: len(listed) // count][:count]
    named = [(name, max(versions[name])) for name in known]
    named += [(f"nobody-knows-{n}", "1.0") for n in range(size - len(named))]
    parts = (Component("pypi", n, v, purl("pypi", n, v), "uv.lock", exact=True, hashed=True) for n, v in named)
    return Dependencies(tuple(parts), ("uv.lock",), locked=True)


def milliseconds(work: Callable[[], object]) -> dict[str, float]:
    """Median and worst of several runs."""
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        took.append((time.perf_counter() - started) * 1000)
    return {"median_ms": round(statistics.median(took), 1), "max_ms": round(max(took), 1)}


def show(figure: str, **values: object) -> None:
    print(json.dumps({"figure": f"advisories: {figure}", **values}))


def main() -> None:
    if not EXPORT.exists():
        show("all", value=None, reason="the corpus is not here")
        return
    now = datetime.now(UTC)
    started = time.perf_counter()
    with zipfile.ZipFile(EXPORT) as archive:
        records = [parse_record(archive.read(name)) for name in archive.namelist()]
    show("every record decoded and checked", value=len(records), seconds=round(time.perf_counter() - started, 2))
    few: set[Package] = {("pypi", name) for name in ("mcp", "starlette", "pydantic", "httpx")}
    show("export loaded for 4 packages", of=len(records), **milliseconds(lambda: load_snapshot(EXPORT, few, now)))
    for label, worst in (("300-package lock", False), ("300 packages with the most advisories", True)):
        measure(label, lock(records, worst=worst), now)


def measure(label: str, parts: Dependencies, now: datetime) -> None:
    wanted = {package_of(c) for c in parts.components}
    show(f"export loaded for {label}", **milliseconds(lambda: load_snapshot(EXPORT, wanted, now)))
    snapshot = load_snapshot(EXPORT, wanted, now)
    hits = sum(len(answer(c, snapshot).hits) for c in parts.components)
    show(f"{label} matched", hits=hits, **milliseconds(lambda: [answer(c, snapshot) for c in parts.components]))
    found = collect_vulnerabilities(parts, snapshot)
    assert isinstance(found, Vulnerabilities)
    show(
        f"{label} matched, told, and confirmed by pip-audit",
        disagreements=sum("disagree" in gap.reason for gap in found.gaps),
        **milliseconds(lambda: collect_vulnerabilities(parts, snapshot)),
    )
    show(f"{label}, export to facts", **milliseconds(lambda: look_up(parts, EXPORT, now)))


if __name__ == "__main__":
    main()
