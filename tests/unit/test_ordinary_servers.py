"""What ordinary, careful servers do and what must not be taken for a flaw, each beside the flaw it resembles."""

# ruff: noqa: E501 -- a case is read best on one line

import pytest

from tests.unit.guard_code import Left, left, python
from tests.unit.python_code import answers
from trust.finding import Finding
from trust.vocabulary import Severity, Weakness

PATH = Weakness.PATH_TRAVERSAL

PATHS: list[tuple[str, str, str, Left]] = [
    ("numbered papers", "ID = re.compile(r'^(\\d{4}\\.\\d{4,5}(v\\d+)?|[a-z\\-]+/\\d{7})$', re.IGNORECASE)", "if not ID.match(v):\n    return 'no'\nreturn open(BASE / f'{v}.md').read()", "nothing"),
    ("numbered papers, checked by a helper", "ID = re.compile(r'^\\d{4}\\.\\d{4,5}(v\\d+)?$')\ndef valid(text):\n    return bool(ID.match(text))\ndef parse(raw):\n    text = raw.strip()\n    if not text or not valid(text):\n        return None\n    return text", "paper = parse(v)\nif paper is None:\n    return 'no'\nreturn open(BASE / f'{paper}.md').read()", "nothing"),
    ("any dots and slashes", "ID = re.compile(r'^[\\w./-]+$')", "if not ID.match(v):\n    return 'no'\nreturn open(BASE / f'{v}.md').read()", "all"),
    ("a part of the input, put together and asked about by a helper", "def within(path):\n    real = os.path.realpath(path)\n    return real.startswith('/srv/')", "name = v.split(':', 1)[1].lstrip('/')\np = os.path.join('/srv', name)\nif not within(p):\n    return 'no'\nreturn open(p).read()", "nothing"),
    ("another is asked about", "def within(path):\n    real = os.path.realpath(path)\n    return real.startswith('/srv/')", "name = v.split(':', 1)[1]\np = os.path.join('/srv', name)\nif not within('/srv/' + v[:3]):\n    return 'no'\nreturn open(p).read()", "all"),
    ("asked about, then added to", "def within(path):\n    real = os.path.realpath(path)\n    return real.startswith('/srv/')", "p, rest = v.split(':', 1)\nif not within(p):\n    return 'no'\nreturn open(os.path.join(p, rest)).read()", "all"),
    ("the answer only written down", "def within(path):\n    real = os.path.realpath(path)\n    return real.startswith('/srv/')", "p = v.split(':', 1)[1]\nif not within(p):\n    logging.warning('outside')\nreturn open(p).read()", "all"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "before", "body", "expected"), PATHS, ids=[c[0] for c in PATHS])
def test_paths(case: str, before: str, body: str, expected: Left) -> None:
    assert left(python(body, before=before), PATH) == expected


def test_asking_whether_a_path_is_absolute_is_no_comparison_with_a_folder() -> None:
    found = python("if not v.startswith('/'):\n    raise ValueError('absolute')\nreturn Path(v).read_text()")
    assert not [f for f in found if "compared with a folder" in f.message]
    assert left(found, PATH) == "all"


SERVICE = """
import httpx
class Provider:
    def __init__(self, base: str):
        self.base = base
    async def get(self):
        return self.base
{kind}
async def act({signature}) -> str:
    async with httpx.AsyncClient(timeout=5) as client:
        return (await client.get({address})).text
"""


def _serious(findings: list[Finding], weakness: Weakness) -> list[Finding]:
    return [f for f in findings if f.weakness is weakness and f.severity.rank >= Severity.HIGH.rank]


@pytest.mark.parametrize(
    ("kind", "signature", "address", "flawed"),
    [
        ("@mcp.tool()", "provider: Provider", "await provider.get()", False),
        ("class Held(Provider): ...\n@mcp.tool()", "provider: Held", "provider.base", False),
        ("from dataclasses import dataclass\n@dataclass\nclass Deep:\n    provider: Provider\n    def __init__(self, provider: Provider):\n        self.provider = provider\n@mcp.tool()", "given: Deep", "given.provider.base", False),
        ("@mcp.tool()", "provider: str", "'http://' + provider", True),
        ("class Wanted(BaseModel):\n    base: str\n@mcp.tool()", "wanted: Wanted", "'http://' + wanted.base", True),
        ("from dataclasses import dataclass\n@dataclass\nclass Wanted:\n    base: str\n    def __init__(self, base: str):\n        self.base = base\n@mcp.tool()", "wanted: Wanted", "'http://' + wanted.base", True),
    ],
)  # fmt: skip
def test_what_the_server_itself_hands_to_its_tools_is_no_input(
    kind: str, signature: str, address: str, flawed: bool
) -> None:
    source = SERVICE.format(kind=kind, signature=signature, address=address)
    assert bool([f for f in answers(source).findings if f.weakness is Weakness.SSRF]) is flawed


def test_a_page_to_sign_in_at_is_no_code_from_the_network() -> None:
    found = python(
        "import webbrowser\nwebbrowser.open(httpx.get('https://api.example.com/login', timeout=5).json()['url'])\nreturn 'ok'"
    )
    assert not _serious(found, Weakness.REMOTE_CODE)
    assert not _serious(found, Weakness.COMMAND_INJECTION)
    assert _serious(
        python("exec(httpx.get('https://api.example.com/login', timeout=5).text)\nreturn 'ok'"), Weakness.REMOTE_CODE
    )


@pytest.mark.parametrize(
    ("body", "before", "expected"),
    [
        ("with tempfile.NamedTemporaryFile(delete=False) as f:\n    f.write(v.encode())\n    name = f.name\nos.unlink(name)\nreturn 'ok'", "import tempfile", "nothing"),
        ("with tempfile.NamedTemporaryFile(delete=False) as f:\n    f.write(v.encode())\nos.unlink(v)\nreturn 'ok'", "import tempfile", "all"),
    ],
)  # fmt: skip
def test_the_system_names_its_temporary_files(body: str, before: str, expected: Left) -> None:
    assert left(python(body, before=before), PATH) == expected


QUERY = "conn = sqlite3.connect('x')\nfrom psycopg.sql import SQL, Literal as Quoted, Composable\n"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ("[p if isinstance(p, Composable) else Quoted(p) for p in params]", "nothing"),
        ("[Quoted(p) for p in params]", "nothing"),
        ("[p if isinstance(p, str) else Quoted(p) for p in params]", "all"),
        ("[SQL(p) for p in params]", "all"),
    ],
)
def test_values_that_a_library_quotes(parts: str, expected: Left) -> None:
    before = f"{QUERY}def made(query, params):\n    parts = {parts}\n    return SQL(query).format(*parts).as_string()\n"
    found = python("return str(conn.execute(made('SELECT {}', [v])).fetchall())", before=before)
    assert left(found, Weakness.SQL_INJECTION) == expected


@pytest.mark.parametrize(("inner", "flawed"), [("Kinds", False), ("str", True)])
def test_a_type_named_inside_the_function_that_registers_the_tools(inner: str, flawed: bool) -> None:
    source = f"""
Kinds = Literal["table", "view"]
conn = sqlite3.connect("x")
def register(server):
    kind_type = Annotated[{inner}, Field(description="What to list.")]
    @server.tool()
    def listed(kind: kind_type) -> str:
        return str(conn.execute(f"SHOW {{kind}}s").fetchall())
register(mcp)
"""
    assert bool([f for f in answers(source).findings if f.weakness is Weakness.SQL_INJECTION]) is flawed


@pytest.mark.parametrize(
    ("name", "severity"), [("sql", Severity.MEDIUM), ("table", Severity.HIGH), ("query", Severity.HIGH)]
)
def test_a_statement_asked_for_by_name_weighs_less_than_a_part_of_one(name: str, severity: Severity) -> None:
    found = answers(f"""
conn = sqlite3.connect("x")
@mcp.tool()
def act({name}: str) -> str:
    return str(conn.execute("EXPLAIN " + {name} + " LIMIT 5").fetchall())
""").findings
    assert [f.severity for f in found if f.weakness is Weakness.SQL_INJECTION] == [severity]


SIGN_IN = """
import uvicorn, webbrowser
def login(port):
    app = made()
    webbrowser.open("https://login.example.com/authorize?redirect_uri=http://localhost")
    uvicorn.run(app, host="{host}", port=port)
"""


@pytest.mark.parametrize(
    ("source", "endpoints"),
    [
        (SIGN_IN.format(host="127.0.0.1"), 0),
        (SIGN_IN.format(host="0.0.0.0"), 1),
        (SIGN_IN.format(host="127.0.0.1").replace("webbrowser.open", "print"), 1),
    ],
)
def test_where_a_browser_comes_back_after_a_login_is_no_endpoint_of_the_server(source: str, endpoints: int) -> None:
    found = answers("from login import login\nif len(os.sys.argv) > 1:\n    login(8000)\nmcp.run()\n", login=source)
    assert len(found.listeners) == endpoints
