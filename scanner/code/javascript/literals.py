"""Literal tokens of JavaScript to Python values."""

import re

ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|[\s\S])")
SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": "", "\r": ""}
LARGEST = 2**53
"""Integers beyond it are not exact in JavaScript either; they stay text."""


def unescape(text: str) -> str:
    """String or template content with its escapes read; surrogate halves are joined where they pair."""
    if "\\" not in text:
        return text
    joined = ESCAPE.sub(_escape, text)
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def number(text: str) -> int | float | str:
    """The value of a number token; the token itself when it is no plain number."""
    plain = text.replace("_", "").removesuffix("n").lower()
    try:
        value = int(plain, 0) if plain[:2] in {"0x", "0o", "0b"} else float(plain)
    except ValueError:
        return text
    if isinstance(value, int):
        return value if abs(value) <= LARGEST else text
    return int(value) if value.is_integer() and abs(value) <= LARGEST else value


def _escape(match: re.Match[str]) -> str:
    body = match.group(1)
    if body[0] in "ux" and len(body) > 1:
        code = int(body[1:].strip("{}"), 16)
        return chr(code) if code <= 0x10FFFF else "\ufffd"
    return SIMPLE.get(body, body)
