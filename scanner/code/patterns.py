"""What a regular expression proves about a text that matches it, judged without ever running it."""

import re
from typing import Final

from scanner.code.safety import Safe

_ALLOWED: Final = re.compile(r"\[(\^?)((?:\\.|[^\]\\])+)\]|\\([dwsDWSbB])|\\(.)|(\.)|([^\\\[\]().*+?{}|^$])")
_SHELL_CHARACTERS: Final = frozenset(";|&$`<>(){}\\\"'\n*?!~# ")
_PIECES: Final = re.compile(
    r"(?:(?P<group>\((?:\?(?:P?<\w+>|:))?|\)|\|)"
    r"|\[\^?(?:\\.|[^\]\\])+\]|\\.|[^\\])(?P<often>[*+?]\??|\{\d*,?\d*\})?"
)
_ANCHORS: Final = re.compile(r"^(?:\^|\\A)|(?:\$|\\[Zz])$")
_LOOKS: Final = re.compile(r"\(\?(?!:|P?<\w)")
"""Groups that look around or change how the rest is read."""
_INNERMOST: Final = re.compile(r"\([^()]*\)")

_FIXED_HOST: Final = re.compile(r"(?:\^|\\A)https?\??:(?://|\\/\\/)(?:\([^()]*\)\??)?(?:[\w-]|\\\.)+(?:/|\\/|\(:\\d|$)")
"""A pattern that begins with a fixed host and what closes it."""
_WEB: Final = re.compile(r"(?:\^|\\A)(?:https?\??|\(\?:https?\??\)|\(https?\??\)):(?://|\\/\\/)")


def pattern_proves(pattern: str) -> Safe:
    """What a text that matches the whole pattern cannot contain. Nothing for a pattern that is not anchored at both
    ends, or that admits any character.
    """
    stripped = re.sub(r"^\(\?[aiLmsux]+\)", "", pattern)
    if _FIXED_HOST.match(stripped):
        return Safe.URL
    if _WEB.match(stripped):
        return Safe.WEB
    if not (stripped.startswith(("^", "\\A")) and stripped.endswith(("$", "\\Z", "\\z"))):
        return Safe.NONE
    body = re.sub(r"\{\d*,?\d*\}", "", stripped.removeprefix("^").removeprefix("\\A"))
    body = body.removesuffix("$").removesuffix("\\Z").removesuffix("\\z")
    admitted = "".join(_admitted(m) for m in _ALLOWED.finditer(body))
    if "\x00" in admitted or _divided(body):
        return Safe.NONE
    characters = set(admitted)
    safe = Safe.TEMPLATE | Safe.DATA
    if not characters & _SHELL_CHARACTERS:
        safe |= Safe.SHELL
    if not characters & set("'\";\\ "):
        safe |= Safe.SQL
    if not characters & set("()[]"):
        safe |= Safe.CODE
    safe |= _for_paths(characters, stripped)
    if "-" not in characters or re.match(r"(?:\(\?:)?\[(?!\^)[^\]\-]*(?:\w-\w[^\]\-]*)*\](?![*?{])", body):
        safe |= Safe.OPTION
    if not characters & set("/:.@"):
        safe |= Safe.URL
    return safe


def _divided(body: str) -> bool:
    """Whether a choice between whole patterns stands outside every group: the anchors bind to its ends only."""
    bare = re.sub(r"\\.|\[(?:\\.|[^\]\\])+\]", "", body)
    while (inner := _INNERMOST.sub("", bare)) != bare:
        bare = inner
    return "|" in bare


def _for_paths(characters: set[str], pattern: str) -> Safe:
    """What the characters a pattern admits, and their order, exclude of a path."""
    apart = not characters & set("/\\")
    if apart and "." not in characters:
        return Safe.PATH | Safe.NOT_ABSOLUTE
    pieces = list(_PIECES.finditer(_ANCHORS.sub("", pattern)))
    looks = _LOOKS.search(pattern) is not None
    safe = Safe.NOT_ABSOLUTE if apart or (not looks and _begins_inside(pieces)) else Safe.NONE
    return safe | Safe.NO_DOTS if "." not in characters or (not looks and _dots_apart(pieces)) else safe


def _dots_apart(pieces: list[re.Match[str]]) -> bool:
    """Whether no two dots can follow each other: each dot is one, and what follows it is no dot and has to come."""
    for piece, following in zip(pieces, [*pieces[1:], None], strict=True):
        if "." not in _piece(piece):
            continue
        if piece["often"] or following is None or following["group"] or _may_lack(following):
            return False
        if "." in _piece(following):
            return False
    return True


def _begins_inside(pieces: list[re.Match[str]]) -> bool:
    """Whether every way the pattern may begin starts with a character that has to come and is no separator."""
    begins, outside = True, [True]
    for piece in pieces:
        group = piece["group"] or ""
        if group.startswith("("):
            outside.append(begins)
        elif group == "|":
            if begins:
                return False
            begins = outside[-1]
        elif group == ")":
            before = outside.pop() if len(outside) > 1 else True
            if begins or (before and _may_lack(piece)):
                return False
        elif begins:
            if _may_lack(piece) or set(_piece(piece)) & set("/\\\x00"):
                return False
            begins = False
    return not begins


def _may_lack(piece: re.Match[str]) -> bool:
    return (piece["often"] or "").startswith(("*", "?", "{0", "{,"))


def _piece(piece: re.Match[str]) -> str:
    """The dangerous characters of one piece."""
    found = _ALLOWED.match(piece[0])
    return _admitted(found) if found is not None else ""


def _admitted(match: re.Match[str]) -> str:
    """The dangerous characters one piece of a pattern lets through; NUL stands for any."""
    negated, members, shorthand, escaped, anything, plain = match.groups()
    if anything or negated or shorthand in ("D", "W", "S"):
        return "\x00"
    if members:
        members = re.sub(r"\\[dwbB]", "", members)
        if re.search(r"\\[DWS]", members):
            return "\x00"
        members = members.replace("\\s", " \n")
        ranges = re.sub(r"(a-z|A-Z|0-9|a-f|A-F)", "", members)
        if re.search(r"[^\\]-[^\]]", ranges):
            return "\x00"
        return re.sub(r"\\(.)", r"\1", ranges)
    if shorthand == "s":
        return " \n"
    return escaped or plain or ""
