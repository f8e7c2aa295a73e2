"""Python source to the intermediate form: what is kept, and what hostile files cost."""

# ruff: noqa: E501 -- a case is read best on one line

import pytest

from scanner.code import ir
from scanner.code.python.lower import MAX_BYTES, lower
from trust.finding import Gap


def module(source: str, path: str = "pkg/sub/mod.py") -> ir.Module:
    lowered = lower(path, source.encode())
    assert isinstance(lowered, ir.Module), lowered
    return lowered


def expression(source: str) -> ir.Expr:
    (statement,) = module(f"x = {source}").body
    assert isinstance(statement, ir.Assign)
    return statement.value


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("f'a{b}c'", ["a", "b", "c"]),
        ("'a' + b + 'c'", ["a", "b", "c"]),
        ("b + c + 'd'", ["b", "c", "d"]),
        ("'a%sc' % b", ["a", "b", "c"]),
        ("'%s/%s' % (b, c)", ["", "b", "/", "c", ""]),
        ("'a{}c'.format(b)", ["a", "b", "c"]),
        ("'{1}-{0}'.format(b, c)", ["", "c", "-", "b", ""]),
        ("'{k}!'.format(k=b)", ["", "b", "!"]),
    ],
)
def test_every_way_to_build_a_string_keeps_its_pieces_in_order(source: str, parts: list[str]) -> None:
    value = expression(source)
    assert isinstance(value, ir.Concat)
    texts = [p.value if isinstance(p, ir.Const) else p.id if isinstance(p, ir.Name) else "?" for p in value.parts]
    assert texts == parts


def test_numbers_stay_numbers() -> None:
    assert isinstance(expression("a + b"), ir.Binary)
    assert isinstance(expression("-1"), ir.Const)


@pytest.mark.parametrize(
    ("path", "line", "name"),
    [
        ("pkg/sub/mod.py", "from . import a", "pkg.sub"),
        ("pkg/sub/mod.py", "from .a import b", "pkg.sub.a"),
        ("pkg/sub/mod.py", "from ..c import d", "pkg.c"),
        ("pkg/sub/__init__.py", "from .a import b", "pkg.sub.a"),
        ("mod.py", "from ....up import d", "up"),
        ("mod.py", "import os.path as p", "os.path"),
    ],
)
def test_relative_imports_become_absolute(path: str, line: str, name: str) -> None:
    assert module(line, path).imports[0].module == name


def test_an_import_in_a_try_or_a_branch_is_optional_and_one_under_main_is_not() -> None:
    found = module(
        "import a\ntry:\n    import b\nexcept ImportError:\n    b = None\nif x:\n    import c\nif __name__ == '__main__':\n    import d\n"
    )
    assert [(i.module, i.optional) for i in found.imports] == [("a", False), ("b", True), ("c", True), ("d", False)]


def test_methods_lose_their_receiver_and_static_ones_have_none() -> None:
    found = module(
        "class A:\n    def m(self, x): ...\n    @staticmethod\n    def s(x): ...\n    @classmethod\n    def c(cls, x): ...\n"
    )
    assert [(f.qualname, f.receiver, [p.name for p in f.params]) for f in found.functions] == [
        ("A.m", "self", ["x"]),
        ("A.s", None, ["x"]),
        ("A.c", "cls", ["x"]),
    ]


def test_a_match_is_a_chain_of_tests() -> None:
    (statement,) = module(
        "match x:\n    case 'a':\n        f()\n    case 'b' | 'c':\n        g()\n    case _:\n        h()\n"
    ).body
    assert isinstance(statement, ir.If)
    assert isinstance(statement.test, ir.Compare)
    (second,) = statement.other
    assert isinstance(second, ir.If)
    assert isinstance(second.test, ir.Logic)
    assert isinstance(second.other[0], ir.Do)


def test_lines_and_texts_are_those_of_the_file() -> None:
    found = module("a = 1\n\nb = f(\n    c,\n)\n")
    assert [s.line for s in found.body] == [1, 3]
    assert found.text(4) == "c,"
    assert found.text(99) == ""


HOSTILE = {
    "parentheses": "(" * 5000 + ")" * 5000,
    "brackets": "x = " + "[" * 150 + "]" * 150,
    "attributes": "x = a" + ".b" * 5000,
    "calls": "x = a" + "()" * 3000,
    "minus": "x = " + "-" * 5000 + "1",
    "not": "x = " + "not " * 5000 + "1",
    "lambda": "x = " + "lambda: " * 1000 + "1",
    "if": "".join(" " * i + "if x:\n" for i in range(99)) + " " * 99 + "pass\n",
    "null": "x = 1\0",
    "syntax": "def f(:\n",
    "encoding": "# -*- coding: no-such-thing -*-\n",
    "python two": "print 'hello'\n",
    "surrogate": "x = '\\ud800'\nprint(x)\n",
    "many nodes": "x = [" + "1," * 450_000 + "]",
    "empty": "",
    "latin": "x = 'caf\\xe9'",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_costs_itself_and_nothing_else(source: str) -> None:
    lowered = lower("bad.py", source.encode("utf-8", "surrogatepass"))
    assert isinstance(lowered, (ir.Module, Gap))
    if isinstance(lowered, Gap):
        assert lowered.path == "bad.py"
        assert lowered.reason.endswith(".")


@pytest.mark.parametrize(
    "name", ["parentheses", "attributes", "calls", "null", "syntax", "encoding", "python two", "many nodes"]
)
def test_what_cannot_be_read_is_a_gap(name: str) -> None:
    assert isinstance(lower("bad.py", HOSTILE[name].encode()), Gap)


def test_long_chains_that_people_write_are_no_nesting() -> None:
    plus = "x = " + " + ".join(["'a'"] * 400)
    chain = "if a == 0:\n    x = 0\n" + "".join(f"elif a == {i}:\n    x = {i}\n" for i in range(1, 400))
    assert isinstance(lower("a.py", plus.encode()), ir.Module)
    assert isinstance(lower("a.py", chain.encode()), ir.Module)


def test_a_file_over_the_limit_is_not_parsed() -> None:
    gap = lower("big.py", b"#" * (MAX_BYTES + 1))
    assert isinstance(gap, Gap)
    assert "2,097,152" in gap.reason


def test_latin_bytes_without_a_coding_line_are_a_gap() -> None:
    assert isinstance(lower("a.py", b"x = '\xe9'\n"), Gap)
