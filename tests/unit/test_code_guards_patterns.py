"""Regular expressions: whose they are, what they run on, and which of them can take for ever."""

# ruff: noqa: E501 -- a case is read best on one line

import pytest

from scanner.code.backtracking import backtracks
from tests.unit.guard_code import Left, javascript, left, python
from trust.vocabulary import Severity, Weakness

W = Weakness.REDOS


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(a+)+$", r"(\w+\s?)*$", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(a|a)*b", r"(.*)*x", r"^(\s|.)*x$",
        r"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}$", r"(x+x+)+y", r"([a-z]+)+\d",
        r"^(?:\w+[-.]?)+@", r"(a{1,30})+$", r"(\w|\d)+!", r"(?P<a>[a-z]*)*\Z", r"^(?:(?:a+)?b?)*$",
    ],
)  # fmt: skip
def test_a_pattern_that_can_take_for_ever(pattern: str) -> None:
    assert backtracks(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[a-z]+$", r"^(?:[a-z]+\.)+[a-z]+$", r"(\d+,)*\d+", r"^https?://[^/]+/", r"(a+)+", r"(?:\r\n|\n)+$",
        r"^(\w+\s)*$", r"(.|\n)*x", r"^\s*(\w+)\s*=\s*(.*)$", r"(?:/[^/]+)+$", r"^([A-Z]{1,3}-)?\d+$",
        r"^(?:foo|bar)+$", r"(\d{4}-)+x", r"[(+*]+", r"((", r"^(?=.*\d)[a-z]+$", r"(?:%[0-9a-f]{2})+$",
        r'"(?:[^"\\]|\\.)*"', r"^[\w.+-]+@[\w-]+\.[\w.-]+$", r"^-?\d+(\.\d+)?$", r"(<[^>]+>)*x", "", "\\", "[", "(?",
        "(" * 200 + "a+" + ")+" * 200 + "$", "(a+)+$" * 500,
    ],
)  # fmt: skip
def test_a_pattern_that_ends_soon_or_cannot_be_read(pattern: str) -> None:
    assert not backtracks(pattern)


PYTHON: list[tuple[str, str, str, Left]] = [
    ("searched for", "", "return str(re.search(v, NOTES))", "all"),
    ("compiled", "", "p = re.compile(v, re.IGNORECASE)\nreturn str([n for n in NOTES if p.search(n)])", "all"),
    ("compiled in a helper", "def find(pattern):\n    try:\n        return re.compile(pattern)\n    except re.error:\n        return None", "return str(find(v))", "all"),
    ("built around", "", "return str(re.findall(rf'^{v}$', NOTES, re.M))", "half"),
    ("escaped", "", "return str(re.search(re.escape(v), NOTES))", "nothing"),
    ("a word", "", "if not v.isalnum():\n    raise ValueError\nreturn str(re.search(v, NOTES))", "nothing"),
    ("with a limit of its own", "import regex", "return str(regex.search(v, NOTES, timeout=1))", "nothing"),
    ("a glob", "import fnmatch", "return str(re.match(fnmatch.translate(v), NOTES))", "nothing"),
    ("a text to look in", "", "return str(re.search(r'^[a-z]+$', v))", "nothing"),
    ("a slow pattern on the input", "", "return str(re.match(r'^(\\w+\\s?)*$', v))", "all"),
    ("a slow pattern, compiled before", "SLOW = re.compile(r'^(a+)+$')", "return str(SLOW.match(v))", "all"),
    ("a slow pattern on what is fixed", "", "return v + str(re.match(r'^(\\w+\\s?)*$', NOTES))", "nothing"),
]  # fmt: skip

JAVASCRIPT: list[tuple[str, str, str, Left]] = [
    ("made from the input", "", 'return new RegExp(v, "i").test(NOTES);', "all"),
    ("made from the input, or escaped where it is none", "", 'let re;\ntry { re = new RegExp(v); } catch { re = new RegExp(v.replace(/[.*+?^${}()|[\\]\\\\]/g, "\\\\$&")); }\nreturn re.test(NOTES);', "all"),
    ("wildcards turned into a pattern", "", 'return new RegExp("^" + v.replace(/\\./g, "\\\\.").replace(/\\*/g, ".*") + "$").test(NOTES);', "half"),
    ("escaped", "", 'return new RegExp(v.replace(/[.*+?^${}()|[\\]\\\\]/g, "\\\\$&")).test(NOTES);', "nothing"),
    ("escaped by a helper", 'const escape = (s) => s.replace(/[.*+?^${}()|[\\]\\\\]/g, "\\\\$&");', "return new RegExp(`\\\\b${escape(v)}\\\\b`).test(NOTES);", "nothing"),
    ("escaped by a library", 'import escape from "escape-string-regexp";', "return new RegExp(escape(v)).test(NOTES);", "nothing"),
    ("a text to look for", "", "return NOTES.includes(v);", "nothing"),
    ("a slow pattern on the input", "", "return /^(\\w+\\s?)*$/.test(v);", "all"),
    ("a slow pattern in a replacement", "", 'return v.replace(/(\\s+)*$/, "");', "all"),
    ("a quick pattern on the input", "", "return /^[a-z]+$/.test(v);", "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "body", "open_"), [r[1:] for r in PYTHON], ids=[r[0] for r in PYTHON])
def test_patterns_in_python(before: str, body: str, open_: Left) -> None:
    assert left(python(body, before="NOTES = open('/srv/notes').read()\n" + before), W) == open_


@pytest.mark.parametrize(("before", "body", "open_"), [r[1:] for r in JAVASCRIPT], ids=[r[0] for r in JAVASCRIPT])
def test_patterns_in_javascript(before: str, body: str, open_: Left) -> None:
    assert left(javascript(body, before='const NOTES = fs.readFileSync("/srv/notes", "utf8");\n' + before), W) == open_


def test_a_pattern_from_a_caller_is_no_more_than_medium() -> None:
    (finding,) = [f for f in python("return str(re.search(v, 'x'))") if f.weakness is W]
    assert finding.severity is Severity.MEDIUM
