"""Badges: words as well as colour, and never a green one for what was not assessed."""

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from registry.api.badge import _COLOURS, _GREY, _RED, Badge, badge_svg
from registry.models import AssessmentRecord, Scan
from tests.integration.catalog import assessed, published, release, withdrawn
from tests.unit.builders import facts
from trust.facts import Facts
from trust.finding import Gap

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]

BADGE = "/api/v1/servers/acme/weather/versions/latest/badge"
GREEN = "#1f7a3d"


def badge() -> Any:
    answer = Client().get(f"{BADGE}.json")
    assert answer.status_code == 200
    return answer.json()


def test_a_scored_release_shows_its_score() -> None:
    release()
    score = AssessmentRecord.objects.get().score
    found = badge()
    assert found["schemaVersion"] == 1
    assert found["message"].startswith(f"{score}/100")
    assert found["isError"] is False


@pytest.mark.parametrize(
    ("state", "words"), [("queued", "scan queued"), ("running", "scanning"), ("failed", "scan failed")]
)
def test_a_release_without_an_assessment_says_so(state: str, words: str) -> None:
    release(version="1.0.0")
    published(version="1.1.0")
    Scan.objects.filter(bundle__release__version="1.1.0").update(state=state)
    found = badge()
    assert found["message"] == words
    assert found["isError"] is True
    assert found["color"] != GREEN


def test_a_provisional_score_is_grey_and_says_so() -> None:
    release(facts=facts(code=Gap("no"), inventory=Gap("no"), dependencies=Gap("no"), probe=Gap("no")))
    assert "provisional" in badge()["message"]
    assert badge()["color"] != GREEN


def test_quarantine_is_said_and_not_hidden(blocked_facts: Facts) -> None:
    assessed(published(), blocked_facts)
    assert badge()["message"] == "quarantined"
    svg = Client().get(f"{BADGE}.svg")
    assert (svg.status_code, b"quarantined" in svg.content) == (200, True)


def test_a_yanked_release_is_not_green() -> None:
    release()
    withdrawn("yanked")
    answer = Client().get("/api/v1/servers/acme/weather/versions/1.4.0/badge.json").json()
    assert "yanked" in answer["message"]
    assert answer["color"] != GREEN


def test_there_is_no_badge_for_what_is_not_there() -> None:
    assert Client().get(f"{BADGE}.svg").status_code == 404


def test_the_image_can_be_read_by_everybody() -> None:
    release()
    answer = Client().get(f"{BADGE}.svg")
    assert answer["Content-Type"].startswith("image/svg+xml")
    root = ET.fromstring(answer.content)  # noqa: S314 -- our own document
    name = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.get("aria-label") == f"assay: {badge()['message']}"
    title = root.find(f"{name}title")
    assert title is not None
    assert title.text == root.get("aria-label")
    assert not list(root.iter(f"{name}script"))
    assert "http" not in re.sub(r'xmlns="[^"]+"', "", answer.content.decode())


@pytest.mark.parametrize("message", ['"><script>', "a & b", "'"])
def test_nothing_breaks_out_of_the_image(message: str) -> None:
    root = ET.fromstring(badge_svg(Badge(message, GREEN, assessed=True)))  # noqa: S314
    assert root.get("aria-label") == f"assay: {message}"


@pytest.mark.parametrize("colour", [*_COLOURS.values(), _GREY, _RED])
def test_white_text_can_be_read_on_every_colour(colour: str) -> None:
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5 to 1."""
    assert f'fill="{colour}"' in badge_svg(Badge("72/100", colour, assessed=True))
    assert 1.05 / (_luminance(colour[1:]) + 0.05) >= 4.5


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
