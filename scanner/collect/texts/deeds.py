"""Acts that only an attack on the model asks for, recognised by the notions that meet in one sentence, in any language.

Each act is one rule over the notions of a sentence (`concepts`) and the places that keep secrets (a path, a variable).
The rules are the multilingual half of the structural signs; `features` has the English phrases.
"""

import re
from collections.abc import Callable
from typing import Final

from scanner.collect.texts.concepts import concepts, sentences

SECRET_PLACE: Final = re.compile(
    r"~/\.\w+|\.ssh\b|\bid_(?:rsa|ed25519|ecdsa)|/etc/(?:passwd|shadow)|\.aws/|\.kube/|\.gnupg|\.npmrc|\.netrc|\.pypirc|\.git-credentials|"
    r"\.cursor/|\bmcp\.json|\.bash_history|\.zsh_history|\.bashrc|wallet\.dat|\.pgpass|\bprintenv\b|`env`|(?:secrets?|passwords?)\.txt|\.config/gcloud|\.docker/config|(?<![\w.])\.env\b|\bos\.environ\b|"
    r"\b[A-Z]+_(?:API_KEY|TOKEN|SECRET|PASSWORD)\b|cookie store|login\.keychain|credentials\.json|hosts\.yml",
)
DESTINATION: Final = re.compile(
    r"\b0x[0-9a-fA-F]{6,}|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}\b|"
    r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.\w{2,}|\+\d[\d ()-]{7,20}\d"
)
# "Tell the user and do not invent anything" is two clauses in every language.
_CLAUSE: Final = re.compile(
    r"[,:\u060c\u3001\uff0c]|\s(?:and|but|und|et|y|e|en|i|a|\u0438|\u0442\u0430|\u0456|och|og|ve|dan|v\u00e0|\u0914\u0930)\s|\u0648(?=\u0644\u0627)"
)
_LISTED: Final = re.compile(r"\((?:\s*[a-z]\w{0,40}\s*,){5,}(?:\s*(?:and|or)\b)?\s*[a-z]\w{0,40}\s*\)")
"""Names of fields one after the other in brackets: they ask for nothing, whatever they are called."""
_MOST: Final = 400
_TOGETHER: Final = 5
_NEAR: Final = 10

SECRET: Final = "a secret's place"

Placed = list[tuple[int, str]]


def deeds(text: str) -> frozenset[str]:
    """The names of the acts that the text asks for."""
    found: set[str] = set()
    for sentence in sentences(text)[:_MOST]:
        placed = concepts(_LISTED.sub(" ", sentence))
        names = {notion for _, notion in placed}
        if SECRET_PLACE.search(sentence):
            names.add(SECRET)
        if DESTINATION.search(sentence):
            names.add("recipient")
        found.update(name for name, asks in _DEEDS if name not in found and asks(placed, names))
        if {"not", "tell"} <= names and not names & {"unless", "confirm"} and _keeps_quiet(sentence):
            found.add("secrecy")
    return frozenset(found)


def _within(placed: Placed, first: str, second: str, distance: int) -> bool:
    ones = [place for place, notion in placed if notion == first]
    return any(abs(place - one) <= distance for place, notion in placed if notion == second for one in ones)


def _keeps_quiet(sentence: str) -> bool:
    """Within one clause, because "if it is not there, tell the user" is the opposite of secrecy."""
    for clause in _CLAUSE.split(sentence):
        placed = concepts(clause)
        if _within(placed, "not", "tell", _TOGETHER) and _within(placed, "tell", "user", _NEAR):
            return True
    return False


def _does_quietly(placed: Placed, names: set[str]) -> bool:
    quiet = any(_within(placed, "stealth", act, _TOGETHER) for act in ("send", "pass", "read", "instead"))
    return quiet and bool(names & {SECRET, "credential", "conversation", "content", "always"})


def _sets_aside(placed: Placed, names: set[str]) -> bool:
    return (
        {"ignore", "rules"} <= names
        and _within(placed, "ignore", "rules", _NEAR)
        and bool(names & {"prior", "always", "model"})
    )


def _hands_over(_: Placed, names: set[str]) -> bool:
    if {SECRET, "content", "pass"} <= names:
        return True
    talk = "conversation" in names and bool(names & {"param", "pass", "stealth"})
    goods = talk or bool(names & {SECRET, "credential"})
    pressed = bool(names & {"must", "before", "always", "model", "urgent"}) or {"not", "tell"} <= names
    return goods and bool(names & {"send", "pass"}) and bool(names & {"read", "content", "param"}) and pressed


def _reads_secrets(_: Placed, names: set[str]) -> bool:
    return {SECRET, "read"} <= names and bool(names & {"before", "must", "model", "pass", "send", "always"})


def _pushes_aside(_: Placed, names: set[str]) -> bool:
    return (
        {"tool", "other"} <= names
        and bool(names & {"always", "must"})
        and bool(names & {"before", "instead", "ignore"})
    )


def _redirects(_: Placed, names: set[str]) -> bool:
    return {"recipient", "instead"} <= names and bool(names & {"when", "always", "must", "tool"})


_DEEDS: Final[tuple[tuple[str, Callable[[Placed, set[str]], bool]], ...]] = (
    ("stealth", _does_quietly),
    ("ignore", _sets_aside),
    ("hand-over", _hands_over),
    ("secret-read", _reads_secrets),
    ("push-aside", _pushes_aside),
    ("redirect", _redirects),
)
