"""For everybody, everywhere: assistive technology, keyboards, small screens, strict policies, slow lines."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.e2e.journeys import barriers, sign_up, wait_for_scores
from tests.live import LiveStack

PAGES = (
    "/",
    "/servers",
    "/servers?search=qqqqzzzzxx",
    "/servers/assay-examples/text-ruler",
    "/servers/lunar-tools/net-doctor/1.0.0",
    "/controls",
    "/controls/RT-01",
    "/methodology",
    "/sign-in",
    "/sign-up",
)
HEAVIEST = 150_000


@pytest.fixture(scope="module", autouse=True)
def _rows(live_stack: LiveStack) -> list[dict[str, Any]]:
    return wait_for_scores(live_stack)


def open_details(page: Page, limit: int = 500) -> None:
    page.evaluate("limit => document.querySelectorAll('details').forEach((d, i) => { d.open = i < limit })", limit)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier(browser: Browser, live_stack: LiveStack, scheme: Any) -> None:
    found: list[str] = []
    with browser.new_context(base_url=live_stack.base_url, color_scheme=scheme) as context:
        page = context.new_page()
        for path in PAGES:
            page.goto(path)
            open_details(page)
            found += barriers(page)
        sign_up(page)
        for path in ("/publish", "/account"):
            page.goto(path)
            found += barriers(page)
    assert found == []


@pytest.mark.parametrize("width", [320, 640, 1280])
def test_no_page_scrolls_sideways(browser: Browser, live_stack: LiveStack, width: int, tmp_path: Any) -> None:
    wide: list[str] = []
    with browser.new_context(base_url=live_stack.base_url, viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        for number, path in enumerate(PAGES):
            page.goto(path)
            open_details(page)
            page.screenshot(path=tmp_path / f"{number}-{width}.png", full_page=True)
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if over > 0:
                wide.append(f"{path}: {over} px")
    assert wide == []


def test_pages_are_light_and_ask_nobody_else(page: Page, live_stack: LiveStack) -> None:
    host = urlsplit(live_stack.base_url).netloc
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    page.on("response", note)
    for path in PAGES:
        answers.clear()
        page.goto(path, wait_until="networkidle")
        assert {urlsplit(answer.url).netloc for answer in answers} == {host}, path
        weight = sum(len(answer.body()) for answer in answers)
        assert weight < HEAVIEST, f"{path} weighs {weight} bytes"


def test_the_policy_forbids_inline_code_and_other_hosts(page: Page) -> None:
    answer = page.goto("/servers")
    assert answer
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_reviewer_gets_from_search_to_evidence_by_keyboard_alone(page: Page) -> None:
    page.goto("/servers")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("net doctor")
    expect(page.locator("#results li.row").first).to_contain_text("Net Doctor")
    expect(page.get_by_role("searchbox")).to_be_focused()
    tab_to(page, "a[href='/servers/lunar-tools/net-doctor']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/servers/lunar-tools/net-doctor")
    tab_to(page, "details.control > summary")
    page.keyboard.press("Enter")
    expect(page.locator("details.control[open]")).to_have_count(1)
    expect(page.locator("details.control[open]").get_by_text("Why it matters")).to_be_visible()


def tab_to(page: Page, selector: str, most: int = 120) -> None:
    """Press Tab until something that fits `selector` has the focus, which must be visible on it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert ring != "none", f"no focus ring on {selector}"
            return
    pytest.fail(f"{selector} was not reached with {most} tabs")


def test_a_missing_page_is_ours_and_says_so(browser: Browser, live_stack: LiveStack) -> None:
    with browser.new_context(base_url=live_stack.base_url) as context:
        page = context.new_page()
        for path in ("/nothing-here", "/servers/nobody/nothing"):
            answer = page.goto(path)
            assert answer
            assert answer.status == 404
            expect(page.get_by_role("link", name="Search the catalog")).to_be_visible()
            assert barriers(page) == []
