"""Power cuts, full disks and lost databases in the middle of publishing: afterwards a release is whole or not there.

The processes are real. (A worker that is killed during a scan: `test_scan_worker`.)
"""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from registry import cleanup, scans
from registry.models import Bundle, FactSet, Namespace, Release, Scan, SearchEntry, Server
from registry.tasks import sweep_store
from tests.integration.catalog import mcpb, named_file, person, token
from tests.processes import wait_until
from tests.servers import Servers
from tests.unit.bundle_builder import BundleBuilder
from tests.web import Answer, Web, form, head, push

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TABLES = (Namespace, Server, Release, Bundle, Scan, FactSet, SearchEntry)
COMMIT_TAKES = 3


@pytest.fixture
def web(servers: Servers, transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[Web]:
    settings.ASSAY_STORE_PATH = tmp_path / "store"
    web = Web(servers, tmp_path / "store")
    web.start()
    yield web
    web.stop()


@pytest.fixture
def slow_commit(transactional_db: None) -> Iterator[None]:
    """A commit that takes its time: the moment in which the file is stored and its rows are not there yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION wait_a_little() RETURNS trigger LANGUAGE plpgsql AS "
            f"'BEGIN PERFORM pg_sleep({COMMIT_TAKES}); RETURN NULL; END'"
        )
        cursor.execute(
            "CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON registry_bundle DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION wait_a_little()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS slow_commit ON registry_bundle")
        cursor.execute("DROP FUNCTION wait_a_little")


def no_more_waiting() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER slow_commit ON registry_bundle")


def rows() -> dict[str, int]:
    return {table.__name__: count for table in TABLES if (count := table.objects.count())}


def large(size: int, version: str = "1.4.0") -> bytes:
    return BundleBuilder({"version": version}).file("data.bin", os.urandom(size), method=0).build()


def grow_old(web: Web) -> None:
    """Two days pass for everything in the store."""
    then = time.time() - 48 * 3600
    for name in web.files():
        os.utime(web.store / name, (then, then))


def assert_works(web: Web, secret: str) -> None:
    """An upload is taken in, and the release can be read and downloaded whole."""
    data = mcpb(name="next")
    assert web.post(secret, form(data)).status == 201
    downloaded = Client().get("/api/v1/servers/acme/next/versions/latest/download")
    assert b"".join(downloaded.streaming_content) == data  # type: ignore[attr-defined]


def in_the_background(web: Web, secret: str, data: bytes) -> tuple[threading.Thread, list[Answer | AssertionError]]:
    heard: list[Answer | AssertionError] = []

    def send() -> None:
        try:
            heard.append(web.post(secret, form(data)))
        except AssertionError as error:  # no answer came
            heard.append(error)

    thread = threading.Thread(target=send)
    thread.start()
    return thread, heard


def committing() -> list[int]:
    """The database processes that are in the middle of a slow commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        return [pid for (pid,) in cursor.fetchall()]


def terminate(pids: list[int]) -> None:
    with connection.cursor() as cursor:
        for pid in pids:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


# --- the web process ------------------------------------------------------------


def test_killed_while_a_body_arrives(web: Web) -> None:
    secret = token(person("acme"))
    body = form(large(4_000_000))
    with web.connect() as connection_:
        push(connection_, [head(secret, {"Content-Length": str(len(body))}), body[:2_500_000]])
        wait_until(web.files, 10, "the upload had begun")
        web.kill()
    (left,) = web.files()
    assert left.startswith("incoming/")
    assert rows() == {}
    web.start()
    assert_works(web, secret)
    assert cleanup.sweep() == cleanup.Swept(0, 0), "it is too young to be taken for lost"
    assert left in web.files()
    grow_old(web)
    assert cleanup.sweep() == cleanup.Swept(1, 0)
    assert web.files() == [f"sha256/{(d := Bundle.objects.get().sha256)[:2]}/{d[2:4]}/{d}"]


@pytest.mark.usefixtures("slow_commit")
def test_killed_while_the_rows_are_committed(web: Web) -> None:
    """The database goes on without it: the release is there, whole, and the sweep sees to its scan."""
    secret = token(person("acme"))
    thread, heard = in_the_background(web, secret, mcpb())
    wait_until(committing, 10, "the commit had begun")
    web.kill()
    thread.join()
    assert isinstance(heard[0], AssertionError)
    wait_until(lambda: not committing(), 10, "the commit ended")
    assert rows() == {"Namespace": 1, "Server": 1, "Release": 1, "Bundle": 1, "Scan": 1, "SearchEntry": 1}
    Scan.objects.update(rung_at="2026-01-01T00:00:00Z")
    assert scans.sweep() == (Scan.objects.get().pk,)
    no_more_waiting()
    web.start()
    assert web.post(secret, form(mcpb())).status == 200, "the publisher tries again and is told that it is there"
    grow_old(web)
    assert cleanup.sweep() == cleanup.Swept(1, 0), "the upload itself; the release keeps its bytes"
    assert_works(web, secret)


# --- the database ---------------------------------------------------------------


@pytest.mark.usefixtures("slow_commit")
def test_the_database_connection_is_lost_in_the_transaction(web: Web) -> None:
    secret = token(person("acme"))
    thread, heard = in_the_background(web, secret, mcpb())
    wait_until(committing, 10, "the commit had begun")
    (orphan,) = [name for name in web.files() if name.startswith("sha256/")]
    terminate(committing())
    thread.join()
    assert isinstance(heard[0], Answer)
    assert (heard[0].status, heard[0].code) == (503, "database.unavailable")
    assert int(heard[0].headers["retry-after"]) > 0
    assert rows() == {}
    assert web.files() == [orphan], "nothing on its way in"
    no_more_waiting()
    assert_works(web, secret)
    grow_old(web)
    assert cleanup.sweep() == cleanup.Swept(0, 1)
    assert orphan not in web.files()
    assert_works_again = web.post(secret, form(mcpb()))
    assert assert_works_again.status == 201


def test_every_database_connection_is_lost(web: Web) -> None:
    """As when PostgreSQL is restarted: the pool's connections are dead, and nobody hears of it more than once."""
    secret = token(person("acme"))
    assert web.post(secret, form(mcpb(version="0.1.0"))).status == 201
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        pids = [pid for (pid,) in cursor.fetchall()]
    assert pids
    terminate(pids)
    answers = [web.post(secret, form(mcpb(version=f"1.0.{n}"))) for n in range(4)]
    assert {a.status for a in answers} <= {201, 503}
    assert answers[-1].status == 201
    assert Bundle.objects.count() == 1 + sum(a.status == 201 for a in answers)


# --- the disk -------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes where the store will be."""
    place = tmp_path / "store"
    place.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("only root can mount the small file system that this test fills")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk(small_disk: Path, web: Web) -> None:
    secret = token(person("acme"))
    for _ in range(3):
        told = web.post(secret, form(large(3_000_000)))
        assert (told.status, told.code) == (503, "store.unavailable"), told
        assert "No space left" in told.json["detail"]
        assert int(told.headers["retry-after"]) > 0
        assert rows() == {}
        assert web.files() == []
    assert web.post(secret, form(large(1_500_000, "1.0.0"))).status == 201
    assert web.post(secret, form(large(1_500_000, "1.0.1"))).status == 503
    assert Bundle.objects.count() == len(web.files()) == 1
    assert_works(web, secret)


def test_a_full_disk_on_the_page(small_disk: Path, settings: Settings, transactional_db: None) -> None:
    settings.ASSAY_STORE_PATH = small_disk
    client = Client()
    client.force_login(person("acme"))
    fields: dict[str, Any] = {"namespace": "acme", "platform": "any", "file": named_file(large(3_000_000))}
    told = client.post("/publish", fields)
    assert told.status_code == 503
    assert told["Retry-After"]
    assert "No space left" in told.content.decode()
    assert rows() == {}
    assert [path for path in small_disk.rglob("*") if path.is_file()] == []
    assert client.post("/publish", fields | {"file": named_file(mcpb())}).status_code == 302


# --- the sweep --------------------------------------------------------------------


def test_a_worker_sweeps_the_store(worker: Any, settings: Settings, tmp_path: Path) -> None:
    store = tmp_path / "store"
    worker(1, ASSAY_STORE_PATH=str(store), ASSAY_KEEP_UNUSED_SECONDS="60")
    lost = [store / "incoming" / "a.part", store / "sha256" / "ab" / "cd" / ("abcd" + "0" * 60)]
    for path in lost:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
        os.utime(path, (time.time() - 61, time.time() - 61))
    young = store / "incoming" / "b.part"
    young.write_bytes(b"x")
    sweep_store.delay()
    wait_until(lambda: not any(path.exists() for path in lost), 30, "both were removed")
    assert young.exists()
    assert settings.CELERY_BEAT_SCHEDULE["sweep-store"]["task"] == sweep_store.name
