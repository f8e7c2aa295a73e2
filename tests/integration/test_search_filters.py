"""Filters, orders, pages and counts of the list of servers, and what is said to bad ones."""

from typing import Any

import pytest
from django.test import Client

from registry.models import SearchEntry
from tests.integration.catalog import published, release
from tests.unit.builders import code, facts, finding, saw, tool
from trust.facts import Listener
from trust.finding import Gap
from trust.vocabulary import Signal, Weakness

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]

GOOD = facts()
RISKY = facts(
    code=code(
        tools=(tool("wipe"), tool("look")),
        observations=saw(Signal.PROCESS, Signal.FILE_DELETE),
        findings=(finding(Weakness.COMMAND_INJECTION),),
    )
)
BLIND = facts(code=Gap("no"), inventory=Gap("no"), dependencies=Gap("no"), probe=Gap("no"), secrets=Gap("no"))


@pytest.fixture(autouse=True)
def _catalog() -> None:
    release("acme", GOOD, name="good", license="MIT")
    release("acme", RISKY, name="risky", license="Apache-2.0", compatibility={"platforms": ["darwin"]})
    release("acme", BLIND, name="blind")
    published("acme", name="waiting")


def ask(**parameters: Any) -> Any:
    return Client().get("/api/v1/servers", parameters)


def names(**parameters: Any) -> list[str]:
    answer = ask(**parameters)
    assert answer.status_code == 200, answer.content
    return [item["name"].partition("/")[2] for item in answer.json()["items"]]


def test_each_server_says_how_it_stands() -> None:
    found = {item["name"]: item for item in ask().json()["items"]}
    good, waiting, blind = found["acme/good"], found["acme/waiting"], found["acme/blind"]
    assert good["status"] == "scored"
    assert isinstance(good["score"], int)
    assert [d["id"] for d in good["domains"]] == [
        "authentication",
        "authorization",
        "data_handling",
        "supply_chain",
        "runtime",
    ]
    assert all(isinstance(d["score"], int) for d in good["domains"])
    assert (waiting["status"], waiting["score"], waiting["coverage"]) == ("queued", None, None)
    assert all(d["score"] is None for d in waiting["domains"])
    assert blind["status"] == "provisional"
    assert found["acme/risky"]["tools_count"] == 2
    assert set(found["acme/risky"]["permissions"]) == {"runs programs", "deletes files"}


def test_filters_by_numbers() -> None:
    scores = {entry.name: entry for entry in SearchEntry.objects.all()}
    good, risky = scores["good"], scores["risky"]
    assert good.score is not None
    assert risky.score is not None
    assert good.runtime is not None
    assert risky.runtime is not None
    assert good.score > risky.score
    assert good.runtime > risky.runtime
    assert names(min_score=good.score) == ["good"]
    assert "waiting" not in names(min_score=0)
    assert "risky" not in names(**{"min_domain.runtime": risky.runtime + 1})
    assert "risky" in names(**{"min_domain.runtime": risky.runtime})
    assert set(names(**{"min_domain.runtime": 0, "min_domain.supply_chain": 0})) == {"good", "risky", "blind"}
    assert set(names(level=0)) == {"good", "risky", "blind"}
    assert names(min_score="") == names()


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"type": "node"}, {"good", "risky", "blind", "waiting"}),
        ({"type": "python"}, set()),
        ({"license": "mit"}, {"good", "blind", "waiting"}),
        ({"license": "apache-2.0"}, {"risky"}),
        ({"tool": "WIPE"}, {"risky"}),
        ({"tool": "look"}, {"good", "risky", "blind"}),
        ({"permission": "runs programs"}, {"risky"}),
        ({"platform": "linux"}, {"good", "blind", "waiting"}),
        ({"platform": "darwin", "tool": "wipe"}, {"risky"}),
        ({"search": "risky", "min_score": 0}, {"risky"}),
    ],
)
def test_filters_by_words(parameters: dict[str, Any], expected: set[str]) -> None:
    assert set(names(**parameters)) == expected


def test_permissions_that_a_listener_brings() -> None:
    release("acme", facts(code=code(listeners=(Listener("m.py", 1, "http"),))), name="open")
    assert names(permission="listens on the network") == ["open"]


def test_orders() -> None:
    by_score = sorted(SearchEntry.objects.exclude(score=None), key=lambda e: -(e.score or 0))
    assert names(sort="score") == [*(e.name for e in by_score), "waiting"]
    assert names(sort="newest") == ["waiting", "blind", "risky", "good"]
    assert names(sort="name") == ["blind", "good", "risky", "waiting"]
    SearchEntry.objects.filter(name="blind").update(downloads=7)
    assert names(sort="downloads")[0] == "blind"


@pytest.mark.parametrize("sort", ["relevance", "score", "newest", "downloads", "name"])
@pytest.mark.parametrize("search", ["", "weather", "wather"])
def test_pages_follow_each_other_without_gap_or_repetition(sort: str, search: str) -> None:
    for n in range(9):
        published("many", name=f"weather-{n}")
    whole = names(sort=sort, search=search, limit=100)
    assert len(whole) >= 9
    walked: list[str] = []
    answer = ask(sort=sort, search=search, limit=4).json()
    while True:
        walked += [item["name"].partition("/")[2] for item in answer["items"]]
        if answer["next_cursor"] is None or len(walked) > len(whole):
            break
        answer = ask(sort=sort, search=search, limit=4, cursor=answer["next_cursor"]).json()
    assert walked == whole


def test_a_server_that_appears_between_two_pages_moves_nothing() -> None:
    first = ask(sort="name", limit=2).json()
    published("acme", name="a-new-one")
    rest = names(sort="name", limit=10, cursor=first["next_cursor"])
    assert [i["name"] for i in first["items"]] == ["acme/blind", "acme/good"]
    assert rest == ["risky", "waiting"]


def test_counts() -> None:
    answer = ask(limit=1).json()
    assert answer["total"] == 4
    assert answer["facets"]["type"] == [{"value": "node", "count": 4}]
    assert sum(value["count"] for value in answer["facets"]["level"]) == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("min_score", "101"),
        ("min_score", "-1"),
        ("min_score", "eighty"),
        ("min_score", "8.5"),
        ("min_score", "٨٠"),
        ("min_score", "1" * 50),
        ("min_domain.runtime", "x"),
        ("min_domain.cooking", "50"),
        ("min_scor", "80"),
        ("level", "5"),
        ("type", "ruby"),
        ("platform", "amiga"),
        ("permission", "flies"),
        ("sort", "random"),
        ("limit", "0"),
        ("limit", "101"),
        ("search", "a" * 201),
        ("search", "a\x00b"),
        ("tool", "a\x00b"),
        ("license", "x" * 201),
        ("cursor", "x"),
        ("cursor", "bm90IGpzb24"),
        ("cursor", "WzFd"),
        ("cursor", "e30"),
        ("cursor", "é"),
        ("cursor", "A" * 1001),
    ],
)
def test_a_bad_parameter_is_named(field: str, value: str) -> None:
    answer = ask(**{field: value})
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_every_bad_parameter_is_named_at_once() -> None:
    answer = ask(min_score="x", sort="y", nonsense="z")
    assert {error["field"] for error in answer.json()["errors"]} == {"min_score", "sort", "nonsense"}


def test_a_parameter_given_twice() -> None:
    answer = Client().get("/api/v1/servers?min_score=1&min_score=99")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "min_score")


def test_a_cursor_belongs_to_its_question() -> None:
    cursor = ask(sort="name", limit=1).json()["next_cursor"]
    assert ask(sort="name", limit=3, cursor=cursor).status_code == 200
    for other in ({"sort": "score"}, {"sort": "name", "min_score": 1}, {"sort": "name", "search": "good"}):
        answer = ask(**other, cursor=cursor)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor")
