"""Tests in a real browser against a running stack. They talk HTTP only: no Django in this process."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.live import LiveStack, in_ci

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium. Without one: a failure in continuous integration, a skip with its reason elsewhere."""
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        reason = "no Chromium on this machine; `make browser` installs it or says how"
        if in_ci():
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        # Chromium refuses its own sandbox to root; these pages are ours.
        sandbox = os.geteuid() != 0
        browser = playwright.chromium.launch(executable_path=program, chromium_sandbox=sandbox)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, live_stack: LiveStack) -> Iterator[Page]:
    """A page of a fresh visitor, with `live_stack` as its base URL. Fails the test on any error the page reports:
    console errors (a broken content security policy is one), uncaught exceptions, failed requests of its own."""
    troubles: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            troubles.append(f"console: {message.text}")

    with browser.new_context(base_url=live_stack.base_url, locale="en-US") as context:
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: troubles.append(f"exception: {error}"))
        yield page
    assert not troubles, "\n".join(troubles)
