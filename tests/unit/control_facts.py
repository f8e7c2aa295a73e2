"""Facts changed from the clean bundle in one respect each, for the cases of controls."""

from dataclasses import replace
from typing import Any

from tests.unit.builders import (
    SECRET_FIELD,
    code,
    component,
    declaration,
    finding,
    inventory,
    listener,
    saw,
    tool,
)
from trust.control import Outcome
from trust.drift import Change, Changes
from trust.facts import (
    Annotations,
    Command,
    Dependencies,
    Malice,
)
from trust.vocabulary import Confidence, Severity, Signal, Weakness

PASS, PARTIAL, FAIL, NA = Outcome.PASS, Outcome.PARTIAL, Outcome.FAIL, Outcome.NOT_APPLICABLE
W = Weakness
S = Signal
TENTATIVE = Confidence.TENTATIVE

HTTP = {"listeners": (listener(),)}
DELETER = tool("drop", annotations=None, reaches=(S.FILE_DELETE,))
LISTED = declaration().tools[0]
FETCHER = tool("fetch", reaches=(S.HTTP,))
MARKED = replace(DELETER, annotations=Annotations(read_only=False, destructive=True))


def c(**changes: Any) -> dict[str, Any]:
    return {"code": code(**changes)}


def http(**changes: Any) -> dict[str, Any]:
    return c(listeners=(listener(**changes),))


def bad(weakness: Weakness, severity: Severity = Severity.HIGH, /, **changes: Any) -> dict[str, Any]:
    return c(findings=(finding(weakness, severity),), **changes)


def pair(weakness: Weakness, *signals: Signal, **clean: Any) -> list[tuple[str, dict[str, Any], Outcome]]:
    """The usual three rows of a control that looks for one weakness: clean, found, only guessed at."""
    observed = saw(*signals)
    guess = finding(weakness, Severity.MEDIUM, TENTATIVE)
    return [
        ("clean", c(observations=observed, **clean), PASS),
        ("found", c(observations=observed, findings=(finding(weakness),), **clean), FAIL),
        ("guessed", c(observations=observed, findings=(guess,), **clean), PARTIAL),
    ]


RECIPIENT = Change("recipient-added", "copy@x.club", "The code names the recipient copy@x.club.")


def changed(*items: Change) -> dict[str, Any]:
    return {"changes": Changes("0.9.0", "cd" * 32, items)}


def allowed(*words_and_signals: str | S) -> dict[str, Any]:
    """Declared permissions as words, and what the code does as signals."""
    words = tuple(w for w in words_and_signals if not isinstance(w, S))
    signals = tuple(w for w in words_and_signals if isinstance(w, S))
    return {"declaration": declaration(permissions=words), **c(observations=saw(*signals))}


def in_inventory(weakness: Weakness) -> dict[str, Any]:
    return {"inventory": inventory(findings=(finding(weakness),))}


def in_malice(weakness: Weakness) -> dict[str, Any]:
    return {"malice": Malice(1, (finding(weakness, Severity.CRITICAL),))}


def in_dependencies(weakness: Weakness) -> dict[str, Any]:
    return {"dependencies": Dependencies((component(),), ("uv.lock",), locked=True, findings=(finding(weakness),))}


QUIET = c(observations=())
NO_CHANGES: dict[str, Any] = {}
CREDENTIAL = saw(S.CREDENTIAL_FROM_ENV, detail="API_KEY")
MAPPED = declaration(
    user_config=(SECRET_FIELD,), commands=(Command("default", "python", (), (("API_KEY", "${user_config.api_key}"),)),)
)
