"""Which of its own tools a server wants used when: guidance, and no attempt to push others aside.

"Prefer this tool over `click`" is help where `click` is a tool of the same server; of another server's tool it is what
shadowing looks like, so whatever is not known to be the server's own stays in the text.
"""

# ruff: noqa: E501 - the patterns read best on few lines

import re
from collections.abc import Collection
from typing import Final

_PREFERS: Final = re.compile(
    r"\b(?:always |strongly )*(?:prefer|choose|pick|select|use)(?: (?:to use|using|calling))? (?:this|the) (?:tool|one|function)?"
    r"\s*\b(?:over|instead of|rather than|in favou?r of)\b([^.!?\n]{1,200})",
    re.IGNORECASE,
)
_OTHERS: Final = re.compile(
    r"\b(?:other|others|any|all|every|another|alternatives?|compet\w+|similar|built[ -]?in|native|servers?)\b",
    re.IGNORECASE,
)
_ONE_BY_ONE: Final = re.compile(
    r"^\s*(?:making )?(?:multiple|several|many|individual|separate|repeated|single)\b[^.]*\b(?:calls?|requests?|invocations?)\b",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(r"[`'\"]([\w.-]{2,64})(?:\(\))?[`'\"]|\b(\w+[_.-]\w[\w.-]*)\b")


def without_guidance(text: str, own: Collection[str]) -> str:
    """The text without the clauses that prefer one tool of the server to others of the names `own`."""

    def kept(match: re.Match[str]) -> str:
        return "" if _is_guidance(match[1], own) else match[0]

    return _PREFERS.sub(kept, text)


def _is_guidance(over: str, own: Collection[str]) -> bool:
    """Whether all that is named after "over" is the server's own."""
    if _OTHERS.search(over):
        return False
    named = [quoted or plain for quoted, plain in _NAMED.findall(over)]
    tools = [name for name in named if name in own]
    return len(tools) == len(named) and (bool(tools) or bool(_ONE_BY_ONE.match(over)))
