"""Downloads: the right file, its bytes, its digest, and the count."""

import hashlib
from typing import Any

import pytest
from django.test import Client

from registry.models import DownloadDay
from tests.integration.catalog import content_of, mcpb, person, published, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]

PATH = "/api/v1/servers/acme/weather/versions/1.4.0/download"


def get(status: int = 200, /, **parameters: str) -> Any:
    answer = Client().get(PATH, parameters)
    assert answer.status_code == status, getattr(answer, "content", b"")
    return answer


def test_the_bytes_come_back() -> None:
    published()
    answer = get()
    assert content_of(answer) == mcpb()
    assert answer["ETag"] == f'"{hashlib.sha256(mcpb()).hexdigest()}"'
    assert answer["Content-Length"] == str(len(mcpb()))
    assert answer["Content-Disposition"] == 'attachment; filename="weather-1.4.0.mcpb"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_downloads_are_counted_and_repeats_from_a_cache_are_not() -> None:
    published()
    client = Client()
    answer = get()
    etag = answer["ETag"]
    assert content_of(answer) == content_of(get())
    client.get(PATH, headers={"If-None-Match": etag})
    client.head(PATH)
    assert DownloadDay.objects.get().count == 2
    assert client.get("/api/v1/servers/acme/weather").json()["downloads"] == 2
    published(version="2.0.0")
    assert client.get("/api/v1/servers/acme/weather").json()["downloads"] == 2, "the count is the server's"


@pytest.mark.parametrize(
    ("os", "arch", "expected"),
    [
        ("linux", "x64", "linux-x64"),
        ("linux", "amd64", "linux-x64"),
        ("Linux", "X86_64", "linux-x64"),
        ("linux", "arm64", "any"),
        ("darwin", "arm64", "darwin"),
        ("macos", "", "darwin"),
        ("windows", "x64", "any"),
        ("", "", "any"),
    ],
)
def test_the_file_that_fits_a_system_best(os: str, arch: str, expected: str) -> None:
    for platform in ("any", "darwin", "linux-x64"):
        upload(person("acme"), mcpb(keywords=[platform]), platform=platform)
    asked = {name: value for name, value in (("os", os), ("arch", arch)) if value}
    assert content_of(get(**asked)) == mcpb(keywords=[expected])


def test_without_a_file_for_any_the_system_must_be_named() -> None:
    for platform in ("darwin", "linux-x64", "linux-arm64"):
        upload(person("acme"), mcpb(keywords=[platform]), platform=platform)
    assert get(400).json()["errors"][0]["field"] == "os"
    assert get(400, os="linux").json()["errors"][0]["field"] == "arch"
    assert get(404, os="win32").json()["error"]["code"] == "platform.not_found"
    assert content_of(get(os="darwin", arch="x64")) == mcpb(keywords=["darwin"])


@pytest.mark.parametrize(("field", "value"), [("os", "amiga"), ("arch", "z80"), ("platform", "any")])
def test_a_system_nobody_knows(field: str, value: str) -> None:
    published()
    assert get(400, **{field: value}).json()["errors"][0]["field"] == field
