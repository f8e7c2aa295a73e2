"""Texts of a bundle end in the database and in documents, whatever characters they hold."""

from typing import Any

import pytest
from django.test import Client

from registry.models import SearchEntry
from tests.integration.catalog import assessed, published
from tests.unit.builders import code, facts, finding, tool
from trust.vocabulary import Weakness

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]

ODD = ["nul\x00here", "\u202eright to left", "🐘" * 50, "a" * 5000, "</script><script>", "", " ", "\x1b[31m", "'; --"]


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_from_code_are_stored_and_served(text: str) -> None:
    found = facts(
        code=code(
            tools=(tool(text, description=text), tool("look")),
            findings=(finding(Weakness.COMMAND_INJECTION, path=text or "x", snippet=text[:200]),),
        )
    )
    assessed(published(), found)
    client = Client()
    base = "/api/v1/servers/acme/weather"
    document: Any = client.get(f"{base}/versions/latest/trust").json()
    assert text in [t["name"] for t in document["tools"]]
    for path in ("", "/versions/latest", "/versions/latest/facts", "/versions/latest/report.sarif"):
        assert client.get(f"{base}{path}").status_code == 200
    assert client.get("/api/v1/servers", {"tool": "look"}).json()["total"] == 1


def test_very_many_tools_are_bounded_in_the_search_entry() -> None:
    assessed(published(), facts(code=code(tools=tuple(tool(f"tool_{n}") for n in range(3000)))))
    entry = SearchEntry.objects.get()
    assert len(entry.tools) == 500
    assert len(entry.text) <= 4000


@pytest.mark.parametrize("text", ["x" * 100_000, "word " * 20_000, "ü" * 50_000, "<b>&amp;</b>"])
def test_long_descriptions_from_a_manifest(text: str) -> None:
    published(description=text, display_name=text[:1000])
    item = Client().get("/api/v1/servers").json()["items"][0]
    assert item["description"] == text
