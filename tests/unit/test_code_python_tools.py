"""Tools, their inputs and annotations, in every way that Python servers register them."""

# ruff: noqa: E501, ISC004 -- a case is read best on one line

import pytest

from tests.unit.python_code import answers
from trust.facts import Annotations, Param, Tool
from trust.vocabulary import Signal


def only_tool(source: str) -> Tool:
    (tool,) = answers(source).tools
    return tool


@pytest.mark.parametrize(
    "source",
    [
        "@mcp.tool\ndef look(x: str):\n    'Looks.'\n",
        "@mcp.tool()\nasync def look(x: str):\n    'Looks.'\n",
        "@mcp.tool(name='look', description='Looks.')\ndef f(x: str): ...\n",
        "@mcp.tool('look')\ndef f(x: str):\n    'Looks.'\n",
        "def look(x: str):\n    'Looks.'\nmcp.add_tool(look)\n",
        "def f(x: str): ...\nmcp.add_tool(f, name='look', description='Looks.')\n",
        "def make(server):\n    @server.tool()\n    def look(x: str):\n        'Looks.'\nmake(mcp)\n",
        "class Registry:\n    def __init__(self, server): self.server = server\n    def reader(self, title):\n"
        "        def decorate(f):\n            self.server.tool(title=title)(f)\n            return f\n        return decorate\n"
        "tools = Registry(mcp)\n@tools.reader('t')\ndef look(x: str):\n    'Looks.'\n",
    ],
)
def test_a_function_becomes_a_tool(source: str) -> None:
    tool = only_tool(source)
    assert (tool.name, tool.description, tool.origin) == ("look", "Looks.", "code")
    assert tool.params == (Param("x", "string", "", required=True),)


@pytest.mark.parametrize(
    ("declared", "param"),
    [
        ("x", Param("x", "unknown", required=True)),
        ("x: str", Param("x", "string", required=True)),
        ("x: int = 3", Param("x", "integer")),
        ("x: float | None = None", Param("x", "number")),
        ("x: list[str]", Param("x", "array", required=True)),
        ("x: Literal['a', 'b'] = 'a'", Param("x", "string", bounded=True, enum=("a", "b"))),
        ("x: Unit", Param("x", "string", required=True, bounded=True, enum=("c", "f"))),
        (
            "x: Annotated[int, Field(ge=1, le=9, description='how many')]",
            Param("x", "integer", "how many", required=True, bounded=True),
        ),
        ("x: str = Field(description='d', max_length=9)", Param("x", "string", "d", required=True, bounded=True)),
        ("x: str = Field(default='q')", Param("x", "string")),
        ("x: Order", Param("x", "object", required=True)),
        ("x: Missing", Param("x", "unknown", required=True)),
        ("x: dict[str, str]", Param("x", "object", required=True)),
        ("x: 'str'", Param("x", "string", required=True)),
        ("x: Short", Param("x", "string", "s", required=True, bounded=True)),
    ],
)
def test_inputs_have_their_types_and_bounds(declared: str, param: Param) -> None:
    before = (
        "class Unit(Enum):\n    C = 'c'\n    F = 'f'\nclass Order(BaseModel):\n    what: str\n"
        "Short = Annotated[str, Field(max_length=3, description='s')]\n"
    )
    assert only_tool(f"{before}@mcp.tool()\ndef act({declared}) -> str: ...\n").params == (param,)


def test_the_context_is_no_input_and_docstrings_describe_the_others() -> None:
    tool = only_tool(
        "@mcp.tool()\ndef act(ctx: Context, city: str):\n    '''Does.\n\n    Args:\n        city: where to look\n    '''\n"
    )
    assert tool.params == (Param("city", "string", "where to look", required=True),)


def test_annotations_are_read() -> None:
    said = only_tool(
        "from mcp.types import ToolAnnotations\n@mcp.tool(annotations=ToolAnnotations(readOnlyHint=True, openWorldHint=False))\ndef act(): ...\n"
    )
    assert said.annotations == Annotations(read_only=True, open_world=False)
    assert only_tool("@mcp.tool(annotations={'destructiveHint': True})\ndef act(): ...\n").annotations == Annotations(
        destructive=True
    )
    assert only_tool("@mcp.tool()\ndef act(): ...\n").annotations is None


LOW_LEVEL = """
from mcp.server import Server
from mcp.types import Tool, ToolAnnotations
server = Server("low")
class Names(str, Enum):
    LIST = "list"
    DROP = "drop"
@server.list_tools()
async def listed():
    return [
        Tool(name=Names.LIST, description="Lists.", inputSchema={"type": "object", "properties": {
            "folder": {"type": "string", "description": "where"}, "depth": {"type": "integer", "maximum": 3}}, "required": ["folder"]}),
        Tool(name="drop", description="Drops.", inputSchema={"type": "object", "properties": {"path": {"type": "string"}}},
             annotations=ToolAnnotations(destructiveHint=True)),
    ]
@server.call_tool()
async def called(name, arguments):
    match name:
        case Names.LIST:
            return os.listdir(arguments["folder"])
        case "drop":
            os.remove(arguments.get("path"))
        case _:
            raise ValueError(name)
"""


def test_the_low_level_server_is_followed_tool_by_tool() -> None:
    found = answers(LOW_LEVEL)
    listing, dropping = found.tools
    assert (listing.name, dropping.name) == ("list", "drop")
    assert listing.params == (
        Param("folder", "string", "where", required=True),
        Param("depth", "integer", bounded=True),
    )
    assert listing.reaches == (Signal.FILE_READ,)
    assert dropping.reaches == (Signal.FILE_DELETE,)
    assert dropping.annotations == Annotations(destructive=True)
    assert {(f.weakness.value, f.message.split(":")[0]) for f in found.findings} == {
        ("path-traversal", "Tool list"),
        ("path-traversal", "Tool drop"),
    }


def test_a_table_of_handlers_is_followed_by_name() -> None:
    source = LOW_LEVEL[: LOW_LEVEL.index("async def called")] + (
        "async def called(name, arguments):\n    return HANDLERS[name](arguments)\n"
        "def listing(a):\n    return os.listdir(a['folder'])\ndef dropping(a):\n    os.remove(a['path'])\n"
        "HANDLERS = {'list': listing, 'drop': dropping}\n"
    )
    reaches = {t.name: t.reaches for t in answers(source).tools}
    assert reaches == {"list": (Signal.FILE_READ,), "drop": (Signal.FILE_DELETE,)}


@pytest.mark.parametrize(
    ("source", "confirms"),
    [
        (
            "@mcp.tool()\nasync def act(p: str, ctx: Context):\n    r = await ctx.elicit('sure?', schema=None)\n    os.remove(p)\n",
            True,
        ),
        (
            "@mcp.tool()\ndef act(p: str, confirm: bool = False):\n    if not confirm:\n        return 'no'\n    os.remove(p)\n",
            True,
        ),
        ("@mcp.tool()\ndef act(p: str, confirm: bool = False):\n    os.remove(p)\n", False),
        (
            "@mcp.tool()\ndef act(p: str, confirm: bool = False):\n    if not confirm:\n        logging.info('hm')\n    os.remove(p)\n",
            False,
        ),
    ],
)
def test_a_confirmation_counts_when_it_decides(source: str, confirms: bool) -> None:
    assert only_tool(source).confirms is confirms


def test_sinks_behind_helpers_belong_to_the_tool() -> None:
    found = answers(
        "def helper(x):\n    return requests.get('https://a.example.org/' + x, timeout=3)\n@mcp.tool()\ndef act(x: str):\n    return helper(x).text\n"
    )
    assert found.tools[0].reaches == (Signal.HTTP,)
    (seen,) = [o for o in found.observations if o.signal is Signal.HTTP]
    assert (seen.tool, seen.reachable) == ("act", True)


READER = "from mcp.types import ToolAnnotations\nREAD = ToolAnnotations(readOnlyHint=True)\ndef writes(*, destructive):\n    return ToolAnnotations(readOnlyHint=False, destructiveHint=destructive)\n"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("@mcp.tool(annotations=READ)\ndef look(x: str): ...\n", Annotations(read_only=True)),
        (
            "@mcp.tool(annotations=writes(destructive=True))\ndef look(x: str): ...\n",
            Annotations(read_only=False, destructive=True),
        ),
        (
            "class Names(str, Enum):\n    LOOK = 'look'\n@mcp.tool(name=Names.LOOK.value, annotations=READ)\ndef f(x: str): ...\n",
            Annotations(read_only=True),
        ),
        (
            "class Registry:\n    def reader(self, title):\n        return self._add(title, READ)\n    def _add(self, title, annotations):\n"
            "        def decorate(f):\n            mcp.tool(title=title, annotations=annotations)(f)\n            return f\n        return decorate\n"
            "tools = Registry()\n@tools.reader('t')\ndef look(x: str): ...\n",
            Annotations(read_only=True),
        ),
        (
            "from fastmcp import FastMCP\nmain = FastMCP('m')\nsub = FastMCP('s')\n@sub.tool(annotations=READ)\ndef look(x: str): ...\n",
            Annotations(read_only=True),
        ),
    ],
)
def test_names_and_annotations_are_followed_to_where_they_are_written(source: str, said: Annotations) -> None:
    tool = only_tool(READER + source)
    assert (tool.name, tool.annotations) == ("look", said)


def test_a_mounted_server_gives_its_tools_its_prefix() -> None:
    source = "sub = FastMCP('s')\n@sub.tool()\ndef look(x: str): ...\nmcp.mount(sub, namespace='notes')\n"
    assert only_tool(source).name == "notes_look"
