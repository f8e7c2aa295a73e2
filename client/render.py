"""Gate decisions as a table that fits 80 columns and reads the same without colour."""

from collections.abc import Sequence

from client.decisions import Answer, overall
from scanner.terminal import WIDTH, paint, safe, wrap
from trust.gate import Condition, DecisionWord

COLOURS = {DecisionWord.PASS: "32", DecisionWord.FAIL: "31"}
UNDECIDED = "35"
REQUIRED = {"LT": "required is at least", "GT": "accepted is at most", "NE": "required is"}
OTHER_COLUMNS = 44
"""Width of everything right of the name: version, score, level, decision and the space between them."""


def decision_table(answers: Sequence[Answer], registry: str, *, colour: bool) -> str:
    """One row per thing asked, its reasons below it, and a last line that adds up."""
    widest = max((len(safe(answer.label)) for answer in answers), default=0)
    name_width = max(len("SERVER"), min(widest, WIDTH - OTHER_COLUMNS))
    lines = [paint(_row(name_width, "SERVER", "VERSION", "SCORE", "LEVEL", "DECISION"), "1", on=colour)]
    for answer in answers:
        lines += _answer_rows(answer, name_width, colour=colour)
        for reason in reasons(answer):
            lines += wrap(safe(reason), "    ")
    return "\n".join([*lines, "", _total(answers), f"Registry: {safe(registry)}"])


def reasons(answer: Answer) -> list[str]:
    """Why a decision is not a pass, one sentence each."""
    failed = [_sentence(condition) for condition in answer.decision.conditions if not condition.ok]
    return [*failed, answer.reason] if answer.reason else failed


def _sentence(condition: Condition) -> str:
    required = REQUIRED.get(condition.comparator, condition.comparator)
    metric = condition.metric.replace("_", " ").replace("domain.", "")
    return f"{metric} is {condition.actual}, {required} {condition.threshold}"


def _row(name_width: int, name: str, version: str, score: str, level: str, word: str) -> str:
    return f"{name:<{name_width}}  {version:<12} {score:>5}  {level:>5}  {word}"


def _answer_rows(answer: Answer, name_width: int, *, colour: bool) -> list[str]:
    label = safe(answer.label)
    word = answer.decision.word
    shown = word.value.upper() if word is DecisionWord.FAIL else word.value.replace("_", " ")
    cells = (
        safe(answer.version or "-"),
        _number(answer.document.get("score")),
        _number(answer.document.get("level")),
        paint(shown, COLOURS.get(word, UNDECIDED), on=colour),
    )
    if len(label) <= name_width:
        return [_row(name_width, label, *cells)]
    return [label, _row(name_width, "", *cells)]


def _total(answers: Sequence[Answer]) -> str:
    if not answers:
        return "Nothing was checked: there is no server to ask about."
    passed = sum(1 for answer in answers if answer.decision.passes)
    verdict = {DecisionWord.PASS: "passes", DecisionWord.FAIL: "fails"}.get(overall(answers), "cannot be decided")
    return f"{passed} of {len(answers)} pass: the gate {verdict}."


def _number(value: object) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else "-"
