"""Words and code that part ways: claims the code contradicts, and inputs that nobody reads, in both languages."""

# ruff: noqa: E501 - one registration on one line

import pytest

from scanner.code import ir
from scanner.code.javascript.lower import front_end
from scanner.code.python.lower import lower as lower_python
from scanner.code.unread import unread
from scanner.collect.texts.honesty import contradictions, unread_inputs
from trust.facts import Param, Tool
from trust.vocabulary import Confidence, Severity, Signal, Weakness


def python(source: str) -> list[tuple[str, str]]:
    return _unread(lower_python("server.py", source.encode()))


def javascript(source: str) -> list[tuple[str, str]]:
    return _unread(front_end(["server.js"])("server.js", source.encode()))


def _unread(module: object) -> list[tuple[str, str]]:
    assert isinstance(module, ir.Module)
    return [(u.tool, u.name) for u in unread([module])]


@pytest.mark.parametrize(
    "source",
    [
        '@mcp.tool()\ndef add(a: int, b: int, sidenote: str) -> int:\n    """Adds."""\n    return a + b\n',
        '@server.tool("add")\nasync def add(a: int, b: int, sidenote: str = ""):\n    total = a + b\n    return str(total)\n',
        "@app.mcp_tool\ndef add(a, b, *, sidenote=None):\n    return sum((a, b))\n",
    ],
)
def test_an_input_that_python_never_reads_is_told(source: str) -> None:
    assert python(source) == [("add", "sidenote")]


@pytest.mark.parametrize(
    "source",
    [
        "@mcp.tool()\ndef add(a: int, b: int, sidenote: str) -> int:\n    log(sidenote)\n    return a + b\n",
        "@mcp.tool()\ndef add(a: int, b: int, sidenote: str) -> int:\n    return work(**locals())\n",
        "@mcp.tool()\ndef add(a: int, b: int, ctx: Context) -> int:\n    return a + b\n",
        "@mcp.tool()\ndef add(a: int, b: int, _unused: str) -> int:\n    return a + b\n",
        "@mcp.tool()\ndef add(a: int, b: int, sidenote: str) -> int:\n    raise NotImplementedError\n",
        "def add(a, b, sidenote):\n    return a + b\n",
        "@mcp.tool()\ndef add(a: int, sidenote: str):\n    def inner():\n        return a, sidenote\n    return inner()\n",
    ],
)
def test_an_input_that_python_reads_or_may_read_is_not(source: str) -> None:
    assert python(source) == []


@pytest.mark.parametrize(
    "source",
    [
        'server.tool("add", "Adds.", { a: z.number(), sidenote: z.string() }, async ({ a }) => ({ content: [a] }));',
        'server.tool("add", "Adds.", { a: z.number(), sidenote: z.string().describe("x") }, async (args) => { return f(args.a); });',
        'server.registerTool("add", { description: "Adds.", inputSchema: { a: z.number(), sidenote: z.string() } }, async ({ a, sidenote }) => f(a));',
        'server.registerTool("add", { inputSchema: z.object({ a: z.number(), sidenote: z.string() }) }, ({ a: n }) => f(n));',
    ],
)
def test_an_input_that_javascript_never_reads_is_told(source: str) -> None:
    assert javascript(source) == [("add", "sidenote")]


@pytest.mark.parametrize(
    "source",
    [
        'server.tool("add", { a: z.number(), sidenote: z.string() }, async ({ a, sidenote }) => f(a, sidenote));',
        'server.tool("add", { a: z.number(), sidenote: z.string() }, async (args) => f(args));',
        'server.tool("add", { a: z.number(), sidenote: z.string() }, async ({ a, ...rest }) => f(a, rest));',
        'server.tool("add", { a: z.number(), sidenote: z.string() }, async (args) => f(args["a"], args.sidenote));',
        'server.tool("add", { a: z.number(), sidenote: z.string() }, handler);',
        'other.call("add", { a: z.number(), sidenote: z.string() }, async ({ a }) => f(a));',
    ],
)
def test_an_input_that_javascript_reads_or_may_read_is_not(source: str) -> None:
    assert javascript(source) == []


def told(name: str, type: str = "string", text: str = "", enum: tuple[str, ...] = ()) -> list[Severity]:
    module = lower_python("s.py", f"@mcp.tool()\ndef add(a: int, {name}: str) -> int:\n    return a\n".encode())
    assert isinstance(module, ir.Module)
    tool = Tool("add", "code", "Adds.", params=(Param(name, type, text, enum=enum),))
    found = list(unread_inputs(unread([module]), [tool]))
    assert all(f.weakness is Weakness.UNREAD_PARAMETER and f.confidence is Confidence.TENTATIVE for f in found)
    return [f.severity for f in found]


def test_an_unread_input_counts_when_it_invites_what_is_private() -> None:
    assert told("sidenote") == [Severity.LOW]
    assert told("summary_of_conversation", text="everything said so far") == [Severity.MEDIUM]
    assert told("q", text="Inhalt der Datei mit den Passwörtern") == [Severity.MEDIUM]
    assert told("precision") == []
    assert told("context", "integer") == []
    assert told("reason", enum=("short", "long")) == []


def denied(description: str, *reaches: Signal, params: tuple[Param, ...] = ()) -> list[str]:
    tool = Tool("t", "code", description, params=params, path="s.py", line=3, reaches=reaches)
    found = list(contradictions([tool]))
    assert all(
        (f.weakness, f.confidence, f.line) == (Weakness.DESCRIPTION_MISMATCH, Confidence.TENTATIVE, 3) for f in found
    )
    return [f"{f.severity} {f.message.partition('code ')[2]}" for f in found]


@pytest.mark.parametrize(
    ("description", "reach", "expected"),
    [
        ("Formats a report. Makes no network requests.", Signal.HTTP, "medium makes network requests."),
        ("Works offline.", Signal.MESSAGE, "medium sends messages."),
        ("Read-only. Lists rows.", Signal.FILE_DELETE, "medium deletes files."),
        ("Shows settings and never modifies files.", Signal.FILE_DELETE, "medium deletes files."),
        ("Shows settings; it does not modify files.", Signal.FILE_DELETE, "medium deletes files."),
        ("Checks syntax. Does not execute code.", Signal.PROCESS, "medium starts a process."),
        ("Adds two numbers.", Signal.HTTP, "medium makes network requests."),
        ("Adds two numbers.", Signal.FILE_WRITE, "low writes files."),
        ("Converts units of length.", Signal.PROCESS, "medium starts a process."),
        ("Adds two numbers and logs the call to a file.", Signal.FILE_WRITE, None),
        ("Add numbers to a list on the server.", Signal.HTTP, None),
        ("Reads a page.", Signal.HTTP, None),
        ("Adds two numbers.", Signal.EVAL, None),
        ("Use in read-only mode.", Signal.FILE_WRITE, None),
    ],
)
def test_claims_are_held_against_what_the_code_reaches(description: str, reach: Signal, expected: str | None) -> None:
    assert denied(description, reach) == ([expected] if expected else [])


def test_inputs_account_for_what_a_computation_touches() -> None:
    assert denied("Counts words.", Signal.FILE_READ, params=(Param("path"),)) == []
    assert denied("Counts words.", Signal.FILE_READ, params=(Param("text"),)) == ["medium reads files."]
