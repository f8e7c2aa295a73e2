"""The pages over made-up values: hostile texts stay text, states look different, live search answers in part."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from registry.errors import RegistryError
from registry.queries import (
    BundleView,
    FacetValue,
    Page,
    ReleasePage,
    ReleaseRef,
    ReleaseRow,
    ScanView,
    ServerPage,
    ServerRow,
)
from registry.web.views import catalog, publish, server
from registry.web.views.server import INPUTS_SHOWN
from tests.integration.test_web_report import document
from trust.vocabulary import Domain

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
EVIL = "</code><script>alert(1)</script><img src=x onerror=alert(1)>\"' onmouseover='x"
ROW = ServerRow(
    namespace="acme",
    name="weather",
    title="Weather",
    description="Forecasts.",
    version="1.0.0",
    score=72,
    domains=tuple((d.value, 70 + n) for n, d in enumerate(Domain)),
    coverage=90,
    level=2,
    level_name="Standard",
    status="scored",
    server_type="node",
    tools_count=3,
    downloads=5,
    updated_at=NOW,
    publisher="acme",
    publisher_verified=True,
    permissions=("uses the network",),
    licence="MIT",
)
BUNDLE = BundleView("linux-x64", "ab" * 32, 1_234_567, "weather-1.0.0-linux-x64.mcpb", "node")
SCAN = ScanView(
    id=UUID(int=1),
    state="running",
    progress=(("archive", "done", ""), ("code", "gap", EVIL)),
    error="",
    quarantined_because=(),
    attempts=1,
    queued_at=NOW,
    started_at=NOW,
    finished_at=None,
    release=ReleaseRef("acme", "weather", "1.0.0", "any", "active"),
)


pytestmark = pytest.mark.usefixtures("servers")  # they collect the static files, which pages name by their digest


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


def assert_tame(html: str) -> None:
    """Nothing that a publisher wrote has become an element or an attribute."""
    elements = Elements(html)
    assert all(script.get("src", "").startswith("/static/") for script in elements.all("script"))  # type: ignore[union-attr]
    assert all((image.get("src") or "").startswith("/") for image in elements.all("img"))
    assert [attrs for _, attrs in elements.found for name in attrs if name.startswith("on")] == []
    for link in elements.all("a"):
        href = link.get("href") or ""
        assert href.startswith(("/", "#", "https://", "http://")), href
        if href.startswith("http"):
            assert link.get("rel") == "nofollow ugc noopener"


@pytest.fixture
def searching(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def give(*rows: ServerRow, next_cursor: str | None = None) -> None:
        monkeypatch.setattr(catalog, "search_servers", lambda _: Page(rows, next_cursor, len(rows), {}))

    return give


@pytest.fixture
def showing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def give(**changes: Any) -> None:
        row = changes.pop("server", ROW)
        trust = changes.pop("trust", None)
        page = ReleasePage(
            server=row,
            version="1.0.0",
            state="active",
            status=row.status,
            manifest={},
            notices=(),
            tools=(),
            bundles=(BUNDLE,),
            bundle=BUNDLE,
            trust=trust,
            trust_etag="x" if trust else None,
            scan=None,
            published_at=NOW,
            published_by="alice",
            facts_sha256="cd" * 32 if trust else None,
            is_latest=True,
        )
        one = ReleaseRow("1.0.0", "active", row.status, False, True, row.score, 90, 2, "Standard", row.domains, NOW, ())
        shown = ServerPage(row, "weather", NOW, (one,), "")
        monkeypatch.setattr(server, "get_release", lambda *_: replace(page, **changes))
        monkeypatch.setattr(server, "get_server", lambda *_: shown)

    return give


def evil_document() -> dict[str, Any]:
    made = document()
    for control in made["controls"]:
        control["summary"] = EVIL
        for finding in control["findings"]:
            finding |= {"path": EVIL, "snippet": EVIL, "message": EVIL, "aliases": [EVIL]}
            finding["steps"] = [{"path": EVIL, "line": 1, "note": EVIL}]
    made["caps"][0]["because"] = EVIL
    made["permissions"] = [EVIL]
    return made


def test_hostile_texts_of_a_search_result_stay_text(client: Client, searching: Callable[..., None]) -> None:
    searching(replace(ROW, title=EVIL, description=EVIL, licence=EVIL, publisher=EVIL, permissions=(EVIL,)))
    html = client.get("/servers", {"search": EVIL}).content.decode()
    assert_tame(html)
    assert "&lt;script&gt;alert(1)" in html


def test_hostile_texts_of_a_report_stay_text(client: Client, showing: Callable[..., None]) -> None:
    tool = {"name": EVIL, "description": EVIL, "origin": "code", "path": EVIL, "line": 1, "reaches": [EVIL]}
    params = [{"name": EVIL, "type": EVIL, "description": EVIL, "required": True, "bounded": False, "enum": [EVIL]}]
    config = {"command": EVIL, "args": [EVIL], "env": {EVIL: EVIL}}
    showing(
        server=replace(ROW, title=EVIL, licence=EVIL),
        trust=evil_document(),
        tools=({**tool, "params": params},),
        notices=({"code": EVIL, "detail": EVIL},),
        manifest={
            "name": EVIL,
            "description": EVIL,
            "long_description": EVIL,
            "homepage": "javascript:alert(1)",
            "documentation": "https://docs.example.org/",
            "support": f"https://a.example/{EVIL}",
            "author": {"name": EVIL, "url": "data:text/html,x"},
            "server": {"type": "node", "entry_point": EVIL, "mcp_config": config},
            "user_config": {EVIL: {"type": "string", "title": EVIL, "description": EVIL}},
            "keywords": [EVIL],
        },
    )
    html = client.get("/servers/acme/weather").content.decode()
    assert_tame(html)
    hrefs = [link.get("href") or "" for link in Elements(html).all("a")]
    assert [href for href in hrefs if href.startswith("http")] == ["https://docs.example.org/"]
    assert "javascript:alert(1)" in html  # as text, so that a reader sees what was claimed


def test_a_server_with_very_many_tools_still_makes_a_page(client: Client, showing: Callable[..., None]) -> None:
    params = [{"name": f"p{n}", "type": "string", "description": "x" * 300, "required": True} for n in range(20)]
    tools = tuple({"name": f"tool_{n}", "description": "y" * 900, "params": params} for n in range(300))
    showing(tools=tools, trust=document())
    html = client.get("/servers/acme/weather").content.decode()
    assert html.count("<code>p0</code>") == INPUTS_SHOWN // len(params)
    assert "tool_99<" in html
    assert "200 more tools" in html


@pytest.mark.parametrize("manifest", [{}, {"server": 1, "author": "x", "user_config": [1], "keywords": 5, "name": []}])
def test_a_malformed_manifest_does_not_break_the_page(
    client: Client, showing: Callable[..., None], manifest: dict[str, Any]
) -> None:
    showing(manifest=manifest, trust=document())
    assert client.get("/servers/acme/weather").status_code == 200


def test_hostile_progress_stays_text(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "get_scan", lambda _: SCAN)
    assert_tame(client.get(f"/scans/{SCAN.id}").content.decode())


@pytest.mark.parametrize("status", ["scanning", "queued", "failed", "not_assessed", "quarantined"])
def test_rows_without_a_score_show_neither_number_nor_bars(
    client: Client, searching: Callable[..., None], status: str
) -> None:
    none = tuple((d.value, None) for d in Domain)
    searching(replace(ROW, status=status, score=None, domains=none, coverage=None, level=None, level_name=""))
    html = client.get("/servers").content.decode()
    assert f"mark-{status}" in html
    assert "<text " not in html
    assert 'class="domains"' not in html


def test_a_provisional_row_is_marked_as_such(client: Client, searching: Callable[..., None]) -> None:
    searching(replace(ROW, status="provisional"))
    html = client.get("/servers").content.decode()
    assert "mark-provisional" in html
    assert 'aria-label="Score 72 of 100, provisional, strong so far"' in html


def test_a_live_search_gets_the_results_alone(client: Client, searching: Callable[..., None]) -> None:
    searching(ROW)
    live = client.get("/servers?search=weather&min_score=&level=", headers={"HX-Request": "true"})
    assert live.content.lstrip().startswith(b'<section id="results"')
    assert live.headers["HX-Replace-Url"] == "/servers?search=weather"
    whole = client.get("/servers?search=weather")
    assert b"<html" in whole.content
    for answer in (live, whole):
        assert "HX-Request" in answer.headers["Vary"]


def test_the_back_button_gets_the_whole_page(client: Client, searching: Callable[..., None]) -> None:
    searching(ROW)
    answer = client.get("/servers", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert b"<html" in answer.content


def test_the_next_page_keeps_the_question(client: Client, searching: Callable[..., None]) -> None:
    searching(ROW, next_cursor="a+b/c=")
    html = client.get("/servers?search=x y&type=node&utm_source=mail").content.decode()
    following = next(a["href"] for a in Elements(html).all("a") if a.get("rel") == "next")
    assert following == "/servers?search=x+y&type=node&cursor=a%2Bb%2Fc%3D"


def test_facets_become_ways_to_narrow_with_what_they_leave(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    facets = {
        "type": (FacetValue("node", 4), FacetValue("python", 2)),
        "level": (FacetValue("0", 3), FacetValue("1", 2), FacetValue("3", 1)),
    }
    monkeypatch.setattr(catalog, "search_servers", lambda _: Page((ROW,), None, 6, facets))
    html = client.get("/servers?search=x&cursor=old").content.decode()
    found = re.findall(r'<a class="chip" href="([^"]+)">([^<]+) <span class="quiet">(\d+)<', html)
    assert found == [
        ("/servers?search=x&amp;type=node", "node", "4"),
        ("/servers?search=x&amp;type=python", "python", "2"),
        ("/servers?search=x&amp;level=1", "level 1 or higher", "3"),
        ("/servers?search=x&amp;level=3", "level 3 or higher", "1"),
    ]
    narrowed = client.get("/servers?type=node").content.decode()
    assert "type=python" not in narrowed


@pytest.mark.parametrize(
    ("query", "field"),
    [("min_score=abc", "min_score"), ("type=ruby", "type"), ("min_domain.runtime=101", "min-runtime")],
)
def test_a_wrong_filter_is_named_beside_its_field(client: Client, query: str, field: str) -> None:
    answer = client.get(f"/servers?{query}")
    assert answer.status_code == 400
    html = answer.content.decode()
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', html)
    assert f'id="error-{field}"' in html


def test_a_finished_scan_takes_a_watcher_to_the_report(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "get_scan", lambda _: replace(SCAN, state="done", finished_at=NOW))
    live = client.get(f"/scans/{SCAN.id}", headers={"HX-Request": "true"})
    assert live.headers["HX-Redirect"] == "/servers/acme/weather/1.0.0"
    whole = client.get(f"/scans/{SCAN.id}").content.decode()
    assert "http-equiv" not in whole
    assert 'href="/servers/acme/weather/1.0.0"' in whole


def test_a_quarantined_scan_says_why_and_leads_nowhere(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    done = replace(SCAN, state="done", finished_at=NOW, quarantined_because=("A reverse shell (a.py:3).",))
    monkeypatch.setattr(publish, "get_scan", lambda _: done)
    live = client.get(f"/scans/{SCAN.id}", headers={"HX-Request": "true"})
    assert "HX-Redirect" not in live.headers
    assert "A reverse shell (a.py:3)." in live.content.decode()


@pytest.mark.parametrize("path", ["/", "/controls", "/controls/rt-01", "/methodology", "/sign-in", "/sign-up"])
def test_pages_without_a_catalog_answer(client: Client, searching: Callable[..., None], path: str) -> None:
    searching()
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/nothing", "/controls/XX-99", "/scans/not-a-uuid"])
def test_what_is_not_there_is_said_in_our_own_words(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Search the catalog" in answer.content.decode()


def test_a_quarantined_server_is_missing_with_its_reason(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: str) -> None:
        raise RegistryError("server.quarantined", "In quarantine", HTTPStatus.NOT_FOUND, "It must not be installed.")

    monkeypatch.setattr(server, "get_server", refuse)
    answer = client.get("/servers/acme/weather")
    assert answer.status_code == 404
    html = answer.content.decode()
    assert "mark-quarantined" in html
    assert "It must not be installed." in html


@pytest.mark.parametrize("path", ["/publish", "/account"])
def test_strangers_are_asked_to_sign_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/sign-in?next={path}"
