"""Transport: verification that is switched off, obsolete TLS, plain HTTP; in the client libraries of both languages."""

# ruff: noqa: E501 - a case is read best on one line

import pytest

from tests.unit.data_servers import js, py, weaknesses
from trust.vocabulary import Weakness

OFF, OLD, PLAIN = Weakness.TLS_VERIFY_OFF, Weakness.TLS_OLD, Weakness.PLAIN_HTTP
LIBS = "import requests, httpx, aiohttp, urllib3, ssl, subprocess, urllib.request\n"
DONE = "\nreturn { content: [] };"

PYTHON = [
    (OFF, "requests", py("return requests.get('https://x.example', verify=False, timeout=5).text", LIBS)),
    (
        OFF,
        "session attribute",
        py("s = requests.Session()\ns.verify = False\nreturn s.get('https://x.example', timeout=5).text", LIBS),
    ),
    (
        OFF,
        "httpx client",
        py("with httpx.Client(verify=False, timeout=5) as c:\n    return c.get('https://x.example').text", LIBS),
    ),
    (
        OFF,
        "httpx from a constant",
        py("return httpx.get('https://x.example', verify=VERIFY, timeout=5).text", LIBS + "VERIFY = False\n"),
    ),
    (
        OFF,
        "aiohttp ssl=False",
        py(
            "async def go():\n    async with aiohttp.ClientSession() as s:\n        async with s.get('https://x.example', ssl=False) as r:\n            return await r.text()\nreturn str(go())",
            LIBS,
        ),
    ),
    (
        OFF,
        "aiohttp connector",
        py("c = aiohttp.TCPConnector(ssl=False)\nreturn str(aiohttp.ClientSession(connector=c))", LIBS),
    ),
    (
        OFF,
        "aiohttp connector verify_ssl",
        py("c = aiohttp.TCPConnector(verify_ssl=False)\nreturn str(aiohttp.ClientSession(connector=c))", LIBS),
    ),
    (
        OFF,
        "urllib3 pool",
        py(
            "http = urllib3.PoolManager(cert_reqs='CERT_NONE')\nreturn http.request('GET', 'https://x.example', timeout=5).data",
            LIBS,
        ),
    ),
    (
        OFF,
        "urllib3 pool constant",
        py(
            "http = urllib3.PoolManager(cert_reqs=ssl.CERT_NONE)\nreturn http.request('GET', 'https://x.example', timeout=5).data",
            LIBS,
        ),
    ),
    (
        OFF,
        "context",
        py(
            "ctx = ssl.create_default_context()\nctx.check_hostname = False\nctx.verify_mode = ssl.CERT_NONE\nreturn urllib.request.urlopen('https://x.example', context=ctx, timeout=5).read()",
            LIBS,
        ),
    ),
    (
        OFF,
        "unverified context",
        py(
            "return urllib.request.urlopen('https://x.example', context=ssl._create_unverified_context(), timeout=5).read()",
            LIBS,
        ),
    ),
    (
        OFF,
        "default context replaced",
        py("return city", LIBS + "ssl._create_default_https_context = ssl._create_unverified_context\n"),
    ),
    (
        OFF,
        "options in a table",
        py("options = {'verify': False, 'timeout': 5}\nreturn requests.get('https://x.example', **options).text", LIBS),
    ),
    (
        OFF,
        "git",
        py(
            "subprocess.run(['git', '-c', 'http.sslVerify=false', 'clone', 'https://x.example/a.git'], timeout=60)\nreturn city",
            LIBS,
        ),
    ),
    (OFF, "git environment", py("os.environ['GIT_SSL_NO_VERIFY'] = '1'\nreturn city", LIBS)),
    (OFF, "python environment", py("os.environ['PYTHONHTTPSVERIFY'] = '0'\nreturn city", LIBS)),
    (
        OFF,
        "curl -k",
        py("return subprocess.run(['curl', '-k', 'https://x.example'], capture_output=True, timeout=9).stdout", LIBS),
    ),
    (
        OFF,
        "curl in a text",
        py("return subprocess.check_output('curl -sk https://x.example', shell=True, timeout=9)", LIBS),
    ),
    (
        OFF,
        "wget",
        py("subprocess.run(['wget', '--no-check-certificate', 'https://x.example'], timeout=9)\nreturn city", LIBS),
    ),
    (
        OFF,
        "paramiko",
        py(
            "c = paramiko.SSHClient()\nc.set_missing_host_key_policy(paramiko.AutoAddPolicy())\nc.connect('h.example')\nreturn city",
            "import paramiko\n",
        ),
    ),
    (
        OFF,
        "elasticsearch",
        py(
            "es = Elasticsearch('https://x.example', verify_certs=False)\nreturn str(es.info())",
            "from elasticsearch import Elasticsearch\n",
        ),
    ),
    (
        OFF,
        "websockets",
        py(
            "c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\nc.check_hostname = False\nc.verify_mode = ssl.VerifyMode.CERT_NONE\nreturn str(c)",
            LIBS,
        ),
    ),
    (OFF, "boto3", py("return str(boto3.client('s3', verify=False).list_buckets())", "import boto3\n")),
    (
        OFF,
        "own client class",
        py(
            "return Api().get()",
            LIBS
            + "class Api:\n    def __init__(self):\n        self.session = requests.Session()\n        self.session.verify = False\n    def get(self):\n        return self.session.get('https://x.example', timeout=5).text\n",
        ),
    ),
    (OLD, "protocol", py("return str(ssl.SSLContext(ssl.PROTOCOL_TLSv1))", LIBS)),
    (
        OLD,
        "minimum version",
        py("c = ssl.create_default_context()\nc.minimum_version = ssl.TLSVersion.TLSv1\nreturn str(c)", LIBS),
    ),
    (OLD, "urllib3 version", py("p = urllib3.PoolManager(ssl_version=ssl.PROTOCOL_TLSv1_1)\nreturn str(p)", LIBS)),
    (
        OLD,
        "weak ciphers",
        py("c = ssl.create_default_context()\nc.set_ciphers('ALL:@SECLEVEL=0')\nreturn str(c)", LIBS),
    ),
    (PLAIN, "literal", py("return requests.get('http://api.weather.example/v1', timeout=5).text", LIBS)),
    (PLAIN, "constant", py("return requests.get(API, timeout=5).text", LIBS + "API = 'http://api.weather.io/v1'\n")),
    (
        PLAIN,
        "f-string with base",
        py("return requests.get(f'{BASE}/now', timeout=5).text", LIBS + "BASE = 'http://api.weather.io'\n"),
    ),
    (PLAIN, "f-string", py("return httpx.get(f'http://api.weather.io/{city}', timeout=5).text", LIBS)),
    (PLAIN, "sum", py("return httpx.get('http://api.weather.io/' + city, timeout=5).text", LIBS)),
    (
        PLAIN,
        "base_url",
        py("with httpx.Client(base_url='http://api.weather.io', timeout=5) as c:\n    return c.get('/now').text", LIBS),
    ),
    (
        PLAIN,
        "default of the environment",
        py(
            "return requests.get(BASE + '/now', timeout=5).text",
            LIBS + "BASE = os.environ.get('WEATHER_URL', 'http://api.weather.io')\n",
        ),
    ),
    (
        PLAIN,
        "default with or",
        py(
            "return requests.get(BASE + '/now', timeout=5).text",
            LIBS + "BASE = os.getenv('WEATHER_URL') or 'http://api.weather.io'\n",
        ),
    ),
    (
        PLAIN,
        "field",
        py(
            "return Api().now()",
            LIBS
            + "class Api:\n    def __init__(self, base='http://api.weather.io'):\n        self.base = base\n    def now(self):\n        return requests.get(f'{self.base}/now', timeout=5).text\n",
        ),
    ),
    (
        PLAIN,
        "class constant",
        py(
            "return Api().now()",
            LIBS
            + "class Api:\n    BASE = 'http://api.weather.io'\n    def now(self):\n        return requests.get(self.BASE + '/now', timeout=5).text\n",
        ),
    ),
    (PLAIN, "format", py("return requests.get('http://{}/v1'.format('api.weather.io'), timeout=5).text", LIBS)),
    (PLAIN, "urlopen", py("return urllib.request.urlopen('http://api.weather.io/x', timeout=5).read()", LIBS)),
    (
        PLAIN,
        "http.client",
        py(
            "c = http.client.HTTPConnection('api.weather.io', timeout=5)\nc.request('GET', '/')\nreturn c.getresponse().read()",
            "import http.client\n",
        ),
    ),
    (
        PLAIN,
        "local constant",
        py(
            "url = 'http://api.weather.io/v1'\nr = requests.post(url, json={'city': city}, timeout=5)\nreturn r.text",
            LIBS,
        ),
    ),
    (
        PLAIN,
        "ftp",
        py(
            "f = ftplib.FTP('ftp.weather.io')\nf.login('a', os.environ['FTP_PASSWORD'])\nreturn city", "import ftplib\n"
        ),
    ),
    (
        PLAIN,
        "helper",
        py(
            "return fetch('http://api.weather.io/v1')",
            LIBS + "def fetch(url):\n    return requests.get(url, timeout=5).text\n",
        ),
    ),
]
PYTHON_FINE = [
    py("return requests.get('https://x.example', verify=True, timeout=5).text", LIBS),
    py("return requests.get('https://x.example', verify='/etc/ssl/ca.pem', timeout=5).text", LIBS),
    py(
        "ctx = ssl.create_default_context()\nctx.check_hostname = True\nreturn urllib.request.urlopen('https://x.example', context=ctx, timeout=5).read()",
        LIBS,
    ),
    py("c = ssl.create_default_context()\nc.minimum_version = ssl.TLSVersion.TLSv1_2\nreturn str(c)", LIBS),
    py("return requests.get('http://localhost:8080/x', timeout=5).text", LIBS),
    py("return requests.get(f'http://127.0.0.1:{city}/x', timeout=5).text", LIBS),
    py(
        "return requests.get(BASE + '/now', timeout=5).text",
        LIBS + "BASE = os.environ.get('WEATHER_URL', 'http://localhost:3000')\n",
    ),
    py("ns = {'a': 'http://www.w3.org/2005/Atom'}\nreturn requests.get('https://x.example', timeout=5).text", LIBS),
    py("return requests.get('https://api.weather.io/v1', timeout=5).text", LIBS),
    py("if city.startswith('http://'):\n    city = 'https://' + city.removeprefix('http://')\nreturn city", LIBS),
    py("return requests.get('http://host.docker.internal:11434/api', timeout=5).text", LIBS),
    py("subprocess.run(['git', '-c', 'http.sslVerify=true', 'status'], timeout=60)\nreturn city", LIBS),
    py("subprocess.run(['curl', '--fail', 'https://x.example'], timeout=9)\nreturn city", LIBS),
]
JAVASCRIPT = [
    (OFF, "process variable", js("process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';" + DONE)),
    (OFF, "process variable in brackets", js("process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = 0;" + DONE)),
    (
        OFF,
        "https agent",
        js(
            "const agent = new https.Agent({ rejectUnauthorized: false });\nawait fetch('https://x.example', { agent, signal: AbortSignal.timeout(5) });"
            + DONE,
            "import https from 'node:https';\n",
        ),
    ),
    (
        OFF,
        "axios agent",
        js(
            "await axios.get('https://x.example', { httpsAgent: new https.Agent({ rejectUnauthorized: false }), timeout: 5 });"
            + DONE,
            "import https from 'node:https';\nimport axios from 'axios';\n",
        ),
    ),
    (
        OFF,
        "undici",
        js(
            "const d = new Agent({ connect: { rejectUnauthorized: false } });\nawait fetch('https://x.example', { dispatcher: d });"
            + DONE,
            "import { Agent } from 'undici';\n",
        ),
    ),
    (
        OFF,
        "got",
        js(
            "await got('https://x.example', { https: { rejectUnauthorized: false }, timeout: { request: 5 } });" + DONE,
            "import got from 'got';\n",
        ),
    ),
    (
        OFF,
        "strictSSL",
        js(
            "await request({ url: 'https://x.example', strictSSL: false, timeout: 5 });" + DONE,
            "import request from 'request';\n",
        ),
    ),
    (
        OFF,
        "insecure",
        js(
            "const o = {};\no.rejectUnauthorized = false;\nhttps.request('https://x.example', o);" + DONE,
            "import https from 'node:https';\n",
        ),
    ),
    (
        OFF,
        "from a constant",
        js(
            "const agent = new https.Agent({ rejectUnauthorized: STRICT });" + DONE,
            "import https from 'node:https';\nconst STRICT = false;\n",
        ),
    ),
    (
        OFF,
        "server identity",
        js(
            "https.get({ host: 'x.example', checkServerIdentity: () => undefined });" + DONE,
            "import https from 'node:https';\n",
        ),
    ),
    (
        OFF,
        "database",
        js("const p = new pg.Pool({ ssl: { rejectUnauthorized: false } });" + DONE, "import pg from 'pg';\n"),
    ),
    (
        OFF,
        "git",
        js(
            "await run('git', ['-c', 'http.sslVerify=false', 'fetch']);" + DONE,
            "import { execFile } from 'node:child_process';\nimport { promisify } from 'node:util';\nconst run = promisify(execFile);\n",
        ),
    ),
    (
        OFF,
        "curl",
        js(
            "execSync('curl -k https://x.example', { timeout: 5 });" + DONE,
            "import { execSync } from 'node:child_process';\n",
        ),
    ),
    (
        OFF,
        "child's environment",
        js(
            "spawn('node', ['x.js'], { env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' } });" + DONE,
            "import { spawn } from 'node:child_process';\n",
        ),
    ),
    (OFF, "git environment", js("process.env.GIT_SSL_NO_VERIFY = 'true';" + DONE)),
    (
        OFF,
        "conditional",
        js(
            "const agent = new https.Agent({ rejectUnauthorized: process.env.NODE_ENV === 'production' ? true : false });"
            + DONE,
            "import https from 'node:https';\n",
        ),
    ),
    (
        OLD,
        "minimum version",
        js("tls.connect({ host: 'x.example', minVersion: 'TLSv1' });" + DONE, "import tls from 'node:tls';\n"),
    ),
    (
        OLD,
        "secure protocol",
        js(
            "https.get({ host: 'x.example', secureProtocol: 'TLSv1_method' });" + DONE,
            "import https from 'node:https';\n",
        ),
    ),
    (OLD, "default", js("tls.DEFAULT_MIN_VERSION = 'TLSv1.1';" + DONE, "import tls from 'node:tls';\n")),
    (PLAIN, "literal", js("await fetch('http://api.weather.io/v1', { signal: AbortSignal.timeout(5) });" + DONE)),
    (
        PLAIN,
        "constant",
        js("await fetch(API, { signal: AbortSignal.timeout(5) });" + DONE, "const API = 'http://api.weather.io/v1';\n"),
    ),
    (
        PLAIN,
        "template",
        js(
            "await fetch(`${BASE}/now`, { signal: AbortSignal.timeout(5) });" + DONE,
            "const BASE = 'http://api.weather.io';\n",
        ),
    ),
    (PLAIN, "sum", js("await fetch('http://api.weather.io/?q=' + city, { signal: AbortSignal.timeout(5) });" + DONE)),
    (
        PLAIN,
        "URL object",
        js(
            "const u = new URL('http://api.weather.io/v1');\nu.searchParams.set('q', city);\nawait fetch(u, { signal: AbortSignal.timeout(5) });"
            + DONE
        ),
    ),
    (
        PLAIN,
        "URL object as text",
        js(
            "const u = new URL('/v1', 'http://api.weather.io');\nawait fetch(u.toString(), { signal: AbortSignal.timeout(5) });"
            + DONE
        ),
    ),
    (
        PLAIN,
        "axios base",
        js(
            "await api.get('/now');" + DONE,
            "import axios from 'axios';\nconst api = axios.create({ baseURL: 'http://api.weather.io', timeout: 5 });\n",
        ),
    ),
    (
        PLAIN,
        "default of the environment",
        js(
            "await fetch(BASE + '/now', { signal: AbortSignal.timeout(5) });" + DONE,
            "const BASE = process.env.WEATHER_URL || 'http://api.weather.io';\n",
        ),
    ),
    (
        PLAIN,
        "default with ??",
        js(
            "await fetch(`${BASE}/now`, { signal: AbortSignal.timeout(5) });" + DONE,
            "const BASE = process.env.WEATHER_URL ?? 'http://api.weather.io';\n",
        ),
    ),
    (PLAIN, "http.get", js("http.get('http://api.weather.io/x', () => {});" + DONE, "import http from 'node:http';\n")),
    (
        PLAIN,
        "http.request with host",
        js("http.request({ hostname: 'api.weather.io', path: '/x' });" + DONE, "import http from 'node:http';\n"),
    ),
    (
        PLAIN,
        "field",
        js(
            "await new Api().now();" + DONE,
            "class Api { constructor() { this.base = 'http://api.weather.io'; } async now() { return fetch(`${this.base}/now`, { signal: AbortSignal.timeout(5) }); } }\n",
        ),
    ),
    (PLAIN, "websocket", js("const s = new WebSocket('ws://feed.weather.io/x');" + DONE)),
    (
        PLAIN,
        "axios options",
        js(
            "await axios({ method: 'get', url: 'http://api.weather.io/v1', timeout: 5 });" + DONE,
            "import axios from 'axios';\n",
        ),
    ),
    (
        PLAIN,
        "helper",
        js(
            "await load('http://api.weather.io/v1');" + DONE,
            "async function load(url) { return fetch(url, { signal: AbortSignal.timeout(5) }); }\n",
        ),
    ),
    (
        PLAIN,
        "pieces",
        js(
            "await fetch(`${proto}://${host}/x`, { signal: AbortSignal.timeout(5) });" + DONE,
            "const proto = 'http';\nconst host = 'api.weather.io';\n",
        ),
    ),
]
JAVASCRIPT_FINE = [
    js("const agent = new https.Agent({ rejectUnauthorized: true });" + DONE, "import https from 'node:https';\n"),
    js("tls.connect({ host: 'x.example', minVersion: 'TLSv1.2' });" + DONE, "import tls from 'node:tls';\n"),
    js("await fetch('http://localhost:3000/x', { signal: AbortSignal.timeout(5) });" + DONE),
    js("await fetch(`http://127.0.0.1:${city}/x`, { signal: AbortSignal.timeout(5) });" + DONE),
    js("await fetch('https://api.weather.io', { signal: AbortSignal.timeout(5) });" + DONE),
    js("const xmlns = 'http://www.w3.org/2000/svg';" + DONE),
    js(
        "const BASE = process.env.WEATHER_URL ?? 'http://localhost:8080';\nawait fetch(BASE, { signal: AbortSignal.timeout(5) });"
        + DONE
    ),
    js(
        "http.createServer((req, res) => { const u = new URL(req.url, 'http://localhost'); res.end(u.pathname); });"
        + DONE,
        "import http from 'node:http';\n",
    ),
    js("const u = new URL(req.url, 'http://internal.example.com');" + DONE),
    js("if (process.env.NODE_TLS_REJECT_UNAUTHORIZED === '0') console.error('verification is off');" + DONE),
]
ROWS = [*(("python", *r) for r in PYTHON), *(("javascript", *r) for r in JAVASCRIPT)]
FINE = [*(("python", r) for r in PYTHON_FINE), *(("javascript", r) for r in JAVASCRIPT_FINE)]


@pytest.mark.parametrize(
    ("language", "weakness", "name", "source"), ROWS, ids=[f"{a}-{b.value}-{c}" for a, b, c, _ in ROWS]
)
def test_an_open_transport_is_found(language: str, weakness: Weakness, name: str, source: str) -> None:
    assert weakness in weaknesses(source, language), name


@pytest.mark.parametrize(("language", "source"), FINE, ids=[f"{a}-{n}" for n, (a, _) in enumerate(FINE)])
def test_a_sound_transport_is_not_accused(language: str, source: str) -> None:
    assert not {OFF, OLD, PLAIN} & weaknesses(source, language)
