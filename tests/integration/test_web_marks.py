"""The hallmark: which shape and which words a score gets."""

import pytest

from registry.marks import Band, bands, mark
from registry.web.radar import CENTRE, RADIUS, outline, radar
from trust.rubric import rubric


def test_bands_cover_every_score_once() -> None:
    covered = [score for band in bands() for score in range(band.low, band.high + 1)]
    assert sorted(covered) == list(range(101))


def test_each_band_begins_just_above_a_cap_of_the_rubric() -> None:
    caps = rubric().caps
    lows = {band.kind: band.low for band in bands()}
    assert lows == {
        "exemplary": caps.unsigned + 1,
        "strong": caps.high_finding + 1,
        "fair": caps.critical_finding + 1,
        "weak": 0,
    }


@pytest.mark.parametrize("band", bands(), ids=lambda band: band.kind)
def test_a_score_is_shown_as_number_word_and_shape(band: Band) -> None:
    for score in (band.low, band.high):
        shown = mark(score, "scored")
        assert (shown.kind, shown.text, shown.word) == (band.kind, str(score), band.word)
        assert shown.sentence == f"Score {score} of 100, {band.word.lower()}"


def test_provisional_is_said_aloud_and_drawn() -> None:
    shown = mark(48, "provisional")
    assert shown.provisional
    assert shown.word == "Provisional"
    assert shown.sentence == "Score 48 of 100, provisional, fair so far"


@pytest.mark.parametrize("status", ["scanning", "queued", "failed", "not_assessed", "quarantined"])
def test_a_status_without_a_score_never_shows_one(status: str) -> None:
    shown = mark(99, status)
    assert (shown.kind, shown.text, shown.scored) == (status, "", False)


@pytest.mark.parametrize(("score", "status"), [(None, "scored"), (None, "provisional"), (80, "something new")])
def test_what_is_not_understood_is_not_assessed(score: int | None, status: str) -> None:
    assert mark(score, status).kind == "not_assessed"


def test_the_radar_points_up_first_and_grows_with_the_score() -> None:
    full = radar([("A", 100, 100), ("B", 0, 50), ("C", 0, 0), ("D", 0, 0), ("E", 0, 0)])
    assert full.dots[0] == (CENTRE, CENTRE - RADIUS)
    assert full.dots[1] == (CENTRE, CENTRE)
    assert outline([0, 0, 0]) == " ".join([f"{CENTRE},{CENTRE}"] * 3)
