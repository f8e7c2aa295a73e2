"""The properties that scores must have whatever the verdicts are (DESIGN: scoring)."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.builders import built, code, component, facts, publisher
from trust.arithmetic import credit
from trust.assessment import Assessment
from trust.control import Control, Outcome, Verdict, not_applicable, not_assessed, passed
from trust.controls import CATALOG
from trust.facts import Dependencies
from trust.finding import Finding, Gap
from trust.provenance import Provenance
from trust.rubric import rubric
from trust.scoring import assess, score
from trust.vocabulary import Confidence, Domain, Evidence, Severity, Weakness

RUBRIC = rubric("1")
Verdicts = list[tuple[Control, Verdict]]

FINDINGS = st.builds(
    Finding,
    st.just("test"),
    st.sampled_from(Weakness),
    st.sampled_from(Severity),
    st.sampled_from(Confidence),
    st.just("seen"),
    st.sampled_from(["a.py", "b.py"]),
    st.integers(1, 9),
    st.text("xyz", max_size=4),
)


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    outcome = draw(st.sampled_from(Outcome))
    evidence = draw(st.sampled_from(Evidence))
    if outcome is Outcome.NOT_ASSESSED:
        return not_assessed("gap")
    if outcome is Outcome.NOT_APPLICABLE:
        return not_applicable("proved")
    if outcome is Outcome.PASS:
        return passed("fine", evidence=evidence)
    found = tuple(draw(st.lists(FINDINGS, max_size=3)))
    share = draw(st.integers(1, 99)) * 100 if outcome is Outcome.PARTIAL else 0
    return Verdict(outcome, "so so", evidence, share, found)


ANSWERED = st.lists(verdicts(), min_size=len(CATALOG), max_size=len(CATALOG)).map(
    lambda found: list(zip(CATALOG, found, strict=True))
)
INDEX = st.integers(0, len(CATALOG) - 1)
MANY = settings(max_examples=100, deadline=None)


def changed(asked: Verdicts, index: int, verdict: Verdict) -> Verdicts:
    return [*asked[:index], (asked[index][0], verdict), *asked[index + 1 :]]


def assessed(asked: Verdicts) -> Assessment:
    return score(asked, RUBRIC)


@MANY
@given(ANSWERED)
def test_scores_lie_between_nothing_and_their_potential(asked: Verdicts) -> None:
    result = assessed(asked)
    assert 0 <= result.score <= result.potential <= 100
    assert 0 <= result.coverage <= 100
    for domain in result.domains:
        assert 0 <= domain.score <= domain.potential <= 100
    assert all(result.score <= cap.limit for cap in result.caps)


@MANY
@given(ANSWERED, INDEX, FINDINGS)
def test_another_finding_never_raises(asked: Verdicts, index: int, finding: Finding) -> None:
    verdict = asked[index][1]
    assume(verdict.outcome in (Outcome.PARTIAL, Outcome.FAIL))
    worse = replace(verdict, findings=(*verdict.findings, finding))
    before, after = assessed(asked), assessed(changed(asked, index, worse))
    assert after.score <= before.score
    assert after.potential <= before.potential
    assert after.level <= before.level


@MANY
@given(ANSWERED, INDEX)
def test_looking_away_never_raises(asked: Verdicts, index: int) -> None:
    assume(asked[index][1].outcome is not Outcome.NOT_APPLICABLE)
    # A finding that nobody looks for sets no cap either; the property is about the control's own answer.
    assume(not asked[index][1].findings)
    before, after = assessed(asked), assessed(changed(asked, index, not_assessed("gap")))
    assert after.score <= before.score
    assert after.coverage <= before.coverage
    assert after.level <= before.level


@MANY
@given(ANSWERED, st.randoms(use_true_random=False))
def test_order_does_not_matter(asked: Verdicts, random: object) -> None:
    shuffled = list(asked)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = assessed(asked), assessed(shuffled)
    assert (one.score, one.potential, one.coverage, one.level) == (
        other.score,
        other.potential,
        other.coverage,
        other.level,
    )
    assert one.domains == other.domains


@MANY
@given(ANSWERED, INDEX, st.sampled_from(Evidence))
def test_stronger_evidence_never_lowers(asked: Verdicts, index: int, evidence: Evidence) -> None:
    verdict = asked[index][1]
    assume(verdict.outcome in (Outcome.PASS, Outcome.PARTIAL))
    assume(RUBRIC.ceilings[evidence] >= RUBRIC.ceilings[verdict.evidence])
    stronger = assessed(changed(asked, index, replace(verdict, evidence=evidence)))
    assert stronger.score >= assessed(asked).score


@MANY
@given(ANSWERED)
def test_points_lost_add_up(asked: Verdicts) -> None:
    result = assessed(asked)
    present = {a.control.domain for a in result.answers if a.applies}
    whole = sum(RUBRIC.domains[d] for d in present) * 10_000 // sum(RUBRIC.domains.values())
    lost = sum(a.points_lost for a in result.answers)
    losers = [a for a in result.answers if a.applies and a.credit < 10_000]
    assert lost == (whole - result.uncapped if losers else 0)
    assert all(a.points_lost >= 0 for a in result.answers)


@MANY
@given(ANSWERED)
def test_following_every_raise_gains_what_was_promised(asked: Verdicts) -> None:
    result = assessed(asked)
    followed = list(asked)
    for step in result.raises:
        index = next(i for i, (control, _) in enumerate(followed) if control is step.control)
        followed = changed(followed, index, passed("mended", evidence=step.control.best))
    gained = sum(step.gain for step in result.raises)
    exact = min([result.uncapped, *(cap.limit * 100 for cap in result.caps)])
    assert gained >= 0
    assert assessed(followed).score == (exact + gained) // 100


@MANY
@given(verdicts(), FINDINGS)
def test_the_same_finding_twice_counts_once(verdict: Verdict, finding: Finding) -> None:
    once = replace(verdict, findings=(finding,))
    twice = replace(verdict, findings=(finding, replace(finding, line=40)))
    assert credit(once, RUBRIC) == credit(twice, RUBRIC)


def test_nothing_asked_scores_nothing_and_reaches_no_level() -> None:
    result = score([], RUBRIC)
    assert (result.score, result.potential, result.coverage, result.level) == (0, 0, 0, 0)
    assert result.provisional


def test_everything_unknown_scores_nothing_but_could_be_good() -> None:
    result = score([(c, not_assessed("nobody looked")) for c in CATALOG], RUBRIC)
    assert (result.score, result.coverage, result.level) == (0, 0, 0)
    assert result.potential == 100
    assert result.provisional


def test_everything_observed_scores_full_marks_and_reaches_the_top() -> None:
    result = score([(c, passed("seen", evidence=Evidence.OBSERVED)) for c in CATALOG], RUBRIC)
    assert (result.score, result.coverage, result.level, result.caps) == (100, 100, 4, ())


def test_a_declaration_alone_earns_nothing() -> None:
    result = score([(c, passed("they say", evidence=Evidence.DECLARED)) for c in CATALOG], RUBRIC)
    assert result.score == 0


CAPS = [
    ("blocking_finding", Weakness.MALWARE, Severity.CRITICAL, Confidence.FIRM, 0),
    ("severe_vulnerability", Weakness.KNOWN_VULNERABILITY, Severity.CRITICAL, Confidence.CONFIRMED, 39),
    ("critical_finding", Weakness.COMMAND_INJECTION, Severity.CRITICAL, Confidence.FIRM, 39),
    ("high_finding", Weakness.SSRF, Severity.HIGH, Confidence.FIRM, 59),
]


@pytest.mark.parametrize(("cap", "weakness", "severity", "confidence", "limit"), CAPS)
def test_one_serious_finding_caps_an_otherwise_perfect_bundle(
    cap: str, weakness: Weakness, severity: Severity, confidence: Confidence, limit: int
) -> None:
    perfect: Verdicts = [(c, passed("seen", evidence=Evidence.OBSERVED)) for c in CATALOG]
    index = next(i for i, (c, _) in enumerate(perfect) if c.id == "RT-08")
    bad = Finding("test", weakness, severity, confidence, "Bad", "a.py", 1)
    result = assessed(changed(perfect, index, Verdict(Outcome.FAIL, "bad", Evidence.OBSERVED, 0, (bad,))))
    assert result.caps[0].id == cap
    assert result.score == limit
    tentative = replace(bad, confidence=Confidence.TENTATIVE)
    spared = assessed(changed(perfect, index, Verdict(Outcome.FAIL, "bad", Evidence.OBSERVED, 0, (tentative,))))
    assert spared.caps == ()
    assert result.blocked is (cap == "blocking_finding")


def test_the_composite_stays_near_the_weakest_domain() -> None:
    asked: Verdicts = [
        (
            c,
            Verdict(Outcome.FAIL, "no")
            if c.domain is Domain.AUTHENTICATION
            else passed("yes", evidence=Evidence.OBSERVED),
        )
        for c in CATALOG
    ]
    result = assessed(asked)
    assert result.score == 25
    assert result.caps[0].id == "weakest_domain"


def test_every_domain_keeps_a_question_that_always_applies() -> None:
    """A domain whose every control can be not applicable could vanish, and its weight with it."""
    quiet = facts(code=code(tools=(), observations=(), findings=()))
    present = {c.domain for c in CATALOG if c.ask(quiet).outcome is not Outcome.NOT_APPLICABLE}
    assert present == set(Domain)


def test_every_level_is_within_reach_of_facts() -> None:
    """Each level by the facts of a bundle, not by made-up verdicts: a level nobody can reach is a lie."""
    attested = facts(provenance=built("https://example.com/acme/weather", "a", "b"))
    verified = facts()
    standard = facts(provenance=Provenance(), publisher=publisher(proof=""))
    basic = replace(standard, dependencies=Dependencies((component(hashed=False),), ("requirements.txt",)))
    none = replace(basic, malice=Gap("not searched"))
    reached = [assess(f, RUBRIC).level for f in (none, basic, standard, verified, attested)]
    assert reached == [0, 1, 2, 3, 4]
