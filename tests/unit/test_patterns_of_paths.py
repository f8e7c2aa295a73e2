"""What a regular expression proves of a path whose name matches it."""

import pytest

from scanner.code.patterns import pattern_proves
from scanner.code.safety import Safe

HELD = Safe.NO_DOTS | Safe.NOT_ABSOLUTE


def holds(pattern: str) -> bool:
    safe = pattern_proves(pattern)
    return bool(safe & Safe.PATH) or safe & HELD == HELD


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[\w-]+$", r"^\d{4}\.\d{4,5}(v\d+)?$", r"^(\d{4}\.\d{4,5}(v\d+)?|[a-z\-]+(/[a-z\-]+)?/\d{7}(v\d+)?)$",
        r"^[a-z]+(\.[a-z]+)*$", r"\A\w+\.md\Z", r"^(?:notes|drafts)/[a-z]+\.txt$", r"^v\d+\.\d+\.\d+$",
        r"^(?P<year>\d{4})/(?P<n>\d+)$",
    ],
)  # fmt: skip
def test_a_pattern_that_keeps_a_path_inside(pattern: str) -> None:
    assert holds(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[\w./-]+$", r"^[\w.-]+/\w+$", r"^/?[a-z]+$", r"^(/[a-z]+|b)$", r"^(|/)[a-z]+$", r"^(a)?/[a-z]+$",
        r"^(a?)/x$", r"^\d+\.\d*/x$", r"^\.+/\w+$", r"^(\.)+/\w+$", r"^a|b$", r"^[a-z]+\.", r"^(?=.)/\w+$",
        r"^\w+\.\.?/x$", r"^(a\.|b)\.?/x$", r"^[a-z]{0,3}/\w+$", r"^.+\.md$", r"^[^;]+$", r"^\w*(/\w+)+$",
    ],
)  # fmt: skip
def test_a_pattern_that_does_not(pattern: str) -> None:
    assert not holds(pattern)
