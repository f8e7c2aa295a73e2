"""Uploads to the real web server, by clients that lie about what they send or take for ever to send it.

The cases are those of the shared corpus. Each is followed by the same check: what was refused left nothing, and the
next upload works.
"""

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.test import Client

from registry.embedded.commands import BLOCKING_THREADS
from registry.models import Bundle, FactSet, Namespace, Release, Scan, SearchEntry, Server
from tests.integration.catalog import mcpb, person, token
from tests.processes import wait_until
from tests.servers import Servers
from tests.unit.corpus import corpus
from tests.web import Answer, Web, answer, chunked, closing, file_part, form, head, part, push

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = 3_000_000
PATIENCE = 2
TABLES = (Namespace, Server, Release, Bundle, Scan, FactSet, SearchEntry)
COVERED = {
    "content_length_too_large",
    "content_length_too_small",
    "chunked_without_length",
    "too_large_declared",
    "too_large_undeclared",
    "client_sha256_mismatch",
    "two_files",
    "no_file_part",
    "filename_traversal",
    "filename_nul_and_newline",
    "filename_dxt",
    "filename_other_extension",
    "content_type_html",
    "content_encoding_gzip",
    "same_version_again_same_bytes",
    "same_version_again_other_bytes",
    "lower_version_than_latest",
    "slow_body",
}


@pytest.fixture(scope="module")
def server(servers: Servers, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(
        servers,
        tmp_path_factory.mktemp("store"),
        ASSAY_MAX_UPLOAD_BYTES=str(LIMIT),
        ASSAY_BODY_SECONDS=str(PATIENCE),
    )
    web.start()
    yield web
    web.stop()


@pytest.fixture
def web(server: Web, transactional_db: None) -> Web:
    for path in server.store.rglob("*"):
        if path.is_file():
            path.unlink()
    return server


@pytest.fixture
def secret(web: Web) -> str:
    return token(person("alice"))


def rows() -> dict[str, int]:
    return {table.__name__: count for table in TABLES if (count := table.objects.count())}


def assert_refused(web: Web, secret: str, told: Answer, status: int, code: str) -> None:
    """Refused with this code, nothing kept, and the next upload works."""
    assert (told.status, told.code) == (status, code), told
    assert told.json["detail"].endswith((".", "`"))
    assert web.files() == []
    assert rows() == {}
    assert web.post(secret, form(mcpb())).status == 201


def assert_published(web: Web, told: Answer, data: bytes) -> None:
    """Published: these bytes under our own names, and nothing else in the store."""
    assert told.status == 201, told
    digest = hashlib.sha256(data).hexdigest()
    assert told.json["release"]["sha256"] == digest
    assert web.files() == [f"sha256/{digest[:2]}/{digest[2:4]}/{digest}"]
    assert (web.store / web.files()[0]).read_bytes() == data
    assert Bundle.objects.get().filename == "weather-1.4.0.mcpb"


def test_every_case_that_was_handed_over_has_its_test() -> None:
    cases = json.loads((corpus("hostile") / "upload_cases.json").read_text("utf-8"))
    assert cases.keys() <= COVERED


# --- lengths ------------------------------------------------------------------


def test_a_declared_length_longer_than_the_body(web: Web, secret: str) -> None:
    body = form(mcpb())
    told = web.send(head(secret, {"Content-Length": str(len(body) + 10_000)}), body, end=True)
    assert_refused(web, secret, told, 400, "upload.truncated")


def test_a_client_that_goes_away_in_the_middle(web: Web, secret: str) -> None:
    """It hears nothing any more; what it sent does not stay."""
    body = form(b"x" * LIMIT)
    with web.connect() as connection:
        push(connection, [head(secret, {"Content-Length": str(len(body))}), body[: LIMIT // 2]])
        wait_until(web.files, 5, "the upload had begun")
    wait_until(lambda: not web.files(), 10, lambda: str(web.files()))
    assert rows() == {}
    assert web.post(secret, form(mcpb())).status == 201


@pytest.mark.parametrize("short", [10, 300])
def test_a_declared_length_shorter_than_the_body(web: Web, secret: str, short: int) -> None:
    """The server reads a form that is cut: without its end it cannot know whether the file was whole, so the code is
    that of a cut form and not that of the cut archive the corpus expects; the status is the same. What is left over
    is no second request."""
    body = form(mcpb())
    told = web.send(head(secret, {"Content-Length": str(len(body) - short), "Connection": "keep-alive"}), body)
    assert_refused(web, secret, told, 400, "upload.truncated")


def test_a_second_request_hidden_behind_the_body_is_not_believed(web: Web, secret: str) -> None:
    """Both headers at once: either one reading, or none (RFC 9112, 6.1)."""
    body = form(mcpb())
    inner = head(secret, {"Content-Length": str(len(body))}) + body
    told = web.send(
        head(secret, {"Content-Length": "5", "Transfer-Encoding": "chunked", "Connection": "keep-alive"}),
        b"0\r\n\r\n" + inner,
    )
    assert told.status == 400, told
    assert rows() == {}
    assert web.files() == []


def test_a_chunked_body_is_read_to_its_end(web: Web, secret: str) -> None:
    told = web.send(head(secret, {"Transfer-Encoding": "chunked"}), *chunked(form(mcpb())))
    assert_published(web, told, mcpb())


def test_a_chunked_body_that_stops_in_the_middle(web: Web, secret: str) -> None:
    *pieces, _ = chunked(form(mcpb())[:-40])
    told = web.send(head(secret, {"Transfer-Encoding": "chunked"}), *pieces, end=True)
    assert_refused(web, secret, told, 400, "upload.truncated")


def test_a_declared_length_over_the_limit_is_refused_before_it_is_read(web: Web, secret: str) -> None:
    """Nothing of the body is sent, and the answer is there."""
    told = web.send(head(secret, {"Content-Length": str(10 * LIMIT)}))
    assert_refused(web, secret, told, 413, "upload.too_large")


def test_a_chunked_body_over_the_limit_is_cut_off(web: Web, secret: str) -> None:
    """It goes on for ever; the server does not listen for ever."""
    endless = part(b"", 'name="namespace"') + file_part(b"")[:-2]
    size, most = 0, 400

    def pieces() -> Iterable[bytes]:
        nonlocal size
        yield head(secret, {"Transfer-Encoding": "chunked"})
        yield f"{len(endless):x}\r\n".encode() + endless + b"\r\n"
        for _ in range(most):
            size += 1
            yield b"10000\r\n" + b"x" * 0x10000 + b"\r\n"

    told = web.send(then=pieces())
    assert_refused(web, secret, told, 413, "upload.too_large")
    assert size < most, "the connection was closed long before the end"


def test_a_file_of_exactly_the_limit_is_not_too_large(web: Web, secret: str) -> None:
    """Told by what is wrong with it instead."""
    told = web.post(secret, form(b"x" * LIMIT))
    assert_refused(web, secret, told, 422, "archive.not_zip")


# --- time ---------------------------------------------------------------------


def trickle(web: Web, opening: bytes) -> tuple[Answer, float]:
    """Send this, then a byte now and then until there is an answer. Returns it with the seconds it took."""
    began = time.monotonic()
    with web.connect() as connection:
        push(connection, [opening])
        connection.settimeout(0.2)
        while time.monotonic() - began < 10 * PATIENCE:
            push(connection, [b"x"])
            try:
                if connection.recv(1, 2):  # MSG_PEEK
                    break
            except TimeoutError:
                continue
        else:
            raise AssertionError("the server went on listening")
        connection.settimeout(10)
        return answer(connection), time.monotonic() - began


def test_a_body_that_trickles_is_given_up(web: Web, secret: str) -> None:
    told, seconds = trickle(web, head(secret, {"Content-Length": "50000"}) + form(mcpb())[:200])
    assert seconds < PATIENCE + 3
    assert_refused(web, secret, told, 408, "upload.timeout")


def test_a_trickling_body_of_unknown_length_is_given_up(web: Web, secret: str) -> None:
    opening = head(secret, {"Transfer-Encoding": "chunked"}) + b"9000\r\n" + form(mcpb())[:200]
    told, _ = trickle(web, opening)
    assert_refused(web, secret, told, 408, "upload.timeout")


@pytest.mark.parametrize("path", ["/api/v1/bundles", "/api/v1/gate", "/sign-in", "/publish"])
def test_no_address_waits_longer(web: Web, secret: str, path: str) -> None:
    """Wherever a body is read, and where none is wanted."""
    csrf = {"Cookie": f"csrftoken={'a' * 32}"}
    kind = {"/api/v1/gate": "application/json", "/sign-in": "application/x-www-form-urlencoded"}.get(path)
    headers = {"Content-Length": "1000"} | csrf | ({"Content-Type": kind} if kind else {})
    told, seconds = trickle(web, head(secret, headers, path))
    assert seconds < PATIENCE + 3
    assert told.status in {302, 400, 403, 408}


def test_others_are_served_meanwhile(web: Web, secret: str) -> None:
    """As many slow uploads as there are threads: the next one waits for the first of them to be given up, no longer."""
    opening = head(secret, {"Content-Length": "50000"}) + form(mcpb())[:200]
    waiting = [web.connect() for _ in range(BLOCKING_THREADS)]
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.2):
            for connection in waiting:
                push(connection, [b"x"])

    for connection in waiting:
        push(connection, [opening])
    thread = threading.Thread(target=drip)
    thread.start()
    try:
        time.sleep(0.5)
        began = time.monotonic()
        assert web.post(secret, form(mcpb())).status == 201
        assert time.monotonic() - began < 2 * PATIENCE
    finally:
        stop.set()
        thread.join()
        for connection in waiting:
            connection.close()


# --- the form -----------------------------------------------------------------


def test_a_checksum_that_does_not_agree(web: Web, secret: str) -> None:
    told = web.post(secret, form(mcpb(), sha256=hashlib.sha256(b"another").hexdigest()))
    assert_refused(web, secret, told, 400, "upload.checksum")


FORMS: dict[str, Callable[[], bytes]] = {
    "two files": lambda: form(b"", file=file_part(mcpb()) + file_part(mcpb(version="2.0.0"))),
    "two files, one under another name": lambda: form(
        b"", file=file_part(mcpb()) + part(mcpb(), 'name="extra"; filename="y.mcpb"')
    ),
    "the file as a text": lambda: form(b"", file=part(mcpb(), 'name="file"')),
    "the file under another name": lambda: form(b"", file=part(mcpb(), 'name="bundle"; filename="x.mcpb"')),
    "no part at all": closing,
}


@pytest.mark.parametrize("case", FORMS)
def test_a_form_without_exactly_one_file(web: Web, secret: str, case: str) -> None:
    assert_refused(web, secret, web.post(secret, FORMS[case]()), 400, "upload.form")


@pytest.mark.parametrize(
    "filename",
    [
        "../../x.mcpb",
        "..\\..\\x.mcpb",
        "/etc/cron.d/x",
        "x\0.mcpb",
        "x%00.mcpb",
        "x%0d%0aSet-Cookie: a=b",
        "x\r\n Set-Cookie: a=b",
        "x.dxt",
        "x.zip",
        "x",
        "CON",
        "\u202egpj.mcpb",
        "y" * 500,
    ],
)
def test_a_file_name_is_neither_used_nor_echoed(web: Web, secret: str, filename: str) -> None:
    """No warning for another extension, though the corpus asks for one: what is never looked at cannot be judged."""
    told = web.post(secret, form(b"", file=file_part(mcpb(), filename)))
    assert_published(web, told, mcpb())
    assert "set-cookie" not in told.headers
    page = Client().get("/api/v1/servers/acme/weather/versions/1.4.0").content.decode()
    assert "cron.d" not in page
    assert "Set-Cookie" not in page


@pytest.mark.parametrize("filename", ["\udcff\udcfe", "y" * 2000, ""], ids=["not UTF-8", "too long", "empty"])
def test_a_file_name_that_makes_the_form_unreadable(web: Web, secret: str, filename: str) -> None:
    told = web.post(secret, form(b"", file=file_part(mcpb(), filename)))
    assert_refused(web, secret, told, 400, "upload.form")


@pytest.mark.parametrize("content_type", ["text/html", "application/json", "", "image/png; charset=x", "\tnone"])
def test_a_parts_declared_type_does_not_count(web: Web, secret: str, content_type: str) -> None:
    told = web.post(secret, form(b"", file=file_part(mcpb(), "x.mcpb", content_type)))
    assert_published(web, told, mcpb())


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "br", "gzip, identity"])
def test_a_compressed_body(web: Web, secret: str, encoding: str) -> None:
    told = web.post(secret, gzip.compress(form(mcpb())), **{"Content-Encoding": encoding})
    assert_refused(web, secret, told, 415, "upload.encoding")


# --- the same again -----------------------------------------------------------


def versions() -> dict[str, Any]:
    found: dict[str, Any] = Client().get("/api/v1/servers/acme/weather").json()
    return found


def test_the_same_bytes_again(web: Web, secret: str) -> None:
    first = web.post(secret, form(mcpb()))
    again = web.post(secret, form(mcpb()))
    assert (first.status, again.status) == (201, 200)
    assert again.json["created"] is False
    assert again.json["release"] == first.json["release"]
    assert_published(web, first, mcpb())
    assert Scan.objects.count() == 1


def test_the_same_version_with_other_bytes(web: Web, secret: str) -> None:
    first = web.post(secret, form(mcpb()))
    told = web.post(secret, form(mcpb(description="Something else")))
    assert (told.status, told.code) == (409, "version.exists")
    assert_published(web, first, mcpb())
    assert web.post(secret, form(mcpb(version="1.4.1"))).status == 201


def test_a_lower_version_than_the_latest(web: Web, secret: str) -> None:
    """A back-port is a release like any other; `latest` stays where it is, which needs no warning."""
    assert web.post(secret, form(mcpb(version="2.0.0"))).status == 201
    assert web.post(secret, form(mcpb(version="1.9.9"))).status == 201
    assert versions()["latest_version"] == "2.0.0"
    assert web.post(secret, form(mcpb(version="2.0.1"))).status == 201
    assert versions()["latest_version"] == "2.0.1"
