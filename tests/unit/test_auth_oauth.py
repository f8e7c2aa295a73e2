"""OAuth: addresses that are opened, answers of a login, and how redirect addresses are matched."""

# ruff: noqa: E501 -- a case is read best as its author would have written it

import pytest

from scanner.code.part import Part
from tests.unit.javascript_code import facts
from tests.unit.python_code import answers
from trust.vocabulary import Confidence, Severity, Weakness

OPENED, STATE, MATCH = Weakness.URL_OPENED, Weakness.OAUTH_STATE, Weakness.REDIRECT_MATCH

HEAD = """
import open from "open";
import express from "express";
import { exec, spawn, execFile } from "node:child_process";
const app = express();
"""
JAVASCRIPT = [
    # (class, flawed, mended)
    (
        OPENED,
        "class Provider { async redirectToAuthorization(authorizationUrl) { console.error(authorizationUrl.href); await open(authorizationUrl.toString()); } }\nexport const p = new Provider();",
        "class Provider { async redirectToAuthorization(authorizationUrl) { if (authorizationUrl.protocol !== 'https:') throw new Error('refused'); await open(authorizationUrl.toString()); } }\nexport const p = new Provider();",
    ),
    (
        OPENED,
        "class Provider { async redirectToAuthorization(target) { await open(target.toString()); } }\nexport const p = new Provider();",
        "function sanitizeUrl(raw) { const u = new URL(raw); if (!['http:', 'https:'].includes(u.protocol)) throw new Error(); return u.href; }\nclass Provider { async redirectToAuthorization(target) { await open(sanitizeUrl(target.toString())); } }\nexport const p = new Provider();",
    ),
    (
        OPENED,
        "async function login(base) { const meta = await (await fetch(base + '/.well-known/oauth-authorization-server')).json(); spawn('xdg-open', [meta.authorization_endpoint]); }\nlogin(process.argv[2]);",
        "async function login(base) { const meta = await (await fetch(base + '/.well-known/oauth-authorization-server')).json(); const u = new URL(meta.authorization_endpoint); if (u.protocol !== 'https:') return; spawn('xdg-open', [u.href]); }\nlogin(process.argv[2]);",
    ),
    (
        OPENED,
        "const client = new SDK({ redirectHandler: async (url) => { exec(`start ${url}`); } });\nasync function redirectHandler(url) { exec(`open ${url}`); }\nredirectHandler(process.argv[2]);",
        "async function help() { exec('open https://docs.example.org/help'); }\nhelp();",
    ),
    (
        OPENED,
        "async function begin(authorizationUrl) { await open(authorizationUrl); }\nbegin(process.argv[2]);",
        "async function begin(page) { await open(`https://docs.example.org/${encodeURIComponent(page)}`); }\nbegin(process.argv[2]);",
    ),
    (
        STATE,
        "app.get('/oauth/callback', async (req, res) => { const code = req.query.code; await redeem(code); res.end(); });\napp.listen(3000, '127.0.0.1');",
        "const expectedState = randomUUID();\napp.get('/oauth/callback', async (req, res) => { if (req.query.state !== expectedState) return res.status(400).end(); const code = req.query.code; await redeem(code); res.end(); });\napp.listen(3000, '127.0.0.1');",
    ),
    (
        STATE,
        "http.createServer(async (req, res) => { const u = new URL(req.url, 'http://localhost/callback'); const code = u.searchParams.get('code'); await redeem(code); }).listen(1, '127.0.0.1');",
        "http.createServer(async (req, res) => { const u = new URL(req.url, 'http://localhost/callback'); const code = u.searchParams.get('code'); await redeem(code, codeVerifier); }).listen(1, '127.0.0.1');",
    ),
    (
        MATCH,
        "app.get('/authorize', (req, res) => { const redirectUri = req.query.redirect_uri; if (!redirectUri.startsWith(client.redirectUri)) return res.status(400).end(); res.redirect(redirectUri); });",
        "app.get('/authorize', (req, res) => { const redirectUri = req.query.redirect_uri; if (!client.redirectUris.includes(redirectUri)) return res.status(400).end(); res.redirect(redirectUri); });",
    ),
    (
        MATCH,
        "app.get('/authorize', (req, res) => { const { redirect_uri } = req.query; if (redirect_uri.includes('localhost')) res.redirect(redirect_uri); });",
        "app.get('/authorize', (req, res) => { const { redirect_uri } = req.query; if (redirect_uri.startsWith('http://localhost:')) res.redirect(redirect_uri); });",
    ),
    (
        MATCH,
        "const ALLOWED = ['https://a.example.org'];\nexport function ok(redirectUri) { return ALLOWED.some((a) => redirectUri.startsWith(a)); }\nok(process.argv[2]);",
        "const ALLOWED = ['https://a.example.org/cb'];\nexport function ok(redirectUri) { return ALLOWED.some((a) => redirectUri === a); }\nok(process.argv[2]);",
    ),
]  # fmt: skip

PYTHON = [
    (
        OPENED,
        "import webbrowser\nasync def redirect_handler(auth_url: str) -> None:\n    webbrowser.open(auth_url)\nregister(redirect_handler)\n",
        "import webbrowser\nasync def redirect_handler(auth_url: str) -> None:\n    if not auth_url.startswith('https://'):\n        raise ValueError\n    webbrowser.open(auth_url)\nregister(redirect_handler)\n",
    ),
    (
        OPENED,
        "def login(base):\n    meta = httpx.get(base + '/.well-known/oauth-authorization-server').json()\n    subprocess.run(['xdg-open', meta['authorization_endpoint']], timeout=5)\nlogin(sys.argv[1])\n",
        "def login(base):\n    meta = httpx.get(base + '/.well-known/oauth-authorization-server').json()\n    target = meta['authorization_endpoint']\n    if urlparse(target).scheme != 'https':\n        raise ValueError\n    subprocess.run(['xdg-open', target], timeout=5)\nlogin(sys.argv[1])\n",
    ),
    (
        OPENED,
        "def device(base):\n    answer = requests.post(base + '/device', timeout=5).json()\n    os.startfile(answer.get('verification_uri_complete'))\ndevice(sys.argv[1])\n",
        "def device():\n    os.startfile('https://example.org/device')\ndevice()\n",
    ),
    (
        STATE,
        "@app.get('/callback')\nasync def callback(request):\n    code = request.query_params['code']\n    return await redeem(code)\n",
        "@app.get('/callback')\nasync def callback(request):\n    if request.query_params['state'] != PENDING.state:\n        raise PermissionError\n    code = request.query_params['code']\n    return await redeem(code)\n",
    ),
    (
        STATE,
        "class Callback(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n        query = parse_qs(urlparse(self.path).query)\n        self.server.code = query.get('code')\nhttp.server.HTTPServer(('127.0.0.1', 0), Callback).handle_request()\n",
        "class Callback(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n        query = parse_qs(urlparse(self.path).query)\n        if query.get('state') == [self.server.state]:\n            self.server.code = query.get('code')\nhttp.server.HTTPServer(('127.0.0.1', 0), Callback).handle_request()\n",
    ),
    (
        MATCH,
        "def allowed(client, redirect_uri):\n    return redirect_uri.startswith(client.redirect_uri)\nallowed(1, 2)\n",
        "def allowed(client, redirect_uri):\n    return redirect_uri in client.redirect_uris\nallowed(1, 2)\n",
    ),
    (
        MATCH,
        "def allowed(redirect_uri):\n    return 'example.org' in redirect_uri\nallowed(1)\n",
        "def allowed(redirect_uri):\n    return redirect_uri == 'https://example.org/callback'\nallowed(1)\n",
    ),
]  # fmt: skip


def weak(part: Part) -> set[Weakness]:
    return {f.weakness for f in part.findings}


@pytest.mark.parametrize(("weakness", "bad", "good"), JAVASCRIPT)
def test_javascript(weakness: Weakness, bad: str, good: str) -> None:
    assert weakness in weak(facts(HEAD + bad))
    assert weakness not in weak(facts(HEAD + good))


@pytest.mark.parametrize(("weakness", "bad", "good"), PYTHON)
def test_python(weakness: Weakness, bad: str, good: str) -> None:
    assert weakness in weak(answers("import http.server, sys\n" + bad))
    assert weakness not in weak(answers("import http.server, sys\n" + good))


def test_a_login_at_a_fixed_provider_is_not_accused() -> None:
    google = "const client = new OAuth2Client(id, secret, uri);\nasync function login() { const url = client.generateAuthUrl({ scope }); await open(url); }\nlogin();"
    assert OPENED not in weak(facts(HEAD + google))
    flow = "import webbrowser\ndef login():\n    url, state = flow.authorization_url(prompt='consent')\n    webbrowser.open(url)\nlogin()\n"
    assert OPENED not in weak(answers(flow))


def test_a_search_for_the_local_machine_is_only_a_guess() -> None:
    (found,) = (f for f in answers("insecure = 'localhost' in redirect_uri\n").findings if f.weakness is MATCH)
    assert found.confidence is Confidence.TENTATIVE


def test_a_browser_is_told_from_an_opener_that_starts_programs() -> None:
    (browser,) = (f for f in answers(PYTHON[0][1]).findings if f.weakness is OPENED)
    (opener,) = (f for f in facts(HEAD + JAVASCRIPT[0][1]).findings if f.weakness is OPENED)
    assert (browser.severity, browser.confidence) == (Severity.MEDIUM, Confidence.FIRM)
    assert (opener.severity, opener.confidence) == (Severity.HIGH, Confidence.FIRM)
