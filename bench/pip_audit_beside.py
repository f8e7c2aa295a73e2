"""pip-audit's own command line beside ours, on the same hashed file and the same records. One JSON line per figure.

pip-audit reads the file itself and asks a vulnerability service, here a server on this machine that answers as osv.dev
does, and shares no line with our matching: compared are two readers of the file and two ways to decide. Packages that
pip-audit cannot be asked about, because one of their records names a fix that is no version and ends it, are left out
and counted; so are those of which we say that a record cannot be applied, where osv.dev guesses.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from packaging.version import InvalidVersion, Version

from bench.advisories import EXPORT, lock
from scanner.advisories.collect import Answer, answer, package_of
from scanner.advisories.records import parse_record
from scanner.advisories.snapshot import load_snapshot
from scanner.bundle import open_bundle
from scanner.collect.declaration import declare
from scanner.collect.dependencies import collect_dependencies
from scanner.collect.inventory import collect_inventory
from tests.unit.bundle_builder import BundleBuilder
from trust.facts import Component, Dependencies

Records = dict[str, list[tuple[dict[str, Any], dict[str, Any]]]]
ROUNDS = 3


def show(figure: str, **values: object) -> None:
    print(json.dumps({"figure": f"advisories beside pip-audit: {figure}", **values}), flush=True)


class Service(BaseHTTPRequestHandler):
    """`POST /v1/query` of osv.dev, from records in memory."""

    protocol_version = "HTTP/1.1"
    records: Records = {}

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        version = Version(asked["version"])
        known = self.records.get(asked["package"]["name"], ())
        found = [document for document, entry in known if concerns(version, entry)]
        body = json.dumps({"vulns": found} if found else {}).encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


def concerns(version: Version, entry: Mapping[str, Any]) -> bool:
    """OSV's evaluation in its shortest form: listed, or inside a range of versions."""
    if any(parsed(text) == version for text in entry.get("versions", ())):
        return True
    return any(inside(version, span["events"]) for span in entry.get("ranges", ()) if span["type"] == "ECOSYSTEM")


def inside(version: Version, events: list[dict[str, str]]) -> bool:
    """The last event at or before the version decides."""
    state = False
    for event in sorted(events, key=place):
        at = place(event)
        if at <= version:
            state = "introduced" in event or ("last_affected" in event and at == version)
    return state


def place(event: Mapping[str, str]) -> Version:
    """A boundary that is no version never decides anything: it comes after all others."""
    (text,) = event.values()
    return parsed(text) or Version("9999!0")


def parsed(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def main() -> None:
    if not EXPORT.exists():
        show("all", value=None, reason="the corpus is not here")
        return
    with zipfile.ZipFile(EXPORT) as archive:
        bodies = [archive.read(name) for name in archive.namelist()]
    chosen = lock([parse_record(body) for body in bodies], worst=False)
    records = by_package([json.loads(body) for body in bodies])
    fatal = {name for name, known in records.items() if any(ends_pip_audit(d) for d, _ in known)}
    parts = [c for c in chosen.components if c.name not in fatal and parsed(c.version or "") is not None]
    show("dependencies", value=len(parts), left_out=len(chosen.components) - len(parts))
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "requirements.txt")
        file.write_text("".join(requirement(c) for c in parts))
        ids, seconds = audited(file, records)
        ours, untold, groups, our_seconds = assessed(file, Path(directory))
    theirs = {name: {groups[name, id] for id in found} for name, found in ids.items()}
    apart = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    show("pip-audit's command line", flaws=sum(map(len, theirs.values())), seconds=round(seconds, 2))
    show("ours, from bundle and export to answers", flaws=sum(map(len, ours.values())), seconds=round(our_seconds, 2))
    show(
        "packages with other findings",
        value=len([name for name in apart if name not in untold]),
        names=[name for name in apart if name not in untold],
        not_evaluable_by_ours=[name for name in apart if name in untold],
    )


def by_package(documents: list[dict[str, Any]]) -> Records:
    found: Records = {}
    for document in documents:
        for entry in document.get("affected", ()):
            name = entry["package"]["name"]
            found.setdefault(name, []).append((document, entry))
    return found


def ends_pip_audit(document: dict[str, Any]) -> bool:
    """It makes a version of every fix, and of nothing else."""
    fixes = (
        event["fixed"]
        for entry in document.get("affected", ())
        for span in entry.get("ranges", ())
        if span["type"] == "ECOSYSTEM"
        for event in span["events"]
        if "fixed" in event
    )
    return any(parsed(fix) is None for fix in fixes)


def requirement(part: Component) -> str:
    return f"{part.name}=={part.version} --hash=sha256:{hashlib.sha256(part.name.encode()).hexdigest()}\n"


def audited(file: Path, records: Records) -> tuple[dict[str, set[str]], float]:
    """Package -> ids, by `pip-audit`; and the best of some runs, in seconds."""
    handler = type("Filled", (Service,), {"records": records})
    out = file.with_suffix(".json")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        command = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--require-hashes", "--disable-pip"]
        command += ["-s", "osv", "--osv-url", url, "-f", "json", "-r", str(file), "-o", str(out)]
        took = []
        for _ in range(ROUNDS):
            out.unlink(missing_ok=True)
            started = time.perf_counter()
            # Not by its exit status: that is 1 both for findings and for a crash. Only the file tells.
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            took.append(time.perf_counter() - started)
            if not out.exists():
                raise SystemExit(f"pip-audit wrote nothing: {ended.stderr[-600:]}")
        server.shutdown()
    found = {d["name"]: {v["id"] for v in d["vulns"]} for d in json.loads(out.read_text())["dependencies"]}
    return {name: ids for name, ids in found.items() if ids}, min(took)


def assessed(file: Path, directory: Path) -> tuple[dict[str, set[str]], set[str], dict[tuple[str, str], str], float]:
    """Package -> flaws, by our own reading of the same file out of a bundle; packages with a record that cannot be
    applied; the flaw that each record is about; and the best of some runs, in seconds.
    """
    bundle = directory / "bundle.mcpb"
    bundle.write_bytes(BundleBuilder().file("requirements.txt", file.read_bytes()).build())
    took = []
    found: dict[str, set[str]] = {}
    groups: dict[tuple[str, str], str] = {}
    answers: list[Answer] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        wanted = {package_of(c): c for c in components(bundle)}
        snapshot = load_snapshot(EXPORT, wanted, datetime.now(UTC))
        answers = [answer(c, snapshot) for c in wanted.values()]
        took.append(time.perf_counter() - started)
        found = {package_of(a.component)[1]: {hit.name for hit in a.hits} for a in answers if a.hits}
        groups = {(p[1], id): group for p in wanted for id, group in snapshot.groups(p).items()}
    untold = {package_of(a.component)[1] for a in answers if any("cannot be applied" in reason for reason in a.unsure)}
    return found, untold, groups, min(took)


def components(bundle: Path) -> tuple[Component, ...]:
    with open_bundle(bundle) as opened:
        declaration = declare(opened)
        found = collect_dependencies(opened, collect_inventory(opened, declaration), declaration)
    assert isinstance(found, Dependencies)
    return found.components


if __name__ == "__main__":
    main()
