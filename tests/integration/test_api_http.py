"""The manners of the API: validators, caching, reading from other sites, identifiers, methods, errors."""

import logging
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry import queries
from tests.integration.catalog import content_of, published, release

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]

BASE = "/api/v1/servers/acme/weather"
READS = (
    "/api/v1/servers",
    BASE,
    f"{BASE}/versions",
    f"{BASE}/versions/latest",
    f"{BASE}/versions/1.4.0",
    f"{BASE}/versions/latest/trust",
    f"{BASE}/versions/latest/facts",
    f"{BASE}/versions/latest/report.sarif",
    f"{BASE}/versions/latest/badge.svg",
    f"{BASE}/versions/latest/badge.json",
    f"{BASE}/versions/1.4.0/download",
    "/api/v1/openapi.json",
)


@pytest.mark.parametrize("path", READS)
def test_reading_again_costs_nothing(path: str) -> None:
    release()
    client = Client()
    first = client.get(path)
    content_of(first)
    assert first.status_code == 200
    etag = first["ETag"]
    assert etag.startswith('"'), "a strong validator"
    assert first["Cache-Control"]
    assert first["Access-Control-Allow-Origin"] == "*"
    again = client.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == etag
    assert again["Access-Control-Allow-Origin"] == "*"
    assert client.get(path, headers={"If-None-Match": f'"other", {etag}'}).status_code == 304
    other = client.get(path, headers={"If-None-Match": '"other"'})
    content_of(other)
    assert other.status_code == 200
    head = client.head(path)
    assert (head.status_code, head["ETag"]) == (200, etag)


def test_a_validator_changes_with_what_it_validates() -> None:
    published()
    client = Client()
    before = client.get(BASE)["ETag"]
    release(version="2.0.0")
    assert client.get(BASE, headers={"If-None-Match": before}).status_code == 200


def test_caching_is_honest() -> None:
    release()
    client = Client()
    for version, immutable in (("1.4.0", True), ("latest", False)):
        answer = client.get(f"{BASE}/versions/{version}/download")
        content_of(answer)
        assert ("immutable" in answer["Cache-Control"]) is immutable
    assert client.get(f"{BASE}/versions/latest/gate")["Cache-Control"] == "no-cache"
    assert client.get("/api/v1/servers?limit=x")["Cache-Control"] == "no-store"
    assert client.get("/api/v1/nothing")["Cache-Control"] == "no-store"


@pytest.mark.parametrize("given", ["abc-123", uuid.uuid4().hex])
def test_a_request_keeps_the_identifier_it_came_with(given: str) -> None:
    assert Client().get("/api/v1/servers", headers={"X-Request-Id": given})["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "with space", "x" * 65, "a\nb", "<b>"])
def test_an_identifier_that_could_do_harm_is_replaced(given: str) -> None:
    answer = Client().get("/api/v1/servers", headers={"X-Request-Id": given})
    assert answer["X-Request-Id"] != given
    assert len(answer["X-Request-Id"]) == 32


def test_every_answer_has_an_identifier() -> None:
    client = Client()
    first, second = client.get("/api/v1/nothing"), client.post("/api/v1/bundles")
    assert first["X-Request-Id"] != second["X-Request-Id"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_method_that_is_not_there(method: str) -> None:
    answer = getattr(Client(), method)("/api/v1/servers")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "request.method")
    assert answer["Content-Type"] == "application/problem+json"
    assert "GET" in answer["Allow"]


def test_a_preflight_is_answered() -> None:
    answer = Client().options("/api/v1/servers", headers={"Origin": "https://example.org"})
    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "POST" not in answer["Access-Control-Allow-Methods"]


@pytest.mark.parametrize("accept", ["text/html", "image/png", "*/*", "application/xml", "nonsense"])
def test_json_whatever_is_accepted(accept: str) -> None:
    assert Client().get("/api/v1/servers", headers={"Accept": accept})["Content-Type"] == "application/json"


def test_an_error_of_ours_is_a_problem_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(queries, "search_servers", fail)
    with caplog.at_level(logging.ERROR, "registry.api.edge"):
        answer = Client(raise_request_exception=False).get("/api/v1/servers")
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["error"]["code"] == "internal"
    assert "secret" not in answer.content.decode()
    assert answer["X-Request-Id"] in caplog.text


def test_a_host_that_is_not_ours_is_a_problem() -> None:
    answer = Client().get("/api/v1/servers", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_pages_are_left_alone() -> None:
    answer = Client().get("/nothing-here")
    assert "X-Request-Id" not in answer
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/servers?limit=100", 2),
        ("/api/v1/servers?search=weather&limit=100", 6),
        (BASE, 6),
        (f"{BASE}/versions", 5),
        (f"{BASE}/versions/latest", 8),
        (f"{BASE}/versions/latest/trust", 6),
        (f"{BASE}/versions/latest/gate?min_score=80&max_severity=high", 6),
        (f"{BASE}/versions/latest/badge.svg", 8),
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_catalog(path: str, most: int) -> None:
    for n in range(4):
        release(version=f"1.{n}.0")
        release(name=f"weather-{n}")
    with CaptureQueriesContext(connection) as asked:
        assert Client().get(path).status_code == 200
    assert len(asked) <= most, "\n".join(q["sql"][:200] for q in asked)
