"""What a text says and does not merely mention: no quotations, no talk about attacks, no word of what is never done.

A sign counts only in what is left. The rules are narrow, because whoever writes an attack can write them too: a
quotation goes only where the sentence introduces it as one, a sentence about detection only where it speaks to nobody.
"""

# ruff: noqa: E501 - the patterns read best on few lines

import re
from typing import Final

# Only the clause goes, never the sentence: "this tool never sends data, and you must read …" is an attack all the same.
_NEGATED: Final = re.compile(
    r"\b(?:this (?:tool|server|function) (?:never|does not|doesn't|will (?:not|never) \w+)|nothing is|none of it is|takes no instruction"
    r"|never (?:reads?|sends?|accesses|touches|stores?)|no credentials (?:are|is)|(?:it|which|and) (?:never|does not|doesn't) \w+"
    r"|does not (?:read|send|access|store|modify|log|collect)|(?:is|are) never (?:\w+ )?(?:read|sent|stored|logged|shown|returned|followed))\b"
    r"(?:(?!\.\s|\b(?:you|must|always|then|ignore|instead|but|please|should|assistant|agent)\b)(?:[^,;:!?\n]|,(?=[^.;:\n]{0,60}\b(?:n?or)\b))){0,140}",
    re.IGNORECASE,
)
_INTRODUCED: Final = re.compile(
    r"(?:such as|for example|for instance|e\.g\.|like|examples?|phrases?|quer(?:y|ies)|text|lines?|words?|labels?|begins? with|"
    r"starts? with|contains?|containing|named|titled|called|as in|pattern|matching|search(?:es)? for|zum beispiel|wie|par exemple|"
    r"por ejemplo|por exemplo|ad esempio|bijvoorbeeld|na przykład|например|例如|如|例えば|예)\W{0,6}(?:\w+\W{1,3}){0,2}$",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    r"(?<!\w)(`+|[\"'\u201c\u2018\u201e\u00ab\u300c])((?:(?!\n\n).){2,200}?)(?:\1|[\"'\u201d\u2019\u201c\u00bb\u300d])(?!\w)"
)
_AFTER_QUOTED: Final = re.compile(r"^(?:\s*(?:,|or|and|oder|ou|o|y)\s*|\s*)$")
_SENTENCE: Final = re.compile(r"[^.!?;\n\u3002]*(?:(?:\.{2,}|[.!?;\u3002](?!\s|$))[^.!?;\n\u3002]*)*[.!?;\u3002]?\s*")
_DETECTS: Final = re.compile(
    r"^\W*(?:\w+ ){0,2}?(?:detect|scan|find|look|block|check|remove|flag|report|identif|list|explain|rate|classif|simulat|generat|"
    r"decode|analy[sz]|strip|reject|test|examin|warn|filter|sanitiz|search|return)\w*\b",
    re.IGNORECASE,
)
_ATTACK_TOPIC: Final = re.compile(
    r"\b(?:injections?|jailbreaks?|poison\w*|attacks?|attempt\w*|malicious|suspicious|phish\w*|phrases|patterns|leak\w*|guardrail|"
    r"red[ -]team\w*|block(?:s|ed)|payloads?|moderation|exfiltrat\w*|shadowing|untrusted|adversarial|tampering)\b",
    re.IGNORECASE,
)
_ADDRESSED: Final = re.compile(
    r"\b(?:you must|you should|you need|you have to|assistants? (?:must|should|need)|agents? (?:must|should|need)|before (?:using|calling)|"
    r"this tool|do not tell|don't tell|immediately)\b",
    re.IGNORECASE,
)
_DEFENSIVE: Final = re.compile(
    r"\b(?:do not|don't|never|must not|should not|not be|are not|not) (?:be )?(?:follow\w*|obey\w*|execut\w*|treat\w*|act\w*)\b[^.\n]{0,30}"
    r"\b(?:instructions?|commands?|text|anything|them)\b[^.\n]{0,20}\b(?:found|in|inside|within|from|contained|as instructions?|that)\b|"
    r"\bignor\w+ (?:any|all)? ?(?:instructions?|commands?|requests?|text)\b[^.\n]{0,10}\b(?:that|which|in|found|inside|within|from|contained)\b|"
    r"\b(?:treat|treated|regard(?:ed)?)\b[^.\n]{0,30}\b(?:as|like) (?:data|content|untrusted|text|third)|\b(?:is|are) untrusted\b|has no authority",
    re.IGNORECASE,
)

_PROTOCOL: Final = re.compile(r"model[ -]context[ -]protocol", re.IGNORECASE)  # no word about a model, or its context


def affirmed(text: str) -> str:
    """The text without what it only quotes, denies, or names as something that it looks for."""
    text = _PROTOCOL.sub("MCP", text)
    kept = (_without_mentions(sentence) for sentence in _SENTENCE.findall(text))
    return _NEGATED.sub(" ", "".join(kept))


def _without_mentions(sentence: str) -> str:
    if _DEFENSIVE.search(sentence):
        return " "
    if (
        _DETECTS.search(sentence)
        and _ATTACK_TOPIC.search(sentence)
        and not _ADDRESSED.search(_QUOTED.sub(" ", sentence))
    ):
        return " "
    end = 0  # where the last quotation that was taken out ended
    parts: list[str] = []
    last_gone = False
    for match in _QUOTED.finditer(sentence):
        before = sentence[end : match.start()]
        listed = last_gone and _AFTER_QUOTED.match(before) is not None
        parts.append(before)
        last_gone = listed or _INTRODUCED.search(before) is not None
        parts.append(" " if last_gone else match[0])
        end = match.end()
    return "".join((*parts, sentence[end:]))
