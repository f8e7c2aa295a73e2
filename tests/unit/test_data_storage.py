"""Secrets in files: who may read them; temporary files that stay; credentials on the command line and as inputs."""

# ruff: noqa: E501 - a case is read best on one line

import pytest

from tests.unit.data_servers import js, py, weaknesses
from trust.vocabulary import Weakness

OPEN, LEFT, ARG, PARAM = (
    Weakness.INSECURE_STORAGE,
    Weakness.TEMP_LEFTOVER,
    Weakness.CREDENTIAL_ARGUMENT,
    Weakness.CREDENTIAL_PARAM,
)
ENV = "TOKEN = os.environ['API_TOKEN']\n"
LOGIN = (
    "import requests\ndef login():\n    return requests.post('https://x.example/login', json={}, timeout=5).json()\n"
)
JENV = "const TOKEN = process.env.API_TOKEN;\nconst FILE = path.join(os.homedir(), '.app-token.json');\n"
DONE = "\nreturn { content: [] };"

PYTHON = [
    (OPEN, "write_text", py("Path('~/.t').expanduser().write_text(TOKEN)\nreturn city", ENV)),
    (
        OPEN,
        "write_text json",
        py("(Path.home() / '.t.json').write_text(json.dumps({'token': TOKEN}))\nreturn city", ENV),
    ),
    (OPEN, "open w", py("with open('t.json', 'w') as f:\n    f.write(TOKEN)\nreturn city", ENV)),
    (OPEN, "json.dump", py("with open('t.json', 'w') as f:\n    json.dump({'token': TOKEN}, f)\nreturn city", ENV)),
    (
        OPEN,
        "answer of a login",
        py(
            "tokens = login()\nwith open(os.path.expanduser('~/.app/tokens.json'), 'w') as f:\n    json.dump(tokens, f)\nreturn city",
            LOGIN,
        ),
    ),
    (
        OPEN,
        "token of an answer",
        py("t = login()['access_token']\nPath('token.txt').write_text(t)\nreturn city", LOGIN),
    ),
    (
        OPEN,
        "google credentials",
        py(
            "creds = flow.run_local_server(port=0)\nwith open('token.json', 'w') as f:\n    f.write(creds.to_json())\nreturn city",
            "from google_auth_oauthlib.flow import InstalledAppFlow\nflow = InstalledAppFlow.from_client_secrets_file('c.json', [])\n",
        ),
    ),
    (
        OPEN,
        "pickle",
        py(
            "with open('token.pickle', 'wb') as f:\n    pickle.dump(creds, f)\nreturn city",
            "import pickle\ncreds = object()\n",
        ),
    ),
    (
        OPEN,
        "fixed tokens",
        py(
            "tokens = {'mail': {'access_token': 'eyJhbGciOi.x.y', 'api_key': 'abc'}}\nwith open(FILE, 'w') as f:\n    json.dump(tokens, f)\nreturn city",
            "FILE = '/tmp/app/tokens.json'\n",
        ),
    ),
    (
        OPEN,
        "parameter",
        py(
            "Path('.netrc').write_text(f'machine x login {city} password {password}')\nreturn city",
            "",
            "city: str, password: str",
        ),
    ),
    (
        OPEN,
        "world readable",
        py("fd = os.open('t', os.O_WRONLY | os.O_CREAT, 0o644)\nos.write(fd, TOKEN.encode())\nreturn city", ENV),
    ),
    (
        OPEN,
        "sqlite",
        py(
            "db = sqlite3.connect('tokens.db')\ndb.execute('INSERT INTO tokens VALUES (?, ?)', (city, TOKEN))\nreturn city",
            "import sqlite3\n" + ENV,
        ),
    ),
    (
        OPEN,
        "class",
        py(
            "Store().save(TOKEN)\nreturn city",
            ENV + "class Store:\n    def save(self, token):\n        Path('~/.app').expanduser().write_text(token)\n",
        ),
    ),
    (
        OPEN,
        "yaml",
        py(
            "with open('c.yaml', 'w') as f:\n    yaml.safe_dump({'api_key': TOKEN}, f)\nreturn city",
            "import yaml\n" + ENV,
        ),
    ),
    (OPEN, "dotenv", py("set_key('.env', 'API_TOKEN', TOKEN)\nreturn city", "from dotenv import set_key\n" + ENV)),
    (
        LEFT,
        "kept file",
        py("f = tempfile.NamedTemporaryFile(delete=False)\nf.write(city.encode())\nreturn f.name", "import tempfile\n"),
    ),
    (
        LEFT,
        "kept folder",
        py("d = tempfile.mkdtemp()\n(Path(d) / 'x').write_text(city)\nreturn d", "import tempfile\n"),
    ),
    (
        LEFT,
        "mkstemp",
        py("fd, name = tempfile.mkstemp()\nos.write(fd, city.encode())\nreturn name", "import tempfile\n"),
    ),
    (LEFT, "fixed name in tmp", py("with open('/tmp/weather-cache.json', 'w') as f:\n    f.write(city)\nreturn city")),
    (
        ARG,
        "argparse",
        py(
            "return city",
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('--api-key', required=True)\nargs = p.parse_args()\n",
        ),
    ),
    (
        ARG,
        "click",
        py(
            "return city",
            "import click\n@click.command()\n@click.option('--password', help='Password')\ndef main(password):\n    pass\n",
        ),
    ),
    (
        ARG,
        "typer",
        py(
            "return city",
            "import typer\napp = typer.Typer()\n@app.command()\ndef main(token: str = typer.Option(..., '--token')):\n    pass\n",
        ),
    ),
    (ARG, "argv", py("return city", "API_KEY = sys.argv[1]\n")),
    (
        ARG,
        "argv of a program",
        py(
            "subprocess.run(['mysql', '-u', 'root', f'-p{PASSWORD}', '-e', 'select 1'], timeout=9)\nreturn city",
            "import subprocess\nPASSWORD = os.environ['DB_PASSWORD']\n",
        ),
    ),
    (
        ARG,
        "header of curl",
        py(
            "subprocess.run(['curl', '-H', f'Authorization: Bearer {TOKEN}', 'https://x.example'], timeout=9)\nreturn city",
            "import subprocess\n" + ENV,
        ),
    ),
    (PARAM, "api_key", py("return city", "", "city: str, api_key: str")),
    (PARAM, "password with default", py("return city", "", "city: str, password: str = ''")),
    (PARAM, "optional token", py("return city", "", "city: str, access_token: str | None = None")),
]
PYTHON_FINE = [
    py(
        "fd = os.open('t', os.O_WRONLY | os.O_CREAT, 0o600)\nwith os.fdopen(fd, 'w') as f:\n    f.write(TOKEN)\nreturn city",
        ENV,
    ),
    py("p = Path('t')\np.write_text(TOKEN)\np.chmod(0o600)\nreturn city", ENV),
    py("with open('t', 'w') as f:\n    json.dump({'token': TOKEN}, f)\nos.chmod('t', 0o600)\nreturn city", ENV),
    py("keyring.set_password('app', 'me', TOKEN)\nreturn city", "import keyring\n" + ENV),
    py("with open('t', 'w', opener=lambda p, f: os.open(p, f, 0o600)) as f:\n    f.write(TOKEN)\nreturn city", ENV),
    py("os.umask(0o077)\nPath('t').write_text(TOKEN)\nreturn city", ENV),
    py("Path('cache.json').write_text(json.dumps({'city': city}))\nreturn city", ENV),
    py(
        "Path('t').write_bytes(Fernet(KEY).encrypt(TOKEN.encode()))\nreturn city",
        "from cryptography.fernet import Fernet\nKEY = b'x'\n" + ENV,
    ),
    py(
        "with tempfile.TemporaryDirectory() as d:\n    (Path(d) / 'x').write_text(city)\nreturn city",
        "import tempfile\n",
    ),
    py(
        "d = tempfile.mkdtemp()\ntry:\n    (Path(d) / 'x').write_text(city)\nfinally:\n    shutil.rmtree(d)\nreturn city",
        "import tempfile, shutil\n",
    ),
    py(
        "return city",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--port', type=int)\np.add_argument('--token-file')\n",
    ),
    py("return city", "", "city: str, page_token: str = '', max_tokens: int = 5"),
    py("return city", "", "city: str, key: str"),
    py(
        "subprocess.run(['git', 'log'], env={**os.environ, 'GIT_TOKEN': TOKEN}, timeout=9)\nreturn city",
        "import subprocess\n" + ENV,
    ),
]
JAVASCRIPT = [
    (OPEN, "writeFileSync", js("fs.writeFileSync(FILE, TOKEN);" + DONE, JENV)),
    (OPEN, "json", js("fs.writeFileSync(FILE, JSON.stringify({ token: TOKEN }));" + DONE, JENV)),
    (OPEN, "promises", js("await fs.promises.writeFile(FILE, JSON.stringify({ token: TOKEN }));" + DONE, JENV)),
    (
        OPEN,
        "imported promises",
        js(
            "await writeFile(FILE, JSON.stringify({ token: TOKEN }), 'utf8');" + DONE,
            "import { writeFile } from 'node:fs/promises';\n" + JENV,
        ),
    ),
    (
        OPEN,
        "answer of a login",
        js(
            "const tokens = await (await fetch('https://x.example/login', { method: 'POST', signal: AbortSignal.timeout(5) })).json();\nfs.writeFileSync(path.join(os.homedir(), '.app', 'tokens.json'), JSON.stringify(tokens));"
            + DONE
        ),
    ),
    (
        OPEN,
        "google",
        js(
            "const { tokens } = await client.getToken(city);\nfs.writeFileSync('token.json', JSON.stringify(tokens));"
            + DONE,
            "import { google } from 'googleapis';\nconst client = new google.auth.OAuth2();\n",
        ),
    ),
    (OPEN, "world readable", js("fs.writeFileSync(FILE, TOKEN, { mode: 0o644 });" + DONE, JENV)),
    (OPEN, "stream", js("fs.createWriteStream(FILE).write(TOKEN);" + DONE, JENV)),
    (
        OPEN,
        "class",
        js(
            "new Store().save(TOKEN);" + DONE, JENV + "class Store { save(token) { fs.writeFileSync(FILE, token); } }\n"
        ),
    ),
    (
        OPEN,
        "fs-extra",
        js("await fse.writeJson(FILE, { apiKey: TOKEN });" + DONE, "import fse from 'fs-extra';\n" + JENV),
    ),
    (OPEN, "appended", js("fs.appendFileSync(FILE, `token=${TOKEN}\\n`);" + DONE, JENV)),
    (
        LEFT,
        "kept folder",
        js(
            "const d = fs.mkdtempSync(path.join(os.tmpdir(), 'x-'));\nfs.writeFileSync(path.join(d, 'a'), city);" + DONE
        ),
    ),
    (
        LEFT,
        "kept file",
        js("const f = path.join(os.tmpdir(), `x-${Date.now()}.json`);\nfs.writeFileSync(f, city);" + DONE),
    ),
    (LEFT, "fixed name in tmp", js("fs.writeFileSync('/tmp/weather-cache.json', city);" + DONE)),
    (
        ARG,
        "commander",
        js(DONE, "import { Command } from 'commander';\nnew Command().option('--api-key <key>', 'key').parse();\n"),
    ),
    (
        ARG,
        "yargs",
        js(
            DONE,
            "import yargs from 'yargs';\nconst argv = yargs(process.argv).option('token', { type: 'string' }).argv;\n",
        ),
    ),
    (
        ARG,
        "parseArgs",
        js(
            DONE,
            "import { parseArgs } from 'node:util';\nconst { values } = parseArgs({ options: { password: { type: 'string' } } });\n",
        ),
    ),
    (ARG, "argv", js(DONE, "const apiKey = process.argv[2];\n")),
    (
        ARG,
        "argv of a program",
        js(
            "execFile('mysql', ['-u', 'root', `-p${PASSWORD}`]);" + DONE,
            "import { execFile } from 'node:child_process';\nconst PASSWORD = process.env.DB_PASSWORD;\n",
        ),
    ),
    (PARAM, "apiKey", js(DONE).replace("{ city: z.string() }", "{ city: z.string(), apiKey: z.string() }")),
    (
        PARAM,
        "optional password",
        js(DONE).replace("{ city: z.string() }", "{ city: z.string(), password: z.string().optional() }"),
    ),
]
JAVASCRIPT_FINE = [
    js("fs.writeFileSync(FILE, TOKEN, { mode: 0o600 });" + DONE, JENV),
    js("fs.writeFileSync(FILE, TOKEN, { encoding: 'utf8', mode: 0o600 });" + DONE, JENV),
    js("fs.writeFileSync(FILE, TOKEN);\nfs.chmodSync(FILE, 0o600);" + DONE, JENV),
    js("await fs.promises.writeFile(FILE, TOKEN, { mode: 0o600 });" + DONE, JENV),
    js("await keytar.setPassword('app', 'me', TOKEN);" + DONE, "import keytar from 'keytar';\n" + JENV),
    js("fs.writeFileSync('cache.json', JSON.stringify({ city }));" + DONE, JENV),
    js("process.umask(0o077);\nfs.writeFileSync(FILE, TOKEN);" + DONE, JENV),
    js(
        "const d = fs.mkdtempSync(path.join(os.tmpdir(), 'x-'));\ntry { fs.writeFileSync(path.join(d, 'a'), city); } finally { fs.rmSync(d, { recursive: true }); }"
        + DONE
    ),
    js(
        DONE,
        "import { Command } from 'commander';\nnew Command().option('--port <n>', 'port').option('--token-file <path>', 'file').parse();\n",
    ),
    js(DONE).replace(
        "{ city: z.string() }", "{ city: z.string(), pageToken: z.string().optional(), maxTokens: z.number() }"
    ),
    js(
        "execFile('git', ['log'], { env: { ...process.env, GIT_TOKEN: TOKEN } });" + DONE,
        "import { execFile } from 'node:child_process';\n" + JENV,
    ),
]
ROWS = [*(("python", *r) for r in PYTHON), *(("javascript", *r) for r in JAVASCRIPT)]
FINE = [*(("python", r) for r in PYTHON_FINE), *(("javascript", r) for r in JAVASCRIPT_FINE)]


@pytest.mark.parametrize(
    ("language", "weakness", "name", "source"), ROWS, ids=[f"{a}-{b.value}-{c}" for a, b, c, _ in ROWS]
)
def test_a_secret_within_reach_of_others_is_found(language: str, weakness: Weakness, name: str, source: str) -> None:
    assert weakness in weaknesses(source, language), name


@pytest.mark.parametrize(("language", "source"), FINE, ids=[f"{a}-{n}" for n, (a, _) in enumerate(FINE)])
def test_a_secret_kept_well_is_not_accused(language: str, source: str) -> None:
    assert not {OPEN, LEFT, ARG, PARAM} & weaknesses(source, language)
