r"""Regular expressions that can take exponential time, judged from their text without ever running them.

Two shapes do the harm when what follows can fail: a repetition of something that itself repeats without a fixed mark
between the turns (`(a+)+`, `(\w+\s?)*`), and a repeated choice between alternatives that begin alike (`(a|a)*`).
Source: Weideman et al., Analyzing Matching Time Behavior of Backtracking Regular Expression Matchers, CIAA 2016.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_ALL: Final = (1 << 128) - 1
_NEWLINE: Final = 1 << 10
_MANY: Final = 16
"""From so many turns on a repetition counts as unbounded."""
_DEPTH: Final = 20
_LENGTH: Final = 2000


def _chars(text: str) -> int:
    return sum(1 << ord(c) for c in set(text) if ord(c) < 128)


_DIGITS: Final = _chars("0123456789")
_WORD: Final = _chars("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") | _DIGITS
_SPACE: Final = _chars(" \t\n\r\f\v")
_CLASSES: Final = {
    "d": _DIGITS, "w": _WORD, "s": _SPACE, "D": _ALL & ~_DIGITS, "W": _ALL & ~_WORD, "S": _ALL & ~_SPACE,
}  # fmt: skip
_ESCAPES: Final = {"n": 1 << 10, "t": 1 << 9, "r": 1 << 13, "f": 1 << 12, "v": 1 << 11, "0": 1}
_NOTHING: Final = ("b", "B", "A", "Z", "z", "G")


@dataclass(frozen=True, slots=True)
class _Item:
    """One piece of a sequence: `first` the characters it can begin with, `anything` those it can hold, `empty` whether
    it can match nothing, `repeats` whether it can go on without bound, `slow` whether it does harm by itself.
    """

    first: int
    anything: int
    empty: bool
    repeats: bool = False
    slow: bool = False


class _TooDeepError(Exception):
    """More nested than anybody writes."""


@lru_cache(maxsize=1024)
def backtracks(pattern: str) -> bool:
    """Whether some text makes a backtracking matcher take exponential time; False for what cannot be read."""
    if len(pattern) > _LENGTH or not any(c in pattern for c in "*+{"):
        return False
    try:
        items, _ = _Reader(pattern).alternatives(0)
    except (_TooDeepError, IndexError):
        return False
    return any(_hurts(sequence) for sequence in items)


def _hurts(sequence: list[_Item]) -> bool:
    """Whether a slow piece is followed by something that can fail."""
    return any(item.slow and any(not later.empty for later in sequence[at + 1 :]) for at, item in enumerate(sequence))


class _Reader:
    """A recursive reader of the common syntax of Python's and JavaScript's patterns."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def alternatives(self, depth: int) -> tuple[list[list[_Item]], bool]:
        """The alternatives up to the closing bracket or the end, and whether a bracket closed them."""
        if depth > _DEPTH:
            raise _TooDeepError
        ways: list[list[_Item]] = [[]]
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == ")":
                self._at += 1
                return ways, True
            if char == "|":
                self._at += 1
                ways.append([])
                continue
            item = self._piece(depth)
            if item is not None:
                ways[-1].append(item)
        return ways, False

    def _piece(self, depth: int) -> _Item | None:
        char = self._text[self._at]
        self._at += 1
        if char == "(":
            return self._group(depth)
        if char == "^":
            return None
        if char == "$":
            return _Item(0, 0, empty=False)
        if char == "\\":
            escaped = self._text[self._at]
            if escaped in _NOTHING:
                self._at += 1
                return _Item(0, 0, empty=escaped in ("b", "B")) if escaped in ("Z", "z") else None
            return self._quantified([[_Item(*(self._escape(),) * 2, empty=False)]])
        characters = self._set() if char == "[" else _ALL & ~_NEWLINE if char == "." else _chars(char) or _ALL & ~_WORD
        return self._quantified([[_Item(characters, characters, empty=False)]])

    def _group(self, depth: int) -> _Item | None:
        looks = False
        if self._text.startswith("?", self._at):
            rest = self._text[self._at + 1 :]
            if rest.startswith(("P<", "<")) and not rest.startswith(("<=", "<!")):
                self._at = self._text.index(">", self._at) + 1
            else:
                looks = rest.startswith(("=", "!", "<=", "<!"))
                while self._text[self._at] not in ":=!)":
                    self._at += 1
                if self._text[self._at] != ")":
                    self._at += 1
        ways, closed = self.alternatives(depth + 1)
        if not closed:
            raise IndexError
        if looks:
            return None
        return self._quantified(ways)

    def _escape(self) -> int:
        char = self._text[self._at]
        self._at += 1
        if char in _CLASSES:
            return _CLASSES[char]
        if char in "xu":
            self._at += 2 if char == "x" else 4
            return _ALL & ~_WORD
        return _ESCAPES.get(char) or _chars(char)

    def _set(self) -> int:
        negated = self._text.startswith("^", self._at)
        self._at += negated
        found, before, first = 0, "", True
        while True:
            char = self._text[self._at]
            self._at += 1
            if char == "]" and not first:
                break
            first = False
            if char == "\\":
                found |= self._escape()
                before = ""
            elif char == "-" and before and self._text[self._at] not in "]\\":
                for code in range(ord(before), min(ord(self._text[self._at]), 127) + 1):
                    found |= 1 << code
                self._at += 1
                before = ""
            else:
                found |= _chars(char)
                before = char if ord(char) < 128 else ""
        return _ALL & ~found if negated else found

    def _quantified(self, ways: list[list[_Item]]) -> _Item:
        low, high = self._count()
        first = anything = 0
        empty = False
        for sequence in ways:
            anything |= _together(i.anything for i in sequence)
            first |= _first(sequence)
            empty = empty or all(i.empty for i in sequence)
        slow = any(i.slow for sequence in ways for i in sequence)
        unbounded = high >= _MANY
        if unbounded and (any(_loops(sequence) for sequence in ways) or _alike(ways)):
            slow = True
        repeats = unbounded or (len(ways) == 1 and len(ways[0]) == 1 and ways[0][0].repeats)
        return _Item(first, anything, empty or low == 0, repeats, slow)

    def _count(self) -> tuple[int, int]:
        """The least and the greatest number of turns."""
        if self._at >= len(self._text):
            return 1, 1
        char = self._text[self._at]
        low, high = {"*": (0, _MANY), "+": (1, _MANY), "?": (0, 1)}.get(char, (1, 1))
        if char in "*+?":
            self._at += 1
        elif char == "{":
            end = self._text.find("}", self._at)
            numbers = self._text[self._at + 1 : end].split(",") if end > 0 else [""]
            if numbers[0].isdigit() and len(numbers) <= 2 and all(n.isdigit() or not n for n in numbers):
                self._at = end + 1
                low = min(int(numbers[0][:4]), _MANY)
                high = low if len(numbers) == 1 else _MANY if not numbers[1] else min(int(numbers[1][:4]), _MANY)
            else:
                self._at += 1
        if self._text[self._at : self._at + 1] in ("?", "+") and char in "*+?}{":
            self._at += 1
        return low, high


def _together(sets: Iterable[int]) -> int:
    total = 0
    for one in sets:
        total |= one
    return total


def _first(sequence: list[_Item]) -> int:
    found = 0
    for item in sequence:
        found |= item.first
        if not item.empty:
            break
    return found


def _loops(sequence: list[_Item]) -> bool:
    """Whether a turn of the group repeats something that the next turn could take over as well."""
    for at, item in enumerate(sequence):
        if not item.repeats:
            continue
        others = sequence[at + 1 :] + sequence[:at]
        marks = [o for o in others if not o.empty]
        if all(mark.anything & item.anything for mark in marks):
            return True
    return False


def _alike(ways: list[list[_Item]]) -> bool:
    """Whether two alternatives of one character each share one, or one alternative is spelled twice."""
    single = [w[0].first for w in ways if len(w) == 1 and not w[0].empty]
    return any(a & b for at, a in enumerate(single) for b in single[at + 1 :])
