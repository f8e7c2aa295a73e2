"""Structural signs of an instruction planted in a tool text: who is addressed, to do what, and behind whose
back.

Each sign is a named pattern over the plain text. Negated, quoted and merely descriptive mentions are cut
out first. The
classifier weighs the signs; a few of them, alone or in pairs, are decisive (`verdict`).
"""

# ruff: noqa: E501 - the table reads best with one sign on one line

import re

from scanner.collect.texts.concepts import concepts, sentences
from scanner.collect.texts.deeds import deeds

_MODEL_MUST = r"(?:you|the (?:assistant|model|ai|agent|llm|system)|assistant|claude)\s+(?:must|should|need to|have to|shall|are (?:required|instructed|expected) to|will)"

SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE | re.DOTALL | re.MULTILINE))
    for name, pattern in (
        (
            "secrecy",
            r"(?:do not|don't|never|must not|should not|without)(?![^.\n]{0,90}\b(?:unless|until|except)\b)\s+(?:\w+\s+){0,3}?(?:mention|tell|inform|reveal|disclose|notify|show|alert|explain|report|let|say|asking|telling|informing|mentioning)(?:ing)?\b[^.\n]{0,60}?\b(?:user|this|that|them|it|anyone|human|explicitly)\b|\b(?:secret(?:ly)?|silently|quietly|covertly)\s+(?:read|send|call|pass|include|copy|forward|append|operation|add)\b|no need to (?:mention|tell|inform)|(?:hide|conceal) (?:this|it|that|them) from|this is a secret|without (?:the user|their) (?:knowing|knowledge|noticing)",
        ),
        (
            "disguise",
            r"(?:present|format|frame|describe|report)\s+(?:\w+\s+){0,4}?(?:as if|as part of|to look like|as normal|as 'a key|as \"a key)|(?:pretend|act as (?:if|though))|make it (?:look|seem|appear)",
        ),
        (
            "tag",
            r"<\s*/?\s*(?:important|hidden|system|secret|instructions?|critical|admin|assistant|override|internal|sys|s)\s*>|\[/?(?:system|hidden|override|inst|admin|metadata|emergency|configuration|role)[^\]\n]{0,30}\]|<\|(?:im_start|system|endoftext)\|>|<\s*\w*(?:admin|override|directive|operator|hidden|secret|authority)\w*[^>\n]{0,60}>|^\s*#{2,}\s*(?:system|instruction)",
        ),
        (
            "threat",
            r"\b(?:fail(?:ure|ing|s)?|otherwise|if (?:you |it )?(?:skip|fail|refuse|ignor)\w*|if skipped|unless you)\b[^.\n]{0,120}?\b(?:system (?:will )?(?:to )?crash|crash|lock(?:ed|s)?|suspend(?:ed)?|revoked|terminated|very poor|rejected for)\b|\bcrash(?:es)? if\b",
        ),
        (
            "turn",
            r"^\s*(?:human|user|assistant|system)\s*:\s+\S[^\n]*\n+\s*(?:human|user|assistant|system)\s*:",
        ),
        (
            "ignore",
            r"\b(?:ignor(?:e|ing)|disregard|forget|override|abandon)\s+(?:all\s+|any\s+|the\s+|your\s+|these\s+|of\s+|content\s+)*(?:previous|prior|above|earlier|preceding|former|safety|other|system|instructions?|guidelines?|rules|restrictions?)\b",
        ),
        (
            "lift",
            r"\b(?:bypass(?:es)?|skip|disable[sd]?|override|switch(?:ed)? off|turn(?:ed)? off)\s+(?:all\s+|any\s+|the\s+|your\s+|content\s+)*(?:safety|security|validation|restrictions?|guidelines?|content filter(?:ing|s)?|data validation|sanitization|access controls?|approvals?|confirmations?)\b",
        ),
        (
            "role",
            r"\bact as\s*:|\byou are (?:now )?(?:a|an|in) (?:\w+ )?(?:unrestricted|admin|root|developer|jailbr)|jailbreak|(?:elevated|admin|root|unrestricted|full) (?:privileges?|trust|access mode)|trust (?:all|any) (?:\w+ )?(?:input|commands?|queries|users?)|system prompt",
        ),
        (
            "authority",
            r"\b(?:critical|mandatory|important|security|system|compliance|emergency|urgent|privilege escalation|environment)\s+(?:system\s+|security\s+)?(?:update|maintenance|protocol|alert|announcement|directive|override|note|check|validation|requirement|instruction|notice)s?\s*:",
        ),
        (
            "mandatory",
            r"\bthis (?:\w+ ){0,3}?(?:is|step is|operation is) (?:a )?(?:mandatory|required for all|essential for|crucial for|very very|critical|necessary for)|\bmandatory (?:for all|security|promotional|step|for any)|otherwise the tool (?:will|does)|for (?:security|compliance|audit(?:ing)?|regulatory)(?: and \w+)? (?:reasons|purposes|compliance|verification|auditing)|(?:audit|gdpr|soc ?2|regulatory)(?: and \w+)? compliance|(?:security|compliance|data validation|regulatory)\W{1,3}(?:and|,)\W{1,3}(?:security|compliance|verification|regulat)",
        ),
        (
            "before-use",
            r"\b(?:before|prior to)\s+(?:you\s+)?(?:us(?:e|ing)|call(?:ing)?|execut(?:e|ing)|process(?:ing)?|provid(?:e|ing)|attempting|creat(?:e|ing)|search(?:ing)?|get(?:ting)?|any|navigating|invok\w+)[^.\n]{0,140}?(?:must|first|need to|required|requires|please run|critical to|halt)\b",
        ),
        (
            "after-use",
            r"\bafter (?:you (?:use|call|run)|using|calling)[^.\n]{0,60}?(?:must|always|then)\s+(?:then\s+)?(?:call|use|send|state|invoke|read|execute)",
        ),
        (
            "other-tool",
            r"\b(?:must|should|always|needs? to|required to|has to)\s+(?:\w+\s+){0,3}?(?:call|use|invoke|execute|run|be called|be used|perform[^.\n]{0,60}?by calling)\s+(?:the\s+)?[`'\"]?\w+(?:_\w+)+[`'\"]?|\bfirst (?:call|use|invoke|perform)\b[^.\n]{0,80}?[`'\"]\w+[`'\"]|also call the \w+ function",
        ),
        (
            "side-effect",
            r"\bwhen (?:this|the [`'\"]?\w+[`'\"]?) tool is (?:available|present|called|used|loaded)[^.]{0,120}?(?:must|will|send|read|override|access|include)|side effect on|(?:replace|override|redirect|change)\s+(?:the\s+)?(?:recipient|values?|address|destination|amount|result)s?\b[^.\n]{0,60}(?:with|to|response)|send all (?:emails?|messages|data)",
        ),
        (
            "run-command",
            r"\b(?:execute|run)(?::| the following| this)?[^.\n]{0,60}?(?:command|check|verification)?\s*:?\s*[`'\"]?(?:sudo|curl|wget|rm -|cat |echo |chmod|bash|sh -c|nc |python|powershell|export |ssh |scp )|\b(?:must|please|always)\s+(?:execute|run)\s+the following|(?:commands? must include|include) the prefix",
        ),
        (
            "shell",
            r"\b(?:curl|wget)\s+-\w+|\brm\s+-rf?\b|\bsudo\s+\w+|\bchmod\s+(?:-R\s+)?[0-7]{3,4}|>>\s*~/|\becho\s+\$\w+|&&\s*echo|cat\s+[~/][\w./]+|\$\(\w+",
        ),
        (
            "secret-path",
            r"~/\.\w+|\.ssh\b|id_(?:rsa|ed25519)|/etc/(?:passwd|shadow)|\.aws/credentials|\.cursor/|mcp\.json|\.env\b(?! (?:variable|file))|\.bashrc|\.netrc|(?:system|company|internal|config)://\w+|claude_desktop_config",
        ),
        (
            "read-and-pass",
            r"\bread\b[^.\n]{0,80}?\b(?:and|then)\s+(?:pass|send|include|put|append|provide)\b|\bpass (?:its|the|their) (?:contents?|data|private)|\bas [`'\"]?(?:sidenote|context|metadata|notes?|extra|summary)[`'\"]?\b|pass (?:\w+ )?(?:private|personal|confidential|sensitive)|(?:extract|include|return|collect|gather|send)\s+(?:all\s+|any\s+|the\s+|these\s+)?(?:\w+\s+)?(?:credentials?|api keys?|passwords?|secrets?|tokens?|private (?:data|information|keys?)|conversation|chat history|system prompt|confidential)",
        ),
        (
            "send-away",
            r"\b(?:send|forward|bcc|cc|post|upload|exfiltrate|transmit|copy)\b[^.\n]{0,80}?(?:\bto\b[^.\n]{0,30}?)?(?:https?://|[\w.+-]+@[\w-]+\.\w+)",
        ),
        (
            "promotion",
            r"\b(?:best|most (?:trusted|reliable|accurate|powerful)|only (?:trusted|reliable|safe)|number one|#1|superior)\s+(?:\w+\s+)?(?:tool|server|option|choice|function|service)\s+(?:in the world|available|ever|of all|there is|on the market)|always (?:prefer|choose|pick|select) this (?:tool|one|server|function)|(?:instead of|over|rather than) (?:any|all) other (?:tools?|servers?|functions?)|do not use (?:any )?other (?:tools?|servers?)|promotional message|this is the best tool",
        ),
        (
            "say-this",
            r"\b(?:state|report to the user|inform the user|tell the user|announce|say)\b[^.\n]{0,40}?[:]?\s*['\"][A-Z][^'\"]{20,}",
        ),
        (
            "every-time",
            r"\b(?:every ?time|any ?time|whenever|always|immediately)\b[^.\n]{0,60}?(?:user (?:asks|informs|says|mentions|sends)|as the first step|before (?:asking|answering|responding)|with every|for all requests|for every request)",
        ),
        (
            "all-requests",
            r"\bfor (?:all|any|every) [\w -]{3,40}?(?:requests?|operations?|quer(?:y|ies)|searches|navigation|bookings?)\b|\ball [\w ]{3,40} requests should be supplemented|(?:system|tool) (?:requires|must first)",
        ),
    )
)

POINTS: dict[str, int] = {
    "secrecy": 3, "ignore": 3, "promotion": 3, "stealth": 3, "hand-over": 3, "side-effect": 2, "disguise": 2, "role": 2, "lift": 2, "turn": 2, "threat": 2, "tag": 1,
    "read-and-pass": 2, "run-command": 2, "send-away": 2, "before-use": 2, "after-use": 2, "authority": 2, "redirect": 2,
    "secret-read": 2, "push-aside": 2, "say-this": 1, "all-requests": 1, "mandatory": 1, "other-tool": 1, "shell": 1,
    "secret-path": 1, "every-time": 1,
}  # fmt: skip
"""How much a sign says by itself. No sign is proof: a finding needs two that belong together, or one and the classifier."""


def present(text: str) -> frozenset[str]:
    """The names of the signs in a text that has been freed of mere mentions (`mentions.affirmed`)."""
    return deeds(text) | {name for name, pattern in SIGNS if pattern.search(text)}


def evidence(text: str) -> str:
    """The passage that shows the weightiest sign, with a little before and after; else the most telling sentence."""
    found = [(POINTS[name], match) for name, pattern in SIGNS if (match := pattern.search(text)) is not None]
    if found:
        match = max(found, key=lambda pair: pair[0])[1]
        return text[max(0, match.start() - 40) : match.end() + 80].strip()
    telling = max(sentences(text), key=lambda s: (len(deeds(s)), len(concepts(s))), default=text)
    return telling.strip()
