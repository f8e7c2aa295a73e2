"""Finding servers by words: weights, beginnings of words, typing errors, order, and no answer for nonsense."""

from typing import Any

import pytest
from django.test import Client

from registry.search import asked_words, words_of
from tests.integration.catalog import published, release

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]

CATALOG: tuple[dict[str, Any], ...] = (
    {"name": "github", "description": "Issues, pull requests and repositories"},
    {"name": "github-actions", "description": "Starts and watches workflows"},
    {"name": "gitlab", "description": "Merge requests; like GitHub, but elsewhere"},
    {"name": "postgres", "description": "Runs SQL queries", "tools": [{"name": "run_query", "description": "q"}]},
    {"name": "sqlite", "description": "A database in one file, when PostgreSQL is too much"},
    {
        "name": "slack",
        "description": "Reads and writes messages",
        "tools": [{"name": "postMessage", "description": "p"}],
    },
    {"name": "notion", "display_name": "Notion Workspace", "description": "Pages and databases"},
    {"name": "kubernetes", "description": "Lists pods and reads their logs"},
    {"name": "playwright", "description": "Drives a browser"},
    {"name": "weather", "display_name": "Wetterfrosch", "description": "Vorhersagen für morgen"},
    {"name": "who", "description": "Tells who is on call"},
    {"name": "cafe-finder", "display_name": "Café Finder", "description": "Finds a café near you"},
)


@pytest.fixture(autouse=True)
def _catalog() -> None:
    for entry in CATALOG:
        published("acme" if entry["name"] != "slack" else "chat-works", **entry)


def names(search: str, **more: Any) -> list[str]:
    answer = Client().get("/api/v1/servers", {"search": search, **more})
    assert answer.status_code == 200, answer.content
    return [item["name"].partition("/")[2] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("search", "first"),
    [
        ("github", "github"),
        ("GitHub", "github"),
        ("github actions", "github-actions"),
        ("mcp server for github", "github"),
        ("pull request", "github"),
        ("requests pull", "github"),
        ("slack", "slack"),
        ("messages", "slack"),
        ("post message", "slack"),
        ("postmessage", "slack"),
        ("run_query", "postgres"),
        ("chat-works", "slack"),
        ("wetterfrosch", "weather"),
        ("cafe", "cafe-finder"),
        ("CAFÉ", "cafe-finder"),
        ("who", "who"),
        ("workspace", "notion"),
    ],
)
def test_words_find_what_they_name(search: str, first: str) -> None:
    assert names(search)[0] == first


@pytest.mark.parametrize(
    ("search", "first"),
    [
        ("gith", "github"),
        ("kub", "kubernetes"),
        ("play", "playwright"),
        ("github act", "github-actions"),
        ("n", "notion"),
    ],
)
def test_the_last_word_may_be_unfinished(search: str, first: str) -> None:
    assert names(search)[0] == first


@pytest.mark.parametrize(
    ("search", "first"),
    [
        ("githb", "github"),
        ("postgress", "postgres"),
        ("slak", "slack"),
        ("kuberntes", "kubernetes"),
        ("noton", "notion"),
        ("playwrigt", "playwright"),
        ("wetterfrsoch", "weather"),
        ("runquery", "postgres"),
        ("vorhersgen", "weather"),
        ("chatworks", "slack"),
    ],
)
def test_typing_errors_are_forgiven_in_every_text(search: str, first: str) -> None:
    assert names(search)[0] == first


def test_a_name_counts_more_than_a_description() -> None:
    assert names("github") == ["github", "github-actions", "gitlab"]


def test_words_that_are_not_together_anywhere_are_relaxed() -> None:
    found = names("slack kubernetes")
    assert set(found[:2]) == {"slack", "kubernetes"}


@pytest.mark.parametrize("search", ["", "mcp", "mcp server", "   ", "!!! ???"])
def test_nothing_asked_is_browsing(search: str) -> None:
    assert len(names(search)) == len(CATALOG)


@pytest.mark.parametrize("search", ["zzzzqqqq", "xylophone orchestra"])
def test_nonsense_finds_nothing(search: str) -> None:
    answer = Client().get("/api/v1/servers", {"search": search}).json()
    assert (answer["items"], answer["total"], answer["next_cursor"]) == ([], 0, None)


@pytest.mark.parametrize(
    "search",
    [
        "'",
        "'; DROP TABLE registry_searchentry; --",
        "a & | ! ( ) <-> :*",
        "\\",
        "%_%",
        '"unclosed',
        "-github",
        "github:*",
        "🐘 postgres",
        "\u202egithub",
        "a" * 200,
        "a " * 100,
        "<script>",
        "{{7*7}}",
    ],
)
def test_odd_searches_are_searches(search: str) -> None:
    assert Client().get("/api/v1/servers", {"search": search}).status_code == 200


def test_among_equals_the_more_trusted_comes_first() -> None:
    published("zz", name="clock-a", description="The time of day")
    release("zz", name="clock-b", description="The time of day")
    assert names("time of day")[:2] == ["clock-b", "clock-a"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("readFile", ["read", "file", "readfile"]),
        ("read_file-now", ["read", "file", "now"]),
        ("HTTPServer2", ["http", "server2", "httpserver2"]),
        ("nul\x00byte", ["nul", "byte"]),
        ("", []),
        ("…", []),
    ],
)
def test_how_texts_become_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_asked_words_are_bounded() -> None:
    assert len(asked_words(" ".join(f"w{i}" for i in range(100)))) == 12
    assert asked_words("The MCP server of GitHub github") == ("the", "of", "github")
