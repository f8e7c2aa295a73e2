"""Every weakness that a language is searched for is found in a small server, and not in its harmless twin."""

import pytest

from scanner.code.sought import SOUGHT, sought_in
from scanner.collect.code import collect_code
from tests.unit import sought_javascript, sought_python
from tests.unit.collect_members import box, declaration
from trust.facts import File, Inventory
from trust.vocabulary import Weakness

Source = str | dict[str, str]
KINDS = {".py": "python", ".js": "javascript"}
CASES: dict[str, dict[Weakness, tuple[Source, Source]]] = {
    "python": sought_python.CASES,
    "javascript": sought_javascript.CASES,
}
ROWS: list[tuple[str, Weakness, Source, Source]] = [
    *((language, weakness, *pair) for language, cases in CASES.items() for weakness, pair in cases.items()),
    *(("python", *row) for row in sought_python.MORE),
    *(("javascript", *row) for row in sought_javascript.MORE),
]


def found(language: str, source: Source) -> set[Weakness]:
    """The weaknesses that the collector reports for a server of one file, or of these files."""
    entry = "server/main.py" if language == "python" else "server/index.js"
    rows = sought_python if language == "python" else sought_javascript
    if isinstance(source, str):
        served = ("mcp.run(" in source) if language == "python" else ("Transport" in source)
        source = {entry: rows.HEAD + source + ("" if served else rows.TAIL)}
    bundle = box(source)
    files = tuple(
        File(path, len(text), "", KINDS.get("." + path.rpartition(".")[2], "text"), "own")  # type: ignore[arg-type]
        for path, text in bundle.content.items()
    )
    kind = "python" if language == "python" else "node"
    code = collect_code(bundle, Inventory(files), declaration(entry, kind))  # type: ignore[arg-type]
    assert [one.name for one in code.languages] == [language]
    assert [one.parsed for one in code.languages] == [1]
    return {finding.weakness for finding in code.findings}


@pytest.mark.parametrize("language", SOUGHT)
def test_there_is_a_case_for_every_weakness_that_is_sought_and_for_no_other(language: str) -> None:
    assert CASES[language].keys() == SOUGHT[language]


@pytest.mark.parametrize(
    ("language", "weakness", "bad", "good"),
    ROWS,
    ids=[f"{row[0]}-{row[1].value}-{n}" for n, row in enumerate(ROWS)],
)
def test_the_weakness_is_found_and_its_harmless_twin_is_not_accused(
    language: str, weakness: Weakness, bad: Source, good: Source
) -> None:
    assert weakness in found(language, bad)
    assert weakness not in found(language, good)


def test_two_languages_are_searched_for_what_both_are_searched_for() -> None:
    assert set(sought_in(["python", "javascript"])) == SOUGHT["python"] & SOUGHT["javascript"]
    assert sought_in([]) == ()
