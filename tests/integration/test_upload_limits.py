"""How much and how often: sizes are enforced while reading, and an account has so many uploads an hour."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIRequest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings

from registry.api.bundles import BundleUpload
from registry.models import Bundle, Scan
from registry.tasks import run_scan
from tests.integration.catalog import mcpb, named_file, person, token, upload

pytestmark = pytest.mark.django_db


class Counted(BytesIO):
    """A body that remembers how much of it was asked for."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def test_a_declared_length_over_the_limit_is_refused_unread(settings: Settings, store_path: Path) -> None:
    settings.ASSAY_MAX_UPLOAD_BYTES = 1000
    body = Counted(encode_multipart(BOUNDARY, {"namespace": "acme", "file": named_file(b"x" * 200_000)}))
    request = posted(body, CONTENT_LENGTH=str(len(body.getvalue())))
    assert BundleUpload.as_view()(request).status_code == 413
    assert body.taken == 0


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(settings: Settings, store_path: Path) -> None:
    settings.ASSAY_MAX_UPLOAD_BYTES = 100_000
    body = Counted(encode_multipart(BOUNDARY, {"namespace": "acme", "file": named_file(b"x" * 30_000_000)}))
    answer = BundleUpload.as_view()(posted(body, HTTP_TRANSFER_ENCODING="chunked"))
    assert answer.status_code == 413
    assert body.taken < 5_000_000
    assert list((store_path / "incoming").iterdir()) == []


def test_a_file_of_exactly_the_limit_is_accepted(settings: Settings, store_path: Path) -> None:
    settings.ASSAY_MAX_UPLOAD_BYTES = len(mcpb())
    assert upload(person("alice"), mcpb()).status_code == 201
    settings.ASSAY_MAX_UPLOAD_BYTES -= 1
    answer = upload(person("alice"), mcpb(), "other")
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "upload.too_large"
    assert answer.json()["errors"][0]["field"] == "file"
    assert list((store_path / "incoming").iterdir()) == []


@pytest.fixture
def _no_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.mark.usefixtures("_no_counts")
def test_an_account_has_so_many_uploads_an_hour(settings: Settings, store_path: Path) -> None:
    settings.ASSAY_UPLOADS_PER_HOUR = 2
    alice, bob = person("alice"), person("bob")
    assert upload(alice, mcpb(version="1.0.0")).status_code == 201
    assert upload(alice, b"refused ones count too").status_code == 422
    answer = upload(alice, mcpb(version="1.0.1"))
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert answer.json()["error"]["code"] == "upload.too_many"
    assert Bundle.objects.count() == 1
    assert upload(bob, mcpb(), "bobs").status_code == 201, "the limit is each account's own"


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_an_upload_is_kept_for_the_sweep(
    settings: Settings, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cache and queue are away: the release and its queued row are there, and nobody sees an error."""

    def away(*_: object) -> None:
        raise OperationalError("Error 2 connecting to valkey.sock. No such file or directory.")

    monkeypatch.setattr(run_scan, "delay", away)
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///nowhere/valkey.sock"}
    }
    assert upload(person("alice"), mcpb()).status_code == 201
    assert Scan.objects.get().state == "queued"


def posted(body: BytesIO, **headers: str) -> WSGIRequest:
    return WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/api/v1/bundles",
            "CONTENT_TYPE": MULTIPART_CONTENT,
            "HTTP_AUTHORIZATION": f"Bearer {token(person('alice'))}",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": body,
            **headers,
        }
    )
