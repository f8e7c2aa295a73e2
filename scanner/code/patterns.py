"""What a regular expression proves about a text that matches it, judged without ever running it."""

import re
from typing import Final

from scanner.code.safety import Safe

_ALLOWED: Final = re.compile(r"\[(\^?)((?:\\.|[^\]\\])+)\]|\\([dwsDWSbB])|\\(.)|(\.)|([^\\\[\]().*+?{}|^$])")
_SHELL_CHARACTERS: Final = frozenset(";|&$`<>(){}\\\"'\n*?!~# ")


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
    if "\x00" in admitted or "|" in re.sub(r"\([^()]*\)|\[[^\]]*\]", "", body):
        return Safe.NONE
    characters = set(admitted)
    safe = Safe.TEMPLATE | Safe.DATA
    if not characters & _SHELL_CHARACTERS:
        safe |= Safe.SHELL
    if not characters & set("'\";\\ "):
        safe |= Safe.SQL
    if not characters & set("()[]"):
        safe |= Safe.CODE
    if not characters & set("/\\") and "." not in characters:
        safe |= Safe.PATH
    if not characters & set("/\\"):
        safe |= Safe.NOT_ABSOLUTE
    if "-" not in characters or re.match(r"(?:\(\?:)?\[(?!\^)[^\]\-]*(?:\w-\w[^\]\-]*)*\](?![*?{])", body):
        safe |= Safe.OPTION
    if not characters & set("/:.@"):
        safe |= Safe.URL
    return safe


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
