"""Commands, arguments, queries and schemas: guards that hold, guards with a hole, and guards that are none."""

# ruff: noqa: E501 -- a case is read best on one line

import pytest

from tests.unit.guard_code import Left, javascript, left, python
from trust.vocabulary import Weakness

SHELL, OPTION, QUERY = Weakness.COMMAND_INJECTION, Weakness.ARGUMENT_INJECTION, Weakness.SQL_INJECTION

PYTHON: list[tuple[str, Weakness, str, Left]] = [
    ("quoted", SHELL, "os.system('ls -- ' + shlex.quote(v))", "nothing"),
    ("quoted, and a word of its own", OPTION, "os.system('ls ' + shlex.quote(v))", "all"),
    ("quoted within a word", OPTION, "os.system('grep --regexp=' + shlex.quote(v) + ' notes')", "nothing"),
    ("an argument list", SHELL, "subprocess.run(['ls', '--', v], timeout=5)", "nothing"),
    ("an argument list with a separator", OPTION, "subprocess.run(['git', 'log', '--', v], timeout=5)", "nothing"),
    ("an argument list without one", OPTION, "subprocess.run(['git', 'log', v], timeout=5)", "all"),
    ("a leading dash refused", OPTION, "if v.startswith('-'):\n    raise ValueError\nsubprocess.run(['git', 'log', v], timeout=5)", "nothing"),
    ("a leading dash refused, and looked at alone", OPTION, "v.startswith('-')\nsubprocess.run(['git', 'log', v], timeout=5)", "all"),
    ("an absolute path", OPTION, "subprocess.run(['tar', 'xf', os.path.abspath(v)], timeout=5)", "nothing"),
    ("a path in a folder", OPTION, "subprocess.run(['tar', 'xf', str(BASE / v)], timeout=5)", "nothing"),
    ("a path", OPTION, "subprocess.run(['tar', 'xf', v], timeout=5)", "all"),
    ("the first character", OPTION, "if v[0] == '-':\n    raise ValueError\nsubprocess.run(['git', 'log', v], timeout=5)", "nothing"),
    ("the last character", OPTION, "if v[-1] == '-':\n    raise ValueError\nsubprocess.run(['git', 'log', v], timeout=5)", "all"),
    ("a pattern of a dash", OPTION, "if re.match(r'-', v):\n    raise ValueError\nsubprocess.run(['git', 'log', v], timeout=5)", "nothing"),
    ("dashes taken off", OPTION, "subprocess.run(['git', 'log', v.lstrip('-')], timeout=5)", "nothing"),
    ("blanks taken off", OPTION, "subprocess.run(['git', 'log', v.lstrip()], timeout=5)", "all"),
    ("every word asked", OPTION, "words = v.split()\nif any(w.startswith('-') for w in words):\n    raise ValueError\nsubprocess.run(['git', 'log', *words], timeout=5)", "nothing"),
    ("the end of options", OPTION, "subprocess.run(['git', 'log', '--end-of-options', v], timeout=5)", "nothing"),
    ("a wrapper of git", OPTION, "import git\nrepo = git.Repo('/srv')\nreturn repo.git.show(v)", "all"),
    ("a wrapper of git with a separator", OPTION, "import git\nrepo = git.Repo('/srv')\nreturn repo.git.log('--', v)", "nothing"),
    ("the value of an option of git", OPTION, "subprocess.run(['git', 'log', '--since', v], timeout=5)", "half"),
    ("the value of an option, tied to it", OPTION, "subprocess.run(['git', 'log', f'--since={v}'], timeout=5)", "nothing"),
    ("a whole line split", SHELL, "subprocess.run(shlex.split('git log ' + v), timeout=5)", "nothing"),
    ("a line split becomes options", OPTION, "subprocess.run(shlex.split('git log ' + v), timeout=5)", "half"),
    ("words of the input", OPTION, "subprocess.run(['git', 'log', *v.split()], timeout=5)", "all"),
    ("the program itself", SHELL, "subprocess.run([v, '--version'], timeout=5)", "all"),
    ("a shell as a program", SHELL, "subprocess.run(['sh', '-c', 'ls ' + v], timeout=5)", "all"),
    ("what a shell script takes as its own argument", SHELL, "subprocess.run(['sh', '-c', 'ls -- \"$1\"', 'x', v], timeout=5)", "nothing"),
    ("cmd reads on", SHELL, "subprocess.run(['cmd', '/c', 'type', v], timeout=5)", "all"),
    ("a list and a shell: the first is the line", SHELL, "subprocess.run(['ls ' + v], shell=True, timeout=5)", "all"),
    ("a list and a shell: the others are arguments of the shell, except on Windows", SHELL, "subprocess.run(['ls', v], shell=True, timeout=5)", "half"),
    ("a list of bad characters", SHELL, "if ';' in v or '|' in v:\n    raise ValueError\nos.system('ls ' + v)", "all"),
    ("quotes by hand", SHELL, "os.system(\"ls '\" + v.replace(\"'\", '') + \"'\")", "all"),
    ("letters only", SHELL, "if not re.fullmatch(r'^[a-z]+$', v):\n    raise ValueError\nos.system('ls ' + v)", "nothing"),
    ("letters at the beginning", SHELL, "if not re.match(r'[a-z]+', v):\n    raise ValueError\nos.system('ls ' + v)", "all"),
    ("everything but letters taken out", SHELL, "os.system('ls ' + re.sub(r'[^a-z0-9]', '', v))", "nothing"),
    ("some characters taken out", SHELL, "os.system('ls ' + re.sub(r'[;|&]', '', v))", "all"),
    ("everything but too much taken out", SHELL, "os.system('ls ' + re.sub(r'[^a-z;]', '', v))", "all"),
    ("a pattern compiled before", SHELL, "NAME = re.compile(r'^[a-z_]+$')\nif not NAME.match(v):\n    raise ValueError\nos.system('ls ' + v)", "nothing"),
    ("a number", SHELL, "os.system(f'kill {int(v)}')", "nothing"),
    ("a table of known words", SHELL, "known = {'a': 'ls', 'b': 'df'}\nos.system(known[v])", "nothing"),
    ("an address of any scheme is opened", SHELL, "import webbrowser\nwebbrowser.open(v)", "all"),
    ("an address of the web is opened", SHELL, "import webbrowser\nif urlparse(v).scheme not in ('http', 'https'):\n    raise ValueError\nwebbrowser.open(v)", "nothing"),
    ("an address that begins like one of the web", SHELL, "import webbrowser\nif not v.startswith(('http://', 'https://')):\n    raise ValueError\nwebbrowser.open(v)", "nothing"),
    ("an address of no file", SHELL, "import webbrowser\nif urlparse(v).scheme == 'file':\n    raise ValueError\nwebbrowser.open(v)", "all"),
    ("placeholders", QUERY, "sqlite3.connect('x').execute('SELECT * FROM t WHERE n = ?', (v,))", "nothing"),
    ("placeholders by name", QUERY, "sqlite3.connect('x').execute('SELECT * FROM t WHERE n = :n', {'n': v})", "nothing"),
    ("quotes doubled by hand", QUERY, "sqlite3.connect('x').execute(\"SELECT * FROM t WHERE n = '\" + v.replace(\"'\", \"''\") + \"'\")", "all"),
    ("an identifier out of a list", QUERY, "if v not in ALLOWED:\n    raise ValueError\nsqlite3.connect('x').execute(f'SELECT * FROM {v}')", "nothing"),
    ("an identifier", QUERY, "if not v.isidentifier():\n    raise ValueError\nsqlite3.connect('x').execute(f'SELECT * FROM {v}')", "nothing"),
]  # fmt: skip

JAVASCRIPT: list[tuple[str, Weakness, str, Left]] = [
    ("an argument list", SHELL, 'execFile("ls", ["--", v]);', "nothing"),
    ("an argument list with a separator", OPTION, 'execFile("git", ["log", "--", v]);', "nothing"),
    ("an argument list without one", OPTION, 'execFileSync("git", ["log", v]);', "all"),
    ("a leading dash refused", OPTION, 'if (v.startsWith("-")) throw new Error("no");\nexecFile("git", ["log", v]);', "nothing"),
    ("the first character", OPTION, 'if (v.charAt(0) === "-") throw new Error("no");\nexecFile("git", ["log", v]);', "nothing"),
    ("a pattern of a dash", OPTION, 'if (/^-/.test(v)) throw new Error("no");\nexecFile("git", ["log", v]);', "nothing"),
    ("a dash anywhere", OPTION, 'if (/-$/.test(v)) throw new Error("no");\nexecFile("git", ["log", v]);', "all"),
    ("a list that grows", OPTION, 'const args = ["log"];\nargs.push(v);\nexecFile("git", args);', "all"),
    ("a list that grows behind a separator", OPTION, 'const args = ["log"];\nargs.push("--");\nargs.push(v);\nexecFile("git", args);', "nothing"),
    ("the value of an option of git", OPTION, 'execFile("git", ["log", "--since", v]);', "half"),
    ("words of the input", OPTION, 'execFile("git", ["log", ...v.split(" ")]);', "all"),
    ("an argument list and a shell", SHELL, 'execFile("ls", [v], { shell: true });', "all"),
    ("a setting decides about the shell", SHELL, 'spawn("ls", [v], { shell: process.platform === "win32" });', "half"),
    ("cmd", SHELL, 'spawn("cmd", ["/c", v]);', "all"),
    ("cmd reads on", SHELL, 'spawn("cmd.exe", ["/c", "type", v]);', "all"),
    ("a shell as a program", SHELL, 'spawn("bash", ["-c", `ls ${v}`]);', "all"),
    ("quotes by hand", SHELL, 'exec(`ls "${v}"`);', "all"),
    ("an address of any scheme is opened", SHELL, 'const open = (await import("open")).default;\nawait open(v);', "all"),
    ("an address of the web is opened, mended on the way", SHELL, 'const open = (await import("open")).default;\nconst refuse = () => { throw new Error("no"); };\nconst url = new URL(v);\nif (url.protocol !== "https:" && url.protocol !== "http:") refuse();\nurl.hash = encodeURIComponent(url.hash.slice(1));\nawait open(url.href);', "nothing"),
    ("quotes taken out", SHELL, 'exec(`ls "${v.replace(/"/g, "")}"`);', "all"),
    ("letters only", SHELL, 'if (!/^[a-z]+$/.test(v)) throw new Error("no");\nexec(`ls ${v}`);', "nothing"),
    ("a match that is asked for", SHELL, 'const m = v.match(/^[a-z]+$/);\nif (!m) throw new Error("no");\nexec(`ls ${v}`);', "nothing"),
    ("a match that nobody asks for", SHELL, "const m = v.match(/^[a-z]+$/);\nexec(`ls ${v}`);", "all"),
    ("everything but letters taken out, once", SHELL, 'exec(`ls ${v.replace(/[^a-z]/, "")}`);', "all"),
    ("letters anywhere", SHELL, 'if (!/[a-z]+/.test(v)) throw new Error("no");\nexec(`ls ${v}`);', "all"),
    ("a known word", SHELL, 'if (!["a", "b"].includes(v)) throw new Error("no");\nexec(`ls ${v}`);', "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("weakness", "body", "open_"), [r[1:] for r in PYTHON], ids=[r[0] for r in PYTHON])
def test_a_guarded_command_in_python(weakness: Weakness, body: str, open_: Left) -> None:
    assert left(python(body), weakness) == open_


@pytest.mark.parametrize(("weakness", "body", "open_"), [r[1:] for r in JAVASCRIPT], ids=[r[0] for r in JAVASCRIPT])
def test_a_guarded_command_in_javascript(weakness: Weakness, body: str, open_: Left) -> None:
    assert left(javascript(body), weakness) == open_


@pytest.mark.parametrize(
    ("signature", "before", "open_"),
    [
        ("v: str", "", "all"),
        ("v: int", "", "nothing"),
        ("v: Literal['a', 'b']", "", "nothing"),
        ("v: Annotated[str, Field(pattern=r'^[a-z]+$')]", "", "nothing"),
        ("v: Annotated[str, Field(pattern=r'[a-z]+')]", "", "all"),
        ("v: Annotated[str, Field(max_length=40)]", "", "all"),
        ("v: Unit", "class Unit(str, Enum):\n    A = 'a'\n    B = 'b'", "nothing"),
        ("v: 'uuid.UUID'", "import uuid", "nothing"),
    ],
)
def test_a_declared_type_in_python(signature: str, before: str, open_: Left) -> None:
    assert left(python("os.system(f'ls {v}')", signature, before), SHELL) == open_


@pytest.mark.parametrize(
    ("shape", "open_"),
    [
        ("{ v: z.string() }", "all"),
        ("{ v: z.string().max(40) }", "all"),
        ("{ v: z.number().int() }", "nothing"),
        ('{ v: z.enum(["a", "b"]) }', "nothing"),
        ('{ v: z.literal("a") }', "nothing"),
        ("{ v: z.string().uuid() }", "nothing"),
        ("{ v: z.string().regex(/^[a-z]+$/) }", "nothing"),
        ("{ v: z.string().regex(/[a-z]+/) }", "all"),
    ],
)
def test_a_schema_in_javascript(shape: str, open_: Left) -> None:
    assert left(javascript("exec(`ls ${v}`);", shape), SHELL) == open_
