"""A publisher uploads through the form and watches until the report is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.journeys import PASSWORD, sign_up, write_bundle
from tests.live import LiveStack

WITHIN = 90_000


@pytest.fixture
def refused_page(browser: Browser, live_stack: LiveStack) -> Iterator[Page]:
    """A page that may be told no: Chromium reports each 4xx answer on the console, which `page` forbids."""
    with browser.new_context(base_url=live_stack.base_url, locale="en-US") as context:
        context.set_default_timeout(15_000)
        yield context.new_page()


def upload(page: Page, bundle: Path, namespace: str) -> None:
    page.goto("/publish")
    page.get_by_label("Bundle").set_input_files(bundle)
    page.get_by_label("Namespace").fill(namespace)
    page.get_by_role("button", name="Upload and examine").click()


def test_an_upload_leads_through_the_scan_to_the_report(page: Page, tmp_path: Path) -> None:
    name = sign_up(page)
    upload(page, write_bundle(tmp_path, f"calculator-of-{name}"), name)
    page.wait_for_url(re.compile(rf"/servers/{name}/calculator-of-{name}/1\.0\.0$"), timeout=WITHIN)
    expect(page.get_by_role("img", name=re.compile(r"^Score \d+ of 100")).first).to_be_visible()
    flaw = page.locator("details.control:has(#RT-03)")
    flaw.locator("summary").click()
    expect(flaw.locator("figcaption").first).to_have_text(re.compile(r"^server/main\.py:\d+$"))
    expect(flaw.locator("figure code").first).to_contain_text("eval(expression)")


def test_the_scan_ends_in_the_report_without_scripts_too(
    browser: Browser, live_stack: LiveStack, tmp_path: Path
) -> None:
    with browser.new_context(base_url=live_stack.base_url, java_script_enabled=False) as context:
        page = context.new_page()
        name = sign_up(page)
        upload(page, write_bundle(tmp_path, f"plain-of-{name}"), name)
        link = page.get_by_role("link", name="Open the trust report")
        expect(link).to_be_visible(timeout=WITHIN)
        link.click()
        expect(page.get_by_role("heading", name="Every control")).to_be_visible()


def test_a_file_that_is_no_bundle_is_refused_beside_its_field(refused_page: Page, tmp_path: Path) -> None:
    name = sign_up(refused_page)
    wrong = tmp_path / "letter.mcpb"
    wrong.write_text("This is a letter, not an archive.")
    upload(refused_page, wrong, name)
    field = refused_page.get_by_label("Bundle")
    expect(field).to_have_attribute("aria-invalid", "true")
    reason = refused_page.locator(f"#{field.get_attribute('id')}_error")
    expect(reason).to_contain_text("archive.not_zip")
    expect(refused_page.get_by_role("alert")).to_contain_text("Nothing was stored")
    assert refused_page.get_by_label("Namespace").input_value() == name


def test_a_namespace_of_somebody_else_is_refused_beside_its_field(
    page: Page, refused_page: Page, tmp_path: Path
) -> None:
    owner = sign_up(page)
    upload(page, write_bundle(tmp_path, f"owned-by-{owner}"), owner)
    page.wait_for_url("**/scans/*")
    sign_up(refused_page)
    upload(refused_page, write_bundle(tmp_path, "intruder"), owner)
    expect(refused_page.get_by_label("Namespace")).to_have_attribute("aria-invalid", "true")
    expect(refused_page.locator(".field-error")).to_contain_text("another account")


def test_publishing_asks_a_stranger_to_sign_in_and_brings_them_back(page: Page) -> None:
    name = sign_up(page)
    page.get_by_role("button", name="Sign out").click()
    page.goto("/publish")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/publish")


def test_a_token_is_shown_once_and_can_be_revoked(page: Page) -> None:
    sign_up(page)
    page.goto("/account")
    page.get_by_label("Name").fill("release job")
    page.get_by_role("button", name="Make a token").click()
    secret = page.locator("code.token").inner_text()
    assert secret.startswith("assay_")
    page.goto("/account")
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke release job").click()
    expect(page.get_by_text("You have no token.")).to_be_visible()
