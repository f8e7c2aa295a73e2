"""Sentences in code that a model may read: found in whatever way a server registers them, put together from literals."""

# ruff: noqa: E501 - one registration on one line

import pytest

from scanner.code import ir
from scanner.code.javascript.lower import front_end
from scanner.code.prose import Prose, prose
from scanner.code.python.lower import lower as lower_python

WORDS = "Returns the weather for a city."


def python(source: str, path: str = "server.py") -> list[Prose]:
    module = lower_python(path, source.encode())
    assert isinstance(module, ir.Module)
    return list(prose([module]))


def javascript(source: str) -> list[Prose]:
    module = front_end(["server.js"])("server.js", source.encode())
    assert isinstance(module, ir.Module)
    return list(prose([module]))


PYTHON = [
    f'@mcp.tool()\ndef weather(city):\n    """{WORDS}"""\n    return city\n',
    f'@anything.at_all\nasync def weather(city):\n    """{WORDS}"""\n',
    f'@mcp.tool(description="{WORDS}")\ndef weather(city): ...\n',
    f'def weather(city):\n    """{WORDS}"""\nmcp.add_tool(weather)\n',
    f'Tool(name=Names.WEATHER.value, description="{WORDS}", inputSchema={{}})\n',
    f'TOOLS = [{{"name": "weather", "description": "{WORDS}"}}]\n',
    f'SCHEMA = {{"properties": {{"city": {{"type": "string", "title": "{WORDS}"}}}}}}\n',
    f'SCHEMA = {{"properties": {{"city": {{"enum": ["a", "{WORDS}"]}}}}}}\n',
    f'mcp = FastMCP("w", instructions="{WORDS}")\n',
    f'def f(city: Annotated[str, "{WORDS}"]): ...\n',
    f'def f(city: str = Field(description="{WORDS}")): ...\n',
    f'class Args(BaseModel):\n    city: str = Field(..., title="{WORDS}")\n',
    f'@mcp.tool()\ndef f(city="{WORDS}"): ...\n',
    f'weather.__doc__ = "{WORDS}"\n',
    f'WEATHER_DESCRIPTION = "{WORDS}"\n',
    'PARTS = "Returns the weather "\nTool(name="w", description=PARTS + "for a city.")\n',
    'tool(description="".join(["Returns the weather ", "for a city."]))\n',
    f'tool(description=textwrap.dedent("""{WORDS}"""))\n',
]


@pytest.mark.parametrize("source", PYTHON)
def test_python_describes(source: str) -> None:
    assert [(p.text.strip(), p.kind) for p in python(source) if WORDS in p.text] == [(WORDS, "described")]


JAVASCRIPT = [
    f'server.tool("weather", "{WORDS}", {{}}, handler);',
    f'server.registerTool("weather", {{ description: "{WORDS}" }}, handler);',
    f'const tools = [{{ name: "weather", description: "{WORDS}" }}];',
    f'z.object({{ city: z.string().describe("{WORDS}") }});',
    f'new McpServer({{ name: "w" }}, {{ instructions: "{WORDS}" }});',
    f"const description = `{WORDS}`; list({{ name, description }});",
    f'const schema = {{ properties: {{ city: {{ default: "{WORDS}" }} }} }};',
    'const lead = "Returns the weather "; api.add({ description: lead + "for a city." });',
    f'server.prompt("weather", "{WORDS}", handler);',
]


@pytest.mark.parametrize("source", JAVASCRIPT)
def test_javascript_describes(source: str) -> None:
    assert {(p.text.strip(), p.kind) for p in javascript(source) if WORDS in p.text} == {(WORDS, "described")}


@pytest.mark.parametrize(
    "found",
    [
        python(f'def f():\n    return "{WORDS}"\n'),
        python(f'def f():\n    raise ValueError("{WORDS}")\n'),
        python(f'def f():\n    return [TextContent(type="text", text="{WORDS}")]\n'),
        python(f'def f():\n    answer = ""\n    if late:\n        answer = "{WORDS}"\n    return answer\n'),
        javascript(f'async function f() {{ return {{ content: [{{ type: "text", text: "{WORDS}" }}] }}; }}'),
    ],
)
def test_what_is_answered_is_told_apart(found: list[Prose]) -> None:
    assert {p.kind for p in found if WORDS in p.text} == {"answered"}


def test_what_only_the_running_server_knows_leaves_an_ellipsis() -> None:
    (found,) = python('Tool(description=f"Returns the weather for {city()} today.")\n')
    assert found.text == "Returns the weather for  …  today."
    assert (found.path, found.line) == ("server.py", 1)


@pytest.mark.parametrize("path", ["tests/server.py", "pkg/test_server.py", "conftest.py"])
def test_tests_are_no_texts_of_the_server(path: str) -> None:
    assert python(PYTHON[0], path) == []


def test_a_name_bound_to_itself_ends() -> None:
    assert python('a = b\nb = a\nTool(description=a + "x y z of it all")\n')[0].text.endswith("x y z of it all")
