"""The bundle store, as a directory and as a bucket: the same behaviour of both."""

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from pytest_django.fixtures import Settings

from registry import store as stores
from registry.publishing import publish
from registry.store import Store, StoreError, store
from registry.uploads import from_file
from tests.integration.catalog import mcpb, person, upload


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """moto's server stands in for S3: the same protocol, kept in memory."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["file", "s3"])
def kept(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Iterator[Store]:
    settings.ASSAY_VAR = tmp_path
    settings.ASSAY_STORE = request.param
    if request.param == "file":
        settings.ASSAY_STORE_PATH = tmp_path / "store"
        yield store()
        return
    settings.ASSAY_S3_ENDPOINT = request.getfixturevalue("s3_server")
    settings.ASSAY_S3_BUCKET = tmp_path.name.replace("_", "-").lower()
    settings.ASSAY_S3_ACCESS_KEY = settings.ASSAY_S3_SECRET_KEY = "test"
    client = stores._s3_client(settings.ASSAY_S3_ENDPOINT, settings.ASSAY_S3_REGION, "test", "test")
    client.create_bucket(Bucket=settings.ASSAY_S3_BUCKET)
    yield store()
    client.close()
    stores._s3_client.cache_clear()


def written(kept: Store, data: bytes) -> str:
    """The digest of bytes that were put into the store from a file on its way in."""
    digest = hashlib.sha256(data).hexdigest()
    path = kept.incoming / f"{threading.get_ident()}.part"
    path.write_bytes(data)
    kept.put(path, digest)
    path.unlink()
    return digest


def read(kept: Store, digest: str) -> bytes:
    with kept.open(digest) as file:
        return file.read()


@pytest.mark.parametrize("data", [b"", b"x", b"y" * 20_000_000], ids=["empty", "one byte", "20 MB"])
def test_what_goes_in_comes_out(kept: Store, data: bytes) -> None:
    digest = written(kept, data)
    assert read(kept, digest) == data
    with kept.local(digest) as path:
        assert path.read_bytes() == data
    assert list(kept.incoming.iterdir()) == []


def test_the_same_bytes_again_change_nothing(kept: Store) -> None:
    assert written(kept, b"same") == written(kept, b"same")
    assert read(kept, hashlib.sha256(b"same").hexdigest()) == b"same"


def test_many_at_once_leave_one_file(kept: Store) -> None:
    threads = [threading.Thread(target=written, args=(kept, b"same bytes")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read(kept, hashlib.sha256(b"same bytes").hexdigest()) == b"same bytes"
    assert list(kept.incoming.iterdir()) == []


def test_what_is_not_there(kept: Store) -> None:
    with pytest.raises(StoreError):
        kept.open("0" * 64)
    with pytest.raises(StoreError), kept.local("0" * 64):
        pass


@pytest.mark.django_db
def test_an_upload_ends_in_it(kept: Store) -> None:
    answer = upload(person("alice"), mcpb())
    assert answer.status_code == 201
    assert read(kept, answer.json()["release"]["sha256"]) == mcpb()


@pytest.mark.django_db
def test_a_store_that_fails_publishes_nothing(
    store_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: stores.FileStore, path: Path, sha256: str) -> None:
        raise StoreError("The bundle could not be stored: No space left on device.")

    monkeypatch.setattr(stores.FileStore, "put", fail)
    answer = upload(person("alice"), mcpb())
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store.unavailable")
    assert answer["Retry-After"]
    monkeypatch.undo()
    file = tmp_path / "again.mcpb"
    file.write_bytes(mcpb())
    with from_file(file) as received:
        assert publish(account=person("alice"), namespace="acme", upload=received).created
    assert list((store_path / "incoming").iterdir()) == []
