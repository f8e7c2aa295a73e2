"""The registry's advisory mirror on a private PostgreSQL: import, look-up, reverse look-up. One JSON line per figure.

``python bench/advisory_mirror.py`` takes some minutes, most of them to make up a catalog of 20,000 bundles. The
database has fsync switched off, as in the tests: the figures are about the work, not about the disk. On a machine that
is shared, the processor times tell more: `cpu_seconds` is that of this process alone.
"""

import json
import os
import random
import statistics
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
import psutil

from bench.advisories import EXPORT, lock
from tests.servers import Servers

SERVERS = Servers()
os.environ.update(SERVERS.environment(), DJANGO_SETTINGS_MODULE="registry.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 -- settings come first
from django.db import connection, transaction  # noqa: E402
from django.db.backends.utils import CursorWrapper  # noqa: E402

from registry.advisories import affected, mirror  # noqa: E402
from registry.advisories.importing import import_from  # noqa: E402
from scanner.advisories.collect import answer  # noqa: E402
from scanner.advisories.records import parse_record  # noqa: E402
from trust.facts import Dependencies, Vulnerabilities  # noqa: E402

BUNDLES = 20_000
EDGES_EACH = 100
COMPONENTS = 100_000
ROUNDS = 15
SEED = 20_261_120
LOCKS = {"300-package lock": False, "300 packages with the most advisories": True}

_CATALOG = """
    INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active,
                           date_joined) VALUES (1, '', false, 'bench', '', '', '', false, true, now());
    INSERT INTO registry_namespace (id, name, owner_id, proof, signer, created_at)
        VALUES (1, 'bench', 1, '', '', now());
    INSERT INTO registry_server (id, namespace_id, name, declared_name, title, description, created_at)
        SELECT n, 1, 'server-' || n, 'server', 'Server', '', now() FROM generate_series(1, {bundles}) n;
    INSERT INTO registry_release (id, server_id, version, version_key, prerelease, state, published_by_id, published_at)
        SELECT n, n, '1.0.0', '1', false, 'active', 1, now() FROM generate_series(1, {bundles}) n;
    INSERT INTO registry_bundle (id, release_id, platform, sha256, size, filename, server_type, manifest, notices,
                                 signer, created_at)
        SELECT n, n, 'any', md5(n::text) || md5(n::text), 1, 'x', 'python', '{{}}', '[]', '', now()
        FROM generate_series(1, {bundles}) n;
"""


def show(figure: str, **values: object) -> None:
    print(json.dumps({"figure": f"advisory mirror: {figure}", **values}), flush=True)


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, {
        "seconds": round(time.perf_counter() - wall, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }


def repeated(work: Callable[[], object]) -> dict[str, float]:
    """`cpu_ms`: processor time of this process and of its database process, on average."""
    backend = psutil.Process(connection.connection.info.backend_pid)
    took = []
    cpu = spent(backend)
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        took.append((time.perf_counter() - started) * 1000)
    return {
        "median_ms": round(statistics.median(took), 1),
        "max_ms": round(max(took), 1),
        "cpu_ms": round((spent(backend) - cpu) * 1000 / ROUNDS, 1),
    }


def spent(backend: psutil.Process) -> float:
    theirs = backend.cpu_times()
    return time.process_time() + theirs.user + theirs.system


def main() -> None:
    if not EXPORT.exists():
        show("all", value=None, reason="the corpus is not here")
        return
    with zipfile.ZipFile(EXPORT) as archive:
        records = [parse_record(archive.read(name)) for name in archive.namelist()]
    SERVERS.start()
    call_command("migrate", verbosity=0)
    imports()
    locks = {label: lock(records, worst=worst) for label, worst in LOCKS.items()}
    live = [a.id for a in records if a.withdrawn is None]
    listed = sorted({(a.package[1], v) for r in records for a in r.affected for v in a.versions})
    del records  # no worker has them in memory, and the collector of garbage would walk through them
    for label, parts in locks.items():
        from_rows(label, parts)
    reverse(live, listed)


def imports() -> None:
    for figure in ("import of an export", "import of the same export again"):
        report, took = timed(lambda: import_from(str(EXPORT)))
        counts = {name: n for name, n in report.counts["osv"].items() if n}
        show(figure, **counts, **took)


def from_rows(label: str, parts: Dependencies) -> None:
    """The query and the matching; then everything a scan does, with pip-audit's second opinion."""

    def matched() -> int:
        snapshot = mirror.snapshot_for(parts.components, datetime.now(UTC))
        assert snapshot is not None
        return sum(len(answer(c, snapshot).hits) for c in parts.components)

    show(f"{label} matched against all records", hits=matched(), **repeated(matched))
    found = mirror.look_up(parts)
    assert isinstance(found, Vulnerabilities)
    disagreements = sum("disagree" in gap.reason for gap in found.gaps)
    show(f"{label}, to facts, confirmed", disagreements=disagreements, **repeated(lambda: mirror.look_up(parts)))


def reverse(live: list[str], listed: list[tuple[str, str]]) -> None:
    _, took = timed(lambda: make_catalog(listed))
    with connection.cursor() as cursor:
        components, edges = (count(cursor, table) for table in ("component", "bundlecomponent"))
    show("a catalog was made up", bundles=BUNDLES, components=components, edges=edges, **took)
    chance = random.Random(SEED)  # noqa: S311 -- a repeatable choice
    for changed, rounds in ((1, 9), (10, 5), (100, 3), (1000, 3)):
        seconds, hits, bundles = [], [], []
        for _ in range(rounds):
            ids = chance.sample(live, changed)
            with transaction.atomic():
                started = time.perf_counter()
                bundles.append(affected.ask_about(ids))
                seconds.append(time.perf_counter() - started)
                transaction.set_rollback(True)
            hits.append(len(affected.affected_components(ids)))
        show(
            f"reverse look-up, {changed} changed",
            median_seconds=round(statistics.median(seconds), 3),
            max_seconds=round(max(seconds), 3),
            components_hit=statistics.median(hits),
            bundles_asked_about=statistics.median(bundles),
        )


def make_catalog(listed: list[tuple[str, str]]) -> None:
    """Components: versions that records list, of all packages with records, and as many of packages without."""
    chance = random.Random(SEED)  # noqa: S311 -- a repeatable choice
    known = chance.sample(listed, min(len(listed), COMPONENTS * 2 // 3))
    rows = [("pypi", name, version) for name, version in known]
    rows += [("npm", f"nobody-knows-{n}", "1.0.0") for n in range(COMPONENTS - len(rows))]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CATALOG.format(bundles=BUNDLES))
        with cursor.copy("COPY advisories_component (ecosystem, package, version) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("SELECT id FROM advisories_component")
        ids = [id for (id,) in cursor.fetchall()]
        with cursor.copy("COPY advisories_bundlecomponent (bundle_id, component_id) FROM STDIN") as copy:
            for bundle in range(1, BUNDLES + 1):
                for component in chance.sample(ids, EDGES_EACH):
                    copy.write_row((bundle, component))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def count(cursor: CursorWrapper, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM advisories_{table}")  # noqa: S608 -- our own table names
    (number,) = cursor.fetchone() or (0,)
    return int(number)


if __name__ == "__main__":
    try:
        main()
    finally:
        SERVERS.stop()
