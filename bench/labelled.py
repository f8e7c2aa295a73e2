"""Flaws with a known place, and their fixes: hit, told apart, and fixed sides still accused, per class.

``python bench/labelled.py [FOLDER...]`` reads the small pairs of the corpus; every further FOLDER holds checkouts as
``<id>/vulnerable`` and ``<id>/fixed`` for entries of the corpus's other two lists. Each side is packed into a bundle
with the least of manifests and goes through the whole scan.

Counted as the corpus asks: *hit* is a finding of the labelled control within three lines of a labelled line (classes of
absence and texts: anywhere); *discriminated* is a hit and a better outcome of that control on the fixed side; *fixed
flagged* is a fixed side that still fails it. One JSON line per figure.
"""

import json
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scanner.context import Context
from scanner.errors import BundleError
from scanner.isolate import ScanError, scan_isolated
from trust.report import assessment_document
from trust.rubric import rubric
from trust.scoring import assess

LABELLED = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "labelled"
LISTS = ("labels.json", "registry-pairs.json", "public-repositories.json")
NEAR = 3
ANYWHERE = {
    "missing-auth",
    "no-audit-log",
    "no-human-confirmation",
    "root-container",
    "tool-poisoning",
    "unpinned-deps",
}
RANK = {"fail": 0, "partial": 1, "not_assessed": 1, "pass": 2, "not_applicable": 2}
STARTS = ("server.py", "main.py", "index.js", "server.js", "src/index.ts", "index.ts", "src/main.py", "src/server.py")
FULL_SIZE_LIMIT = 20 << 20


@dataclass(frozen=True)
class Side:
    outcome: str
    findings: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Result:
    entry: dict[str, Any]
    list: str
    vulnerable: Side
    fixed: Side | None

    @property
    def hit(self) -> bool:
        if self.entry["cls"] in ANYWHERE:
            return self.vulnerable.outcome in ("fail", "partial")
        flaws = self.entry.get("flaws") or self.entry["vulnerable"]["flaws"]
        return any(
            f["path"] == flaw["file"] and f["line"] is not None and abs(f["line"] - flaw["line"]) <= NEAR
            for f in self.vulnerable.findings
            for flaw in flaws
        )

    @property
    def told(self) -> bool:
        return self.hit and self.fixed is not None and RANK[self.fixed.outcome] > RANK[self.vulnerable.outcome]

    @property
    def flagged(self) -> bool:
        return self.fixed is not None and self.fixed.outcome == "fail"


def start(folder: Path, names: list[str]) -> str:
    """The file a client would start: what the package metadata says, else the usual names, else any module."""
    package = folder / "package.json"
    if package.is_file():
        data = json.loads(package.read_text("utf-8"))
        binaries = data.get("bin") or {}
        wanted = [data.get("main"), *([binaries] if isinstance(binaries, str) else binaries.values())]
        for name in (str(w).removeprefix("./") for w in wanted if w):
            source = name.replace("dist/", "src/").replace("build/", "src/")
            for candidate in (name, source, source.removesuffix("js") + "ts"):
                if candidate in names:
                    return candidate
    ends = [n for s in STARTS for n in names if n == s or n.endswith("/" + s)]
    return next(iter([*ends, *(n for n in names if n.endswith((".py", ".js", ".ts")))]), names[0])


def pack(folder: Path, target: Path) -> None:
    names = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
    names = [n for n in names if (folder / n).stat().st_size < FULL_SIZE_LIMIT and n != "manifest.json"]
    entry = start(folder, names)
    kind, command = ("python", "python") if entry.endswith(".py") else ("node", "node")
    manifest = {
        "manifest_version": "0.3",
        "name": "labelled",
        "version": "1.0.0",
        "description": "One side of a labelled pair.",
        "author": {"name": "Corpus"},
        "server": {
            "type": kind,
            "entry_point": entry,
            "mcp_config": {"command": command, "args": ["${__dirname}/" + entry]},
        },
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        for name in names:
            archive.write(folder / name, name)


def look(folder: Path, entry: dict[str, Any]) -> Side:
    with tempfile.TemporaryDirectory() as tmp:
        bundle = Path(tmp) / "side.mcpb"
        pack(folder, bundle)
        facts = scan_isolated(bundle, Context())
    document = assessment_document(assess(facts, rubric()), facts, scanned_at="", duration_ms=0)
    for control in document["controls"]:
        if control["id"] == entry["control"]:
            return Side(control["outcome"], tuple(control["findings"]))
    return Side("not_assessed", ())


def entries(checkouts: list[Path]) -> Iterator[tuple[str, dict[str, Any], Path, Path | None]]:
    for name in LISTS:
        for entry in json.loads((LABELLED / name).read_text("utf-8")):
            for root in (LABELLED, *checkouts):
                bad, good = root / entry["id"] / "vulnerable", root / entry["id"] / "fixed"
                if bad.is_dir():
                    yield name, entry, bad, good if good.is_dir() else None
                    break


def measure(item: tuple[str, dict[str, Any], Path, Path | None]) -> Result | str:
    name, entry, bad, good = item
    try:
        return Result(entry, name, look(bad, entry), look(good, entry) if good else None)
    except (BundleError, ScanError) as error:
        return f"{entry['id']}: {error}"


def figure(name: str, value: object, unit: str) -> None:
    print(json.dumps({"figure": name, "value": value, "unit": unit}), flush=True)


def main() -> None:
    if not LABELLED.is_dir():
        print("The labelled pairs are not here.", file=sys.stderr)
        return
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(measure, entries([Path(a) for a in sys.argv[1:]])))
    for problem in (o for o in outcomes if isinstance(o, str)):
        figure("not scanned", problem, "reason")
    results = [o for o in outcomes if isinstance(o, Result)]
    for name in LISTS:
        for r in sorted((r for r in results if r.list == name), key=lambda r: str(r.entry["cls"])):
            after = r.fixed.outcome if r.fixed else "-"
            words = [w for w, yes in (("hit", r.hit), ("told", r.told), ("flagged", r.flagged)) if yes] or ["missed"]
            figure(
                f"{r.entry['control']} {r.entry['cls']} {r.entry['id']}",
                f"{' '.join(words)} ({r.vulnerable.outcome} -> {after})",
                "outcome",
            )
    for name in LISTS:
        mine = [r for r in results if r.list == name]
        pairs = [r for r in mine if r.fixed is not None]
        if mine:
            figure(f"{name}: labelled flaws hit", f"{sum(r.hit for r in mine)}/{len(mine)}", "flaws")
            figure(f"{name}: pairs discriminated", f"{sum(r.told for r in pairs)}/{len(pairs)}", "pairs")
            figure(f"{name}: fixed side still failing", f"{sum(r.flagged for r in pairs)}/{len(pairs)}", "pairs")


if __name__ == "__main__":
    main()
