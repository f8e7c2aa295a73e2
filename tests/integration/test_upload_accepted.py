"""What an accepted upload leads to."""

import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from pytest_django import DjangoCaptureOnCommitCallbacks

from registry.api.bundles import BundleUpload
from registry.models import Bundle, Release, Scan, Server
from registry.tasks import run_scan
from tests.integration.catalog import mcpb, named_file, person, release, token, upload

pytestmark = pytest.mark.django_db


def stored(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_an_upload_creates_a_release_and_queues_its_scan(store_path: Path) -> None:
    data = mcpb(name="weather", version="1.4.0", display_name="Weather")
    answer = upload(person("alice"), data, "acme")
    assert answer.status_code == 201
    body = answer.json()
    digest = hashlib.sha256(data).hexdigest()
    assert body["created"] is True
    assert body["release"]["name"] == "acme/weather"
    assert body["release"]["version"] == "1.4.0"
    assert body["release"]["sha256"] == digest
    assert answer["Location"] == body["release"]["url"]
    scan = Client().get(body["scan_url"])
    assert scan.json()["state"] == "queued"
    assert scan.json()["release"]["name"] == "acme/weather"
    (file,) = stored(store_path)
    assert file.relative_to(store_path).as_posix() == f"sha256/{digest[:2]}/{digest[2:4]}/{digest}"
    assert file.read_bytes() == data


def test_the_scan_is_rung_for_after_the_commit(
    monkeypatch: pytest.MonkeyPatch,
    store_path: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(run_scan, "delay", rung.append)
    with django_capture_on_commit_callbacks() as after_commit:
        scan_id = upload(person("alice"), mcpb()).json()["scan"]["id"]
    assert rung == []
    for callback in after_commit:
        callback()
    assert rung == [scan_id]


def test_the_same_bytes_again_are_the_same_release(store_path: Path) -> None:
    first = upload(person("alice"), mcpb())
    again = upload(person("alice"), mcpb(), filename="another name.zip")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["created"] is False
    assert again.json()["release"] == first.json()["release"]
    assert again.json()["scan"] == first.json()["scan"]
    assert Scan.objects.count() == 1
    assert len(stored(store_path)) == 1


def test_the_same_bytes_after_a_failed_scan_are_scanned_again(store_path: Path) -> None:
    first = upload(person("alice"), mcpb()).json()["scan"]["id"]
    Scan.objects.update(state="failed")
    again = upload(person("alice"), mcpb())
    assert again.status_code == 200
    assert again.json()["scan"]["id"] != first
    assert Client().get(again.json()["scan_url"]).json()["state"] == "queued"


def test_a_release_has_one_file_per_platform(store_path: Path) -> None:
    linux = upload(person("alice"), mcpb(keywords=["l"]), platform="linux-x64")
    mac = upload(person("alice"), mcpb(keywords=["m"]), platform="darwin")
    assert (linux.status_code, mac.status_code) == (201, 201)
    assert Release.objects.count() == 1
    assert set(Bundle.objects.values_list("platform", flat=True)) == {"linux-x64", "darwin"}
    assert upload(person("alice"), mcpb(keywords=["x"]), platform="darwin").status_code == 409


def test_a_lower_version_does_not_become_the_latest(store_path: Path) -> None:
    release(version="2.0.0", display_name="Newer")
    release(version="1.9.9", display_name="Older")
    assert Client().get("/api/v1/servers/acme/weather").json()["latest_version"] == "2.0.0"
    assert Server.objects.get().title == "Newer"


@pytest.mark.parametrize(
    "filename",
    ["../../x.mcpb", "x.dxt", "x.zip", "a\nb.mcpb", '"quoted".mcpb', "~/.ssh/id", "ü" * 300, "%00.mcpb"],
)
def test_the_clients_file_name_is_never_used(store_path: Path, filename: str) -> None:
    answer = upload(person("alice"), mcpb(), filename=filename)
    assert answer.status_code == 201
    assert Bundle.objects.get().filename == "weather-1.4.0.mcpb"
    assert {path.parent.name for path in stored(store_path)} == {answer.json()["release"]["sha256"][2:4]}


def test_a_checksum_that_agrees_is_accepted(store_path: Path) -> None:
    data = mcpb()
    digest = hashlib.sha256(data).hexdigest()
    assert upload(person("alice"), data, sha256=digest.upper()).status_code == 201


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ("weather", "weather"),
        ("@acme/Weather", "weather"),
        ("weather_server.py", "weather_server.py"),
        ("W" * 120, "w" * 100),
    ],
)
def test_the_servers_address_is_made_of_the_manifests_name(store_path: Path, declared: str, name: str) -> None:
    answer = upload(person("alice"), mcpb(name=declared))
    assert answer.status_code == 201, answer.content
    assert answer.json()["release"]["name"] == f"acme/{name}"
    assert Client().get(f"/api/v1/servers/acme/{name}").json()["declared_name"] == declared


def test_warnings_of_the_readers_come_back(store_path: Path) -> None:
    body: dict[str, Any] = upload(person("alice"), mcpb(icon=None, license=None)).json()
    assert all({"code", "detail"} <= warning.keys() for warning in body["warnings"])


def test_a_body_without_a_declared_length_is_read(store_path: Path) -> None:
    """Sent in chunks, which the web server has taken apart: the body ends by itself."""
    request = WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/api/v1/bundles",
            "CONTENT_TYPE": MULTIPART_CONTENT,
            "HTTP_TRANSFER_ENCODING": "chunked",
            "HTTP_AUTHORIZATION": f"Bearer {token(person('alice'))}",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(encode_multipart(BOUNDARY, {"namespace": "acme", "file": named_file(mcpb())})),
        }
    )
    assert BundleUpload.as_view()(request).status_code == 201
