"""The values of a judged bundle: answers, domain scores, caps, and the assessment that holds them all."""

from dataclasses import dataclass

from trust.control import Control, Outcome, Verdict
from trust.finding import Finding
from trust.vocabulary import Domain


@dataclass(frozen=True, slots=True)
class Answer:
    """A control with its verdict, its weight under the rubric and the credit it earned (basis points).

    `points_lost` is in hundredths of a composite point; over all answers it adds up to what is missing to 100.
    """

    control: Control
    verdict: Verdict
    weight: int
    credit: int
    points_lost: int = 0

    @property
    def applies(self) -> bool:
        return self.verdict.outcome is not Outcome.NOT_APPLICABLE

    @property
    def assessed(self) -> bool:
        return self.applies and self.verdict.outcome is not Outcome.NOT_ASSESSED

    @property
    def passes(self) -> bool:
        return self.verdict.outcome is Outcome.PASS


@dataclass(frozen=True, slots=True)
class DomainScore:
    """One domain, in whole points and percent; `exact` and `exact_potential` are the basis points behind them."""

    domain: Domain
    score: int
    potential: int
    coverage: int
    exact: int
    exact_potential: int


@dataclass(frozen=True, slots=True)
class Cap:
    """An upper limit of the composite that applies, in whole points, and the sentence that explains it."""

    id: str
    limit: int
    because: str


@dataclass(frozen=True, slots=True)
class Raise:
    """What a publisher could do next: meeting `control` in full, after the steps listed before it, gains `gain`
    hundredths of a composite point, caps included.
    """

    control: Control
    gain: int


@dataclass(frozen=True, slots=True)
class LevelStanding:
    """How a bundle stands towards one level: reached, or the sentences that say what stands between."""

    number: int
    name: str
    blockers: tuple[str, ...]

    @property
    def reached(self) -> bool:
        return not self.blockers


@dataclass(frozen=True, slots=True)
class Assessment:
    """All answers and the numbers that follow from them.

    `uncapped` is the composite in basis points before caps; `blocked` means a blocking finding: quarantine.
    """

    rubric: str
    score: int
    potential: int
    coverage: int
    provisional: bool
    blocked: bool
    uncapped: int
    caps: tuple[Cap, ...]
    domains: tuple[DomainScore, ...]
    answers: tuple[Answer, ...]
    raises: tuple[Raise, ...]
    levels: tuple[LevelStanding, ...]

    @property
    def level(self) -> int:
        """The highest level reached together with every level below it; 0 when none is."""
        number = 0
        for standing in self.levels:
            if not standing.reached:
                break
            number = standing.number
        return number

    @property
    def level_name(self) -> str:
        return next((s.name for s in self.levels if s.number == self.level), "None")

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(f for a in self.answers for f in a.verdict.findings)
