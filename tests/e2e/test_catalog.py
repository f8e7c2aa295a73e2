"""A team chooses a server: search, filter, open the evidence."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.journeys import wait_for_scores
from tests.live import LiveStack

DOMAINS = ("Authentication", "Authorization", "Data handling", "Supply chain", "Runtime")


@pytest.fixture(scope="module")
def rows(live_stack: LiveStack) -> list[dict[str, Any]]:
    return wait_for_scores(live_stack)


@pytest.fixture
def scriptless(browser: Browser, live_stack: LiveStack) -> Iterator[Page]:
    """A visitor whose browser runs no scripts."""
    with browser.new_context(base_url=live_stack.base_url, java_script_enabled=False) as context:
        yield context.new_page()


def result(page: Page, name: str) -> Any:
    return page.locator("#results li.row").filter(has=page.locator(".slug", has_text=re.compile(f"/{name}$")))


def shown_names(page: Page) -> list[str]:
    return page.locator("#results .slug").all_inner_texts()


def test_a_result_shows_the_composite_and_all_five_domains(page: Page, rows: list[dict[str, Any]]) -> None:
    scored = next(row for row in rows if row["score"] is not None)
    page.goto("/servers")
    row = result(page, scored["name"].rpartition("/")[2])
    expect(row.get_by_role("img", name=re.compile(rf"^Score {scored['score']} of 100, \w+"))).to_be_visible()
    domains = row.get_by_role("list", name="Domain scores").get_by_role("listitem")
    assert [text.split("\n")[0].rstrip("0123456789") for text in domains.all_inner_texts()] == list(DOMAINS)
    numbers = [int(re.search(r"\d+$", text)[0]) for text in domains.all_inner_texts()]  # type: ignore[index]
    assert numbers == [domain["score"] for domain in scored["domains"]]


def test_results_follow_the_typing_and_the_address_keeps_the_question(page: Page, rows: list[dict[str, Any]]) -> None:
    page.goto("/servers")
    assert len(shown_names(page)) == min(20, len(rows))
    page.get_by_role("searchbox").press_sequentially("text ruler", delay=20)
    expect(page.locator("#results li.row").first).to_contain_text("Text Ruler")
    expect(page).to_have_url(re.compile(r"\?search=text"))
    narrowed = shown_names(page)
    page.reload()
    assert shown_names(page) == narrowed
    assert page.get_by_role("searchbox").input_value() == "text ruler"


def test_a_minimum_score_leaves_only_servers_that_reach_it(page: Page, rows: list[dict[str, Any]]) -> None:
    page.goto("/servers")
    page.get_by_label("Minimum score").select_option(index=1)
    floor = int(page.get_by_label("Minimum score").input_value())
    expect(page).to_have_url(re.compile(rf"/servers\?min_score={floor}$"))
    expected = {row["name"].rpartition("/")[2] for row in rows if (row["score"] or 0) >= floor}
    expect(page.locator("#results .slug")).to_have_count(len(expected))
    assert {name.rpartition("/")[2] for name in shown_names(page)} == expected


def test_everything_is_there_without_scripts(scriptless: Page, rows: list[dict[str, Any]]) -> None:
    scriptless.goto("/")
    scriptless.get_by_role("searchbox").fill("ruler")
    scriptless.get_by_role("button", name="Search").click()
    assert parse_qs(urlsplit(scriptless.url).query)["search"] == ["ruler"]
    scriptless.get_by_role("link", name="Text Ruler").click()
    expect(scriptless.get_by_role("heading", level=1)).to_contain_text("Text Ruler")
    first = scriptless.locator("details.control").first
    first.locator("summary").click()
    expect(first.get_by_text("Why it matters")).to_be_visible()


def test_the_evidence_of_a_failed_control_is_one_click_away(page: Page, rows: list[dict[str, Any]]) -> None:
    page.goto("/servers/lunar-tools/net-doctor/1.0.0")
    failed = page.locator("details.control-fail").filter(has=page.locator("figure pre"))
    assert failed.count() > 0
    control = failed.first
    control.locator("summary").click()
    expect(control.locator("figcaption").first).to_have_text(re.compile(r"\.js:\d+$"))
    expect(control.locator("figure code").first).not_to_be_empty()
    expect(control.get_by_text("How to fix")).to_be_visible()


def test_a_shortcoming_leads_to_its_opened_evidence(page: Page, rows: list[dict[str, Any]]) -> None:
    page.goto("/servers/lunar-tools/net-doctor/1.0.0")
    link = page.get_by_role("region", name=re.compile("What falls short")).get_by_role("link").first
    id = (link.get_attribute("href") or "").removeprefix("#")
    link.click()
    control = page.locator(f"details.control:has(#{id})")
    expect(control).to_have_attribute("open", "")
    expect(control.get_by_text("Why it matters")).to_be_in_viewport()


def test_the_repaired_release_scores_higher_than_the_flawed_one(page: Page, rows: list[dict[str, Any]]) -> None:
    page.goto("/servers/lunar-tools/net-doctor")
    versions = page.locator("#versions tbody tr")
    scores = {
        version.locator("th a").inner_text(): int(version.locator("svg text").text_content() or "")
        for version in versions.all()
    }
    assert scores["1.1.0"] > scores["1.0.0"]


def test_what_was_not_assessed_stands_beside_what_falls_short(page: Page, rows: list[dict[str, Any]]) -> None:
    page.goto("/servers/assay-examples/text-ruler")
    short = page.get_by_role("region", name=re.compile("What falls short"))
    unknown = page.get_by_role("region", name=re.compile("What was not assessed"))
    first, second = short.bounding_box(), unknown.bounding_box()
    assert first
    assert second
    assert abs(first["y"] - second["y"]) < 2
    assert abs(first["width"] - second["width"]) < 2
    counted = int(unknown.locator(".count").inner_text())
    assert counted == page.locator("details.control-not_assessed").count()


def test_an_empty_result_says_what_to_do_next(page: Page, rows: list[dict[str, Any]]) -> None:
    page.goto("/servers?search=qqqqzzzzxx&min_score=60")
    expect(page.locator("#results")).to_contain_text("Nothing fits")
    page.get_by_role("link", name="Search again without the filters").click()
    page.get_by_role("link", name="Show every server").click()
    assert len(shown_names(page)) > 0
