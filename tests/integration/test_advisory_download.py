"""Advisories from an address: https, or this machine; bounded; and no redirect is a way around that."""

import json
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from registry.advisories import sources
from registry.advisories.importing import AdvisoryImportError, import_from
from registry.advisories.models import Advisory, Feed, Import, QuarantinedRecord
from tests.integration.advisory_mirror import filling, recent
from tests.unit.advisory_records import export

pytestmark = [pytest.mark.django_db]


class Handler(BaseHTTPRequestHandler):
    """Serves files of a folder, redirects, errors, and a body without end."""

    folder: Path

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", {"loop": "/to/loop", "file": "/all.zip"}.get(path[4:], path[4:]))
            self.end_headers()
        elif path == "/endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                return
        elif path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"PK")
        elif (self.folder / path.strip("/")).is_file():
            self.send_response(200)
            self.end_headers()
            self.wfile.write((self.folder / path.strip("/")).read_bytes())
        else:
            self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    handler = type("Bound", (Handler,), {"folder": tmp_path})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        httpd.daemon_threads = True
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
        httpd.shutdown()


@pytest.mark.parametrize("path", ["/all.zip", "/to/file", "/all.zip?token=secret"])
def test_an_export_from_an_address(server: str, tmp_path: Path, path: str) -> None:
    export(tmp_path / "all.zip", *filling(), recent("PYSEC-1"))
    report = import_from(server + path)
    assert Advisory.objects.count() == 1001
    assert report.source == server + path.partition("?")[0]
    assert Feed.objects.get().source == report.source, "without the query, which may hold a secret"


def test_a_password_in_an_address_is_not_kept(server: str, tmp_path: Path) -> None:
    export(tmp_path / "all.zip", recent("PYSEC-1"), b"bad")
    import_from(server.replace("://", "://ada:hunter2@") + "/all.zip")
    for row in (Feed.objects.get(), Import.objects.get(), QuarantinedRecord.objects.get()):
        assert "hunter2" not in row.source
    with pytest.raises(AdvisoryImportError) as refused:
        import_from(server.replace("://", "://ada:hunter2@") + "/missing.zip")
    assert "hunter2" not in str(refused.value)


def test_a_single_record_and_a_catalog_by_their_content(server: str, tmp_path: Path) -> None:
    (tmp_path / "record").write_text(json.dumps(recent("PYSEC-1")))
    (tmp_path / "kev").write_text(json.dumps({"vulnerabilities": [{"cveID": "CVE-2026-0001"}]}))
    assert import_from(f"{server}/kev").counts["kev"]["new"] == 1
    with pytest.raises(AdvisoryImportError, match="neither a folder nor an OSV zip export"):
        import_from(f"{server}/record")


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("http://example.org/all.zip", "would be fetched over http"),
        ("http://127.0.0.1.example.org/all.zip", "would be fetched over http"),
        ("ftp://127.0.0.1/all.zip", "would be fetched over ftp"),
        ("file:///etc/passwd", "would be fetched over file"),
        ("{server}/to/http://example.org/all.zip", "would be fetched over http"),
        ("{server}/to/file:///etc/passwd", "would be fetched over file"),
        ("{server}/to/loop", "redirects more than 5 times"),
        ("{server}/missing.zip", "the server answered 404"),
        ("{server}/cut", "could not be fetched"),
        ("http://127.0.0.1:1/all.zip", "could not be fetched"),
        ("https://[", "is no address"),
    ],
)
def test_what_is_not_fetched(server: str, place: str, why: str) -> None:
    with pytest.raises(AdvisoryImportError, match=why):
        import_from(place.format(server=server))
    assert Import.objects.count() == 0


def test_a_body_without_end_is_cut_off(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "DOWNLOAD_LIMIT", 1 << 20)
    with pytest.raises(AdvisoryImportError, match="more than 1048576 bytes"):
        import_from(f"{server}/endless")


def test_nothing_of_a_download_stays_behind(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    export(tmp_path / "all.zip", recent("PYSEC-1"))
    import_from(f"{server}/all.zip")
    with pytest.raises(AdvisoryImportError):
        import_from(f"{server}/missing.zip")
    assert list((tmp_path / "scratch").iterdir()) == []
