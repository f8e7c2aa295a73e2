"""Bad input: a clear refusal that names the field, nothing stored, nothing left behind, and the next upload works."""

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from registry.api.bundles import BundleUpload
from registry.models import Bundle, FactSet, Namespace, Release, Scan, SearchEntry, Server
from tests.integration.catalog import UPLOAD, mcpb, named_file, person, token, upload
from tests.unit.bundle_builder import BundleBuilder
from tests.unit.corpus import corpus

pytestmark = pytest.mark.django_db

TABLES = (Namespace, Server, Release, Bundle, Scan, FactSet, SearchEntry)


def assert_nothing_is_left(store_path: Path) -> None:
    assert [path for path in store_path.rglob("*") if path.is_file()] == []
    assert {table.__name__: table.objects.count() for table in TABLES} == {table.__name__: 0 for table in TABLES}


def assert_problem(answer: Any, status: int, code: str, field: str) -> Mapping[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["error"]["code"] == code
    assert document["type"].endswith(code)
    assert document["title"]
    assert document["detail"].endswith((".", "`"))
    assert field in [error["field"] for error in document["errors"]]
    return document


def no_manifest() -> bytes:
    return BundleBuilder().remove("manifest.json").build()


def with_manifest(text: str) -> bytes:
    return BundleBuilder().manifest_bytes(text.encode()).build()


REFUSED_FILES: dict[str, tuple[bytes, str]] = {
    "no zip": (b"hello, this is no archive" * 40, "archive.not_zip"),
    "empty": (b"", "archive.not_zip"),
    "no manifest": (no_manifest(), "manifest.missing"),
    "manifest is no JSON": (with_manifest("{"), "manifest.invalid_json"),
    "manifest is a list": (with_manifest("[]"), "manifest.not_object"),
    "name is a number": (mcpb(name=5), "manifest.schema"),
    "server is missing": (mcpb(server=None), "manifest.schema"),
    "version is no version": (mcpb(version="one"), "manifest.version_not_semver"),
    "cut in the middle": (mcpb()[: len(mcpb()) // 2], "archive.truncated"),
    "trailing bytes": (mcpb() + b"x" * 30, "archive.trailing_data"),
}


@pytest.mark.parametrize("case", REFUSED_FILES)
def test_a_refused_bundle_leaves_nothing(store_path: Path, case: str) -> None:
    data, code = REFUSED_FILES[case]
    document = assert_problem(upload(person("alice"), data), 422, code, "file")
    assert document["error"].keys() == {"code", "title", "detail", "path"}
    assert isinstance(document["warnings"], list)
    assert_nothing_is_left(store_path)
    assert upload(person("alice"), mcpb()).status_code == 201


def test_every_hostile_archive_and_manifest_is_refused_or_published_whole(store_path: Path) -> None:
    """The shared corpus through the API: never a 500, and a refusal never leaves a trace."""
    folder = corpus("hostile")
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    cases = expected if isinstance(expected, list) else list(expected.items())
    assert len(cases) > 100
    client = Client()
    secret = token(person("alice"))
    wrong: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".mcpb", ".zip", ".dxt") or path.stat().st_size > 20_000_000:
            continue
        before = Bundle.objects.count()
        form = {"file": SimpleUploadedFile("x.mcpb", path.read_bytes()), "namespace": f"n{before}"}
        answer = client.post(UPLOAD, form, headers={"Authorization": f"Bearer {secret}"})
        grew = Bundle.objects.count() - before
        if answer.status_code not in (200, 201, 409, 413, 422) or grew != (answer.status_code == 201):
            wrong.append(f"{path.name}: {answer.status_code}, {grew} more bundles")
    assert wrong == []
    assert list((store_path / "incoming").iterdir()) == []
    assert Bundle.objects.values("sha256").distinct().count() == sum(
        1 for path in (store_path / "sha256").rglob("*") if path.is_file()
    )


FORMS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no file": ({"namespace": "acme"}, "upload.form", "file"),
    "a text instead of a file": ({"namespace": "acme", "file": "text"}, "upload.form", "file"),
    "another field": ({"namespace": "acme", "bundle": b"DATA"}, "upload.form", "file"),
    "two files": ({"namespace": "acme", "file": [b"DATA", b"DATA"]}, "upload.form", "file"),
    "a wrong checksum": ({"namespace": "acme", "file": b"DATA", "sha256": "0" * 64}, "upload.checksum", "file"),
    "no namespace": ({"file": b"DATA"}, "request.field", "namespace"),
    "a namespace with a slash": ({"namespace": "a/b", "file": b"DATA"}, "request.field", "namespace"),
    "a namespace in capitals": ({"namespace": "Acme", "file": b"DATA"}, "request.field", "namespace"),
    "a namespace with a NUL": ({"namespace": "ac\x00me", "file": b"DATA"}, "request.field", "namespace"),
    "a namespace that is too long": ({"namespace": "a" * 65, "file": b"DATA"}, "request.field", "namespace"),
    "an unknown platform": ({"namespace": "acme", "file": b"DATA", "platform": "amiga"}, "request.field", "platform"),
}


def filled(value: Any) -> Any:
    if isinstance(value, list):
        return [filled(each) for each in value]
    return named_file(mcpb()) if value == b"DATA" else value


@pytest.mark.parametrize("case", FORMS)
def test_a_form_that_cannot_be_used(store_path: Path, case: str) -> None:
    fields, code, field = FORMS[case]
    form = {name: filled(value) for name, value in fields.items()}
    answer = Client().post(UPLOAD, form, headers={"Authorization": f"Bearer {token(person('alice'))}"})
    assert_problem(answer, 400, code, field)
    assert_nothing_is_left(store_path)
    assert upload(person("alice"), mcpb()).status_code == 201


def send(body: bytes, content_type: str = MULTIPART_CONTENT, **headers: str) -> Any:
    return Client().generic(
        "POST", UPLOAD, body, content_type, headers={"Authorization": f"Bearer {token(person('alice'))}", **headers}
    )


def test_a_cut_form_is_told_from_a_broken_archive(store_path: Path) -> None:
    body = encode_multipart(BOUNDARY, {"namespace": "acme", "file": named_file(mcpb())})
    for end in (len(body) - 10, len(body) // 2):
        assert_problem(send(body[:end]), 400, "upload.truncated", "file")
    assert_nothing_is_left(store_path)


def test_a_body_that_is_shorter_than_declared(store_path: Path) -> None:
    """The client went away: what arrived is less than its Content-Length."""
    body = encode_multipart(BOUNDARY, {"namespace": "acme", "file": named_file(mcpb())})
    request = WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": UPLOAD,
            "CONTENT_TYPE": MULTIPART_CONTENT,
            "CONTENT_LENGTH": str(len(body) + 1000),
            "HTTP_AUTHORIZATION": f"Bearer {token(person('alice'))}",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
        }
    )
    answer = BundleUpload.as_view()(request)
    assert answer.status_code == 400
    assert answer.data["error"]["code"] == "upload.truncated"
    assert_nothing_is_left(store_path)


def test_a_form_cut_and_ended_properly(store_path: Path) -> None:
    """Declared and sent lengths agree, the form is whole, the archive in it is not."""
    answer = upload(person("alice"), mcpb()[:-30])
    assert_problem(answer, 422, "archive.truncated", "file")
    assert_nothing_is_left(store_path)


@pytest.mark.parametrize(
    ("content_type", "headers", "status", "code"),
    [
        ("application/json", {}, 415, "upload.media_type"),
        ("application/octet-stream", {}, 415, "upload.media_type"),
        (MULTIPART_CONTENT, {"Content-Encoding": "gzip"}, 415, "upload.encoding"),
        ("multipart/form-data", {}, 400, "upload.form"),
        ("multipart/form-data; boundary=\xff", {}, 400, "upload.form"),
    ],
)
def test_a_body_of_another_kind(
    store_path: Path, content_type: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = send(b"--x\r\n\r\n", content_type, **headers)
    assert answer.status_code == status, answer.content
    assert answer.json()["error"]["code"] == code
    assert_nothing_is_left(store_path)


def test_a_version_that_exists_with_other_bytes(store_path: Path) -> None:
    assert upload(person("alice"), mcpb(version="1.0.0")).status_code == 201
    refused = upload(person("alice"), mcpb(version="1.0.0", description="Something else"))
    document = assert_problem(refused, 409, "version.exists", "file")
    assert "1.0.0" in document["detail"]
    assert Bundle.objects.count() == 1
    assert sum(1 for path in store_path.rglob("*") if path.is_file()) == 1
    assert upload(person("alice"), mcpb(version="1.0.1")).status_code == 201


def test_a_version_that_differs_in_build_metadata_only(store_path: Path) -> None:
    """No client could tell which of the two is newer."""
    assert upload(person("alice"), mcpb(version="1.0.0+a")).status_code == 201
    assert_problem(upload(person("alice"), mcpb(version="1.0.0+b")), 409, "version.exists", "file")


def test_a_name_nothing_of_which_fits_an_address(store_path: Path) -> None:
    answer = upload(person("alice"), mcpb(name="気象"))
    assert_problem(answer, 422, "manifest.name", "file")
    assert_nothing_is_left(store_path)
