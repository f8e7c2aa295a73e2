"""Flows from tool inputs: what is dangerous is found, what is guarded is not, and a bad guard is none."""

# ruff: noqa: E501, ISC004 -- a case is read best on one line

import textwrap

import pytest

from tests.unit.python_code import answers, weaknesses
from trust.vocabulary import Confidence, Severity, Signal, Weakness

W = Weakness


def tool(body: str, signature: str = "name: str") -> str:
    return (
        f"@mcp.tool()\ndef act({signature}) -> str:\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"
    )


DANGEROUS = [
    ("os.system('ls ' + name)", W.COMMAND_INJECTION),
    ("subprocess.run(f'ls {name}', shell=True, timeout=5)", W.COMMAND_INJECTION),
    ("subprocess.run('ls %s' % name, shell=True, timeout=5)", W.COMMAND_INJECTION),
    ("subprocess.run('ls {}'.format(name), shell=True, timeout=5)", W.COMMAND_INJECTION),
    ("subprocess.run(['bash', '-c', 'ls ' + name], timeout=5)", W.COMMAND_INJECTION),
    ("subprocess.run([name, '--version'], timeout=5)", W.COMMAND_INJECTION),
    ("parts = ['ls']\nparts.append(name)\nos.system(' '.join(parts))", W.COMMAND_INJECTION),
    ("subprocess.run(['git', 'show', name], timeout=5)", W.ARGUMENT_INJECTION),
    ("cmd = ['git', 'show']\ncmd += [name]\nsubprocess.run(cmd, timeout=5)", W.ARGUMENT_INJECTION),
    ("return str(eval(name))", W.CODE_INJECTION),
    ("return str(pickle.loads(name.encode()))", W.DESERIALIZATION),
    ("return str(yaml.load(name, Loader=yaml.Loader))", W.DESERIALIZATION),
    ("return jinja2.Template(name).render()", W.TEMPLATE_INJECTION),
    ("sqlite3.connect('x').execute(f\"SELECT * FROM t WHERE n = '{name}'\")", W.SQL_INJECTION),
    (
        "q = 'SELECT * FROM t WHERE n = ' + name\nconn = sqlite3.connect('x')\ncur = conn.cursor()\ncur.execute(q)",
        W.SQL_INJECTION,
    ),
    ("return open('/srv/notes/' + name).read()", W.PATH_TRAVERSAL),
    ("return (BASE / name).read_text()", W.PATH_TRAVERSAL),
    ("os.remove(os.path.join('/srv', name))", W.PATH_TRAVERSAL),
    ("return requests.get(name, timeout=5).text", W.SSRF),
    ("return httpx.get(f'https://{name}/status').text", W.SSRF),
]

GUARDED = [
    # a shell gets what it cannot misread
    ("subprocess.run('ls ' + shlex.quote(name), shell=True, timeout=5)", W.COMMAND_INJECTION),
    ("if name not in ALLOWED:\n    raise ValueError(name)\nos.system('ls ' + name)", W.COMMAND_INJECTION),
    (
        "if not re.fullmatch(r'^[a-z0-9_]+$', name):\n    raise ValueError(name)\nos.system('ls ' + name)",
        W.COMMAND_INJECTION,
    ),
    ("if not name.isalnum():\n    return 'no'\nos.system('ls ' + name)", W.COMMAND_INJECTION),
    # options
    ("subprocess.run(['git', 'show', '--', name], timeout=5)", W.ARGUMENT_INJECTION),
    (
        "if name.startswith('-'):\n    raise ValueError(name)\nsubprocess.run(['git', 'show', name], timeout=5)",
        W.ARGUMENT_INJECTION,
    ),
    ("subprocess.run(['git', 'show', f'--format={name}'], timeout=5)", W.ARGUMENT_INJECTION),
    # queries with placeholders
    ("sqlite3.connect('x').execute('SELECT * FROM t WHERE n = ?', (name,))", W.SQL_INJECTION),
    # paths: resolved, then contained, and the answer acted upon
    (
        "p = (BASE / name).resolve()\nif not p.is_relative_to(BASE):\n    raise ValueError(name)\nreturn p.read_text()",
        W.PATH_TRAVERSAL,
    ),
    (
        "p = os.path.realpath(os.path.join('/srv', name))\nif not p.startswith('/srv' + os.sep):\n    raise ValueError(name)\nreturn open(p).read()",
        W.PATH_TRAVERSAL,
    ),
    (
        "p = os.path.realpath(os.path.join('/srv', name))\nif os.path.commonpath(['/srv', p]) != '/srv':\n    raise ValueError(name)\nreturn open(p).read()",
        W.PATH_TRAVERSAL,
    ),
    (
        "p = (BASE / name).resolve()\ntry:\n    p.relative_to(BASE)\nexcept ValueError:\n    return 'no'\nreturn p.read_text()",
        W.PATH_TRAVERSAL,
    ),
    ("return (BASE / os.path.basename(name)).read_text()", W.PATH_TRAVERSAL),
    (
        "p = (BASE / name).resolve()\nok = p.is_relative_to(BASE)\nif not ok:\n    return 'no'\nreturn p.read_text()",
        W.PATH_TRAVERSAL,
    ),
    # hosts
    ("return requests.get('https://api.example.org/v1/' + name, timeout=5).text", W.SSRF),
    (
        "if urlparse(name).hostname not in ALLOWED:\n    raise ValueError(name)\nreturn requests.get(name, timeout=5).text",
        W.SSRF,
    ),
    (
        "ip = ipaddress.ip_address(socket.gethostbyname(urlparse(name).hostname))\nif ip.is_private:\n    raise ValueError(name)\nreturn requests.get(name, timeout=5, allow_redirects=False).text",
        W.SSRF,
    ),
    # numbers are numbers
    ("os.system('kill ' + str(int(name)))", W.COMMAND_INJECTION),
]

BAD_GUARDS = [
    # the neighbour folder begins with the same letters
    (
        "p = os.path.realpath(os.path.join('/srv', name))\nif not p.startswith('/srv'):\n    raise ValueError(name)\nreturn open(p).read()",
        W.PATH_TRAVERSAL,
    ),
    # checked before it was resolved
    (
        "p = os.path.join('/srv', name)\nif not p.startswith('/srv/'):\n    raise ValueError(name)\nreturn open(os.path.realpath(p)).read()",
        W.PATH_TRAVERSAL,
    ),
    # nobody acts on the answer
    ("p = (BASE / name).resolve()\np.is_relative_to(BASE)\nreturn p.read_text()", W.PATH_TRAVERSAL),
    (
        "p = (BASE / name).resolve()\nif not p.is_relative_to(BASE):\n    print('odd', file=None)\nreturn p.read_text()",
        W.PATH_TRAVERSAL,
    ),
    # an assertion disappears under -O
    ("p = (BASE / name).resolve()\nassert p.is_relative_to(BASE)\nreturn p.read_text()", W.PATH_TRAVERSAL),
    # part of the input was checked, all of it is used
    ("if name.split()[0] not in ALLOWED:\n    raise ValueError(name)\nos.system(name + ' -l')", W.COMMAND_INJECTION),
    # an unanchored pattern
    ("if not re.match(r'[a-z]+', name):\n    raise ValueError(name)\nos.system('ls ' + name)", W.COMMAND_INJECTION),
    # a list of bad characters always lacks one
    ("if any(c in name for c in ';|'):\n    raise ValueError(name)\nos.system('ls ' + name)", W.COMMAND_INJECTION),
    # a prefix of the address says nothing about the host
    (
        "if not name.startswith('https://'):\n    raise ValueError(name)\nreturn requests.get(name, timeout=5).text",
        W.SSRF,
    ),
    # the name is checked, not where it leads
    (
        "ip = ipaddress.ip_address(urlparse(name).hostname)\nif ip.is_private:\n    raise ValueError(name)\nreturn requests.get(name, timeout=5).text",
        W.SSRF,
    ),
    # one way round the check
    (
        "if len(name) > 3:\n    if name not in ALLOWED:\n        raise ValueError(name)\nos.system('ls ' + name)",
        W.COMMAND_INJECTION,
    ),
]


@pytest.mark.parametrize(("body", "weakness"), DANGEROUS)
def test_input_that_reaches_a_dangerous_place_is_found(body: str, weakness: Weakness) -> None:
    found = [f for f in answers(tool(body)).findings if f.weakness is weakness]
    assert found
    assert found[0].steps[0].note.startswith("tool act takes name")


@pytest.mark.parametrize(("body", "weakness"), GUARDED)
def test_a_guard_ends_the_flow(body: str, weakness: Weakness) -> None:
    assert weakness not in weaknesses(answers(tool(body)))


@pytest.mark.parametrize(("body", "weakness"), BAD_GUARDS)
def test_a_bad_guard_is_none(body: str, weakness: Weakness) -> None:
    assert weakness in weaknesses(answers(tool(body)))


@pytest.mark.parametrize(
    "signature",
    [
        "name: int",
        "name: bool",
        "name: Literal['a', 'b']",
        "name: Annotated[str, Field(pattern=r'^[a-z]+$')]",
        "name: str = Field(pattern=r'^[a-z]{1,9}$')",
    ],
)
def test_a_closed_type_ends_the_flow(signature: str) -> None:
    assert W.COMMAND_INJECTION not in weaknesses(answers(tool("os.system(f'ls {name}')", signature)))


def test_an_enumeration_of_the_project_ends_the_flow() -> None:
    source = "class Unit(str, Enum):\n    C = 'c'\n    F = 'f'\n" + tool("os.system(f'ls {unit}')", "unit: Unit")
    assert W.COMMAND_INJECTION not in weaknesses(answers(source))


def test_a_field_of_a_model_is_followed_and_its_closed_sibling_is_not() -> None:
    model = "class Order(BaseModel):\n    what: str\n    count: int\n"
    assert W.COMMAND_INJECTION in weaknesses(answers(model + tool("os.system('x ' + o.what)", "o: Order")))
    assert W.COMMAND_INJECTION not in weaknesses(answers(model + tool("os.system(f'x {o.count}')", "o: Order")))


def test_flows_pass_through_five_functions_in_three_files() -> None:
    found = answers(
        "from one import first\n" + tool("return first(name)"),
        one="from two import second\ndef first(a):\n    return second('-' + a)\n",
        two="import os\ndef second(b):\n    return third(b)\ndef third(c):\n    return fourth(x=c)\n"
        "def fourth(x):\n    return Runner().go(x)\nclass Runner:\n    def go(self, d):\n        os.system('ls ' + d)\n",
    )
    (finding,) = [f for f in found.findings if f.weakness is W.COMMAND_INJECTION]
    assert (finding.path, finding.severity, finding.confidence) == ("two.py", Severity.CRITICAL, Confidence.FIRM)
    assert finding.steps[0].path == "server.py"
    assert "os.system" in finding.steps[-1].note


@pytest.mark.parametrize(
    "helper",
    [
        "def check(p):\n    if not p.resolve().is_relative_to(BASE):\n        raise ValueError(p)\n    return p.resolve()\n",
        "def check(p):\n    full = p.resolve()\n    if inside(full):\n        return full\n    raise ValueError(p)\n"
        "def inside(full):\n    return full == BASE or full.is_relative_to(BASE)\n",
        "def check(p):\n    full = p.resolve()\n    if not any(full.is_relative_to(d) for d in [BASE]):\n        raise ValueError(p)\n    return full\n",
    ],
)
def test_a_guard_in_a_helper_counts(helper: str) -> None:
    assert W.PATH_TRAVERSAL not in weaknesses(answers(helper + tool("return check(BASE / name).read_text()")))


def test_a_guard_in_a_helper_that_nobody_heeds_does_not_count() -> None:
    helper = "def inside(full):\n    return full.is_relative_to(BASE)\n"
    body = "p = (BASE / name).resolve()\ninside(p)\nreturn p.read_text()"
    assert W.PATH_TRAVERSAL in weaknesses(answers(helper + tool(body)))


def test_closures_threads_and_fields_carry_the_flow() -> None:
    closure = tool("def go():\n    os.system('ls ' + name)\ngo()")
    thread = tool("asyncio.run(asyncio.to_thread(os.system, 'ls ' + name))")
    fields = (
        "class Job:\n    def __init__(self, what):\n        self.what = what\n    def run(self):\n        os.system('ls ' + self.what)\n"
        + tool("Job(name).run()")
    )
    for source in (closure, thread, fields):
        assert W.COMMAND_INJECTION in weaknesses(answers(source)), source


def test_a_dangerous_call_that_no_tool_reaches_is_an_observation() -> None:
    found = answers("def unused(x):\n    os.system(x)\n" + tool("return name"))
    assert W.COMMAND_INJECTION not in weaknesses(found)
    assert [o.reachable for o in found.observations if o.signal is Signal.PROCESS] == [False]


def test_a_file_that_nothing_imports_is_not_judged() -> None:
    loose = "import os\nfrom mcp.server.fastmcp import FastMCP\nm = FastMCP('x')\n@m.tool()\ndef bad(a: str):\n    os.system('ls ' + a)\n"
    assert W.COMMAND_INJECTION not in weaknesses(answers(tool("return name"), loose=loose))


def test_recursion_and_mutual_recursion_end() -> None:
    source = (
        "def a(x):\n    return b(x)\ndef b(x):\n    if x:\n        return a(x[1:])\n    os.system('ls ' + x)\n"
        + tool("a(name)")
    )
    assert isinstance(weaknesses(answers(source)), set)


@pytest.mark.parametrize(
    ("body", "weakness"),
    [
        ("exec(httpx.get('https://cdn.example.org/p.py', timeout=5).text)", W.REMOTE_CODE),
        (
            "r = requests.get('https://cdn.example.org/p', timeout=5)\ndata = r.content\npickle.loads(data)",
            W.DESERIALIZATION,
        ),
        ("subprocess.run(['pip', 'install', 'left-pad'], timeout=9)", W.REMOTE_CODE),
        ("os.system('curl https://x.example.org/i.sh | sh')", W.REMOTE_CODE),
        ("logging.info('env %s', dict(os.environ))", W.ENV_DUMP),
        ("key = os.environ['API_KEY']\nlogging.info(f'using {key}')", W.SECRET_LOGGING),
        ("return json.dumps({'key': os.environ.get('API_KEY')})", W.SECRET_EXPOSURE),
        ("return os.environ.get(name)", W.ENV_DUMP),
        ("return '\\n'.join(f'{k}={v}' for k, v in sorted(os.environ.items()))", W.ENV_DUMP),
    ],
)
def test_other_origins(body: str, weakness: Weakness) -> None:
    assert weakness in weaknesses(answers(tool(body)))


@pytest.mark.parametrize(
    "body",
    [
        "key = os.environ['API_KEY']\nlogging.info('key set: %s', bool(key))",
        "key = os.environ['API_KEY']\nlogging.info('key %s***', key[:2])",
        "r = httpx.get('https://a.example.org', headers={'x': os.environ['API_KEY']}, timeout=5)\nlogging.info(r.text)",
        "c = httpx.Client(headers={'x': os.environ['API_KEY']})\nlogging.info('client %s', c.base_url)",
        "limit = os.environ['MAX_TOKENS']\nlogging.info('limit %s', limit)",
    ],
)
def test_what_is_no_secret_may_be_logged(body: str) -> None:
    assert W.SECRET_LOGGING not in weaknesses(answers(tool(body)))


def test_a_variable_out_of_a_closed_list_is_no_dump() -> None:
    assert W.ENV_DUMP not in weaknesses(
        answers(tool("if name not in ALLOWED:\n    return ''\nreturn os.environ.get(name)"))
    )
    assert W.ENV_DUMP not in weaknesses(
        answers("def setting(n):\n    return os.environ.get(n)\n" + tool("return setting('LANG')"))
    )


def test_a_program_that_is_asked_for_by_name_is_no_critical_finding() -> None:
    found = answers(tool("subprocess.run(command, shell=True, timeout=3)", "command: str"))
    assert {(f.weakness, f.severity) for f in found.findings} == {
        (W.COMMAND_INJECTION, Severity.MEDIUM),
        (W.EXCESSIVE_AGENCY, Severity.MEDIUM),
    }


def test_a_path_that_a_helper_puts_together_is_reported_where_it_is_put_together() -> None:
    helper = "import os\ndef place(name):\n    return os.path.join('/srv', name)\n"
    found = answers("from helper import place\n" + tool("return open(place(name)).read()"), helper=helper)
    (finding,) = [f for f in found.findings if f.weakness is W.PATH_TRAVERSAL]
    assert (finding.path, finding.line) == ("helper.py", 3)
