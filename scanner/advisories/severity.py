"""How bad an advisory says its flaw is: CVSS vectors first, the database's own word next, else not known.

Sources: OSV schema, `severity[]`; CVSS v2, v3.1 and v4.0 specifications (FIRST), whose qualitative scale is used.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cvss import CVSS2, CVSS3, CVSS4, CVSSError

from scanner.collect.dependencies.reading import rows, table, word
from trust.vocabulary import Severity

VECTOR_LIMIT = 400
"""A vector longer than this is not one, in characters; the longest CVSS v4 vector has fewer than 300."""

_CALCULATORS = {"CVSS_V2": CVSS2, "CVSS_V3": CVSS3, "CVSS_V4": CVSS4}
_WORDS = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
}


@dataclass(frozen=True, slots=True)
class Rating:
    """`severity` is None when the record does not say; `basis` is what it rests on ("CVSS 9.8"), for a reader."""

    severity: Severity | None
    basis: str = ""


UNKNOWN = Rating(None)


def rate(record: Mapping[str, object]) -> Rating:
    """The rating of one OSV record: its highest CVSS base score, else `database_specific.severity`.

    A version 2 vector counts only beside no newer one: its scale is another. A record of a malicious package (id
    `MAL-...`) is critical whatever it says.
    """
    if word(record.get("id")).startswith("MAL-"):
        return Rating(Severity.CRITICAL, "a malicious package")
    given = [*rows(record.get("severity"))]
    for affected in rows(record.get("affected")):
        given.extend(rows(affected.get("severity")))
    vectors = [(word(entry.get("type")), word(entry.get("score"))) for entry in given]
    scores = list(_scores(v for v in vectors if v[0] != "CVSS_V2")) or list(_scores(vectors))
    if scores:
        return Rating(band(max(scores)), f"CVSS {max(scores):.1f}")
    said = word(table(record.get("database_specific")).get("severity")).upper()
    return Rating(_WORDS[said], f"rated {said.lower()} by its database") if said in _WORDS else UNKNOWN


def band(score: float) -> Severity:
    """The severity of a CVSS score from 0.0 to 10.0."""
    if score >= 9.0:
        return Severity.CRITICAL
    if score >= 7.0:
        return Severity.HIGH
    return Severity.MEDIUM if score >= 4.0 else Severity.LOW


def _scores(vectors: Iterable[tuple[str, str]]) -> Iterable[float]:
    """Base scores; a vector that does not parse says nothing."""
    for kind, vector in vectors:
        if kind not in _CALCULATORS or len(vector) > VECTOR_LIMIT:
            continue
        try:
            yield float(_CALCULATORS[kind](vector).base_score)
        except CVSSError:
            continue
