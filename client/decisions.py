"""Decisions of a gate, as the registry gives them, and the exit code they add up to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from client.exits import ClientError, Exit
from client.references import Unmapped
from trust.gate import Condition, Decision, DecisionWord, decision_document

NOT_KNOWN = "The registry knows no such server, version or bundle."


@dataclass(frozen=True, slots=True)
class Answer:
    """The decision about one thing that was asked for."""

    label: str
    decision: Decision
    document: Mapping[str, Any]
    """The decision as the registry wrote it."""
    reason: str = ""
    """Why there is nothing to decide about, where the registry was not asked or did not know."""

    @property
    def name(self) -> str | None:
        return self._subject("name")

    @property
    def version(self) -> str | None:
        return self._subject("version")

    def as_document(self) -> dict[str, Any]:
        """The registry's members with what was asked, and the reason where there is one, beside them."""
        reason = {"reason": self.reason} if self.reason else {}
        return {"asked": self.label, **self.document, **reason}

    def _subject(self, key: str) -> str | None:
        subject = self.document.get("subject")
        value = subject.get(key) if isinstance(subject, dict) else None
        return value if isinstance(value, str) else None


def read_answer(label: str, document: object) -> Answer:
    """One decision from a registry's JSON. Raises ClientError when it is not one: a guess could pass a build."""
    if not isinstance(document, dict):
        raise _not_a_decision(label)
    try:
        decision = Decision(DecisionWord(document["decision"]), tuple(map(_condition, document["conditions"])))
    except (KeyError, TypeError, ValueError) as error:
        raise _not_a_decision(label) from error
    return Answer(label, decision, document, NOT_KNOWN if decision.word is DecisionWord.UNKNOWN else "")


def _not_a_decision(label: str) -> ClientError:
    return ClientError(
        "registry.bad_answer",
        f"The registry's answer about {label} is not a gate decision: does --registry name an Assay registry?",
    )


def unknown(label: str, reason: str = NOT_KNOWN) -> Answer:
    """The decision about something no registry knows, or could be asked about."""
    decision = Decision(DecisionWord.UNKNOWN)
    return Answer(label, decision, decision_document(decision, None), reason)


def unmapped(reference: Unmapped) -> Answer:
    return unknown(reference.label, reference.reason)


def overall(answers: Sequence[Answer]) -> DecisionWord:
    """One word for all: fail if any fails, else the first word that is not a pass; unknown when there are none."""
    words = [answer.decision.word for answer in answers]
    if not words:
        return DecisionWord.UNKNOWN
    if DecisionWord.FAIL in words:
        return DecisionWord.FAIL
    return next((word for word in words if word is not DecisionWord.PASS), DecisionWord.PASS)


def exit_code(word: DecisionWord) -> Exit:
    if word is DecisionWord.PASS:
        return Exit.PASSED
    return Exit.GATE_FAILED if word is DecisionWord.FAIL else Exit.NOTHING_ASSESSED


def check_document(answers: Sequence[Answer], registry: str) -> dict[str, Any]:
    """What `assay check --format json` prints: the overall decision with one item per thing asked.

    With a single item its members stand at the top as well, so that a job that checks one server reads one decision.
    """
    items = [answer.as_document() for answer in answers]
    single = items[0] if len(items) == 1 else {}
    return {**single, "decision": overall(answers).value, "registry": registry, "items": items}


def _condition(row: Mapping[str, Any]) -> Condition:
    status = row["status"]
    if status not in ("OK", "ERROR"):
        raise ValueError(status)
    return Condition(
        status == "OK", str(row["metric"]), str(row["comparator"]), str(row["threshold"]), str(row["actual"])
    )
