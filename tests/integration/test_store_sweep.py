"""What the sweep of the store removes and what it keeps, in a directory and in a bucket."""

import hashlib
import os
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from registry import cleanup
from registry.cleanup import Swept
from registry.models import Bundle
from registry.store import FileStore, Store, StoreError, store
from tests.integration.catalog import mcpb, person, upload
from tests.integration.test_store import kept, read, s3_server, written

__all__ = ["kept", "s3_server"]

pytestmark = pytest.mark.django_db


def test_what_no_release_names_is_removed_when_it_is_old(kept: Store, settings: Settings) -> None:
    named = upload(person("acme"), mcpb()).json()["release"]["sha256"]
    unnamed = written(kept, b"nobody knows this")
    assert cleanup.sweep() == Swept(0, 0), "too young"
    settings.ASSAY_KEEP_UNUSED_SECONDS = -2
    assert cleanup.sweep() == Swept(0, 1)
    with pytest.raises(StoreError):
        kept.open(unnamed)
    assert read(kept, named) == mcpb()
    assert cleanup.sweep() == Swept(0, 0)


def test_incoming_files_are_removed_when_nobody_writes_to_them(kept: Store) -> None:
    old, young = kept.incoming / "old.part", kept.incoming / "young.part"
    for path in (old, young):
        path.write_bytes(b"x")
    os.utime(old, (time.time() - 90_000, time.time() - 90_000))
    assert cleanup.sweep() == Swept(1, 0)
    assert [path.name for path in kept.incoming.iterdir()] == ["young.part"]


def test_a_store_that_was_never_used(kept: Store) -> None:
    assert cleanup.sweep() == Swept(0, 0)


def test_removing_twice_is_no_error(kept: Store) -> None:
    digest = written(kept, b"x")
    kept.remove(digest)
    kept.remove(digest)
    assert list(kept.digests(timezone.now())) == []


def test_many_files(kept: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "_AT_ONCE", 3)
    named = {upload(person("acme"), mcpb(version=f"1.0.{n}")).json()["release"]["sha256"] for n in range(4)}
    for n in range(7):
        written(kept, f"unnamed {n}".encode())
    settings.ASSAY_KEEP_UNUSED_SECONDS = -2
    assert cleanup.sweep() == Swept(0, 7)
    assert set(kept.digests(timezone.now() + timedelta(seconds=2))) == named


@pytest.mark.django_db(transaction=True)
def test_bytes_that_are_being_published_are_not_removed(store_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An orphan of the same bytes lies there; the sweep has chosen it when a publication begins to name it."""
    data = mcpb()
    digest = hashlib.sha256(data).hexdigest()
    written(store(), data)
    with store().local(digest) as orphan:
        os.utime(orphan, (time.time() - 90_000, time.time() - 90_000))
    begun, go_on = threading.Event(), threading.Event()
    put = FileStore.put

    def slow_put(self: FileStore, path: Path, sha256: str) -> None:
        put(self, path, sha256)
        begun.set()
        assert go_on.wait(20)

    monkeypatch.setattr(FileStore, "put", slow_put)
    swept: list[Swept] = []

    def in_thread(call: object) -> threading.Thread:
        def run() -> None:
            try:
                call()  # type: ignore[operator]
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    person("acme")
    publishing = in_thread(lambda: upload(person("acme"), data))
    assert begun.wait(20)
    sweeping = in_thread(lambda: swept.append(cleanup.sweep()))
    sweeping.join(1)
    assert sweeping.is_alive(), "it waits for the publication"
    go_on.set()
    publishing.join()
    sweeping.join()
    assert swept == [Swept(0, 0)]
    assert Bundle.objects.get().sha256 == digest
    assert read(store(), digest) == data


@pytest.mark.django_db(transaction=True)
def test_other_bytes_do_not_wait(store_path: Path) -> None:
    with transaction.atomic():
        cleanup.hold("0" * 64)
        done = threading.Event()

        def other() -> None:
            with transaction.atomic():
                cleanup.hold("f" * 64)
            connection.close()
            done.set()

        threading.Thread(target=other).start()
        assert done.wait(10)
